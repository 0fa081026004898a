"""
The list of domains as a file, for a spreadsheet (CSV) or a script (JSON).

It is written while it is read, a chunk of rows at a time, so that a long list takes no more memory than a short one.
Names, words and times in it are the machine's: they do not change with the reader's language, zone or columns.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from django.db.models import QuerySet

from domains.models import Contact, Domain
from domains.paging import every

# What a spreadsheet takes for the beginning of a formula, in either width of the letters.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BYTE_ORDER_MARK = "\ufeff"  # Without it, Excel reads the file in the machine's old code page.


class Form(StrEnum):
    """What the file is; the value is its ending."""

    CSV = "csv"
    JSON = "json"

    @property
    def content_type(self) -> str:
        """The media type (RFC 4180 section 3, RFC 8259 section 11)."""
        return "text/csv; charset=utf-8; header=present" if self is Form.CSV else "application/json"


@dataclass(frozen=True)
class Fact:
    """What the file says about a domain, in this order. Dates are as in ISO 8601, None where they are not known."""

    name: str
    unicode_name: str
    tld: str
    state: str
    dnssec_status: str
    dnssec_keys: int
    health: str
    checked_at: str | None
    registered_on: str | None
    expires_on: str | None
    auto_renew: bool
    transfer_lock: bool
    statuses: list[str]
    name_servers: list[str]
    registrant_name: str
    registrant_organization: str
    registrant_email: str
    updated_at: str


def written(domains: QuerySet[Domain], form: Form) -> Iterator[str]:
    """The file of these domains by name, each of them once whatever changes meanwhile; a piece a domain."""
    rows = domains.select_related("tld", "registrant").prefetch_related("nameservers")
    facts = map(_fact, every(rows, order=("name",)))
    return _as_csv(facts) if form is Form.CSV else _as_json(facts)


def _fact(domain: Domain) -> Fact:
    registrant = domain.registrant or Contact()
    return Fact(
        name=domain.name,
        unicode_name=domain.unicode_name,
        tld=domain.tld.name,
        state=domain.state,
        dnssec_status=domain.dnssec_status,
        dnssec_keys=domain.dnssec_keys,
        health=domain.health,
        checked_at=domain.checked_at.isoformat(timespec="seconds") if domain.checked_at else None,
        registered_on=domain.registered_on.isoformat() if domain.registered_on else None,
        expires_on=domain.expires_on.isoformat() if domain.expires_on else None,
        auto_renew=domain.auto_renew,
        transfer_lock=domain.transfer_lock,
        statuses=domain.statuses,
        name_servers=sorted(nameserver.name for nameserver in domain.nameservers.all()),
        registrant_name=registrant.name,
        registrant_organization=registrant.organization,
        registrant_email=registrant.email,
        updated_at=domain.updated_at.isoformat(timespec="seconds"),
    )


def _as_csv(facts: Iterable[Fact]) -> Iterator[str]:
    """RFC 4180, with a head."""
    line = io.StringIO()
    table = csv.writer(line)
    table.writerow(field.name for field in fields(Fact))
    yield BYTE_ORDER_MARK + line.getvalue()
    for fact in facts:
        line.seek(0)
        line.truncate()
        table.writerow(map(_cell, vars(fact).values()))
        yield line.getvalue()


def _cell(value: Any) -> Any:
    """A value as one cell, and never as a formula: a registrant's name must not run code where the file is opened."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = " ".join(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _as_json(facts: Iterable[Fact]) -> Iterator[str]:
    """An array of objects, a line each (RFC 8259)."""
    before = "["
    for fact in facts:
        yield f"{before}\n{json.dumps(vars(fact), ensure_ascii=False)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"
