"""Runs the mock registry of a world: an EPP server on the loopback address."""

import asyncio
import signal
import sqlite3
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from domains.mockregistry.server import Server
from domains.world import World, WorldError, read_world


class Command(BaseCommand):
    help = "Runs the mock registry: the world's registries, on one EPP port of 127.0.0.1, until INT or TERM."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--world", type=Path, required=True, help="world file; loaded into an empty store only")
        parser.add_argument("--dir", type=Path, required=True, help="directory of the store and of pki/")
        parser.add_argument("--epp-port", type=int, required=True, help="port for EPP over TLS; 0 takes a free one")
        parser.add_argument("--dns-port", type=int, help="accepted now; the parent zones are not served over DNS yet")
        parser.add_argument("--dns-address", default="127.0.0.1", help="accepted now, for --dns-port")

    def handle(self, *, world: Path, dir: Path, epp_port: int, **options: Any) -> None:
        try:
            asyncio.run(self._run(read_world(world), dir, epp_port))
        except WorldError as trouble:
            raise CommandError(str(trouble)) from trouble
        except (OSError, OverflowError, sqlite3.Error) as trouble:
            raise CommandError(f"The mock registry cannot run: {trouble}") from trouble

    async def _run(self, world: World, directory: Path, port: int) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        server = Server(world, directory)
        await server.start(port)
        self.stdout.write("Ready")
        self.stdout.flush()
        await stop.wait()
        await server.stop()
