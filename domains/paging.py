"""Keyset paging: a page of a list that begins after (or ends before) a row, named by a sealed cursor."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import F, Model, Q, QuerySet
from django.db.models.expressions import OrderBy

SIZE = 50

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
