"""A world with zones for tests, and a registry that serves them, in a thread."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from domains.mockregistry.nameserver import NameServer
from domains.mockregistry.server import STORE_FILE, RunningRegistry, running, utc_now
from domains.world import World

ZONES = """
registry = [
    { name = "north", interface = "ds", registrar_id = "console", password = "open-sesame" },
    { name = "south", interface = "key", registrar_id = "console", password = "open-sesame" },
    { name = "far", interface = "ds", registrar_id = "console", password = "far-away", host = "epp.example" },
]
tld = [
    { name = "com", registry = "north" },
    { name = "org", registry = "north" },
    { name = "far", registry = "far" },
    { name = "co.uk", registry = "north" },
    { name = "nl", registry = "south" },
    { name = "se", registry = "south" },
    { name = "com.se", registry = "south" },
]
domain = [
  { name = "example.com", nameservers = ["ns1.example.com 127.0.3.1", "ns.example.org"], zone = { state = "healthy" } },
    { name = "example.org", nameservers = ["ns.example.org 127.0.3.2"], zone = { state = "rollover" } },
    { name = "example.co.uk", nameservers = ["ns1.example.com"] },
    { name = "example.nl", nameservers = ["ns.example.nl 127.0.3.3"], zone = { state = "bogus" } },
    { name = "example.se", nameservers = ["ns.example.se 127.0.3.4"], zone = { state = "expired" } },
    { name = "example.com.se", nameservers = ["ns.example.com.se 127.0.3.5"], zone = { state = "slow" } },
    { name = "plain.com", nameservers = ["ns.plain.com 127.0.3.6"], zone = { state = "unsigned" } },
    { name = "held.com", nameservers = ["ns1.example.com"], statuses = ["clientHold"] },
    { name = "nic.com", nameservers = ["ns1.example.com"] },
    { name = "bare.com" },
    { name = "com.se", nameservers = ["ns1.example.com"] },
    { name = "deep.below.org", nameservers = ["ns1.example.com"] },
    { name = "hidden.example.org", nameservers = ["ns1.example.com"] },
    { name = "elsewhere.far", nameservers = ["ns1.example.com"] },
]
"""
# An address of each TLD's zone: by its place in the file.
ADDRESSES = {
    "com": "127.0.2.1", "org": "127.0.2.2", "co.uk": "127.0.2.4", "nl": "127.0.2.5", "se": "127.0.2.6",
    "com.se": "127.0.2.7",
}  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A registry that runs, with its name server."""

    registry: RunningRegistry
    directory: Path
    dns_port: int


@contextmanager
def serving(world: World, directory: Path, *, now: Callable[[], datetime] = utc_now) -> Iterator[Served]:
    """Runs the registry and its name server in threads."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="name server")
    thread.start()
    try:
        with running(world, directory, now=now) as registry:
            names = NameServer(world, directory / STORE_FILE, now)
            asyncio.run_coroutine_threadsafe(names.start(), loop).result()
            try:
                yield Served(registry, directory, names.port)
            finally:
                asyncio.run_coroutine_threadsafe(names.stop(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
