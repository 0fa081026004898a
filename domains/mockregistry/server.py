"""The registry's EPP server: TLS on the loopback address, time limits and size limits (RFC 5734), the clock that
decides what is pending; and a way to run it in a thread."""

import asyncio
import contextlib
import logging
import socket
import sqlite3
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from domains.epp.errors import BadLength
from domains.epp.framing import HEADER, body_length, frame
from domains.mockregistry.faults import Faults, pieces
from domains.mockregistry.pki import Pki, ensure_pki
from domains.mockregistry.session import Answer, Desk, Session
from domains.mockregistry.store import Store
from domains.world import World

HOST = "127.0.0.1"
STORE_FILE = "registry.sqlite3"
MOMENT = 0.05  # Seconds. How soon a wait ends when the peer has gone.

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What the server allows a peer; times in seconds."""

    largest_frame: int = 64 * 1024
    connections: int = 100
    sessions: int = 10
    handshake: float = 10.0
    shutdown: float = 0.5
    frame: float = 30.0
    idle: float = 600.0


def utc_now() -> datetime:
    """Returns the present time."""
    return datetime.now(UTC)


class Server:
    """The registries of a world, on one port. Certificates and store lie in ``directory``."""

    def __init__(
        self, world: World, directory: Path, *, limits: Limits | None = None, now: Callable[[], datetime] = utc_now
    ) -> None:
        self.port = 0
        self.pki: Pki
        self._world = world
        self._directory = directory
        self._limits = limits or Limits()
        self._now = now
        self._context: ssl.SSLContext
        self._connections: dict[asyncio.Task[None], Session] = {}

    async def start(self, port: int = 0) -> None:
        """Listens on this port, or on any free one, which ``port`` then names. Raises OSError, sqlite3.Error."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.pki = ensure_pki(self._directory / "pki")
        store = Store.open(self._directory / STORE_FILE, self._world, self._now())
        tlds = {name: policy.registry for name, policy in store.policies().items()}
        faults = Faults(self._world, tlds, self._directory, self._now())
        self._desk = Desk(store, self._now, self._limits.sessions, faults)
        self._context = self.pki.server_context()
        self._context.sni_callback = self._at_handshake
        try:
            self._listener = socket.create_server((HOST, port))
        except OSError:
            store.close()
            raise
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._work = (asyncio.create_task(self._accept()), asyncio.create_task(self._decide_in_time()))

    async def stop(self) -> None:
        """Stops listening, ends all connections and closes the store."""
        tasks = (*self._work, *self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()
        self._desk.store.close()

    async def _accept(self) -> None:
        """Takes connections, and counts them before TLS begins, whose buffers are a quarter of a megabyte for each."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                plain, _ = await loop.sock_accept(self._listener)
            except OSError:
                # No descriptor is left, or the peer is gone already.
                await asyncio.sleep(MOMENT)
                continue
            if self._makes_room():
                session = Session(self._desk)
                task = loop.create_task(self._welcome(plain, session))
                self._connections[task] = session
                task.add_done_callback(self._connections.pop)
            else:
                plain.close()
            # The connection begins, and one that gave way ends, before the next is looked at.
            await asyncio.sleep(0)

    async def _welcome(self, plain: socket.socket, session: Session) -> None:
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol,
                plain,
                ssl=self._context,
                ssl_handshake_timeout=self._limits.handshake,
                ssl_shutdown_timeout=self._limits.shutdown,
            )
            await self._serve(session, reader, asyncio.StreamWriter(transport, protocol, reader, loop))
        except OSError as trouble:
            # A handshake that failed or took too long has ended the connection.
            _forget_frames(trouble)

    def _makes_room(self) -> bool:
        """Returns whether one more connection may be. The oldest that has not logged in gives way, so that nobody is
        kept out by peers that only connect."""
        if len(self._connections) < self._limits.connections:
            return True
        waiting = (
            task for task, session in self._connections.items() if not (session.is_logged_in or task.cancelling())
        )
        oldest = next(waiting, None)
        return oldest is not None and oldest.cancel()

    async def _serve(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answer = session.greet()
            await self._send(writer, answer)
            while not answer.closes:
                answer = await session.answer(await self._receive(reader))
                await self._send(writer, answer)
        except (BadLength, EOFError):
            # A length that is absurd, an end of the stream: the stream cannot go on, as after a time limit or a broken
            # connection.
            return
        finally:
            session.end()
            writer.close()
            try:
                await writer.wait_closed()
            except OSError as trouble:
                _forget_frames(trouble)

    async def _receive(self, reader: asyncio.StreamReader) -> bytes:
        async with asyncio.timeout(self._limits.idle):
            first = await reader.readexactly(1)
        async with asyncio.timeout(self._limits.frame):
            header = first + await reader.readexactly(HEADER - 1)
            return await reader.readexactly(body_length(header, self._limits.largest_frame))

    async def _send(self, writer: asyncio.StreamWriter, answer: Answer) -> None:
        if answer.fault is None:
            await self._write(writer, frame(answer.octets))
            return
        for seconds, piece in pieces(answer.octets, answer.fault):
            await self._wait(writer, seconds)
            await self._write(writer, piece)
        if answer.fault.manner == "dropped":
            # Cut like a cable: TLS is not told that this is the end.
            writer.transport.abort()

    async def _write(self, writer: asyncio.StreamWriter, octets: bytes) -> None:
        writer.write(octets)
        async with asyncio.timeout(self._limits.frame):
            await writer.drain()

    async def _wait(self, writer: asyncio.StreamWriter, seconds: float) -> None:
        """Waits as a fault demands it, and no longer than the peer does."""
        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0 and not writer.is_closing():
            await asyncio.sleep(min(left, MOMENT))

    def _at_handshake(self, connection: object, name: str | None, context: ssl.SSLContext) -> int | None:
        """Called by TLS when a handshake begins; a number ends it with this alert (RFC 8446, section 6)."""
        fault = self._desk.faults.meet("handshake", self._desk.faults.of_registries(), self._now())
        return None if fault is None else ssl.ALERT_DESCRIPTION_INTERNAL_ERROR

    async def _decide_in_time(self) -> None:
        while True:
            due = self._desk.store.next_due()
            left = None if due is None else (due - self._now()).total_seconds()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._desk.something_pending.wait()
            self._desk.something_pending.clear()
            try:
                self._desk.decide_due()
            except sqlite3.Error:
                logger.exception("The store failed.")
                await asyncio.sleep(1)


def _forget_frames(trouble: OSError) -> None:
    """Lets go of the frames that an exception went through. The connection keeps the exception and its frames keep the
    connection, with the buffers of TLS, until the garbage collector comes."""
    trouble.__traceback__ = trouble.__context__ = None


@dataclass(frozen=True)
class RunningRegistry:
    """A registry that runs in a thread: where it listens, and the certificates to speak to it with."""

    port: int
    pki: Pki
    directory: Path


@contextlib.contextmanager
def running(
    world: World,
    directory: Path,
    *,
    port: int = 0,
    limits: Limits | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Iterator[RunningRegistry]:
    """Runs a registry in a thread for as long as the context lasts. Raises what its start raises."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mock registry")
    thread.start()
    try:
        server = Server(world, directory, limits=limits, now=now)
        asyncio.run_coroutine_threadsafe(server.start(port), loop).result()
        try:
            yield RunningRegistry(server.port, server.pki, directory)
        finally:
            asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
