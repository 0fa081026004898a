"""`manage.py seed`: what an installation needs before anybody signs in, and optionally a world for a demo."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from dnssec.keys import PROTOCOL, DnsKey
from dnssec.models import DelegationSigner
from dnssec.outcomes import create_row, show_status
from dnssec.snapshots import subject_of
from domains import installation
from domains.world import WorldError, read_world


class Command(BaseCommand):
    """Make the roles, load the dated TLD table, and with --world the people and domains of a world file."""

    help = "Makes the roles and loads the TLD table; with --world also a world file, into an empty database only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The one option."""
        parser.add_argument("--world", type=Path, help="a world file (docs/world.md) to load into an empty database")

    @transaction.atomic
    def handle(self, *args: Any, world: Path | None, **options: Any) -> None:
        """Run it; running it again changes nothing."""
        installation.ensure_roles()
        added = installation.load_tlds()
        if added:
            self.stdout.write(f"{added} TLDs added from the table of {installation.TLD_TABLE_AS_OF}.")
        if world is None or not installation.is_empty():
            return
        try:
            loaded = installation.load_world(read_world(world))
        except WorldError as error:
            raise CommandError(str(error), returncode=2) from error
        for domain, told in loaded:
            for key in told.keys:
                subject = subject_of(domain, DnsKey(key.flags, PROTOCOL, key.algorithm, key.public_key))
                create_row(domain, subject, DelegationSigner.State.PRESENT)
            show_status(domain)
        self.stdout.write(f"{len(loaded)} domains loaded from {world.name}.")
