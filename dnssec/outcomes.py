"""The end of an operation: its outcome, the key's row, the domain's status and the promised mail, in one
transaction.
"""

from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from dnssec import mail, publications, watch
from dnssec.locks import LOCKS
from dnssec.models import DelegationSigner
from dnssec.snapshots import Difference, Subject, belongs_to, is_same_key, records_of, subject_of_row, subjects_of
from domains import operations, outbox
from domains.epp.responses import DomainInfo
from domains.models import Domain, Operation, Person
from domains.sentences import Sentence

State = DelegationSigner.State
Status = Operation.Status


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an operation ends: status, the sentence for a person, and what the registry said."""

    status: str
    message: Sentence
    registry_words: str = ""
    code: int | None = None
    closed_by: Person | None = None
    closed_because: str = ""


def settle(
    operation: Operation,
    outcome: Outcome,
    *,
    claimed: bool = False,
    unsent: bool = False,
    seen: DomainInfo | None = None,
    left: bool = False,
) -> bool:
    """
    Store an outcome with all that follows from it, exactly once. False, and nothing written, when somebody else has.

    `claimed` and `unsent` as in operations.close. `seen` is what the registry listed after the change or in its
    place: rows are
    brought in line with it. `left`: the domain is not ours any more.
    """
    with transaction.atomic():
        domain = (
            Domain.objects.select_for_update(of=("self",))
            .select_related("tld", "registrant", "owner")
            .get(pk=operation.domain_id)
        )
        resolved_later = operation.status == Status.ERROR
        if not operations.close(
            operation,
            status=outcome.status,
            message=outcome.message,
            registry_words=outcome.registry_words,
            result_code=outcome.code,
            claimed=claimed,
            unsent=unsent,
            closed_by=outcome.closed_by,
            closed_because=outcome.closed_because,
        ):
            return False
        _store_key(domain, operation)
        if left:
            domain.state = Domain.State.LEFT
            domain.save(update_fields=["state", "updated_at"])
        news = absorb(domain, seen) if seen is not None else Difference()
        if outcome.code == 2304:
            news = replace(news, locked=())  # The reason for the refusal names the lock.
        show_status(domain)
        watched = publications.begin(operation) if operation.status == Status.SUCCESSFUL else None
        told = outbox.promise(
            mail.outcome_mail(
                operation, domain, resolved_later=resolved_later, ds_ttl=watched.ds_ttl if watched else None
            )
        )
        if copy := mail.copy_of(told, operation.requested_by):
            outbox.promise(copy)
        if news:
            outbox.promise(mail.change_mail(domain, news))
    return True


def absorb(domain: Domain, seen: DomainInfo, *, lists_keys: bool = True) -> Difference:
    """
    Bring the rows of a domain in line with what the registry lists, inside the caller's transaction.

    Rows that an open operation is about are left alone; UNCONFIRMED ones are for their operation's later truth.
    `lists_keys`: whether the registry was asked where it speaks of keys at all (RFC 5910 section 2).
    Returns what has been changed since the last time; of a domain that is seen for the first time it is learnt, and
    nothing was changed.
    """
    first = domain.known_since is None
    before, statuses = domain.statuses, sorted(seen.statuses)
    if first or sorted(before) != statuses:
        domain.known_since = domain.known_since or timezone.now()
        domain.statuses = statuses
        domain.save(update_fields=["known_since", "statuses"])
    records = records_of(seen.secdns)
    rows = list(domain.keys.all()) if lists_keys else []
    removed: list[Subject] = []
    for row in rows:
        mine = [record for record in records if belongs_to(record, subject_of_row(row))]
        if not mine and row.state == State.PRESENT:
            removed.append(subject_of_row(row))
            row.delete()
        records = [record for record in records if record not in mine]
    added = [subject for subject in subjects_of(domain, records) if not any(is_same_key(row, subject) for row in rows)]
    for subject in added:
        create_row(domain, subject, State.PRESENT)
    if first:
        return Difference()
    return Difference(
        added=tuple(added),
        removed=tuple(removed),
        locked=tuple(status for status in LOCKS if status in statuses and status not in before),
        lifted=tuple(status for status in LOCKS if status in before and status not in statuses),
    )


def create_row(domain: Domain, subject: Subject, state: str, *, added_by: Person | None = None) -> DelegationSigner:
    """A key's row from its snapshot. `added_by`: who asked for it here."""
    row: DelegationSigner = DelegationSigner.objects.create(
        domain=domain,
        state=state,
        added_by=added_by,
        **{name: subject[name] for name in ("fingerprint", "key_tag", "flags", "algorithm", "public_key", "ds")},
    )
    return row


def show_status(domain: Domain) -> None:
    """Write the DNSSEC status and the number of keys that lists show, inside the caller's transaction."""
    was_changing = domain.dnssec_status == Domain.DnssecStatus.CHANGING
    states = list(domain.keys.values_list("state", flat=True))
    domain.dnssec_keys = sum(state != State.ADDING for state in states)
    if Operation.objects.open().filter(domain=domain).exists():
        domain.dnssec_status = Domain.DnssecStatus.CHANGING
    elif State.UNCONFIRMED in states or domain.state == Domain.State.LEFT:
        domain.dnssec_status = Domain.DnssecStatus.ATTENTION
    elif not states:
        domain.dnssec_status = (
            Domain.DnssecStatus.NOT_CONFIGURED if domain.tld.dnssec else Domain.DnssecStatus.NOT_SUPPORTED
        )
    else:
        domain.dnssec_status = Domain.DnssecStatus.CONFIGURED
    is_changing = domain.dnssec_status == Domain.DnssecStatus.CHANGING
    domain.watch_at = watch.after_change(domain, ended=was_changing and not is_changing)
    domain.updated_at = timezone.now()
    fields = ["dnssec_status", "dnssec_keys", "watch_at", "updated_at"]
    if domain.state == Domain.State.LEFT:  # Its health is somebody else's care.
        domain.health, domain.health_since, domain.checked_at = Domain.Health.UNKNOWN, None, None
        fields += ["health", "health_since", "checked_at"]
    domain.save(update_fields=fields)


def cancelled(operation: Operation, *, by: Person) -> Outcome:
    """The outcome of a cancellation."""
    message = (
        _("The request was cancelled by you before it was sent. Nothing was changed.")
        if operation.requested_by_id == by.pk
        else _("The request was cancelled before it was sent. Nothing was changed.")
    )
    return Outcome(Status.FAILED, Sentence(message), closed_by=by, closed_because="cancelled")


def done(operation: Operation, *, already: bool = False) -> Outcome:
    """The outcome of a change that the registry holds; `already`: it was so before anything was sent."""
    if operation.type == Operation.Type.ADD_DNSSEC:
        message = _("This key was already at the registry.") if already else _("The key was added at the registry.")
    else:
        message = _("The key was no longer at the registry.") if already else _("The key was deleted at the registry.")
    return Outcome(Status.SUCCESSFUL, Sentence(message), code=1000)


def _store_key(domain: Domain, operation: Operation) -> None:
    """Give the operation's key the state that its outcome means."""
    subject = operation.subject
    adding = operation.type == Operation.Type.ADD_DNSSEC
    rows = domain.keys.filter(fingerprint=subject["fingerprint"])
    if operation.status == Status.ERROR:
        rows.update(state=State.UNCONFIRMED, state_since=timezone.now())
    elif (operation.status == Status.SUCCESSFUL) == adding:
        # The key is at the registry: it was added, or it could not be deleted.
        if not rows.update(state=State.PRESENT, state_since=timezone.now()):
            create_row(domain, subject, State.PRESENT, added_by=operation.requested_by if adding else None)
    else:
        rows.delete()
