"""`manage.py inspect_key`: what the console would make of a pasted key; one for a person, or many as JSON lines."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable
from typing import Any

import dns.exception
import dns.name
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from dnssec.algorithms import USUAL, offered
from dnssec.circumstances import circumstances_of
from dnssec.keys import KSK, MAX_CHARACTERS, SHA256, SHA384, ZSK, DnsKey
from dnssec.paste import Circumstances, Known, Understanding, understand
from dnssec.paste.records import a_labels
from domains.models import Domain, Tld

FLAGS = {"KSK": KSK, "ZSK": ZSK}
NO_DOMAIN = "example.com"  # For the DS records of a key that nobody has named a domain for.


class Command(BaseCommand):
    """Judge one TEXT, or each JSON line of standard input (docs/inspect-key.md)."""

    help = "What the console would make of a pasted key. Nothing is stored or sent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options as in docs/inspect-key.md."""
        parser.add_argument("text", nargs="?", metavar="TEXT", help="what was pasted; without it, standard input")
        parser.add_argument("--domain", default="", help="the domain it is for: its TLD's policy and its keys count")
        parser.add_argument("--key-type", choices=sorted(FLAGS), default="KSK")
        parser.add_argument("--algorithm", type=int, default=13, metavar="N", help="IANA number, default 13")
        parser.add_argument("--json", action="store_true", help="answer as JSON; without TEXT, read JSON lines")

    def handle(self, *, text: str | None, domain: str, key_type: str, algorithm: int, **options: Any) -> None:
        """Print the answer. A refused TEXT ends with exit code 1."""
        policy = _policies()
        if options["json"] and text is None:
            self._answer_lines(sys.stdin.buffer, policy)
            return
        try:
            name = _a_label(domain or NO_DOMAIN)
        except ValueError as error:
            raise CommandError(str(error), returncode=2) from error
        circumstances = _of_domain(name, FLAGS[key_type], algorithm) or _circumstances(
            name, FLAGS[key_type], algorithm, policy
        )
        understanding = understand(sys.stdin.read(MAX_CHARACTERS + 1) if text is None else text, circumstances)
        if options["json"]:
            self._write(_answer(None, understanding, circumstances.domain))
        else:
            self._print(understanding, circumstances.domain)
        if not understanding.accepted:
            sys.exit(1)

    def _answer_lines(self, lines: Iterable[bytes], policy: Callable[[str], Tld | None]) -> None:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            identity = None
            try:
                asked = json.loads(line)
                identity = asked.get("id")
                self._write(_answer(identity, *_asked(asked, policy)))
            except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
                why = f"Line {number} cannot be read: {_why(error)}"
                self._write(
                    {"id": identity, "verdict": "reject", "class": None, "also": [], "message": why, "key": None}
                )

    def _write(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer))

    def _print(self, understanding: Understanding, domain: str) -> None:
        for finding in understanding.findings:
            self.stdout.write(f"{finding.severity.upper()} ({finding.code}): {finding.sentence}")
        for key in (understanding.key,) if understanding.key else understanding.offers:
            self.stdout.write("" if understanding.key else "\nThe key that was found:")
            self.stdout.write(
                f"{key.key_type}, algorithm {key.algorithm_label}, {key.bits} bits, key tag {key.key_tag}"
            )
            self.stdout.write(f"{domain}. IN DNSKEY {key.flags} {key.protocol} {key.algorithm} {key.base64}")
            for kind in (SHA256, SHA384):
                self.stdout.write(f"{domain}. IN DS {key.key_tag} {key.algorithm} {kind} {key.ds(domain, kind)}")


def _why(error: Exception) -> str:
    """What is wrong with a line, for whoever wrote it."""
    if type(error) is ValueError:
        return str(error)
    return "it has to be a JSON object with a text as input, a form and a context (docs/inspect-key.md)."


def _asked(asked: dict[str, Any], policy: Callable[[str], Tld | None]) -> tuple[Understanding, str]:
    """The answer to one JSON line, and the domain it is for. Raises ValueError, TypeError or KeyError."""
    text = asked["input"]
    if not isinstance(text, str):
        raise TypeError("input is no text")
    repeat = int(asked.get("repeat") or 1)
    # More than what is refused by its length alone need not be built.
    text *= min(repeat, 2 + MAX_CHARACTERS // max(len(text), 1)) if repeat > 1 else 1
    form = asked.get("form") or {}
    context = asked.get("context") or {}
    key_type = str(form.get("key_type", "KSK"))
    circumstances = _circumstances(
        _a_label(form.get("domain") or NO_DOMAIN),
        FLAGS[key_type] if key_type in FLAGS else _flags(key_type),
        int(form.get("algorithm", 13)),
        policy,
        existing=[_known(key) for key in context.get("existing") or []],
        max_keys=context.get("max_keys"),
    )
    return understand(text, circumstances), circumstances.domain


def _answer(identity: object, understanding: Understanding, domain: str) -> dict[str, Any]:
    first, *others = understanding.findings
    key = understanding.key
    return {
        "id": identity,
        "verdict": first.severity,
        "class": first.code,
        "also": [finding.code for finding in others],
        "message": first.sentence,
        "key": _told(key, domain) if key else None,
        "offers": [_told(offer, domain) for offer in understanding.offers],
    }


def _told(key: DnsKey, domain: str) -> dict[str, Any]:
    return {
        "flags": key.flags,
        "protocol": key.protocol,
        "algorithm": key.algorithm,
        "public_key": key.base64,
        "key_tag": key.key_tag,
        "ds": {str(kind): key.ds(domain, kind) for kind in (SHA256, SHA384)},
    }


def _circumstances(
    domain: str,
    flags: int,
    algorithm: int,
    policy: Callable[[str], Tld | None],
    *,
    existing: Iterable[Known] = (),
    max_keys: object = None,
) -> Circumstances:
    tld = policy(domain)
    limit = tld.max_keys if tld else 13 if domain.endswith((".com", ".net")) else 4
    return Circumstances(
        domain=domain,
        flags=flags,
        algorithm=algorithm,
        taken=[row.number for row in offered(tld.algorithms)] if tld else USUAL,
        existing=tuple(existing),
        max_keys=max_keys if isinstance(max_keys, int) else limit,
    )


def _of_domain(name: str, flags: int, algorithm: int) -> Circumstances | None:
    """The circumstances of a domain that is registered here, with its keys."""
    try:
        domain = Domain.objects.select_related("tld").filter(name=name).first()
        return circumstances_of(domain, domain.keys.all(), flags=flags, algorithm=algorithm) if domain else None
    except DatabaseError:
        return None


def _policies() -> Callable[[str], Tld | None]:
    """Finds the TLD of a name: the longest that is known. Without a database there is none, and the usual counts."""
    try:
        known = {tld.name: tld for tld in Tld.objects.all()}
    except DatabaseError:
        known = {}

    def of(domain: str) -> Tld | None:
        labels = domain.split(".")
        suffixes = (".".join(labels[place:]) for place in range(1, len(labels)))
        return next((known[suffix] for suffix in suffixes if suffix in known), None)

    return of


def _flags(key_type: str) -> int:
    if not key_type.isdecimal():
        raise ValueError(f"key_type is KSK or ZSK, not {key_type[:20]!r}.")
    return int(key_type[:6])


def _a_label(name: object) -> str:
    """A domain name in A-label form. Raises ValueError where it is none."""
    label = a_labels(str(name))
    try:
        dns.name.from_text(label)
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError(f"{str(name)[:255]!r} is no domain name.") from error
    return label


def _known(told: dict[str, Any]) -> Known:
    key = DnsKey.from_base64(told["public_key"], flags=int(told["flags"]), algorithm=int(told["algorithm"]))
    return Known(key.algorithm, key.key_tag, key.flags, key.public_key)
