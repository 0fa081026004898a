"""Deleting what has been kept long enough: requests, the commands sent for them, mails, registries' messages, and
sessions that have ended."""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.utils import timezone

from domains.models import Attempt, Domain, Operation, OutgoingEmail, PollMessage

logger = logging.getLogger(__name__)

BATCH = 100  # Rows that one transaction deletes: some milliseconds, in which other writers wait.
ROUND = 20.0  # Seconds until a round ends, far from a task's time limit.
PAUSE = 0.02  # Seconds between transactions: writers on SQLite, who ask again and again, get their turn.


def tidy_up() -> bool:
    """
    Delete one round of what is older than KEEP_DAYS. Returns whether time ran out, so that more may be left.

    Never an open request, a mail that waits, a message that nobody has acted on, nor what a younger request or mail
    repeats: that goes when the younger one is old.
    """
    ends_at = time.monotonic() + ROUND
    counts = {name: delete(rows, ends_at) for name, rows in _old().items()}
    logger.info("step=tidied-up %s", " ".join(f"{name}={count}" for name, count in counts.items()))
    return time.monotonic() >= ends_at


def _old() -> dict[str, QuerySet[Any]]:
    """What may go by kind, those first that others are referred to by."""
    now = timezone.now()
    before = now - timedelta(days=settings.KEEP_DAYS)
    # The record decides later about what ended in doubt; its request says what to look for (docs/architecture.md).
    doubtful = (Domain.DnssecStatus.ATTENTION, Domain.DnssecStatus.CHANGING)
    in_doubt = Q(status=Operation.Status.ERROR, domain__dnssec_status__in=doubtful)
    ended = Operation.objects.filter(finished_at__lt=before).exclude(in_doubt)
    return {
        "sessions": Session.objects.filter(expire_date__lt=now),
        "mails": _made_before(
            OutgoingEmail.objects.exclude(status=OutgoingEmail.Status.WAITING).filter(
                ~_referred_to(OutgoingEmail, "resend_of")
            ),
            "created_at",
            before,
        ),
        "messages": _made_before(PollMessage.objects.filter(handled_at__isnull=False), "received_at", before),
        "attempts": _made_before(Attempt.objects.filter(operation__in=ended), "sent_at", before),
        "operations": _made_before(
            ended.filter(
                *(~_referred_to(model, "operation") for model in (Attempt, OutgoingEmail, PollMessage)),
                ~_referred_to(Operation, "retry_of"),
            ),
            "submitted_at",
            before,
        ),
    }


def _referred_to(model: type[Model], reference: str) -> Exists:
    """Whether a row of the model refers to the one in question."""
    return Exists(model._default_manager.filter(**{reference: OuterRef("pk")}))


def _made_before(rows: QuerySet[Any], moment: str, before: datetime) -> QuerySet[Any]:
    """
    Those of the rows that were made before that time.

    Rows are numbered as they are made, so the primary key is the index that finds them: nothing behind the first young
    row is looked at.
    """
    everything = rows.model._default_manager
    first_young = everything.filter(**{f"{moment}__gte": before}).order_by("pk").values_list("pk", flat=True).first()
    rows = rows.filter(**{f"{moment}__lt": before})
    return rows if first_young is None else rows.filter(pk__lt=first_young)


def delete(rows: QuerySet[Any], ends_at: float) -> int:
    """Delete the rows in short transactions until the round ends. Returns how many went."""
    count = 0
    while time.monotonic() < ends_at and (batch := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])):
        # The conditions are asked once more: what has changed since stays.
        count += rows.filter(pk__in=batch).only("pk").delete()[0]
        time.sleep(PAUSE)
    return count
