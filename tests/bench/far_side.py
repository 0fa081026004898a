"""What the benchmark of the registry conversation speaks to, each a process of its own: the mock registry, a server
that only answers, and a relay that makes the way long. No Django here."""

import asyncio
import multiprocessing
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from domains.epp.framing import HEADER, frame
from domains.mockregistry.pki import ensure_pki
from domains.mockregistry.server import HOST, running
from domains.world import read_world

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
FORK = multiprocessing.get_context("fork")


@contextmanager
def mock_registry(world: Path, directory: Path) -> Iterator[int]:
    """The mock registry; gives its port."""

    def serve(told: Connection) -> None:
        with running(read_world(world), directory) as registry:
            told.send(registry.port)
            wait_for_end(told)

    with _process(serve) as port:
        yield port


@contextmanager
def echo(directory: Path, size: int) -> Iterator[int]:
    """A TLS server with the mock registry's certificates that answers each frame by one of ``size`` octets."""
    answer = frame(b" " * (size - HEADER))

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            length = int.from_bytes(await reader.readexactly(HEADER))
            await reader.readexactly(length - HEADER)
            writer.write(answer)
            await writer.drain()

    context = ensure_pki(directory / "pki").server_context()
    with _process(lambda told: asyncio.run(_serve(talk, told, context))) as port:
        yield port


@contextmanager
def long_way(port: int, seconds: float) -> Iterator[int]:
    """A relay to ``port`` that holds back whatever is sent to it for so long; gives its own port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(HOST, port)
        loop = asyncio.get_running_loop()
        back = asyncio.create_task(_pass_on(there_reader, writer))
        while octets := await reader.read(65536):
            loop.call_later(seconds, there_writer.write, octets)
        await asyncio.sleep(seconds)
        there_writer.close()
        await back

    with _process(lambda told: asyncio.run(_serve(talk, told, None))) as own_port:
        yield own_port


def wait_for_end(told: Connection) -> None:
    """Returns when the other end of the pipe is closed."""
    with suppress(EOFError):
        told.recv()


async def _serve(talk: Talk, told: Connection, context: ssl.SSLContext | None) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(EOFError, OSError, asyncio.CancelledError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, HOST, 0, ssl=context)
    told.send(server.sockets[0].getsockname()[1])
    await asyncio.to_thread(wait_for_end, told)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while octets := await reader.read(65536):
        writer.write(octets)


@contextmanager
def _process(serve: Callable[[Connection], None]) -> Iterator[int]:
    """Runs it in a process of its own until the body ends; gives the port that it tells."""
    with ExitStack() as stack:
        ours, theirs = FORK.Pipe()
        process = FORK.Process(target=serve, args=(theirs,), daemon=True)
        process.start()
        stack.callback(process.join)
        stack.callback(process.terminate)
        yield ours.recv()
