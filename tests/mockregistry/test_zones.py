"""Zones without a network: what is delegated and what is not, what changes with the store, when signatures are renewed,
and that a large zone costs little."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdatatype
import pytest
from dns.rdatatype import RdataType
from dns.rrset import RRset

from domains.mockregistry import zonekeys
from domains.mockregistry.hierarchy import Hierarchy
from domains.mockregistry.publication import Publication
from domains.mockregistry.server import STORE_FILE
from domains.mockregistry.store import Store
from domains.mockregistry.zonekeys import Signer, ensure_keys, key_records
from domains.mockregistry.zones import Answer, Delegation, Zone, records
from domains.world import World, read_world
from tests.mockregistry.clock import Clock
from tests.mockregistry.keys import some_ds
from tests.mockregistry.naming import ZONES
from tests.mockregistry.walker import types_of


class Registry:
    """A store and the zones made of it."""

    def __init__(self, world: World, directory: Path, *, apart: bool = True) -> None:
        self.clock = Clock()
        self.store = Store.open(directory / STORE_FILE, world, self.clock.time)
        self.publication = Publication.open(directory / STORE_FILE)
        self.hierarchy = Hierarchy(
            world, directory, self.publication, self.clock, everywhere=("127.0.0.1",), apart=apart
        )

    def close(self) -> None:
        self.publication.close()
        self.store.close()

    def ask(self, tld: str, name: str, kind: RdataType = RdataType.A, *, dnssec: bool = True) -> Answer:
        self.hierarchy.refresh()
        return self.hierarchy._tlds[tld].answer(dns.name.from_text(name), kind, dnssec=dnssec)

    def ds(self, tld: str, name: str) -> list[int]:
        """The key tags of the DS records served."""
        answer = self.ask(tld, name, RdataType.DS)
        return [ds.key_tag for rrset in answer.answer if rrset.rdtype == RdataType.DS for ds in rrset]

    def serial(self, tld: str) -> int:
        [soa] = self.ask(tld, tld, RdataType.SOA, dnssec=False).answer
        return int(soa[0].serial)

    def put(self, name: str, *numbers: int) -> None:
        domain = self.store.domain(name)
        assert domain is not None
        with self.store.transaction():
            self.store.replace_records(domain, tuple(map(some_ds, numbers)), "console", self.clock.time)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    (tmp_path / "world.toml").write_text(ZONES)
    with closing(Registry(read_world(tmp_path / "world.toml"), tmp_path)) as registry:
        yield registry


def of(kind: RdataType, sets: list[RRset]) -> list[str]:
    return [rrset.name.to_text() for rrset in sets if rrset.rdtype == kind]


def test_what_is_committed_is_published_and_nothing_before(registry: Registry):
    assert registry.ds("com", "example.com") == []
    domain = registry.store.domain("example.com")
    assert domain is not None
    with registry.store.transaction():
        registry.store.replace_records(domain, (some_ds(1), some_ds(2)), "console", registry.clock.time)
        assert registry.ds("com", "example.com") == []
    assert registry.ds("com", "example.com") == [1, 2]
    registry.put("example.com")
    assert registry.ds("com", "example.com") == []


def test_what_another_process_commits_is_published_too(registry: Registry, tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / STORE_FILE)) as other, other:
        other.execute("UPDATE domain SET statuses = '[\"serverHold\"]' WHERE name = 'example.com'")
    assert registry.ask("com", "example.com").rcode == dns.rcode.NXDOMAIN


def test_the_serial_number_grows_with_the_zone_s_own_changes_and_survives_a_start(registry: Registry, tmp_path: Path):
    com, org = registry.serial("com"), registry.serial("org")
    registry.put("example.com", 1)
    grown = registry.serial("com")
    assert grown > com
    assert registry.serial("org") == org
    with closing(Registry(read_world(tmp_path / "world.toml"), tmp_path)) as again:
        assert again.serial("com") == grown
        assert again.ds("com", "example.com") == [1]


def test_a_domain_that_is_held_is_not_in_the_dns(registry: Registry):
    registry.put("held.com", 1)
    assert registry.ask("com", "held.com").rcode == dns.rcode.NXDOMAIN
    registry.store.set_statuses("held.com", ())
    answer = registry.ask("com", "www.held.com")
    assert (answer.authoritative, of(RdataType.NS, answer.authority)) == (False, ["held.com."])
    assert registry.ds("com", "held.com") == [1]
    registry.store.set_statuses("held.com", ("serverHold",))
    assert registry.ask("com", "held.com").rcode == dns.rcode.NXDOMAIN


def test_a_domain_without_name_servers_has_its_ds_records_and_nothing_else(registry: Registry):
    assert registry.ask("com", "bare.com").rcode == dns.rcode.NXDOMAIN
    registry.put("bare.com", 7)
    assert registry.ds("com", "bare.com") == [7]
    answer = registry.ask("com", "bare.com")
    assert (answer.rcode, answer.authoritative, answer.answer) == (dns.rcode.NOERROR, True, [])
    assert registry.ask("com", "www.bare.com").rcode == dns.rcode.NXDOMAIN


def test_a_referral_is_signed_or_shows_that_there_is_nothing_to_sign(registry: Registry):
    insecure = registry.ask("org", "www.example.org").authority
    assert [rrset.rdtype for rrset in insecure] == [RdataType.NS, RdataType.NSEC, RdataType.RRSIG]
    assert sorted(types_of(insecure[1])) == ["NS", "NSEC", "RRSIG"]
    hashed = registry.ask("com", "www.example.com").authority
    assert [rrset.rdtype for rrset in hashed] == [RdataType.NS, RdataType.NSEC3, RdataType.RRSIG]
    assert types_of(hashed[1]) == ["NS"]
    registry.put("example.com", 1)
    secure = registry.ask("com", "www.example.com").authority
    assert [rrset.rdtype for rrset in secure] == [RdataType.NS, RdataType.DS, RdataType.RRSIG]
    assert of(RdataType.RRSIG, registry.ask("com", "www.example.com", dnssec=False).authority) == []


def test_a_name_below_a_delegation_is_not_the_parent_s_to_speak_of(registry: Registry):
    assert of(RdataType.NS, registry.ask("org", "hidden.example.org").authority) == ["example.org."]
    assert registry.ds("org", "hidden.example.org") == []
    before = registry.ask("org", "f.org").authority
    [covering] = [rrset for rrset in before if rrset.rdtype == RdataType.NSEC and rrset.name.to_text() != "org."]
    assert covering.name.to_text() == "example.org."


def test_a_name_that_is_there_for_others_below_it_has_no_records_and_is_not_absent(registry: Registry):
    empty = registry.ask("org", "below.org")
    assert empty.rcode == dns.rcode.NOERROR
    [proof] = [rrset for rrset in empty.authority if rrset.rdtype == RdataType.NSEC]
    assert proof[0].next.to_text() == "deep.below.org."
    assert of(RdataType.NS, registry.ask("org", "www.deep.below.org").authority) == ["deep.below.org."]


def test_the_registry_keeps_nic_and_its_tlds_to_itself(registry: Registry):
    assert registry.ask("com", "nic.com", RdataType.NS).authoritative
    assert registry.ask("com", "ns.nic.com").answer[0][0].address == "127.0.2.1"
    referral = registry.ask("se", "example.com.se")
    assert referral.authority[0].to_text() == "com.se. 60 IN NS ns.nic.com.se."
    assert of(RdataType.DS, referral.authority) == ["com.se."]
    assert referral.additional[0].to_text() == "ns.nic.com.se. 3600 IN A 127.0.2.7"


def test_a_question_for_everything_is_answered_with_one_set(registry: Registry):
    answer = registry.ask("com", "com", RdataType.ANY)
    assert [rrset.rdtype for rrset in answer.answer] == [RdataType.NS, RdataType.RRSIG]
    signatures = registry.ask("com", "com", RdataType.RRSIG)
    assert [rrset.rdtype for rrset in signatures.answer] == [RdataType.RRSIG]
    assert of(RdataType.NSEC, registry.ask("org", "org", RdataType.NSEC).answer) == ["org."]
    assert of(RdataType.NSEC3PARAM, registry.ask("com", "com", RdataType.NSEC3PARAM).answer) == ["com."]


def test_where_there_is_one_address_all_zones_are_served_at_it(tmp_path: Path):
    (tmp_path / "world.toml").write_text(ZONES)
    with closing(Registry(read_world(tmp_path / "world.toml"), tmp_path, apart=False)) as registry:
        assert list(registry.hierarchy.places) == ["127.0.0.1"]
        assert registry.ask("com", "ns.nic.com").answer[0][0].address == "127.0.0.1"
        assert "ns.root-servers. 3600 IN A 127.0.0.1" in (tmp_path / "root.hints").read_text()


def test_a_signature_is_renewed_long_before_it_expires(registry: Registry):
    def signature() -> RRset:
        return registry.ask("com", "com", RdataType.SOA).answer[1]

    first = signature()
    registry.clock.time += timedelta(hours=23)
    assert signature() is first
    registry.clock.time += timedelta(hours=1)
    renewed = signature()
    now = registry.clock.time.timestamp()
    assert (renewed[0].inception, renewed[0].expiration) == (int(now) - 3600, int(now) + 14 * 86400)
    # A clock that is set back must not serve what is signed in its future.
    registry.clock.time -= timedelta(days=30)
    assert signature()[0].inception == registry.clock.time.timestamp() - 3600


def small_zone(directory: Path, *, hashed: bool) -> Zone:
    origin, keys = dns.name.from_text("com"), ensure_keys(directory / "com.pem")
    own = [records(origin, 60, RdataType.NS, "ns.example."), key_records(origin, (keys.ksk, keys.zsk))]
    return Zone(origin, own, Signer(origin, (keys.ksk,), keys.zsk, Clock()), addresses={}, hashed=hashed)


def test_signatures_kept_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(zonekeys, "MOST_SIGNATURES", 10)
    zone = small_zone(tmp_path, hashed=False)
    for number in range(40):
        zone.delegate((b"com", b"d%d" % number), Delegation(("ns.example",), (some_ds(number),)))
        zone.answer(dns.name.from_text(f"d{number}.com"), RdataType.DS, dnssec=True)
    assert zone._signer is not None
    assert len(zone._signer._made) == 10


@pytest.mark.parametrize("hashed", [True, False])
def test_ten_thousand_delegations_begin_within_seconds_and_change_within_milliseconds(tmp_path: Path, hashed: bool):
    zone = small_zone(tmp_path, hashed=hashed)
    began = time.perf_counter()
    for number in range(10_000):
        zone.delegate((b"com", b"d%05d" % number), Delegation(("ns.example",), ()))
    assert zone.answer(dns.name.from_text("none.com"), RdataType.A, dnssec=True).rcode == dns.rcode.NXDOMAIN
    assert time.perf_counter() - began < 5
    began = time.perf_counter()
    for number in range(20):
        zone.delegate((b"com", b"d00077"), Delegation(("ns.example",), (some_ds(number),)))
        answer = zone.answer(dns.name.from_text("d00077.com"), RdataType.DS, dnssec=True)
        assert answer.answer[0][0].key_tag == number
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("broken", [b"", b"-----END PRIVATE KEY-----\n", b"nonsense"])
def test_a_file_that_holds_no_keys_is_named(tmp_path: Path, broken: bytes):
    (tmp_path / "com.pem").write_bytes(broken)
    with pytest.raises(ValueError, match=r"com\.pem does not hold the three keys"):
        ensure_keys(tmp_path / "com.pem")
