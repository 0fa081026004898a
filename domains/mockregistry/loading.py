"""Fills an empty store with what a world says of this server's registries: accounts, TLDs, domains with their records,
and the host and contact objects that the domains name."""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from domains.epp.secdns import KeyData
from domains.mockregistry.passwords import hashed, new_salt
from domains.mockregistry.policy import derive_ds
from domains.mockregistry.tables import insert_record
from domains.world import Contact, Domain, World

YEAR = timedelta(days=365)
NOT_TOLD = "Not told"


def load(connection: sqlite3.Connection, world: World, now: datetime) -> None:
    """Writes the world into empty tables, within the caller's transaction."""
    registries = {registry.name: registry for registry in world.registries if registry.host is None}
    for registry in registries.values():
        salt = new_salt()
        connection.execute(
            "INSERT INTO account VALUES (?, ?, ?, ?)",
            (registry.registrar_id, registry.name, salt, hashed(registry.password, salt)),
        )
    tlds = {tld.name: tld for tld in world.tlds if tld.registry in registries}
    for tld in tlds.values():
        interface = registries[tld.registry].interface
        connection.execute(
            "INSERT INTO tld VALUES (?, ?, ?, ?, ?, ?)",
            (tld.name, tld.registry, interface, tld.dnssec, tld.max_keys, json.dumps(tld.algorithms)),
        )
    held = [domain for domain in world.domains if domain.tld in tlds]
    for number, domain in enumerate(held, start=1):
        _insert_domain(connection, number, domain, now)
        for key in domain.keys:
            data = KeyData(key.flags, 3, key.algorithm, key.public_key)
            keys = registries[tlds[domain.tld].registry].interface == "key"
            insert_record(connection, domain.name, data if keys else derive_ds(data, domain.name))
    _insert_hosts(connection, held, now)


def _insert_domain(connection: sqlite3.Connection, number: int, domain: Domain, now: datetime) -> None:
    created = now if domain.created is None else _midnight(domain.created)
    expires = now + YEAR if domain.expires is None else _midnight(domain.expires)
    people = {
        "R": domain.registrant or Contact(NOT_TOLD, None, None),
        "A": domain.admin,
        "T": domain.tech,
        "B": domain.billing,
    }
    for letter, contact in people.items():
        if contact is not None:
            connection.execute(
                "INSERT INTO contact VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    f"C{number:06}{letter}", f"C{number:06}{letter}-MOCK", domain.registrar, created.isoformat(),
                    _line(contact.name) or NOT_TOLD, contact.organization and _line(contact.organization),
                    contact.email or f"hostmaster@{domain.name}",
                ),
            )  # fmt: skip
    registrant = f"C{number:06}R"
    contacts = [
        ("admin", registrant if domain.admin is None else f"C{number:06}A"),
        ("tech", registrant if domain.tech is None else f"C{number:06}T"),
        *([] if domain.billing is None else [("billing", f"C{number:06}B")]),
    ]
    connection.execute(
        "INSERT INTO domain (name, tld, roid, sponsor, creator, created, updater, updated, expires, registrant,"
        " contacts, name_servers, statuses, decide, decide_after, auth_info)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            domain.name, domain.tld, f"D{number:06}-MOCK", domain.registrar, domain.registrar, created.isoformat(),
            domain.registrar, created.isoformat(), expires.isoformat(), registrant, json.dumps(contacts),
            json.dumps(list(dict.fromkeys(server.name for server in domain.name_servers))),
            json.dumps([status for status in domain.statuses if status != "ok"]),
            domain.decide if domain.answer == "pending" else None, domain.decide_after, secrets.token_urlsafe(12),
        ),
    )  # fmt: skip


def _insert_hosts(connection: sqlite3.Connection, domains: list[Domain], now: datetime) -> None:
    """Makes an object of every name server, sponsored by whose domain it lies under, else by who names it first."""
    sponsors = {domain.name: domain.registrar for domain in domains}
    users: dict[str, str] = {}
    addresses: dict[str, list[str]] = {}
    for domain in domains:
        for server in domain.name_servers:
            users.setdefault(server.name, domain.registrar)
            told = addresses.setdefault(server.name, [])
            if server.address is not None and server.address not in told:
                told.append(server.address)
    for number, (name, user) in enumerate(users.items(), start=1):
        superordinate = next((parent for parent in _parents(name) if parent in sponsors), None)
        connection.execute(
            "INSERT INTO host VALUES (?, ?, ?, ?, ?, ?)",
            (
                name, f"H{number:06}-MOCK", sponsors.get(superordinate or "", user), now.isoformat(),
                json.dumps(addresses[name]), superordinate,
            ),
        )  # fmt: skip


def _parents(name: str) -> Iterator[str]:
    """A name and all the names above it, nearest first: a domain may serve itself."""
    while name:
        yield name
        name = name.partition(".")[2]


def _line(written: str) -> str:
    """What the schema takes as one line of an address."""
    return " ".join("".join(character if character.isprintable() else " " for character in written).split())[:255]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
