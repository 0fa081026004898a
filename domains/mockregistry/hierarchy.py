"""The zones of a world and where each is served: the root, a zone for each TLD, the zones of the domains that have one.
It keeps the TLD zones to what the store publishes, and writes what a resolver needs to begin with."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

import dns.name
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

from domains.mockregistry.childzones import STATES_FILE, child_zone, read_states, shown_keys
from domains.mockregistry.denial import Labels, labels_of
from domains.mockregistry.publication import Publication, Published
from domains.mockregistry.zonekeys import (
    KEY_TTL,
    Signer,
    ZoneKey,
    ZoneKeys,
    ensure_keys,
    key_records,
    write_whole,
)
from domains.mockregistry.zones import LONG_TTL, SHORT_TTL, Delegation, Zone, address_records, records
from domains.world import Domain, World

ROOT_SERVER, ROOT_ADDRESS = "ns.root-servers", "127.0.1.1"
HINTS_FILE, ANCHOR_FILE, KEYS_FOLDER = "root.hints", "trust-anchor", "zones"
BIND_ANCHOR_FILE = "anchors"  # The same as BIND's delv reads it.

# The zones served at one address, by origin.
Zones = dict[Labels, Zone]

logger = logging.getLogger(__name__)


class Hierarchy:
    """All zones, and at which address which of them are served."""

    def __init__(
        self,
        world: World,
        directory: Path,
        publication: Publication,
        now: Callable[[], datetime],
        *,
        everywhere: tuple[str, ...],
        apart: bool,
    ) -> None:
        """``everywhere``: the addresses that answer for all zones; ``apart``: each zone has its own address as well.

        Raises OSError and ValueError when keys cannot be kept or read, sqlite3.Error when the store fails.
        """
        self.places: dict[str, Zones] = {address: {} for address in everywhere}
        self._everywhere = everywhere
        self._apart = apart
        self._folder = directory / KEYS_FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._now = now
        self._publication = publication
        self._serial = publication.serial + 1
        self._addresses: dict[str, tuple[str, ...]] = {}
        for server in (server for domain in world.domains for server in domain.name_servers if server.address):
            told = self._addresses.get(server.name, ())
            self._addresses[server.name] = tuple(dict.fromkeys((*told, str(server.address))))
        self._tlds: dict[str, Zone] = {}
        root_keys = self._serve_parents(world)
        self._directory = directory
        self._children = {
            domain.name: domain
            for domain in world.domains
            if domain.zone_state is not None and domain.name_servers and domain.tld in self._tlds
        }
        self._child_serial = int(now().timestamp())
        self._states_seen = self._stamp()
        self._states = read_states(directory)
        for domain in self._children.values():
            self._serve_child(domain)
        for published in publication.everything():
            self._publish(published)
        self._write_beginnings(directory, root_keys)

    def refresh(self) -> None:
        """Takes over what was committed or switched since it was asked last. Raises sqlite3.Error, and OSError and
        ValueError when what was switched cannot be read."""
        for published in self._publication.changes():
            zone = self._publish(published)
            if zone is not None:
                zone.set_serial(self._publication.serial + 1)
        stamp = self._stamp()
        if stamp != self._states_seen:
            before, self._states = self._states, read_states(self._directory)
            self._states_seen, self._child_serial = stamp, max(self._child_serial + 1, int(self._now().timestamp()))
            for name in before.keys() | self._states.keys():
                if before.get(name) != self._states.get(name) and name in self._children:
                    self._serve_child(self._children[name])

    def _stamp(self) -> tuple[int, int] | None:
        """What tells one file of switched states from the next."""
        try:
            found = (self._directory / STATES_FILE).stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _serve_parents(self, world: World) -> ZoneKeys:
        played = {registry.name for registry in world.registries if registry.host is None}
        # A TLD's address goes by its place in the file, also where another is not this registry's to play.
        tlds = {tld.name: number for number, tld in enumerate(world.tlds, start=1) if tld.registry in played}
        root_keys = self._keys("")
        root = self._parent("", ROOT_SERVER, ROOT_ADDRESS, root_keys, hashed=False)
        # Parents come first, so that a TLD of two labels finds that of one.
        for name in sorted(tlds, key=lambda name: name.count(".")):
            number, host, keys = tlds[name], f"ns.nic.{name}", self._keys(name)
            address = f"127.0.2.{number}" if number < 255 else f"127.2.{number // 256}.{number % 256}"
            zone = self._parent(name, host, address, keys, hashed=number % 2 == 1)
            above = self._tlds.get(_tld_of(name.partition(".")[2], self._tlds) or "", root)
            above.delegate(labels_of(zone.origin), Delegation((host,), (keys.ksk.ds(zone.origin),)))
            self._tlds[name] = zone
        return root_keys

    def _parent(self, name: str, host: str, address: str, keys: ZoneKeys, *, hashed: bool) -> Zone:
        self._addresses[host] = (address,) if self._apart else self._everywhere
        origin = _origin(name)
        zone = Zone(
            origin,
            [
                records(origin, LONG_TTL, RdataType.NS, f"{host}."),
                *address_records(host, self._addresses[host]),
                key_records(origin, (keys.ksk, keys.zsk)),
            ],
            Signer(origin, (keys.ksk,), keys.zsk, self._now),
            addresses=self._addresses,
            hashed=hashed,
            serial=self._serial,
        )
        self._write_public(name, (keys.ksk, keys.zsk))
        self._place(zone, self._addresses[host])
        return zone

    def _serve_child(self, domain: Domain) -> None:
        """Serves a domain's own zone, as the world wants it to be or as it was switched since."""
        state = self._states.get(domain.name, domain.zone_state or "")
        keys = ensure_keys(self._folder / f"{domain.name}.pem", domain.zone_seed)
        if shown := shown_keys(keys, state):
            self._write_public(domain.name, shown, SHORT_TTL)
        zone = child_zone(domain, state, keys, addresses=self._addresses, serial=self._child_serial, now=self._now)
        self._place(zone, [a for server in domain.name_servers for a in self._addresses.get(server.name, ())])

    def _place(self, zone: Zone, addresses: Iterable[str]) -> None:
        # An address that is not the loopback's is somebody else's to serve.
        own = [address for address in addresses if self._apart and ip_address(address).is_loopback]
        for address in (*self._everywhere, *own):
            self.places.setdefault(address, {})[labels_of(zone.origin)] = zone

    def _publish(self, domain: Published) -> Zone | None:
        tld = _tld_of(domain.name.partition(".")[2], self._tlds)
        if tld is None or domain.name in self._tlds:
            return None
        empty = not (domain.name_servers or domain.ds)
        zone = self._tlds[tld]
        zone.delegate(labels_of(_origin(domain.name)), None if empty else Delegation(domain.name_servers, domain.ds))
        return zone

    def _keys(self, name: str) -> ZoneKeys:
        return ensure_keys(self._folder / f"{name or 'root'}.pem")

    def _write_public(self, name: str, keys: tuple[ZoneKey, ...], ttl: int = KEY_TTL) -> None:
        """Writes the zone's DNSKEY records beside its keys, so that a person can copy them without asking the DNS."""
        records = _zone_file(key_records(_origin(name), keys, ttl))
        write_whole(self._folder / f"{name or 'root'}.dnskey", records, 0o644)

    def _write_beginnings(self, directory: Path, root_keys: ZoneKeys) -> None:
        addresses = self._addresses[ROOT_SERVER]
        hints = (
            records(dns.name.root, LONG_TTL, RdataType.NS, f"{ROOT_SERVER}."),
            *address_records(ROOT_SERVER, addresses),
        )
        write_whole(directory / HINTS_FILE, _zone_file(*hints), 0o644)
        write_whole(directory / ANCHOR_FILE, _zone_file(key_records(dns.name.root, (root_keys.ksk,))), 0o644)
        flags, protocol, algorithm, key = root_keys.ksk.public.to_text(chunksize=0).split()
        anchor = f'trust-anchors {{ . static-key {flags} {protocol} {algorithm} "{key}"; }};\n'
        write_whole(directory / BIND_ANCHOR_FILE, anchor.encode(), 0o644)


def _zone_file(*sets: RRset) -> bytes:
    return b"".join(rrset.to_text(chunksize=0).encode() + b"\n" for rrset in sets)


def _origin(name: str) -> Name:
    return dns.name.from_text(name)


def _tld_of(name: str, tlds: Mapping[str, Zone]) -> str | None:
    """The longest of these TLDs that a name is, or lies in."""
    return next((candidate for candidate in _suffixes(name) if candidate in tlds), None)


def _suffixes(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.partition(".")[2]
