"""`manage.py import_domains`: how a registrar brings its portfolio, with what the registries know of each domain."""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, transaction
from django.utils import timezone

from dnssec.outcomes import show_status
from dnssec.reconciliation import fill
from domains import registry as door
from domains.models import Domain, Operation, Registry, Tld
from domains.portfolio import NEVER, BadLine, Entry, PortfolioError, enter, read
from domains.registry import RegistryUnavailable

BATCH = 200
GIVEN_UP_AFTER = 3  # Questions in a row that a registry did not answer.
FACTS = ("new", "present", "bad", "filled", "left", "waiting")


class Command(BaseCommand):
    """Check a CSV file and, with --commit, enter its good lines and ask the registries about them (docs/import.md)."""

    help = "Brings the domains of a CSV file. Without --commit nothing is changed: each bad line is named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options as in docs/import.md."""
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--commit", action="store_true", help="enter the good lines and ask the registries")
        parser.add_argument("--json", action="store_true", help="answer as JSON lines, the counts last")

    def handle(self, *args: Any, file: Path, commit: bool, **options: Any) -> None:
        """Run it; exit code 1 when a line is bad, 2 when the file cannot be used."""
        self.as_json: bool = options["json"]
        self.counts = Counter(dict.fromkeys(FACTS, 0))
        self.unanswered: Counter[int] = Counter()
        self.registries: dict[int, Registry] = {}
        tlds = {tld.name: tld.registry_id is not None for tld in Tld.objects.all()}
        try:
            for batch in batched(self._good_lines(read(file, tlds)), BATCH):
                self._take(batch, commit=commit)
        except PortfolioError as error:
            raise CommandError(str(error), returncode=2) from error
        except IntegrityError as error:
            raise CommandError(
                "Somebody else entered the same domains just now. Run it again.", returncode=2
            ) from error
        finally:
            door.close_all()
        self._sum_up(commit=commit)
        if self.counts["bad"]:
            sys.exit(1)

    def _good_lines(self, lines: Iterable[Entry | BadLine]) -> Iterator[Entry]:
        for line in lines:
            if isinstance(line, Entry):
                yield line
            else:
                self._tell("bad", line.line, line.domain, line.complaint)

    def _take(self, entries: Sequence[Entry], *, commit: bool) -> None:
        """Name what is there already, enter the others, and have both completed where the registry was not asked."""
        names = [entry.name for entry in entries]
        there = dict(Domain.objects.filter(name__in=names).values_list("name", "looked_at"))
        for entry in entries:
            if entry.name not in there:
                self.counts["new"] += 1
            elif there[entry.name] == NEVER:
                self._tell("present", entry.line, entry.name, f"{entry.name} was entered before, and is to be filled.")
            else:
                self._tell("present", entry.line, entry.name, f"{entry.name} is here already; it is not changed.")
        if not commit:
            return
        enter(entries)
        lines = {entry.name: entry.line for entry in entries}
        for domain in (
            Domain.objects.filter(name__in=names, looked_at=NEVER).order_by("pk").select_related("tld__registry")
        ):
            result, sentence = self._complete(domain)
            if result == "filled":
                self.counts[result] += 1
            else:
                self._tell(result, lines[domain.name], domain.name, sentence)

    def _complete(self, domain: Domain) -> tuple[str, str]:
        """Ask the registry about a domain and store what it says: filled, left or waiting, and why."""
        registry = domain.tld.registry
        if registry is None:
            return "waiting", f".{domain.tld.name} has lost its registry, so nobody could be asked about {domain.name}."
        registry = self.registries.setdefault(registry.pk, registry)  # One row, so that its failures add up.
        later = f"{domain.name} is kept and filled when its registry answers."
        if self.unanswered[registry.pk] >= GIVEN_UP_AFTER:
            return "waiting", f"The registry {registry.name} does not answer and was not asked. {later}"
        try:
            with door.session(registry) as session:
                response = session.info(domain.name, cl_trid=door.new_cl_trid("I"))
        except RegistryUnavailable as error:
            self.unanswered[registry.pk] += 1
            return "waiting", f"The registry {registry.name} could not be asked: {error} {later}"
        self.unanswered[registry.pk] = 0
        seen = response.domain
        if seen is None and response.code not in (2201, 2303):
            return "waiting", f"The registry {registry.name} answered {int(response.code)}. {later}"
        ours = seen is not None and seen.sponsor == registry.registrar_id
        with transaction.atomic():
            row = Domain.objects.select_for_update(of=("self",)).select_related("tld").get(pk=domain.pk)
            if Operation.objects.open().filter(domain=row).exists():
                return "waiting", f"A request on {row.name} is open. {later}"
            row.state = Domain.State.ACTIVE if ours else Domain.State.LEFT
            row.looked_at = timezone.now()
            row.save(update_fields=["state", "looked_at"])
            if ours and seen is not None:
                fill(row, seen)
            show_status(row)
        if ours:
            return "filled", ""
        if seen is None:
            return "left", f"The registry {registry.name} does not know {row.name}. It is marked as left."
        return "left", f"Another registrar sponsors {row.name} at the registry {registry.name}. It is marked as left."

    def _tell(self, result: str, line: int, domain: str, sentence: str) -> None:
        self.counts[result] += 1
        if self.as_json:
            told = {"line": line, "domain": domain, "result": result, "message": sentence}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            self.stdout.write(f"Line {line}: {sentence}")

    def _sum_up(self, *, commit: bool) -> None:
        lines = self.counts["new"] + self.counts["present"] + self.counts["bad"]
        if self.as_json:
            self.stdout.write(json.dumps({"committed": commit, "lines": lines, **self.counts}))
            return
        told = "{new:,} new, {present:,} already here, {bad:,} bad.".format(**self.counts)
        self.stdout.write(f"{lines:,} {'line' if lines == 1 else 'lines'}: {told}")
        if commit:
            self.stdout.write(
                "{filled:,} filled by their registry, {left:,} left, {waiting:,} waiting.".format(**self.counts)
            )
        else:
            self.stdout.write("Nothing was changed. With --commit the new ones are entered.")
