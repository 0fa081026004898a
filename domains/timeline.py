"""What happened in one request, step by step, out of what was recorded: for its page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from domains.models import Attempt, Operation, OutgoingEmail, PollMessage

SHOWN_ATTEMPTS = 20  # A registry that is away for a day is tried some hundred times; the last ones say enough.


@dataclass(frozen=True)
class Step:
    """
    One line: when, what, in whose words. `state` is done, failed, now or next; `mail` is one that may be sent again.
    """

    at: datetime | None
    state: str
    title: str
    text: str = ""
    words: str = ""
    code: int | None = None
    cl_trid: str = ""
    sv_trid: str = ""
    mail: OutgoingEmail | None = None


def steps(operation: Operation) -> list[Step]:
    """
    Everything that happened in the request and what comes next, in this order.

    Reads the operation's attempts, poll messages and mails (prefetched), and its domain with TLD and registrant.
    """
    attempts = list(operation.attempts.all())
    happened = [step for attempt in attempts[-SHOWN_ATTEMPTS:] for step in _attempt(operation, attempt)]
    happened += _prechecked(operation, attempts)
    happened += [_decision(message) for message in operation.poll_messages.all()]
    happened.sort(key=lambda step: step.at or operation.submitted_at)
    hidden = len(attempts) - SHOWN_ATTEMPTS
    if hidden > 0:
        happened.insert(
            0,
            Step(
                None,
                "done",
                ngettext("%(count)d earlier command is not shown", "%(count)d earlier commands are not shown", hidden)
                % {"count": hidden},
            ),
        )
    rest = _what_follows(operation) if operation.is_open else _outcome(operation)
    return [_submitted(operation), *happened, *rest]


def _submitted(operation: Operation) -> Step:
    who = operation.requested_by
    text = _("by %(person)s") % {"person": who.email} if who else ""
    return Step(operation.submitted_at, "done", _("Submitted"), text)


def _prechecked(operation: Operation, attempts: list[Attempt]) -> list[Step]:
    """What was known of the change before it was sent."""
    known = Operation.Precheck
    said = {
        known.FINE: ("done", _("The domain stays reachable, and nothing speaks against it.")),
        known.WORKS: ("done", _("The domain stays reachable; there was a warning.")),
        known.OUTAGE: ("failed", _("It would have taken the domain off the internet.")),
        known.ACCEPTED: ("done", _("It would take the domain off the internet, and that was accepted.")),
        known.UNKNOWN: ("done", _("Not checked: the name servers of the domain could not be asked.")),
    }
    if not operation.precheck:
        return []
    state, text = said[known(operation.precheck)]
    # It comes before the first command; of what was known when it was asked for no time is kept.
    at = attempts[0].sent_at if attempts else operation.finished_at or operation.submitted_at
    return [Step(at - timedelta(microseconds=1), state, _("Looked ahead"), text)]


def _attempt(operation: Operation, attempt: Attempt) -> list[Step]:
    tld = operation.domain.tld
    sent_title, asked_title = _("Sent to the %(tld)s registry"), _("Asked the %(tld)s registry what it holds")
    title = (sent_title if attempt.command == "domain:update" else asked_title) % {"tld": tld}
    sent = Step(attempt.sent_at, "done", title, cl_trid=attempt.cl_trid)
    if attempt.answered_at is None:
        return [sent]
    if attempt.code is None:
        return [sent, Step(attempt.answered_at, "failed", _("No usable answer"), attempt.message)]
    state = "done" if attempt.code < 2000 else "failed"
    title = _("Received by the registry") if attempt.code == 1001 else _("Answered by the registry")
    answer = Step(attempt.answered_at, state, title, "", attempt.message, attempt.code, sv_trid=attempt.sv_trid)
    return [sent, answer]


def _decision(message: PollMessage) -> Step:
    state = "failed" if message.accepted is False else "done"
    return Step(message.received_at, state, _("Decided by the registry"), words=message.text, sv_trid=message.sv_trid)


def _what_follows(operation: Operation) -> list[Step]:
    if operation.pending_since:
        now = Step(None, "now", _("The registry decides"), _("This usually takes minutes; the page updates by itself."))
    elif operation.update_sent_at:
        now = Step(None, "now", _("Waiting for the registry’s answer"), _("This page updates by itself."))
    elif operation.attempts_made > 1:
        now = Step(None, "now", _("The registry could not be reached yet"), _("We keep trying, for a day at most."))
    else:
        now = Step(None, "now", _("Waiting to be sent"), _("This page updates by itself."))
    registrant = operation.domain.registrant
    if registrant and registrant.email:
        mail = Step(None, "next", _("Mail to %(address)s") % {"address": registrant.email}, _("with the outcome"))
    else:
        mail = Step(None, "next", _("No mail"), _("The registrant contact has no email address."))
    return [now, mail]


def _outcome(operation: Operation) -> list[Step]:
    successful = operation.status == Operation.Status.SUCCESSFUL
    because = _("Reason given: %(reason)s") % {"reason": operation.closed_because} if operation.closed_because else ""
    outcome = Step(
        operation.finished_at,
        "done" if successful else "failed",
        operation.get_status_display(),
        " ".join(filter(None, [operation.sentence, because])),
    )
    mails = sorted(operation.mails.all(), key=lambda mail: mail.pk)
    # Only the last to each of the two says how things are; an earlier one is not worth sending again.
    last = {mail.is_copy: mail.pk for mail in mails}.values()
    return [outcome, *(_mail(operation, mail, is_last=mail.pk in last) for mail in mails)]


def _mail(operation: Operation, mail: OutgoingEmail, *, is_last: bool) -> Step:
    registrant = operation.domain.registrant
    address = mail.recipient if mail.is_copy else registrant.email if registrant else ""
    again = mail if is_last and address and mail.status != OutgoingEmail.Status.WAITING else None
    if not mail.recipient:
        return Step(None, "failed", _("No mail"), _("The registrant contact had no email address."), mail=again)
    title = (_("Copy to %(address)s") if mail.is_copy else _("Mail to %(address)s")) % {"address": mail.recipient}
    if mail.status == OutgoingEmail.Status.SENT:
        return Step(mail.sent_at, "done", title, mail.subject, mail=again)
    if mail.status == OutgoingEmail.Status.WAITING:
        return Step(None, "now", title, _("It is on its way."))
    if mail.is_copy:
        return Step(None, "failed", title, _("It could not be delivered."), mail=again)
    text = _("It could not be delivered. Check the registrant’s email address.")
    return Step(None, "failed", title, text, mail=again)
