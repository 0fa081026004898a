"""The commands of a registrar as values that write themselves as XML: session, poll (RFC 5730, section 2.9) and
domain commands (RFC 5731, section 3), with secDNS in the update (RFC 5910, section 5.2.5)."""

from dataclasses import dataclass, field
from typing import Protocol, Self

from domains.epp import xml
from domains.epp.errors import ServiceMissing
from domains.epp.responses import Greeting
from domains.epp.secdns import SecDnsUpdate
from domains.epp.xml import CHANGE_POLL, DOMAIN, LOGIN_SECURITY, SECDNS, Element

VERSION = "1.0"
LANGUAGE = "en"
LONGEST_PLAIN_PASSWORD = 16
# This is the marker of RFC 8807 and no password.
PASSWORD_ELSEWHERE = "[LOGIN-SECURITY]"  # noqa: S105 # nosec B105


class Command(Protocol):
    """Whatever the client can send and be answered with a response."""

    def to_xml(self, cl_trid: str) -> bytes:
        """Returns the frame's body under this client transaction id (3 to 64 characters, else ValueError)."""


@dataclass(frozen=True)
class Hello:
    """Asks for the greeting again (RFC 5730, section 2.3); it has no transaction id."""

    def to_xml(self) -> bytes:
        """Returns the frame's body."""
        return xml.write(xml.epp("epp", xml.epp("hello")))


@dataclass(frozen=True)
class Login:
    """Opens a session (RFC 5730, section 2.9.1.1). Passwords longer than 16 characters travel in the login security
    extension (RFC 8807) when extension_uris names it."""

    client_id: str
    password: str = field(repr=False)
    new_password: str | None = field(default=None, repr=False)
    version: str = VERSION
    lang: str = LANGUAGE
    object_uris: tuple[str, ...] = (DOMAIN,)
    extension_uris: tuple[str, ...] = (SECDNS,)

    @classmethod
    def answering(cls, greeting: Greeting, client_id: str, password: str, new_password: str | None = None) -> Self:
        """Returns the login that suits a greeting: domains, and of secDNS, loginSec and changePoll what the server
        announces.

        Raises ServiceMissing when the server lacks version 1.0, English or domains.
        """
        for offered, wanted in (
            (greeting.versions, VERSION),
            (greeting.languages, LANGUAGE),
            (greeting.object_uris, DOMAIN),
        ):
            if wanted not in offered:
                raise ServiceMissing(f"The server {greeting.server_id!r} does not offer {wanted}.")
        extensions = tuple(uri for uri in (SECDNS, LOGIN_SECURITY, CHANGE_POLL) if uri in greeting.extension_uris)
        return cls(client_id, password, new_password, extension_uris=extensions)

    def to_xml(self, cl_trid: str) -> bytes:
        """Returns the frame's body under this client transaction id."""
        apart = xml.login_security("loginSec")
        login = xml.epp("login", xml.epp("clID", self.client_id))
        for name, secret in (("pw", self.password), ("newPW", self.new_password)):
            if secret is None:
                continue
            if len(secret) > LONGEST_PLAIN_PASSWORD and LOGIN_SECURITY in self.extension_uris:
                apart.append(xml.login_security(name, secret))
                secret = PASSWORD_ELSEWHERE
            login.append(xml.epp(name, secret))
        services = xml.epp("svcs", *(xml.epp("objURI", uri) for uri in self.object_uris))
        if self.extension_uris:
            services.append(xml.epp("svcExtension", *(xml.epp("extURI", uri) for uri in self.extension_uris)))
        login.append(xml.epp("options", xml.epp("version", self.version), xml.epp("lang", self.lang)))
        login.append(services)
        return _command(login, cl_trid, apart if len(apart) else None)


@dataclass(frozen=True)
class Logout:
    """Ends the session (RFC 5730, section 2.9.1.2)."""

    def to_xml(self, cl_trid: str) -> bytes:
        """Returns the frame's body under this client transaction id."""
        return _command(xml.epp("logout"), cl_trid)


@dataclass(frozen=True)
class CheckDomain:
    """Asks which names can be registered (RFC 5731, section 3.1.1)."""

    names: tuple[str, ...]

    def to_xml(self, cl_trid: str) -> bytes:
        """Returns the frame's body under this client transaction id."""
        check = xml.domain("check", *(xml.domain("name", name) for name in self.names))
        return _command(xml.epp("check", check), cl_trid)


@dataclass(frozen=True)
class InfoDomain:
    """Asks what the registry holds about a domain (RFC 5731, section 3.1.2)."""

    name: str

    def to_xml(self, cl_trid: str) -> bytes:
        """Returns the frame's body under this client transaction id."""
        return _command(xml.epp("info", xml.domain("info", xml.domain("name", self.name))), cl_trid)


@dataclass(frozen=True)
class UpdateDomain:
    """Changes the keys of a domain (RFC 5731, section 3.2.5, with RFC 5910, section 5.2.5)."""

    name: str
    secdns: SecDnsUpdate | None

    def to_xml(self, cl_trid: str) -> bytes:
        """Returns the frame's body under this client transaction id."""
        update = xml.epp("update", xml.domain("update", xml.domain("name", self.name)))
        return _command(update, cl_trid, None if self.secdns is None else self.secdns.to_xml())


@dataclass(frozen=True)
class PollRequest:
    """Asks for the oldest waiting message (RFC 5730, section 2.9.2.3)."""

    def to_xml(self, cl_trid: str) -> bytes:
        """Returns the frame's body under this client transaction id."""
        return _command(xml.epp("poll", op="req"), cl_trid)


@dataclass(frozen=True)
class PollAcknowledge:
    """Takes a message off the queue for good (RFC 5730, section 2.9.2.3)."""

    message_id: str

    def to_xml(self, cl_trid: str) -> bytes:
        """Returns the frame's body under this client transaction id."""
        return _command(xml.epp("poll", op="ack", msgID=self.message_id), cl_trid)


def _command(body: Element, cl_trid: str, extension: Element | None = None) -> bytes:
    if not 3 <= len(cl_trid) <= 64:
        raise ValueError("A client transaction id has 3 to 64 characters.")
    command = xml.epp("command", body)
    if extension is not None:
        command.append(xml.epp("extension", extension))
    command.append(xml.epp("clTRID", cl_trid))
    return xml.write(xml.epp("epp", command))
