"""A run of the console, or of a small project of its shape, as `./dev run` starts it: for the tests that need all
of it.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.services import dying_with_parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        number: int = probe.getsockname()[1]
    return number


def processes_of(state_dir: Path) -> set[int]:
    """The ids of the living processes that were started for this state directory."""
    started_for, named = f"STATE_DIR={state_dir}".encode(), bytes(state_dir)
    found = set()
    for entry in Path("/proc").iterdir():
        # The broker writes its title over its environment, and that title has the path of its socket.
        with suppress(OSError):
            if entry.name.isdecimal() and (
                started_for in (entry / "environ").read_bytes().split(b"\0")
                or named in (entry / "cmdline").read_bytes()
            ):
                found.add(int(entry.name))
    return found


class Run:
    """A supervisor in the background, and what it has printed."""

    def __init__(self, project: Path, state_dir: Path, **environ: str) -> None:
        self.state_dir, self.port = state_dir, int(environ.get("PORT") or free_port())
        keep = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LANG")}
        descriptor, log = tempfile.mkstemp(prefix="console-", suffix=".log")
        self.log = Path(log)
        self.environ = {**keep, "STATE_DIR": str(state_dir), "PORT": str(self.port), **environ}
        with open(descriptor, "wb") as sink:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "registrar.supervisor"],
                cwd=project,
                env=self.environ,
                stdout=sink,
                stderr=subprocess.PIPE,
                preexec_fn=dying_with_parent(),
            )

    def lines(self) -> list[str]:
        """What stands on standard output so far."""
        return self.log.read_text().splitlines()

    def wait_for(self, met: Callable[[list[str]], bool], limit: float = 20.0) -> list[str]:
        """The lines, as soon as they meet the condition."""
        deadline = time.monotonic() + limit
        while not met(self.lines()):
            assert time.monotonic() < deadline, self.lines()
            assert self.process.poll() is None, (self.lines(), self.process.communicate()[1])
            time.sleep(0.02)
        return self.lines()

    def wait_until_ready(self, limit: float = 20.0) -> list[str]:
        """The lines up to the one that says so."""
        return self.wait_for(lambda lines: any(line.startswith("Ready: ") for line in lines), limit)

    def pids(self, name: str) -> list[int]:
        """The ids that children of this name have told, oldest first."""
        return [int(line.split()[-1]) for line in self.lines() if line.startswith(f"{name} | {name} ")]

    def stop(self, number: signal.Signals = signal.SIGTERM, limit: float = 10.0) -> int:
        """Send the signal and give the exit status."""
        self.process.send_signal(number)
        return self.process.wait(limit)

    def end(self) -> tuple[int, str]:
        """Wait for its own end: the exit status and what it said on standard error."""
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said.decode()

    def close(self) -> None:
        """Let nothing outlive the test, whatever has failed."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        if self.process.stderr:
            self.process.stderr.close()
        self.log.unlink(missing_ok=True)
