"""DS records against the DNSKEY records that one server shows: is there a path, by which key, or why not (pure)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import dns.dnssec
import dns.exception
from dns.dnssectypes import DSDigest
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.NSEC3PARAM import NSEC3PARAM

from dnssec import messages, structure
from dnssec.algorithms import ALGORITHMS as TABLE
from dnssec.algorithms import Use, label
from dnssec.chain import findings, policy
from dnssec.chain.findings import ERROR, WARNING, Finding
from dnssec.chain.parent import said_of, why_none_holds
from dnssec.chain.recorded import Answer, of_type
from dnssec.chain.results import Verdict
from dnssec.chain.signatures import MOST_OF_A_TAG, Fault, Verification, Verifier, key_tag
from dnssec.messages import InvalidPublicKey

UDP_LIMIT = 1232


@dataclass(frozen=True, slots=True)
class Path:
    """What one set of DS records and one server's DNSKEY records come to; `verification` is that of the DNSKEY
    records, None where there are none."""

    server: str
    verdict: Verdict
    keys: tuple[DNSKEY, ...]
    verification: Verification | None
    findings: tuple[Finding, ...]


def find_path(zone: Name, ds: Collection[DS], answer: Answer, verifier: Verifier, *, anchors: bool = False) -> Path:
    """Judges one server's answer to the question for DNSKEY records (RFC 4035 sections 5.2 and 5.3).

    Without DS records, or with none that resolvers know, the zone is insecure. Of trust anchors (`anchors`) one that
    fits is enough, and those that do not are nobody's fault.
    """
    server = answer.server
    rrset = answer.records()
    keys = of_type(rrset, DNSKEY)
    usable = counting(ds)
    named = [key for record in usable for key in keys if names(zone, record, key)]
    verification = None if rrset is None else verifier.verify(rrset, answer.signatures(), zone, keys, first=named)
    if not usable:
        return Path(server, Verdict.INSECURE, keys, verification, ())
    if rrset is None or verification is None or not keys:
        told = [findings.DS_BUT_UNSIGNED.found(zone, server=server, fatal=True)]
        return Path(server, Verdict.BOGUS, (), None, tuple(told))
    carrying = [key for key in named if may_carry(key) and verification.by(key) is True]
    told = list(said_of(rrset, verification, zone, server, now=verifier.now, what="DNSKEY")) if carrying else []
    if not anchors or not carrying:
        told += _of_ds(zone, server, ds, keys, verification, fatal=not carrying)
    if not carrying and not any(finding.fatal for finding in told):
        told.append(why_none_holds(verification, zone, server, "DNSKEY"))
    verdict = Verdict.SECURE if carrying else Verdict.BOGUS
    return Path(server, verdict, keys, verification, tuple(told))


def counting(ds: Iterable[DS]) -> list[DS]:
    """The DS records that a resolver goes by: known algorithm and digest, and SHA-1 only where there is nothing better
    (RFC 4509 section 3)."""
    known = [record for record in ds if record.algorithm in policy.ALGORITHMS and record.digest_type in policy.DIGESTS]
    better = [record for record in known if record.digest_type != policy.SHA1]
    return better or known


def names(zone: Name, ds: DS, key: DNSKEY) -> bool:
    """Whether a DS record is that of a key."""
    return _tag_fits(ds, key) and _digest_fits(zone, ds, key)


def may_carry(key: DNSKEY) -> bool:
    """Whether a chain may go through this key."""
    return policy.is_zone_key(key) and not policy.is_revoked(key)


def _tag_fits(ds: DS, key: DNSKEY) -> bool:
    return ds.algorithm == key.algorithm and ds.key_tag == key_tag(key)


def _digest_fits(zone: Name, ds: DS, key: DNSKEY) -> bool:
    if ds.digest_type not in policy.DIGESTS:
        return False
    try:
        made = dns.dnssec.make_ds(zone, key, DSDigest(ds.digest_type), policy=policy.POLICY, validating=True)
    except (dns.exception.DNSException, ValueError):
        return False
    return made.digest == ds.digest


def _of_ds(
    zone: Name, server: str, ds: Collection[DS], keys: Sequence[DNSKEY], verification: Verification, *, fatal: bool
) -> Iterator[Finding]:
    """What is wrong with each DS record. Where no path is left it is fatal, else a warning."""
    usable = set(counting(ds))
    severity = ERROR if fatal else WARNING
    unmatched = [record for record in sorted(ds) if not any(_tag_fits(record, key) for key in keys)]
    if usable <= set(unmatched):
        tags = ", ".join(dict.fromkeys(str(record.key_tag) for record in sorted(usable)))
        yield findings.NO_DS_MATCHES.found(zone, server=server, fatal=fatal, tags=tags)
    for record in unmatched if not usable <= set(unmatched) else ():
        yield findings.DS_MATCHES_NO_KEY.found(
            zone, server=server, tag=record.key_tag, algorithm=label(record.algorithm)
        )
    if fatal and any(signature.fault is Fault.TOO_MUCH for signature in verification.signatures):
        yield findings.TOO_MUCH_WORK.found(zone, server=server, fatal=True, what="DNSKEY")
    named: dict[DNSKEY, None] = {}
    for record in sorted(ds):
        alike = [key for key in keys if _tag_fits(record, key)]
        own = [key for key in alike if _digest_fits(zone, record, key)]
        if alike and not own and record.digest_type in policy.DIGESTS:
            lethal = fatal and record in usable
            yield findings.DIGEST_DIFFERS.found(
                zone, server=server, fatal=lethal, severity=None if lethal else WARNING, tag=record.key_tag
            )
        named |= dict.fromkeys(key for key in own if record in usable)
    for key in named:
        tag = key_tag(key)
        if not policy.is_zone_key(key):
            yield findings.NOT_A_ZONE_KEY.found(
                zone, server=server, fatal=fatal, severity=severity, tag=tag, flags=key.flags
            )
            continue
        if policy.is_revoked(key):
            yield findings.KEY_REVOKED.found(zone, server=server, fatal=fatal, tag=tag)
            continue
        if not policy.is_sep(key):
            yield findings.NOT_A_SEP.found(zone, server=server, tag=tag)
        made = verification.by(key)
        if made is True:
            continue
        if made is None:
            yield from _signs_nothing(zone, server, key, verification, fatal=fatal, severity=severity)
            continue
        own_signatures = Verification(tuple(s for s in verification.signatures if s.key == key))
        cause = why_none_holds(own_signatures, zone, server, "DNSKEY")
        yield cause if fatal else replace(cause, severity=WARNING, fatal=False)


def _signs_nothing(
    zone: Name, server: str, key: DNSKEY, verification: Verification, *, fatal: bool, severity: findings.Severity
) -> Iterator[Finding]:
    if not verification.signatures:
        if fatal:
            yield findings.SIGNATURE_MISSING.found(zone, server=server, fatal=True, what="DNSKEY")
        return
    unknown = [s for s in verification.signatures if s.fault is Fault.UNKNOWN_KEY]
    if fatal and len(unknown) == len(verification.signatures):
        yield findings.UNKNOWN_SIGNER.found(
            zone, server=server, fatal=True, what="DNSKEY", tag=unknown[0].rrsig.key_tag
        )
    if fatal and any(s.fault is Fault.FORM for s in verification.signatures) and not verification.valid:
        yield findings.SIGNATURE_FORM.found(zone, server=server, fatal=True, what="DNSKEY")
    yield findings.KEY_SIGNS_NOTHING.found(zone, server=server, fatal=fatal, severity=severity, tag=key_tag(key))


# ---- what is said whether or not there is a path ----


def of_delegation(zone: Name, ds: Collection[DS], signing: set[int] | None) -> Iterator[Finding]:
    """Digest types and algorithms of the DS records; `signing` are the algorithms that sign the DNSKEY records."""
    usable = counting(ds)
    by_tag = {(record.key_tag, record.algorithm): set[int]() for record in ds}
    for record in ds:
        by_tag[record.key_tag, record.algorithm].add(record.digest_type)
    for record in sorted(ds):
        types = by_tag[record.key_tag, record.algorithm]
        if record.digest_type == policy.SHA1:
            better = types & {policy.SHA256, policy.SHA384}
            rule = findings.DIGEST_SHA1_BESIDE if better else findings.DIGEST_SHA1
            yield rule.found(zone, tag=record.key_tag)
        elif record.digest_type not in policy.DIGESTS:
            severity = WARNING if types & policy.DIGESTS else ERROR
            yield findings.DIGEST_UNSUPPORTED.found(
                zone, severity=severity, tag=record.key_tag, type=record.digest_type
            )
    algorithms = {record.algorithm for record in ds}
    for number in sorted(algorithms):
        yield from _of_algorithm(zone, number, alone=not any(r.algorithm in policy.ALGORITHMS for r in ds))
    if signing is not None and usable:
        for number in sorted(algorithms - signing):
            yield findings.DS_ALGORITHM_SIGNS_NOTHING.found(zone, algorithm=label(number))


def _of_algorithm(zone: Name, number: int, *, alone: bool) -> Iterator[Finding]:
    row = TABLE.get(number)
    if number not in policy.ALGORITHMS:
        yield findings.ALGORITHM_UNSUPPORTED.found(
            zone, severity=ERROR if alone or row is None or row.is_refused else WARNING, algorithm=label(number)
        )
    elif row and row.signing is Use.MUST_NOT:
        yield findings.ALGORITHM_DEPRECATED.found(zone, algorithm=label(number))
    elif row and row.signing is Use.NOT_RECOMMENDED:
        yield findings.ALGORITHM_NOT_RECOMMENDED.found(zone, algorithm=label(number))


def of_keys(zone: Name, keys: Sequence[DNSKEY], named: Collection[int]) -> Iterator[Finding]:
    """The keys by themselves: algorithm (where no DS record `named` it already), structure, tags."""
    for number in sorted({key.algorithm for key in keys} - set(named)):
        yield from _of_algorithm(zone, number, alone=False)
    for key in keys:
        if may_carry(key) and key.algorithm in structure.CHECKED:
            yield from _of_structure(zone, key)
    counts = Counter((key_tag(key), key.algorithm) for key in keys)
    for (tag, number), count in sorted(counts.items()):
        if count > 1:
            yield findings.TAG_COLLISION.found(
                zone,
                severity=ERROR if count > MOST_OF_A_TAG else WARNING,
                count=count,
                tag=tag,
                algorithm=label(number),
            )


def _of_structure(zone: Name, key: DNSKEY) -> Iterator[Finding]:
    try:
        for finding in structure.check(key.algorithm, key.key):
            yield findings.KEY_WEAK.found(zone, tag=key_tag(key), why=_why(finding))
    except InvalidPublicKey as error:
        yield findings.KEY_BROKEN.found(zone, tag=key_tag(key), why=_why(error.finding))


def of_length(zone: Name, answer: Answer) -> Iterator[Finding]:
    """Whether the DNSKEY records fit into one UDP packet that passes everywhere."""
    if answer.octets > UDP_LIMIT:
        yield findings.KEYS_TOO_LONG.found(zone, octets=answer.octets)


def of_nsec3(zone: Name, answer: Answer) -> Iterator[Finding]:
    """The parameters of NSEC3 as the zone states them (RFC 9276)."""
    for rdata in of_type(answer.records(RdataType.NSEC3PARAM), NSEC3PARAM):
        if rdata.iterations or rdata.salt:
            yield findings.NSEC3_PARAMETERS.found(zone, iterations=rdata.iterations, salt=len(rdata.salt))


def _why(finding: messages.Finding) -> dict[str, object]:
    """A sentence about a key's structure, as a parameter: template and parameters, for other languages."""
    return {"template": finding.message.template, "params": dict(finding.params)}
