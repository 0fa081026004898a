"""Where DNS services and name server programs show a zone's public key: dated data, checked by hand (pure but for its
words).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

AS_OF = date(2026, 11, 24)  # When every row was last compared with the page that its `source` names.


@dataclass(frozen=True, slots=True)
class Provider:
    """
    One service or program: the steps to its public key, and a command that prints the key, where there is one.

    `{domain}` in the command is the domain. `name_servers` is what a service's name servers are called; None for a
    program, which runs under anybody's names. `source` is the page of its maker that says so.
    """

    slug: str
    name: str
    steps: tuple[str | Promise, ...]
    source: str
    command: str = ""
    name_servers: re.Pattern[str] | None = None
    as_of: date = AS_OF


def _servers(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


SERVICES = (
    Provider(
        "route53",
        "Amazon Route 53",
        (
            _("Open the hosted zone and its tab “DNSSEC signing”. Enable signing there first."),
            _("Choose “View information to create DS record”, then “Establish a chain of trust”."),
            _("Under “Route 53 registrar” stand key type, signing algorithm and public key: the three fields here."),
        ),
        "Amazon Route 53 Developer Guide, “Enabling DNSSEC signing and establishing a chain of trust”",
        name_servers=_servers(r"ns-\d+\.awsdns-\d+\.(?:com|net|org|co\.uk)"),
    ),
    Provider(
        "azure",
        "Azure DNS",
        (
            _("Open the DNS zone and choose “DNSSEC” under “DNS Management”. Enable DNSSEC there first."),
            _("The page shows the DS record only. The public key comes from the command line."),
            _("Take “publicKey” of the entry with “flags” 257."),
        ),
        "Azure DNS documentation, “How to sign your Azure Public DNS zone with DNSSEC”",
        "az network dns dnssec-config show --resource-group GROUP --zone-name {domain}",
        _servers(r"ns\d+-\d+\.azure-dns\.(?:com|net|org|info)"),
    ),
    Provider(
        "cloudflare",
        "Cloudflare",
        (
            _("Open the domain, then “DNS” and “Settings”. Choose “Enable DNSSEC”."),
            _("Open “DS record” in the same place. Among its values is “Public Key”: copy that one, not “Digest”."),
            _("The key type there is 257 (KSK), the algorithm 13."),
        ),
        "Cloudflare DNS documentation, “DNSSEC”",
        name_servers=_servers(r"[a-z]+\.ns\.cloudflare\.com"),
    ),
    Provider(
        "desec",
        "deSEC",
        (
            _("Every zone is signed from the start."),
            _("Open the domain’s setup instructions and copy the DNSKEY record. The whole record can be pasted here."),
        ),
        "deSEC documentation, “Domain Management”",
        name_servers=_servers(r"ns\d\.desec\.(?:io|org)"),
    ),
    Provider(
        "google",
        "Google Cloud DNS",
        (
            _("Open the zone under “Cloud DNS” and set “DNSSEC” to “On”."),
            _("“Registrar setup” shows the DS record only. The public key comes from the command line."),
            _("Key 0 is nearly always the key-signing key; “gcloud dns dns-keys list” shows which one it is."),
        ),
        "Google Cloud DNS documentation, “Use advanced DNSSEC”; gcloud reference, “gcloud dns dns-keys describe”",
        'gcloud dns dns-keys describe 0 --zone=ZONE --format="value(publicKey)"',
        _servers(r"ns-cloud-[a-z]\d\.googledomains\.com"),
    ),
)

PROGRAMS = (
    Provider(
        "bind",
        "BIND 9",
        (
            _("Sign the zone with “dnssec-policy” in its configuration."),
            _("In the key directory lies a file whose name begins with K and ends in .key, with 257 in its record."),
            _("Copy its line here. The file that ends in .private stays where it is."),
        ),
        "BIND 9 Administrator Reference Manual, “DNSSEC”",
        "grep -h 257 K{domain}.+*.key",
    ),
    Provider(
        "knot",
        "Knot DNS",
        (
            _("Sign the zone with “dnssec-signing: on” in its configuration."),
            _("Print the key-signing key’s record and copy the line here."),
        ),
        "Knot DNS documentation, “keymgr – Key management utility”",
        "keymgr {domain} dnskey",
    ),
    Provider(
        "nsd",
        "NSD, ldns",
        (
            _("NSD serves what another program has signed, often ldns-signzone."),
            _("ldns-keygen has left a file whose name begins with K and ends in .key, with 257 in its record."),
            _("Copy its line here. The file that ends in .private stays where it is; the one in .ds is not needed."),
        ),
        "ldns manual pages, “ldns-keygen” and “ldns-signzone”",
        "grep -h 257 K{domain}.+*.key",
    ),
    Provider(
        "powerdns",
        "PowerDNS",
        (
            _("Secure the zone first (“pdnsutil zone secure”, before version 5 “pdnsutil secure-zone”)."),
            _("Copy the record that stands after “KSK DNSKEY” or “CSK DNSKEY”."),
            _("Before version 5 the command is called “pdnsutil show-zone”."),
        ),
        "PowerDNS Authoritative Server documentation, “pdnsutil”",
        "pdnsutil zone show {domain}",
    ),
)

PROVIDERS = {provider.slug: provider for provider in (*SERVICES, *PROGRAMS)}


def provider_of(name_servers: Iterable[str]) -> Provider | None:
    """The service that a domain's name servers belong to. None where it is not known, or there are several."""
    found = {
        provider.slug
        for name in name_servers
        for provider in SERVICES
        if provider.name_servers and provider.name_servers.fullmatch(name.rstrip("."))
    }
    return PROVIDERS[found.pop()] if len(found) == 1 else None
