"""What a person asks for: add a key, delete a key, cancel, try again, give up, look again, a mail once more or in copy,
a note on a key. Everything here is before the queue.

Each change is one durable transaction that either writes the request and the key's new state, or raises a
RegistrarError and writes nothing.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dnssec import tasks
from dnssec.algorithms import label, offered
from dnssec.keys import DnsKey
from dnssec.mail import WANTS_COPIES, mail_again
from dnssec.models import DelegationSigner
from dnssec.outcomes import cancelled, create_row, settle, show_status
from dnssec.snapshots import is_same_key, key_of, subject_of, subject_of_row
from domains import operations, outbox
from domains.errors import (
    AlreadySent,
    DnssecLimitExceeded,
    DomainLeft,
    DuplicateRequest,
    KeyAlreadyThere,
    KeyNotFound,
    MailOnItsWay,
    NobodyToTell,
    NotOpen,
    ReasonNeeded,
    RegistrarError,
    TldRulesViolation,
)
from domains.models import Domain, Operation, OutgoingEmail, Person
from domains.tasks import hand_over

logger = logging.getLogger(__name__)

ONE_LOOK_IN = timedelta(seconds=5)
STALE_ENOUGH = timedelta(minutes=1)  # A domain that was looked at longer ago than this is always looked at anew.
MAIL_PATIENCE = timedelta(minutes=5)  # A mail that was sent again is given so long to arrive.
LOOK_PATIENCE = timedelta(seconds=20)  # For so long a person waits; a look that nobody has begun by then is pointless.


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a change cannot be asked for now: a code, a short title, a sentence that says what to do."""

    code: str
    title: str
    sentence: str
    error: type[RegistrarError]


def obstacle_to_adding(
    domain: Domain, *, keys: Iterable[DelegationSigner], open_operation: Operation | None
) -> Obstacle | None:
    """What stands against adding a key to the domain, the most lasting reason first; None when nothing does."""
    tld = domain.tld
    if domain.state == Domain.State.LEFT:
        return _left()
    if not tld.dnssec:
        return Obstacle(
            "unsupported",
            _("DNSSEC is not available for .%(tld)s") % {"tld": tld.name},
            _("The registry for .%(tld)s does not support DNSSEC, so no key can be added to %(domain)s.")
            % {"tld": tld.name, "domain": domain.name},
            TldRulesViolation,
        )
    if not offered(tld.algorithms):
        return Obstacle(
            "no_algorithm",
            _("No usable algorithm"),
            _("The registry for .%(tld)s takes only algorithms that must not be used any more, so no key can be added.")
            % {"tld": tld.name},
            TldRulesViolation,
        )
    if open_operation is not None:
        return _one_at_a_time(open_operation)
    count = records_at_registry(keys)
    if count >= tld.max_keys:
        return Obstacle(
            "limit",
            _("The limit is reached"),
            ngettext(
                "The .%(tld)s registry takes %(limit)d key, and %(domain)s has %(count)d. Delete a key first.",
                "The .%(tld)s registry takes %(limit)d keys, and %(domain)s has %(count)d. Delete a key first.",
                tld.max_keys,
            )
            % {"tld": tld.name, "limit": tld.max_keys, "domain": domain.name, "count": count},
            DnssecLimitExceeded,
        )
    return None


def obstacle_to_deleting(domain: Domain, *, open_operation: Operation | None) -> Obstacle | None:
    """What stands against deleting a key of the domain; None when nothing does."""
    if domain.state == Domain.State.LEFT:
        return _left()
    if open_operation is not None:
        return _one_at_a_time(open_operation)
    return None


def records_at_registry(keys: Iterable[DelegationSigner]) -> int:
    """How many records of the registry's limit the keys take: a key known by several DS records takes as many."""
    return sum(max(1, len(key.ds)) if not key.public_key else 1 for key in keys)


def add_key(
    domain: Domain,
    key: DnsKey,
    *,
    requested_by: Person | None,
    retry_of: Operation | None = None,
    precheck: str = "",
) -> Operation:
    """
    Ask the registry to add a key. Returns the submitted operation; the outcome comes by mail.

    `precheck`: what is known of the change (Operation.Precheck); empty where the worker is to look before it sends.
    Raises a RegistrarError: TldRulesViolation, DuplicateRequest, KeyAlreadyThere, DnssecLimitExceeded, DomainLeft.
    """
    with transaction.atomic(durable=True):
        domain = _lock_row(domain)
        keys = list(domain.keys.all())
        subject = subject_of(domain, key)
        open_operation = Operation.objects.open().filter(domain=domain).first()
        obstacle = obstacle_to_adding(domain, keys=keys, open_operation=open_operation)
        if obstacle and obstacle.error is not DnssecLimitExceeded:
            raise _error(obstacle, open_operation)
        twin = next((row for row in keys if is_same_key(row, subject)), None)
        if twin and twin.state != DelegationSigner.State.UNCONFIRMED:
            raise KeyAlreadyThere(
                _("This key is on %(domain)s already: its key tag is %(tag)d.")
                % {"domain": domain.name, "tag": twin.key_tag}
            )
        if obstacle:
            raise _error(obstacle, open_operation)
        if key.algorithm not in {row.number for row in offered(domain.tld.algorithms)}:
            raise TldRulesViolation(
                _("The .%(tld)s registry does not take keys of algorithm %(algorithm)s.")
                % {"tld": domain.tld.name, "algorithm": label(key.algorithm)}
            )
        operation = operations.submit(
            domain,
            type=Operation.Type.ADD_DNSSEC,
            subject=subject,
            requested_by=requested_by,
            retry_of=retry_of,
            precheck=precheck,
        )
        if twin:
            twin.state, twin.state_since = DelegationSigner.State.ADDING, timezone.now()
            twin.save(update_fields=["state", "state_since"])
        else:
            create_row(domain, subject, DelegationSigner.State.ADDING, added_by=requested_by)
        show_status(domain)
        _hand_over_after_commit(operation)
    return operation


def remove_key(
    signer: DelegationSigner,
    *,
    requested_by: Person | None,
    retry_of: Operation | None = None,
    precheck: str = "",
) -> Operation:
    """
    Ask the registry to delete a key, with every record that belongs to it. Returns the submitted operation.

    `precheck`: as with add_key.
    Raises a RegistrarError: KeyNotFound, DuplicateRequest, DomainLeft.
    """
    with transaction.atomic(durable=True):
        domain = _lock_row(signer.domain)
        open_operation = Operation.objects.open().filter(domain=domain).first()
        obstacle = obstacle_to_deleting(domain, open_operation=open_operation)
        if obstacle:
            raise _error(obstacle, open_operation)
        row = domain.keys.filter(pk=signer.pk).first()
        if row is None:
            raise KeyNotFound
        operation = operations.submit(
            domain,
            type=Operation.Type.REMOVE_DNSSEC,
            subject=subject_of_row(row),
            requested_by=requested_by,
            retry_of=retry_of,
            precheck=precheck,
        )
        row.state, row.state_since = DelegationSigner.State.REMOVING, timezone.now()
        row.save(update_fields=["state", "state_since"])
        show_status(domain)
        _hand_over_after_commit(operation)
    return operation


def write_note(signer: DelegationSigner, note: str, *, requested_by: Person) -> None:
    """Keep the owner's own words about a key, of LONGEST_NOTE characters at most. Raises DomainLeft, KeyNotFound."""
    if signer.domain.state == Domain.State.LEFT:
        raise DomainLeft
    if not DelegationSigner.objects.filter(pk=signer.pk).update(note=note):
        raise KeyNotFound
    logger.info("person %s wrote a note on key %s", requested_by.pk, signer.pk)


def have_copies(wanted: bool, *, requested_by: Person) -> None:
    """Whether a person is to have a copy of the mails about the outcomes of own requests, from the next one on."""
    with transaction.atomic():
        person = Person.objects.select_for_update().get(pk=requested_by.pk)
        person.preferences.pop(WANTS_COPIES, None)
        if wanted:
            person.preferences[WANTS_COPIES] = True
        person.save(update_fields=["preferences"])
    requested_by.preferences = person.preferences


def cancel(operation: Operation, *, requested_by: Person) -> None:
    """Take a request back while nothing of it has been sent: it ends FAILED, "cancelled". Raises AlreadySent."""
    with transaction.atomic(durable=True):
        _lock_row(operation.domain)
        if not settle(operation, cancelled(operation, by=requested_by), unsent=True):
            raise AlreadySent


def try_again(operation: Operation, *, requested_by: Person) -> Operation:
    """A new operation that asks for the same and names the old one.

    Raises NotOpen while the old one has no outcome, else as add and remove.
    """
    operation.refresh_from_db()
    if operation.is_open or operation.status == Operation.Status.SUCCESSFUL:
        raise NotOpen(_("Only a request that failed can be tried again."))
    if operation.type == Operation.Type.ADD_DNSSEC:
        key = key_of(operation.subject)
        if key is None:
            raise KeyNotFound
        return add_key(operation.domain, key, requested_by=requested_by, retry_of=operation)
    signer = operation.domain.keys.filter(fingerprint=operation.subject["fingerprint"]).first()
    if signer is None:
        raise KeyNotFound
    return remove_key(signer, requested_by=requested_by, retry_of=operation)


def look_again(domain: Domain, *, requested_by: Person) -> bool:
    """
    Have a worker ask the registry what it holds of the domain. False when it was asked within the last seconds.

    Whoever asks meanwhile shares one look: the worker that begins it writes so on the row. The date of the last look
    is moved back no further than it takes for the domain to be due, for pages show it.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        asked = Domain.objects.filter(pk=domain.pk, looked_at__lt=now - ONE_LOOK_IN).update(
            looked_at=Least("looked_at", Value(now - STALE_ENOUGH))
        )
        if asked:
            expires = LOOK_PATIENCE.total_seconds()
            transaction.on_commit(lambda: hand_over(tasks.reconcile_domain, domain.pk, expires=expires), robust=True)
            logger.info("person %s has domain %s looked at", requested_by.pk, domain.pk)
    return bool(asked)


def give_up(operation: Operation, *, requested_by: Person, reason: str) -> None:
    """
    End an operation that gets nowhere: the worker looks at the registry once more and ends it as what it sees, or as
    ERROR.

    Raises ReasonNeeded without a reason, NotOpen when there is an outcome already.
    """
    if not reason.strip():
        raise ReasonNeeded
    with transaction.atomic(durable=True):
        if not operations.ask_to_give_up(operation, requested_by=requested_by, reason=reason.strip()):
            raise NotOpen
        _hand_over_after_commit(operation)


def send_mail_again(mail: OutgoingEmail, *, requested_by: Person) -> OutgoingEmail:
    """
    Promise the same text anew, to the registrant's present address; a copy to the person whom it went to.

    Raises NobodyToTell where there is no address; MailOnItsWay while it, or a repeat of it, waits for that address, and
    for MAIL_PATIENCE after it was sent again.
    """
    with transaction.atomic():
        _lock_row(mail.about())
        again = mail_again(mail, requested_by=requested_by)
        if mail.is_copy:
            again.is_copy, again.recipient = True, mail.recipient
        if not again.recipient:
            raise NobodyToTell
        same = OutgoingEmail.objects.filter(
            operation=mail.operation, domain=mail.domain, text=mail.text, recipient=again.recipient
        )
        if same.filter(status=OutgoingEmail.Status.WAITING).exists():
            raise MailOnItsWay
        repeats = same.filter(resend_of__is_copy=mail.is_copy)
        if repeats.filter(created_at__gt=timezone.now() - MAIL_PATIENCE).exists():
            raise MailOnItsWay(_("This mail was sent again a moment ago. Give it some minutes to arrive."))
        if mail.is_copy:
            again.resend_of = same.filter(is_copy=True).latest("pk")  # Of each there is one copy: the last is repeated.
        return outbox.promise(again)


def _lock_row(domain: Domain) -> Domain:
    """The domain's row, locked against other requests (on SQLite the IMMEDIATE transaction does that), read anew."""
    locked: Domain = Domain.objects.select_for_update(of=("self",)).select_related("tld").get(pk=domain.pk)
    return locked


def _hand_over_after_commit(operation: Operation) -> None:
    pk = operation.pk
    transaction.on_commit(lambda: hand_over(tasks.carry_out, pk), robust=True)


def _error(obstacle: Obstacle, open_operation: Operation | None) -> RegistrarError:
    return DuplicateRequest(open_operation) if obstacle.error is DuplicateRequest else obstacle.error(obstacle.sentence)


def _left() -> Obstacle:
    return Obstacle("left", _("No longer managed here"), str(DomainLeft.default), DomainLeft)


def _one_at_a_time(operation: Operation) -> Obstacle:
    tag = operation.subject.get("key_tag")
    sentence = (
        _("Key %(tag)s is being added. The next change can be asked for as soon as the registry has answered.")
        if operation.type == Operation.Type.ADD_DNSSEC
        else _("Key %(tag)s is being deleted. The next change can be asked for as soon as the registry has answered.")
    )
    return Obstacle("open", _("One change at a time"), sentence % {"tag": tag}, DuplicateRequest)
