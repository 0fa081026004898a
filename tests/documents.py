"""Writes the pages of docs/ that are made from the code: `python -m tests.documents`."""

import re
from itertools import groupby
from pathlib import Path
from textwrap import fill

from dnssec.algorithms import ALGORITHMS, AS_OF, USUAL, Algorithm
from dnssec.chain import findings
from dnssec.chain.findings import Rule
from dnssec.messages import ALL, Message, Severity
from tests.faults import MEANINGS, STEPS

DOCS = Path(__file__).parent.parent / "docs"
SAMPLE = {
    "algorithm": "13 - ECDSAP256SHA256",
    "bits": "N",
    "character": "“*”",
    "chosen": "13 - ECDSAP256SHA256",
    "count": "N",
    "digest": "SHA-256",
    "domain": "example.com",
    "expected": "N",
    "exponent": "1",
    "factor": "7",
    "fitting": "15 - ED25519",
    "flags": "N",
    "form": "13 - ECDSAP256SHA256",
    "found": "N",
    "here": "ZSK, 13 - ECDSAP256SHA256",
    "kind": "P-521",
    "length": "N",
    "limit": "N",
    "name": "asterisk",
    "number": "22",
    "owner": "www.example.com",
    "position": "N",
    "prefix": "04",
    "protocol": "N",
    "record": "15 - ED25519",
    "source": "RFC 9904",
    "tag": "N",
    "taken": "8 - RSASHA256, 13 - ECDSAP256SHA256",
    "there": "KSK, 13 - ECDSAP256SHA256",
    "type": "TXT",
}
VERDICTS = {
    Severity.ACCEPT: "taken, repaired where needed",
    Severity.WARN: "taken with a warning",
    Severity.REJECT: "refused",
}


def messages_page() -> str:
    """docs/messages.md: every class with what follows from it and what is said."""
    lines = [
        "# What is said about a pasted key",
        "",
        fill(
            "Each paste has a class: the same in the page, in `./dev manage inspect_key` and in the log. Here is all "
            "that is said, class by class; N stands for a number, and names are examples. This page is made from "
            "`dnssec/messages.py` by `python -m tests.documents`.",
            119,
        ),
        "",
        "| class | the key is | what is said |",
        "|---|---|---|",
    ]
    for message in sorted(ALL, key=_by_class):
        sentence = _sample(message).replace("|", "\\|")
        lines.append(f"| `{message.code}` | {VERDICTS[message.severity]} | {sentence} |")
    return "\n".join(lines) + "\n"


def algorithms_page() -> str:
    """docs/algorithms.md: the table of algorithms and what the console makes of each."""
    lines = [
        "# Algorithms",
        "",
        fill(
            f"As of {AS_OF:%-d %B %Y}: the IANA registry *DNS Security Algorithm Numbers*, where the standing of an "
            "algorithm is kept since RFC 9904, with RFC 9905 (SHA-1) and RFC 9906 (GOST). The form, the command and "
            "the admin read the same table, `dnssec/algorithms.py`; this page is made from it by "
            "`python -m tests.documents`.",
            119,
        ),
        "",
        fill(
            "A TLD narrows it: its row in the admin lists the algorithms its registry takes. Where it lists none, the "
            f"usual ones count: {', '.join(map(str, USUAL))}. Where nothing is left, the form is off and says so.",
            119,
        ),
        "",
        "| number | name | for signing | for validation | source | a new key is |",
        "|---|---|---|---|---|---|",
    ]
    rows = sorted(ALGORITHMS.values(), key=lambda row: row.number)
    for _same, group in groupby(rows, key=lambda row: row.mnemonic if row.source == "IANA" else row.number):
        members = list(group)
        lines.append(_algorithm(members[0], members[-1]))
    return "\n".join(lines) + "\n"


def _algorithm(first: Algorithm, last: Algorithm) -> str:
    numbers = str(first.number) if first is last else f"{first.number}-{last.number}"
    verdict = VERDICTS[first.message.severity] if first.message else "taken"
    if first.message and first.message.severity is Severity.WARN and first.number not in USUAL:
        verdict = "taken with a warning where the TLD lists it"
    code = f" (`{first.message.code}`)" if first.message else ""
    return f"| {numbers} | {first.mnemonic} | {first.signing} | {first.validation} | {first.source} | {verdict}{code} |"


def _by_class(message: Message) -> tuple[int, str]:
    return list(VERDICTS).index(message.severity), message.code


def _sample(message: Message) -> str:
    """The sentence with examples filled in, those of an algorithm that it is said about where there is one."""
    row = next((row for row in ALGORITHMS.values() if row.message is message), None)
    about = {"algorithm": row.label, "source": row.source} if row else {}
    return message.template.replace(")d", ")s") % (SAMPLE | about)


def faults_page() -> str:
    """docs/faults.md: every scripted fault, and how a request ended that met it."""
    lines = [
        "# Faults and their ends",
        "",
        fill(
            "Every [scripted fault](world.md#scripted-faults) of the mock registry, met once while a key is added, and "
            "how the request ended. The steps are the commands with their result codes, `-` where no answer came. "
            "`tests/dnssec/test_every_fault.py` observes each line: one end, the true one, one mail, and the registry "
            "holds what the outcome says. This page is made from `tests/faults.py` by `python -m tests.documents`.",
            119,
        ),
        "",
        "| fault | steps | ends | because |",
        "|---|---|---|---|",
    ]
    for kind, observed in STEPS.items():
        steps, _colon, end = observed.partition(": ")
        plain = re.sub("2[45]00", "-", observed) if kind[0] == "2" else observed
        lines.append(f"| `{kind}` | {steps} | {end} | {MEANINGS.get(kind) or MEANINGS[plain]} |")
    return "\n".join(lines) + "\n"


def rules_page() -> str:
    """docs/rules.md: every rule of a check of a delegation, with what is said and what to do."""
    lines = [
        "# What is said about a chain of trust",
        "",
        fill(
            "The rules of a check of a delegation ([chain-of-trust.md](chain-of-trust.md)): each with its usual "
            "severity, what is said and what to do. An error may be a warning where another key carries the zone. "
            "Words in *italics* stand for names and numbers. This page is made from `dnssec/chain/findings.py` by "
            "`python -m tests.documents`.",
            119,
        ),
        "",
        "| id | severity | what is said | what to do |",
        "|---|---|---|---|",
    ]
    for rule in sorted(
        (r for r in vars(findings).values() if isinstance(r, Rule)), key=lambda r: (r.id[0] == "C", r.id)
    ):
        said, advice = (re.sub(r"%\((\w+)\)s", r"*\1*", text) for text in (rule.template, rule.advice))
        lines.append(f"| {rule.id} | {rule.severity} | {said} | {advice} |")
    return "\n".join(lines) + "\n"


PAGES = {
    "messages.md": messages_page,
    "algorithms.md": algorithms_page,
    "faults.md": faults_page,
    "rules.md": rules_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page())
