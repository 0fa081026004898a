"""What happened to one domain, newest first, out of what was recorded: for its owner. Support's is `story`."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from domains.models import Domain, Operation, OutgoingEmail
from domains.paging import Stream, newest

SIZE = 25

DOTS = {
    Operation.Status.SUBMITTED: "next",
    Operation.Status.IN_PROGRESS: "now",
    Operation.Status.SUCCESSFUL: "done",
    Operation.Status.FAILED: "failed",
    Operation.Status.ERROR: "unsure",
}


@dataclass(frozen=True)
class Entry:
    """
    One thing that happened: a request with its outcome so far, or a change that the registry was seen to hold.

    `state` is done, failed, unsure, now, next, or told for a change at the registry. `mail` is what told of that.
    """

    at: datetime
    state: str
    title: str
    operation: Operation | None = None
    mail: OutgoingEmail | None = None


@dataclass(frozen=True)
class History:
    """Entries, and the cursor of the older ones: empty at the end."""

    entries: list[Entry]
    next: str
    is_first: bool


def page(domain: Domain, *, cursor: str) -> History:
    """The requests of a domain and the changes that nobody here had asked for, older than the cursor; two queries."""
    requests = Operation.objects.filter(domain=domain).select_related("requested_by", "domain")
    changes = OutgoingEmail.objects.filter(
        domain=domain, kind=OutgoingEmail.Kind.CHANGED, resend_of__isnull=True
    ).defer("html")
    found = newest([Stream(requests, "submitted_at"), Stream(changes, "created_at")], cursor=cursor, size=SIZE)
    return History([_entry(domain, row) for row in found.rows], found.next, found.is_first)


def _entry(domain: Domain, row: Any) -> Entry:
    if isinstance(row, Operation):
        title = _("%(what)s %(tag)s") % {"what": row.get_type_display(), "tag": row.subject.get("key_tag", "")}
        return Entry(row.submitted_at, DOTS[Operation.Status(row.status)], title.strip(), operation=row)
    return Entry(row.created_at, "told", capfirst(row.subject.removeprefix(f"{domain.name}: ")), mail=row)
