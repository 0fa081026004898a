"""The life of an operation: submit, claim, record what is sent, release, wait, close. Status changes stand
here and nowhere else.

Every step is one UPDATE that names the state it expects, so that whatever runs twice or beside itself finds nothing
to do.
"""

import logging
import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from domains.errors import DuplicateRequest
from domains.models import Attempt, Domain, Operation, Person, Tld
from domains.sentences import Sentence

logger = logging.getLogger(__name__)

LONGEST_FRAME = 20_000  # Characters of a frame that are kept with an attempt.
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0  # Seconds between attempts: doubling, with jitter.
FIRST_LOOK, LONGEST_LOOK = 10.0, 300.0  # Seconds until a change that the registry decides later is looked up.


class ClaimLost(Exception):
    """Somebody else works on the operation by now, or it has been closed: stop without touching anything."""


def submit(
    domain: Domain,
    *,
    type: str,
    subject: dict[str, Any],
    requested_by: Person | None,
    retry_of: Operation | None = None,
    precheck: str = "",
) -> Operation:
    """A new operation, inside the caller's transaction. Raises DuplicateRequest when the domain has an open one.

    `precheck`: what is known already of what it would do; empty where the worker has to look.
    """
    try:
        with transaction.atomic():  # A savepoint: the constraint's word must not end the caller's transaction.
            return Operation.objects.create(
                domain=domain,
                type=type,
                subject=subject,
                requested_by=requested_by,
                retry_of=retry_of,
                precheck=precheck,
            )
    except IntegrityError as error:
        raise DuplicateRequest(Operation.objects.open().filter(domain=domain).first()) from error


def due(limit: int) -> list[int]:
    """The keys of operations that should be worked on now and are not, the longest waiting first."""
    now = timezone.now()
    return list(
        Operation.objects.open()
        .filter(next_attempt_at__lte=now)
        .filter(Q(claim_token=None) | Q(lease_until__lt=now))
        .order_by("next_attempt_at")
        .values_list("pk", flat=True)[:limit]
    )


def claim(pk: int) -> Operation | None:
    """Take a due operation that is free, or whose worker is gone, for OPERATION_LEASE seconds.

    None when there is nothing to take.
    """
    now = timezone.now()
    token = uuid.uuid4()
    taken = (
        Operation.objects.open()
        .filter(pk=pk, next_attempt_at__lte=now)
        .filter(Q(claim_token=None) | Q(lease_until__lt=now))
        .update(claim_token=token, lease_until=now + _lease(), attempts_made=F("attempts_made") + 1)
    )
    if not taken:
        return None
    operation: Operation = Operation.objects.select_related(
        "domain__tld__registry", "domain__registrant", "domain__owner", "requested_by"
    ).get(pk=pk)
    return operation if operation.claim_token == token else None


def record_command(operation: Operation, command: str, *, changes: bool = False) -> Attempt:
    """
    Write down a command before it is sent, and renew the lease, in one commit.

    `changes` marks a command that may change something at the registry: from then on the operation is IN_PROGRESS
    and cannot be
    cancelled. Raises ClaimLost.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        fields: dict[str, Any] = {"lease_until": now + _lease()}
        if changes:
            fields |= {
                "status": Operation.Status.IN_PROGRESS,
                "update_sent_at": now,
                "updated_at": now,
                "version": F("version") + 1,
            }
        _update_claimed(operation, **fields)
        number = operation.attempts.count() + 1
        attempt = Attempt.objects.create(
            operation=operation, command=command, cl_trid=f"RC-{operation.reference}-{number}", sent_at=now
        )
    if changes:
        operation.status, operation.update_sent_at = Operation.Status.IN_PROGRESS, now
    return attempt


def record_answer(
    attempt: Attempt,
    *,
    code: int | None = None,
    sv_trid: str = "",
    message: str = "",
    conversation: tuple[str, str, float] = ("", "", 0.0),
) -> None:
    """
    Complete an attempt with the answer, or with what went wrong in place of one.

    `conversation` is the redacted frames, sent and received, and the seconds between them.
    """
    sent, received, seconds = conversation
    attempt.answered_at = timezone.now()
    attempt.code, attempt.sv_trid, attempt.message = code, sv_trid[:255], message[:2000]
    attempt.sent, attempt.received = sent[:LONGEST_FRAME], received[:LONGEST_FRAME]
    attempt.duration_ms = round(1000 * seconds) if received else None
    attempt.save(update_fields=["answered_at", "code", "sv_trid", "message", "sent", "received", "duration_ms"])
    logger.info(
        "step=%s operation=%s cltrid=%s svtrid=%s code=%s ms=%s",
        attempt.command,
        attempt.operation.reference,
        attempt.cl_trid,
        attempt.sv_trid or "-",
        code if code is not None else "none",
        attempt.duration_ms if attempt.duration_ms is not None else "-",
    )


def release(operation: Operation, *, next_attempt_at: datetime) -> None:
    """Let go of a claimed operation until it is due again. Raises ClaimLost."""
    _update_claimed(
        operation,
        claim_token=None,
        lease_until=None,
        next_attempt_at=next_attempt_at,
        updated_at=timezone.now(),
        version=F("version") + 1,
    )


def take_back_sending(operation: Operation) -> None:
    """The change that was about to be sent was surely not carried out: it may be cancelled again. Raises ClaimLost."""
    _update_claimed(
        operation,
        status=Operation.Status.SUBMITTED,
        update_sent_at=None,
        updated_at=timezone.now(),
        version=F("version") + 1,
    )
    operation.status, operation.update_sent_at = Operation.Status.SUBMITTED, None


def wait_for_registry(operation: Operation) -> None:
    """The registry decides later (1001): release, and look it up after 10 s, then with growing gaps.

    Raises ClaimLost.
    """
    now = timezone.now()
    since = operation.pending_since or now
    gap = min(max(FIRST_LOOK, (now - since).total_seconds()), LONGEST_LOOK)
    _update_claimed(
        operation,
        claim_token=None,
        lease_until=None,
        status=Operation.Status.IN_PROGRESS,
        pending_since=since,
        next_attempt_at=now + timedelta(seconds=gap),
        **({"updated_at": now, "version": F("version") + 1} if operation.pending_since is None else {}),
    )


def note_precheck(operation: Operation, precheck: str) -> None:
    """Keep what the change would do, before it is sent. Raises ClaimLost."""
    _update_claimed(operation, precheck=precheck)
    operation.precheck = precheck


def close(
    operation: Operation,
    *,
    status: str,
    message: Sentence,
    registry_words: str = "",
    result_code: int | None = None,
    claimed: bool = False,
    unsent: bool = False,
    closed_by: Person | None = None,
    closed_because: str = "",
) -> bool:
    """
    Give an operation its outcome, inside the caller's transaction. False when it has one already, or is claimed by
    somebody else.

    `claimed`: only while our claim holds. `unsent`: only while no change has been sent (a cancellation).
    An ERROR may be closed again by a later truth.
    """
    rows = Operation.objects.filter(pk=operation.pk, status__in=[*Operation.OPEN, Operation.Status.ERROR])
    if claimed:
        rows = rows.filter(claim_token=operation.claim_token)
    if unsent:
        rows = rows.filter(status=Operation.Status.SUBMITTED, update_sent_at=None)
    if status == Operation.Status.ERROR:
        rows = rows.open()
    now = timezone.now()
    fields: dict[str, Any] = {}
    if closed_by is not None:
        fields |= {"closed_by": closed_by, "closed_because": closed_because}
    closed = rows.update(
        status=status,
        message=message.in_english,
        said=message.as_json,
        registry_words=registry_words,
        result_code=result_code,
        finished_at=now,
        updated_at=now,
        claim_token=None,
        lease_until=None,
        version=F("version") + 1,
        **fields,
    )
    if closed:
        told = ["status", "message", "said", "registry_words", "result_code"]
        operation.refresh_from_db(fields=[*told, "finished_at", "updated_at", "version"])
    return bool(closed)


def ask_to_give_up(operation: Operation, *, requested_by: Person, reason: str) -> bool:
    """Note that support wants this one ended; the worker looks at the registry first.

    False when it has an outcome already.
    """
    now = timezone.now()
    return bool(
        Operation.objects.open()
        .filter(pk=operation.pk)
        .update(
            closed_by=requested_by,
            closed_because=reason[:500],
            next_attempt_at=now,
            updated_at=now,
            version=F("version") + 1,
        )
    )


def is_out_of_patience(operation: Operation) -> bool:
    """Whether an operation has been tried for as long as we try: a day.

    What the registry still decides is never given up.
    """
    return operation.pending_since is None and timezone.now() - operation.submitted_at >= timedelta(
        seconds=settings.OPERATION_PATIENCE
    )


def next_attempt(attempts_made: int) -> datetime:
    """When to try again after so many attempts: 2 s, 4 s, 8 s ... 5 min, each up to a quarter shorter or longer."""
    wait = min(FIRST_WAIT * 2 ** min(max(attempts_made - 1, 0), 16), LONGEST_WAIT)
    return timezone.now() + timedelta(seconds=wait * random.uniform(0.75, 1.25))  # noqa: S311 - jitter, no secret.


def show_dnssec_support(tld: Tld) -> None:
    """Let the domains without keys show what their TLD, which has just been changed, supports now."""
    status = Domain.DnssecStatus
    without_keys = Domain.objects.filter(tld=tld, dnssec_status__in=[status.NOT_CONFIGURED, status.NOT_SUPPORTED])
    without_keys.update(dnssec_status=status.NOT_CONFIGURED if tld.dnssec else status.NOT_SUPPORTED)


def _update_claimed(operation: Operation, **fields: Any) -> None:
    taken = Operation.objects.open().filter(pk=operation.pk, claim_token=operation.claim_token).update(**fields)
    if not taken:
        raise ClaimLost(operation.reference)


def _lease() -> timedelta:
    return timedelta(seconds=settings.OPERATION_LEASE)
