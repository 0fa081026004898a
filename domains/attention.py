"""What support should look at first: a few cheap questions to the database, each answered from an index."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from domains.models import Domain, Operation, OutgoingEmail, Person, PollMessage, Registry
from domains.silence import silence_of

SHOWN = 5


@dataclass(frozen=True)
class Line:
    """One of the rows behind a concern: its page, its name, a word about it, and since when."""

    url: str
    name: str
    text: str
    since: datetime | None


@dataclass(frozen=True)
class Concern:
    """One thing to look at. `tone` is error, warning or nothing; without a count all is well.

    `since` is when the oldest of them began, `url` the list of all of them.
    """

    title: str
    count: int
    text: str
    url: str
    tone: str = ""
    since: datetime | None = None
    lines: list[Line] = field(default_factory=list)


def concerns(person: Person) -> list[Concern]:
    """Everything that this person may see of what needs attention, in the order in which it is looked at."""
    asked = {
        "domain": (_broken,),
        "operation": (_errors, _open),
        "registry": (_failing,),
        "outgoingemail": (_undeliverable, _waiting),
        "pollmessage": (_unhandled,),
    }
    return [ask() for model, asks in asked.items() if person.has_perm(f"domains.view_{model}") for ask in asks]


def _list(model: str, **query: str) -> str:
    return f"{reverse(f'admin:domains_{model}_changelist')}?{urlencode(query)}"


def _requests(rows: Any) -> list[Line]:
    return [
        Line(
            reverse("admin:domains_operation_change", args=[row.pk]),
            row.domain.unicode_name,
            row.title,
            row.submitted_at,
        )
        for row in rows.select_related("domain")[:SHOWN]
    ]


def _broken() -> Concern:
    rows = Domain.objects.filter(health=Domain.Health.BROKEN)
    found = rows.aggregate(count=Count("pk"), since=Min("health_since"))
    return Concern(
        _("Broken domains"),
        found["count"],
        _("Resolvers that check DNSSEC refuse them. Their owners are told; the latest are shown."),
        _list("domain", health__exact=Domain.Health.BROKEN),
        "error",
        found["since"],
        [
            Line(
                reverse("admin:domains_domain_story", args=[row.pk]),
                row.unicode_name,
                row.owner.email,
                row.health_since,
            )
            for row in (rows.order_by("-health_since").select_related("owner")[:SHOWN] if found["count"] else [])
        ],
    )


def _errors() -> Concern:
    rows = Operation.objects.filter(status=Operation.Status.ERROR)
    count = rows.count()
    return Concern(
        _("Unconfirmed requests"),
        count,
        _("Sent, and nobody could find out what became of them. They are looked at every minute."),
        _list("operation", status__exact=Operation.Status.ERROR),
        "error",
        lines=_requests(rows.order_by("-id")) if count else [],
    )


def _open() -> Concern:
    rows = Operation.objects.open()
    found = rows.aggregate(count=Count("pk"), since=Min("submitted_at"))
    return Concern(
        _("Open requests"),
        found["count"],
        _("They end by themselves as soon as their registry has answered."),
        _list("operation", status__in="SUBMITTED,IN_PROGRESS", o="6"),
        "",
        found["since"],
        _requests(rows.order_by("id")) if found["count"] else [],
    )


def _failing() -> Concern:
    silent = [
        (registry, silence)
        for registry in Registry.objects.filter(last_failure_at__isnull=False).order_by("name")
        if (silence := silence_of(registry, ()))
    ]
    return Concern(
        _("Failing registries"),
        len(silent),
        _("No usable answer for as long as is shown. Requests wait, and are sent when the registry answers."),
        reverse("admin:domains_registry_changelist"),
        "error",
        lines=[
            Line(
                reverse("admin:domains_registry_change", args=[registry.pk]),
                registry.name,
                registry.needs_staff or registry.last_failure,
                silence.since,
            )
            for registry, silence in silent
        ],
    )


def _mails(rows: Any) -> list[Line]:
    named = rows.select_related("operation__domain", "domain").defer("text", "html")
    return [
        Line(
            reverse("admin:domains_outgoingemail_change", args=[mail.pk]),
            mail.about().unicode_name,
            mail.last_error or mail.get_kind_display(),
            mail.created_at,
        )
        for mail in named[:SHOWN]
    ]


def _undeliverable() -> Concern:
    # One that was sent again has been dealt with; the repeat speaks for itself. A copy for somebody else does not.
    repeats = OutgoingEmail.objects.filter(resend_of=OuterRef("pk"), is_copy=OuterRef("is_copy"))
    rows = OutgoingEmail.objects.filter(~Exists(repeats), status=OutgoingEmail.Status.UNDELIVERABLE)
    count = rows.count()
    return Concern(
        _("Undeliverable mails"),
        count,
        _("No address, or refused for good. Correct the contact, then send the mail again."),
        _list("outgoingemail", status__exact=OutgoingEmail.Status.UNDELIVERABLE),
        "warning",
        lines=_mails(rows.order_by("-id")) if count else [],
    )


def _waiting() -> Concern:
    rows = OutgoingEmail.objects.filter(status=OutgoingEmail.Status.WAITING)
    found = rows.aggregate(count=Count("pk"), since=Min("created_at"))
    return Concern(
        _("Mails waiting"),
        found["count"],
        _("They go out within seconds while the mail server takes them."),
        _list("outgoingemail", status__exact=OutgoingEmail.Status.WAITING),
        "",
        found["since"],
        _mails(rows.order_by("id")) if found["count"] else [],
    )


def _unhandled() -> Concern:
    rows = PollMessage.objects.filter(handled_at__isnull=True)
    found = rows.aggregate(count=Count("pk"), since=Min("received_at"))
    lines = [
        Line(
            reverse("admin:domains_pollmessage_change", args=[message.pk]),
            message.domain_name or message.message_id,
            message.registry.name,
            message.received_at,
        )
        for message in (rows.order_by("received_at").select_related("registry")[:SHOWN] if found["count"] else [])
    ]
    return Concern(
        _("Messages not handled"),
        found["count"],
        ngettext(
            "A registry told something that nobody has made sense of yet.",
            "Registries told things that nobody has made sense of yet.",
            found["count"],
        ),
        _list("pollmessage", handled_at__isempty="1"),
        "warning",
        found["since"],
        lines,
    )
