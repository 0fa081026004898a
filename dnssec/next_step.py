"""What is safe to do next after the last change of a domain's keys, and from when: told on Manage keys, in a calendar
file, and before a key is deleted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _

from dnssec import checks, sightings, timing
from dnssec.chain import Times
from dnssec.keys import SHA256
from dnssec.models import DelegationSigner, Publication, Sighting
from dnssec.sightings import Sights
from dnssec.snapshots import Subject, is_same_key, subject_of_row
from dnssec.timing import Wait
from dnssec.waits import moment, reason, span
from domains.models import Domain, Operation

State = DelegationSigner.State
SHOWN_FOR = timedelta(days=14)  # So long after it is safe, the step is spoken of.
BUSY_FOR = timedelta(minutes=10)  # So long after a change, the page asks often whether it has arrived.


class Kind(StrEnum):
    """What the next step is: nothing but waiting for the protection, deleting the old key here, taking the deleted one
    out of the zone, stopping to sign."""

    PROTECTED = "protected"
    DELETE = "delete"
    LEAVE = "leave"
    UNSIGN = "unsign"


class Stage(StrEnum):
    """How far it is: the servers are being asked; some have it; not all had it for days; the new key does not carry
    the zone yet; the time is running; it is safe."""

    ASKING = "asking"
    ARRIVING = "arriving"
    LOST = "lost"
    UNREADY = "unready"
    WAITING = "waiting"
    SAFE = "safe"


@dataclass(frozen=True)
class NextStep:
    """The step that follows the last change. `old` are the domain's other keys, `key` the one that was changed."""

    domain: Domain
    kind: Kind
    publication: Publication
    old: tuple[DelegationSigner, ...]
    is_carrying: bool  # Whether the key that was added signs the zone's keys on all servers.
    wait: Wait | None
    now: datetime

    @property
    def stage(self) -> Stage:
        """How far it is."""
        watched = self.publication
        if self.kind is Kind.DELETE and watched.seen_at and not self.is_carrying:
            return Stage.UNREADY
        if self.wait:
            return Stage.SAFE if self.wait.is_over(self.now) else Stage.WAITING
        if watched.look_at is None:
            return Stage.LOST
        return Stage.ARRIVING if watched.servers else Stage.ASKING

    @property
    def old_key(self) -> DelegationSigner | None:
        """The key that is to be deleted, where there is only one that it can be."""
        return self.old[0] if self.kind is Kind.DELETE and len(self.old) == 1 else None

    @property
    def title(self) -> str:
        """The step in one line, with its time."""
        return self._title(self.stage)

    @property
    def title_when_safe(self) -> str:
        """The same as it will be when its time has come."""
        return self._title(Stage.SAFE)

    def _title(self, stage: Stage) -> str:
        titles = {
            Kind.PROTECTED: (
                _("Every resolver checks %(domain)s now"),
                _("Every resolver checks %(domain)s after %(at)s"),
                _("Resolvers begin to check %(domain)s"),
            ),
            Kind.DELETE: (
                _("%(key)s is safe to delete now"),
                _("%(key)s is safe to delete after %(at)s"),
                _("%(key)s has to stay for now"),
            ),
            Kind.LEAVE: (
                _("%(key)s may be taken out of the zone now"),
                _("%(key)s may be taken out of the zone after %(at)s"),
                _("%(key)s has to stay in the zone for now"),
            ),
            Kind.UNSIGN: (
                _("Signing may stop now"),
                _("Signing may stop after %(at)s"),
                _("The zone has to stay signed for now"),
            ),
        }[self.kind]
        place = {Stage.SAFE: 0, Stage.WAITING: 1}.get(stage, 2)
        at = moment(self.wait.until) if self.wait else ""
        return titles[place] % {"domain": self.domain.unicode_name, "key": self._key, "at": at}

    @property
    def sentence(self) -> str:
        """How that is known, or what is waited for."""
        watched, tld = self.publication, self.domain.tld
        match self.stage:
            case Stage.WAITING | Stage.SAFE if self.wait:
                said = reason(self.wait)
                return said[0].upper() + said[1:] + "."
            case Stage.UNREADY:
                return _("Key %(tag)d is not seen to sign the zone on all its name servers yet.") % {"tag": self.tag}
            case Stage.LOST:
                return _("For three days not all name servers of %(tld)s followed. Ask support to look into it.") % {
                    "tld": tld
                }
            case Stage.ARRIVING:
                shown = (
                    _("%(arrived)d of %(servers)d name servers of %(tld)s show the change.")
                    if watched.arrived
                    else _("None of the %(servers)d name servers of %(tld)s shows the change yet.")
                )
                return shown % {"arrived": watched.arrived, "servers": watched.servers, "tld": tld}
        if watched.looked_at is None:
            return _("The name servers of %(tld)s are being asked whether they show the change.") % {"tld": tld}
        return _("No name server of %(tld)s could be asked. The console goes on trying.") % {"tld": tld}

    @property
    def advice(self) -> str:
        """What is counted once it has arrived, and what would go wrong before."""
        if self.stage is Stage.SAFE:
            return ""
        said = []
        if self.stage in (Stage.ASKING, Stage.ARRIVING):
            said.append(_("When all do, %(ttl)s are counted from then.") % {"ttl": span(self._ttl)})
        said.append(
            {
                Kind.PROTECTED: _("Keep the zone signed with this key from now on."),
                Kind.DELETE: _("Until then some resolvers may know no other key."),
                Kind.LEAVE: _("Until then some resolvers may still rely on it."),
                Kind.UNSIGN: _("Until then some resolvers may still expect signatures, and would answer SERVFAIL."),
            }[self.kind]
        )
        return " ".join(said)

    @property
    def tag(self) -> int:
        """The tag of the key that was changed."""
        return int(self.publication.operation.subject["key_tag"])

    @property
    def is_live(self) -> bool:
        """Whether this part of the page is about to change: the change is looked for, or the wait ends soon."""
        if self.publication.look_at is not None:
            return True
        return self.wait is not None and self.wait.ends_within(timing.SOON, self.now)

    @property
    def poll_every(self) -> int:
        """Seconds between two looks at this part of the page."""
        is_busy = self.publication.look_at is not None and self.now - self.publication.began_at < BUSY_FOR
        return 3 if is_busy else 20

    @property
    def version(self) -> str:
        """A short text that changes when anything shown does."""
        watched = self.publication
        return f"{watched.pk}.{self.stage}.{watched.arrived}.{watched.servers}.{int(watched.looked_at is None)}"

    @property
    def _key(self) -> str:
        if self.kind is Kind.DELETE and self.old_key is None:
            return _("The old key")
        tag = self.old_key.key_tag if self.old_key else self.tag
        return _("Key %(tag)d") % {"tag": tag}

    @property
    def _ttl(self) -> int:
        if self.kind is Kind.PROTECTED:
            return self.publication.negative_ttl or timing.CAUTIOUS_NEGATIVE_TTL
        return self.publication.ds_ttl or timing.usual_ds_ttl(self.domain.tld.name)


def next_step(domain: Domain, keys: Iterable[DelegationSigner], *, now: datetime | None = None) -> NextStep | None:
    """
    The step that follows the last change of a domain that was read with its TLD and keys; None when none does.

    Two queries: the last watch, and what was sighted.
    """
    now = now or timezone.now()
    keys = list(keys)
    publication = (
        Publication.objects.filter(operation__domain=domain)
        .select_related("operation")
        .order_by("-operation_id")
        .first()
    )
    if publication is None or domain.state == Domain.State.LEFT:
        return None
    if any(key.state in (State.ADDING, State.REMOVING) for key in keys):
        return None  # Something else is on its way, and is spoken of.
    subject, tld = publication.operation.subject, domain.tld.name
    adding = publication.operation.type == Operation.Type.ADD_DNSSEC
    old = tuple(key for key in keys if not is_same_key(key, subject))
    if adding != (len(old) < len(keys)):
        return None  # It was undone at the registry since.
    sights = sightings.of(domain)
    key_seen = sights.get((Sighting.Kind.KEY, record_of(subject)))
    kind = {
        (True, True): Kind.DELETE,
        (True, False): Kind.PROTECTED,
        (False, True): Kind.LEAVE,
        (False, False): Kind.UNSIGN,
    }[adding, bool(old)]
    wait = None
    if seen := publication.seen_at:
        wait = {
            Kind.PROTECTED: lambda: timing.protection_is_everywhere(seen, publication.negative_ttl),
            Kind.DELETE: lambda: timing.old_key_may_be_deleted(
                seen, publication.ds_ttl, tld=tld, key_seen=key_seen, key_ttl=publication.key_ttl
            ),
            Kind.LEAVE: lambda: timing.old_key_may_leave_the_zone(seen, publication.ds_ttl, tld=tld),
            Kind.UNSIGN: lambda: timing.zone_may_be_unsigned(seen, publication.ds_ttl, tld=tld),
        }[kind]()
    begins = wait.until if wait else publication.began_at
    if now - begins > SHOWN_FOR:
        return None
    return NextStep(domain, kind, publication, old, key_seen is not None, wait, now)


def record_of(subject: Subject) -> str:
    """The SHA-256 DS record of a key, as sightings name it; empty where it is not known."""
    digest = subject["ds"].get(str(SHA256))
    return f"{subject['key_tag']} {subject['algorithm']} {SHA256} {digest}" if digest else ""


def last_times(domain: Domain) -> Times:
    """The TTLs that the last check has seen; none without a check, or where the domain is not delegated. One query."""
    row = checks.last(domain)
    chain = checks.chain_of(row) if row else None
    return chain.links[-1].times if chain and chain.is_zone else timing.UNSEEN


@dataclass(frozen=True)
class Deletion:
    """What the clock says of deleting a key: `wait` until another key is known everywhere, whose tag is `by`.

    `ds_ttl` is for how long caches keep DS records; `is_read` as in Wait. Without a wait nothing was measured.
    """

    is_last: bool
    wait: Wait | None
    by: int | None
    ds_ttl: int
    is_read: bool
    now: datetime

    @property
    def is_safe(self) -> bool:
        """Whether every resolver knows another key."""
        return self.wait is not None and self.wait.is_over(self.now)

    @property
    def is_early(self) -> bool:
        """Whether some resolver may know no other key yet."""
        return self.wait is not None and not self.wait.is_over(self.now)

    @property
    def at(self) -> str:
        """When it is safe."""
        return moment(self.wait.until) if self.wait else ""

    @property
    def reason(self) -> str:
        """Why then."""
        return reason(self.wait) if self.wait else ""

    @property
    def lasts(self) -> str:
        """For how long caches keep DS records."""
        return span(self.ds_ttl)


def deletion(domain: Domain, keys: Iterable[DelegationSigner], pk: int) -> Deletion:
    """
    What the clock says of deleting the key with this number, of a domain that was read with its TLD and keys.

    Three queries: the watches, what was sighted, and the last check for the TTLs.
    """
    now = timezone.now()
    sights, published = sightings.of(domain), _published(domain)
    others = [key for key in keys if key.pk != pk and key.state != State.ADDING]
    times = last_times(domain)
    ttl = timing.longest(times.ds, *(row.ds_ttl for row in published.values() if now - row.began_at < SHOWN_FOR))
    found: list[tuple[Wait, int]] = []
    for key in others:
        subject = subject_of_row(key)
        key_seen = sights.get((Sighting.Kind.KEY, record_of(subject)))
        watched = published.get(key.fingerprint)
        if watched and watched.operation.type == Operation.Type.ADD_DNSSEC:
            ds_seen = watched.seen_at
        else:
            ds_seen = ds_sighted(sights, subject)
        if ds_seen and key_seen:
            known = timing.old_key_may_be_deleted(
                ds_seen, ttl, tld=domain.tld.name, key_seen=key_seen, key_ttl=times.dnskey
            )
            found.append((known, key.key_tag))
    usual = timing.usual_ds_ttl(domain.tld.name)
    first = min(found, key=lambda pair: pair[0].until, default=None)
    wait, by = first or (None, None)
    return Deletion(not others, wait, by, usual if ttl is None else ttl, ttl is not None, now)


def ds_sighted(sights: Sights, subject: Subject) -> datetime | None:
    """Since when all servers of the parent show a DS record of a key, of whichever digest type."""
    records = (f"{subject['key_tag']} {subject['algorithm']} {kind} {hex}" for kind, hex in subject["ds"].items())
    return min(
        (sights[Sighting.Kind.DS, record] for record in records if (Sighting.Kind.DS, record) in sights), default=None
    )


def _published(domain: Domain) -> dict[str, Publication]:
    """The newest watch for each key, by its fingerprint."""
    rows = Publication.objects.filter(operation__domain=domain).select_related("operation").order_by("operation_id")
    return {row.operation.subject["fingerprint"]: row for row in rows}
