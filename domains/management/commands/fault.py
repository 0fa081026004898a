"""Switches scripted faults of the mock registry on and off while it runs."""

import sqlite3
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from domains.faults import KINDS, FaultError, read_faults
from domains.mockregistry.faults import Place, Switch, places_named, read_switches, set_faults, write_switches
from domains.mockregistry.server import STORE_FILE

PARAMETERS = ("commands", "times", "seconds", "length", "code", "message", "reason", "values", "lang")


class Command(BaseCommand):
    help = (
        "Switches a fault of the mock registry on, in place of what stands at NAME, in the world file or by an "
        f"earlier switch. The registry need not be started again. The kinds are {', '.join(KINDS)}; docs/world.md "
        "says what each does."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="a domain, a TLD or a registry of the mock registry")
        parser.add_argument("kind", nargs="?", help="the kind of the fault")
        parser.add_argument("--off", action="store_true", help="no fault at NAME, also none of the world file")
        parser.add_argument("--list", action="store_true", help="show what is switched")
        parser.add_argument("--reset", action="store_true", help="forget all switches: the world file holds again")
        parser.add_argument("--dir", type=Path, default=settings.MOCK_REGISTRY_DIR, help="the registry's directory")
        parser.add_argument("--commands", type=lambda text: text.split(","), help="commands that it meets: update,info")
        parser.add_argument("--times", type=int, help="how often; without it, until it is switched off")
        parser.add_argument("--seconds", type=float, help="how long it takes or lasts")
        parser.add_argument("--length", type=int, help="the length that absurd-length announces")
        parser.add_argument("--code", type=int, help="the result code of a refusal")
        parser.add_argument("--message", help="the text of its result")
        parser.add_argument("--reason", action="append", help="a reason, given as often as there are reasons")
        parser.add_argument("--value", action="append", dest="values", help="a value, as often as there are values")
        parser.add_argument("--lang", help="the language of message and reasons")

    def handle(self, *, name: str | None, kind: str | None, dir: Path, **options: Any) -> None:
        given = {key: options[key] for key in PARAMETERS if options[key] is not None}
        asked = [what for what in ("off", "list", "reset") if options[what]]
        if (asked, name is not None, kind is not None) not in (
            ([], True, True), (["off"], True, False), (["list"], False, False), (["reset"], False, False),
        ) or (asked and given):  # fmt: skip
            raise CommandError("Say NAME KIND and its options, or NAME --off, or --list, or --reset.")
        try:
            if name is not None:
                self._set(dir, name, [] if kind is None else [{"kind": kind, **given}])
            elif options["reset"]:
                write_switches(dir, [])
            for switch in read_switches(dir):
                self.stdout.write(_line(switch))
        except FaultError as trouble:
            raise CommandError(f"The fault {trouble}.") from trouble
        except (OSError, sqlite3.Error) as trouble:
            raise CommandError(f"There is no mock registry in {dir}: {trouble}") from trouble

    def _set(self, directory: Path, name: str, written: list[dict[str, Any]]) -> None:
        places = places_named(directory / STORE_FILE, name)
        if not places:
            raise CommandError(f"The mock registry knows no domain, TLD or registry {name!r}.")
        set_faults(directory, _place(places, written), written, datetime.now(UTC))


def _place(places: list[Place], written: list[dict[str, Any]]) -> Place:
    """The first of the places that takes this fault: a TLD and a registry may have the same name."""
    for level, name in places[:-1]:
        try:
            read_faults(written, level)
        except FaultError:
            continue
        return level, name
    return places[-1]


def _line(switch: Switch) -> str:
    level, name = switch.place
    since = f"{switch.since:%Y-%m-%d %H:%M:%S} UTC"
    faults = [" ".join(f"{key}={value}" for key, value in fault.items()) for fault in switch.written]
    return f"{level} {name}: {'; '.join(faults) or 'none'} (since {since})"
