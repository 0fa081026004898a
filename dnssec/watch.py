"""The watch over the domains in the DNS: whose turn it is to be checked, how many at a time, and what is kept of it.

A domain's `watch_at` is when it is checked next; what a check means for it: see noticing.
"""

import logging
import random
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from dnssec.chain import Verdict
from dnssec.models import RUN_LASTS, Condition, DelegationCheck
from domains import housekeeping
from domains.models import Domain

logger = logging.getLogger(__name__)

SOON = timedelta(minutes=10)  # Until the next look where something has just been seen, or a check came to nothing.
PER_TLD = 60  # Checks a minute, whoever asked for them: the TLD's servers are asked for each of its domains.
CHECKS_KEPT = timedelta(days=1)
UNWATCHED = (Domain.Health.UNKNOWN, Domain.Health.INSECURE)


def take_turns() -> list[int]:
    """
    Begin a check for each domain whose turn it is and which there is room for; returns the checks, to be handed out.

    Each domain is taken by one caller. It comes back soon when nothing becomes of the check.
    """
    now = timezone.now()
    checks = DelegationCheck.objects.all()
    running = checks.filter(checked_at=None, asked_at__gt=now - RUN_LASTS).count()
    # Half of the workers stay free for what people wait for: a check of silent servers takes seconds.
    room = max(settings.WORKER_CONCURRENCY // 2, 1) - running
    if room <= 0:
        return []
    latest = checks.filter(asked_at__gt=now - timedelta(minutes=1)).order_by()
    asked = dict(latest.values_list("domain__tld").annotate(Count("pk")))
    due = Domain.objects.filter(watch_at__lte=now).exclude(tld__in=[tld for tld, n in asked.items() if n >= PER_TLD])
    begun = []
    for domain in due.order_by("watch_at").only("pk", "tld", "watch_at")[:room]:
        asked[domain.tld_id] = asked.get(domain.tld_id, 0) + 1
        mine = Domain.objects.filter(pk=domain.pk, watch_at=domain.watch_at)
        if asked[domain.tld_id] <= PER_TLD and mine.update(watch_at=now + _soon()) and (row := _begin(domain, now)):
            begun.append(row.pk)
    return begun


def after_change(domain: Domain, *, ended: bool) -> datetime | None:
    """When to check a domain whose rows were written. `ended`: a request on it has just come to its end."""
    if domain.state == Domain.State.LEFT:
        return None
    if ended or domain.dnssec_keys:
        return timezone.now() if ended else domain.watch_at or timezone.now()
    return domain.watch_at


def after_check(domain: Domain, *, is_news: bool, has_conditions: bool) -> datetime | None:
    """
    When to check a domain again that was checked just now, and whose health is written.

    `is_news`: something was seen that the next look should confirm. One without keys is let go once no DS record of
    it is seen any more and nothing is left to be told.
    """
    if not domain.dnssec_keys and domain.health in UNWATCHED and not has_conditions:
        return None
    return timezone.now() + (_soon() if is_news else _spread(timedelta(seconds=settings.WATCH_EVERY)))


def tidy() -> None:
    """
    Delete checks that are a day old, but for the last that found something out about each domain's chain as it is; end
    the conditions of domains that left; delete what ended long ago. One round, as in housekeeping.
    """
    ends_at = time.monotonic() + housekeeping.ROUND
    now = timezone.now()
    old = DelegationCheck.objects.filter(asked_at__lt=now - CHECKS_KEPT)
    known = DelegationCheck.objects.filter(candidate_key="", checked_at__isnull=False).exclude(
        verdict=Verdict.INDETERMINATE.value
    )
    newer = known.filter(domain=OuterRef("domain"), pk__gt=OuterRef("pk"))
    is_known = known.filter(pk=OuterRef("pk"))
    checks = housekeeping.delete(old.exclude(Exists(is_known) & ~Exists(newer)), ends_at)
    Condition.objects.open().filter(domain__state=Domain.State.LEFT).update(ended_at=now)
    ended = Condition.objects.filter(ended_at__lt=now - timedelta(days=settings.KEEP_DAYS))
    logger.info("step=tidied-up checks=%d conditions=%d", checks, housekeeping.delete(ended, ends_at))


def _begin(domain: Domain, now: datetime) -> DelegationCheck | None:
    """A row for a check; None where somebody is at it."""
    rows = DelegationCheck.objects.of(domain, None).filter(checked_at=None)
    rows.filter(asked_at__lt=now - RUN_LASTS).delete()
    try:
        with transaction.atomic():
            row: DelegationCheck = DelegationCheck.objects.create(domain=domain)
    except IntegrityError:
        return None
    return row


def _soon() -> timedelta:
    return _spread(min(SOON, timedelta(seconds=settings.WATCH_EVERY)))


def _spread(pause: timedelta) -> timedelta:
    """A little more or less, so that domains that were checked together do not stay together."""
    return pause * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, no secret.
