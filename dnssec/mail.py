"""Which mail tells which outcome, or what was changed at the registry without us: rendered when it is stored, to the
address that the registrant has then, in the language of the domain's owner.
"""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from dnssec.algorithms import label
from dnssec.keys import SHA256
from dnssec.locks import LOCKS
from dnssec.snapshots import Difference, Subject
from dnssec.timing import CAUTIOUS_DS_TTL, DS_TTLS
from dnssec.waits import span
from domains import letters
from domains.models import Domain, Operation, OutgoingEmail, Person
from domains.outbox import new_message_id

Kind = OutgoingEmail.Kind
WANTS_COPIES = "mail_copies"  # The word of a person's preferences for it.


def outcome_mail(
    operation: Operation, domain: Domain, *, resolved_later: bool = False, ds_ttl: int | None = None
) -> OutgoingEmail:
    """
    The mail about an operation's outcome, not saved yet; without a recipient where the registrant has no address.

    `resolved_later`: an earlier mail said that the outcome could not be found out. `ds_ttl`: for how many seconds
    caches may hold the DS records as they were, where that was seen.
    """
    is_last_key = operation.type == Operation.Type.REMOVE_DNSSEC and not domain.keys.exists()
    with translation.override(domain.owner.spoken):
        context = outcome_context(operation, domain, is_last_key=is_last_key, ds_ttl=ds_ttl)
        context |= {"resolved_later": resolved_later}
        return rendered(kind_of(operation), context, domain, operation=operation, outcome=operation.status)


def change_mail(domain: Domain, news: Difference) -> OutgoingEmail:
    """
    The mail about what the registry was just now seen to hold otherwise than before, though nobody asked for it here;
    not saved yet.

    The domain's rows are up to date already. A request that had failed is named where it asked for the same.
    """
    added = [
        key_context(subject) | _failed_request(domain, Operation.Type.ADD_DNSSEC, subject) for subject in news.added
    ]
    removed = [
        key_context(subject) | _failed_request(domain, Operation.Type.REMOVE_DNSSEC, subject)
        for subject in news.removed
    ]
    with translation.override(domain.owner.spoken):
        context = change_context(domain, news, added=added, removed=removed, keys=domain.keys.count())
        return rendered(Kind.CHANGED, context, domain, domain=domain)


def change_context(
    domain: Domain, news: Difference, *, added: list[dict[str, Any]], removed: list[dict[str, Any]], keys: int
) -> dict[str, Any]:
    """What the mail about a change at the registry is made of; keys as `key_context` makes them."""
    locks = [(status, LOCKS[status][1] % {"domain": domain.name, "status": status}) for status in news.locked]
    return about(domain) | {
        "seen_at": timezone.now(),
        "added": added,
        "removed": removed,
        "asked": any("request" in key for key in added + removed),
        "locks": locks,
        "lifted": news.lifted,
        "is_locked": any(status in domain.statuses for status in LOCKS),
        "left": news.left,
        "keys": keys,
    }


def copy_of(mail: OutgoingEmail, person: Person | None) -> OutgoingEmail | None:
    """
    The same mail for who asked for the change, not saved yet and under a Message-ID of its own, to the address that the
    person signs in with. None for who does not want copies, or is the registrant as well.
    """
    if person is None or not person.is_active or not person.preferences.get(WANTS_COPIES):
        return None
    if person.email.lower() == mail.recipient.lower():
        return None
    copy = mail_again(mail, requested_by=person)
    copy.is_copy, copy.recipient = True, person.email
    return copy


def mail_again(mail: OutgoingEmail, *, requested_by: Person) -> OutgoingEmail:
    """The same mail once more, not saved yet, to the registrant's present address, or where the watch had sent it, and
    under a Message-ID of its own."""
    registrant = mail.about().registrant
    of_the_watch = mail.kind in (Kind.WARNED, Kind.RECOVERED)
    return OutgoingEmail(
        operation=mail.operation,
        domain=mail.domain,
        kind=mail.kind,
        outcome=mail.outcome,
        resend_of=mail,
        requested_by=requested_by,
        recipient=mail.recipient if of_the_watch else registrant.email if registrant else "",
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        message_id=new_message_id(),
    )


def rendered(kind: str, context: dict[str, Any], recipient: Domain, **fields: Any) -> OutgoingEmail:
    """The mail of this kind in both its forms, not saved yet, to the registrant of a domain."""
    return OutgoingEmail(
        kind=kind,
        recipient=recipient.registrant.email if recipient.registrant else "",
        subject=" ".join(render_to_string(f"dnssec/mail/{kind}.subject.txt", context).split()),
        text=render_to_string(f"dnssec/mail/{kind}.txt", context).strip() + "\n",
        html=letters.dressed(render_to_string(f"dnssec/mail/{kind}.html", context)),
        message_id=new_message_id(),
        **fields,
    )


def kind_of(operation: Operation) -> str:
    """Which mail tells the outcome of an operation."""
    successful = operation.status == Operation.Status.SUCCESSFUL
    if operation.type == Operation.Type.ADD_DNSSEC:
        return Kind.ADDED if successful else Kind.NOT_ADDED
    return Kind.DELETED if successful else Kind.NOT_DELETED


def outcome_context(
    operation: Operation, domain: Domain, *, is_last_key: bool, ds_ttl: int | None = None
) -> dict[str, Any]:
    """
    What the mail about an outcome is made of. `is_last_key`: it was deleted, and none is left; `ds_ttl`: for how long
    caches hold its DS record, else what is usual for the TLD.
    """
    ds_ttl = ds_ttl or DS_TTLS.get(domain.tld.name)
    return about(domain) | {
        "key": key_context(operation.subject),
        "message": operation.sentence,
        "registry_words": operation.registry_words,
        "outcome": operation.status,
        "is_last_key": is_last_key,
        "ds_lasts": span(ds_ttl) if ds_ttl else "",
        "at_the_most": span(CAUTIOUS_DS_TTL),
        "operation_reference": operation.reference,
        "submitted_at": operation.submitted_at,
        "finished_at": operation.finished_at,
        "requests_url": _request_url(operation),
    }


def about(domain: Domain) -> dict[str, Any]:
    """What every mail about a domain knows of it."""
    return {
        "domain": domain.name,
        "unicode_name": domain.unicode_name,
        "tld": domain.tld.name,
        "support_email": settings.SUPPORT_EMAIL,
        "manage_url": settings.PUBLIC_URL + reverse("dnssec:manage_keys", args=[domain.name]),
    }


def key_context(subject: Subject) -> dict[str, Any]:
    """A key as mails show it, with its SHA-256 digest or the only kind that is known."""
    digest_type = str(SHA256) if str(SHA256) in subject["ds"] else min(subject["ds"])
    return {
        "key_tag": subject["key_tag"],
        "flags": subject["flags"],
        "key_type": {257: "KSK", 256: "ZSK"}.get(subject["flags"], ""),
        "algorithm": subject["algorithm"],
        "algorithm_label": label(subject["algorithm"]),
        "digest_type": digest_type,
        "digest": subject["ds"][digest_type],
    }


def _failed_request(domain: Domain, type: str, subject: Subject) -> dict[str, Any]:
    """The last request for just this that was sent and failed: a change seen now may be its late consequence."""
    sent = domain.operations.filter(type=type, status=Operation.Status.FAILED, update_sent_at__isnull=False)
    request = sent.filter(subject__fingerprint=subject["fingerprint"]).order_by("-id").first()
    return {"request": request, "request_url": _request_url(request)} if request else {}


def _request_url(operation: Operation) -> str:
    return settings.PUBLIC_URL + reverse("domains:request", args=[operation.reference])
