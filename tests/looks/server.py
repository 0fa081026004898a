"""The console of the looks: filled by world.py, served as in earnest, with a broker of its own."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from registrar.plan import LOOPBACK, ROOT
from tests import services
from tests.running import free_port

Places = dict[str, str]


@dataclass(frozen=True)
class Server:
    """Where it answers, and the places and sessions that world.py has made."""

    url: str
    places: Places


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    """A console that answers until the body ends. Raises services.Unavailable."""
    port = free_port()
    with services.broker(folder) as redis_url:
        keep = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR", "LANG")}
        environ = keep | {
            "STATE_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder}/looks.sqlite3",
            "REDIS_URL": redis_url,
            "PORT": str(port),
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "tests.looks.settings",
        }
        made = subprocess.run(
            [sys.executable, "-m", "tests.looks.world"], cwd=ROOT, env=environ, capture_output=True, text=True
        )
        if made.returncode:
            raise services.Unavailable(f"The world of the looks was not made: {made.stderr[-2000:]}")
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "registrar.wsgi:application"]
        command += ["--host", LOOPBACK, "--port", str(port), "--workers", "1", "--blocking-threads", "4"]
        command += ["--http", "1", "--no-ws", "--working-dir", str(ROOT)]
        url = f"http://{LOOPBACK}:{port}"

        def answers() -> bool:
            try:
                urllib.request.urlopen(f"{url}/healthz?live", timeout=1).close()  # noqa: S310 - ours, on loopback.
            except urllib.error.HTTPError:
                return True
            except OSError:
                return False
            return True

        log = folder / "web.log"
        with services.running(command, answers=answers, log=log, stop_with=SIGTERM, environ=environ):
            yield Server(url, json.loads(made.stdout.splitlines()[-1]))
