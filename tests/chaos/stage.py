"""The processes that are killed and come back, and the wire between console and registry, which is cut and delayed."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.services import dying_with_parent

ROOT = Path(__file__).resolve().parent.parent.parent


class Actor:
    """One process in a group of its own."""

    def __init__(self, name: str, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self.name, self._command, self._environ, self._log = name, command, environ, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, its lines going to a file of its own."""
        with open(self._log, "ab") as sink:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=dict(self._environ),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dying_with_parent(),
            )

    def end(self, number: signal.Signals, *, wait: float = 10) -> None:
        """End the whole group with this signal, and with SIGKILL what is left of it."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(wait)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    @property
    def has_ended(self) -> bool:
        """Whether it was started and has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    @property
    def said(self) -> str:
        """All that it has printed."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""


class Wire:
    """A relay on a port of its own. While `trouble` lasts, connections are cut, halved and delayed at random."""

    def __init__(self, target: int, dice: random.Random) -> None:
        self.port = 0
        self.trouble = False
        self.done: Counter[str] = Counter()
        self._target, self._dice = target, dice
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    def stop(self) -> None:
        """Stop listening; what is open is cut."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    async def _listen(self) -> int:
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        number: int = server.sockets[0].getsockname()[1]
        return number

    async def _relay(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, forth = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            back.close()
            return
        ways = [asyncio.create_task(self._carry(near, forth)), asyncio.create_task(self._carry(far, back))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for writer in (forth, back):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while octets := await reader.read(65536):
                luck = self._dice.random() if self.trouble else 1.0
                if luck < 0.015:
                    self.done["cut"] += 1
                    return
                if luck < 0.025:
                    self.done["cut in the middle"] += 1
                    writer.write(octets[: len(octets) // 2])
                    await writer.drain()
                    return
                if luck < 0.06:
                    self.done["delayed"] += 1
                    await asyncio.sleep(self._dice.uniform(0.1, 2.6))
                writer.write(octets)
                await writer.drain()


class Killer:
    """Kills actors at random and starts them again after a moment."""

    def __init__(self, actors: Sequence[Actor], dice: random.Random, step_clock: Callable[[], None]) -> None:
        self.done: Counter[str] = Counter()
        self._actors, self._dice, self._step_clock = actors, dice, step_clock

    def revive(self) -> None:
        """Start again what has ended by itself, as a supervisor does: a worker may give up on a broker that is gone."""
        for actor in self._actors:
            if actor.has_ended:
                self.done[f"{actor.name} ended by itself"] += 1
                actor.end(signal.SIGKILL)
                actor.start()

    def rage(self, goes_on: Callable[[], bool]) -> None:
        """
        Kill while it goes on; every actor is up again afterwards.

        In the main thread, for Linux ends a child together with the thread that started it.
        """
        while goes_on():
            time.sleep(self._dice.uniform(0.8, 2.5))
            self.revive()
            if self._dice.random() < 0.25:
                self._step_clock()
                self.done["lease stepped"] += 1
                continue
            victim = self._dice.choice(self._actors)
            victim.end(signal.SIGKILL)
            self.done[f"{victim.name} killed"] += 1
            time.sleep(self._dice.uniform(0, 1.2))
            victim.start()


def until(condition: Callable[[], bool], *, seconds: float, what: str, every: float = 0.1) -> None:
    """Wait for a condition. Raises TimeoutError naming what did not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(every)


def manage(*arguments: str) -> list[str]:
    """A management command's command line."""
    return [sys.executable, "manage.py", *arguments]
