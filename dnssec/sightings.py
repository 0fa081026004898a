"""Since when all servers show a key or a DS record: written with each check of a chain, read by who counts from it."""

from datetime import datetime

from django.db import IntegrityError, transaction

from dnssec.chain import Chain, ZoneKey
from dnssec.keys import SHA256, DnsKey
from dnssec.models import Sighting
from domains.models import Domain

type Sights = dict[tuple[str, str], datetime]


def note(domain: Domain, chain: Chain) -> None:
    """
    Keep since when each DS record is on all servers of the parent that answered, and each key signs the zone's keys on
    all of the zone's. One that is missing on any starts anew.

    Where no server answered, nothing was seen, and what is known stands.
    """
    if not chain.is_zone or len(chain.links) < 2:
        return
    shown: set[tuple[str, str]] = set()
    asked: list[str] = []
    link = chain.links[-1]
    if servers := reached(chain, parent=True):
        asked.append(Sighting.Kind.DS)
        shown |= {
            (Sighting.Kind.DS, f"{ds.key_tag} {ds.algorithm} {ds.digest_type} {ds.digest}")
            for ds in link.ds
            if servers <= set(ds.servers)
        }
    if servers := reached(chain, parent=False):
        asked.append(Sighting.Kind.KEY)
        shown |= {(Sighting.Kind.KEY, name_of(domain, key)) for key in link.keys if servers <= set(key.signs_keys_on)}
    rows = {(row.kind, row.record): row.pk for row in Sighting.objects.filter(domain=domain, kind__in=asked)}
    if gone := [pk for record, pk in rows.items() if record not in shown]:
        Sighting.objects.filter(pk__in=gone).delete()
    new = [Sighting(domain=domain, kind=kind, record=record) for kind, record in sorted(shown - set(rows))]
    if new:
        try:
            with transaction.atomic():
                Sighting.objects.bulk_create(new, ignore_conflicts=True)
        except IntegrityError:  # The domain is gone.
            return


def of(domain: Domain) -> Sights:
    """Since when which record, by kind and record."""
    return {(row.kind, row.record): row.since for row in Sighting.objects.filter(domain=domain)}


def reached(chain: Chain, *, parent: bool) -> set[str]:
    """The addresses of the parent's or the zone's servers that answered."""
    return {server.address for server in chain.links[-2 if parent else -1].servers if server.trouble is None}


def key_of(key: ZoneKey) -> DnsKey:
    """A key of the zone as a value that can be added."""
    return DnsKey(key.flags, key.protocol, key.algorithm, key.public_key)


def name_of(domain: Domain, key: ZoneKey) -> str:
    """A key by its SHA-256 DS record."""
    return f"{key.key_tag} {key.algorithm} {SHA256} {key_of(key).ds(domain.name, SHA256)}"
