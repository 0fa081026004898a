"""What the servers of a parent say of a child's DS records, and whether it is proved (pure)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum

from dns.name import Name
from dns.rcode import NXDOMAIN
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.SOA import SOA
from dns.rrset import RRset

from dnssec.chain import findings
from dnssec.chain.denial import Denials, Proof
from dnssec.chain.findings import Finding
from dnssec.chain.recorded import Answer, RecordedZone, of_type, signatures, text
from dnssec.chain.signatures import Fault, Verification, Verifier

KeySet = frozenset[DNSKEY]
DAY, HALF_A_DAY = 86400, 43200


class Say(Enum):
    """What an answer to the question for DS records comes to."""

    SIGNED = "signed"  # There are DS records, proved where the parent is secure.
    ABSENT = "absent"  # There are none, and that is proved.
    FAILED = "failed"  # A resolver refuses the answer.


@dataclass(frozen=True, slots=True)
class Saying:
    """What one server of the parent says."""

    server: str
    say: Say
    ds: frozenset[DS] = frozenset()
    ttl: int | None = None
    findings: tuple[Finding, ...] = ()


def sayings(parent: RecordedZone, child: Name, keysets: Sequence[KeySet], verifier: Verifier) -> list[Saying]:
    """What every server of the parent that answers says, judged by each of the parent's sets of keys; by none where the
    parent is not secure, and then nothing has to be proved."""
    return [
        _judged(answer, parent.name, keysets, verifier)
        for answer in parent.all(child, RdataType.DS)
        if answer.authoritative
    ]


def _judged(answer: Answer, parent: Name, keysets: Sequence[KeySet], verifier: Verifier) -> Saying:
    rrset = answer.records()
    told: list[Finding] = []
    for keys in keysets:
        if rrset:
            made = verifier.verify(rrset, answer.signatures(), parent, list(keys))
            said = said_of(rrset, made, answer.name, answer.server, now=verifier.now, what="DS")
            told += [replace(one, rule=replace(one.rule, advice=findings.THE_PARENT_SIGNS)) for one in said]
        else:
            # How the parent proves it is nothing that the owner of the child could change.
            told += [finding for finding in denied(answer, parent, list(keys), verifier) if finding.fatal]
    failed = any(finding.fatal for finding in told)
    say = Say.FAILED if failed else Say.SIGNED if rrset else Say.ABSENT
    unique = tuple(dict.fromkeys(told))
    if rrset is None:
        return Saying(answer.server, say, findings=unique)
    return Saying(answer.server, say, frozenset(of_type(rrset, DS)), rrset.ttl, unique)


def said_of(
    rrset: RRset, verification: Verification, zone: Name, server: str, *, now: float, what: str
) -> Iterator[Finding]:
    """What there is to say of the signatures over some records, of which one has to hold."""
    if not verification.valid:
        yield why_none_holds(verification, zone, server, what)
        return
    last = max((signature.rrsig for signature in verification.valid), key=lambda rrsig: rrsig.expiration)
    left, days = last.expiration - now, (last.expiration - last.inception) // DAY
    if left < HALF_A_DAY:
        yield findings.ENDS_SOON.found(zone, server=server, what=what, date=date(last.expiration))
    elif left < rrset.ttl:
        ends = date(last.expiration)
        yield findings.ENDS_BEFORE_TTL.found(zone, server=server, what=what, date=ends, ttl=rrset.ttl)
    if days > 180:
        yield findings.VALID_TOO_LONG.found(zone, server=server, what=what, days=days)
    if rrset.ttl > last.original_ttl:
        yield findings.TTL_ABOVE_ORIGINAL.found(
            zone, server=server, what=what, ttl=rrset.ttl, original=last.original_ttl
        )


def why_none_holds(verification: Verification, zone: Name, server: str, what: str) -> Finding:
    """The cause, as a fatal finding: what comes closest to a signature that holds."""
    faulty = {signature.fault: signature for signature in reversed(verification.signatures)}
    if signature := faulty.get(Fault.TOO_MUCH):
        return findings.TOO_MUCH_WORK.found(zone, server=server, fatal=True, what=what)
    if signature := faulty.get(Fault.WRONG):
        rule = findings.SOA_SIGNATURE_WRONG if what == "SOA" else findings.SIGNATURE_WRONG
        return rule.found(zone, server=server, fatal=True, what=what, tag=signature.rrsig.key_tag)
    if signature := faulty.get(Fault.EXPIRED):
        last = max(s.rrsig.expiration for s in verification.signatures if s.fault is Fault.EXPIRED)
        return findings.SIGNATURE_EXPIRED.found(zone, server=server, fatal=True, what=what, date=date(last))
    if signature := faulty.get(Fault.NOT_YET):
        begins = date(signature.rrsig.inception)
        return findings.SIGNATURE_NOT_YET.found(zone, server=server, fatal=True, what=what, date=begins)
    if faulty.get(Fault.FORM):
        return findings.SIGNATURE_FORM.found(zone, server=server, fatal=True, what=what)
    if signature := faulty.get(Fault.UNKNOWN_KEY) or faulty.get(Fault.UNUSABLE_KEY):
        return findings.UNKNOWN_SIGNER.found(zone, server=server, fatal=True, what=what, tag=signature.rrsig.key_tag)
    return findings.SIGNATURE_MISSING.found(zone, server=server, fatal=True, what=what)


def denied(answer: Answer, zone: Name, keys: Sequence[DNSKEY], verifier: Verifier) -> Iterator[Finding]:
    """What is wrong with an answer that says that the records are not there (RFC 4035 section 5.4)."""
    section = answer.message.authority if answer.message else []
    sent = [rrset for rrset in section if rrset.rdtype in (RdataType.NSEC, RdataType.NSEC3)]
    good = [
        rrset
        for rrset in sent
        if verifier.verify(rrset, signatures(section, rrset.name, rrset.rdtype), zone, keys).valid
    ]
    denials = Denials.of(zone, good)
    absent = answer.rcode == NXDOMAIN
    proof = denials.no_name(answer.name) if absent else denials.no_data(answer.name, answer.rdtype)
    if proof is Proof.TOO_MANY_ITERATIONS:
        yield findings.DENIAL_NOT_COMPUTED.found(zone, server=answer.server)
    if proof.holds:
        return
    rule = findings.DENIAL_BADLY_SIGNED if len(good) < len(sent) else findings.DENIAL_SHOWS_NOTHING
    if not sent:
        rule = findings.DENIAL_MISSING
    name, kind = text(answer.name), RdataType.to_text(answer.rdtype)
    yield rule.found(zone, server=answer.server, fatal=True, name=name, type=kind)


def negative_ttl(answers: Iterable[Answer]) -> int | None:
    """How long caches may keep that something is not there (RFC 2308 section 5), the longest of all servers."""
    times = [
        min(rrset.ttl, soa.minimum)
        for answer in answers
        if answer.message
        for rrset in (*answer.message.answer, *answer.message.authority)
        for soa in of_type(rrset, SOA)
    ]
    return max(times, default=None)


def date(seconds: int) -> str:
    """A time as people read it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
