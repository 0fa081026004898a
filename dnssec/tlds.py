"""The page of TLDs: what each registry allows for DNSSEC, in plain words."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dnssec.algorithms import ALGORITHMS, USUAL, label, offered
from domains.listing import a_label, search_text
from domains.models import Tld
from domains.models.registrations import to_unicode
from domains.paging import Page, paginate

SUPPORT = {"yes": True, "no": False}


@dataclass(frozen=True)
class Row:
    """A TLD as the table shows it: its algorithms that a key here may have, and those that its registry names alone."""

    tld: Tld
    unicode_name: str
    is_usual: bool
    algorithms: list[str]
    unusable: list[str]


@dataclass(frozen=True)
class TldList:
    """One page of the TLDs, and what was asked for."""

    rows: list[Row]
    page: Page[Tld]
    total: int
    q: str
    support: str

    @property
    def is_filtered(self) -> bool:
        """Whether fewer than all are asked for."""
        return bool(self.q or self.support)

    @property
    def sources(self) -> list[str]:
        """Who says so, of all rows of the page."""
        return sorted({row.tld.source for row in self.rows} - {""})


@require_safe
def tld_list(request: HttpRequest) -> HttpResponse:
    """TLDs, by name."""
    usual = [label(number) for number in USUAL]
    return render(request, "dnssec/tlds.html", {"tlds": tlds(request.GET), "usual": usual})


def tlds(query: Mapping[str, str]) -> TldList:
    """
    The TLDs, in two queries.

    `q` looks for a part of the name; with a dot before it, for the beginning; a whole domain's name finds the TLDs that
    it ends with. `dnssec` is yes or no, `page` a cursor.
    """
    q = search_text(query.get("q", ""))
    support = query.get("dnssec", "") if query.get("dnssec") in SUPPORT else ""
    rows = Tld.objects.select_related("registry")
    if q:
        rows = rows.filter(_named(a_label(q)))
    if support:
        rows = rows.filter(dnssec=SUPPORT[support])
    page = paginate(rows, order=("name",), cursor=query.get("page", ""))
    return TldList(list(map(_row, page.rows)), page, rows.count(), q, support)


def _named(q: str) -> Q:
    if q.startswith("."):
        return Q(name__startswith=q[1:])
    labels = q.split(".")
    return Q(name__contains=q) | Q(name__in=[".".join(labels[i:]) for i in range(1, len(labels))])


def _row(tld: Tld) -> Row:
    usable = offered(tld.algorithms)
    numbers = {algorithm.number for algorithm in usable}
    return Row(
        tld=tld,
        unicode_name=to_unicode(tld.name),
        is_usual=numbers == set(USUAL),
        algorithms=[algorithm.label for algorithm in usable],
        unusable=[] if usable else [label(number) for number in tld.algorithms or () if number in ALGORITHMS],
    )
