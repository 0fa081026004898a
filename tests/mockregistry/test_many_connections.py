"""Peers that connect and say nothing, with TLS or without: they keep nobody out, and the memory that they take is
bounded and given back."""

import gc
import socket
import time
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from domains.epp.client import client_context
from domains.mockregistry.server import Limits, RunningRegistry, running
from domains.world import World
from tests.mockregistry.peer import Peer
from tests.mockregistry.test_frames import first_octets


def half_open(registry: RunningRegistry) -> socket.socket:
    """A connection that begins no TLS."""
    return socket.create_connection(("127.0.0.1", registry.port), 5)


def under_way() -> int:
    """How many connections hold the buffers of TLS, in the whole process."""
    return sum(isinstance(found, SSLProtocol) for found in gc.get_objects())


def until_left(count: int) -> int:
    """Waits until no more than these do, and returns how many there are."""
    end = time.monotonic() + 5
    while under_way() > count and time.monotonic() < end:
        time.sleep(0.01)
    return under_way()


@pytest.fixture
def left_behind() -> Iterator[int]:
    """How many connections of other tests still do, while nothing but the end of its use frees an object."""
    gc.collect()
    gc.disable()
    yield under_way()
    gc.enable()


def test_peers_that_begin_no_tls_keep_nobody_out_and_the_oldest_of_them_gives_way(
    left_behind: int, world: World, tmp_path: Path
):
    with (
        running(world, tmp_path / "registry", limits=Limits(connections=4)) as registry,
        ExitStack() as stack,
        Peer(registry) as before,
    ):
        before.log_in()
        idle = [stack.enter_context(half_open(registry)) for _ in range(12)]
        with Peer(registry) as after:
            after.log_in()
            assert after.info("example.com").name == "example.com"
            assert before.info("example.com").name == "example.com"
            assert [found.recv(1) for found in idle[:10]] == [b""] * 10
            assert under_way() - left_behind <= 4


def test_peers_that_only_listen_to_the_greeting_keep_nobody_out_and_leave_nothing_behind(
    left_behind: int, world: World, tmp_path: Path
):
    limits = Limits(connections=2, shutdown=0.02)
    with running(world, tmp_path / "registry", limits=limits) as registry, ExitStack() as stack:
        peers = [stack.enter_context(Peer(registry)) for _ in range(6)]
        assert until_left(left_behind + 2) == left_behind + 2
        assert [peer.is_closed() for peer in peers[:4]] == [True] * 4
        peers[-1].log_in()


def test_a_session_is_never_ended_for_a_new_connection(world: World, tmp_path: Path):
    with running(world, tmp_path / "registry", limits=Limits(connections=1)) as registry, Peer(registry) as first:
        first.log_in()
        context = client_context(ca=registry.pki.ca, cert=registry.pki.client_cert, key=registry.pki.client_key)
        assert first_octets(registry.port, context) == b""
        assert first.info("example.com").name == "example.com"


def test_a_handshake_that_failed_gives_its_buffers_back_without_the_garbage_collector(
    left_behind: int, registry: RunningRegistry
):
    for _ in range(20):
        with half_open(registry) as peer:
            peer.sendall(b"EHLO\r\n")
            assert peer.recv(1) == b""
    assert until_left(left_behind) == left_behind
