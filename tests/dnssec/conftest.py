"""A real mock registry over TLS beside the console's database, both loaded from one small world."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from domains import registry as door
from domains.epp.client import Client, client_context
from domains.epp.commands import InfoDomain, Login
from domains.epp.responses import DomainInfo
from domains.mockregistry.server import running
from domains.world import read_world
from tests.conftest import KEY_13

WORLD = f"""
[[person]]
email = "alice@example.net"
name = "Alice"
password = "correct horse"

[[registry]]
name = "north"
interface = "ds"
registrar_id = "console"
password = "north-secret"

[[registry]]
name = "south"
interface = "key"
registrar_id = "console2"
password = "south-secret"

[[tld]]
name = "com"
registry = "north"

[[tld]]
name = "org"
registry = "north"
dnssec = true
max_keys = 4

[[tld]]
name = "de"
registry = "south"

[[domain]]
name = "example.com"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "console"

[[domain]]
name = "keyed.com"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "console"
keys = [ {{ flags = 257, algorithm = 13, public_key = "{KEY_13}" }} ]

[[domain]]
name = "example.de"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "console2"
keys = [ {{ flags = 257, algorithm = 13, public_key = "{KEY_13}" }} ]

[[domain]]
name = "locked.com"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "console"
statuses = ["serverUpdateProhibited"]

[[domain]]
name = "moved.com"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "other"

[[domain]]
name = "accepted.com"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "console"
answer = "pending"
decide_after = 0.05
decide = "accept"

[[domain]]
name = "rejected.com"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "console"
answer = "pending"
decide_after = 0.05
decide = "reject"

[[domain]]
name = "silent.com"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "console"
answer = "pending"
decide_after = 0.05
decide = "silent"

[[domain]]
name = "undecided.com"
owner = "alice@example.net"
registrant = {{ name = "Alice", email = "registrant@example.net" }}
registrar = "console"
answer = "pending"
decide_after = 2592000
"""


class MockRegistry:
    """The far side of the wire: looked at by EPP alone, and switched off and on."""

    def __init__(self, world: Path, directory: Path) -> None:
        self.world, self.directory = world, directory
        self._running = ExitStack()

    def start(self) -> int:
        """Listen; returns the port."""
        running_registry = self._running.enter_context(running(read_world(self.world), self.directory))
        self.port = running_registry.port
        return self.port

    def stop(self) -> None:
        """Stop listening; what was committed stays."""
        self._running.close()

    def info(self, name: str, *, registrar: tuple[str, str] = ("console", "north-secret")) -> DomainInfo | None:
        """What the registry holds about a domain, asked for by a session of the test's own."""
        pki = self.directory / "pki"
        context = client_context(ca=pki / "ca.pem", cert=pki / "client.pem", key=pki / "client.key")
        client = Client.connect("127.0.0.1", self.port, context=context, timeout=5)
        try:
            client.send(Login(*registrar), cl_trid="TEST-LOGIN")
            return client.send(InfoDomain(name), cl_trid="TEST-INFO").domain
        finally:
            client.close()


@pytest.fixture
def mock_registry(tmp_path: Path, settings: Any, db: None) -> Iterator[MockRegistry]:
    """The world above, on both sides."""
    world = tmp_path / "world.toml"
    world.write_text(WORLD)
    call_command("seed", world=world, verbosity=0)
    mock = MockRegistry(world, tmp_path / "registry")
    settings.MOCK_REGISTRY_DIR = mock.directory
    settings.EPP_PORT = mock.start()
    settings.EPP_TIMEOUT = 5
    yield mock
    door.close_all()
    mock.stop()


@pytest.fixture
def lose_answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes the wire lose what follows: the command itself (`before=True`), or only its answer."""

    def lose(command: type, *, before: bool, times: int = 1) -> None:
        send = Client.send
        left = [times]

        def unlucky(self: Client, sent: Any, *, cl_trid: str, timeout: float | None = None) -> Any:
            if isinstance(sent, command) and left[0]:
                left[0] -= 1
                if not before:
                    send(self, sent, cl_trid=cl_trid, timeout=timeout)
                self.close()
                raise door.AnswerLost("The connection was cut.")
            return send(self, sent, cl_trid=cl_trid, timeout=timeout)

        monkeypatch.setattr(Client, "send", unlucky)

    return lose
