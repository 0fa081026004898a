"""The name servers of a zone by themselves: who answers, who serves the zone, who agrees on the name servers (pure)."""

from collections.abc import Iterator, Mapping

import dns.rcode
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NS import NS

from dnssec.chain import findings
from dnssec.chain.findings import WARNING, Finding, Severity
from dnssec.chain.recorded import Answer, RecordedZone, Trouble, of_type, text
from dnssec.chain.results import ServerState

ASKED = (RdataType.DNSKEY, RdataType.SOA, RdataType.NS)


def states(zone: RecordedZone) -> tuple[ServerState, ...]:
    """Every server at every address, and why it gave no answer about the zone's keys."""
    return tuple(
        ServerState(text(server.name), address, _trouble(zone, address))
        for server in zone.servers
        for address in server.addresses
    )


def _trouble(zone: RecordedZone, address: str) -> str | None:
    answer = zone.answer(address, zone.name, RdataType.DNSKEY)
    if answer.trouble:
        return answer.trouble
    if answer.authoritative:
        return None
    return "lame" if answer.rcode == dns.rcode.NOERROR else dns.rcode.to_text(answer.rcode or dns.rcode.NOERROR)


def of_servers(zone: RecordedZone, *, ipv6: bool, own: bool, signed: bool) -> Iterator[Finding]:
    """What there is to say of each server. `own`: the zone is the one asked about, not one above it; `ipv6`: anything
    was heard over IPv6; `signed`: resolvers expect signatures of the zone."""
    severity = None if own else WARNING
    names: dict[str, Name] = {}
    for server in zone.servers:
        for address in server.addresses:
            names.setdefault(address, server.name)
        if not server.addresses:
            yield findings.SERVER_WITHOUT_ADDRESS.found(zone.name, severity=severity, name=text(server.name))
    for address, name in names.items():
        answers = {rdtype: zone.answer(address, zone.name, rdtype) for rdtype in ASKED}
        if ":" in address and not ipv6 and not any(answer.message for answer in answers.values()):
            continue
        yield from _of_server(zone, address, text(name), answers, severity=severity, signed=signed)
    if zone.too_many:
        yield findings.TOO_MANY_SERVERS.found(zone.name)


def _of_server(
    zone: RecordedZone,
    address: str,
    name: str,
    answers: Mapping[RdataType, Answer],
    *,
    severity: Severity | None,
    signed: bool,
) -> Iterator[Finding]:
    troubles = {answer.trouble for answer in answers.values()}
    heard = [answer for answer in answers.values() if answer.message]
    if Trouble.NOT_PUBLIC in troubles:
        yield findings.SERVER_NOT_PUBLIC.found(zone.name, server=address, severity=severity, name=name)
    elif not heard:
        if troubles & {Trouble.SILENT, Trouble.NOBODY}:
            yield findings.SERVER_SILENT.found(zone.name, server=address, severity=severity, name=name)
    elif any(answer.rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) for answer in heard):
        codes = [answer.rcode for answer in heard if answer.rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)]
        rcode = dns.rcode.to_text(codes[0] or dns.rcode.SERVFAIL)
        yield findings.SERVER_RCODE.found(zone.name, server=address, severity=severity, name=name, rcode=rcode)
    elif not all(answer.authoritative for answer in heard):
        yield findings.SERVER_LAME.found(zone.name, server=address, severity=severity, name=name)
    elif not any(answer.edns for answer in heard):
        if signed:
            fatal = severity is None and not any(answer.signatures() for answer in heard)
            yield findings.SERVER_WITHOUT_EDNS.found(
                zone.name, server=address, severity=severity, fatal=fatal, name=name
            )
    elif silent := [kind for kind, answer in answers.items() if answer.trouble in (Trouble.SILENT, Trouble.NOBODY)]:
        types = ", ".join(RdataType.to_text(kind) for kind in silent)
        yield findings.SERVER_SILENT_SOMETIMES.found(
            zone.name, server=address, severity=severity, name=name, types=types
        )
    if Trouble.CUT_SHORT in troubles:
        yield findings.TCP_FAILS.found(zone.name, server=address)
    if any(answer.udp_lost for answer in heard):
        yield findings.UDP_FAILS.found(zone.name, server=address)


def of_ns(zone: RecordedZone) -> Iterator[Finding]:
    """Whether the parent and the zone name the same servers."""
    parent = {server.name for server in zone.servers if server.at_parent}
    told = {
        frozenset(rdata.target for rdata in of_type(answer.records(), NS))
        for answer in zone.all(zone.name, RdataType.NS)
        if answer.authoritative and answer.records()
    }
    for child in sorted(told, key=sorted):
        if child != parent:
            yield findings.NS_DIFFER.found(zone.name, parent=_list(parent - child), child=_list(set(child) - parent))
            return


def _list(names: set[Name]) -> str:
    return ", ".join(text(name) for name in sorted(names)) or "-"
