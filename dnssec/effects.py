"""What a change of the DS records would do to a domain, from its chain as it is and as it would be (pure)."""

from dataclasses import dataclass
from enum import StrEnum

from dnssec.chain import Chain, Finding, Severity, Verdict


class Effect(StrEnum):
    """FINE: nothing speaks against it. WORKS: the domain stays reachable, but something is to be known before. OUTAGE:
    validating resolvers would refuse the domain. UNKNOWN: it could not be found out."""

    FINE = "fine"
    WORKS = "works"
    OUTAGE = "outage"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Consequence:
    """The effect of a change, and the findings that come with it, the worst first."""

    effect: Effect
    findings: tuple[Finding, ...] = ()


def consequence(now: Chain, then: Chain) -> Consequence:
    """What turns the chain that is into the chain that would be. Both are of one walk."""
    above_is_broken = any(link.verdict in (Verdict.BOGUS, Verdict.INDETERMINATE) for link in then.links[:-1])
    if not then.is_zone or not then.candidate or above_is_broken or then.verdict is Verdict.INDETERMINATE:
        return Consequence(Effect.UNKNOWN)
    before = {_identity(finding) for finding in now.findings}
    # Notices are left out: they ask for nothing.
    weighty = [found for found in then.findings if found.severity is not Severity.NOTICE]
    # That no path is left is what the effect says; the others say why.
    weighty = [found for found in weighty if found.id != "C08"] or weighty
    new = tuple(found for found in weighty if _identity(found) not in before)
    if then.verdict is Verdict.BOGUS:
        if now.verdict is Verdict.BOGUS:
            return Consequence(Effect.WORKS, new or tuple(weighty))
        return Consequence(Effect.OUTAGE, new or tuple(weighty))
    if now.verdict is Verdict.BOGUS:
        return Consequence(Effect.FINE)  # It mends the domain.
    loses_protection = now.verdict is Verdict.SECURE and then.verdict is Verdict.INSECURE
    return Consequence(Effect.WORKS if new or loses_protection else Effect.FINE, new)


def _identity(finding: Finding) -> tuple[str, str, str | None, str]:
    return finding.id, finding.zone, finding.server, finding.sentence
