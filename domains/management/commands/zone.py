"""Switches what the zones of the mock registry's domains are like while it runs."""

import sqlite3
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from domains.mockregistry.childzones import read_states, write_states
from domains.mockregistry.faults import places_named
from domains.mockregistry.hierarchy import KEYS_FOLDER
from domains.mockregistry.server import STORE_FILE
from domains.world import ZONE_STATES


class Command(BaseCommand):
    help = (
        "Switches a domain's own zone, as its DNS service would: signs it, stops signing, changes its key. The "
        f"registry need not be started again. The states are {', '.join(ZONE_STATES)}; docs/parent-zone.md says what "
        "each is. Without STATE it shows what is switched."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="a domain that the world gives a zone")
        parser.add_argument("state", nargs="?", choices=ZONE_STATES, metavar="state", help="what it is to be like")
        parser.add_argument("--reset", action="store_true", help="forget the switch of NAME, or all")
        parser.add_argument("--dir", type=Path, default=settings.MOCK_REGISTRY_DIR, help="the registry's directory")

    def handle(self, *, name: str | None, state: str | None, reset: bool, dir: Path, **options: Any) -> None:
        if reset and state:
            raise CommandError("Say NAME STATE, or NAME --reset.")
        name = name and name.lower().rstrip(".")
        try:
            if name and not self._is_served(dir, name):
                raise CommandError(f"The mock registry in {dir} serves no zone {name!r} of a domain.")
            states = read_states(dir)
            if name and state:
                states[name] = state
            elif reset:
                states = {other: states[other] for other in states if name and other != name}
            if reset or state:
                write_states(dir, states)
        except (OSError, ValueError, sqlite3.Error) as trouble:
            raise CommandError(f"There is no mock registry in {dir}: {trouble}") from trouble
        for switched in sorted(states):
            if name in (None, switched):
                self.stdout.write(f"{switched}: {states[switched]}")

    def _is_served(self, directory: Path, name: str) -> bool:
        """Whether it is a domain, and one with keys for a zone."""
        is_domain = ("domain", name) in places_named(directory / STORE_FILE, name)
        return is_domain and (directory / KEYS_FOLDER / f"{name}.pem").is_file()
