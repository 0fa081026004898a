"""Sending promised mails: claim, send outside any transaction, record.

A crash may repeat a mail under its Message-ID, never lose it.
"""

import logging
import smtplib
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from domains.letters import sender_domain
from domains.models import OutgoingEmail
from domains.operations import next_attempt

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=120)
PATIENCE = timedelta(days=3)


def due(limit: int) -> list[int]:
    """The keys of mails that should be sent now and are not being sent, the longest waiting first."""
    now = timezone.now()
    return list(
        OutgoingEmail.objects.filter(status=OutgoingEmail.Status.WAITING, next_attempt_at__lte=now)
        .filter(Q(claim_token=None) | Q(lease_until__lt=now))
        .order_by("next_attempt_at")
        .values_list("pk", flat=True)[:limit]
    )


def deliver(pk: int) -> None:
    """Send one waiting mail. Does nothing when it is sent, undeliverable, not due, or in somebody else's hands."""
    now = timezone.now()
    token = uuid.uuid4()
    taken = (
        OutgoingEmail.objects.filter(pk=pk, status=OutgoingEmail.Status.WAITING, next_attempt_at__lte=now)
        .filter(Q(claim_token=None) | Q(lease_until__lt=now))
        .update(claim_token=token, lease_until=now + LEASE, attempts_made=F("attempts_made") + 1)
    )
    if not taken:
        return
    mail = OutgoingEmail.objects.select_related("operation", "domain").get(pk=pk)
    mine = OutgoingEmail.objects.filter(pk=pk, claim_token=token, status=OutgoingEmail.Status.WAITING)
    try:
        _send(mail)
    except (smtplib.SMTPException, OSError) as error:
        _record_failure(mail, mine, error)
        return
    mine.update(
        status=OutgoingEmail.Status.SENT, sent_at=timezone.now(), claim_token=None, lease_until=None, last_error=""
    )
    if mail.operation:
        logger.info("mail %s sent for operation %s", mail.pk, mail.operation.reference)
    else:
        logger.info("mail %s sent for domain %s", mail.pk, mail.domain_id)


def deliver_account_mail(subject: str, text: str, html: str, recipient: str, message_id: str) -> bool:
    """
    Send a mail about an account. False when it is worth another attempt; a refusal for good is not.

    Trouble is logged without the address; the person can ask for another mail.
    """
    message = _message(subject, text, html, recipient, {"Message-ID": message_id, "List-Id": _list_id("accounts")})
    try:
        mailers.default.send_messages([message])
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("an account mail was not sent: %s", _safe(error))
        return _is_final(error)
    return True


def _send(mail: OutgoingEmail) -> None:
    about = {"X-Operation": mail.operation.reference} if mail.operation else {"X-Domain": mail.about().name}
    headers = {"Message-ID": mail.message_id, "List-Id": _list_id("dnssec"), **about}
    mailers.default.send_messages([_message(mail.subject, mail.text, mail.html, mail.recipient, headers)])


def _message(subject: str, text: str, html: str, recipient: str, headers: dict[str, str]) -> EmailMultiAlternatives:
    """A mail in both its forms, text first: the last form is the one preferred (RFC 2046 section 5.1.4)."""
    message = EmailMultiAlternatives(
        subject,
        text,
        to=[recipient],
        reply_to=[settings.SUPPORT_EMAIL] if settings.SUPPORT_EMAIL else None,
        # RFC 3834 section 5: nobody's holiday note should answer.
        headers={"Auto-Submitted": "auto-generated", **headers},
    )
    message.attach_alternative(html, "text/html")
    return message


def _list_id(kind: str) -> str:
    """What a reader sorts mails of this kind by (RFC 2919 section 3): a name below the sender's domain."""
    return f"<{kind}.console.{sender_domain()}>"


def _record_failure(mail: OutgoingEmail, mine: QuerySet[OutgoingEmail], error: Exception) -> None:
    given_up = timezone.now() - mail.created_at >= PATIENCE
    mine.update(
        status=OutgoingEmail.Status.UNDELIVERABLE if _is_final(error) or given_up else OutgoingEmail.Status.WAITING,
        next_attempt_at=next_attempt(mail.attempts_made),
        claim_token=None,
        lease_until=None,
        last_error=_safe(error),
    )
    logger.warning("mail %s was not sent: %s", mail.pk, type(error).__name__)


def _is_final(error: Exception) -> bool:
    """Whether the mail server refused the address or the mail for good (RFC 5321 section 4.2.1)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(500 <= code < 600 for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code < 600


def _safe(error: Exception) -> str:
    """What went wrong without the address: a mail server's answer may repeat it."""
    code = getattr(error, "smtp_code", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((code for code, _ in error.recipients.values()), None)
    return f"{type(error).__name__}{f' {code}' if code else ''}"
