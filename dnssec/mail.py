"""Which mail tells which outcome: rendered when the outcome is stored, to the address that the registrant has then."""

from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import make_msgid
from django.template.loader import render_to_string
from django.urls import reverse

from dnssec.algorithms import label
from domains.models import Domain, Operation, OutgoingEmail, Person

Kind = OutgoingEmail.Kind


def outcome_mail(operation: Operation, domain: Domain, *, resolved_later: bool = False) -> OutgoingEmail:
    """
    The mail about an operation's outcome, not saved yet; without a recipient where the registrant has no address.

    `resolved_later`: an earlier mail said that the outcome could not be found out.
    """
    kind = _kind(operation)
    context = _context(operation, domain) | {"resolved_later": resolved_later}
    html = render_to_string(f"dnssec/mail/{kind}.html", context).strip()
    return OutgoingEmail(
        operation=operation,
        kind=kind,
        outcome=operation.status,
        recipient=domain.registrant.email if domain.registrant else "",
        subject=" ".join(render_to_string(f"dnssec/mail/{kind}.subject.txt", context).split()),
        text=render_to_string(f"dnssec/mail/{kind}.txt", context).strip() + "\n",
        html=_inliner().inline(html),
        message_id=_message_id(),
    )


def mail_again(mail: OutgoingEmail, *, requested_by: Person) -> OutgoingEmail:
    """The same mail once more, not saved yet, to the registrant's present address and under a Message-ID of its own."""
    registrant = mail.operation.domain.registrant
    return OutgoingEmail(
        operation=mail.operation,
        kind=mail.kind,
        outcome=mail.outcome,
        resend_of=mail,
        requested_by=requested_by,
        recipient=registrant.email if registrant else "",
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        message_id=_message_id(),
    )


def _kind(operation: Operation) -> str:
    successful = operation.status == Operation.Status.SUCCESSFUL
    if operation.type == Operation.Type.ADD_DNSSEC:
        return Kind.ADDED if successful else Kind.NOT_ADDED
    return Kind.DELETED if successful else Kind.NOT_DELETED


def _context(operation: Operation, domain: Domain) -> dict[str, Any]:
    subject = operation.subject
    return {
        "domain": domain.name,
        "unicode_name": domain.unicode_name,
        "tld": domain.tld.name,
        "key": {
            "key_tag": subject["key_tag"],
            "flags": subject["flags"],
            "key_type": {257: "KSK", 256: "ZSK"}.get(subject["flags"], ""),
            "algorithm": subject["algorithm"],
            "algorithm_label": label(subject["algorithm"]),
            "digest": subject["ds"].get("2", ""),
            "public_key": subject["public_key"],
        },
        "message": operation.message,
        "registry_words": operation.registry_words,
        "outcome": operation.status,
        "is_last_key": operation.type == Operation.Type.REMOVE_DNSSEC and not domain.keys.exists(),
        "operation_reference": operation.reference,
        "submitted_at": operation.submitted_at,
        "finished_at": operation.finished_at,
        "manage_url": settings.PUBLIC_URL + reverse("dnssec:manage_keys", args=[domain.name]),
        "requests_url": settings.PUBLIC_URL + reverse("domains:request", args=[operation.reference]),
    }


@cache
def _inliner() -> css_inline.CSSInliner:
    """Mail programs drop style sheets, so the rules go onto the elements; nothing is ever fetched."""
    css = render_to_string("dnssec/mail/mail.css")
    return css_inline.CSSInliner(load_remote_stylesheets=False, extra_css=css, keep_style_tags=True)


def _message_id() -> str:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    return make_msgid(domain=domain)
