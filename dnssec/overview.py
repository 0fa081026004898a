"""What the page Manage keys shows of a domain: its keys, the open request, the last outcome and its mail.

Read in three queries beside the domain with its keys and who added them, and one or two more.
"""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2s

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dnssec.algorithms import label
from dnssec.keys import KSK, SHA1, SHA256, SHA384
from dnssec.locks import Lock, lock_on
from dnssec.models import DelegationSigner
from dnssec.next_step import NextStep, next_step
from dnssec.operations import LOOK_PATIENCE, Obstacle, obstacle_to_adding, obstacle_to_deleting
from domains.listing import MAIL_FOLLOWS, POLL, SLOW_POLL
from domains.models import Domain, Operation, OutgoingEmail, Tld
from domains.silence import Silence, last_seen, silence_of

State = DelegationSigner.State
OUTCOME_IS_NEWS = timedelta(days=1)
LOOKED_AT, MANY, FEW = 1000, 25, 3  # Requests looked at for the usual time; how many of the TLD's are enough.

DIGEST_NAMES = {str(SHA256): "SHA-256", str(SHA384): "SHA-384", str(SHA1): "SHA-1"}


@dataclass(frozen=True)
class Record:
    """A record of a key in the notation of a zone file (RFC 4034 sections 2.2 and 5.3); `name` is what it is called."""

    name: str
    text: str


@dataclass(frozen=True)
class KeyRow:
    """A key as its row and its deletion show it. `flags` is None and `public_key` empty where only the DS is known."""

    pk: int
    key_tag: int
    flags: int | None
    algorithm: str
    public_key: str
    digest_name: str
    digest: str
    state: str
    state_since: datetime
    known_since: datetime
    added_by: str  # The address of who asked for it here; empty where it was found at the registry.
    note: str
    records: tuple[Record, ...]

    @property
    def text(self) -> str:
        """Its records with a comment before them, as a zone file takes them."""
        return "\n".join([f"; {_('Key %(tag)d') % {'tag': self.key_tag}}", *(record.text for record in self.records)])

    @property
    def key_type(self) -> str:
        """KSK or ZSK; empty where it is not known."""
        return "" if self.flags is None else "KSK" if self.flags == KSK else "ZSK"

    @property
    def short_public_key(self) -> str:
        """Beginning and end of the public key: enough to recognise it."""
        key = self.public_key
        return key if len(key) <= 24 else f"{key[:10]}…{key[-8:]}"


@dataclass(frozen=True)
class Step:
    """One of the four steps of an open request; `state` is done, now or next; `at` is when it was done."""

    title: str
    state: str
    at: datetime | None = None


@dataclass(frozen=True)
class Overview:
    """A domain's keys at one moment, and what may be done about them."""

    domain: Domain
    keys: list[KeyRow]
    open_operation: Operation | None
    last_closed: Operation | None
    mail: OutgoingEmail | None
    copy: OutgoingEmail | None  # The same for who asked for it, if they want one.
    usual_time: timedelta | None  # How long the registry took for most of its last requests, while one is open.
    step: NextStep | None  # What is safe to do next after the last change.
    told: OutgoingEmail | None  # The mail about a change that was not asked for here, while that is news.
    no_adding: Obstacle | Lock | None
    no_deleting: Obstacle | Lock | None
    lock: Lock | None
    silence: Silence | None
    seen_at: datetime | None  # When the domain was last compared with the registry.
    asked_at: datetime | None  # When a fresh look was asked for on this page.
    now: datetime

    @property
    def is_checking(self) -> bool:
        """Whether a fresh look at the registry is still waited for."""
        if self.asked_at is None or not timedelta(0) <= self.now - self.asked_at < LOOK_PATIENCE:
            return False
        return not self.was_checked

    @property
    def was_checked(self) -> bool:
        """Whether the look that was asked for has taken place."""
        return self.asked_at is not None and self.seen_at is not None and self.seen_at >= self.asked_at

    @property
    def can_ask(self) -> bool:
        """Whether any change can be asked for now."""
        return self.no_adding is None or (self.no_deleting is None and bool(self.keys))

    @property
    def recipient(self) -> str:
        """The address that the mail will go to; empty where the registrant has none."""
        return self.domain.registrant.email if self.domain.registrant else ""

    @property
    def counts(self) -> str:
        """How many keys are in which state, in words."""
        states = Counter(key.state for key in self.keys)
        sentences = {
            State.PRESENT: _("%(number)d present"),
            State.ADDING: _("%(number)d being added"),
            State.REMOVING: _("%(number)d being deleted"),
            State.UNCONFIRMED: _("%(number)d unconfirmed"),
        }
        words = [sentence % {"number": states[state]} for state, sentence in sentences.items() if states[state]]
        return ", ".join(words) or _("None")

    @property
    def last_operation(self) -> Operation | None:
        """What was asked for last, whether it has an outcome or not."""
        return self.open_operation or self.last_closed

    @property
    def outcome(self) -> Operation | None:
        """The last request while its outcome is news and nothing newer is open."""
        last = self.last_closed
        fresh = last is not None and last.finished_at is not None and self.now - last.finished_at < OUTCOME_IS_NEWS
        return last if fresh and self.open_operation is None else None

    @property
    def stage(self) -> str:
        """How far the open request is: waiting, retrying, sent, pending (the registry decides later) or slow (for a
        day already)."""
        operation = self.open_operation
        if operation is None:
            return ""
        if operation.pending_since:
            patient = self.now - operation.pending_since < timedelta(seconds=settings.PENDING_IS_LONG)
            return "pending" if patient else "slow"
        if operation.update_sent_at:
            return "sent"
        return "retrying" if operation.attempts_made > 1 else "waiting"

    @property
    def usually(self) -> str:
        """How long the registry usually takes, in words; empty where too little is known."""
        if self.usual_time is None:
            return ""
        seconds = math.ceil(self.usual_time.total_seconds())
        if seconds <= 90:
            return ngettext("%(number)d second", "%(number)d seconds", max(seconds, 2)) % {"number": max(seconds, 2)}
        minutes = math.ceil(seconds / 60)
        if minutes <= 90:
            return ngettext("%(number)d minute", "%(number)d minutes", minutes) % {"number": minutes}
        hours = math.ceil(minutes / 60)
        return ngettext("%(number)d hour", "%(number)d hours", hours) % {"number": hours}

    @property
    def zone_text(self) -> str:
        """All keys as DS and DNSKEY records, to be copied or kept."""
        return "\n\n".join(key.text for key in self.keys)

    @property
    def next_try(self) -> datetime | None:
        """When an open request that could not be sent is tried again at the latest; None while it is being tried."""
        operation = self.open_operation
        return operation.next_attempt_at if operation and operation.next_attempt_at > self.now else None

    @property
    def steps(self) -> list[Step]:
        """The way of the open request."""
        operation = self.open_operation
        if operation is None:
            return []
        sent = operation.update_sent_at if self.stage in ("sent", "pending", "slow") else None
        return [
            Step(_("Submitted"), "done", operation.submitted_at),
            Step(_("Sent to registry"), "done" if sent else "now", sent),
            Step(_("Registry decides"), "now" if sent else "next"),
            Step(_("Mail sent"), "next"),
        ]

    @property
    def is_live(self) -> bool:
        """Whether the page is about to change by itself: a request is open, or its mail is due to go out any moment, or
        the registry has been asked, or is silent."""
        return self.is_moving or self.silence is not None

    @property
    def is_moving(self) -> bool:
        """Whether it is about to change within seconds."""
        if self.open_operation or self.is_checking:
            return True
        last = self.last_closed
        waiting = any(mail and mail.status == OutgoingEmail.Status.WAITING for mail in (self.mail, self.copy))
        return (
            waiting and last is not None and last.finished_at is not None and self.now - last.finished_at < MAIL_FOLLOWS
        )

    @property
    def poll_every(self) -> int:
        """Seconds between two looks at this page while it is live."""
        return POLL if self.is_moving else SLOW_POLL

    @property
    def version(self) -> str:
        """A short text that changes when anything shown does. It begins with the open request's reference."""
        operation = self.open_operation
        shown = [
            self.stage,
            operation and (operation.version, operation.can_be_cancelled, operation.status),
            self.last_closed and (self.last_closed.pk, self.last_closed.version, self.last_closed.status),
            [(key.pk, key.state, key.note) for key in self.keys],
            [(mail.pk, mail.status) for mail in (self.mail, self.copy, self.told) if mail],
            (self.domain.dnssec_status, self.domain.dnssec_keys, self.domain.state, self.domain.statuses),
            (self.domain.tld.max_keys, self.recipient, self.is_live),
            (self.silence, self.is_checking, self.seen_at if self.lock or self.silence else None),
        ]
        digest = blake2s(repr(shown).encode(), digest_size=8).hexdigest()
        return f"{operation.reference if operation else ''}.{digest}"

    def closed_since(self, version: str) -> Operation | None:
        """The request that was open in this version and has its outcome now."""
        reference = version.partition(".")[0]
        last = self.last_closed
        return last if last is not None and last.reference == reference and self.open_operation is None else None

    def key(self, pk: int) -> KeyRow | None:
        """The key with this number, while the domain has it."""
        return next((key for key in self.keys if key.pk == pk), None)


def overview_of(domain: Domain, *, asked_at: datetime | None = None) -> Overview:
    """The page's facts about a domain that was read with its TLD and registry, registrant and keys with who added them.

    `asked_at` is when a fresh look at the registry was asked for on this page. Three queries: requests,
    their mails, the last mail about the domain itself; and two for the next step, or while a request is open, how long
    others took.
    """
    now = timezone.now()
    signers = list(domain.keys.all())
    # At most one request is open, and it is the newest.
    latest = list(domain.operations.prefetch_related("mails").order_by("-id")[:2])
    open_operation = latest[0] if latest and latest[0].is_open else None
    closed = [operation for operation in latest if not operation.is_open]
    mails = sorted(closed[0].mails.all(), key=lambda mail: mail.pk) if closed else []
    copies = [mail for mail in mails if mail.is_copy]
    mails = [mail for mail in mails if not mail.is_copy]
    no_adding = obstacle_to_adding(domain, keys=signers, open_operation=open_operation)
    no_deleting = obstacle_to_deleting(domain, open_operation=open_operation)
    # A lock is worth a word where, but for it, something could be asked for.
    can_add = no_adding is None or no_adding.code == "limit"
    lock = lock_on(domain) if no_deleting is None and (can_add or signers) else None
    return Overview(
        domain=domain,
        keys=[_row(domain, signer) for signer in signers],
        open_operation=open_operation,
        last_closed=closed[0] if closed else None,
        mail=mails[-1] if mails else None,
        copy=copies[-1] if copies else None,
        usual_time=_usual_time(open_operation, domain.tld) if open_operation else None,
        step=None if open_operation else next_step(domain, signers, now=now),
        told=domain.mails.filter(created_at__gt=now - OUTCOME_IS_NEWS).order_by("-pk").first(),
        no_adding=(lock or no_adding) if can_add else no_adding,
        no_deleting=lock or no_deleting,
        lock=lock,
        silence=silence_of(domain.tld.registry, [domain.tld]),
        seen_at=last_seen(domain),
        asked_at=asked_at,
        now=now,
    )


def _usual_time(operation: Operation, tld: Tld) -> timedelta | None:
    """
    The median of the time from submission to outcome of the TLD's last requests; None after fewer than FEW of them.

    Only the LOOKED_AT requests before this one are looked at, so that it costs the same however many there are.
    """
    last = Operation.objects.filter(
        pk__lt=operation.pk,
        pk__gte=operation.pk - LOOKED_AT,
        domain__tld=tld,
        update_sent_at__isnull=False,
        status__in=[Operation.Status.SUCCESSFUL, Operation.Status.FAILED],
    ).annotate(took=ExpressionWrapper(F("finished_at") - F("submitted_at"), DurationField()))
    times: list[timedelta] = list(last.order_by("-pk").values_list("took", flat=True)[:MANY])
    return sorted(times)[len(times) // 2] if len(times) >= FEW else None


def _records(domain: Domain, signer: DelegationSigner) -> tuple[Record, ...]:
    """What of a key can be had as a record: the DNSKEY where it is known, and a DS for each digest type but SHA-1,
    which is not for use where there is another (RFC 8624 section 3.3)."""
    kinds = [kind for kind in signer.ds if kind != str(SHA1)] or list(signer.ds)
    records = [
        Record(
            _("DS record, %(digest)s") % {"digest": DIGEST_NAMES.get(kind, kind)},
            f"{domain.name}. IN DS {signer.key_tag} {signer.algorithm} {kind} {signer.ds[kind]}",
        )
        for kind in kinds
    ]
    if signer.public_key:
        dnskey = f"{domain.name}. IN DNSKEY {signer.flags} 3 {signer.algorithm} {signer.public_key}"
        records.append(Record(_("DNSKEY record"), dnskey))
    return tuple(records)


def _row(domain: Domain, signer: DelegationSigner) -> KeyRow:
    digest_type = next((kind for kind in DIGEST_NAMES if kind in signer.ds), next(iter(signer.ds), ""))
    return KeyRow(
        pk=signer.pk,
        key_tag=signer.key_tag,
        flags=signer.flags,
        algorithm=label(signer.algorithm),
        public_key=signer.public_key,
        digest_name=DIGEST_NAMES.get(digest_type, digest_type),
        digest=signer.ds.get(digest_type, ""),
        state=signer.state,
        state_since=signer.state_since,
        known_since=signer.created_at,
        added_by=signer.added_by.email if signer.added_by else "",
        note=signer.note,
        records=_records(domain, signer),
    )
