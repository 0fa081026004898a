"""What the registry does about an operation: the conversation, the registry's later messages, and looking
again. After the queue.

The record at the registry is looked at before anything is sent and after every answer that leaves a doubt, so
nothing is resent blindly.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from dnssec.models import DelegationSigner
from dnssec.outcomes import Outcome, absorb, done, settle, show_status
from dnssec.reasons import own_words, refusal
from dnssec.snapshots import belongs_to, record_to_add, records_of
from domains import operations
from domains import registry as door
from domains.epp.responses import DomainInfo, Response
from domains.epp.secdns import SecDnsUpdate
from domains.models import Attempt, Domain, Nameserver, Operation, PollMessage, Registry
from domains.registry import Accepted, OutcomeUnknown, Pending, QueuedMessage, Refused, RegistryUnavailable, Session

logger = logging.getLogger(__name__)

Status = Operation.Status

LOOK_AGAIN = timedelta(seconds=1)  # After a lost answer: on a fresh session, soon.
MESSAGES_A_ROUND = 100
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)  # For a message whose registry leaves out the date that RFC 5730 asks for.
RECONCILE_EVERY = timedelta(hours=24)
LOOK_LASTS = timedelta(seconds=120)  # Longer than one exchange: a look whose worker is gone may be taken up again.
JUDGE_UNCONFIRMED_EVERY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a conversation came to.

    Without an outcome the registry still decides: `pending` ours, or somebody else's change.
    """

    outcome: Outcome | None
    seen: DomainInfo | None = None
    left: bool = False
    pending: bool = False


def carry_out(pk: int) -> None:
    """Work on one operation as far as it goes now.

    Does nothing when it has an outcome, is not due, or is in other hands.
    """
    operation = operations.claim(pk)
    if operation is None:
        return
    try:
        _work_on(operation)
    except operations.ClaimLost:
        logger.info("operation %s went to somebody else", operation.reference)


def _work_on(operation: Operation) -> None:
    registry = operation.domain.tld.registry
    if registry is None:
        settle(
            operation, Outcome(Status.FAILED, _("This TLD has no registry here. Nothing was changed.")), claimed=True
        )
        return
    try:
        with door.session(registry) as session:
            verdict = _converse(session, operation)
    except OutcomeUnknown:
        _later(operation, next_attempt=timezone.now() + LOOK_AGAIN)
        return
    except RegistryUnavailable:
        _later(operation, next_attempt=operations.next_attempt(operation.attempts_made))
        return
    if verdict.outcome is not None:
        settle(operation, verdict.outcome, claimed=True, seen=verdict.seen, left=verdict.left)
        logger.info("operation %s ended %s", operation.reference, verdict.outcome.status)
    elif verdict.pending:
        operations.wait_for_registry(operation)
    else:
        operations.release(operation, next_attempt_at=operations.next_attempt(operation.attempts_made))


def _later(operation: Operation, *, next_attempt: datetime) -> None:
    """Nothing is known yet: try again, or end it when support or the clock says so."""
    if operation.closed_by is None and not operations.is_out_of_patience(operation):
        operations.release(operation, next_attempt_at=next_attempt)
        return
    if operation.update_sent_at is None:
        message = _("The registry could not be reached, so we stopped trying. Nothing was changed.")
        outcome = Outcome(Status.FAILED, message)
    else:
        message = _(
            "The change was sent, but the registry has not told us what became of it. We keep looking and write "
            "again as soon as we know."
        )
        outcome = Outcome(Status.ERROR, message)
    settle(operation, outcome, claimed=True)


def _converse(session: Session, operation: Operation) -> Verdict:
    """Look, send the change where it is still needed, and fold the answer."""
    sent_before = operation.update_sent_at is not None
    looked = _look(session, operation)
    if isinstance(looked, Verdict):
        return looked
    adding = operation.type == Operation.Type.ADD_DNSSEC
    mine = tuple(record for record in records_of(looked.secdns) if belongs_to(record, operation.subject))
    if "pendingUpdate" in looked.statuses:
        return Verdict(None, pending=sent_before)
    if bool(mine) == adding:
        return Verdict(done(operation, already=not sent_before), seen=looked)
    if operation.pending_since is not None:
        # The registry has decided and sent no message, or it was lost: the record is the decision.
        return Verdict(
            Outcome(Status.FAILED, _("The registry decided against the change. Nothing was changed.")), seen=looked
        )
    if operation.closed_by is not None:
        return Verdict(
            Outcome(
                Status.FAILED,
                _("Support ended this request: %(reason)s Nothing was changed.") % {"reason": operation.closed_because},
            ),
            seen=looked,
        )
    if operations.is_out_of_patience(operation):
        return Verdict(
            Outcome(Status.FAILED, _("The registry could not carry out the change for a day. Nothing was changed.")),
            seen=looked,
        )
    if not session.speaks_secdns:
        return _refused(operation, 2103, looked, words="")
    change = (
        SecDnsUpdate(add=(record_to_add(operation.subject, session.registry.interface),))
        if adding
        else SecDnsUpdate(remove=mine)
    )
    return _send(session, operation, change, looked)


def _look(session: Session, operation: Operation) -> DomainInfo | Verdict:
    """What the registry holds about the domain, or the verdict that it is not ours."""
    attempt = operations.record_command(operation, "domain:info")
    try:
        response = session.info(operation.domain.name, cl_trid=attempt.cl_trid)
    except RegistryUnavailable as error:
        _record_trouble(attempt, error, session)
        raise
    _record(attempt, response, session)
    if response.domain is not None:
        if response.domain.sponsor == session.registry.registrar_id:
            return response.domain
        return _left(operation, 2201)
    if response.code in (2201, 2303):
        return _left(operation, int(response.code))
    return _refused(operation, int(response.code), None, words=own_words(response.message, response.reasons))


def _send(session: Session, operation: Operation, change: SecDnsUpdate, looked: DomainInfo) -> Verdict:
    sent_before = operation.update_sent_at
    attempt = operations.record_command(operation, "domain:update", changes=True)
    try:
        answer = session.update(operation.domain.name, change, cl_trid=attempt.cl_trid)
    except RegistryUnavailable as error:
        _record_trouble(attempt, error, session)
        if sent_before is None:
            operations.take_back_sending(operation)
        raise
    except OutcomeUnknown as error:
        _record_trouble(attempt, error, session)
        raise
    _record(attempt, answer.response, session)
    match answer:
        case Accepted():
            return Verdict(done(operation))
        case Pending():
            return Verdict(None, pending=True)
        case Refused():
            return _fold_refusal(session, operation, answer, looked)


def _fold_refusal(session: Session, operation: Operation, answer: Refused, looked: DomainInfo) -> Verdict:
    """A refusal may mean that it is done already (2302, 2303), or that another change is pending (2304): look
    before believing it."""
    words = own_words(answer.response.message, answer.response.reasons)
    if answer.code in (2302, 2303, 2304):
        again = _look(session, operation)
        if isinstance(again, Verdict):
            return again
        mine = [record for record in records_of(again.secdns) if belongs_to(record, operation.subject)]
        if bool(mine) == (operation.type == Operation.Type.ADD_DNSSEC):
            return Verdict(done(operation, already=True), seen=again)
        if "pendingUpdate" in again.statuses:
            operations.take_back_sending(operation)
            return Verdict(None)
        looked = again
    if answer.code == 2201:
        return _left(operation, 2201, words=words)
    return _refused(operation, answer.code, looked, words=words)


def _refused(operation: Operation, code: int, looked: DomainInfo | None, *, words: str) -> Verdict:
    tld = operation.domain.tld
    message = refusal(
        code,
        name=operation.domain.name,
        tld=tld.name,
        limit=tld.max_keys,
        words=words,
        statuses=looked.statuses if looked else (),
    )
    if code in (2103, 2104) and tld.registry is not None:
        door.call_staff(tld.registry, f"{operation.reference}: the registry answered {code} {words}")
    return Verdict(Outcome(Status.FAILED, message, registry_words=words, code=code), seen=looked)


def _left(operation: Operation, code: int, *, words: str = "") -> Verdict:
    domain = operation.domain
    message = refusal(code, name=domain.name, tld=domain.tld.name, limit=domain.tld.max_keys, words="")
    return Verdict(Outcome(Status.FAILED, message, registry_words=words, code=code), left=True)


def _record_trouble(attempt: Attempt, trouble: door.Trouble, session: Session) -> None:
    operations.record_answer(attempt, code=trouble.code, message=str(trouble), conversation=session.conversation())


def _record(attempt: Attempt, response: Response, session: Session) -> None:
    words = " / ".join((response.message, *response.reasons))
    operations.record_answer(
        attempt,
        code=int(response.code),
        sv_trid=response.sv_trid,
        message=words,
        conversation=session.conversation(),
    )


# ---- what the registry tells later ----


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
            for _round in range(MESSAGES_A_ROUND):
                message = session.next_message()
                if message is None:
                    break
                handle(_store(registry, message))
                session.acknowledge(message.id)
                Registry.objects.filter(pk=registry.pk).update(poll_lease_until=_lease_of_queue())
        door.note_answer_of_queue(registry)
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
    """Settle the operation that a stored message is about, or look at a domain that the registry says it has changed.

    A second time, or about nothing of ours, it is only marked as handled.
    """
    with transaction.atomic():
        if row.accepted is None and row.domain_name and row.handled_at is None:
            # A change by the registry itself (RFC 8590): the next reconciliation takes the domain first.
            Domain.objects.filter(name=row.domain_name).update(looked_at=NO_DATE)
        operation = _operation_of(row) if row.accepted is not None and row.handled_at is None else None
        if operation is not None:
            if row.accepted:
                outcome = done(operation)
            else:
                outcome = Outcome(
                    Status.FAILED,
                    _("The registry decided against the change. Nothing was changed."),
                    registry_words=row.text[:300],
                )
            settle(operation, outcome)
            row.operation = operation
        row.handled_at = row.handled_at or timezone.now()
        row.save(update_fields=["operation", "handled_at"])


def _operation_of(row: PollMessage) -> Operation | None:
    """
    The operation whose command a message answers: by the server's transaction id, else by ours, and of that domain.
    A registry that names neither can only mean the change that waits for its decision.
    """
    of_domain = Operation.objects.filter(domain__name=row.domain_name).order_by("-id")
    found: Operation | None = of_domain.filter(attempts__sv_trid=row.sv_trid).first() if row.sv_trid else None
    found = found or (of_domain.filter(attempts__cl_trid=row.cl_trid).first() if row.cl_trid else None)
    return found or of_domain.open().filter(pending_since__isnull=False).first()


# ---- looking again ----


def due_for_reconciliation(limit: int) -> list[int]:
    """Domains that should be compared with the registry: those in doubt every minute, the others once a day."""
    now = timezone.now()
    in_doubt = Q(looked_at__lt=now - JUDGE_UNCONFIRMED_EVERY, keys__state=DelegationSigner.State.UNCONFIRMED)
    in_turn = Q(looked_at__lt=now - RECONCILE_EVERY)
    rows = Domain.objects.filter(in_doubt | in_turn, tld__registry__isnull=False).exclude(
        dnssec_status=Domain.DnssecStatus.CHANGING
    )
    return list(rows.order_by("looked_at").values_list("pk", flat=True).distinct()[:limit])


def reconcile(pk: int) -> None:
    """
    Take over what the registry holds of a domain, and give operations that ended in doubt their later truth.

    One at a time, and the time of the look is written with what was seen: a registry that does not answer leaves it.
    """
    now = timezone.now()
    free = Q(looking_since=None) | Q(looking_since__lt=now - LOOK_LASTS)
    mine = Domain.objects.filter(free, pk=pk, looked_at__lt=now - JUDGE_UNCONFIRMED_EVERY / 2)
    if not mine.update(looking_since=now):
        return
    domain = Domain.objects.select_related("tld__registry").get(pk=pk)
    try:
        if domain.tld.registry is not None:
            _compare(domain, domain.tld.registry)
    except RegistryUnavailable:
        logger.info("domain %s could not be compared with its registry", pk)
    finally:
        Domain.objects.filter(pk=pk, looking_since=now).update(looking_since=None)


def _compare(domain: Domain, registry: Registry) -> None:
    with door.session(registry) as session:
        response = session.info(domain.name, cl_trid=door.new_cl_trid("I"))
    seen = response.domain
    ours = seen is not None and seen.sponsor == registry.registrar_id
    if not ours and seen is None and response.code not in (2201, 2303):
        return
    with transaction.atomic():
        domain = Domain.objects.select_for_update(of=("self",)).select_related("tld").get(pk=domain.pk)
        if Operation.objects.open().filter(domain=domain).exists():
            return
        domain.state = Domain.State.ACTIVE if ours else Domain.State.LEFT
        domain.looked_at = timezone.now()
        domain.save(update_fields=["state", "looked_at"])
        if ours and seen is not None and "pendingUpdate" not in seen.statuses:
            _judge_unconfirmed(domain, seen)
            fill(domain, seen)
        show_status(domain)


def _judge_unconfirmed(domain: Domain, seen: DomainInfo) -> None:
    for row in domain.keys.filter(state=DelegationSigner.State.UNCONFIRMED):
        operation = (
            domain.operations.filter(status=Status.ERROR, subject__fingerprint=row.fingerprint).order_by("-id").first()
        )
        if operation is None:
            continue
        present = any(belongs_to(record, operation.subject) for record in records_of(seen.secdns))
        if present == (operation.type == Operation.Type.ADD_DNSSEC):
            settle(operation, done(operation))
        else:
            settle(
                operation, Outcome(Status.FAILED, _("The registry did not carry out the change. Nothing was changed."))
            )


def fill(domain: Domain, seen: DomainInfo) -> None:
    """
    Take over all that the registry tells about a domain of ours: dates, statuses and the transfer lock, the names of
    its name servers, keys (RFC 5731 section 3.1.2, RFC 5910 section 5.1.2). Inside the caller's transaction.

    Addresses of name servers stay: domain:info names hosts only.
    """
    if seen.created_at is not None:
        domain.registered_on = seen.created_at.date()
    if seen.expires_at is not None:
        domain.expires_on = seen.expires_at.date()
    domain.transfer_lock = "clientTransferProhibited" in seen.statuses
    domain.save(update_fields=["registered_on", "expires_on", "transfer_lock"])
    domain.nameservers.exclude(name__in=seen.name_servers).delete()
    there = set(domain.nameservers.values_list("name", flat=True))
    Nameserver.objects.bulk_create(
        Nameserver(domain=domain, name=name) for name in dict.fromkeys(seen.name_servers) if name not in there
    )
    absorb(domain, seen)
