"""The mock registry as a process: Ready, a clean end, and durability when it is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domains.mockregistry.pki import ensure_pki
from domains.mockregistry.server import RunningRegistry
from tests.mockregistry.conftest import WORLD
from tests.mockregistry.keys import some_ds
from tests.mockregistry.peer import Peer

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def command(world: Path, directory: Path, port: int) -> list[str]:
    places = ["--world", str(world), "--dir", str(directory), "--epp-port", str(port), "--dns-port", "0"]
    return [sys.executable, "manage.py", "mockregistry", *places]


@contextmanager
def process(world: Path, directory: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """The command, once it has said Ready; nothing of it is left afterwards."""
    running = subprocess.Popen(
        command(world, directory, port), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert running.stdout is not None
    try:
        assert running.stdout.readline() == "Ready\n"
        yield running
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


@pytest.fixture
def world_file(tmp_path: Path) -> Path:
    path = tmp_path / "world.toml"
    path.write_text(WORLD)
    return path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_says_ready_serves_and_ends_quickly_though_somebody_is_connected(
    world_file: Path, tmp_path: Path, number: signal.Signals
):
    port, directory = free_port(), tmp_path / "registry"
    registry = RunningRegistry(port, ensure_pki(directory / "pki"), directory)
    with process(world_file, directory, port) as running, Peer(registry) as peer:
        peer.log_in()
        began = time.monotonic()
        os.kill(running.pid, number)
        assert running.wait(5) == 0
        assert time.monotonic() - began < 2
        assert running.stdout is not None
        assert running.stdout.read() == ""


def test_what_was_answered_survives_a_kill(world_file: Path, tmp_path: Path):
    port, directory = free_port(), tmp_path / "registry"
    registry = RunningRegistry(port, ensure_pki(directory / "pki"), directory)
    with process(world_file, directory, port) as running, Peer(registry) as peer:
        assert peer.log_in().update("example.com", add=(some_ds(1),)).code == 1000
        running.kill()
    with process(world_file, directory, port), Peer(registry) as peer:
        assert peer.log_in().records("example.com") == (some_ds(1),)


def test_a_world_that_cannot_be_used_ends_in_one_sentence(tmp_path: Path):
    world = tmp_path / "world.toml"
    world.write_text('[[tld]]\nname = "com"\n')
    ended = subprocess.run(command(world, tmp_path, 0), cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr == f"CommandError: {world}: in [[tld]] 'com', the key 'registry' is missing.\n"


def test_a_port_that_is_taken_ends_in_one_sentence(world_file: Path, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = listener.getsockname()[1]
        ended = subprocess.run(
            command(world_file, tmp_path, taken), cwd=ROOT, capture_output=True, text=True, timeout=20
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith("CommandError: The mock registry cannot run: ")
    assert ended.stderr.count("\n") == 1
