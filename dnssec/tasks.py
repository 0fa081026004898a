"""The tasks of the keys: carry out an operation, poll the registries, hand out what stands still, look again."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from dnssec import checks, polling, provisioning, publications, reconciliation, watch
from dnssec.models import RUN_LASTS
from domains import operations
from domains.models import Registry
from domains.queues import pollers
from domains.registry import RegistryUnavailable
from domains.tasks import BATCH, hand_over


@shared_task
def carry_out(pk: int) -> None:
    """Work on one operation."""
    provisioning.carry_out(pk)


@shared_task
def check_delegation(pk: int) -> None:
    """Make one check of a chain of trust."""
    checks.carry_out(pk)


@shared_task
def watch_domains() -> None:
    """Hand out the checks of the domains whose turn it is."""
    for pk in watch.take_turns():
        hand_over(check_delegation, pk, expires=RUN_LASTS.total_seconds())


@shared_task
def tidy_checks() -> None:
    """Delete what the watch need not keep."""
    watch.tidy()


@shared_task
def watch_publications() -> None:
    """Hand out the changes that should be looked for at the parent's servers."""
    for pk in publications.due():
        hand_over(look_for_publication, pk, expires=5)


@shared_task
def look_for_publication(pk: int) -> None:
    """Look once whether a change has arrived at all servers of the parent."""
    publications.look(pk)


@shared_task
def resume_stalled() -> None:
    """Hand out the operations that are due: never handed over, to be tried again, or left by a worker that is gone."""
    for pk in operations.due(BATCH):
        hand_over(carry_out, pk, expires=5)


@shared_task
def poll_registries() -> None:
    """Hand out the message queues that are due for a look; each is taken by exactly one task."""
    now = timezone.now()
    following = now + timedelta(seconds=settings.EPP_POLL_INTERVAL)
    for registry in pollers():
        due = Registry.objects.filter(pk=registry.pk, next_poll_at=registry.next_poll_at, next_poll_at__lte=now)
        if due.update(next_poll_at=following):
            hand_over(poll_registry, registry.pk, expires=settings.EPP_POLL_INTERVAL)


@shared_task
def poll_registry(pk: int) -> None:
    """Take the waiting messages of one registry. One that is away is polled again at the next round."""
    try:
        polling.poll(Registry.objects.get(pk=pk))
    except RegistryUnavailable:
        return


@shared_task
def reconcile_domains() -> None:
    """Hand out the domains that should be compared with the registry's record."""
    for pk in reconciliation.due_for_reconciliation(BATCH):
        hand_over(reconcile_domain, pk, expires=30)


@shared_task
def reconcile_domain(pk: int) -> None:
    """Compare one domain with the registry's record."""
    reconciliation.reconcile(pk)
