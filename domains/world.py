"""Reads a world file: who signs in, which registries and TLDs exist, who holds which domain. Both sides of the EPP
wire start from the same file, so everything it may say, and how it is checked, stands here."""

import base64
import binascii
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import idna

from domains.faults import FAULT_KEYS, RESULT_KEYS, Fault, FaultError, read_faults

# Every key that a world file may hold, by table. What does not stand here is refused, so that a slip of the pen is
# seen.
ACCEPTED_KEYS: dict[str, frozenset[str]] = {
    "world": frozenset({"person", "registry", "tld", "domain"}),
    "person": frozenset({"email", "name", "password", "staff", "administrator"}),
    "registry": frozenset(
        {"name", "interface", "registrar_id", "password", "host", "port", "ca", "cert", "key", "fault"}
    ),
    "tld": frozenset({"name", "registry", "dnssec", "max_keys", "algorithms", "fault"}),
    "domain": frozenset(
        {"name", "owner", "registrant", "admin", "tech", "billing", "registrar", "nameservers", "statuses", "keys"}
        | {"created", "expires", "auto_renew", "transfer_lock", "answer", "decide_after", "decide", "zone", "fault"}
    ),
    "contact": frozenset({"name", "email", "organization"}),
    "key": frozenset({"flags", "algorithm", "public_key"}),
    "zone": frozenset({"state", "seed"}),
    "fault": FAULT_KEYS,
    "more": RESULT_KEYS,
}
INTERFACES = ("ds", "key")
ANSWERS = ("pending",)
DECISIONS = ("accept", "reject", "silent")
ZONE_STATES = ("healthy", "unsigned", "rollover", "rolled", "bogus", "expired", "slow")
STATUSES = (
    *(f"{side}{what}Prohibited" for side in ("client", "server") for what in ("Delete", "Renew", "Transfer", "Update")),
    *("clientHold", "serverHold", "inactive", "ok"),
    *(f"pending{what}" for what in ("Create", "Delete", "Renew", "Transfer", "Update")),
)
USUAL_ALGORITHMS = (8, 10, 13, 14, 15, 16)
MANY_KEYS, FEW_KEYS = 13, 4
EPP_PORT = 700


class WorldError(Exception):
    """A world file cannot be used; the sentence names the file, the table and the key."""


@dataclass(frozen=True)
class Person:
    """Somebody who signs in to the console."""

    email: str
    name: str
    password: str = field(repr=False)
    staff: bool
    administrator: bool


@dataclass(frozen=True)
class Registry:
    """One EPP service. With a ``host`` it is somebody else's server and not the mock's to play."""

    name: str
    interface: str
    registrar_id: str
    password: str = field(repr=False)
    host: str | None
    port: int
    ca: Path | None
    cert: Path | None
    key: Path | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Tld:
    """A top-level domain or other public suffix and what its registry enforces."""

    name: str
    registry: str
    dnssec: bool
    max_keys: int
    algorithms: tuple[int, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Contact:
    """A person or organization named on a domain."""

    name: str
    email: str | None
    organization: str | None


@dataclass(frozen=True)
class NameServer:
    """A name server of a domain, with an address where the file tells one."""

    name: str
    address: str | None


@dataclass(frozen=True)
class Key:
    """A public key that a domain has from the start; its protocol field is always 3 (RFC 4034, section 2.1.2)."""

    flags: int
    algorithm: int
    public_key: bytes


@dataclass(frozen=True)
class Domain:
    """A domain as both sides of the wire find it. ``tld`` is the longest suffix of the file that fits, ``registrar``
    the sponsor at the registry; ``answer``, ``decide``, ``zone`` and ``faults`` are the mock registry's part alone."""

    name: str
    tld: str
    owner: str | None
    registrant: Contact | None
    admin: Contact | None
    tech: Contact | None
    billing: Contact | None
    registrar: str
    name_servers: tuple[NameServer, ...]
    statuses: tuple[str, ...]
    keys: tuple[Key, ...]
    created: date | None
    expires: date | None
    auto_renew: bool | None
    transfer_lock: bool | None
    answer: str | None
    decide_after: float
    decide: str
    zone_state: str | None
    zone_seed: str | None = field(default=None, repr=False)
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class World:
    """All that a world file says."""

    people: tuple[Person, ...]
    registries: tuple[Registry, ...]
    tlds: tuple[Tld, ...]
    domains: tuple[Domain, ...]


def read_world(path: Path) -> World:
    """Returns what the file says; raises WorldError when it cannot be read or used."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as trouble:
        raise WorldError(f"{path}: the world file cannot be read ({trouble.strerror}).") from trouble
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as trouble:
        raise WorldError(f"{path}: the world file is not TOML: {trouble}.") from trouble
    whole = _Table(path, "world", "the file", content)
    people = tuple(_person(table) for table in whole.tables("person", "email"))
    registries = tuple(_registry(table) for table in whole.tables("registry", "name"))
    tlds = tuple(_tld(table, registries) for table in whole.tables("tld", "name"))
    owners = frozenset(person.email for person in people)
    domains = tuple(_domain(table, owners, registries, tlds) for table in whole.tables("domain", "name"))
    for kind, names in (
        ("person", [person.email for person in people]),
        ("registry", [registry.name for registry in registries]),
        ("tld", [tld.name for tld in tlds]),
        ("domain", [domain.name for domain in domains]),
    ):
        if twice := next((name for name, count in Counter(names).items() if count > 1), None):
            raise WorldError(f"{path}: there are two tables [[{kind}]] for {twice!r}.")
    return World(people, registries, tlds, domains)


class _Table:
    """One table of the file, which knows how to name itself in a complaint."""

    def __init__(self, path: Path, kind: str, called: str, content: Any) -> None:
        self.path = path
        self.called = called
        if not isinstance(content, dict):
            raise WorldError(f"{path}: {called} must be a table.")
        self.content: dict[str, Any] = content
        for key in content:
            if key not in ACCEPTED_KEYS[kind]:
                accepted = ", ".join(sorted(ACCEPTED_KEYS[kind]))
                raise self.wrong(key, f"is not known here; the accepted keys are {accepted}")

    def wrong(self, key: str, complaint: str) -> WorldError:
        return WorldError(f"{self.path}: in {self.called}, the key {key!r} {complaint}.")

    def tables(self, key: str, identity: str) -> Iterable["_Table"]:
        found = self.content.get(key, [])
        if not isinstance(found, list):
            raise self.wrong(key, f"must be written as tables, [[{key}]]")
        for place, content in enumerate(found, start=1):
            named = content.get(identity) if isinstance(content, dict) else None
            yield _Table(self.path, key, f"[[{key}]] {named!r}" if named else f"[[{key}]] number {place}", content)

    def table(self, key: str, kind: str) -> "_Table | None":
        found = self.content.get(key)
        return None if found is None else _Table(self.path, kind, f"{key} of {self.called}", found)

    def get[T](self, key: str, kind: type[T], noun: str) -> T | None:
        found = self.content.get(key)
        # In Python a boolean is a number and a date with time is a date; in a world file they are not.
        if found is not None and type(found) is not kind:
            raise self.wrong(key, f"must be {noun}")
        return found

    def text(self, key: str) -> str | None:
        found = self.get(key, str, "a text")
        if found is not None and not found.strip():
            raise self.wrong(key, "must not be empty")
        return found

    def flag(self, key: str) -> bool | None:
        return self.get(key, bool, "true or false")

    def number(self, key: str, lowest: int, highest: int) -> int | None:
        found = self.get(key, int, "a whole number")
        if found is not None and not lowest <= found <= highest:
            raise self.wrong(key, f"must be from {lowest} to {highest}")
        return found

    def choice(self, key: str, choices: Iterable[str]) -> str | None:
        found = self.text(key)
        if found is not None and found not in choices:
            raise self.wrong(key, f"must be one of {', '.join(choices)}, not {found!r}")
        return found

    def name(self, key: str) -> str:
        return self.host_name(key, self.needed(key, self.text(key)))

    def host_name(self, key: str, written: str) -> str:
        try:
            return idna.encode(written.strip().strip("."), uts46=True).decode().lower()
        except idna.IDNAError as trouble:
            raise self.wrong(key, f"holds {written!r}, which is not a domain name ({trouble})") from trouble

    def items(self, key: str) -> list[Any]:
        return self.get(key, list, "a list") or []

    def needed[T](self, key: str, found: T | None) -> T:
        if found is None:
            raise self.wrong(key, "is missing")
        return found

    def password(self) -> str:
        found = self.needed("password", self.text("password"))
        if len(found) < 6:
            raise self.wrong("password", "must have at least 6 characters")
        return found

    def registrar_id(self, key: str) -> str | None:
        found = self.text(key)
        if found is not None and not 3 <= len(found) <= 16:
            raise self.wrong(key, "must have 3 to 16 characters, as EPP demands of a client id")
        return found

    def email(self, key: str) -> str | None:
        found = self.text(key)
        if found is not None and not all(found.partition("@")):
            raise self.wrong(key, "must be an email address")
        return found


def _person(table: _Table) -> Person:
    return Person(
        email=table.needed("email", table.email("email")),
        name=table.needed("name", table.text("name")),
        password=table.password(),
        staff=table.flag("staff") or False,
        administrator=table.flag("administrator") or False,
    )


def _registry(table: _Table) -> Registry:
    host = table.text("host")
    if host is None and (odd := next((key for key in ("port", "ca", "cert", "key") if key in table.content), None)):
        raise table.wrong(odd, "makes sense only together with host")
    if host is not None and "fault" in table.content:
        raise table.wrong("fault", "makes sense only without host")

    def file(key: str) -> Path | None:
        written = table.text(key)
        return None if written is None else (table.path.parent / written).resolve()

    return Registry(
        name=table.needed("name", table.text("name")),
        interface=table.needed("interface", table.choice("interface", INTERFACES)),
        registrar_id=table.needed("registrar_id", table.registrar_id("registrar_id")),
        password=table.password(),
        host=host,
        port=table.number("port", 1, 65535) or EPP_PORT,
        ca=file("ca"),
        cert=file("cert"),
        key=file("key"),
        faults=_faults(table, "registry"),
    )


def _tld(table: _Table, registries: tuple[Registry, ...]) -> Tld:
    name = table.name("name")
    algorithms = table.items("algorithms")
    if not all(type(number) is int and 0 <= number <= 255 for number in algorithms):
        raise table.wrong("algorithms", "must be a list of algorithm numbers from 0 to 255")
    dnssec = table.flag("dnssec")
    return Tld(
        name=name,
        registry=table.needed("registry", table.choice("registry", [registry.name for registry in registries])),
        dnssec=True if dnssec is None else dnssec,
        max_keys=table.number("max_keys", 1, 1000) or (MANY_KEYS if name in ("com", "net") else FEW_KEYS),
        algorithms=tuple(algorithms) or USUAL_ALGORITHMS,
        faults=_faults(table, "tld"),
    )


def _domain(table: _Table, owners: frozenset[str], registries: tuple[Registry, ...], tlds: tuple[Tld, ...]) -> Domain:
    name = table.name("name")
    fitting = [tld for tld in tlds if name.endswith(f".{tld.name}")]
    if not fitting:
        raise table.wrong("name", f"holds {name!r}, which lies in none of the file's TLDs")
    tld = max(fitting, key=lambda tld: len(tld.name))
    registry = next(registry for registry in registries if registry.name == tld.registry)
    owner = table.email("owner")
    if owner is not None and owner not in owners:
        raise table.wrong("owner", f"holds {owner!r}, who is no person of the file")
    statuses = table.items("statuses")
    if unknown := next((status for status in statuses if status not in STATUSES), None):
        raise table.wrong("statuses", f"holds {unknown!r}, which is not a status of EPP")
    after = table.content.get("decide_after", 5)
    if type(after) not in (int, float) or not 0 <= after <= 31_536_000:
        raise table.wrong("decide_after", "must be a number of seconds")
    zone = table.table("zone", "zone")
    return Domain(
        name=name,
        tld=tld.name,
        owner=owner,
        registrant=_contact(table, "registrant"),
        admin=_contact(table, "admin"),
        tech=_contact(table, "tech"),
        billing=_contact(table, "billing"),
        registrar=table.registrar_id("registrar") or registry.registrar_id,
        name_servers=tuple(_name_server(table, written) for written in table.items("nameservers")),
        statuses=tuple(statuses),
        keys=tuple(
            _key(_Table(table.path, "key", f"keys number {place} of {table.called}", key))
            for place, key in enumerate(table.items("keys"), start=1)
        ),
        created=table.get("created", date, "a date"),
        expires=table.get("expires", date, "a date"),
        auto_renew=table.flag("auto_renew"),
        transfer_lock=table.flag("transfer_lock"),
        answer=table.choice("answer", ANSWERS),
        decide_after=float(after),
        decide=table.choice("decide", DECISIONS) or "accept",
        zone_state=None if zone is None else zone.needed("state", zone.choice("state", ZONE_STATES)),
        zone_seed=None if zone is None else zone.text("seed"),
        faults=_faults(table, "domain"),
    )


def _faults(table: _Table, level: str) -> tuple[Fault, ...]:
    try:
        return read_faults(table.content.get("fault"), level)
    except FaultError as trouble:
        raise table.wrong("fault", str(trouble)) from trouble


def _contact(table: _Table, key: str) -> Contact | None:
    found = table.table(key, "contact")
    if found is None:
        return None
    return Contact(found.needed("name", found.text("name")), found.email("email"), found.text("organization"))


def _name_server(table: _Table, written: Any) -> NameServer:
    words = written.split() if isinstance(written, str) else []
    if len(words) not in (1, 2):
        raise table.wrong("nameservers", 'must be a list of texts, each "NAME" or "NAME ADDRESS"')
    return NameServer(table.host_name("nameservers", words[0]), words[1] if len(words) == 2 else None)


def _key(table: _Table) -> Key:
    try:
        public_key = base64.b64decode(
            "".join(table.needed("public_key", table.text("public_key")).split()), validate=True
        )
    except (binascii.Error, ValueError) as trouble:
        raise table.wrong("public_key", "must be base64") from trouble
    return Key(
        flags=table.needed("flags", table.number("flags", 0, 65535)),
        algorithm=table.needed("algorithm", table.number("algorithm", 0, 255)),
        public_key=public_key,
    )
