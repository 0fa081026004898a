"""Watching a change arrive: after each success every server of the parent is asked until all show it. After the queue.

The network is used by `look` alone. A look is handed out by the clock and taken by one UPDATE, so that it may be handed
out twice.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from dnssec import checks
from dnssec.chain import Chain, Times, Verdict
from dnssec.checking import check
from dnssec.models import DelegationCheck, Publication
from dnssec.sightings import reached
from dnssec.snapshots import Subject
from dnssec.timing import UNSEEN, longest
from domains.models import Domain, Operation

logger = logging.getLogger(__name__)

WATCHED_FOR = timedelta(days=3)
PATIENCE = 6.0  # Seconds that a look may take.
LEASE = timedelta(seconds=30)  # For so long a look that was taken is nobody else's.
# Between two looks a sixth of the time since the change: every few seconds at first, and never too late by much.
PART, SHORTEST_GAP, LONGEST_GAP = 6, timedelta(seconds=3), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Arrival:
    """On how many of the parent's servers a change has arrived, of those that answered."""

    arrived: int
    servers: int

    @property
    def is_everywhere(self) -> bool:
        """Whether all that answered have it."""
        return 0 < self.servers == self.arrived


def begin(operation: Operation) -> Publication:
    """Watch for a successful change, inside the caller's transaction, once. An earlier watch for the same key ends."""
    times = _times(_last_chain(operation.domain)) or UNSEEN
    made: Publication = Publication.objects.get_or_create(
        operation=operation,
        defaults={
            "ds_ttl": times.ds,
            "negative_ttl": times.parent_negative,
            "key_ttl": times.dnskey,
        },
    )[0]
    Publication.objects.filter(
        operation__domain=operation.domain_id,
        operation__subject__fingerprint=operation.subject["fingerprint"],
        look_at__isnull=False,
    ).exclude(pk=made.pk).update(look_at=None)
    return made


def due() -> list[int]:
    """The keys of the watches that are due for a look and that there is room for, the longest waiting first."""
    now = timezone.now()
    # Half of the workers stay free for what people wait for: to ask silent servers takes seconds.
    room = max(settings.WORKER_CONCURRENCY // 2, 1) - Publication.objects.filter(lease_until__gt=now).count()
    rows = Publication.objects.filter(look_at__lte=now).order_by("look_at")
    return list(rows.values_list("pk", flat=True)[: max(room, 0)])


def look(pk: int) -> None:
    """
    Ask all servers of the parent, and keep what they show. Does nothing when it is not due, or somebody is at it.

    The network is used: never inside a transaction.
    """
    now = timezone.now()
    due = Publication.objects.filter(pk=pk, look_at__lte=now)
    if not due.update(look_at=now + LEASE, lease_until=now + LEASE, looks=F("looks") + 1):
        return
    publication = Publication.objects.select_related("operation__domain").get(pk=pk)
    operation, domain = publication.operation, publication.operation.domain
    chain = check(domain.name, patience=PATIENCE)
    arrival = arrival_of(chain, operation.subject, present=operation.type == Operation.Type.ADD_DNSSEC)
    if _record(publication, chain, arrival):
        logger.info("the change of operation %s is on all %d servers", operation.reference, arrival.servers)
        _have_checked(domain)


def arrival_of(chain: Chain, subject: Subject, *, present: bool) -> Arrival:
    """On how many servers of the parent the key's DS record is there (`present`), or gone."""
    if _times(chain) is None:
        return Arrival(0, 0)
    asked, records = reached(chain, parent=True), chain.links[-1].ds
    mine = [
        record
        for record in records
        if (record.key_tag, record.algorithm) == (subject["key_tag"], subject["algorithm"])
        and subject["ds"].get(str(record.digest_type)) == record.digest
    ]
    showing = {server for record in mine for server in record.servers}
    if present:
        return Arrival(len(asked & showing), len(asked))
    # A server that said nothing of DS records has not shown that this one is gone: it would show the others.
    others = {server for record in records if record not in mine for server in record.servers}
    gone = (asked & others if others else asked) - showing
    if chain.verdict is Verdict.INDETERMINATE:
        gone = set()
    return Arrival(len(gone), len(asked))


def _record(publication: Publication, chain: Chain, arrival: Arrival) -> bool:
    """Keep what a look has shown. Whether this one saw the change arrive everywhere."""
    now = timezone.now()
    times = _times(chain) or UNSEEN
    seen = arrival.is_everywhere
    return bool(
        Publication.objects.filter(pk=publication.pk, seen_at=None, look_at__isnull=False).update(
            looked_at=now,
            lease_until=None,
            arrived=arrival.arrived,
            servers=arrival.servers,
            seen_at=now if seen else None,
            look_at=None if seen else _next_look(publication.began_at, now),
            ds_ttl=longest(publication.ds_ttl, times.ds),
            negative_ttl=longest(publication.negative_ttl, times.parent_negative),
            key_ttl=longest(publication.key_ttl, times.dnskey),
        )
        and seen
    )


def _next_look(began_at: datetime, now: datetime) -> datetime | None:
    age = now - began_at
    return None if age >= WATCHED_FOR else now + min(max(age / PART, SHORTEST_GAP), LONGEST_GAP)


def _have_checked(domain: Domain) -> None:
    """Let the pages know the chain as it is now."""
    row = DelegationCheck.objects.of(domain, None).filter(checked_at=None).first()
    if row is None:
        try:
            with transaction.atomic():
                row = DelegationCheck.objects.create(domain=domain)
        except IntegrityError:  # Somebody has asked for it this moment.
            return
    checks.carry_out(row.pk)


def _times(chain: Chain | None) -> Times | None:
    """The TTLs of a domain that was found to be a zone of its own."""
    is_own = chain is not None and chain.is_zone and chain.name == chain.zone and len(chain.links) > 1
    return chain.links[-1].times if chain is not None and is_own else None


def _last_chain(domain: Domain) -> Chain | None:
    """The chain of the newest check, as it is or as it would be: both have read the same TTLs."""
    row = DelegationCheck.objects.filter(domain=domain, checked_at__isnull=False).order_by("-id").first()
    return checks.chain_of(row) if row else None
