"""One registrar's session: greeting, login, commands, logout (RFC 5730, section 2). It takes frames and gives
answers; sockets and time limits are the server's."""

import asyncio
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from domains.epp import xml
from domains.epp.codes import ResultCode
from domains.epp.errors import BadValue, MalformedFrame, OutOfRange
from domains.epp.xml import DOMAIN, SECDNS
from domains.faults import Fault
from domains.mockregistry import answers, flows, refusals, requests
from domains.mockregistry.answers import Reply
from domains.mockregistry.faults import Faults, Place, RolledBack, refusal
from domains.mockregistry.occasions import Account, Occasion
from domains.mockregistry.store import Store

MOST_WRONG_PASSWORDS = 3
NOT_YOURS = "NOT-YOURS-00000"  # The client transaction id of an answer that bears a wrong one.
CLOSING = 2500  # The first code of those after which the server ends the connection (RFC 5730, section 3).
FLOWS: dict[str, Callable[[Store, Occasion, requests.Request], Reply]] = {
    "check": flows.check,
    "info": flows.info,
    "update": flows.update,
    "poll": flows.poll,
    "logout": flows.logout,
}

logger = logging.getLogger(__name__)


@dataclass
class Desk:
    """What all sessions share: the store, the clock, scripted faults, how often each registrar is logged in, and the
    sign that a change was left pending, for whoever waits for the time of its decision."""

    store: Store
    now: Callable[[], datetime]
    session_limit: int
    faults: Faults
    logins: Counter[str] = field(default_factory=Counter)
    something_pending: asyncio.Event = field(default_factory=asyncio.Event)

    def decide_due(self) -> None:
        """Decides on every pending change whose time has come."""
        due = self.store.next_due()
        if due is not None and due <= self.now():
            with self.store.transaction():
                flows.decide_due(self.store, self.now())

    @property
    def offers_secdns(self) -> bool:
        """True when some TLD supports DNSSEC."""
        return any(policy.dnssec for policy in self.store.policies().values())


@dataclass(frozen=True)
class Answer:
    """What goes back for a frame, whether the connection ends with it, and the fault that it meets on its way."""

    octets: bytes
    closes: bool = False
    fault: Fault | None = None


class Session:
    """A session from the greeting to the logout, or to the end of the connection."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._account: Account | None = None
        self._wrong_passwords = 0
        self._offers_secdns = desk.offers_secdns

    @property
    def is_logged_in(self) -> bool:
        """True from the login to the end."""
        return self._account is not None

    def greet(self) -> Answer:
        """Returns the greeting that a connection begins with (RFC 5730, section 2.4)."""
        fault = self._meet("greeting", self._desk.faults.of_registries())
        if fault is not None and fault.manner == "without-secdns":
            self._offers_secdns = False
        return self._greeting(fault)

    async def answer(self, frame: bytes) -> Answer:
        """Returns the answer to a frame; what the answer says has been committed by then."""
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("Received %s", xml.redact(frame))
        sv_trid = self._desk.store.next_sv_trid()
        cl_trid, fault = None, None
        try:
            root = xml.parse(frame)
            if requests.is_hello(root):
                return self._greeting(self._meet("hello", self._registries()))
            cl_trid = requests.transaction_id(root)
            request = requests.read(root)
            fault = self._meet(request.name, self._places(request))
            if fault is not None and fault.manner == "late-commit":
                await asyncio.sleep(fault.seconds or 0)
            reply = self._carry_out(request, cl_trid, sv_trid, fault)
        except RolledBack as undone:
            reply = undone.reply
        except refusals.Refusal as refusal:
            reply = _refused(refusal)
        except BadValue as trouble:
            reply = _refused(refusals.ValueMalformed(complaint=trouble))
        except OutOfRange as trouble:
            reply = _refused(refusals.ValueOutOfRange(complaint=trouble))
        except MalformedFrame as trouble:
            reply = _refused(refusals.Misbuilt(complaint=trouble))
        except sqlite3.Error:
            logger.exception("The store failed.")
            reply = _refused(refusals.StoreFailed())
        if reply.queue is None and self._account is not None and reply.code != ResultCode.NO_MESSAGES:
            reply = replace(reply, queue=flows.waiting(self._desk.store, self._account.registrar_id))
        if fault is None:
            return Answer(answers.response(reply, cl_trid, sv_trid), reply.code.closes_session)
        return _answered(fault, reply, cl_trid, sv_trid)

    def end(self) -> None:
        """Gives the registrar's place among the sessions free."""
        if self._account is not None:
            self._desk.logins[self._account.registrar_id] -= 1
            self._account = None

    def _greeting(self, fault: Fault | None) -> Answer:
        octets = answers.greeting(self._desk.now(), secdns=self._offers_secdns)
        return Answer(octets, _breaks(fault), fault)

    def _meet(self, command: str, places: Iterable[Place]) -> Fault | None:
        return self._desk.faults.meet(command, places, self._desk.now())

    def _places(self, request: requests.Request) -> Iterator[Place]:
        """Where a fault of this request may stand: at the domains that it names, else at the registries it is for."""
        if request.name == "login":
            yield from self._desk.faults.of_registries(requests.read_login(request).client_id)
            return
        names = [(found.text or "").strip().lower() for found in request.body.iterchildren(f"{{{DOMAIN}}}name")]
        yield from self._desk.faults.around(names) if names else self._registries()

    def _registries(self) -> Iterable[Place]:
        account = self._account
        return self._desk.faults.of_registries(None if account is None else account.registrar_id)

    def _carry_out(self, request: requests.Request, cl_trid: str | None, sv_trid: str, fault: Fault | None) -> Reply:
        """Returns what the command comes to, committed; or raises RolledBack when the fault does not let it be."""
        undoes = fault is not None and not fault.done
        if request.name == "login":
            return self._log_in(request, undoes=undoes)
        if self._account is None:
            raise refusals.NotLoggedIn
        self._desk.decide_due()
        occasion = Occasion(self._account, self._desk.now(), cl_trid, sv_trid)
        for extension in request.extensions:
            if xml.namespace(extension) != SECDNS or request.name != "update":
                raise refusals.ExtensionNotOffered(uri=xml.namespace(extension) or "without a namespace")
        with self._desk.store.transaction():
            reply = FLOWS[request.name](self._desk.store, occasion, request)
            if undoes:
                raise RolledBack(reply)
        if reply.code == ResultCode.DONE_PENDING:
            self._desk.something_pending.set()
        return reply

    def _log_in(self, request: requests.Request, *, undoes: bool) -> Reply:
        """Opens the session (RFC 5730, section 2.9.1.1). The account is never locked: only this connection suffers
        from wrong passwords."""
        if self._account is not None:
            raise refusals.AlreadyLoggedIn
        desk, login = self._desk, requests.read_login(request)
        if login.version != "1.0":
            raise refusals.UnknownVersion
        if login.lang != "en":
            raise refusals.UnknownLanguage
        for uri in login.object_uris:
            if uri not in answers.OBJECT_URIS:
                raise refusals.ServiceNotOffered(uri=uri)
        for uri in login.extension_uris:
            if uri not in answers.extension_uris(secdns=self._offers_secdns):
                raise refusals.ExtensionNotOffered(uri=uri)
        registries = desk.store.registries_accepting(login.client_id, login.password)
        if not registries:
            self._wrong_passwords += 1
            if self._wrong_passwords >= MOST_WRONG_PASSWORDS:
                raise refusals.TooManyWrongPasswords
            raise refusals.WrongCredentials
        if desk.logins[login.client_id] >= desk.session_limit:
            raise refusals.TooManySessions(limit=desk.session_limit)
        if undoes:
            raise RolledBack(Reply(ResultCode.DONE))
        if login.new_password is not None:
            with desk.store.transaction():
                desk.store.set_password(login.client_id, registries, login.new_password)
        desk.logins[login.client_id] += 1
        self._account = Account(login.client_id, registries, login.extension_uris)
        return Reply(ResultCode.DONE)


def _refused(refusal: refusals.Refusal) -> Reply:
    return Reply(refusal.code, refusal.reason)


def _answered(fault: Fault, reply: Reply, cl_trid: str | None, sv_trid: str) -> Answer:
    """Returns the answer that a scripted fault makes of a reply; what it does on the way is the server's."""
    if fault.results:
        return Answer(refusal(fault.results, cl_trid, sv_trid), fault.results[0].code >= CLOSING, fault)
    told = {"wrong-cltrid": NOT_YOURS, "missing-cltrid": None}.get(fault.manner, cl_trid)
    return Answer(answers.response(reply, told, sv_trid), reply.code.closes_session or _breaks(fault), fault)


def _breaks(fault: Fault | None) -> bool:
    return fault is not None and fault.manner in ("dropped", "half-frame")
