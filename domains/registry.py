"""The one door to a registry: an EPP session that is kept open, and what its answers mean for a change."""

import logging
import random
import secrets
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from domains.epp.client import AnswerLost, Client, NotSent, client_context
from domains.epp.codes import ResultCode
from domains.epp.commands import Command, InfoDomain, Login, Logout, PollAcknowledge, PollRequest, UpdateDomain
from domains.epp.errors import ServiceMissing
from domains.epp.responses import PendingResult, Response
from domains.epp.secdns import SecDnsUpdate
from domains.epp.xml import HIDDEN, SECDNS, redact
from domains.models import Registry
from domains.queues import rows_of_queue
from domains.sealing import CannotUnseal

logger = logging.getLogger(__name__)

# Seconds. Registries end sessions that are idle for longer; half of the usual limits is safe.
IDLE_BEFORE_HELLO = 120.0
# A wrong password is not tried again at once; after more than one it is twelve times as long at most.
LOGIN_REFUSED_PAUSE = timedelta(minutes=5)

BREAKER_TRIPS_AT = 3  # Failures in a row.
BREAKER_LONGEST = 60.0  # Seconds that nobody tries.


class Trouble(Exception):
    """Neither yes nor no. `code` is the result code that came, None where no clean answer came."""

    def __init__(self, what: str, code: int | None = None) -> None:
        super().__init__(what)
        self.code = code


class RegistryUnavailable(Trouble):
    """Nothing was changed: the registry could not be reached, or could not take the command now. Worth trying again."""


class OutcomeUnknown(Trouble):
    """A change was sent and no clean answer came. Ask domain:info before anything else (RFC 5730 section 2)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The registry did it (1000)."""

    response: Response


@dataclass(frozen=True, slots=True)
class Pending:
    """The registry took it and decides later (1001)."""

    response: Response


@dataclass(frozen=True, slots=True)
class Refused:
    """The registry said no, for good."""

    response: Response

    @property
    def code(self) -> int:
        """The result code of RFC 5730 section 3."""
        return int(self.response.code)


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """
    The head of the registry's message queue (RFC 5730 section 2.9.2.3). `domain_name` is the domain that it is about,
    empty where it is about none.
    """

    id: str
    queued_at: datetime | None
    text: str
    result: PendingResult | None
    domain_name: str = ""


# Answers that say "not now" although nothing was done.
NOT_NOW = {
    ResultCode.USE_ERROR,
    ResultCode.AUTHENTICATION_ERROR,
    ResultCode.AUTHENTICATION_CLOSING,
    ResultCode.SESSION_LIMIT_CLOSING,
}
# Answers after which it may have been done all the same.
NOBODY_KNOWS = {ResultCode.COMMAND_FAILED, ResultCode.COMMAND_FAILED_CLOSING}


class Session:
    """A logged-in conversation with one registry. One command at a time."""

    def __init__(self, registry: Registry, client: Client) -> None:
        self.registry = registry
        self.client = client
        self.opened_at = self.used_at = time.monotonic()

    @property
    def speaks_secdns(self) -> bool:
        """Whether the registry offers secDNS-1.1 at all."""
        return SECDNS in self.client.greeting.extension_uris

    def info(self, name: str, *, cl_trid: str) -> Response:
        """
        Ask what the registry holds about a domain (RFC 5731 section 3.1.2). The answer's code is 1000 with `domain`,
        or a refusal.

        Raises RegistryUnavailable: a question changes nothing, so whatever goes wrong it can be asked again.
        """
        try:
            response = self._send(InfoDomain(name), cl_trid)
        except AnswerLost as error:
            raise RegistryUnavailable(str(error)) from error
        # A success that brings no record of this domain answers another question.
        if response.code in NOT_NOW | NOBODY_KNOWS or (
            response.code.is_success and (response.code != ResultCode.DONE or response.domain is None)
        ):
            raise RegistryUnavailable(f"domain:info was answered {int(response.code)}.", int(response.code))
        if response.domain is not None and response.domain.name != name:
            raise RegistryUnavailable("domain:info was answered with another domain.", int(response.code))
        return response

    def update(self, name: str, secdns: SecDnsUpdate, *, cl_trid: str) -> Accepted | Pending | Refused:
        """
        Change the keys of a domain (RFC 5910 section 5.2.5).

        Raises RegistryUnavailable when nothing was done, OutcomeUnknown when nobody knows.
        """
        try:
            response = self._send(UpdateDomain(name, secdns), cl_trid)
        except AnswerLost as error:
            raise OutcomeUnknown(str(error)) from error
        if response.code == ResultCode.DONE:
            return Accepted(response)
        if response.code == ResultCode.DONE_PENDING:
            return Pending(response)
        # A success of another command, such as 1500, says nothing about this one.
        if response.code in NOBODY_KNOWS or response.code.is_success:
            raise OutcomeUnknown(f"domain:update was answered {int(response.code)}.", int(response.code))
        if response.code in NOT_NOW:
            raise RegistryUnavailable(f"domain:update was answered {int(response.code)}.", int(response.code))
        return Refused(response)

    def next_message(self) -> QueuedMessage | None:
        """The oldest message that waits for us, or None. Raises RegistryUnavailable."""
        try:
            response = self._send(PollRequest(), new_cl_trid("P"))
        except AnswerLost as error:
            raise RegistryUnavailable(str(error)) from error
        if response.code != ResultCode.ACK_TO_DEQUEUE or response.queue is None:
            if not response.code.is_success:
                raise RegistryUnavailable(f"poll was answered {int(response.code)}.")
            return None
        queue, about = response.queue, response.pending or response.domain
        return QueuedMessage(
            queue.id, queue.queued_at, queue.text or "", response.pending, about.name.lower() if about else ""
        )

    def acknowledge(self, message_id: str) -> None:
        """
        Take a message off the queue, for good. That it is gone already (2303) is no trouble: it was stored before.

        Raises RegistryUnavailable.
        """
        try:
            response = self._send(PollAcknowledge(message_id), new_cl_trid("P"))
        except AnswerLost as error:
            raise RegistryUnavailable(str(error)) from error
        if not response.code.is_success and response.code != ResultCode.OBJECT_DOES_NOT_EXIST:
            raise RegistryUnavailable(f"poll ack was answered {int(response.code)}.", int(response.code))

    def conversation(self) -> tuple[str, str, float]:
        """The latest exchange as it may be kept: both frames without passwords, and the seconds between them."""
        last = self.client.last
        return redact(last.sent) if last.sent else "", redact(last.received) if last.received else "", last.seconds

    def _send(self, command: Command, cl_trid: str) -> Response:
        try:
            response = self._send_once(command, cl_trid)
        except NotSent as error:
            raise RegistryUnavailable(str(error)) from error
        self.used_at = time.monotonic()
        if (
            response.queue is not None
            and response.queue.count
            and not isinstance(command, PollRequest | PollAcknowledge)
        ):
            rows_of_queue(self.registry).update(next_poll_at=timezone.now())
        return response

    def _send_once(self, command: Command, cl_trid: str) -> Response:
        try:
            return self.client.send(command, cl_trid=cl_trid, timeout=settings.EPP_TIMEOUT)
        except NotSent:
            if self.used_at == self.opened_at:
                raise
            # The registry ended the kept session while nobody used it. Nothing was sent, so a new one may send it.
            self.client = _log_in(self.registry, _connect(self.registry))
            self.opened_at = self.used_at = time.monotonic()
            return self.client.send(command, cl_trid=cl_trid, timeout=settings.EPP_TIMEOUT)


# The sessions that this process keeps open, one a registry. Opened after the fork, on first use.
_sessions: dict[int, Session] = {}
# What each registry's server called itself last.
_server_ids: dict[int, str] = {}


@contextmanager
def session(registry: Registry) -> Iterator[Session]:
    """
    A session that has been logged in: the one kept from before while it lives, else a new one.

    Raises RegistryUnavailable when none can be had. What happened is noted on the registry's row, for /healthz and
    support.
    """
    try:
        current = _open(registry)
        yield current
    except (RegistryUnavailable, OutcomeUnknown) as error:
        _drop(registry.pk)
        _note_failure(registry, str(error))
        raise
    except BaseException:
        # A task that is stopped between command and answer leaves the stream out of step.
        if not (registry.pk in _sessions and _sessions[registry.pk].client.usable):
            _drop(registry.pk)
        raise
    if not current.client.usable:
        _drop(registry.pk)
    _note_answer(registry)


def too_many_sessions(processes: int) -> str:
    """A sentence when a worker of so many processes would pass a registry's session limit; else empty.

    Each process keeps one session open to each registry that it speaks to.
    """
    registry = Registry.objects.filter(session_limit__lt=processes).order_by("session_limit").first()
    if registry is None:
        return ""
    return (
        f"A worker of {processes} processes needs as many sessions, and the registry {registry.name} allows "
        f"{registry.session_limit}. Lower WORKER_CONCURRENCY, or raise the registry's session limit in the admin."
    )


def close_all() -> None:
    """Log out and close every session of this process."""
    for pk in list(_sessions):
        kept = _sessions.pop(pk)
        if kept.client.usable:
            with suppress(NotSent, AnswerLost):  # It is being closed anyway.
                kept.client.send(Logout(), cl_trid=new_cl_trid("L"), timeout=1)
        kept.client.close()


def call_staff(registry: Registry, why: str, *, pause: bool = False) -> None:
    """Tell support that a registry needs somebody. With `pause` no login is tried for a while, longer each time: many a
    registry locks an account whose password is wrong too often."""
    logger.error("registry %s needs staff: %s", registry.name, why)
    fields: dict[str, Any] = {"needs_staff": why[:300]}
    if pause:
        fields["closed_until"] = timezone.now() + LOGIN_REFUSED_PAUSE * min(2**registry.failures, 12)
    Registry.objects.filter(pk=registry.pk).update(**fields)


def new_cl_trid(kind: str) -> str:
    """A client transaction id for a command that belongs to no operation."""
    return f"RC-{kind}-{secrets.token_hex(8)}"


def _open(registry: Registry) -> Session:
    kept = _sessions.get(registry.pk)
    if kept is not None:
        kept.registry = registry  # Its row may have been changed since.
        if kept.client.usable and time.monotonic() - kept.used_at > IDLE_BEFORE_HELLO:
            try:
                kept.client.hello()
                kept.used_at = time.monotonic()
            except NotSent:
                pass  # It died while nobody used it; a new one is opened below.
        if kept.client.usable:
            return kept
        _drop(registry.pk)
    if registry.closed_until and registry.closed_until > timezone.now():
        raise RegistryUnavailable(f"Logins pause until {registry.closed_until:%H:%M:%S} UTC: {registry.needs_staff}")
    if registry.retry_at and registry.retry_at > timezone.now():
        raise RegistryUnavailable(
            f"It was not reached {registry.failures} times: not tried before {registry.retry_at:%H:%M:%S}."
        )
    try:
        fresh = Session(registry, _log_in(registry, _connect(registry)))
    except RegistryUnavailable:
        _trip(registry)
        raise
    if registry.failures:
        Registry.objects.filter(pk=registry.pk).update(failures=0, retry_at=None)
        registry.failures, registry.retry_at = 0, None
    _sessions[registry.pk] = fresh
    return fresh


def _trip(registry: Registry) -> None:
    """
    Count a failure to get a session. From the third in a row on nobody tries for a while, longer each time, so that a
    registry that is down costs each operation no time-out of its own and is not run over when it comes back.
    """
    failures = min(registry.failures + 1, 30)
    wait = min(2.0 ** (failures - BREAKER_TRIPS_AT), BREAKER_LONGEST) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter.
    retry_at = timezone.now() + timedelta(seconds=wait) if failures >= BREAKER_TRIPS_AT else None
    Registry.objects.filter(pk=registry.pk).update(failures=failures, retry_at=retry_at)
    registry.failures, registry.retry_at = failures, retry_at


def _connect(registry: Registry) -> Client:
    pki = settings.MOCK_REGISTRY_DIR / "pki"
    own = not registry.host
    try:
        context = client_context(
            ca=Path(registry.ca) if not own else pki / "ca.pem",
            cert=Path(registry.cert) if registry.cert else (pki / "client.pem" if own else None),
            key=Path(registry.key) if registry.key else (pki / "client.key" if own else None),
        )
        return Client.connect(
            registry.host or "127.0.0.1",
            registry.port or (settings.EPP_PORT if own else 700),
            context=context,
            timeout=settings.EPP_TIMEOUT,
        )
    except NotSent as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            # Another server, or an outdated certificate (RFC 5734 section 9): waiting alone does not mend it.
            call_staff(registry, str(error))
        raise RegistryUnavailable(str(error)) from error
    except OSError as error:
        raise RegistryUnavailable(f"The certificate files cannot be used: {error}") from error


def _log_in(registry: Registry, client: Client) -> Client:
    _note_server_id(registry, client.greeting.server_id)
    try:
        password = registry.open_password()
        command = Login.answering(client.greeting, client_id=registry.registrar_id, password=password)
        response = client.send(command, cl_trid=new_cl_trid("L"), timeout=settings.EPP_TIMEOUT)
    except (NotSent, AnswerLost) as error:
        raise RegistryUnavailable(str(error)) from error
    except (ServiceMissing, CannotUnseal) as error:
        client.close()
        call_staff(registry, str(error), pause=True)
        raise RegistryUnavailable(str(error)) from error
    for event in response.events:
        logger.log(
            logging.ERROR if event.level == "error" else logging.WARNING,
            "registry %s warns at login: %s",
            registry.name,
            str(event).replace(password, HIDDEN),
        )
    if response.code != ResultCode.DONE:
        client.close()
        # A server that is full or at fault has refused nobody: it is tried again like one that cannot be reached.
        if not (response.code in NOBODY_KNOWS | {ResultCode.SESSION_LIMIT_CLOSING} or response.code.is_success):
            words = response.message.replace(password, HIDDEN)
            call_staff(registry, f"The login was refused: {int(response.code)} {words}", pause=True)
        raise RegistryUnavailable(f"The login was answered {int(response.code)}.")
    if registry.needs_staff:
        Registry.objects.filter(pk=registry.pk).update(needs_staff="", closed_until=None)
    return client


def _note_server_id(registry: Registry, server_id: str) -> None:
    """Say once when a server calls itself otherwise than before: it was changed, or it is another one."""
    before = _server_ids.get(registry.pk, server_id)
    if server_id != before:
        logger.warning("registry %s: the server calls itself %r and no longer %r", registry.name, server_id, before)
    _server_ids[registry.pk] = server_id


def _drop(pk: int) -> None:
    dead = _sessions.pop(pk, None)
    if dead is not None:
        dead.client.close()


def _note_answer(registry: Registry) -> None:
    """Write down that it answered; once a second is enough unless it was said to fail."""
    now, known, failed = timezone.now(), registry.last_answer_at, registry.last_failure_at
    if known and now - known < timedelta(seconds=1) and not (failed and failed >= known):
        return
    Registry.objects.filter(pk=registry.pk).update(last_answer_at=now)
    registry.last_answer_at = now


def _note_failure(registry: Registry, what: str) -> None:
    logger.warning("registry %s: %s", registry.name, what)
    registry.last_failure_at = timezone.now()
    Registry.objects.filter(pk=registry.pk).update(last_failure_at=registry.last_failure_at, last_failure=what[:300])
