"""A registry that cannot be asked: since when, and how old what the pages show of its domains is.

Judged from what the workers noted on its row; nobody is asked here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from domains.models import Domain, Person, Registry, Tld

HICCUP = timedelta(seconds=10)  # Trouble that is over sooner is nobody's news.
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # A look of an earlier date is one that is due, not one that took place.


@dataclass(frozen=True, slots=True)
class Silence:
    """A registry without a usable answer: for which TLDs, since when (None: since ever), whether support was called."""

    tlds: tuple[str, ...]
    since: datetime | None
    needs_staff: bool


def silence_of(registry: Registry | None, tlds: Iterable[Tld]) -> Silence | None:
    """The silence of the registry of these TLDs. None while it answers, and for the first seconds of trouble."""
    if registry is None or registry.last_failure_at is None:
        return None
    now = timezone.now()
    answered, failed = registry.last_answer_at, registry.last_failure_at
    if answered is not None and (answered >= failed or now - answered < HICCUP):
        return None
    if registry.failures < 2 and now - failed < HICCUP:
        return None
    return Silence(tuple(map(str, tlds)), answered, bool(registry.needs_staff))


def silences_for(person: Person | AnonymousUser) -> list[Silence]:
    """The registries that cannot be asked, of those that hold domains of this person. One query."""
    failing = Q(registry__last_answer_at=None) | Q(registry__last_failure_at__gt=F("registry__last_answer_at"))
    own = Exists(Domain.objects.visible_to(person).filter(tld=OuterRef("pk")))
    tlds: dict[int, list[Tld]] = {}
    for tld in Tld.objects.filter(failing, own, registry__last_failure_at__isnull=False).select_related("registry"):
        tlds.setdefault(tld.registry_id or 0, []).append(tld)
    silences = [silence_of(of_one[0].registry, of_one) for of_one in tlds.values()]
    return [silence for silence in silences if silence is not None]


def last_seen(domain: Domain) -> datetime | None:
    """
    When the domain, read with its TLD and registry, was last compared with the registry; None when nobody knows.

    No look is later than the registry's last answer: one that is under way, or that found nobody, does not count.
    """
    answered = domain.tld.registry.last_answer_at if domain.tld.registry else None
    if answered is None or domain.looked_at < LONG_AGO:
        return None
    return min(domain.looked_at, answered)
