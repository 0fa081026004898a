"""The records that one server gives out of a secure zone: are they signed, by all algorithms, and are absences proved
(pure)."""

from collections.abc import Iterator, Sequence

from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rrset import RRset

from dnssec.algorithms import label
from dnssec.chain import findings
from dnssec.chain.denial import Denials
from dnssec.chain.findings import Finding
from dnssec.chain.keyset import may_carry
from dnssec.chain.parent import denied, said_of
from dnssec.chain.recorded import Answer, RecordedZone, signatures, text
from dnssec.chain.signatures import Verifier

ALWAYS_THERE = (RdataType.SOA, RdataType.NS)
# What is wrong with these where they are there is told by other rules, and troubles no resolver.
JUDGED_ELSEWHERE = (RdataType.CDS, RdataType.CDNSKEY, RdataType.NSEC3PARAM)
PERHAPS_THERE = (RdataType.A, RdataType.CDS, RdataType.CDNSKEY, RdataType.NSEC3PARAM)


def of_data(zone: RecordedZone, server: str, keys: Sequence[DNSKEY], verifier: Verifier) -> Iterator[Finding]:
    """Judges what the server says at the apex and of a name that does not exist, by these keys of the zone."""
    denial_told = False
    for finding in _of_answers(zone, server, keys, verifier):
        # One broken proof speaks for all.
        if not (finding.id == "D25" and denial_told):
            yield finding
        denial_told |= finding.id == "D25"
    yield from _of_algorithms(zone, server, keys)


def _of_answers(zone: RecordedZone, server: str, keys: Sequence[DNSKEY], verifier: Verifier) -> Iterator[Finding]:
    for rdtype in (*ALWAYS_THERE, *PERHAPS_THERE):
        answer = zone.answer(server, zone.name, rdtype)
        if answer.authoritative:
            yield from _of_answer(answer, zone.name, keys, verifier)
    if zone.probe:
        answer = zone.answer(server, zone.probe, RdataType.A)
        if answer.authoritative:
            yield from _of_probe(answer, zone.name, keys, verifier)


def _of_answer(answer: Answer, zone: Name, keys: Sequence[DNSKEY], verifier: Verifier) -> Iterator[Finding]:
    for rdtype in (answer.rdtype, RdataType.CNAME):
        if (rrset := answer.records(rdtype)) and rdtype in JUDGED_ELSEWHERE:
            return
        if rrset:
            made = verifier.verify(rrset, answer.signatures(rdtype), zone, keys)
            for finding in said_of(rrset, made, zone, answer.server, now=verifier.now, what=RdataType.to_text(rdtype)):
                # Of what lasts too long or ends soon the SOA record speaks for all.
                if finding.fatal or rdtype == RdataType.SOA:
                    yield finding
            return
    yield from denied(answer, zone, keys, verifier)


def _of_probe(answer: Answer, zone: Name, keys: Sequence[DNSKEY], verifier: Verifier) -> Iterator[Finding]:
    section = answer.message.answer if answer.message else []
    made_from_wildcard = next((rrset for rrset in section if _is_data(rrset) and rrset.name == answer.name), None)
    if made_from_wildcard is None:
        yield from denied(answer, zone, keys, verifier)
        return
    rrsigs = signatures(section, answer.name, made_from_wildcard.rdtype)
    made = verifier.verify(made_from_wildcard, rrsigs, zone, keys)
    if not made.valid:
        yield from said_of(made_from_wildcard, made, zone, answer.server, now=verifier.now, what="wildcard")
        return
    labels = min(signature.rrsig.labels for signature in made.valid)
    if labels < len(answer.name) - 1 and not _no_closer(answer, zone, labels, keys, verifier):
        yield findings.DENIAL_SHOWS_NOTHING.found(
            zone, server=answer.server, fatal=True, name=text(answer.name), type="A"
        )


def _no_closer(answer: Answer, zone: Name, labels: int, keys: Sequence[DNSKEY], verifier: Verifier) -> bool:
    section = answer.message.authority if answer.message else []
    good = [
        rrset
        for rrset in section
        if rrset.rdtype in (RdataType.NSEC, RdataType.NSEC3)
        and verifier.verify(rrset, signatures(section, rrset.name, rrset.rdtype), zone, keys).valid
    ]
    return Denials.of(zone, good).no_closer_name(answer.name, labels).holds


def _is_data(rrset: RRset) -> bool:
    return rrset.rdtype in (RdataType.A, RdataType.CNAME)


def _of_algorithms(zone: RecordedZone, server: str, keys: Sequence[DNSKEY]) -> Iterator[Finding]:
    """Whether every algorithm of the DNSKEY records signs SOA and NS (RFC 4035 section 2.2)."""
    algorithms = {int(key.algorithm) for key in keys if may_carry(key)}
    missing: dict[int, list[str]] = {}
    for rdtype in ALWAYS_THERE:
        answer = zone.answer(server, zone.name, rdtype)
        made: tuple[RRSIG, ...] = answer.signatures()
        if answer.authoritative and answer.records() and made:
            for number in algorithms - {rrsig.algorithm for rrsig in made}:
                missing.setdefault(number, []).append(RdataType.to_text(rdtype))
    for number, types in sorted(missing.items()):
        yield findings.ALGORITHM_INCOMPLETE.found(
            zone.name, server=server, algorithm=label(number), what=", ".join(types)
        )
