"""What the guides through a change of several days are made of, and what they share: rollover, switching_off.

Where a step stands follows from the keys, the last check and what was seen of the servers; nothing about a guide is
stored, so nothing can contradict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2s

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dnssec import checks, sightings, timing, told
from dnssec.chain import Chain, Link, Times, Verdict
from dnssec.models import RUN_LASTS, DelegationCheck, DelegationSigner, Publication, Sighting
from dnssec.next_step import record_of
from dnssec.sightings import Sights
from dnssec.snapshots import Subject, subject_of
from dnssec.timing import SOON, Wait
from dnssec.waits import moment, reason
from domains.models import Domain

State = DelegationSigner.State
REMEMBERED = timedelta(days=30)  # A change that ended longer ago belongs to no guide any more.
WATCHES = 12  # So many of the last changes are looked at.
ZONE_FLAGS = (256, 257)


class Now(StrEnum):
    """Where a step stands."""

    DONE = "done"
    NOW = "now"
    NEXT = "next"


@dataclass(frozen=True)
class Action:
    """What can be pressed for a step: a link, or, with `use`, the form filled in with that key."""

    says: str
    url: str
    use: str = ""


@dataclass(frozen=True)
class Step:
    """One step: what to do, how it is known where it stands, until when to wait, and what is wrong."""

    title: str
    text: str
    is_done: bool
    known: str = ""
    wait: Wait | None = None
    warning: str = ""
    actions: tuple[Action, ...] = ()
    state: Now = Now.NEXT

    @property
    def until(self) -> str:
        """When the wait is over; empty where there is none."""
        return moment(self.wait.until) if self.wait else ""

    @property
    def reason(self) -> str:
        """Why then; empty where there is no wait."""
        said = reason(self.wait) if self.wait else ""
        return said[:1].upper() + said[1:]


@dataclass(frozen=True)
class Alert:
    """What is wrong, or why there is nothing to do; `is_bad`: users do not reach the domain."""

    title: str
    text: str
    is_bad: bool = False


@dataclass(frozen=True)
class Guide:
    """A guide as it stands for a domain. Without steps there is nothing to do, and the alert says why."""

    slug: str
    domain: Domain
    heading: str
    lead: str
    steps: tuple[Step, ...]
    alert: Alert | None
    finished: str  # What is said when all steps are done.
    checked_at: datetime | None
    is_checking: bool
    is_watching: bool
    ds_ttl: int | None
    now: datetime

    @property
    def place(self) -> int:
        """The number of the step whose turn it is, from 1; 0 where it is none's."""
        return next((number for number, step in enumerate(self.steps, 1) if step.state is Now.NOW), 0)

    @property
    def is_finished(self) -> bool:
        """Whether every step is done."""
        return bool(self.steps) and not self.place

    @property
    def title(self) -> str:
        """Where it stands, for the window's title."""
        about: dict[str, object] = {"title": self.heading, "domain": self.domain.unicode_name}
        if self.is_finished:
            return _("Done: %(title)s, %(domain)s") % about
        if not self.place:
            return _("%(title)s, %(domain)s") % about
        place = {"number": self.place, "count": len(self.steps)}
        return _("Step %(number)d of %(count)d: %(title)s, %(domain)s") % (about | place)

    @property
    def is_live(self) -> bool:
        """Whether the page is about to change by itself."""
        return self.is_checking or self.is_watching or any(self._ends_soon(step) for step in self.steps)

    @property
    def poll_every(self) -> int:
        """Seconds between two looks at this page while it is live."""
        return 2 if self.is_checking else 5 if self.is_watching else 20

    @property
    def version(self) -> str:
        """A short text that changes when anything shown does."""
        shown = (self.steps, self.alert, self.checked_at, self.is_checking, self.is_watching)
        return blake2s(repr(shown).encode(), digest_size=8).hexdigest()

    def _ends_soon(self, step: Step) -> bool:
        return step.wait is not None and step.wait.ends_within(SOON, self.now)


@dataclass(frozen=True)
class Facts:
    """What the guides go by. `watches` are the domain's last changes, the newest first."""

    domain: Domain
    rows: tuple[DelegationSigner, ...]
    chain: Chain | None
    checked_at: datetime | None
    sights: Sights
    watches: tuple[Publication, ...]
    is_checking: bool
    now: datetime

    @property
    def link(self) -> Link | None:
        """The domain's own link of the chain; None where it was not reached."""
        chain = self.chain
        if chain is None or not chain.is_zone or chain.name != chain.zone:
            return None
        return chain.links[-1] if any(server.trouble is None for server in chain.links[-1].servers) else None

    @property
    def times(self) -> Times:
        """The TTLs that the last check has seen."""
        return self.link.times if self.link else timing.UNSEEN

    def watch(self, type: str, subject: Subject | None = None) -> Publication | None:
        """The last watch of that kind, or of that kind for a key, unless it is long over."""
        for row in self.watches:
            fits = subject is None or row.operation.subject["fingerprint"] == subject["fingerprint"]
            if row.operation.type == type and fits and self.now - row.began_at < REMEMBERED:
                return row
        return None

    def key_seen(self, subject: Subject) -> datetime | None:
        """Since when a key signs the zone on all its servers."""
        return self.sights.get((Sighting.Kind.KEY, record_of(subject)))

    def ttl(self, watched: Publication | None) -> int | None:
        """For how long caches hold DS records, as far as it was seen."""
        return timing.longest(self.times.ds, watched.ds_ttl if watched else None)


@dataclass(frozen=True)
class Key:
    """A key that a guide speaks of: in the zone (`place` in the link's keys), at the registry (`row`), or both."""

    subject: Subject
    row: DelegationSigner | None = None
    place: int | None = None

    @property
    def tag(self) -> int:
        """Its key tag."""
        return int(self.subject["key_tag"])

    @property
    def is_at_registry(self) -> bool:
        """Whether the registry has it, as far as is known."""
        return self.row is not None and self.row.state != State.ADDING


def facts_of(domain: Domain, *, now: datetime | None = None) -> Facts:
    """What is known of a domain that was read with its TLD and keys. Four queries."""
    now = now or timezone.now()
    row = checks.last(domain)
    watches = Publication.objects.filter(operation__domain=domain).select_related("operation")
    asked = DelegationCheck.objects.of(domain, None).filter(checked_at=None, asked_at__gt=now - RUN_LASTS)
    return Facts(
        domain=domain,
        rows=tuple(domain.keys.all()),
        chain=checks.chain_of(row) if row else None,
        checked_at=row.checked_at if row else None,
        sights=sightings.of(domain),
        watches=tuple(watches.order_by("-operation_id")[:WATCHES]),
        is_checking=asked.exists(),
        now=now,
    )


def build(
    facts: Facts,
    slug: str,
    heading: str,
    lead: str,
    steps: Sequence[Step] = (),
    *,
    alert: Alert | None = None,
    finished: str = "",
) -> Guide:
    """The guide of these steps: the first one that is not done is the turn, and what comes after it is next."""
    first = next((place for place, step in enumerate(steps) if not step.is_done), len(steps))
    states = (Now.DONE if step.is_done else Now.NOW if place == first else Now.NEXT for place, step in enumerate(steps))
    return Guide(
        slug=slug,
        domain=facts.domain,
        heading=heading,
        lead=lead,
        steps=tuple(replace(step, state=state) for step, state in zip(steps, states, strict=True)),
        alert=alert,
        finished=finished,
        checked_at=facts.checked_at,
        is_checking=facts.is_checking,
        is_watching=any(watch.look_at is not None for watch in facts.watches[:1]),
        ds_ttl=facts.ttl(facts.watches[0] if facts.watches else None),
        now=facts.now,
    )


def broken(facts: Facts) -> Alert | None:
    """That resolvers refuse the domain now, and why, where the last check found that."""
    chain = facts.chain
    if chain is None or chain.verdict is not Verdict.BOGUS:
        return None
    title = _("Resolvers that check refuse %(domain)s now") % {"domain": facts.domain.unicode_name}
    if not chain.findings:
        return Alert(title, _("The last check found the chain of trust broken."), True)
    cause = chain.findings[0]
    return Alert(title, f"{told.sentence(cause)} {told.advice(cause)}".strip(), True)


def arriving(facts: Facts, watched: Publication | None) -> str:
    """How far a change has come to the parent's servers."""
    about: dict[str, object] = {"tld": facts.domain.tld}
    if watched is None:
        return _("It is not seen on all %(tld)s name servers yet.") % about
    if watched.servers:
        about |= {"arrived": watched.arrived, "servers": watched.servers}
        return _("%(arrived)d of %(servers)d name servers of %(tld)s show the change.") % about
    if watched.looked_at:
        return _("No name server of %(tld)s could be asked. The console goes on trying.") % about
    return _("The name servers of %(tld)s are being asked whether they show the change.") % about


def shown_keys(facts: Facts) -> str:
    """Which keys the zone shows, as a sentence."""
    if facts.checked_at is None:
        return _("The zone has not been looked at yet.")
    if facts.link is None:
        return _("No name server of the zone could be asked.")
    tags = [str(key.tag) for key in in_zone(facts)]
    if not tags:
        return _("The zone shows no keys: it is not signed.")
    said = ngettext("The zone shows key %(tags)s.", "The zone shows the keys %(tags)s.", len(tags))
    return said % {"tags": ", ".join(tags)}


def being_deleted(keys: Iterable[Key]) -> str:
    """Which of the keys the registry has been asked to delete, as a sentence; empty where none."""
    tags = [str(key.tag) for key in keys if key.row and key.row.state == State.REMOVING]
    return _("Key %(tag)s is being deleted.") % {"tag": tags[0]} if tags else ""


def deletions(facts: Facts, keys: Iterable[Key]) -> tuple[Action, ...]:
    """The ways to the confirmations that delete the keys."""
    return tuple(
        Action(
            _("Delete key %(tag)d") % {"tag": key.tag},
            reverse("dnssec:delete_key", args=[facts.domain.name, key.row.pk]),
        )
        for key in keys
        if key.row and key.row.state in (State.PRESENT, State.UNCONFIRMED)
    )


def in_zone(facts: Facts) -> list[Key]:
    """The keys of the zone that a DS record may name: key-signing ones and those that sign the keys, best first."""
    if facts.link is None:
        return []
    keys = [
        (place, key)
        for place, key in enumerate(facts.link.keys)
        if key.flags in ZONE_FLAGS and (key.key_type == "KSK" or key.signs_keys_on)
    ]
    keys.sort(key=lambda pair: (pair[1].key_type != "KSK", -len(pair[1].signs_keys_on), pair[0]))
    return [Key(subject_of(facts.domain, sightings.key_of(key)), None, place) for place, key in keys]


def place_of(facts: Facts, subject: Subject) -> int | None:
    """The place of a key among the zone's, where it is there."""
    return next((key.place for key in in_zone(facts) if is_same(key.subject, subject)), None)


def is_same(one: Subject, other: Subject) -> bool:
    """Whether two snapshots are of one key, of which one is perhaps known by its DS alone."""
    return (one["key_tag"], one["algorithm"]) == (other["key_tag"], other["algorithm"]) and bool(
        one["ds"].items() & other["ds"].items()
    )
