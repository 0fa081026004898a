"""What the store has to say to the DNS. It is read over a connection of its own, so that nothing is published before it
is committed, and everything is that is, whoever wrote it."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from domains.epp.secdns import DsData

# The file keeps itself which domains have changed, and in which order; the order is the serial number of the zones.
LEDGER = """
CREATE TABLE IF NOT EXISTS publication (serial INTEGER PRIMARY KEY AUTOINCREMENT, domain TEXT NOT NULL UNIQUE);
CREATE TRIGGER IF NOT EXISTS publish_new_record AFTER INSERT ON record BEGIN
    DELETE FROM publication WHERE domain = new.domain; INSERT INTO publication (domain) VALUES (new.domain); END;
CREATE TRIGGER IF NOT EXISTS publish_changed_record AFTER UPDATE ON record BEGIN
    DELETE FROM publication WHERE domain = new.domain; INSERT INTO publication (domain) VALUES (new.domain); END;
CREATE TRIGGER IF NOT EXISTS publish_lost_record AFTER DELETE ON record BEGIN
    DELETE FROM publication WHERE domain = old.domain; INSERT INTO publication (domain) VALUES (old.domain); END;
CREATE TRIGGER IF NOT EXISTS publish_new_domain AFTER INSERT ON domain BEGIN
    DELETE FROM publication WHERE domain = new.name; INSERT INTO publication (domain) VALUES (new.name); END;
CREATE TRIGGER IF NOT EXISTS publish_changed_domain AFTER UPDATE OF name_servers, statuses ON domain BEGIN
    DELETE FROM publication WHERE domain = new.name; INSERT INTO publication (domain) VALUES (new.name); END;
CREATE TRIGGER IF NOT EXISTS publish_lost_domain AFTER DELETE ON domain BEGIN
    DELETE FROM publication WHERE domain = old.name; INSERT INTO publication (domain) VALUES (old.name); END;
"""
# Who bears one of these is registered and not in the DNS (RFC 5731, section 2.3).
WITHHOLDING = frozenset({"clientHold", "serverHold"})


@dataclass(frozen=True)
class Published:
    """A domain as the DNS is to show it; with neither name servers nor DS records when it is not to."""

    name: str
    name_servers: tuple[str, ...]
    ds: tuple[DsData, ...]


class Publication:
    """Reads what is to be published; of one thread. ``serial`` is the number of the last change that was read."""

    def __init__(self, connection: sqlite3.Connection, serial: int) -> None:
        """Takes over a prepared connection; use ``open``."""
        self._connection = connection
        self._version = -1
        self.serial = serial

    @classmethod
    def open(cls, path: Path) -> Self:
        """Opens the store of this file, which is there already. Raises sqlite3.Error."""
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.executescript(LEDGER)
            last = connection.execute("SELECT coalesce(max(serial), 0) FROM publication").fetchone()[0]
            return cls(connection, last)
        except BaseException:
            connection.close()
            raise

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def everything(self) -> Iterator[Published]:
        """Returns every domain as it is now; what has changed since the opening comes again. Raises sqlite3.Error."""
        records: dict[str, list[DsData]] = {}
        for domain, *ds in self._connection.execute(
            "SELECT domain, key_tag, algorithm, digest_type, digest FROM record ORDER BY id"
        ):
            records.setdefault(domain, []).append(DsData(*ds))
        for name, name_servers, statuses in self._connection.execute("SELECT name, name_servers, statuses FROM domain"):
            yield _published(name, records.get(name, []), name_servers, statuses)

    def changes(self) -> Iterator[Published]:
        """Returns the domains that have changed since it was asked last. Raises sqlite3.Error."""
        # Cheap enough to be asked before every answer: it changes whenever another connection has committed.
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return
        changed = self._connection.execute(
            "SELECT serial, domain FROM publication WHERE serial > ? ORDER BY serial", (self.serial,)
        ).fetchall()
        for serial, domain in changed:
            row = self._connection.execute(
                "SELECT name_servers, statuses FROM domain WHERE name = ?", (domain,)
            ).fetchone()
            records = self._connection.execute(
                "SELECT key_tag, algorithm, digest_type, digest FROM record WHERE domain = ? ORDER BY id", (domain,)
            )
            published = _published(domain, [DsData(*ds) for ds in records], *(row or ("[]", "[]")))
            self.serial = serial
            yield published
        self._version = version


def _published(name: str, ds: list[DsData], name_servers: str, statuses: str) -> Published:
    if WITHHOLDING.intersection(json.loads(statuses)):
        return Published(name, (), ())
    return Published(name, tuple(json.loads(name_servers)), tuple(ds))
