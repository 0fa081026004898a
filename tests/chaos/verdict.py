"""What is counted when all is quiet: by plain SQL, the registry's own file and the mails. Nothing of the console's code
is used.
"""

import email
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

Record = tuple[str, int, int, str]  # Domain, key tag, algorithm, SHA-256 digest in upper-case hex.

OPERATIONS = """
    SELECT o.id, o.reference, d.name, o.type, o.status, o.subject->>'key_tag', o.subject->>'algorithm',
           o.subject->'ds'->>'2'
    FROM domains_operation o JOIN domains_domain d ON d.id = o.domain_id ORDER BY o.id
"""
KEYS = """
    SELECT d.name, k.key_tag, k.algorithm, k.ds->>'2', k.state
    FROM dnssec_delegationsigner k JOIN domains_domain d ON d.id = k.domain_id
"""


@dataclass
class Figures:
    """What came of it. `wrong` names everything that must not be; it is empty when nothing was lost or doubled."""

    operations: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    mails: int = 0
    mails_repeated: int = 0
    commands_sent: int = 0
    records: int = 0
    wrong: list[str] = field(default_factory=list)


def judge(
    database: psycopg.Connection, store: Path, maildir: Path, *, accepted: Counter[str], uncertain: Counter[str]
) -> Figures:
    """Compare the console's database, the registry's store, the mails, and what the crowd was told."""
    figures = Figures()
    rows = database.execute(OPERATIONS).fetchall()
    figures.operations = len(rows)
    figures.outcomes = dict(Counter(status for _id, _reference, _domain, _type, status, *_subject in rows))
    figures.wrong += [f"{row[1]} is still {row[4]}" for row in rows if row[4] in ("SUBMITTED", "IN_PROGRESS", "ERROR")]
    asked = Counter(domain for _id, _reference, domain, *_rest in rows)
    for domain in asked.keys() | accepted.keys():
        if not accepted[domain] <= asked[domain] <= accepted[domain] + uncertain[domain]:
            figures.wrong.append(
                f"{domain}: {accepted[domain]} taken and {uncertain[domain]} uncertain, but {asked[domain]} operations"
            )
    commands = database.execute("SELECT count(*) FROM domains_attempt WHERE command = 'domain:update'").fetchone()
    figures.commands_sent = commands[0] if commands else 0

    held = registry_records(store)
    figures.records = len(held)
    keys = database.execute(KEYS).fetchall()
    figures.wrong += [
        f"the key {tag} of {name} is {state}" for name, tag, _alg, _ds, state in keys if state != "PRESENT"
    ]
    shown = {(name, tag, algorithm, digest) for name, tag, algorithm, digest, _state in keys}
    figures.wrong += [f"only the registry has {record}" for record in held - shown]
    figures.wrong += [f"only the console has {record}" for record in shown - held]
    figures.wrong += [f"the outcomes do not explain {record}" for record in replayed(rows) ^ held]

    count_mails(figures, maildir, {row[1] for row in rows})
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as registry:
        (left,) = registry.execute("SELECT count(*) FROM message").fetchone()
    if left:
        figures.wrong.append(f"{left} messages are left in the registry's queues")
    return figures


def registry_records(store: Path) -> set[Record]:
    """What the registry holds, by value."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as registry:
        rows = registry.execute("SELECT domain, key_tag, algorithm, digest FROM record").fetchall()
    return {(domain, tag, algorithm, digest.hex().upper()) for domain, tag, algorithm, digest in rows}


def replayed(rows: Iterable[tuple[object, ...]]) -> set[Record]:
    """What should be there if each outcome is true and happened once, in the order of the requests."""
    records: set[Record] = set()
    for _id, _reference, domain, kind, status, tag, algorithm, digest in rows:
        record = (str(domain), int(str(tag)), int(str(algorithm)), str(digest))
        if status == "SUCCESSFUL":
            (records.add if kind == "ADD_DNSSEC" else records.discard)(record)
    return records


def count_mails(figures: Figures, maildir: Path, references: set[str]) -> None:
    """Exactly one outcome mail for each operation; a repeat bears the same Message-ID."""
    by_operation: defaultdict[str, list[str]] = defaultdict(list)
    for path in [*maildir.glob("new/*"), *maildir.glob("cur/*")]:
        message = email.message_from_bytes(path.read_bytes())
        by_operation[str(message["X-Operation"])].append(str(message["Message-ID"]))
    figures.mails = sum(map(len, by_operation.values()))
    figures.mails_repeated = sum(len(ids) - len(set(ids)) for ids in by_operation.values())
    for reference in references | by_operation.keys():
        distinct = len(set(by_operation[reference]))
        if distinct != 1 or reference not in references:
            figures.wrong.append(f"{reference} has {distinct} mails")
