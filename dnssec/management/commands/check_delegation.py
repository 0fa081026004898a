"""`manage.py check_delegation`: the chain of trust of names, as it is or as it would be with other DS records."""

import json
import sys
import time
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from dnssec import anchors
from dnssec.algorithms import label
from dnssec.chain import Chain, Finding, Verdict, ZoneKey
from dnssec.checking import Start, check, configured
from dnssec.paste.records import a_labels


class Command(BaseCommand):
    """Check each NAME (docs/chain-of-trust.md)."""

    help = "The chain of trust of a name, from the root to its zone. Nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options as in docs/chain-of-trust.md."""
        parser.add_argument("names", nargs="+", metavar="NAME")
        parser.add_argument("--json", action="store_true", help="answer as JSON, a line for each name")
        parser.add_argument("--root-hints", type=Path, metavar="FILE", help="root servers; allows private addresses")
        parser.add_argument("--trust-anchor", type=Path, metavar="FILE", help="DS or DNSKEY records of the root")
        parser.add_argument("--port", type=int, metavar="N", help="where all name servers listen, default 53")
        parser.add_argument(
            "--candidate-ds",
            action="append",
            metavar='"TAG ALG TYPE HEX"',
            help="judge as if the parent had this DS record and no other; may be repeated",
        )

    def handle(self, *, names: list[str], **options: Any) -> None:
        """Print the answers. A name that is bogus ends with exit code 1."""
        try:
            start = _start(options["root_hints"], options["trust_anchor"], options["port"])
            candidate = options["candidate_ds"] and {anchors.parse_ds(text) for text in options["candidate_ds"]}
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        broken = False
        for name in names:
            began = time.perf_counter()
            try:
                chain = check(a_labels(name), candidate=candidate, start=start)
            except ValueError as error:
                raise CommandError(str(error), returncode=2) from error
            elapsed = (time.perf_counter() - began) * 1000
            broken |= chain.verdict is Verdict.BOGUS
            if options["json"]:
                self.stdout.write(json.dumps(_told(name, chain, elapsed)))
            else:
                self._print(chain, elapsed)
        if broken and not options["json"]:
            sys.exit(1)

    def _print(self, chain: Chain, elapsed: float) -> None:
        self.stdout.write(f"{chain.name}: {chain.verdict}, {elapsed:.0f} ms")
        for link in chain.links:
            self.stdout.write(f"  {link.zone}: {link.verdict}, {len(link.servers)} servers")
            for ds in link.ds:
                self.stdout.write(f"    DS {ds.key_tag} {label(ds.algorithm)}, digest type {ds.digest_type}")
            for key in link.keys:
                self.stdout.write(f"    {key.key_type} {key.key_tag} {label(key.algorithm)}, {_signs(key)}")
        for finding in chain.findings:
            at = f" [{finding.server}]" if finding.server else ""
            self.stdout.write(f"{finding.severity.upper()} ({finding.id}){at}: {_sentence(finding)}")
            self.stdout.write(f"    {_(finding.rule.advice) % finding.values}")


def _start(hints: Path | None, trust: Path | None, port: int | None) -> Start:
    """Where the options say to begin, the settings where they say nothing. Raises UnusableFile."""
    start = configured()
    if hints:
        resolution = replace(start.resolution, hints=anchors.read_hints(hints), allow_private=True)
        start = replace(start, resolution=resolution)
    if port:
        start = replace(start, resolution=replace(start.resolution, port=port))
    if trust:
        start = replace(start, anchors=anchors.read_anchors(trust))
    return start


def _signs(key: ZoneKey) -> str:
    if key.signs_keys_on:
        return "signs the keys"
    return "signs data" if key.signs_data_on else "signs nothing"


def _told(name: str, chain: Chain, elapsed: float) -> dict[str, Any]:
    return {
        "domain": name,
        "verdict": chain.verdict,
        "findings": [
            {
                "id": finding.id,
                "severity": finding.severity,
                "server": finding.server,
                "message": _sentence(finding),
                "advice": _(finding.rule.advice) % finding.values,
                "zone": finding.zone,
            }
            for finding in chain.findings
        ],
        "elapsed_ms": round(elapsed, 1),
    }


def _sentence(finding: Finding) -> str:
    return _(finding.rule.template) % finding.values
