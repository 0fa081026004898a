"""What a zone asks its parent for by CDS and CDNSKEY (RFC 7344, RFC 8078), whether anybody may act on it (RFC 9975),
and the signals for a first DS (RFC 9615) (pure)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import dns.dnssec
from dns.name import Name
from dns.rdata import Rdata
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.CDNSKEY import CDNSKEY
from dns.rdtypes.ANY.CDS import CDS
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from dnssec.chain import findings, policy
from dnssec.chain.findings import Finding, Rule
from dnssec.chain.keyset import counting, find_path, names
from dnssec.chain.recorded import Answer, RecordedZone, Walk, of_type, text
from dnssec.chain.results import Verdict
from dnssec.chain.signatures import Fault, Verification, Verifier, key_tag

BOTH = (RdataType.CDS, RdataType.CDNSKEY)


@dataclass(frozen=True, slots=True)
class _Request:
    """The CDS and CDNSKEY records that one server shows."""

    server: str
    cds: frozenset[CDS]
    cdnskey: frozenset[CDNSKEY]


def of_requests(
    walk: Walk,
    zone: RecordedZone,
    sets: Sequence[frozenset[DS]],
    answers: Sequence[Answer],
    verifier: Verifier,
    *,
    has_candidate: bool,
) -> Iterator[Finding]:
    """All rules of CDS and CDNSKEY. `sets` are the DS records at the parent, `answers` the DNSKEY records by server."""
    requests = [
        _Request(
            answer.server,
            frozenset(of_type(zone.answer(answer.server, zone.name, RdataType.CDS).records(), CDS)),
            frozenset(of_type(zone.answer(answer.server, zone.name, RdataType.CDNSKEY).records(), CDNSKEY)),
        )
        for answer in answers
    ]
    if not any(request.cds or request.cdnskey for request in requests):
        return
    for kind, shown in (("CDS", {r.cds for r in requests}), ("CDNSKEY", {r.cdnskey for r in requests})):
        if len(shown) > 1:
            yield findings.CDS_DIFFER_BETWEEN_SERVERS.found(zone.name, what=kind)
    ds = frozenset(record for records in sets for record in records)
    for answer, request in zip(answers, requests, strict=True):
        keys = of_type(answer.records(), DNSKEY)
        yield from _of_request(zone.name, request, keys)
        yield from _of_signatures(zone, request.server, keys, ds, verifier)
    first = next(request for request in requests if request.cds or request.cdnskey)
    if not has_candidate:
        yield from _of_change(zone.name, first, ds, answers, verifier)
    if not ds and not has_candidate:
        yield from _of_signals(walk, zone, first, verifier)


def _of_request(zone: Name, request: _Request, keys: Sequence[DNSKEY]) -> Iterator[Finding]:
    """One server's records by themselves, and beside the keys of the zone."""
    cds, cdnskey = request.cds, request.cdnskey
    malformed = False
    for what, records in (("CDS", cds), ("CDNSKEY", cdnskey)):
        deletes = [record for record in records if record.algorithm == 0]
        if deletes and (len(records) > 1 or not _is_delete(deletes[0])):
            malformed = True
            yield findings.CDS_DELETE_MIXED.found(zone, server=request.server, what=what)
    if not cds or not cdnskey:
        there, absent = ("CDS", "CDNSKEY") if cds else ("CDNSKEY", "CDS")
        if cds or cdnskey:
            yield findings.ONLY_ONE_OF_BOTH.found(zone, server=request.server, there=there, absent=absent)
    elif not malformed and not _agree(zone, cds, cdnskey):
        yield findings.CDS_CDNSKEY_DIFFER.found(zone, server=request.server)
    for record in sorted(cds):
        if record.algorithm:
            own = [key for key in keys if record.algorithm == key.algorithm and record.key_tag == key_tag(key)]
            if record.digest_type in policy.DIGESTS:
                own = [key for key in own if names(zone, _as_ds(record), key)]
            yield from _of_named(zone, request.server, "CDS", record.key_tag, own)
    for wanted in sorted(cdnskey):
        if wanted.algorithm:
            own = [key for key in keys if _key(key) == _key(wanted)]
            yield from _of_named(zone, request.server, "CDNSKEY", key_tag(_as_dnskey(wanted)), own)


def _of_named(zone: Name, server: str, what: str, tag: int, own: Sequence[DNSKEY]) -> Iterator[Finding]:
    if not own:
        yield findings.CDS_WITHOUT_KEY.found(zone, server=server, what=what, tag=tag)
    elif not policy.is_zone_key(own[0]) or policy.is_revoked(own[0]):
        yield findings.CDS_NOT_A_ZONE_KEY.found(zone, server=server, what=what, tag=tag, flags=own[0].flags)
    elif not policy.is_sep(own[0]):
        yield findings.CDS_NOT_A_SEP.found(zone, server=server, what=what, tag=tag)


def _agree(zone: Name, cds: Collection[CDS], cdnskey: Collection[CDNSKEY]) -> bool:
    """Whether both name the same keys: for each CDS there is the key, and for each key a CDS."""
    if {record.algorithm for record in cds} == {0} or {record.algorithm for record in cdnskey} == {0}:
        return {record.algorithm for record in cds} == {record.algorithm for record in cdnskey}
    keys = [_as_dnskey(record) for record in cdnskey]
    known = [_as_ds(record) for record in cds if record.digest_type in policy.DIGESTS]
    return all(any(names(zone, record, key) for key in keys) for record in known) and all(
        any(names(zone, record, key) for record in known) for key in keys
    )


def _of_signatures(
    zone: RecordedZone, server: str, keys: Sequence[DNSKEY], ds: Collection[DS], verifier: Verifier
) -> Iterator[Finding]:
    """RFC 7344 section 4.1: signed by a key that is in the zone and that the present DS records name."""
    carriers = [key for key in keys if any(names(zone.name, record, key) for record in counting(ds))]
    for rdtype in BOTH:
        answer = zone.answer(server, zone.name, rdtype)
        rrset, what = answer.records(), RdataType.to_text(rdtype)
        if rrset is None:
            continue
        made = verifier.verify(rrset, answer.signatures(), zone.name, keys)
        if not made.valid:
            yield _unsigned_rule(made).found(zone.name, server=server, what=what)
        elif carriers and not any(made.by(key) is True for key in carriers):
            yield findings.CDS_NOT_BY_DS_KEY.found(zone.name, server=server, what=what)


def _unsigned_rule(made: Verification) -> Rule:
    if not made.signatures:
        return findings.CDS_NOT_SIGNED
    unknown = all(signature.fault is Fault.UNKNOWN_KEY for signature in made.signatures)
    return findings.CDS_UNKNOWN_SIGNER if unknown else findings.CDS_BADLY_SIGNED


def _of_change(
    zone: Name, request: _Request, ds: frozenset[DS], answers: Sequence[Answer], verifier: Verifier
) -> Iterator[Finding]:
    """What would change at the parent, and whether a path would be left."""
    records: Collection[CDS | CDNSKEY] = request.cds or request.cdnskey
    if any(record.algorithm == 0 for record in records):
        if ds and len(records) == 1:
            yield findings.CDS_DELETE.found(zone)
        return
    if request.cds:
        wanted = frozenset(_as_ds(record) for record in request.cds)
    else:
        wanted = frozenset(
            dns.dnssec.make_ds(zone, _as_dnskey(record), "SHA256", policy=policy.POLICY) for record in request.cdnskey
        )
    if not counting(wanted) or not ds:
        return
    # A parent keeps to its own digest types, so the keys are compared and not the digests.
    if {(record.key_tag, record.algorithm) for record in wanted} != {(r.key_tag, r.algorithm) for r in ds}:
        tags = ", ".join(str(tag) for tag in sorted({record.key_tag for record in wanted}))
        yield findings.CDS_CHANGE.found(zone, tags=tags)
    now = [find_path(zone, ds, answer, verifier).verdict for answer in answers]
    then = [find_path(zone, wanted, answer, verifier).verdict for answer in answers]
    if Verdict.BOGUS in then and Verdict.BOGUS not in now:
        yield findings.CDS_NO_PATH_LEFT.found(zone)


def _of_signals(walk: Walk, zone: RecordedZone, request: _Request, verifier: Verifier) -> Iterator[Finding]:
    """RFC 9615 section 4.1: the same records under every name server outside the zone, each secured by DNSSEC."""
    outside = [server.name for server in zone.servers if not server.name.is_subdomain(zone.name)]
    if not outside:
        yield findings.NO_SIGNAL_POSSIBLE.found(zone.name)
        return
    seen = {name: _signal(walk.signals.get(name)) for name in outside}
    if not any(seen.values()):
        yield findings.NO_SIGNAL.found(zone.name)
        return
    for name, records in seen.items():
        told = text(name)
        if not records:
            yield findings.SIGNAL_MISSING.found(zone.name, name=told)
        elif any(shown != (request.cds, request.cdnskey) for shown in records):
            yield findings.SIGNAL_DIFFERS.found(zone.name, name=told)


def _signal(walk: Walk | None) -> list[tuple[frozenset[Rdata], frozenset[Rdata]]]:
    """The CDS and CDNSKEY records that each server of a signalling zone shows."""
    if walk is None:
        return []
    zone = walk.zones[-1]
    shown = [
        (
            frozenset[Rdata](of_type(zone.answer(address, walk.name, RdataType.CDS).records(), CDS)),
            frozenset[Rdata](of_type(zone.answer(address, walk.name, RdataType.CDNSKEY).records(), CDNSKEY)),
        )
        for address in zone.addresses
        if zone.answer(address, walk.name, RdataType.CDS).authoritative
    ]
    return shown if any(cds or cdnskey for cds, cdnskey in shown) else []


def has_signal(walk: Walk) -> bool:
    """Whether any server of a signalling zone shows CDS or CDNSKEY records."""
    return bool(_signal(walk))


def is_signed_signal(walk: Walk, verifier: Verifier) -> bool:
    """Whether the records of a signal are signed by keys of their zone, on every server."""
    zone = walk.zones[-1]
    for address in zone.addresses:
        keys = of_type(zone.answer(address, zone.name, RdataType.DNSKEY).records(), DNSKEY)
        for rdtype in BOTH:
            answer = zone.answer(address, walk.name, rdtype)
            rrset = answer.records()
            if rrset is not None and not verifier.verify(rrset, answer.signatures(), zone.name, keys).valid:
                return False
    return True


def insecure_signals(zone: Name, secure: Mapping[Name, bool]) -> Iterator[Finding]:
    """The name servers whose signals are there but not secured by DNSSEC (RFC 9615 section 4.2)."""
    for name, holds in secure.items():
        if not holds:
            yield findings.SIGNAL_INSECURE.found(zone, name=text(name))


def _is_delete(record: CDS | CDNSKEY) -> bool:
    """RFC 8078 section 4: exactly CDS 0 0 0 00, or CDNSKEY 0 3 0 AA==."""
    if isinstance(record, CDS):
        return (record.key_tag, record.digest_type, record.digest) == (0, 0, b"\0")
    return (record.flags, record.protocol, record.key) == (0, 3, b"\0")


def _as_ds(record: CDS) -> DS:
    return DS(  # type: ignore[no-untyped-call]  # dnspython types the call, not __init__.
        record.rdclass, RdataType.DS, record.key_tag, record.algorithm, record.digest_type, record.digest
    )


def _as_dnskey(record: CDNSKEY) -> DNSKEY:
    return DNSKEY(  # type: ignore[no-untyped-call]  # As above.
        record.rdclass, RdataType.DNSKEY, record.flags, record.protocol, record.algorithm, record.key
    )


def _key(record: DNSKEY | CDNSKEY) -> tuple[int, int, int, bytes]:
    return record.flags, record.protocol, record.algorithm, record.key
