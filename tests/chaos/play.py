"""One performance: set the stage, let the crowd in, cut and kill, wait until all is quiet, and count."""

import base64
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import psycopg
from cryptography.hazmat.primitives.asymmetric import ec

from registrar.processes import broker_command
from tests import services
from tests.chaos.crowd import Crowd, Visitor
from tests.chaos.stage import ROOT, Actor, Killer, Wire, manage, until
from tests.chaos.verdict import judge
from tests.running import free_port

PATIENCE = 330.0  # Seconds: a change that the registry decides later is looked up in growing gaps.
PENDING = {5: "accept", 6: "reject", 7: "silent"}  # Of each ten domains these are decided later.


def perform(
    folder: Path, *, operations: int, seconds: float, domains: int = 40, pace: float = 0.5, seed: int | None = None
) -> dict[str, object]:
    """
    At most so many operations in at most so many seconds of trouble; `pace` is how long each of four visitors waits
    between two requests on average. Returns the figures; `wrong` is empty when nothing
    was lost, doubled or left unexplained. Raises TimeoutError when it does not come to rest.
    """
    seed = secrets.randbelow(2**32) if seed is None else seed
    dice = random.Random(seed)
    names = [f"chaos{number}.{'de' if number % 2 else 'com'}" for number in range(domains)]
    with ExitStack() as stack:
        (folder / "state").mkdir(parents=True)
        address = stack.enter_context(services.postgres(folder))
        registry_port, web_port = free_port(), free_port()
        wire = Wire(registry_port, random.Random(dice.random()))
        wire.start()
        stack.callback(wire.stop)
        environ = _environ(folder, address, web_port)
        _write_worlds(folder, names, wire.port)
        actors = _cast(folder, environ, registry_port, web_port)
        for name, actor in actors.items():
            stack.callback(actor.end, signal.SIGKILL if name == "broker" else signal.SIGTERM)
        actors["registry"].start()
        until(lambda: "Ready" in actors["registry"].said, seconds=20, what="the registry")
        seed_world = ["seed", "--world", str(folder / "console.toml")]
        for command in (["collectstatic", "--no-input"], ["migrate", "--verbosity", "0"], seed_world):
            subprocess.run(manage(*command), cwd=ROOT, env=environ, check=True, capture_output=True)
        for name in ("broker", "web", "worker one", "worker two", "beat"):
            actors[name].start()
        until(lambda: _answers(web_port), seconds=30, what="the web server")
        database = stack.enter_context(psycopg.connect(_dsn(address), autocommit=True))

        crowd = Crowd(
            web_port, names, _public_keys(12), wanted=operations, pace=pace, dice=random.Random(dice.random())
        )
        killer = Killer(list(actors.values()), random.Random(dice.random()), lambda: _step_lease(database))
        start = time.monotonic()
        wire.trouble = True
        people = threading.Thread(target=crowd.run, kwargs={"visitors": 4, "deadline": start + seconds})
        people.start()
        killer.rage(people.is_alive)
        people.join()
        troubled = time.monotonic() - start
        wire.trouble = False
        try:
            until(
                lambda: _is_quiet(database, killer),
                seconds=PATIENCE,
                what="the end of all operations and mails",
                every=0.5,
            )
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {_open(database)}") from error
        quiet = time.monotonic() - start - troubled
        time.sleep(2.5)  # The last acknowledgements, and the sweepers' next rounds, which find nothing to do.
        for name in ("beat", "worker one", "worker two"):
            actors[name].end(signal.SIGTERM)
        figures = judge(
            database,
            folder / "registry" / "registry.sqlite3",
            folder / "state" / "mail",
            accepted=crowd.accepted,
            uncertain=crowd.uncertain,
        )
        until(lambda: _connections(registry_port) == 0, seconds=10, what="the end of all sessions")
    return {
        "seed": seed,
        "submitted": crowd.submitted,
        "uncertain": crowd.uncertain.total(),
        "refused": dict(crowd.refused),
        "seconds_of_trouble": round(troubled, 1),
        "seconds_to_rest": round(quiet, 1),
        "killed": dict(killer.done),
        "wire": dict(wire.done),
        **asdict(figures),
    }


def _environ(folder: Path, address: str, web_port: int) -> dict[str, str]:
    keep = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    return keep | {
        "DJANGO_SETTINGS_MODULE": "registrar.settings",
        "PYTHONUNBUFFERED": "1",
        "STATE_DIR": str(folder / "state"),
        "DNS_ROOT_HINTS": str(ROOT / "tests" / "nowhere.hints"),  # Nobody's chain of trust is looked for.
        "DATABASE_URL": address,
        "REDIS_URL": f"unix://{folder}/state/broker.sock",
        "PORT": str(web_port),
        "SECRET_KEY": secrets.token_hex(32),
        "EPP_TIMEOUT": "2",
        "OPERATION_LEASE": "5",
        "EPP_POLL_INTERVAL": "1",
        "WORKER_CONCURRENCY": "2",
    }


def _cast(folder: Path, environ: dict[str, str], registry_port: int, web_port: int) -> dict[str, Actor]:
    state, python = folder / "state", sys.executable
    celery = [python, "-m", "celery", "-A", "registrar"]
    worker = [*celery, "worker", "--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--hostname"]
    commands = {
        "registry": manage(
            "mockregistry", "--world", str(folder / "registry.toml"), "--dir", str(folder / "registry"),
            "--epp-port", str(registry_port),
        ),
        "broker": broker_command(state / "broker.sock", state, "--appendonly", "yes"),
        "web": [
            python, "-m", "granian", "--interface", "wsgi", "registrar.wsgi:application", "--host", "127.0.0.1",
            "--port", str(web_port), "--workers", "1", "--blocking-threads", "4",
        ],
        "worker one": [*worker, "one@chaos"],
        "worker two": [*worker, "two@chaos"],
        "beat": [*celery, "beat", "--loglevel", "WARNING", "--schedule", str(state / "schedule"), "--pidfile", ""],
    }  # fmt: skip
    return {name: Actor(name, command, environ, folder / f"{name}.log") for name, command in commands.items()}


def _write_worlds(folder: Path, names: list[str], wire: int) -> None:
    """The same world for both sides; the console's registries are reached over the wire."""
    pki = folder / "registry" / "pki"
    far = f'host = "127.0.0.1"\nport = {wire}\n' + "".join(
        f'{field} = "{pki / name}"\n'
        for field, name in (("ca", "ca.pem"), ("cert", "client.pem"), ("key", "client.key"))
    )
    for file, place in (("registry.toml", ""), ("console.toml", far)):
        parts = ['[[person]]\nemail = "alice@example.net"\nname = "Alice"\npassword = "correct horse"\n']
        for registry, interface in (("north", "ds"), ("south", "key")):
            parts.append(
                f'[[registry]]\nname = "{registry}"\ninterface = "{interface}"\nregistrar_id = "con-{registry}"\n'
                f'password = "{registry}-secret"\n{place}'
            )
        parts += [
            f'[[tld]]\nname = "{tld}"\nregistry = "{registry}"\n'
            for tld, registry in (("com", "north"), ("de", "south"))
        ]
        for number, name in enumerate(names):
            registrar = "con-south" if name.endswith("de") else "con-north"
            later = PENDING.get(number % 10)
            parts.append(
                f'[[domain]]\nname = "{name}"\nowner = "alice@example.net"\nregistrar = "{registrar}"\n'
                'registrant = { name = "Alice", email = "registrant@example.net" }\n'
                + (f'answer = "pending"\ndecide_after = 1\ndecide = "{later}"\n' if later else "")
            )
        (folder / file).write_text("\n".join(parts))


def _public_keys(count: int) -> list[str]:
    numbers = [ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers() for _ in range(count)]
    return [base64.b64encode(point.x.to_bytes(32) + point.y.to_bytes(32)).decode() for point in numbers]


def _dsn(address: str) -> str:
    return address.replace("postgres://", "postgresql://")


def _answers(port: int) -> bool:
    try:
        return Visitor(port).get("/healthz?live")[0] == 200
    except OSError:
        return False


def _step_lease(database: psycopg.Connection) -> None:
    """As if a clock had jumped: a lease is over while its worker still works."""
    database.execute(
        "UPDATE domains_operation SET lease_until = now() - interval '1 second' WHERE id = "
        "(SELECT id FROM domains_operation WHERE claim_token IS NOT NULL ORDER BY random() LIMIT 1)"
    )


def _is_quiet(database: psycopg.Connection, killer: Killer) -> bool:
    killer.revive()
    row = database.execute(
        "SELECT (SELECT count(*) FROM domains_operation WHERE status IN ('SUBMITTED', 'IN_PROGRESS')) "
        "+ (SELECT count(*) FROM domains_outgoingemail WHERE status = 'WAITING')"
    ).fetchone()
    return row is not None and row[0] == 0


def _open(database: psycopg.Connection) -> list[tuple[object, ...]]:
    """What has no end yet, for whoever has to find out why."""
    operations = database.execute(
        "SELECT reference, status, attempts_made, next_attempt_at - now(), pending_since IS NOT NULL, (SELECT "
        "string_agg(a.command || ' ' || coalesce(a.code::text, a.message), ', ' ORDER BY a.id) FROM domains_attempt a "
        "WHERE a.operation_id = o.id) FROM domains_operation o WHERE status IN ('SUBMITTED', 'IN_PROGRESS') LIMIT 5"
    ).fetchall()
    registries = database.execute("SELECT name, failures, retry_at - now(), last_failure FROM domains_registry")
    return [*operations, *registries.fetchall()]


def _connections(port: int) -> int:
    """Established connections to a port of the loopback address."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "01" for line in lines)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory(prefix="chaos-") as home:
        print(json.dumps(perform(Path(home), operations=int(sys.argv[1]), seconds=float(sys.argv[2])), indent=1))
