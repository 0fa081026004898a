"""The zones of the world's domains, each as healthy or as broken as it is to be, and what is switched while the
registry runs: the part of a DNS service, which nobody else plays in a demo."""

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import dns.name
from dns.name import Name
from dns.rdatatype import RdataType

from domains.mockregistry.zonekeys import Signer, ZoneKey, ZoneKeys, key_records
from domains.mockregistry.zones import SHORT_TTL, Zone, address_records, records
from domains.world import ZONE_STATES, Domain

STATES_FILE = "zones.json"
SLOW = 1.5
LAST_YEAR = timedelta(days=365)
WEB_ADDRESS = "192.0.2.80"  # Of a range for examples, where nobody listens (RFC 5737).


def shown_keys(keys: ZoneKeys, state: str) -> tuple[ZoneKey, ...]:
    """The keys that a zone in this state shows."""
    match state:
        case "unsigned":
            return ()
        case "rollover":
            return keys.ksk, keys.second_ksk, keys.zsk
        case "rolled":
            return keys.second_ksk, keys.zsk
    return keys.ksk, keys.zsk


def child_zone(
    domain: Domain,
    state: str,
    keys: ZoneKeys,
    *,
    addresses: Mapping[str, tuple[str, ...]],
    serial: int,
    now: Callable[[], datetime],
) -> Zone:
    """The zone of a domain in this state, with the addresses of hosts as they are known."""
    origin, hosts = dns.name.from_text(domain.name), list(dict.fromkeys(server.name for server in domain.name_servers))
    own = [
        records(origin, SHORT_TTL, RdataType.NS, *(f"{host}." for host in hosts)),
        *address_records(f"www.{domain.name}", (WEB_ADDRESS,), SHORT_TTL),
        *(
            found
            for host in hosts
            if dns.name.from_text(host).is_subdomain(origin)
            for found in address_records(host, addresses.get(host, ()))
        ),
    ]
    signer = None
    if shown := shown_keys(keys, state):
        # Keys come and go with the state: caches are to forget them soon.
        own.append(key_records(origin, shown, SHORT_TTL))
        signer = _signer(origin, keys, state, now)
    delay = SLOW if state == "slow" else 0
    return Zone(origin, own, signer, addresses=addresses, serial=serial, delay=delay)


def _signer(origin: Name, keys: ZoneKeys, state: str, now: Callable[[], datetime]) -> Signer:
    match state:
        case "rollover":
            return Signer(origin, (keys.ksk, keys.second_ksk), keys.zsk, now)
        case "rolled":
            return Signer(origin, (keys.second_ksk,), keys.zsk, now)
        case "bogus":
            return Signer(origin, (keys.second_ksk,), keys.second_ksk, now)
        case "expired":
            return Signer(origin, (keys.ksk,), keys.zsk, lambda: now() - LAST_YEAR)
    return Signer(origin, (keys.ksk,), keys.zsk, now)


def read_states(directory: Path) -> dict[str, str]:
    """The states that were switched, by domain. Raises OSError, and ValueError when the file holds something else."""
    try:
        content = json.loads((directory / STATES_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    if not isinstance(content, dict) or not set(content.values()) <= set(ZONE_STATES):
        raise ValueError(f"{directory / STATES_FILE} does not hold the states of zones.")
    return content


def write_states(directory: Path, states: Mapping[str, str]) -> None:
    """Puts these states in place of those that were switched before, at once. Raises OSError."""
    with tempfile.NamedTemporaryFile("w", dir=directory, prefix=STATES_FILE, encoding="utf-8", delete=False) as file:
        json.dump(dict(states), file, indent=1)
    # A reader finds the old file or the new one, never half of it.
    os.replace(file.name, directory / STATES_FILE)
