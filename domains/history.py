"""What happened to one domain, newest first, out of what was recorded: for its owner. Support's is `story`."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst

from domains.models import Domain, Operation, OutgoingEmail
from domains.paging import Happened, Stream, newest

SIZE = 25

DOTS = {
    Operation.Status.SUBMITTED: "next",
    Operation.Status.IN_PROGRESS: "now",
    Operation.Status.SUCCESSFUL: "done",
    Operation.Status.FAILED: "failed",
    Operation.Status.ERROR: "unsure",
}
DOTS_OF_MAILS = {
    OutgoingEmail.Kind.CHANGED: "told",
    OutgoingEmail.Kind.WARNED: "unsure",
    OutgoingEmail.Kind.RECOVERED: "done",
}


@dataclass(frozen=True)
class Entry:
    """
    One thing that happened: a request with its outcome so far, a change that the registry was seen to hold, or trouble
    that was seen in the DNS and its end.

    `state` is done, failed, unsure, now, next, or told for a change at the registry. `mail` is what told of what nobody
    had asked for.
    """

    at: datetime
    state: str
    title: str
    operation: Operation | None = None
    mail: OutgoingEmail | None = None


def page(domain: Domain, *, cursor: str) -> Happened[Entry]:
    """The requests of a domain and what was told though nobody here had asked for it, older than the cursor; two
    queries."""
    requests = Operation.objects.filter(domain=domain).select_related("requested_by", "domain")
    changes = OutgoingEmail.objects.filter(domain=domain, kind__in=DOTS_OF_MAILS, resend_of__isnull=True).defer("html")

    def told_by(mail: OutgoingEmail) -> Entry:
        return Entry(
            mail.created_at,
            DOTS_OF_MAILS[OutgoingEmail.Kind(mail.kind)],
            capfirst(mail.subject.removeprefix(f"{domain.name}: ")),
            mail=mail,
        )

    streams = [Stream(requests, "submitted_at", _asked_for), Stream(changes, "created_at", told_by)]
    return newest(streams, cursor=cursor, size=SIZE)


def _asked_for(row: Operation) -> Entry:
    return Entry(row.submitted_at, DOTS[Operation.Status(row.status)], row.title, operation=row)
