"""Having a chain of trust checked: before the queue."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from dnssec import tasks
from dnssec.checks import GOOD_FOR
from dnssec.models import RUN_LASTS, DelegationCheck, candidate_key
from domains.models import Domain
from domains.tasks import hand_over

MOST_AT_ONCE = 4  # Of one domain: who tries key after key does not keep the workers from everybody else's.


def ask_for_check(
    domain: Domain, candidate: list[str] | None = None, *, newer_than: datetime | None = None
) -> DelegationCheck | None:
    """
    Have a chain checked, unless there is a result that is fresh (from after `newer_than`, if given) or somebody is at
    it; that row, perhaps without a result yet. None where too many of the domain's are open.
    """
    now, key = timezone.now(), candidate_key(candidate)
    rows = list(domain.checks.filter(Q(candidate_key=key) | Q(checked_at=None)).order_by("-id").defer("chain")[:20])
    newest: DelegationCheck | None = next((row for row in rows if row.candidate_key == key), None)
    if newest is not None and newest.checked_at is not None and newest.checked_at > (newer_than or now - GOOD_FOR):
        return newest
    if newest is not None and newest.checked_at is None:
        if newest.asked_at > now - RUN_LASTS:
            return newest
        newest.delete()
    if sum(row.checked_at is None and row.asked_at > now - RUN_LASTS for row in rows) >= MOST_AT_ONCE:
        return None
    try:
        with transaction.atomic():
            made: DelegationCheck = DelegationCheck.objects.create(domain=domain, candidate=candidate)
    except IntegrityError:
        return None  # Somebody else was faster by a moment, and is at it.
    hand_over(tasks.check_delegation, made.pk, expires=RUN_LASTS.total_seconds())
    return made
