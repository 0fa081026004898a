"""What the registry does about an operation: the conversation, from the first look to the outcome. After the queue.

The record at the registry is looked at before anything is sent and after every answer that leaves a doubt, so
nothing is resent blindly.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from dnssec import checks
from dnssec.effects import Effect
from dnssec.outcomes import Outcome, done, settle
from dnssec.reasons import OUR_FAULT, own_words, refusal
from dnssec.snapshots import Record, belongs_to, record_to_add, records_of
from domains import operations
from domains import registry as door
from domains.epp.responses import DomainInfo, Response
from domains.epp.secdns import DsData, SecDnsUpdate
from domains.models import Attempt, Operation
from domains.registry import Accepted, OutcomeUnknown, Pending, Refused, RegistryUnavailable, Session
from domains.sentences import Sentence

logger = logging.getLogger(__name__)

Status = Operation.Status

LOOK_AGAIN = timedelta(seconds=1)  # After a lost answer: on a fresh session, soon.


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
        message = Sentence(_("This TLD has no registry here. Nothing was changed."))
        settle(operation, Outcome(Status.FAILED, message), claimed=True)
        return
    sent_before = operation.update_sent_at is not None
    if not sent_before and not operation.precheck:
        stopped = _look_ahead(operation)
        if stopped is not None:
            settle(operation, stopped, claimed=True)
            logger.info("operation %s was stopped before sending", operation.reference)
            return
    try:
        with door.session(registry) as session:
            verdict = _converse(session, operation)
    except OutcomeUnknown:
        # The first time soon; a registry that goes on like this is not run over.
        soon = timezone.now() + LOOK_AGAIN
        _later(operation, next_attempt=operations.next_attempt(operation.attempts_made) if sent_before else soon)
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


def _look_ahead(operation: Operation) -> Outcome | None:
    """What the change would do, noted on the operation; the outcome where it would take the domain off the internet.

    What cannot be found out stands in nobody's way.
    """
    found = checks.before_sending(operation)
    operations.note_precheck(operation, Operation.Precheck[found.effect.name])
    if found.effect is not Effect.OUTAGE:
        return None
    reason = found.findings[0]
    message = Sentence(
        _(
            "Stopped before sending, for the change would have taken %(domain)s off the internet. %(reason)s Nothing "
            "was sent to the registry."
        ),
        {
            "domain": operation.domain.name,
            "reason": Sentence(reason.rule.template, reason.values).as_json,
        },
    )
    return Outcome(Status.FAILED, message)


def _later(operation: Operation, *, next_attempt: datetime) -> None:
    """Nothing is known yet: try again, or end it when support or the clock says so."""
    if operation.closed_by is None and not operations.is_out_of_patience(operation):
        operations.release(operation, next_attempt_at=next_attempt)
        return
    if operation.update_sent_at is None:
        message = Sentence(_("The registry could not be reached, so we stopped trying. Nothing was changed."))
        outcome = Outcome(Status.FAILED, message)
    else:
        message = Sentence(
            _(
                "The change was sent, but the registry has not told us what became of it. We keep looking and write "
                "again as soon as we know."
            )
        )
        outcome = Outcome(Status.ERROR, message)
    settle(operation, outcome, claimed=True)


def _converse(session: Session, operation: Operation) -> Verdict:
    """Look, send the change where it is still needed, and fold the answer."""
    sent_before = operation.update_sent_at is not None
    looked = _look(session, operation, in_doubt=sent_before)
    if isinstance(looked, Verdict):
        return looked
    adding = operation.type == Operation.Type.ADD_DNSSEC
    mine = tuple(record for record in records_of(looked.secdns) if belongs_to(record, operation.subject))
    ends_anyhow = operation.closed_by is not None or operations.is_out_of_patience(operation)
    if "pendingUpdate" in looked.statuses and (sent_before or not ends_anyhow):
        return Verdict(None, pending=sent_before)
    if not session.speaks_secdns:
        if sent_before:
            raise RegistryUnavailable("The registry does not speak of keys now.")
        return _refused(operation, 2103, None, words="")  # That no key is listed there says nothing.
    if bool(mine) == adding:
        return Verdict(done(operation, already=not sent_before), seen=looked)
    if operation.pending_since is not None:
        # The registry has decided and sent no message, or it was lost: the record is the decision.
        message = Sentence(_("The registry decided against the change. Nothing was changed."))
        return Verdict(Outcome(Status.FAILED, message), seen=looked)
    if operation.closed_by is not None:
        message = Sentence(
            _("Support ended this request: %(reason)s Nothing was changed."), {"reason": operation.closed_because}
        )
        return Verdict(Outcome(Status.FAILED, message), seen=looked)
    if operations.is_out_of_patience(operation):
        message = Sentence(_("The registry could not carry out the change for a day. Nothing was changed."))
        return Verdict(Outcome(Status.FAILED, message), seen=looked)
    change = (
        SecDnsUpdate(add=(record_to_add(operation.subject, session.registry.interface),))
        if adding
        else SecDnsUpdate(remove=tuple(_four_fields(record) for record in mine))
    )
    return _send(session, operation, change, looked)


def _four_fields(record: Record) -> Record:
    """A record without the key that may come with a DS: its four fields name it (RFC 5910 section 5.2.5)."""
    return replace(record, key_data=None) if isinstance(record, DsData) else record


def _look(session: Session, operation: Operation, *, in_doubt: bool) -> DomainInfo | Verdict:
    """
    What the registry holds about the domain, or the verdict that it is not ours.

    `in_doubt`: a change was sent of which nobody knows whether it was made.
    """
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
        return _left(operation, 2201, in_doubt=in_doubt)
    if response.code in (2201, 2303):
        return _left(operation, int(response.code), in_doubt=in_doubt)
    if in_doubt or response.code not in OUR_FAULT | {2103, 2104}:
        # That a question is refused, perhaps for being asked too often, says nothing about a change.
        raise RegistryUnavailable(f"domain:info was answered {int(response.code)}.", int(response.code))
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
            return _fold_refusal(session, operation, answer, looked, change, in_doubt=sent_before is not None)


def _fold_refusal(
    session: Session, operation: Operation, answer: Refused, looked: DomainInfo, change: SecDnsUpdate, *, in_doubt: bool
) -> Verdict:
    """A refusal may mean that it is done already (2302, 2303, or anything where an earlier one arrived late), that
    another change is pending (2304) or that the domain is gone (2201, 2303): look before believing it."""
    words = own_words(answer.response.message, answer.response.reasons)
    if in_doubt or answer.code in (2201, 2302, 2303, 2304):
        again = _look(session, operation, in_doubt=in_doubt)
        if isinstance(again, Verdict):
            return again
        mine = [record for record in records_of(again.secdns) if belongs_to(record, operation.subject)]
        if bool(mine) == (operation.type == Operation.Type.ADD_DNSSEC):
            return Verdict(done(operation, already=True), seen=again)
        # Somebody has removed a part of the records meanwhile: the rest is removed by a command of its own.
        is_another = answer.code == 2303 and set(mine) != set(change.remove)
        if "pendingUpdate" in again.statuses or is_another:
            if in_doubt:
                return Verdict(None, pending=not is_another)
            operations.take_back_sending(operation)
            return Verdict(None)
        looked = again
    return _refused(operation, answer.code, looked, words=words)


def _refused(operation: Operation, code: int, looked: DomainInfo | None, *, words: str) -> Verdict:
    tld = operation.domain.tld
    message = refusal(
        code,
        name=operation.domain.name,
        tld=tld.name,
        limit=tld.max_keys,
        words=words,
        adding=operation.type == Operation.Type.ADD_DNSSEC,
        statuses=looked.statuses if looked else None,
    )
    if code in OUR_FAULT | {2103, 2104} and tld.registry is not None:
        door.call_staff(tld.registry, f"{operation.reference}: the registry answered {code} {words}".strip())
    return Verdict(Outcome(Status.FAILED, message, registry_words=words, code=code), seen=looked)


def _left(operation: Operation, code: int, *, in_doubt: bool) -> Verdict:
    domain = operation.domain
    if in_doubt and code == 2201:
        message = Sentence(
            _(
                "%(name)s is not managed by us at the registry any more; it may have been transferred. A change was "
                "sent before, and nobody could tell us what became of it."
            ),
            {"name": domain.name},
        )
        return Verdict(Outcome(Status.ERROR, message, code=code), left=True)
    message = refusal(code, name=domain.name, tld=domain.tld.name, limit=domain.tld.max_keys, words="")
    return Verdict(Outcome(Status.FAILED, message, code=code), left=True)


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
