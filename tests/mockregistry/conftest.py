"""A small world with two registries that one registrar may use, a third that it may not, and a running registry."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from domains.mockregistry.server import RunningRegistry, running
from domains.world import World, read_world
from tests.mockregistry.peer import Peer

WORLD = """
registry = [
    { name = "north", interface = "ds", registrar_id = "console", password = "open-sesame" },
    { name = "south", interface = "key", registrar_id = "console", password = "open-sesame" },
    { name = "west", interface = "ds", registrar_id = "westerly", password = "other-words" },
    { name = "far", interface = "ds", registrar_id = "console", password = "far-away", host = "epp.example" },
]
tld = [
    { name = "com", registry = "north" },
    { name = "org", registry = "north", max_keys = 2, algorithms = [13, 15] },
    { name = "plain", registry = "north", dnssec = false },
    { name = "nl", registry = "south" },
    { name = "west", registry = "west" },
    { name = "far", registry = "far" },
]
domain = [
    { name = "example.com", nameservers = ["ns1.example.com", "ns2.example.net"], created = 2020-01-02 },
    { name = "example.org", nameservers = ["ns.example.org"] },
    { name = "example.plain" },
    { name = "example.nl" },
    { name = "example.west" },
    { name = "example.far" },
    { name = "rival.com", registrar = "westerly" },
    { name = "locked.com", statuses = ["serverUpdateProhibited", "clientTransferProhibited"] },
    { name = "client-locked.com", statuses = ["clientUpdateProhibited"] },
    { name = "slow.com", answer = "pending", decide_after = 0.03 },
    { name = "slower.com", answer = "pending", decide_after = 0.03 },
    { name = "no.com", answer = "pending", decide_after = 0.03, decide = "reject" },
    { name = "quiet.com", answer = "pending", decide_after = 0.03, decide = "silent" },
    { name = "never.com", answer = "pending", decide_after = 3600 },
    { name = "locked-slow.com", answer = "pending", decide_after = 0.03, statuses = ["clientUpdateProhibited"] },
    { name = "locked-no.com", answer = "pending", decide = "reject", statuses = ["clientUpdateProhibited"] },
]
"""


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    path = tmp_path_factory.mktemp("world") / "world.toml"
    path.write_text(WORLD)
    return read_world(path)


@pytest.fixture
def registry(world: World, tmp_path: Path) -> Iterator[RunningRegistry]:
    """A registry that holds the small world."""
    with running(world, tmp_path / "registry") as registry:
        yield registry


@pytest.fixture
def connect(registry: RunningRegistry) -> Iterator[Callable[[], Peer]]:
    """Opens connections, greeted and not logged in."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(Peer(registry))


@pytest.fixture
def peer(connect: Callable[[], Peer]) -> Peer:
    """A connection that is logged in as the console."""
    return connect().log_in()
