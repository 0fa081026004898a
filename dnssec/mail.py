"""Which mail tells which outcome, or what was changed at the registry without us: rendered when it is stored, to the
address that the registrant has then.
"""

from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from dnssec.algorithms import label
from dnssec.keys import SHA256
from dnssec.locks import LOCKS
from dnssec.snapshots import Difference, Subject
from domains.models import Domain, Operation, OutgoingEmail, Person
from domains.outbox import new_message_id

Kind = OutgoingEmail.Kind


def outcome_mail(operation: Operation, domain: Domain, *, resolved_later: bool = False) -> OutgoingEmail:
    """
    The mail about an operation's outcome, not saved yet; without a recipient where the registrant has no address.

    `resolved_later`: an earlier mail said that the outcome could not be found out.
    """
    kind = _kind(operation)
    context = _context(operation, domain) | {"resolved_later": resolved_later}
    return _rendered(kind, context, domain, operation=operation, outcome=operation.status)


def change_mail(domain: Domain, news: Difference) -> OutgoingEmail:
    """
    The mail about what the registry was just now seen to hold otherwise than before, though nobody asked for it here;
    not saved yet.

    The domain's rows are up to date already. A request that had failed is named where it asked for the same.
    """
    added = [_key(subject) | _failed_request(domain, Operation.Type.ADD_DNSSEC, subject) for subject in news.added]
    removed = [
        _key(subject) | _failed_request(domain, Operation.Type.REMOVE_DNSSEC, subject) for subject in news.removed
    ]
    locks = [(status, LOCKS[status][1] % {"domain": domain.name, "status": status}) for status in news.locked]
    context = _about(domain) | {
        "seen_at": timezone.now(),
        "added": added,
        "removed": removed,
        "asked": any("request" in key for key in added + removed),
        "locks": locks,
        "lifted": news.lifted,
        "is_locked": any(status in domain.statuses for status in LOCKS),
        "left": news.left,
        "keys": domain.keys.count(),
    }
    return _rendered(Kind.CHANGED, context, domain, domain=domain)


def mail_again(mail: OutgoingEmail, *, requested_by: Person) -> OutgoingEmail:
    """The same mail once more, not saved yet, to the registrant's present address and under a Message-ID of its own."""
    registrant = mail.about().registrant
    return OutgoingEmail(
        operation=mail.operation,
        domain=mail.domain,
        kind=mail.kind,
        outcome=mail.outcome,
        resend_of=mail,
        requested_by=requested_by,
        recipient=registrant.email if registrant else "",
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        message_id=new_message_id(),
    )


def _rendered(kind: str, context: dict[str, Any], recipient: Domain, **fields: Any) -> OutgoingEmail:
    html = render_to_string(f"dnssec/mail/{kind}.html", context).strip()
    return OutgoingEmail(
        kind=kind,
        recipient=recipient.registrant.email if recipient.registrant else "",
        subject=" ".join(render_to_string(f"dnssec/mail/{kind}.subject.txt", context).split()),
        text=render_to_string(f"dnssec/mail/{kind}.txt", context).strip() + "\n",
        html=_inliner().inline(html),
        message_id=new_message_id(),
        **fields,
    )


def _kind(operation: Operation) -> str:
    successful = operation.status == Operation.Status.SUCCESSFUL
    if operation.type == Operation.Type.ADD_DNSSEC:
        return Kind.ADDED if successful else Kind.NOT_ADDED
    return Kind.DELETED if successful else Kind.NOT_DELETED


def _context(operation: Operation, domain: Domain) -> dict[str, Any]:
    return _about(domain) | {
        "key": _key(operation.subject),
        "message": operation.message,
        "registry_words": operation.registry_words,
        "outcome": operation.status,
        "is_last_key": operation.type == Operation.Type.REMOVE_DNSSEC and not domain.keys.exists(),
        "operation_reference": operation.reference,
        "submitted_at": operation.submitted_at,
        "finished_at": operation.finished_at,
        "requests_url": _request_url(operation),
    }


def _about(domain: Domain) -> dict[str, Any]:
    return {
        "domain": domain.name,
        "unicode_name": domain.unicode_name,
        "tld": domain.tld.name,
        "manage_url": settings.PUBLIC_URL + reverse("dnssec:manage_keys", args=[domain.name]),
    }


def _key(subject: Subject) -> dict[str, Any]:
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


@cache
def _inliner() -> css_inline.CSSInliner:
    """Mail programs drop style sheets, so the rules go onto the elements; nothing is ever fetched."""
    css = render_to_string("dnssec/mail/mail.css")
    return css_inline.CSSInliner(load_remote_stylesheets=False, extra_css=css, keep_style_tags=True)
