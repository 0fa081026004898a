"""The message queues of registries: which rows share one, for a queue belongs to a server and a login."""

from django.db.models import QuerySet
from django.utils import timezone

from domains.models import Registry


def pollers() -> list[Registry]:
    """
    The registries whose queue is asked, one for each queue: rows of one server and login share theirs (RFC 5730
    section 2.9.2.3).
    """
    first: dict[tuple[str, int | None, str], Registry] = {}
    for registry in Registry.objects.filter(tlds__isnull=False).distinct().order_by("pk"):
        first.setdefault(_queue_of(registry), registry)
    return list(first.values())


def note_answer_of_queue(registry: Registry) -> None:
    """The server answered for all rows that share this registry's queue."""
    rows_of_queue(registry).update(last_answer_at=timezone.now())


def rows_of_queue(registry: Registry) -> QuerySet[Registry]:
    """The rows that share this registry's queue, itself among them."""
    host, port, registrar_id = _queue_of(registry)
    return Registry.objects.filter(host=host, port=port, registrar_id=registrar_id)


def _queue_of(registry: Registry) -> tuple[str, int | None, str]:
    return registry.host, registry.port, registry.registrar_id
