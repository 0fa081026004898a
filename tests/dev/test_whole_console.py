"""The whole console as `./dev run` starts it: up, healthy, back after a kill, and gone without a trace."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registrar.plan import ROOT
from tests.mockregistry.walker import Walker
from tests.running import Run, processes_of

pytestmark = [pytest.mark.slow_once, pytest.mark.xdist_group("whole console")]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    started = Run(ROOT, tmp_path_factory.mktemp("whole") / "state")
    try:
        started.wait_until_ready(limit=60)
        yield started
    finally:
        started.close()


def command_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def workers(run: Run) -> set[int]:
    """The worker's processes: the parent and its pool."""
    return {pid for pid in processes_of(run.state_dir) if {"celery", "worker"} <= set(command_of(pid))}


def until(met: Callable[[], bool], limit: float) -> float:
    """Wait until it is so; gives the seconds that took."""
    begun = time.monotonic()
    while not met():
        assert time.monotonic() - begun < limit
        time.sleep(0.05)
    return time.monotonic() - begun


def test_is_ready_within_a_minute_and_says_so_once(run: Run) -> None:
    assert [line for line in run.lines() if "Ready" in line] == [f"Ready: http://127.0.0.1:{run.port}/"]


def test_is_healthy_once_it_is_ready(run: Run) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/healthz", timeout=5) as answer:
        assert answer.status == 200
        assert json.load(answer) == {
            "status": "ok",
            "checks": {"database": "ok", "broker": "ok", "registry": "ok"},
        }


def test_serves_the_demo_s_zones_over_dns(run: Run) -> None:
    port = json.loads((run.state_dir / "ports.json").read_text())["dns"]
    found = Walker(run.state_dir / "registry", port).find("example.net", "DS")
    assert found.secure
    assert found.records is not None
    assert [ds.key_tag for ds in found.records] == [52890]


def test_writes_nothing_outside_its_state_directory(run: Run) -> None:
    assert {"broker", "ports.json", "registrar.sqlite3", "registry"} <= {path.name for path in run.state_dir.iterdir()}
    assert not [path for path in ROOT.glob("celerybeat-schedule*")]


def test_a_killed_worker_is_back_within_five_seconds(run: Run) -> None:
    before = workers(run)
    parents = [pid for pid in before if os.getpgid(pid) == pid]
    assert (len(parents), len(before)) == (1, 3)
    os.kill(parents[0], signal.SIGKILL)
    assert until(lambda: len(workers(run) - before) == 3, 5) < 5
    assert workers(run) & before == set()


@pytest.mark.parametrize("child", ["beat", "granian", "mockregistry", "valkey-server"])
def test_any_other_child_is_back_within_five_seconds(run: Run, child: str) -> None:
    def of_this_kind() -> set[int]:
        found = processes_of(run.state_dir)
        return {pid for pid in found if child in " ".join(command_of(pid)) and os.getpgid(pid) == pid}

    [killed] = of_this_kind()
    os.kill(killed, signal.SIGKILL)
    until(lambda: bool(of_this_kind() - {killed}), 5)

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{run.port}/healthz?live", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    until(answers, 5)


def test_a_signal_stops_it_within_ten_seconds_and_leaves_nothing(run: Run) -> None:
    begun = time.monotonic()
    assert run.stop(signal.SIGTERM) == 0
    assert time.monotonic() - begun < 10
    assert processes_of(run.state_dir) == set()
