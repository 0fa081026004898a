"""Which mail tells of a condition that the watch has seen, or that it is over: to the domain's owner and its technical
contact, in the owner's language."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.utils import translation

from dnssec import mail, told
from dnssec.kept_chains import findings_from_json
from dnssec.models import Condition
from domains.models import Domain, OutgoingEmail


def warnings(domain: Domain, condition: Condition) -> Iterator[OutgoingEmail]:
    """The mail about a condition to each who is to know, not saved yet; the first is the one that the others repeat."""
    with translation.override(domain.owner.spoken):
        yield from _to_all(mail.Kind.WARNED, domain, warning_context(domain, condition))


def recoveries(domain: Domain, over: list[Condition], *, at: datetime) -> Iterator[OutgoingEmail]:
    """The mail that says that conditions are over, likewise."""
    with translation.override(domain.owner.spoken):
        yield from _to_all(mail.Kind.RECOVERED, domain, recovery_context(domain, over, at=at))


def recipients(domain: Domain) -> dict[str, bool]:
    """Who is told, each address once: the owner (True) and the technical contact. The registrant is not."""
    found: dict[str, bool] = {}
    if domain.owner.is_active:
        found[domain.owner.email] = True
    address = domain.tech.email if domain.tech else ""
    if address and address.lower() not in {known.lower() for known in found}:
        found[address] = False
    return found


def warning_context(domain: Domain, condition: Condition) -> dict[str, Any]:
    """What a mail about a condition is made of."""
    found = next(iter(findings_from_json(condition.findings)), None)
    sentence, advice = (told.sentence(found), told.advice(found)) if found else ("", "")
    return mail.about(domain) | {
        "kind": condition.kind,
        "is_last": condition.told > 0,
        "since": condition.since,
        "message": sentence,
        "advice": advice,
        "tags": sorted({int(mark.split()[0]) for mark in condition.marks}) if condition.kind == "MISMATCH" else [],
        "ends": _moment(condition.marks[0]) if condition.kind == "EXPIRING" and condition.marks else None,
    }


def recovery_context(domain: Domain, over: list[Condition], *, at: datetime) -> dict[str, Any]:
    """What the mail that says that conditions are over is made of."""
    return mail.about(domain) | {
        "kinds": [condition.kind for condition in over],
        "since": min(condition.since for condition in over),
        "at": at,
        "health": domain.health,
    }


def _moment(mark: str) -> datetime | None:
    """The time that a finding gives as text."""
    try:
        return datetime.strptime(mark, "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)
    except ValueError:
        return None


def _to_all(kind: str, domain: Domain, context: dict[str, Any]) -> Iterator[OutgoingEmail]:
    for address, is_owner in recipients(domain).items():
        made = mail.rendered(kind, context | {"is_owner": is_owner}, domain, domain=domain)
        made.recipient = address
        yield made
