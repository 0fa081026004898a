"""Everything that happened to a domain, out of what was recorded, newest first: for support.

Six kinds of rows tell it, and what `more` brings from elsewhere. A page is merged out of them: each gives its newest
below the cursor, one query a kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from domains.models import Attempt, Domain, Operation, OutgoingEmail, PollMessage
from domains.paging import SIZE, Happened, Stream, newest

TOLD_OF = ("operation", "attempt", "pollmessage", "outgoingemail")


@dataclass(frozen=True)
class Event:
    """One line: when, what kind of thing, what, in whose words; `url` is the admin's page about it.

    `tone` is success, error, warning, progress or nothing. `ids` are what both sides call it.
    """

    at: datetime
    kind: str
    title: str
    text: str = ""
    words: str = ""
    tone: str = ""
    url: str = ""
    reference: str = ""
    ids: tuple[str, ...] = ()


def page(domain: Domain, *, more: Sequence[Stream[Event]] = (), cursor: str = "", size: int = SIZE) -> Happened[Event]:
    """The events of a domain that are older than the cursor; the newest ones for an empty cursor or for nonsense."""
    return newest([*_streams(domain), *more], cursor=cursor, size=size)


def _streams(domain: Domain) -> list[Stream[Event]]:
    """What tells of a domain. Of two that happened at one moment the later in this list is shown first."""
    operations = Operation.objects.filter(domain=domain)
    mails = OutgoingEmail.objects.filter(Q(operation__domain=domain) | Q(domain=domain))
    told = PollMessage.objects.filter(Q(operation__domain=domain) | Q(domain_name=domain.name))
    commands = Attempt.objects.filter(operation__domain=domain).select_related("operation")
    return [
        Stream(operations.select_related("requested_by"), "submitted_at", _submitted),
        Stream(commands.defer("sent", "received"), "sent_at", _sent),
        Stream(told.select_related("operation"), "received_at", _told),
        Stream(operations.filter(finished_at__isnull=False).select_related("closed_by"), "finished_at", _ended),
        Stream(mails.defer("text", "html").select_related("operation", "requested_by"), "created_at", _mailed),
        Stream(_done_by_staff(domain, operations, mails), "action_time", _by_staff),
    ]


def _done_by_staff(domain: Domain, operations: QuerySet[Operation], mails: QuerySet[OutgoingEmail]) -> Any:
    """The admin's log of the domain, its requests and its mails, whose ids the log keeps as text."""
    types = ContentType.objects.get_for_models(Domain, Operation, OutgoingEmail)

    def ids(rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.order_by().values_list(Cast("pk", CharField()), flat=True)

    return LogEntry.objects.filter(
        Q(content_type=types[Domain], object_id=str(domain.pk))
        | Q(content_type=types[Operation], object_id__in=ids(operations))
        | Q(content_type=types[OutgoingEmail], object_id__in=ids(mails))
    ).select_related("user", "content_type")


def _page_of(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _submitted(operation: Operation) -> Event:
    who = operation.requested_by
    return Event(
        operation.submitted_at,
        "request",
        _("Asked for: %(what)s") % {"what": operation.title},
        _("by %(person)s") % {"person": who.email} if who else "",
        url=_page_of(operation),
        reference=operation.reference,
    )


def _ended(operation: Operation) -> Event:
    tones = {"SUCCESSFUL": "success", "FAILED": "error", "ERROR": "warning"}
    because = operation.closed_because
    return Event(
        operation.finished_at or operation.updated_at,
        "request",
        f"{operation.title}: {operation.get_status_display()}",
        f"{operation.sentence} {_('Support: %(reason)s') % {'reason': because}}" if because else operation.sentence,
        operation.registry_words,
        tones[operation.status],
        _page_of(operation),
        operation.reference,
    )


def _sent(attempt: Attempt) -> Event:
    if attempt.code is None:
        tone, text = "warning", attempt.message or _("No answer yet")
    else:
        tone = "" if attempt.code < 2000 else "error"
        text = f"{attempt.code} {attempt.message}"
    return Event(
        attempt.sent_at,
        "command",
        _("Sent to the registry: %(command)s") % {"command": attempt.command},
        text,
        tone=tone,
        url=_page_of(attempt),
        reference=attempt.operation.reference,
        ids=tuple(filter(None, (attempt.cl_trid, attempt.sv_trid))),
    )


def _told(message: PollMessage) -> Event:
    tone = {True: "success", False: "error", None: ""}[message.accepted]
    return Event(
        message.received_at,
        "message",
        _("Told by the registry: message %(id)s") % {"id": message.message_id},
        "" if message.handled_at else _("Not handled yet"),
        message.text,
        tone if message.handled_at else "warning",
        _page_of(message),
        message.operation.reference if message.operation else "",
        tuple(filter(None, (message.cl_trid, message.sv_trid))),
    )


def _mailed(mail: OutgoingEmail) -> Event:
    tones = {"WAITING": "progress", "UNDELIVERABLE": "error"}
    to = mail.recipient or _("nobody")
    title = _("Copy to %(address)s: %(status)s") if mail.is_copy else _("Mail to %(address)s: %(status)s")
    return Event(
        mail.created_at,
        "changed" if mail.kind == OutgoingEmail.Kind.CHANGED and not mail.resend_of_id else "mail",
        title % {"address": to, "status": mail.get_status_display()},
        mail.subject,
        mail.last_error,
        tones.get(mail.status, ""),
        _page_of(mail),
        mail.operation.reference if mail.operation else "",
    )


def _by_staff(entry: LogEntry) -> Event:
    return Event(
        entry.action_time,
        "staff",
        _("Done by %(person)s") % {"person": entry.user.email},
        entry.get_change_message(),
        url=entry.get_admin_url() or "",
    )
