"""Runs the mock registry of a world: an EPP server and, when asked for, a name server on the loopback address."""

import asyncio
import contextlib
import signal
import sqlite3
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from domains.mockregistry.nameserver import LOOPBACK, NameServer
from domains.mockregistry.server import STORE_FILE, Server, utc_now
from domains.world import World, WorldError, read_world


class Command(BaseCommand):
    help = "Runs the mock registry: the world's registries, on one EPP port of 127.0.0.1, until INT or TERM."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--world", type=Path, required=True, help="world file; loaded into an empty store only")
        parser.add_argument("--dir", type=Path, required=True, help="directory of the store, of pki/ and zones/")
        parser.add_argument("--epp-port", type=int, required=True, help="port for EPP over TLS; 0 takes a free one")
        parser.add_argument("--dns-port", type=int, help="serve the zones over DNS on this port; 0 takes a free one")
        parser.add_argument("--dns-address", default=LOOPBACK, help="a further address that answers for all zones")

    def handle(
        self, *, world: Path, dir: Path, epp_port: int, dns_port: int | None, dns_address: str, **options: Any
    ) -> None:
        try:
            asyncio.run(self._run(read_world(world), dir, epp_port, dns_port, dns_address))
        except WorldError as trouble:
            raise CommandError(str(trouble)) from trouble
        except (OSError, OverflowError, ValueError, sqlite3.Error) as trouble:
            raise CommandError(f"The mock registry cannot run: {trouble}") from trouble

    async def _run(self, world: World, directory: Path, epp_port: int, dns_port: int | None, dns_address: str) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        server = Server(world, directory)
        await server.start(epp_port)
        try:
            async with _names(world, directory, dns_port, dns_address):
                self.stdout.write("Ready")
                self.stdout.flush()
                await stop.wait()
        finally:
            await server.stop()


@contextlib.asynccontextmanager
async def _names(world: World, directory: Path, port: int | None, address: str) -> AsyncIterator[None]:
    """Serves the zones, if a port for that was given."""
    if port is None:
        yield
        return
    names = NameServer(world, directory / STORE_FILE, utc_now)
    await names.start(port, address)
    try:
        yield
    finally:
        await names.stop()
