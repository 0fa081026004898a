"""What the watch sees in a domain's chain of trust: how healthy the domain is, and which conditions its owner should
know of. Nothing is read or written here: noticing keeps them and has them told."""

from collections.abc import Collection
from dataclasses import dataclass

from dnssec.chain import Chain, DsRecord, Finding, Severity, Verdict
from dnssec.chain.findings import ENDS_SOON
from dnssec.models import Condition
from domains.models import Domain

Kind = Condition.Kind
Health = Domain.Health


@dataclass(frozen=True, slots=True)
class Symptom:
    """A condition as one check shows it: what it is about, and the finding that says it, where there is one."""

    kind: Kind
    marks: tuple[str, ...]
    finding: Finding | None = None


def health_of(chain: Chain | None) -> Health:
    """How a domain is; None where nothing could be asked."""
    if chain is None or not chain.is_zone or chain.verdict is Verdict.INDETERMINATE:
        return Health.UNKNOWN
    if chain.verdict is Verdict.BOGUS:
        return Health.BROKEN
    if chain.verdict is Verdict.INSECURE:
        return Health.INSECURE
    faulty = any(found.zone == chain.zone and found.severity is not Severity.NOTICE for found in chain.findings)
    return Health.FAULTY if faulty else Health.SECURE


def tells_nothing(chain: Chain | None) -> bool:
    """Whether a check allows no word about the domain: nobody who could tell was reached, or it lies below a zone that
    is broken itself, which the domain's owner can do nothing about."""
    if health_of(chain) is Health.UNKNOWN or chain is None:
        return True
    return any(link.verdict is Verdict.BOGUS for link in chain.links[:-1])


def symptoms(chain: Chain, *, before: Chain | None, known: Collection[str] = ()) -> list[Symptom]:
    """
    The conditions that a chain shows, of those that can be told apart: of a broken domain it is only this.

    `before` is the chain of the check before, `known` the DS records that have been seen to lose their key since.
    """
    if chain.verdict is Verdict.BOGUS:
        return [Symptom(Kind.BROKEN, (), _cause(chain))]
    seen = (_ending(chain), _mismatch(chain, before, known), _unpublished(chain))
    return [symptom for symptom in seen if symptom]


def ds_at_parent(chain: Chain) -> set[str]:
    """The DS records that the parent shows of the domain."""
    return {_text(record) for record in chain.links[-1].ds}


def _cause(chain: Chain) -> Finding | None:
    return next((found for found in chain.findings if found.fatal), chain.findings[0] if chain.findings else None)


def _ending(chain: Chain) -> Symptom | None:
    """Signatures that end within half a day. What is signed anew for each day has another time at the next check."""
    found = [finding for finding in chain.links[-1].findings if finding.rule.template == ENDS_SOON.template]
    return (
        Symptom(Kind.EXPIRING, tuple(sorted({str(one.params["date"]) for one in found})), found[0]) if found else None
    )


def _mismatch(chain: Chain, before: Chain | None, known: Collection[str]) -> Symptom | None:
    """DS records that belong to no key of the zone any more. One that never did, a key kept ready, is none of them."""
    matched = {_text(record) for record in before.links[-1].ds if record.keys} if before else set()
    lost = [record for record in chain.links[-1].ds if not record.keys and _text(record) in matched | set(known)]
    if not lost:
        return None
    tags = {record.key_tag for record in lost}
    finding = next(
        (one for one in chain.links[-1].findings if one.id in ("D05", "D06") and one.params.get("tag") in tags), None
    )
    return Symptom(Kind.MISMATCH, tuple(sorted(map(_text, lost))), finding)


def _unpublished(chain: Chain) -> Symptom | None:
    finding = next((one for one in chain.links[-1].findings if one.id == "D30"), None)
    return Symptom(Kind.UNPUBLISHED, (), finding) if finding else None


def _text(record: DsRecord) -> str:
    return f"{record.key_tag} {record.algorithm} {record.digest_type} {record.digest}"
