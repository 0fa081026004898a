"""Chains of trust as the page meets them: judged from the small DNS of tests/chain, and told of other names."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import dns.dnssec
from cryptography.hazmat.primitives.asymmetric import ec

from dnssec.chain import Chain
from dnssec.kept_chains import from_json, to_json
from dnssec.keys import DnsKey
from tests.chain.signing import KSK, NOW, ZSK, Key, Signing
from tests.chain.world import CHILDREN, UNSIGNED, World, ds_of, make_world, silent

DAY = 86400


@lru_cache
def key(number: int, flags: int = KSK) -> Key:
    """A key that is the same in every run."""
    private = ec.derive_private_key(number, ec.SECP256R1())
    return Key(private, dns.dnssec.make_dnskey(private.public_key(), 13, flags))


K1, K2, K3 = key(101), key(102), key(103)
Z1, Z2 = key(201, ZSK), key(202, ZSK)
PARENT = [key(301), key(302, ZSK)]
HEALTHY = Signing([K1, Z1])


def _world(child: Signing | Sequence[Signing] = HEALTHY, ds: Sequence[Key] = (K1,), **more: object) -> World:
    records = [record for one in ds for record in ds_of(one)]
    parent = Signing(PARENT)
    return make_world(child, records, parent=parent, parent_ds=[PARENT[0].ds("test")], **more)  # type: ignore[arg-type]


def _secure() -> Chain:
    return _world().check()


def _two_digests() -> Chain:
    return make_world(
        HEALTHY,
        [*ds_of(K1), *ds_of(K1, digest="SHA384")],
        parent=Signing(PARENT),
        parent_ds=[PARENT[0].ds("test")],
    ).check()


def _rollover() -> Chain:
    return _world(Signing([K1, K2, Z1]), [K1, K2]).check()


def _one_key() -> Chain:
    return _world(Signing([K1])).check()


def _old_ds_left() -> Chain:
    return _world(Signing([K2, Z1]), [K1, K2]).check()


def _unsigned() -> Chain:
    return _world(UNSIGNED, []).check()


def _ready() -> Chain:
    return _world(HEALTHY, []).check()


def _wrong_ds() -> Chain:
    return _world(Signing([K2, Z1]), [K1]).check()


def _not_signing() -> Chain:
    return _world(Signing([K1, K2, Z1], signs_keys=[K2]), [K1]).check()


def _expired() -> Chain:
    return _world(Signing([K1, Z1], inception=NOW - 30 * DAY, expiration=NOW - 2 * DAY)).check()


def _spoiled_data() -> Chain:
    def spoil(records, rrsig):  # type: ignore[no-untyped-def]
        if records.rdtype == dns.rdatatype.SOA:
            return rrsig.replace(signature=b"x" * len(rrsig.signature))
        return rrsig

    return _world(Signing([K1, Z1], change=spoil)).check()


def _ds_but_unsigned() -> Chain:
    return _world(UNSIGNED).check()


def _servers_disagree() -> Chain:
    return _world([Signing([K1, K2, Z1]), Signing([K1, Z1])]).check()


def _ready_but_servers_disagree() -> Chain:
    return _world([Signing([K1, K2, Z1]), Signing([K1, Z1])], []).check()


def _unreachable() -> Chain:
    world = _world()
    world.habits |= dict.fromkeys(CHILDREN, silent)
    return world.check()


def _one_server_silent() -> Chain:
    world = _world()
    world.habits[CHILDREN[1]] = silent
    return world.check()


def _not_delegated() -> Chain:
    return _world().check("nowhere.test")


def _unsigned_above() -> Chain:
    return make_world(HEALTHY, ds_of(K1), parent=UNSIGNED, parent_ds=[]).check()


def _broken_above() -> Chain:
    return make_world(HEALTHY, ds_of(K1), parent=Signing(PARENT), parent_ds=[K3.ds("test")]).check()


def _many() -> Chain:
    keys = [key(400 + number) for number in range(13)]
    return _world(Signing([*keys, Z1], signs_keys=keys[:1]), keys).check()


def _many_stale() -> Chain:
    return _world(HEALTHY, [*(key(500 + number) for number in range(12)), K1]).check()


SCENES: dict[str, Callable[[], Chain]] = {
    "secure": _secure,
    "two digests": _two_digests,
    "rollover": _rollover,
    "one key": _one_key,
    "old ds left": _old_ds_left,
    "unsigned": _unsigned,
    "ready": _ready,
    "wrong ds": _wrong_ds,
    "not signing": _not_signing,
    "expired": _expired,
    "spoiled data": _spoiled_data,
    "ds but unsigned": _ds_but_unsigned,
    "servers disagree": _servers_disagree,
    "ready but servers disagree": _ready_but_servers_disagree,
    "unreachable": _unreachable,
    "one server silent": _one_server_silent,
    "not delegated": _not_delegated,
    "unsigned above": _unsigned_above,
    "broken above": _broken_above,
    "many": _many,
    "many stale": _many_stale,
}


@lru_cache
def scene(which: str, name: str = "example.com", keys: tuple[DnsKey, ...] = ()) -> Chain:
    """One of the scenes, of a domain: example.test as `name`, and test as what is above it. A TLD of two labels has its
    own TLD above it. `keys` take the places of K1, K2, K3."""
    kept = json.dumps(to_json(SCENES[which]()))
    tld = name.partition(".")[2]
    kept = kept.replace("example.test", name).replace("nowhere.test", name)
    kept = kept.replace('"test"', f'"{tld}"').replace("nic.test", f"nic.{tld}")
    chain = json.loads(kept)
    for old, new in zip((K1, K2, K3), keys, strict=False):
        _put(chain["links"][-1] | {"findings": chain["findings"]}, old, new, name)
    root = chain["links"][0]
    for part in (*root["keys"], *root["ds"]):
        part["key_tag"] = 20326
    if "." in tld:
        above = json.loads(json.dumps(chain["links"][1]))
        above["zone"] = tld.rpartition(".")[2]
        chain["links"].insert(1, above)
    return from_json(chain)


def _put(link: dict[str, Any], old: Key, new: DnsKey, name: str) -> None:
    for found in link["findings"]:
        if found["params"].get("tag") == old.tag:
            found["params"]["tag"] = new.key_tag
    for part in (*link["keys"], *link["ds"]):
        if part["key_tag"] == old.tag:
            part["key_tag"], part["algorithm"] = new.key_tag, new.algorithm
            if "digest" in part:
                part["digest"] = new.ds(name, part["digest_type"])
            else:
                part["public_key"] = new.base64


def base64_of(key: Key) -> str:
    """A key as the form takes it."""
    return base64.b64encode(key.dnskey.key).decode()


def checked(chain: Chain, now: float) -> Chain:
    """The same, seen now."""
    return replace(chain, checked_at=now)
