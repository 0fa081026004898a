"""What the registry holds, durable in SQLite: accounts, TLD policy, domains with their records, the hosts and contacts
they name, decisions that are due, and message queues. What is committed survives any crash."""

import contextlib
import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from domains.epp.secdns import DsData, Record
from domains.mockregistry import tables
from domains.mockregistry.loading import load
from domains.mockregistry.passwords import fits, hashed, new_salt
from domains.mockregistry.policy import TldPolicy
from domains.world import World


@dataclass(frozen=True)
class HeldDomain:
    """A domain as the registry holds it. ``decide`` is None when updates take effect at once, ``auth_info`` empty when
    there is none, ``max_sig_life`` None when none was given."""

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
    auth_info: str
    max_sig_life: int | None


@dataclass(frozen=True)
class HeldHost:
    """A name server as an object of its own (RFC 5732)."""

    name: str
    roid: str
    sponsor: str
    created: datetime
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class HeldContact:
    """A person or organization as an object of its own (RFC 5733)."""

    id: str
    roid: str
    sponsor: str
    created: datetime
    name: str
    organization: str | None
    email: str


@dataclass(frozen=True)
class PendingChange:
    """An update that waits for its decision; ``change`` is the command as it came, as XML."""

    domain: str
    decide: str
    registrar_id: str
    change: bytes
    cl_trid: str | None
    sv_trid: str


@dataclass(frozen=True)
class Message:
    """A message in a registrar's queue: what resData of the poll answer will hold, and an EPP extension element with
    what is shown only to who announced it, both as XML."""

    id: int
    queued: datetime
    text: str
    data: bytes
    extension: bytes | None


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
            tables.prepare(connection)
            with tables.transaction(connection):
                if connection.execute("SELECT count(*) FROM boot").fetchone()[0] == 0:
                    connection.execute("INSERT INTO boot VALUES (0)")
                    load(connection, world, now)
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
        return tables.transaction(self._connection)

    def next_sv_trid(self) -> str:
        """Returns a server transaction id that was never given before."""
        self._transactions += 1
        return f"MOCK-{self._boot}-{self._transactions:06}"

    # Accounts and policy

    def registries_accepting(self, registrar_id: str, password: str) -> frozenset[str]:
        """Returns the registries that know this registrar by this password."""
        rows = self._connection.execute("SELECT * FROM account WHERE registrar_id = ?", (registrar_id,))
        return frozenset(row["registry"] for row in rows if fits(password, row["salt"], row["password"]))

    def set_password(self, registrar_id: str, registries: frozenset[str], password: str) -> None:
        """Changes the registrar's password at these registries."""
        for registry in registries:
            salt = new_salt()
            self._connection.execute(
                "UPDATE account SET salt = ?, password = ? WHERE registrar_id = ? AND registry = ?",
                (salt, hashed(password, salt), registrar_id, registry),
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
            auth_info=row["auth_info"],
            max_sig_life=row["max_sig_life"],
        )

    def set_statuses(self, name: str, statuses: tuple[str, ...]) -> None:
        """Gives a domain these statuses."""
        self._connection.execute("UPDATE domain SET statuses = ? WHERE name = ?", (json.dumps(statuses), name))

    def write_domain(self, domain: HeldDomain) -> None:
        """Writes what can change of a domain."""
        lists = {key: json.dumps(getattr(domain, key)) for key in ("contacts", "name_servers", "statuses")}
        self._connection.execute(
            "UPDATE domain SET updater = :updater, updated = :updated, registrant = :registrant, contacts = :contacts,"
            " name_servers = :name_servers, statuses = :statuses, auth_info = :auth_info, max_sig_life = :max_sig_life"
            " WHERE name = :name",
            {**vars(domain), **lists, "updated": domain.updated.isoformat()},
        )

    def records(self, domain: HeldDomain) -> tuple[Record, ...]:
        """Returns what a domain was given, oldest first: DS data or key data, as its TLD takes it."""
        keys = self._policies[domain.tld].interface == "key"
        return tuple(tables.read_key(row) if keys else tables.read_ds(row) for row in self._records(domain.name))

    def ds(self, name: str) -> tuple[DsData, ...]:
        """Returns the DS records to publish for a domain, oldest first."""
        return tuple(tables.read_ds(row) for row in self._records(name))

    def replace_records(self, domain: HeldDomain, records: tuple[Record, ...], by: str, now: datetime) -> None:
        """Gives a domain these records in place of those it had. Of a key, its DS record is kept beside it."""
        self._connection.execute("DELETE FROM record WHERE domain = ?", (domain.name,))
        for record in records:
            tables.insert_record(self._connection, domain.name, record)
        self._connection.execute(
            "UPDATE domain SET updater = ?, updated = ? WHERE name = ?", (by, now.isoformat(), domain.name)
        )

    # Hosts and contacts

    def host(self, name: str) -> HeldHost | None:
        """Returns a name server, or None when there is no such object."""
        row = self._connection.execute("SELECT * FROM host WHERE name = ?", (name,)).fetchone()
        if row is None:
            return None
        created = datetime.fromisoformat(row["created"])
        return HeldHost(row["name"], row["roid"], row["sponsor"], created, tuple(json.loads(row["addresses"])))

    def hosts_below(self, domain: str) -> tuple[str, ...]:
        """Returns the names of the name servers that lie under a domain."""
        rows = self._connection.execute("SELECT name FROM host WHERE superordinate = ? ORDER BY name", (domain,))
        return tuple(row["name"] for row in rows)

    def contact(self, contact_id: str) -> HeldContact | None:
        """Returns a contact, or None when there is no such object."""
        row = self._connection.execute("SELECT * FROM contact WHERE id = ?", (contact_id,)).fetchone()
        return None if row is None else HeldContact(**{**row, "created": datetime.fromisoformat(row["created"])})

    def is_linked(self, name: str) -> bool:
        """True when some domain names this host or this contact."""
        # A name stands in the lists as JSON wrote it, between quotation marks.
        found = self._connection.execute(
            "SELECT 1 FROM domain WHERE registrant = :name OR instr(contacts, :quoted) OR instr(name_servers, :quoted)",
            {"name": name, "quoted": json.dumps(name)},
        )
        return found.fetchone() is not None

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

    def add_message(
        self, registrar_id: str, text: str, data: bytes, now: datetime, extension: bytes | None = None
    ) -> None:
        """Puts a message at the end of a registrar's queue."""
        self._connection.execute(
            "INSERT INTO message (registrar_id, queued, text, data, extension) VALUES (?, ?, ?, ?, ?)",
            (registrar_id, now.isoformat(), text, data, extension),
        )

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
        queued = datetime.fromisoformat(row["queued"])
        return Message(row["id"], queued, row["text"], row["data"], row["extension"])

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
