"""What a page knows of a change before it is asked for, and the question that the person has to answer first where the
change would do harm. Reads rows; the checks behind them run in the background.
"""

from dataclasses import dataclass

from dnssec import checks, told
from dnssec.asking import ask_for_check
from dnssec.chain import Finding
from dnssec.effects import Effect
from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner, candidate_key
from dnssec.snapshots import subject_of, subject_of_row
from domains.models import Domain, Operation

Precheck = Operation.Precheck


@dataclass(frozen=True)
class Reason:
    """Why something is asked: what was found, what to do, and at which name server where it is one alone."""

    sentence: str
    advice: str
    server: str


@dataclass(frozen=True)
class Question:
    """
    What is to be decided before a change is asked for: the effect that is known of it, and why.

    `candidate` are the DS records after it. `wrong_name`: what was typed is not the domain's name.
    """

    domain: Domain
    candidate: list[str]
    effect: Effect
    findings: tuple[Finding, ...]
    wrong_name: bool = False

    @property
    def is_outage(self) -> bool:
        """Whether the domain's name has to be typed."""
        return self.effect is Effect.OUTAGE

    @property
    def takes_the_last_key(self) -> bool:
        """Whether no DS record is left."""
        return not self.candidate

    @property
    def reasons(self) -> list[Reason]:
        """What speaks against the change, the worst first, each thing once."""
        reasons = [Reason(told.sentence(found), told.advice(found), found.server or "") for found in self.findings]
        return list(dict.fromkeys(reasons))

    @property
    def answer(self) -> str:
        """What the button sends that goes on all the same: it holds for this change and this effect alone."""
        return answer_to(self.effect, self.candidate)


def answer_to(effect: Effect, candidate: list[str]) -> str:
    """The value of `anyway` that accepts an effect of a change."""
    return f"{effect.value}:{candidate_key(candidate)}"


def with_key(domain: Domain, key: DnsKey) -> list[str]:
    """The DS records when the key is added."""
    return checks.ds_set(domain.keys.all(), add=subject_of(domain, key))


def without_key(domain: Domain, row: DelegationSigner) -> list[str]:
    """The DS records when the key is deleted."""
    return checks.ds_set(domain.keys.all(), remove=subject_of_row(row))


def prepare(domain: Domain, candidate: list[str]) -> None:
    """Have the change looked into while the person still reads."""
    ask_for_check(domain, candidate)


def weigh(domain: Domain, candidate: list[str], *, anyway: str = "", typed: str = "") -> Question | str:
    """
    What has to be asked before the change, or the precheck that it goes on with: empty where nothing is known yet.

    `anyway` is the answer to an earlier question, `typed` the name that goes with an outage.
    """
    accepts_outage = anyway == answer_to(Effect.OUTAGE, candidate)
    accepted = accepts_outage and _is_name_of(domain, typed)
    row = checks.result(domain, candidate)
    if row is None:
        return Precheck.ACCEPTED.value if accepted else ""
    found = checks.consequence_of(row)
    if found.effect is Effect.OUTAGE:
        if accepted:
            return Precheck.ACCEPTED.value
        return Question(domain, candidate, found.effect, found.findings, wrong_name=accepts_outage)
    if found.effect is Effect.WORKS and not accepted and anyway != answer_to(Effect.WORKS, candidate):
        return Question(domain, candidate, found.effect, found.findings)
    return str(getattr(Precheck, found.effect.name).value)


def _is_name_of(domain: Domain, typed: str) -> bool:
    return typed.strip().rstrip(".").lower() in (domain.name, domain.unicode_name)
