"""The supervisor of `./dev run`: what it shows, what it starts again, and that it leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.running import Run, processes_of

Start = Callable[..., Run]
READY = re.compile(r"\bready\b", re.IGNORECASE)


def test_says_ready_once_and_after_everything_else_is_up(start: Start) -> None:
    run = start()
    lines = run.wait_until_ready()
    assert lines[-1] == f"Ready: http://127.0.0.1:{run.port}/"
    assert sum(bool(READY.search(line)) for line in lines) == 1
    shown = {line.split(" | ")[0] for line in lines[:-1]}
    assert {"broker", "registry", "migrate", "static", "seed", "worker", "beat", "web"} >= shown
    order = [line for line in lines if line.endswith(("doing migrate", "doing seed", "/healthz?live 127.0.0.1"))]
    assert order[:3] == ["migrate | doing migrate", "seed | doing seed", "web | asked for /healthz?live 127.0.0.1"]


def test_tells_children_where_the_broker_is_and_everybody_which_ports_are_used(start: Start) -> None:
    run = start()
    lines = run.wait_until_ready()
    unix_socket = run.state_dir / "broker" / "valkey.sock"
    ports = json.loads((run.state_dir / "ports.json").read_text())
    assert ports["web"] == run.port
    assert len({ports["web"], ports["epp"], ports["dns"]}) == 3
    if len(os.fsencode(unix_socket)) <= 100:
        assert f"web | REDIS_URL unix://{unix_socket}" in lines
    assert run.state_dir.stat().st_mode & 0o777 == 0o700


def test_a_long_state_directory_has_its_broker_socket_in_a_short_private_folder(start: Start) -> None:
    run = start(state="s" * 120)
    lines = run.wait_until_ready()
    [url] = [line.split()[-1] for line in lines if line.startswith("web | REDIS_URL")]
    unix_socket = Path(url.removeprefix("unix://"))
    assert len(os.fsencode(unix_socket)) <= 100
    assert unix_socket.parent.stat().st_mode & 0o777 == 0o700
    run.stop()
    assert not unix_socket.parent.exists()


def test_starts_no_broker_when_one_is_given(start: Start) -> None:
    run = start(REDIS_URL="redis://127.0.0.1:1/0")
    lines = run.wait_until_ready()
    assert "web | REDIS_URL redis://127.0.0.1:1/0" in lines
    assert not any(line.startswith("broker") for line in lines)
    assert not (run.state_dir / "broker").exists()


def test_asks_for_health_under_a_name_that_the_console_answers_to(start: Start) -> None:
    lines = start(ALLOWED_HOSTS=".registrar.example, other.example").wait_until_ready()
    assert "web | asked for /healthz registrar.example" in lines


def test_a_killed_child_is_back_after_half_a_second_with_its_leftovers_gone(start: Start) -> None:
    run = start()
    run.wait_until_ready()
    [first] = run.pids("worker")
    pool = [pid for pid in processes_of(run.state_dir) if os.getpgid(pid) == first and pid != first]
    assert len(pool) == 1
    killed = time.monotonic()
    os.kill(first, signal.SIGKILL)
    run.wait_for(lambda _: len(run.pids("worker")) == 2)
    assert time.monotonic() - killed < 5
    assert "run | worker ended (SIGKILL), starting it again in 0.5 s" in run.lines()
    assert not Path(f"/proc/{pool[0]}").exists()
    assert sum(bool(READY.search(line)) for line in run.lines()) == 1


def test_a_child_that_keeps_dying_is_started_less_and_less_often(start: Start) -> None:
    run = start()
    run.wait_until_ready()
    for _ in range(2):
        known = run.pids("beat")
        os.kill(known[-1], signal.SIGKILL)
        run.wait_for(lambda _, known=known: len(run.pids("beat")) > len(known))
    waits = [float(line.split()[-2]) for line in run.lines() if line.startswith("run | beat ended")]
    assert waits == [0.5, 1.0]
    assert all(later > sooner for sooner, later in pairwise(waits))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_of_it(start: Start, number: signal.Signals) -> None:
    run = start()
    run.wait_until_ready()
    # Supervisor, warden, broker, registry, worker and its pool, beat, web.
    assert len(processes_of(run.state_dir)) == 8
    assert run.stop(number) == 0
    assert processes_of(run.state_dir) == set()


def test_a_signal_during_the_start_stops_all_of_it(start: Start) -> None:
    run = start()
    run.wait_for(lambda lines: any("doing" in line for line in lines))
    assert run.stop() == 0
    assert processes_of(run.state_dir) == set()


def test_a_second_signal_hurries_and_the_worker_waits_no_longer(start: Start) -> None:
    run = start(FAKE_STUBBORN="worker")
    run.wait_until_ready()
    begun = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    run.wait_for(lambda lines: "run | stopping" in lines)
    assert run.stop(signal.SIGINT) == 0
    assert time.monotonic() - begun < 3
    assert processes_of(run.state_dir) == set()


def test_nothing_outlives_a_killed_supervisor(start: Start) -> None:
    run = start(FAKE_STUBBORN="worker")
    run.wait_until_ready()
    run.stop(signal.SIGKILL)
    deadline = time.monotonic() + 5
    while processes_of(run.state_dir) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_of(run.state_dir) == set()


def test_a_killed_warden_stops_nothing(start: Start) -> None:
    run = start()
    run.wait_until_ready()
    [warden] = [pid for pid in processes_of(run.state_dir) if b"warden.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(warden, signal.SIGKILL)
    os.kill(run.pids("beat")[0], signal.SIGKILL)
    run.wait_for(lambda _: len(run.pids("beat")) == 2)
    assert run.stop() == 0
    assert processes_of(run.state_dir) == set()


@pytest.mark.parametrize(
    ("command", "how"), [("seed", "seed failed"), ("mockregistry", "registry ended before all was up")]
)
def test_a_child_that_cannot_start_ends_the_start_with_its_sentence(start: Start, command: str, how: str) -> None:
    run = start(FAKE_FAILURE=command)
    assert run.end() == (2, f"The console cannot start: {how}: The world is flat.\n")
    assert not any("Ready" in line for line in run.lines())
    assert processes_of(run.state_dir) == set()


def test_a_reader_who_stops_reading_does_not_stop_the_supervisor(project: Path, start: Start) -> None:
    (project / "celery.py").write_text("print('worker ready', flush=True)\nwhile True: print('x' * 1000, flush=True)\n")
    run = start()
    # The small project's lines go to a file; here they go to a pipe that nobody empties.
    run.close()
    command = [run.process.args[0], "-m", "registrar.supervisor"] if isinstance(run.process.args, list) else []
    with subprocess.Popen(
        command, cwd=project, env=run.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as flood:
        try:
            deadline = time.monotonic() + 5
            while len(processes_of(run.state_dir)) < 6 and time.monotonic() < deadline:
                time.sleep(0.02)
        finally:
            flood.terminate()
        assert flood.wait(10) == 0
    assert processes_of(run.state_dir) == set()
