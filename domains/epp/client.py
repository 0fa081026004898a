"""A client's connection to one EPP server over TLS (RFC 5734): one command at a time, each with a deadline, and a
clear word on whether a command that went wrong may have been carried out."""

import contextlib
import socket
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from domains.epp import responses
from domains.epp.commands import Command, Hello
from domains.epp.errors import AnswerLost, EppError, MalformedFrame, NotSent
from domains.epp.framing import frame, read_frame
from domains.epp.responses import Greeting, Response

__all__ = ["AnswerLost", "Client", "EppError", "Exchange", "NotSent", "client_context"]

LARGEST_FRAME = 1024 * 1024


def client_context(*, ca: Path, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    """Returns a context that trusts only ``ca``, checks the server's name, shows ``cert`` and speaks TLS 1.2 or newer
    (RFC 5734, section 9). Raises OSError when a file cannot be read or used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=ca)
    if cert is not None:
        context.load_cert_chain(cert, key)
    return context


@dataclass(frozen=True)
class Exchange:
    """What went over the wire for one command: the bodies of both frames, the second empty where none came whole, and
    how long it took in seconds. It may hold passwords: ``xml.redact`` comes before anything else."""

    sent: bytes = field(default=b"", repr=False)
    received: bytes = field(default=b"", repr=False)
    seconds: float = 0.0


class Client:
    """A connection that has been greeted. After NotSent or AnswerLost it is closed and of no further use.

    ``last`` is the latest exchange, for whoever keeps a record of the conversation.
    """

    def __init__(self, connection: ssl.SSLSocket, timeout: float) -> None:
        """Takes over a connected TLS socket; use ``connect``, which also reads the greeting."""
        self.greeting: Greeting
        self.usable = False
        self.last = Exchange()
        self._connection = connection
        self._timeout = timeout

    @classmethod
    def connect(
        cls, host: str, port: int, *, context: ssl.SSLContext, timeout: float, server_hostname: str | None = None
    ) -> Self:
        """Connects, shakes hands and reads the greeting (RFC 5734, section 2) within ``timeout`` seconds.

        ``server_hostname`` is the name to find in the server's certificate, ``host`` when not given. ``timeout`` also
        bounds later exchanges. Raises NotSent on any trouble.
        """
        deadline = time.monotonic() + timeout
        where = f"{host} port {port}"
        try:
            plain = socket.create_connection((host, port), timeout)
        except (OSError, ValueError, OverflowError) as trouble:
            raise NotSent(f"No connection to {where}: {trouble}") from trouble
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_left(deadline))
            connection = context.wrap_socket(plain, server_hostname=server_hostname or host)
        except (OSError, ValueError) as trouble:
            plain.close()
            raise NotSent(f"No secure connection to {where}: {trouble}") from trouble
        client = cls(connection, timeout)
        try:
            # With TLS 1.3 a client certificate that the server refuses shows here, at the first read.
            client.greeting = responses.parse_greeting(client._read(deadline))
        except (EppError, OSError) as trouble:
            client.close()
            raise NotSent(f"No greeting from {where}: {trouble}") from trouble
        client.usable = True
        return client

    def send(self, command: Command, *, cl_trid: str, timeout: float | None = None) -> Response:
        """Sends a command and returns the answer that bears its ``cl_trid``, whatever its result code.

        ``timeout`` bounds the whole exchange. Raises NotSent when the command was surely not carried out, AnswerLost
        when that is unknown (RFC 5730, section 2: neither success nor failure may be assumed), ValueError when the
        command cannot be written as XML. An answer that ends the session closes the connection.
        """
        body = command.to_xml(cl_trid)
        start = time.monotonic()
        deadline = start + (self._timeout if timeout is None else timeout)
        self.last = Exchange(body)
        self._write(body, deadline)
        try:
            answer = self._read(deadline)
            self.last = Exchange(body, answer, time.monotonic() - start)
            response = responses.parse_response(answer)
            if response.cl_trid != cl_trid:
                raise MalformedFrame(f"The answer bears the transaction id {response.cl_trid!r}, not {cl_trid!r}.")
        except (EppError, OSError) as trouble:
            self.close()
            raise AnswerLost(f"No clean answer came: {trouble}") from trouble
        if response.code.closes_session:
            self.close()
        else:
            self.usable = True
        return response

    def hello(self) -> Greeting:
        """Asks for a fresh greeting (RFC 5730, section 2.3), which also keeps the session from being idle.

        Raises NotSent on any trouble, as a hello changes nothing.
        """
        deadline = time.monotonic() + self._timeout
        self._write(Hello().to_xml(), deadline)
        try:
            self.greeting = responses.parse_greeting(self._read(deadline))
        except (EppError, OSError) as trouble:
            self.close()
            raise NotSent(f"No greeting came: {trouble}") from trouble
        self.usable = True
        return self.greeting

    def close(self) -> None:
        """Closes the connection, telling the peer so if that is possible without waiting. Never raises."""
        self.usable = False
        with contextlib.suppress(OSError, ValueError):
            self._connection.settimeout(0)
            self._connection.unwrap()
        with contextlib.suppress(OSError):
            self._connection.close()

    def _write(self, body: bytes, deadline: float) -> None:
        if not self.usable:
            raise NotSent("The connection is closed.")
        # Only a clean answer makes the client usable again, so that an exception from anywhere leaves it unusable.
        self.usable = False
        self._expect_silence()
        octets = memoryview(frame(body))
        sent, tried = 0, False
        try:
            while sent < len(octets):
                self._connection.settimeout(_left(deadline))
                tried = True
                sent += self._connection.send(octets[sent:])
        except OSError as trouble:
            self.close()
            # A connection that breaks during the first write can no longer deliver a whole frame. What was merely
            # slow may still be under way.
            surely_not = not tried or (sent == 0 and isinstance(trouble, ConnectionError | ssl.SSLEOFError))
            lost = NotSent if surely_not else AnswerLost
            raise lost(f"The command could not be written: {trouble}") from trouble

    def _expect_silence(self) -> None:
        """Makes sure that the peer has neither closed the connection nor sent anything unasked."""
        try:
            self._connection.settimeout(0)
            unasked = self._connection.recv(1)
        except ssl.SSLWantReadError:
            return
        except OSError as trouble:
            self.close()
            raise NotSent(f"The connection was broken before the command was sent: {trouble}") from trouble
        self.close()
        if unasked:
            raise NotSent("The server sent something unasked; the connection is out of step.")
        raise NotSent("The server closed the connection before the command was sent.")

    def _read(self, deadline: float) -> bytes:
        def receive(count: int) -> bytes:
            self._connection.settimeout(_left(deadline))
            return self._connection.recv(count)

        return read_frame(receive, LARGEST_FRAME)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the time is up")
    return left
