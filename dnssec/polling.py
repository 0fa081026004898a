"""What the registry tells later: the messages of its queue, and what they mean for operations and domains. After the
queue.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from dnssec.outcomes import Outcome, done, settle
from domains import queues
from domains import registry as door
from domains.models import Domain, Operation, PollMessage, Registry
from domains.registry import QueuedMessage
from domains.sentences import Sentence

MESSAGES_A_ROUND = 100
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)  # For a message whose registry leaves out the date that RFC 5730 asks for.


def poll(registry: Registry) -> None:
    """
    Take the waiting messages of a registry's queue: each is stored, handled, and only then acknowledged (RFC 5730
    section 2.9.2.3).

    One at a time: who finds the queue in other hands does nothing. Raises RegistryUnavailable.
    """
    if not _take_queue(registry):
        return
    try:
        for row in registry.poll_messages.filter(handled_at=None):
            handle(row)
        with door.session(registry) as session:
            acknowledged = ""
            for _round in range(MESSAGES_A_ROUND):
                message = session.next_message()
                if message is None or message.id == acknowledged:
                    # A registry that shows again what it was told to drop is asked again at the next poll, not at once.
                    break
                handle(_store(registry, message))
                session.acknowledge(message.id)
                acknowledged = message.id
                Registry.objects.filter(pk=registry.pk).update(poll_lease_until=_lease_of_queue())
        queues.note_answer_of_queue(registry)
    finally:
        Registry.objects.filter(pk=registry.pk).update(poll_lease_until=None)


def _take_queue(registry: Registry) -> bool:
    free = Q(poll_lease_until=None) | Q(poll_lease_until__lt=timezone.now())
    return bool(Registry.objects.filter(free, pk=registry.pk).update(poll_lease_until=_lease_of_queue()))


def _lease_of_queue() -> datetime:
    """Long enough for one message: poll, and its acknowledgement."""
    return timezone.now() + timedelta(seconds=2 * settings.EPP_TIMEOUT + 5)


def _store(registry: Registry, message: QueuedMessage) -> PollMessage:
    result = message.result
    row: PollMessage
    row, _created = PollMessage.objects.get_or_create(
        registry=registry,
        message_id=message.id,
        queued_at=message.queued_at or NO_DATE,
        defaults={
            "text": message.text,
            "domain_name": message.domain_name,
            "accepted": result.accepted if result else None,
            "cl_trid": (result.cl_trid or "") if result else "",
            "sv_trid": result.sv_trid if result else "",
        },
    )
    return row


def handle(row: PollMessage) -> None:
    """Settle the operation whose command a stored message answers; what it tells of a domain otherwise is looked up.

    A second time, or about nothing of ours, it is only marked as handled.
    """
    with transaction.atomic():
        if row.handled_at is None and row.domain_name:
            operation = _operation_of(row) if row.accepted is not None else None
            if operation is not None:
                settle(operation, _outcome(row, operation))
                row.operation = operation
            else:
                _have_a_look(row)
        row.handled_at = row.handled_at or timezone.now()
        row.save(update_fields=["operation", "handled_at"])


def _outcome(row: PollMessage, operation: Operation) -> Outcome:
    if row.accepted:
        return done(operation)
    return Outcome(
        Operation.Status.FAILED,
        Sentence(_("The registry decided against the change. Nothing was changed.")),
        registry_words=row.text[:300],
    )


def _operation_of(row: PollMessage) -> Operation | None:
    """
    The operation whose update a message answers, of that domain: by our transaction id where the message names one,
    else by the server's, which not every server makes unique.
    """
    if row.cl_trid:
        named = Q(attempts__cl_trid=row.cl_trid)
    elif row.sv_trid:
        named = Q(attempts__sv_trid=row.sv_trid)
    else:
        return None
    updates = Operation.objects.filter(named, attempts__command="domain:update", domain__name=row.domain_name)
    found: Operation | None = updates.order_by("-id").first()
    return found


def _have_a_look(row: PollMessage) -> None:
    """
    A message that names the domain alone may be about a change by the registry itself (RFC 8590), by another channel,
    or about ours: it decides nothing, and the record is asked. A change that waits is looked up at once, else the next
    reconciliation takes the domain first, and tells the registrant what it finds changed.
    """
    waiting = Operation.objects.open().filter(domain__name=row.domain_name, pending_since__isnull=False)
    if not waiting.update(next_attempt_at=timezone.now()):
        # A look that is under way may have come too early, so it counts no more.
        Domain.objects.filter(name=row.domain_name).update(looked_at=NO_DATE, looking_since=None)
