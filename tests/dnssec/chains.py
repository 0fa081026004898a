"""Chains as a check would have found them, made by hand: of a domain under its TLD, with keys by their texts."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from dnssec import sightings
from dnssec.chain import Chain, DsRecord, Link, ServerState, Times, Verdict, ZoneKey
from dnssec.kept_chains import to_json
from dnssec.keys import DnsKey
from dnssec.models import DelegationCheck
from dnssec.snapshots import Subject, subject_of
from domains.models import Domain
from tests.conftest import KEY_13, KEY_13_OTHER

PARENTS, CHILDREN = ("192.0.2.11", "192.0.2.12"), ("192.0.2.21", "192.0.2.22")
TIMES = Times(ds=86400, parent_negative=900, dnskey=3600, soa=3600, ns=7200, negative=300)
NOTHING = Times(None, None, None, None, None, None)


def dns_key(text: str = KEY_13, *, flags: int = 257, algorithm: int = 13) -> DnsKey:
    """A key as a value."""
    return DnsKey.parse(text, flags=flags, algorithm=algorithm)


def subject(domain: Domain, text: str = KEY_13) -> Subject:
    """A key's snapshot."""
    return subject_of(domain, dns_key(text))


def servers(addresses: Iterable[str], *, silent: Sequence[str] = ()) -> tuple[ServerState, ...]:
    """Servers that answered, but those."""
    return tuple(
        ServerState(f"ns{number}.example.net", address, "silent" if address in silent else None)
        for number, address in enumerate(addresses, 1)
    )


def chain_of(
    domain: Domain,
    *,
    ds: dict[str, Sequence[str]] | Sequence[str] = (),
    zone: dict[str, Sequence[str]] | Sequence[str] = (),
    signing: bool = True,
    times: Times = TIMES,
    verdict: Verdict = Verdict.SECURE,
    silent: Sequence[str] = (),
    **fields: Any,
) -> Chain:
    """
    The chain of a domain. `ds` and `zone` are the keys (as base64) that have a DS record, and that the zone shows: on
    all servers, or on those that are named.
    """
    ds = ds if isinstance(ds, dict) else dict.fromkeys(ds, PARENTS)
    zone = zone if isinstance(zone, dict) else dict.fromkeys(zone, CHILDREN)
    records = tuple(
        DsRecord(key.key_tag, 13, 2, key.ds(domain.name, 2), tuple(shown), (), signing)
        for key, shown in ((dns_key(text), shown) for text, shown in ds.items())
    )
    keys = tuple(
        ZoneKey(
            flags=257,
            protocol=3,
            algorithm=13,
            public_key=base64.b64decode(text),
            key_tag=dns_key(text).key_tag,
            servers=tuple(shown),
            signs_keys_on=tuple(shown) if signing else (),
            signs_data_on=tuple(shown),
            has_ds=text in ds,
        )
        for text, shown in zone.items()
    )
    root = Link(".", Verdict.SECURE, servers(["192.0.2.1"]), (), (), NOTHING, ())
    parent = Link(domain.tld.name, Verdict.SECURE, servers(PARENTS, silent=silent), (), (), NOTHING, ())
    own = Link(domain.name, verdict, servers(CHILDREN, silent=silent), records, keys, times, ())
    made = Chain(domain.name, domain.name, True, verdict, (root, parent, own), (), timezone.now().timestamp())
    return replace(made, **fields) if fields else made


def keep(domain: Domain, chain: Chain) -> DelegationCheck:
    """Keep a chain as the last check's result, with what is sighted in it."""
    sightings.note(domain, chain)
    row: DelegationCheck = DelegationCheck.objects.create(
        domain=domain, checked_at=timezone.now(), verdict=chain.verdict.value, chain=to_json(chain)
    )
    return row


__all__ = [
    "CHILDREN",
    "KEY_13",
    "KEY_13_OTHER",
    "NOTHING",
    "PARENTS",
    "TIMES",
    "chain_of",
    "dns_key",
    "keep",
    "subject",
]
