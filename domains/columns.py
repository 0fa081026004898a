"""Which columns the list of domains shows: those that there are, and a person's choice among them."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from domains.listing import Visitor
from domains.models import Person

KEPT = "domain_columns"  # The word of a person's preferences for it.


@dataclass(frozen=True)
class Column:
    """A column beside the name, which always stands first. `sorts`: the list can be sorted by it, under its key."""

    key: str
    title: Promise
    sorts: bool = False


COLUMNS = (
    Column("dnssec", _("DNSSEC status"), sorts=True),
    Column("health", _("Health"), sorts=True),
    Column("expires", _("Expires"), sorts=True),
    Column("renew", _("Auto renew")),
    Column("lock", _("Transfer lock")),
    Column("registered", _("Registered")),
    Column("registrant", _("Registrant")),
    Column("changed", _("Last changed")),
)
USUAL = ("dnssec", "health", "expires", "renew", "lock")


def chosen_by(person: Visitor) -> list[Column]:
    """The columns that a person wants to see: the usual ones until others were chosen."""
    chosen = person.preferences.get(KEPT, USUAL) if isinstance(person, Person) else USUAL
    return [column for column in COLUMNS if column.key in chosen]


def choose(keys: Collection[str] | None, *, requested_by: Person) -> None:
    """Keep a person's choice, for every browser; None: the usual ones again. Unknown keys are left out."""
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=requested_by.pk)
        if keys is None:
            person.preferences.pop(KEPT, None)
        else:
            person.preferences[KEPT] = [column.key for column in COLUMNS if column.key in keys]
        person.save(update_fields=["preferences"])
