"""Keyset paging: a page of a list that begins after (or ends before) a row, named by a sealed cursor; and all pages."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.core import signing
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

SIZE = 50
CHUNK = 500  # Rows that are read together where all of them are wanted.

_signer = signing.Signer(salt="domains.paging")


@dataclass(frozen=True)
class Page[Row: Model]:
    """The rows of one page, and the cursors of its neighbours: empty where there is none."""

    rows: list[Row]
    next: str
    previous: str


def paginate[Row: Model](rows: QuerySet[Row], *, order: tuple[str, ...], cursor: str, size: int = SIZE) -> Page[Row]:
    """
    The page that the cursor names; page one for an empty cursor, nonsense, or a cursor of another order.

    `order` names columns ("-" for descending), the last of them unique. An absent value counts as the greatest.
    """
    backwards, edge = _open(cursor, order)
    asked = tuple(_turned(name) for name in order) if backwards else order
    if edge is not None:
        rows = rows.filter(_beyond(rows.model, asked, edge))
    found = list(rows.order_by(*map(_ordering, asked))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_next, has_previous = (True, more) if backwards else (more, edge is not None)
    return Page(
        rows=found,
        next=_seal("next", order, found[-1]) if found and has_next else "",
        previous=_seal("previous", order, found[0]) if found and has_previous else "",
    )


def every[Row: Model](rows: QuerySet[Row], *, order: tuple[str, ...]) -> Iterator[Row]:
    """
    All rows in this order, read CHUNK a query: no more than that is ever held, here or by the database.

    `order` as for `paginate`. A row is met once where its columns of the order stay the same meanwhile.
    """
    beyond = Q()
    while True:
        found = list(rows.filter(beyond).order_by(*map(_ordering, order))[:CHUNK])
        yield from found
        if len(found) < CHUNK:
            return
        beyond = _beyond(rows.model, order, [getattr(found[-1], name.removeprefix("-")) for name in order])


@dataclass(frozen=True)
class Stream[Told]:
    """Rows of one kind that happened: `at` is the column that tells when, and does not change; `tell` what they say."""

    rows: QuerySet[Any]
    at: str
    tell: Callable[[Any], Told]


@dataclass(frozen=True)
class Happened[Told]:
    """What rows of several kinds tell, the newest first, and the cursor of the older ones: empty at the end."""

    told: list[Told]
    next: str
    is_first: bool


type _Place = tuple[datetime, int, int]  # When, which stream, which row.


def newest[Told](streams: Sequence[Stream[Told]], *, cursor: str, size: int = SIZE) -> Happened[Told]:
    """
    What happened before the cursor, merged out of the streams, a query each; the newest for an empty one or nonsense.

    Of two rows of one moment the one of the later stream is newer, then the one of the greater id, so that no page
    repeats or skips one.
    """
    edge = _open_place(cursor)
    found = heapq.merge(
        *(_older(number, stream, edge, size + 1) for number, stream in enumerate(streams)),
        key=lambda pair: pair[0],
        reverse=True,
    )
    pairs = list(islice(found, size + 1))
    more, pairs = len(pairs) > size, pairs[:size]
    return Happened(
        told=[streams[number].tell(row) for (_at, number, _pk), row in pairs],
        next=_seal_place(pairs[-1][0]) if more else "",
        is_first=edge is None,
    )


def _older(number: int, stream: Stream[Any], edge: _Place | None, limit: int) -> Iterable[tuple[_Place, Any]]:
    rows = stream.rows
    if edge is not None:
        at, edge_number, pk = edge
        before = Q(**{f"{stream.at}__lt": at})
        if number < edge_number:
            before |= Q(**{stream.at: at})
        elif number == edge_number:
            before |= Q(**{stream.at: at, "pk__lt": pk})
        rows = rows.filter(before)
    for row in rows.order_by(f"-{stream.at}", "-pk")[:limit]:
        yield (getattr(row, stream.at), number, row.pk), row


def _seal_place(place: _Place) -> str:
    at, number, pk = place
    return _signer.sign_object(["newest", at.isoformat(), number, pk])


def _open_place(cursor: str) -> _Place | None:
    try:
        kind, *place = _signer.unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        return None
    if kind != "newest":
        return None
    at, number, pk = place
    return datetime.fromisoformat(at), number, pk


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _ordering(name: str) -> OrderBy:
    column = F(name.removeprefix("-"))
    return column.desc(nulls_first=True) if name.startswith("-") else column.asc(nulls_last=True)


def _beyond(model: type[Model], order: tuple[str, ...], edge: list[Any]) -> Q:
    """The rows after the edge: greater in the first column, or equal there and greater in the next, and so on."""
    nothing = Q(pk__in=[])
    beyond, equal = nothing, Q()
    for name, value in zip(order, edge, strict=True):
        column, descending = name.removeprefix("-"), name.startswith("-")
        absent = Q(**{f"{column}__isnull": True})
        if value is None:
            after, same = (~absent if descending else nothing), absent
        elif descending:
            after, same = Q(**{f"{column}__lt": value}), Q(**{column: value})
        else:
            after, same = Q(**{f"{column}__gt": value}), Q(**{column: value})
            if model._meta.get_field(column).null:
                after |= absent
        beyond |= equal & after
        equal &= same
    return beyond


def _seal(direction: str, order: tuple[str, ...], row: Model) -> str:
    values = [getattr(row, name.removeprefix("-")) for name in order]
    texts = [None if value is None else str(value) for value in values]
    return _signer.sign_object([direction, *order, *texts], compress=True)


def _open(cursor: str, order: tuple[str, ...]) -> tuple[bool, list[Any] | None]:
    """Whether it leads backwards, and the values of the row that it stands at; no row for page one."""
    try:
        direction, *rest = _signer.unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        return False, None
    if tuple(rest[: len(order)]) != order or len(rest) != 2 * len(order):
        return False, None
    return direction == "previous", rest[len(order) :]
