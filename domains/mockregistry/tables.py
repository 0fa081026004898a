"""The tables of the registry's store in SQLite, how an older file is brought to their shape, and how records are
written to rows and read from them."""

import contextlib
import sqlite3
from collections.abc import Iterator

from domains.epp.secdns import DsData, KeyData, Record
from domains.mockregistry.policy import derive_ds

SHAPE = 1
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
    decide TEXT, decide_after REAL NOT NULL, auth_info TEXT NOT NULL DEFAULT '', max_sig_life INTEGER);
CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY, domain TEXT NOT NULL REFERENCES domain, key_tag INTEGER NOT NULL,
    algorithm INTEGER NOT NULL, digest_type INTEGER NOT NULL, digest BLOB NOT NULL,
    flags INTEGER, protocol INTEGER, key_algorithm INTEGER, public_key BLOB,
    UNIQUE (domain, key_tag, algorithm, digest_type, digest));
CREATE TABLE IF NOT EXISTS host (
    name TEXT PRIMARY KEY, roid TEXT NOT NULL UNIQUE, sponsor TEXT NOT NULL, created TEXT NOT NULL,
    addresses TEXT NOT NULL, superordinate TEXT REFERENCES domain);
CREATE INDEX IF NOT EXISTS host_below ON host (superordinate);
CREATE TABLE IF NOT EXISTS contact (
    id TEXT PRIMARY KEY, roid TEXT NOT NULL UNIQUE, sponsor TEXT NOT NULL, created TEXT NOT NULL, name TEXT NOT NULL,
    organization TEXT, email TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pending (
    domain TEXT PRIMARY KEY REFERENCES domain, due REAL NOT NULL, decide TEXT NOT NULL, registrar_id TEXT NOT NULL,
    change BLOB NOT NULL, cl_trid TEXT, sv_trid TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS pending_due ON pending (due);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, registrar_id TEXT NOT NULL, queued TEXT NOT NULL, text TEXT NOT NULL,
    data BLOB NOT NULL, extension BLOB);
CREATE INDEX IF NOT EXISTS message_queue ON message (registrar_id, id);
"""
# A file of shape 0 kept changes and messages in another form. What was pending or waiting in it is dropped, as if it
# had been rejected without a word; message numbers go on, so that none is given twice.
FROM_SHAPE_0 = """
BEGIN;
ALTER TABLE domain ADD COLUMN auth_info TEXT NOT NULL DEFAULT '';
ALTER TABLE domain ADD COLUMN max_sig_life INTEGER;
UPDATE domain SET statuses = replace(replace(statuses, ', "pendingUpdate"', ''), '"pendingUpdate"', '');
DELETE FROM pending;
DELETE FROM message;
ALTER TABLE message DROP COLUMN domain;
ALTER TABLE message DROP COLUMN accepted;
ALTER TABLE message DROP COLUMN cl_trid;
ALTER TABLE message DROP COLUMN sv_trid;
ALTER TABLE message DROP COLUMN decided;
ALTER TABLE message ADD COLUMN data BLOB NOT NULL DEFAULT '';
ALTER TABLE message ADD COLUMN extension BLOB;
PRAGMA user_version = 1;
COMMIT;
"""


def prepare(connection: sqlite3.Connection) -> None:
    """Makes the tables, or brings those of an older file to the present shape. Raises sqlite3.Error."""
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    shape = connection.execute("PRAGMA user_version").fetchone()[0]
    filled = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'domain'").fetchone()[0]
    if filled and shape == 0:
        connection.executescript(FROM_SHAPE_0)
    connection.executescript(f"{TABLES} PRAGMA user_version = {SHAPE};")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Within it all is written or, when an exception leaves it, nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def insert_record(connection: sqlite3.Connection, name: str, record: Record) -> None:
    """Writes a record of the domain ``name``; of a key, its DS record is kept beside it."""
    ds, key = (derive_ds(record, name), record) if isinstance(record, KeyData) else (record, record.key_data)
    given = (None, None, None, None) if key is None else (key.flags, key.protocol, key.algorithm, key.public_key)
    connection.execute(
        "INSERT INTO record (domain, key_tag, algorithm, digest_type, digest, flags, protocol, key_algorithm,"
        " public_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (name, ds.key_tag, ds.algorithm, ds.digest_type, ds.digest, *given),
    )


def read_key(row: sqlite3.Row) -> KeyData:
    """Returns the key of a row of ``record``."""
    return KeyData(row["flags"], row["protocol"], row["key_algorithm"], row["public_key"])


def read_ds(row: sqlite3.Row) -> DsData:
    """Returns the DS record of a row of ``record``, with the key where one came with it."""
    key = None if row["public_key"] is None else read_key(row)
    return DsData(row["key_tag"], row["algorithm"], row["digest_type"], row["digest"], key)
