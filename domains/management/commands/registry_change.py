"""Has the mock registry change a domain by itself, as a real one does with locks and emergency removals."""

import sqlite3
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from domains.epp.secdns import DsData, SecDnsUpdate
from domains.mockregistry.refusals import Refusal
from domains.mockregistry.registry_changes import change
from domains.mockregistry.requests import STATUSES, DomainUpdate, Parts
from domains.mockregistry.server import STORE_FILE
from domains.mockregistry.store import Store
from domains.world import World


class Command(BaseCommand):
    help = (
        "Changes a domain on the mock registry's own behalf, locked or not, and queues a change poll message "
        "(RFC 8590) for its sponsor. The registry may run meanwhile."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the domain")
        parser.add_argument("--add-status", action="append", default=[], choices=STATUSES, metavar="STATUS")
        parser.add_argument("--remove-status", action="append", default=[], choices=STATUSES, metavar="STATUS")
        parser.add_argument("--add-ds", action="append", default=[], type=_ds, metavar='"TAG ALG TYPE HEX"')
        parser.add_argument("--remove-ds", action="append", default=[], type=_ds, metavar='"TAG ALG TYPE HEX"')
        parser.add_argument("--remove-all", action="store_true", help="remove all DNSSEC data of the domain")
        parser.add_argument("--who", default="Registry staff", help="who is said to have done it")
        parser.add_argument("--reason", help="why; at most 32 characters")
        parser.add_argument("--case", help="the number of a case")
        parser.add_argument("--dir", type=Path, default=settings.MOCK_REGISTRY_DIR, help="the registry's directory")

    def handle(self, *, name: str, dir: Path, **options: Any) -> None:
        if len(options["reason"] or "") > 32:
            raise CommandError("A reason has at most 32 characters (RFC 8590).")
        secdns = SecDnsUpdate(
            remove=tuple(options["remove_ds"]), add=tuple(options["add_ds"]), remove_all=options["remove_all"]
        )
        asked = DomainUpdate(
            name.lower().rstrip("."),
            add=Parts(statuses=tuple(options["add_status"])),
            remove=Parts(statuses=tuple(options["remove_status"])),
        )
        path, now = dir / STORE_FILE, datetime.now(UTC)
        if not path.exists():
            raise CommandError(f"There is no mock registry in {dir}.")
        try:
            store = Store.open(path, World((), (), (), ()), now)
            try:
                with store.transaction():
                    told = {"who": options["who"], "reason": options["reason"], "case_id": options["case"]}
                    change(store, asked, None if secdns == SecDnsUpdate() else secdns, now, **told)
            finally:
                store.close()
        except Refusal as refusal:
            raise CommandError(refusal.reason) from refusal
        except sqlite3.Error as trouble:
            raise CommandError(f"The registry's store cannot be used: {trouble}") from trouble
        self.stdout.write(f"The registry changed {asked.name} and told its sponsor.")


def _ds(written: str) -> DsData:
    tag, algorithm, digest_type, *digest = written.split()
    return DsData(int(tag), int(algorithm), int(digest_type), bytes.fromhex("".join(digest)))
