"""Having a chain of trust checked: before the queue."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from dnssec import tasks
from dnssec.checks import GOOD_FOR
from dnssec.models import DelegationCheck
from domains.models import Domain
from domains.tasks import hand_over

RUN_LASTS = timedelta(seconds=30)  # A check that has no result by then is nobody's any more.


def ask_for_check(domain: Domain, candidate: list[str] | None = None) -> DelegationCheck:
    """
    Have a chain checked, unless there is a result that is fresh or somebody is at it; that row, perhaps without a
    result yet.
    """
    rows = DelegationCheck.objects.of(domain, candidate)
    now = timezone.now()
    if found := rows.filter(checked_at__gt=now - GOOD_FOR).order_by("-id").first():
        return found
    rows.filter(checked_at=None, asked_at__lt=now - RUN_LASTS).delete()
    try:
        with transaction.atomic():
            row = DelegationCheck.objects.create(domain=domain, candidate=candidate)
    except IntegrityError:
        return rows.order_by("-id").first() or DelegationCheck(domain=domain, candidate=candidate)
    hand_over(tasks.check_delegation, row.pk, expires=RUN_LASTS.total_seconds())
    return row
