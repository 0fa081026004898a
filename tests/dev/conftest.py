"""A small project of the console's shape and runs of it: real supervisor and broker, children of a few lines."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registrar import plan
from tests.running import Run

MANAGE = """
import os, signal, sys
command = sys.argv[1]
print("doing", command, flush=True)
if os.environ.get("FAKE_FAILURE") == command:
    print("The world is flat.", flush=True)
    sys.exit(2)
if command == "mockregistry":
    print("Ready", flush=True)
    signal.pause()
"""

CELERY = """
import os, signal, sys
for name in ("beat", "worker"):
    if name in sys.argv:
        print(name, os.getpid(), flush=True)
if "worker" in sys.argv:
    # A pool child that outlives its parent and heeds no polite request.
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            signal.pause()
    print("worker@here ready.", flush=True)
if os.environ.get("FAKE_STUBBORN") in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    signal.pause()
"""

GRANIAN = """
import os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, format, *arguments):
        print("asked for", self.path, self.headers["Host"], flush=True)

print("REDIS_URL", os.environ["REDIS_URL"], flush=True)
HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Handler).serve_forever()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with the real supervisor and children of a few lines."""
    folder = tmp_path / "project"
    (folder / "registrar").mkdir(parents=True)
    for name in ("__init__", "env", "plan", "processes", "supervisor", "warden"):
        shutil.copy(plan.ROOT / "registrar" / f"{name}.py", folder / "registrar")
    settings = "import sys\nfrom registrar import env\nimport os\nif os.environ.get('DEBUG') == 'maybe':\n"
    settings += "    sys.exit('The console cannot start: DEBUG must be one of yes and no.')\n"
    (folder / "registrar" / "settings.py").write_text(settings)
    (folder / "manage.py").write_text(MANAGE)
    (folder / "celery.py").write_text(CELERY)
    (folder / "granian.py").write_text(GRANIAN)
    (folder / "domains" / "data").mkdir(parents=True)
    (folder / "domains" / "data" / "demo.toml").touch()
    return folder


@pytest.fixture
def start(project: Path, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Starts a run of the small project; each is stopped when the test ends."""
    runs: list[Run] = []

    def begin(state: str = "state", **environ: str) -> Run:
        runs.append(Run(project, tmp_path / state, **environ))
        return runs[-1]

    yield begin
    for run in runs:
        run.close()
