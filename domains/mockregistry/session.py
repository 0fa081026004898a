"""One registrar's session: greeting, login, commands, logout (RFC 5730, section 2). It takes frames and gives
answers; sockets and time limits are the server's."""

import logging
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from domains.epp import xml
from domains.epp.codes import ResultCode
from domains.epp.errors import BadValue, MalformedFrame, OutOfRange
from domains.epp.xml import DOMAIN, LOGIN_SECURITY, SECDNS
from domains.mockregistry import answers, flows, refusals, requests
from domains.mockregistry.answers import Reply
from domains.mockregistry.flows import Account, Occasion
from domains.mockregistry.store import Store

MOST_WRONG_PASSWORDS = 3
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
    """What all sessions share: the store, the clock, and how often each registrar is logged in."""

    store: Store
    now: Callable[[], datetime]
    session_limit: int
    logins: Counter[str] = field(default_factory=Counter)

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
    """What goes back for a frame, and whether the connection ends with it."""

    octets: bytes
    closes: bool = False


class Session:
    """A session from the greeting to the logout, or to the end of the connection."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._account: Account | None = None
        self._wrong_passwords = 0

    def greeting(self) -> bytes:
        """Returns the greeting (RFC 5730, section 2.4)."""
        return answers.greeting(self._desk.now(), secdns=self._desk.offers_secdns)

    def answer(self, frame: bytes) -> Answer:
        """Returns the answer to a frame; what the answer says has been committed by then."""
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("Received %s", xml.redact(frame))
        sv_trid = self._desk.store.next_sv_trid()
        cl_trid = None
        try:
            root = xml.parse(frame)
            if requests.is_hello(root):
                return Answer(self.greeting())
            cl_trid = requests.transaction_id(root)
            reply = self._carry_out(requests.read(root), cl_trid, sv_trid)
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
        return Answer(answers.response(reply, cl_trid, sv_trid), reply.code.closes_session)

    def end(self) -> None:
        """Gives the registrar's place among the sessions free."""
        if self._account is not None:
            self._desk.logins[self._account.registrar_id] -= 1
            self._account = None

    def _carry_out(self, request: requests.Request, cl_trid: str | None, sv_trid: str) -> Reply:
        if request.name == "login":
            return self._log_in(request)
        if self._account is None:
            raise refusals.NotLoggedIn
        self._desk.decide_due()
        occasion = Occasion(self._account, self._desk.now(), cl_trid, sv_trid)
        for extension in request.extensions:
            if xml.namespace(extension) != SECDNS or request.name != "update":
                raise refusals.ExtensionNotOffered(uri=xml.namespace(extension))
        with self._desk.store.transaction():
            return FLOWS[request.name](self._desk.store, occasion, request)

    def _log_in(self, request: requests.Request) -> Reply:
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
            if uri != DOMAIN:
                raise refusals.ServiceNotOffered(uri=uri)
        for uri in login.extension_uris:
            if uri != LOGIN_SECURITY and not (uri == SECDNS and desk.offers_secdns):
                raise refusals.ExtensionNotOffered(uri=uri)
        registries = desk.store.registries_accepting(login.client_id, login.password)
        if not registries:
            self._wrong_passwords += 1
            if self._wrong_passwords >= MOST_WRONG_PASSWORDS:
                raise refusals.TooManyWrongPasswords
            raise refusals.WrongCredentials
        if desk.logins[login.client_id] >= desk.session_limit:
            raise refusals.TooManySessions(limit=desk.session_limit)
        if login.new_password is not None:
            with desk.store.transaction():
                desk.store.set_password(login.client_id, registries, login.new_password)
        desk.logins[login.client_id] += 1
        self._account = Account(login.client_id, registries, login.extension_uris)
        return Reply(ResultCode.DONE)


def _refused(refusal: refusals.Refusal) -> Reply:
    return Reply(refusal.code, refusal.reason)
