"""Every mail that the console sends, made of examples: for staff to look at, and for the tests to read as a set.

Nothing here is kept or sent. The names are of the documentation's kind, the key is a real one of a test zone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from dnssec import mail, watch_mail
from dnssec.chain import Finding
from dnssec.chain.findings import DS_MATCHES_NO_KEY, ENDS_SOON, REGISTRY_DIFFERS, SIGNATURE_EXPIRED, Rule
from dnssec.kept_chains import findings_to_json
from dnssec.keys import DnsKey
from dnssec.models import Condition
from dnssec.snapshots import Difference, subject_of
from domains.accounts import account_mail
from domains.models import Contact, Domain, Operation, Tld, to_unicode

KEY = "M1jizbcdK5IBt7d4lRIiFTx+N06BJzaeScK215EOfa8efd2akkUWmxD5OhodZCIiRMvL5ZnStUP5UReIeUmBeA=="
OTHER_KEY = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
ASKED, ENDED = datetime(2026, 11, 24, 3, 10, tzinfo=UTC), datetime(2026, 11, 24, 3, 11, tzinfo=UTC)
ADD, REMOVE = Operation.Type.ADD_DNSSEC, Operation.Type.REMOVE_DNSSEC
SUCCESSFUL, FAILED, ERROR = Operation.Status.SUCCESSFUL, Operation.Status.FAILED, Operation.Status.ERROR
BROKEN = Condition.Kind.BROKEN
REFUSED = {"registry_words": "Parameter value policy error: too many DS records"}


@dataclass(frozen=True)
class Example:
    """One mail as it would go out."""

    name: str
    title: str
    subject: str
    text: str
    html: str


# Each name with what `_outcome`, `_change` or `_account` makes it of.
OUTCOMES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "added": (ADD, SUCCESSFUL, {}),
    "added-later": (ADD, SUCCESSFUL, {"resolved_later": True}),
    "added-idn": (ADD, SUCCESSFUL, {"domain": "xn--mller-kva.de"}),
    "not-added": (ADD, FAILED, REFUSED),
    "not-added-unconfirmed": (ADD, ERROR, {}),
    "deleted": (REMOVE, SUCCESSFUL, {}),
    "deleted-last": (REMOVE, SUCCESSFUL, {"is_last_key": True}),
    "not-deleted": (REMOVE, FAILED, {"registry_words": "Object status prohibits operation"}),
    "not-deleted-unconfirmed": (REMOVE, ERROR, {}),
}
CHANGES = ("changed-added", "changed-removed", "changed-swapped", "changed-asked", "changed-locked", "changed-left")
# What the watch tells: the kind, how often before, the rule that the check found, and what it says of it.
WATCHED: dict[str, tuple[Condition.Kind, int, Rule, dict[str, Any]]] = {
    "warned-broken": (BROKEN, 0, SIGNATURE_EXPIRED, {"what": "DNSKEY", "date": "2026-11-24 01:00 UTC"}),
    "warned-broken-again": (BROKEN, 1, SIGNATURE_EXPIRED, {"what": "DNSKEY", "date": "2026-11-24 01:00 UTC"}),
    "warned-expiring": (Condition.Kind.EXPIRING, 0, ENDS_SOON, {"what": "DNSKEY", "date": "2026-11-24 14:00 UTC"}),
    "warned-mismatch": (
        Condition.Kind.MISMATCH,
        0,
        DS_MATCHES_NO_KEY,
        {"tag": 2371, "algorithm": "13 (ECDSAP256SHA256)"},
    ),
    "warned-unpublished": (Condition.Kind.UNPUBLISHED, 0, REGISTRY_DIFFERS, {}),
}
RECOVERED = {"recovered": Domain.Health.SECURE, "recovered-unprotected": Domain.Health.INSECURE}
ACCOUNTS = ("password_reset_key", "unknown_account", "password_reset", "password_changed")
NAMES = (*OUTCOMES, *CHANGES, *WATCHED, *RECOVERED, *ACCOUNTS)


def titles() -> list[tuple[str, str]]:
    """The name and the title of each, in the order in which they are shown."""
    said = {
        "added": _("Key added"),
        "added-later": _("Key added, known only later"),
        "added-idn": _("Key added, name with other letters"),
        "not-added": _("Key not added"),
        "not-added-unconfirmed": _("Key perhaps added"),
        "deleted": _("Key deleted"),
        "deleted-last": _("Last key deleted"),
        "not-deleted": _("Key not deleted"),
        "not-deleted-unconfirmed": _("Key perhaps deleted"),
        "changed-added": _("Added at the registry"),
        "changed-removed": _("Removed at the registry"),
        "changed-swapped": _("Exchanged at the registry"),
        "changed-asked": _("Added after all"),
        "changed-locked": _("Locked at the registry"),
        "changed-left": _("No longer managed here"),
        "warned-broken": _("Broken"),
        "warned-broken-again": _("Still broken"),
        "warned-expiring": _("A signature ends soon"),
        "warned-mismatch": _("A key has gone from the zone"),
        "warned-unpublished": _("Not published as recorded"),
        "recovered": _("Over"),
        "recovered-unprotected": _("Over, but not protected"),
        "password_reset_key": _("A new password is asked for"),
        "unknown_account": _("A new password, but no account"),
        "password_reset": _("Password set by a link"),
        "password_changed": _("Password changed"),
    }
    return [(name, said[name]) for name in NAMES]


def rendered(name: str) -> Example | None:
    """The mail of this name in both its forms; None when there is none."""
    if name in OUTCOMES:
        subject, text, html = _outcome(*OUTCOMES[name])
    elif name in CHANGES:
        subject, text, html = _change(name)
    elif name in WATCHED:
        subject, text, html = _warning(*WATCHED[name])
    elif name in RECOVERED:
        subject, text, html = _recovery(RECOVERED[name])
    elif name in ACCOUNTS:
        url = f"{settings.PUBLIC_URL}/accounts/password/reset/key/1c-d2f8a0-3f5b9e7c1a/"
        made = account_mail(f"account/email/{name}", "owner@example.net", {"password_reset_url": url})
        subject, text, html = made.subject, made.text, made.html
    else:
        return None
    return Example(name, dict(titles())[name], subject, text, html)


def _domain(name: str = "example.com", **fields: Any) -> Domain:
    registrant = Contact(name="Alice Example", email="registrant@example.net")
    tld = Tld(name=name.rpartition(".")[2])
    return Domain(name=name, unicode_name=to_unicode(name), tld=tld, registrant=registrant, **fields)


def _subject(domain: Domain, text: str = KEY) -> dict[str, Any]:
    return subject_of(domain, DnsKey.parse(text, flags=257, algorithm=13))


def _outcome(type: str, status: str, special: dict[str, Any]) -> tuple[str, str, str]:
    messages: dict[tuple[str, str], str] = {
        (ADD, SUCCESSFUL): _("The key was added at the registry."),
        (REMOVE, SUCCESSFUL): _("The key was deleted at the registry."),
        (ADD, FAILED): _("The registry refused: it takes no more keys for this domain."),
        (REMOVE, FAILED): _("The registry refused: the domain is locked."),
    }
    domain = _domain(special.get("domain", "example.com"))
    operation = Operation(
        type=type,
        status=status,
        subject=_subject(domain),
        reference="7K2M9Q0ABC",
        submitted_at=ASKED,
        finished_at=ENDED,
        message=messages.get((type, status), _("The registry could not be asked what became of the request.")),
        registry_words=special.get("registry_words", ""),
    )
    context = mail.outcome_context(operation, domain, is_last_key=special.get("is_last_key", False))
    context |= {"resolved_later": special.get("resolved_later", False)}
    made = mail.rendered(mail.kind_of(operation), context, domain)
    return made.subject, made.text, made.html


def _change(name: str) -> tuple[str, str, str]:
    domain = _domain()
    key, other = (_subject(domain, text) for text in (KEY, OTHER_KEY))
    news = {
        "changed-added": Difference(added=(key,)),
        "changed-removed": Difference(removed=(key,)),
        "changed-swapped": Difference(added=(key,), removed=(other,)),
        "changed-asked": Difference(added=(key,)),
        "changed-locked": Difference(locked=("serverUpdateProhibited",)),
        "changed-left": Difference(left=True),
    }[name]
    if news.locked:
        domain.statuses = list(news.locked)
    added, removed = ([mail.key_context(subject) for subject in subjects] for subjects in (news.added, news.removed))
    if name == "changed-asked":
        request = Operation(reference="7K2M9Q0ABC", submitted_at=ASKED)
        added[0] |= {"request": request, "request_url": f"{settings.PUBLIC_URL}/requests/7K2M9Q0ABC/"}
    keys = 0 if name == "changed-removed" else 1
    context = mail.change_context(domain, news, added=added, removed=removed, keys=keys) | {"seen_at": ENDED}
    made = mail.rendered(mail.Kind.CHANGED, context, domain)
    return made.subject, made.text, made.html


def _warning(kind: Condition.Kind, told: int, rule: Rule, params: dict[str, Any]) -> tuple[str, str, str]:
    domain = _domain()
    marks = {Condition.Kind.MISMATCH: [f"2371 13 2 {'A1' * 32}"], Condition.Kind.EXPIRING: [params.get("date", "")]}
    finding = Finding(rule, rule.severity, domain.name, params=params)
    condition = Condition(
        kind=kind, told=told, since=ASKED, marks=marks.get(kind, []), findings=findings_to_json((finding,))
    )
    context = watch_mail.warning_context(domain, condition) | {"is_owner": True}
    made = mail.rendered(mail.Kind.WARNED, context, domain)
    return made.subject, made.text, made.html


def _recovery(health: Domain.Health) -> tuple[str, str, str]:
    domain = _domain(health=health)
    context = watch_mail.recovery_context(domain, [Condition(kind=BROKEN, since=ASKED)], at=ENDED)
    made = mail.rendered(mail.Kind.RECOVERED, context | {"is_owner": True}, domain)
    return made.subject, made.text, made.html
