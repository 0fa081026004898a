"""A registrar's bare connection for tests: frames in, frames out, every answer checked against the schemas."""

import itertools
import socket
import ssl
from typing import Self

from domains.epp.client import client_context
from domains.epp.commands import Command, InfoDomain, Login, PollAcknowledge, PollRequest, UpdateDomain
from domains.epp.framing import frame, read_frame
from domains.epp.responses import DomainInfo, Greeting, Response, parse_greeting, parse_response
from domains.epp.secdns import Record, SecDnsUpdate
from domains.mockregistry.server import RunningRegistry
from tests.epp.vectors import assert_valid

PASSWORD = "open-sesame"


class Peer:
    """A TLS connection to the registry, greeted."""

    def __init__(self, registry: RunningRegistry, *, tls_1_2: bool = False) -> None:
        pki = registry.pki
        context = client_context(ca=pki.ca, cert=pki.client_cert, key=pki.client_key)
        if tls_1_2:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        plain = socket.create_connection(("127.0.0.1", registry.port), 5)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        self._numbers = itertools.count(1)
        self.greeting = self.hear_greeting()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def hear(self) -> bytes:
        """The next frame, valid."""
        body = read_frame(self.socket.recv, 10**6)
        assert_valid(body)
        return body

    def hear_greeting(self) -> Greeting:
        return parse_greeting(self.hear())

    def tell(self, body: str | bytes) -> bytes:
        """The octets of the answer to a frame given as it is."""
        self.socket.sendall(frame(body.encode() if isinstance(body, str) else body))
        return self.hear()

    def say(self, body: str | bytes) -> Response:
        """The answer to a frame given as it is."""
        return parse_response(self.tell(body))

    def ask(self, command: Command) -> Response:
        """The answer to a command, which bears its transaction id."""
        cl_trid = f"TEST-{next(self._numbers):05}"
        answer = self.say(command.to_xml(cl_trid))
        assert answer.cl_trid == cl_trid
        return answer

    def log_in(self, client_id: str = "console", password: str = PASSWORD) -> Self:
        assert self.ask(Login.answering(self.greeting, client_id, password)).code == 1000
        return self

    def info(self, name: str) -> DomainInfo:
        answer = self.ask(InfoDomain(name))
        assert (answer.code, answer.domain is None) == (1000, False)
        assert answer.domain is not None
        return answer.domain

    def records(self, name: str) -> tuple[Record, ...]:
        """What the registry holds for a domain."""
        held = self.info(name).secdns
        return () if held is None else (*held.ds, *held.keys)

    def update(
        self, name: str, *, add: tuple[Record, ...] = (), remove: tuple[Record, ...] = (), all: bool = False
    ) -> Response:
        return self.ask(UpdateDomain(name, SecDnsUpdate(remove=remove, add=add, remove_all=all)))

    def poll(self) -> Response:
        return self.ask(PollRequest())

    def acknowledge(self, message_id: str) -> Response:
        return self.ask(PollAcknowledge(message_id))

    def is_closed(self) -> bool:
        """True when the server ends the connection without another word."""
        return self.socket.recv(1) == b""
