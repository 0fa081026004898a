"""What one `./dev run` is to be: its ports, folders and environment, decided or refused before anything is started."""

import fcntl
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from registrar import env

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1"

# What `./dev run` chooses where the environment says nothing: a demo is to react within seconds.
RUN_DEFAULTS = {"EPP_TIMEOUT": "10", "EPP_POLL_INTERVAL": "2", "OPERATION_LEASE": "30"}


class CannotStart(Exception):
    """Why the start ends here: one sentence for the person at the terminal, and the exit status that goes with it."""

    def __init__(self, sentence: str, status: int = 2) -> None:
        super().__init__(sentence)
        self.status = status


class Ports:
    """The port numbers of this run, guarded from the moment of choice: two starts at once never choose alike."""

    def __init__(self) -> None:
        self._guards: list[socket.socket] = []

    def take(self, name: str, given: int | None, default: int, *, udp: bool = False, fixed: bool = False) -> int:
        """The given port, else the default, else (unless fixed) any free one. Raises CannotStart when there is none."""
        wanted = given or default
        if self._guard(wanted, udp):
            return wanted
        if given or fixed:
            raise CannotStart(f"{name}: port {wanted} is taken; set {name} to a free one.")
        for _ in range(50):
            with socket.create_server((LOOPBACK, 0)) as probe:
                number: int = probe.getsockname()[1]
            if self._guard(number, udp):
                return number
        raise CannotStart(f"{name}: no free port was found; set {name}.", 1)

    def close(self) -> None:
        """Let go of the numbers."""
        for guard in self._guards:
            guard.close()

    def _guard(self, number: int, udp: bool) -> bool:
        guard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            if sys.platform == "linux":
                # A name without a file: it lives exactly as long as this process, and other starts see it.
                guard.bind(f"\0registrar-console-port-{number}")
            with socket.create_server((LOOPBACK, number)):
                pass
            if udp:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                    probe.bind((LOOPBACK, number))
        except OSError:
            guard.close()
            return False
        self._guards.append(guard)
        return True


@dataclass(frozen=True)
class Plan:
    """One run, decided before anything is started."""

    state_dir: Path
    world: Path
    web: int
    epp: int
    dns: int
    broker: Path | None  # The socket of the embedded broker; None when REDIS_URL names another one.
    environ: Mapping[str, str] = field(repr=False)

    @property
    def url(self) -> str:
        """Where the console is."""
        return f"http://{LOOPBACK}:{self.web}/"


def read_plan(environ: Mapping[str, str], ports: Ports) -> Plan:
    """
    What the environment asks for, with the defaults of a run filled in and its ports chosen.

    Raises CannotStart or env.MalformedSetting; settings.py judges those variables that only it uses.
    """
    state_dir = Path(env.text(environ, "STATE_DIR", str(ROOT / "var"))).resolve()
    world = Path(env.text(environ, "WORLD", str(ROOT / "domains" / "data" / "demo.toml"))).resolve()
    if not world.is_file():
        raise CannotStart(f"WORLD: there is no file {world}.")
    given = {name: env.number(environ, name, 0, low=1, high=65535) or None for name in ("PORT", "EPP_PORT", "DNS_PORT")}
    numbers = [number for number in given.values() if number]
    if len(set(numbers)) < len(numbers):
        raise CannotStart("PORT, EPP_PORT and DNS_PORT must be different numbers.")
    web = ports.take("PORT", given["PORT"], 8000, fixed=True)
    epp = ports.take("EPP_PORT", given["EPP_PORT"], 7700)
    dns = ports.take("DNS_PORT", given["DNS_PORT"], 7753, udp=True)
    broker = None if env.text(environ, "REDIS_URL", "") else env.broker_socket(state_dir)
    settled: dict[str, object] = {"STATE_DIR": state_dir, "WORLD": world, "PORT": web, "EPP_PORT": epp, "DNS_PORT": dns}
    settled |= {name: env.text(environ, name, default) for name, default in RUN_DEFAULTS.items()}
    # Checks of delegations begin at the mock registry's root, all of which is on this machine.
    registry = state_dir / "registry"
    checks = {"DNS_ROOT_HINTS": registry / "root.hints", "DNS_TRUST_ANCHOR": registry / "trust-anchor"}
    settled |= {name: env.text(environ, name, str(path)) for name, path in checks.items()}
    settled |= {"DNS_ALLOW_PRIVATE": env.text(environ, "DNS_ALLOW_PRIVATE", "1")}
    settled |= {"REDIS_URL": f"unix://{broker}"} if broker else {}
    settled |= {"DJANGO_SETTINGS_MODULE": "registrar.settings", "PYTHONUNBUFFERED": "1"}
    return Plan(state_dir, world, web, epp, dns, broker, {**environ, **{name: str(settled[name]) for name in settled}})


def private_folder(folder: Path) -> None:
    """Make a folder that is ours alone, or see that it is. Raises CannotStart when it is somebody else's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.getuid():
        raise CannotStart(f"{folder} belongs to somebody else: remove it, or choose another STATE_DIR.")
    folder.chmod(0o700)


@contextmanager
def only_one(state_dir: Path) -> Iterator[None]:
    """Hold the state directory for this run. Raises CannotStart when another run has it."""
    private_folder(state_dir)
    with open(state_dir / "run.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Another ./dev run uses {state_dir}: stop it, or set STATE_DIR to another folder."
            ) from None
        yield


def write_ports(plan: Plan) -> None:
    """Tell in ports.json which ports are in use; a reader finds the whole file or none."""
    fresh = plan.state_dir / "ports.json.new"
    fresh.write_text(json.dumps({"web": plan.web, "epp": plan.epp, "dns": plan.dns}) + "\n")
    fresh.replace(plan.state_dir / "ports.json")


def check_settings(plan: Plan) -> None:
    """Let settings.py judge the environment. Raises CannotStart with the sentence it ends in."""
    command = [sys.executable, "-c", "import registrar.settings"]
    done = subprocess.run(command, cwd=ROOT, env=plan.environ, capture_output=True, text=True)
    if done.returncode:
        raise CannotStart((done.stderr.strip().splitlines() or ["The settings cannot be read."])[-1])
