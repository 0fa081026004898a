"""What the registry holds, durable in SQLite: accounts, TLD policy, domains with their records, decisions that are due,
and message queues. What is committed survives any crash."""

import contextlib
import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Self

from domains.epp.responses import PendingResult
from domains.epp.secdns import DsData, KeyData, Record
from domains.mockregistry.policy import TldPolicy, derive_ds
from domains.world import World

TABLES = """
CREATE TABLE IF NOT EXISTS boot (number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS account (
    registrar_id TEXT, registry TEXT, salt BLOB NOT NULL, password BLOB NOT NULL, PRIMARY KEY (registrar_id, registry));
CREATE TABLE IF NOT EXISTS tld (
    name TEXT PRIMARY KEY, registry TEXT NOT NULL, interface TEXT NOT NULL, dnssec INTEGER NOT NULL,
    max_keys INTEGER NOT NULL, algorithms TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS domain (
    name TEXT PRIMARY KEY, tld TEXT NOT NULL REFERENCES tld, roid TEXT NOT NULL UNIQUE, sponsor TEXT NOT NULL,
    creator TEXT NOT NULL, created TEXT NOT NULL, updater TEXT NOT NULL, updated TEXT NOT NULL, expires TEXT NOT NULL,
    registrant TEXT NOT NULL, contacts TEXT NOT NULL, name_servers TEXT NOT NULL, statuses TEXT NOT NULL,
    decide TEXT, decide_after REAL NOT NULL);
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY, domain TEXT NOT NULL REFERENCES domain, key_tag INTEGER NOT NULL,
    algorithm INTEGER NOT NULL, digest_type INTEGER NOT NULL, digest BLOB NOT NULL,
    flags INTEGER, protocol INTEGER, key_algorithm INTEGER, public_key BLOB,
    UNIQUE (domain, key_tag, algorithm, digest_type, digest));
CREATE TABLE IF NOT EXISTS pending (
    domain TEXT PRIMARY KEY REFERENCES domain, due REAL NOT NULL, decide TEXT NOT NULL, registrar_id TEXT NOT NULL,
    change BLOB NOT NULL, cl_trid TEXT, sv_trid TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pending_due ON pending (due);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, registrar_id TEXT NOT NULL, queued TEXT NOT NULL, text TEXT NOT NULL,
    domain TEXT NOT NULL, accepted INTEGER NOT NULL, cl_trid TEXT, sv_trid TEXT NOT NULL, decided TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS message_queue ON message (registrar_id, id);
"""
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class HeldDomain:
    """A domain as the registry holds it. ``decide`` is None when updates take effect at once."""

    name: str
    tld: str
    roid: str
    sponsor: str
    creator: str
    created: datetime
    updater: str
    updated: datetime
    expires: datetime
    registrant: str
    contacts: tuple[tuple[str, str], ...]
    name_servers: tuple[str, ...]
    statuses: tuple[str, ...]
    decide: str | None
    decide_after: float


@dataclass(frozen=True)
class PendingChange:
    """An update that waits for its decision; ``change`` is the secDNS update as XML."""

    domain: str
    decide: str
    registrar_id: str
    change: bytes
    cl_trid: str | None
    sv_trid: str


@dataclass(frozen=True)
class Message:
    """A message in a registrar's queue."""

    id: int
    queued: datetime
    text: str
    result: PendingResult


class Store:
    """The registry's store; of one thread, one transaction at a time."""

    def __init__(self, connection: sqlite3.Connection, boot: int, policies: dict[str, TldPolicy]) -> None:
        """Takes over a prepared connection; use ``open``."""
        self._connection = connection
        self._boot = boot
        self._policies = policies
        self._transactions = 0

    @classmethod
    def open(cls, path: Path, world: World, now: datetime) -> Self:
        """Opens the store of this file; an empty one starts with the world. Raises sqlite3.Error."""
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.executescript(TABLES)
            with _transaction(connection):
                if connection.execute("SELECT count(*) FROM boot").fetchone()[0] == 0:
                    connection.execute("INSERT INTO boot VALUES (0)")
                    _load(connection, world, now)
                # Server transaction ids begin with the number of this start, so none is ever given twice.
                connection.execute("UPDATE boot SET number = number + 1")
            boot = connection.execute("SELECT number FROM boot").fetchone()[0]
            return cls(connection, boot, _policies(connection))
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Within it all is written or, when an exception leaves it, nothing."""
        return _transaction(self._connection)

    def next_sv_trid(self) -> str:
        """Returns a server transaction id that was never given before."""
        self._transactions += 1
        return f"MOCK-{self._boot}-{self._transactions:06}"

    # Accounts and policy

    def registries_accepting(self, registrar_id: str, password: str) -> frozenset[str]:
        """Returns the registries that know this registrar by this password."""
        rows = self._connection.execute("SELECT * FROM account WHERE registrar_id = ?", (registrar_id,))
        return frozenset(
            row["registry"] for row in rows if hmac.compare_digest(row["password"], _hash(password, row["salt"]))
        )

    def set_password(self, registrar_id: str, registries: frozenset[str], password: str) -> None:
        """Changes the registrar's password at these registries."""
        for registry in registries:
            salt = secrets.token_bytes(16)
            self._connection.execute(
                "UPDATE account SET salt = ?, password = ? WHERE registrar_id = ? AND registry = ?",
                (salt, _hash(password, salt), registrar_id, registry),
            )

    def policies(self) -> dict[str, TldPolicy]:
        """Returns the policy of each TLD."""
        return self._policies

    # Domains and their records

    def domain(self, name: str) -> HeldDomain | None:
        """Returns a domain, or None when it is not registered."""
        row = self._connection.execute("SELECT * FROM domain WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        return HeldDomain(
            name=row["name"],
            tld=row["tld"],
            roid=row["roid"],
            sponsor=row["sponsor"],
            creator=row["creator"],
            created=datetime.fromisoformat(row["created"]),
            updater=row["updater"],
            updated=datetime.fromisoformat(row["updated"]),
            expires=datetime.fromisoformat(row["expires"]),
            registrant=row["registrant"],
            contacts=tuple((kind, contact) for kind, contact in json.loads(row["contacts"])),
            name_servers=tuple(json.loads(row["name_servers"])),
            statuses=tuple(json.loads(row["statuses"])),
            decide=row["decide"],
            decide_after=row["decide_after"],
        )

    def set_statuses(self, name: str, statuses: tuple[str, ...]) -> None:
        """Gives a domain these statuses."""
        self._connection.execute("UPDATE domain SET statuses = ? WHERE name = ?", (json.dumps(statuses), name))

    def records(self, domain: HeldDomain) -> tuple[Record, ...]:
        """Returns what a domain was given, oldest first: DS data or key data, as its TLD takes it."""
        keys = self._policies[domain.tld].interface == "key"
        return tuple(_key(row) if keys else _ds(row) for row in self._records(domain.name))

    def ds(self, name: str) -> tuple[DsData, ...]:
        """Returns the DS records to publish for a domain, oldest first."""
        return tuple(_ds(row) for row in self._records(name))

    def replace_records(self, domain: HeldDomain, records: tuple[Record, ...], by: str, now: datetime) -> None:
        """Gives a domain these records in place of those it had. Of a key, its DS record is kept beside it."""
        self._connection.execute("DELETE FROM record WHERE domain = ?", (domain.name,))
        for record in records:
            _insert_record(self._connection, domain.name, record)
        self._connection.execute(
            "UPDATE domain SET updater = ?, updated = ? WHERE name = ?", (by, now.isoformat(), domain.name)
        )

    # Decisions and messages

    def add_pending(self, pending: PendingChange, due: datetime) -> None:
        """Keeps a change until its decision is due."""
        self._connection.execute(
            "INSERT INTO pending (domain, decide, registrar_id, change, cl_trid, sv_trid, due)"
            " VALUES (:domain, :decide, :registrar_id, :change, :cl_trid, :sv_trid, :due)",
            {**vars(pending), "due": due.timestamp()},
        )

    def take_due(self, now: datetime) -> list[PendingChange]:
        """Takes out the changes whose decision is due, oldest first."""
        rows = self._connection.execute("SELECT * FROM pending WHERE due <= ? ORDER BY due", (now.timestamp(),))
        fields = ("domain", "decide", "registrar_id", "change", "cl_trid", "sv_trid")
        due = [PendingChange(**{key: row[key] for key in fields}) for row in rows]
        for pending in due:
            self._connection.execute("DELETE FROM pending WHERE domain = ?", (pending.domain,))
        return due

    def next_due(self) -> datetime | None:
        """Returns when the next decision is due, None when none waits."""
        due = self._connection.execute("SELECT min(due) FROM pending").fetchone()[0]
        return None if due is None else datetime.fromtimestamp(due, UTC)

    def add_message(self, registrar_id: str, text: str, result: PendingResult, now: datetime) -> None:
        """Puts a message at the end of a registrar's queue."""
        self._connection.execute(
            "INSERT INTO message (registrar_id, queued, text, domain, accepted, cl_trid, sv_trid, decided)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (registrar_id, now.isoformat(), text, result.name, result.accepted, result.cl_trid, result.sv_trid,
             result.date.isoformat()),
        )  # fmt: skip

    def count_messages(self, registrar_id: str) -> int:
        """Returns how many messages wait."""
        counted = self._connection.execute("SELECT count(*) FROM message WHERE registrar_id = ?", (registrar_id,))
        return int(counted.fetchone()[0])

    def oldest_message(self, registrar_id: str) -> Message | None:
        """Returns the head of a registrar's queue, None when it is empty."""
        row = self._connection.execute(
            "SELECT * FROM message WHERE registrar_id = ? ORDER BY id LIMIT 1", (registrar_id,)
        ).fetchone()
        if row is None:
            return None
        decided = datetime.fromisoformat(row["decided"])
        result = PendingResult(row["domain"], bool(row["accepted"]), row["cl_trid"], row["sv_trid"], decided)
        return Message(row["id"], datetime.fromisoformat(row["queued"]), row["text"], result)

    def has_message(self, registrar_id: str, message_id: str) -> bool:
        """True when this message waits in the registrar's queue."""
        found = self._connection.execute(
            "SELECT 1 FROM message WHERE registrar_id = ? AND CAST(id AS TEXT) = ?", (registrar_id, message_id)
        )
        return found.fetchone() is not None

    def delete_message(self, message_id: int) -> None:
        """Takes a message off its queue for good."""
        self._connection.execute("DELETE FROM message WHERE id = ?", (message_id,))

    def _records(self, name: str) -> list[sqlite3.Row]:
        return self._connection.execute("SELECT * FROM record WHERE domain = ? ORDER BY id", (name,)).fetchall()


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _policies(connection: sqlite3.Connection) -> dict[str, TldPolicy]:
    return {
        row["name"]: TldPolicy(
            name=row["name"],
            registry=row["registry"],
            interface=row["interface"],
            dnssec=bool(row["dnssec"]),
            max_keys=row["max_keys"],
            algorithms=tuple(json.loads(row["algorithms"])),
        )
        for row in connection.execute("SELECT * FROM tld")
    }


def _load(connection: sqlite3.Connection, world: World, now: datetime) -> None:
    """Fills the empty store with what the world says of this server's registries."""
    registries = {registry.name: registry for registry in world.registries if registry.host is None}
    for registry in registries.values():
        salt = secrets.token_bytes(16)
        connection.execute(
            "INSERT INTO account VALUES (?, ?, ?, ?)",
            (registry.registrar_id, registry.name, salt, _hash(registry.password, salt)),
        )
    tlds = {tld.name: tld for tld in world.tlds if tld.registry in registries}
    for tld in tlds.values():
        interface = registries[tld.registry].interface
        connection.execute(
            "INSERT INTO tld VALUES (?, ?, ?, ?, ?, ?)",
            (tld.name, tld.registry, interface, tld.dnssec, tld.max_keys, json.dumps(tld.algorithms)),
        )
    for number, domain in enumerate((domain for domain in world.domains if domain.tld in tlds), start=1):
        created = now if domain.created is None else _midnight(domain.created)
        expires = now + YEAR if domain.expires is None else _midnight(domain.expires)
        registrant = f"C{number:06}R"
        contacts = [
            ("admin", registrant if domain.admin is None else f"C{number:06}A"),
            ("tech", registrant if domain.tech is None else f"C{number:06}T"),
            *([] if domain.billing is None else [("billing", f"C{number:06}B")]),
        ]
        connection.execute(
            "INSERT INTO domain VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                domain.name, domain.tld, f"D{number:06}-MOCK", domain.registrar, domain.registrar, created.isoformat(),
                domain.registrar, created.isoformat(), expires.isoformat(), registrant, json.dumps(contacts),
                json.dumps([server.name for server in domain.name_servers]),
                json.dumps([status for status in domain.statuses if status != "ok"]),
                domain.decide if domain.answer == "pending" else None, domain.decide_after,
            ),
        )  # fmt: skip
        for key in domain.keys:
            data = KeyData(key.flags, 3, key.algorithm, key.public_key)
            keys = registries[tlds[domain.tld].registry].interface == "key"
            _insert_record(connection, domain.name, data if keys else derive_ds(data, domain.name))


def _insert_record(connection: sqlite3.Connection, name: str, record: Record) -> None:
    ds, key = (derive_ds(record, name), record) if isinstance(record, KeyData) else (record, record.key_data)
    given = (None, None, None, None) if key is None else (key.flags, key.protocol, key.algorithm, key.public_key)
    connection.execute(
        "INSERT INTO record (domain, key_tag, algorithm, digest_type, digest, flags, protocol, key_algorithm,"
        " public_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (name, ds.key_tag, ds.algorithm, ds.digest_type, ds.digest, *given),
    )


def _key(row: sqlite3.Row) -> KeyData:
    return KeyData(row["flags"], row["protocol"], row["key_algorithm"], row["public_key"])


def _ds(row: sqlite3.Row) -> DsData:
    key = None if row["public_key"] is None else _key(row)
    return DsData(row["key_tag"], row["algorithm"], row["digest_type"], row["digest"], key)


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**10, r=8, p=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
