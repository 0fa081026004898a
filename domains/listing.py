"""What the lists show: search, filters and order, as an address asks for them. Nonsense counts as not asked."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2s

import idna
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.http import urlencode

from domains.models import Domain, Operation, OutgoingEmail, Person
from domains.paging import Page, paginate
from domains.silence import Silence, silences_for

type Visitor = Person | AnonymousUser

SORTS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "-name": ("-name",),
    "dnssec": ("dnssec_status", "name"),
    "-dnssec": ("-dnssec_status", "name"),
    "health": ("health", "name"),
    "-health": ("-health", "name"),
    "expires": ("expires_on", "name"),
    "-expires": ("-expires_on", "name"),
}
LONGEST_NAME = 253  # RFC 1035 section 2.3.4, without the last dot.
MAIL_FOLLOWS = timedelta(minutes=1)  # For so long after the outcome a page waits for the word that its mail is out.
POLL, SLOW_POLL = 2, 10  # Seconds: while something is under way, and while only a silent registry is waited for.


@dataclass(frozen=True)
class DomainList:
    """One page of a person's domains, and what was asked for."""

    page: Page[Domain]
    total: int
    q: str
    status: str
    health: str
    sort: str
    query: str

    @property
    def is_filtered(self) -> bool:
        """Whether fewer than all are asked for."""
        return bool(self.q or self.status or self.health)


@dataclass(frozen=True)
class RequestList:
    """One page of the requests on a person's domains, and what was asked for."""

    page: Page[Operation]
    total: int
    domain: str
    status: str
    silences: list[Silence]

    @property
    def is_filtered(self) -> bool:
        """Whether fewer than all are asked for."""
        return bool(self.domain or self.status)

    @property
    def is_live(self) -> bool:
        """Whether something on the page is about to change by itself: a request, or a registry that is silent."""
        return self.is_moving or bool(self.silences)

    @property
    def is_moving(self) -> bool:
        """Whether a request is about to change within seconds."""
        return any(is_live(operation) for operation in self.page.rows)

    @property
    def poll_every(self) -> int:
        """Seconds between two looks at this page while it is live."""
        return POLL if self.is_moving else SLOW_POLL

    @property
    def version(self) -> str:
        """A short text that changes when anything shown does."""
        return version(self.page.rows, self.silences)


def domains_of(person: Visitor, query: Mapping[str, str]) -> DomainList:
    """
    The domains of a person, in two queries.

    `q` looks for a part of either form of the name, `status` for a DNSSEC status, `health` for a health; `sort` is of
    SORTS, `page` a cursor.
    """
    rows = asked_for(person, query).select_related("tld", "registrant")
    q, status, health, sort = _asked(query)
    page = paginate(rows, order=SORTS[sort], cursor=query.get("page", ""))
    return DomainList(page, rows.count(), q, status, health, sort, address_query(query))


def asked_for(person: Visitor, query: Mapping[str, str]) -> QuerySet[Domain]:
    """All the domains of a person that `q`, `status` and `health` leave, in no order."""
    rows: QuerySet[Domain] = Domain.objects.visible_to(person)
    q, status, health, _sort = _asked(query)
    if q:
        rows = rows.filter(Q(name__contains=a_label(q)) | Q(unicode_name__contains=q))
    if status:
        rows = rows.filter(dnssec_status=status)
    if health:
        rows = rows.filter(health=health)
    return rows


def address_query(query: Mapping[str, str]) -> str:
    """The list of domains as an address asks for its first page, without what is nonsense; empty for all, by name."""
    q, status, health, sort = _asked(query)
    asked = {"q": q, "status": status, "health": health, "sort": "" if sort == "name" else sort}
    return urlencode({name: value for name, value in asked.items() if value})


def _asked(query: Mapping[str, str]) -> tuple[str, str, str, str]:
    """Search text, status, health and order; the last three are of those that there are."""
    status, health, sort = (query.get(name, "") for name in ("status", "health", "sort"))
    return (
        search_text(query.get("q", "")),
        status if status in Domain.DnssecStatus.values else "",
        health if health in Domain.Health.values else "",
        sort if sort in SORTS else "name",
    )


def requests_of(person: Visitor, query: Mapping[str, str]) -> RequestList:
    """
    The requests on a person's domains, newest first, and the registries that cannot be asked, in four
    queries.

    `domain` looks for a part of either form of the name, `status` for an operation's status; `page` is a cursor.
    """
    domain = search_text(query.get("domain", ""))
    status = query.get("status", "") if query.get("status") in Operation.Status.values else ""
    rows = Operation.objects.visible_to(person).select_related("domain__tld").prefetch_related("mails")
    if domain:
        rows = rows.filter(Q(domain__name__contains=a_label(domain)) | Q(domain__unicode_name__contains=domain))
    if status:
        rows = rows.filter(status=status)
    page = paginate(rows, order=("-id",), cursor=query.get("page", ""))
    return RequestList(page, rows.count(), domain, status, silences_for(person))


def is_live(operation: Operation) -> bool:
    """Whether an operation is open, or a mail of it was promised just now and waits. Reads the prefetched mails."""
    if operation.is_open:
        return True
    since = timezone.now() - MAIL_FOLLOWS
    waiting = (mail for mail in operation.mails.all() if mail.status == OutgoingEmail.Status.WAITING)
    return any(mail.created_at > since for mail in waiting)


def version(operations: list[Operation], silences: list[Silence]) -> str:
    """A short text that changes when one of the operations or its mails does, or a registry falls silent or answers."""
    state = [
        (operation.pk, operation.version, operation.status, [(mail.pk, mail.status) for mail in operation.mails.all()])
        for operation in operations
    ]
    return blake2s(repr((state, silences)).encode(), digest_size=8).hexdigest()


def search_text(raw: str) -> str:
    """What was typed, as names are kept: lower case, composed, without NUL, the white space around it or a last dot."""
    text = unicodedata.normalize("NFC", raw.replace("\0", "")).strip().lower()
    return text.removesuffix(".")[:LONGEST_NAME]


def a_label(text: str) -> str:
    """The A-label form of a searched name (RFC 5891 section 5); the text itself where it has none."""
    try:
        return text if text.isascii() else idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError:
        return text
