"""Finding by whatever a caller can name: a domain, an address, a key tag, a transaction id, a request's reference."""

import re
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from dnssec.models import DelegationSigner
from domains.listing import a_label, search_text
from domains.models import Attempt, Domain, Operation, Person, PollMessage

SHOWN = 10
REFERENCE = re.compile(r"[0-9A-Z]{10}")


@dataclass(frozen=True)
class Hit:
    """A row that answers to the term: its page, its name, a word about it."""

    url: str
    name: str
    text: str


@dataclass(frozen=True)
class Hits:
    """What of one kind was found; `more` is the list of all of them where there are more than are shown."""

    title: str
    hits: list[Hit]
    more: str = ""


def find(term: str, person: Person) -> list[Hits]:
    """What answers to the term, of what this person may see, the likeliest kind first. At most five queries."""
    term = term.replace("\0", "").strip()
    if not term:
        return []
    asked = {"operation": _requests, "domain": _domains, "person": _people}
    found = [look(term) for model, look in asked.items() if person.has_perm(f"domains.view_{model}")]
    return [hits for hits in found if hits.hits]


def key_tag(term: str) -> int | None:
    """The key tag that a search means; None when it means something else."""
    text = search_text(term)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 5 else None


def of_either_side(term: str) -> Q:
    """The requests in which this transaction id of ours or of a registry's was used; looked up whole, by index."""
    either = Q(cl_trid=term) | Q(sv_trid=term)
    return Q(pk__in=Attempt.objects.filter(either).values("operation")) | Q(
        pk__in=PollMessage.objects.filter(either, operation__isnull=False).values("operation")
    )


def _requests(term: str) -> Hits:
    asked = of_either_side(term)
    if REFERENCE.fullmatch(term.upper()):
        asked |= Q(reference=term.upper())
    if (tag := key_tag(term)) is not None:
        asked |= Q(subject__key_tag=tag)
    rows = Operation.objects.filter(asked).select_related("domain").order_by("-pk")
    return _hits(
        _("Requests"),
        rows,
        "operation",
        term,
        lambda row: Hit(
            reverse("admin:domains_operation_change", args=[row.pk]),
            row.reference,
            f"{row.get_type_display()} {row.subject.get('key_tag', '')}, {row.domain.unicode_name},"
            f" {row.get_status_display()}",
        ),
    )


def _domains(term: str) -> Hits:
    text = search_text(term)
    named = Q(name__contains=a_label(text)) | Q(unicode_name__contains=text)
    if "@" in text:
        named = Q(owner__email__icontains=text) | Q(registrant__email__icontains=text)
    elif (tag := key_tag(term)) is not None:
        named |= Q(pk__in=DelegationSigner.objects.filter(key_tag=tag).values("domain"))
    rows = Domain.objects.filter(named).select_related("owner").order_by("name")
    return _hits(
        _("Domains"),
        rows,
        "domain",
        term,
        lambda row: Hit(
            reverse("admin:domains_domain_story", args=[row.pk]),
            row.unicode_name,
            f"{row.get_dnssec_status_display()}, {row.owner.email}",
        ),
    )


def _people(term: str) -> Hits:
    text = search_text(term)
    rows = Person.objects.filter(Q(email__icontains=text) | Q(name__icontains=text)).order_by("email")
    return _hits(
        _("People"),
        rows,
        "person",
        term,
        lambda row: Hit(reverse("admin:domains_person_change", args=[row.pk]), row.email, row.name),
    )


def _hits(title: str, rows: QuerySet[Any], model: str, term: str, tell: Any) -> Hits:
    found = list(rows[: SHOWN + 1])
    more = f"{reverse(f'admin:domains_{model}_changelist')}?{urlencode({'q': term})}" if len(found) > SHOWN else ""
    return Hits(title, [tell(row) for row in found[:SHOWN]], more)
