"""The demo's world: it loads on both sides of the wire, holds real keys, and shows every interesting state."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from django.core.management import call_command

from dnssec.anchors import read_anchors, read_hints
from dnssec.checking import Start, check
from dnssec.keys import DnsKey
from dnssec.lookups import Resolution
from dnssec.models import DelegationSigner
from domains.mockregistry import childzones
from domains.mockregistry.server import running
from domains.mockregistry.store import Store
from domains.mockregistry.zonekeys import ensure_keys
from domains.models import Domain, Person
from domains.world import ZONE_STATES, World, read_world
from registrar.plan import ROOT
from tests.mockregistry.naming import serving

DEMO = ROOT / "domains" / "data" / "demo.toml"


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(DEMO)


@pytest.fixture(scope="module")
def served(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """The demo's zones, served; where a check begins."""
    patch = pytest.MonkeyPatch()
    patch.setattr(childzones, "SLOW", 0.02)
    with serving(world, tmp_path_factory.mktemp("registry")) as served:
        hints = read_hints(served.directory / "root.hints")
        anchors = read_anchors(served.directory / "trust-anchor")
        yield Start(Resolution(hints, served.dns_port, allow_private=True), anchors)
    patch.undo()


@pytest.fixture
def seeded(db: None) -> None:
    call_command("seed", world=DEMO, verbosity=0)


def test_the_console_loads_it_and_a_second_time_changes_nothing(db: None) -> None:
    call_command("seed", world=DEMO, verbosity=0)
    before = list(Domain.objects.values_list("name", "dnssec_status", "dnssec_keys").order_by("name"))
    call_command("seed", world=DEMO, verbosity=0)
    assert list(Domain.objects.values_list("name", "dnssec_status", "dnssec_keys").order_by("name")) == before
    assert len(before) >= 30
    assert Person.objects.filter(domains__isnull=False).distinct().count() == 3
    assert Person.objects.filter(groups__name="support").count() == 1
    assert Person.objects.filter(groups__name="administrators").count() == 1
    assert {status for _name, status, _keys in before} >= {"NOT_SUPPORTED", "NOT_CONFIGURED", "CONFIGURED"}


def test_the_registry_loads_it(world: World, tmp_path: Path) -> None:
    with running(world, tmp_path) as registry:
        assert registry.port > 0


def test_every_key_is_one_that_the_form_would_take(world: World) -> None:
    keys = [key for domain in world.domains for key in domain.keys]
    for key in keys:
        DnsKey(key.flags, 3, key.algorithm, key.public_key).check()
    assert {key.algorithm for key in keys} >= {8, 13, 15}
    assert {key.flags for key in keys} == {256, 257}


def test_no_domain_passes_its_limit_and_some_have_reached_it(world: World) -> None:
    limits = {tld.name: tld.max_keys for tld in world.tlds}
    counts = {domain.name: (len(domain.keys), limits[domain.tld]) for domain in world.domains}
    assert not [name for name, (count, limit) in counts.items() if count > limit]
    assert {name for name, (count, limit) in counts.items() if count == limit} == {
        "example-full.io",
        "example-full.se",
        "example-thirteen.com",
    }


def test_every_answer_and_obstacle_of_a_registry_occurs(world: World) -> None:
    decisions = {(domain.decide) for domain in world.domains if domain.answer == "pending"}
    assert decisions == {"accept", "reject", "silent"}
    statuses = {status for domain in world.domains for status in domain.statuses}
    assert statuses >= {"serverUpdateProhibited", "clientUpdateProhibited", "pendingDelete"}
    assert {registry.interface for registry in world.registries} == {"ds", "key"}
    assert {tld.name for tld in world.tlds if not tld.dnssec} == {"cz"}
    assert {tld.name for tld in world.tlds if tld.algorithms == (2,)} == {"au", "com.au"}
    assert [domain.name for domain in world.domains if domain.owner and domain.registrar == "other"] == [
        "example-moved.se"
    ]
    assert [domain.name for domain in world.domains if domain.owner is None] == [
        "example-elsewhere.com",
        "example-unclaimed.de",
    ]


@pytest.mark.usefixtures("seeded")
def test_everybody_signs_in_with_the_password_that_the_readme_tells() -> None:
    people = {person.email.partition("@")[0]: person for person in Person.objects.all()}
    assert set(people) == {"alice", "bob", "carol", "sam", "root"}
    assert all(person.check_password(f"{name}-registrar") for name, person in people.items())


@pytest.mark.usefixtures("seeded")
def test_both_sides_of_the_wire_hold_the_same_digests(world: World, tmp_path: Path) -> None:
    store = Store.open(tmp_path / "registry.sqlite3", world, datetime(2026, 11, 24, tzinfo=UTC))
    try:
        for domain in Domain.objects.prefetch_related("keys"):
            ours = {(key.key_tag, key.algorithm, key.ds["2"]) for key in domain.keys.all()}
            theirs = {(ds.key_tag, ds.algorithm, ds.digest.hex().upper()) for ds in store.ds(domain.name)}
            assert ours == theirs, domain.name
    finally:
        store.close()


def test_the_comment_above_each_key_tells_its_type_and_key_tag(world: World) -> None:
    told = re.findall(r"# ([KZ]SK) (\d+) of .+\n  \{ flags", DEMO.read_text(encoding="utf-8"))
    keys = [DnsKey(key.flags, 3, key.algorithm, key.public_key) for domain in world.domains for key in domain.keys]
    assert [(kind, int(tag)) for kind, tag in told] == [(key.key_type, key.key_tag) for key in keys]


@pytest.mark.usefixtures("seeded")
def test_a_rollover_a_pair_and_two_keys_of_one_tag_occur() -> None:
    def keys(name: str) -> list[tuple[int | None, int, int]]:
        rows = DelegationSigner.objects.filter(domain__name=name).order_by("id")
        return list(rows.values_list("flags", "algorithm", "key_tag"))

    assert keys("example-rollover.com") == [(257, 13, 40013), (257, 13, 13990)]
    assert keys("example.io") == [(257, 13, 23941), (256, 13, 42812)]
    assert keys("example-same-tag.com") == [(257, 15, 23391), (257, 15, 23391)]
    assert keys("example.com") == []


@pytest.mark.usefixtures("seeded")
def test_names_beyond_ascii_and_contacts_without_an_address_occur() -> None:
    beyond_ascii = {domain.unicode_name for domain in Domain.objects.all() if domain.is_idn}
    assert beyond_ascii == {"müller-example.com", "beispiel-köln.de"}
    assert [domain.name for domain in Domain.objects.filter(registrant__email="")] == ["example-no-mail.eu"]
    assert [domain.name for domain in Domain.objects.filter(registrant=None)] == ["example-no-registrant.de"]


def test_each_obstacle_and_each_late_decision_is_a_domain_of_its_own(world: World) -> None:
    def carrying(status: str) -> list[str]:
        return [domain.name for domain in world.domains if status in domain.statuses]

    assert carrying("serverUpdateProhibited") == ["example-registry-lock.com"]
    assert carrying("clientUpdateProhibited") == ["example-client-lock.net"]
    assert carrying("pendingDelete") == ["example-gone-soon.com"]
    assert {domain.name: domain.decide for domain in world.domains if domain.answer == "pending"} == {
        "example-slow-yes.com": "accept",
        "example-slow-yes.de": "accept",
        "example-slow-no.com": "reject",
        "example-slow-no.nl": "reject",
        "example-silent.com": "silent",
    }


def test_one_registration_is_about_to_end_and_one_has_ended(world: World) -> None:
    ends = {domain.name: domain.expires for domain in world.domains if domain.expires and domain.expires.year == 2026}
    assert ends == {"example-soon.net": date(2026, 11, 28), "example-gone-soon.com": date(2026, 10, 30)}


def test_name_servers_have_loopback_addresses_of_their_own(world: World) -> None:
    addresses = [server.address for domain in world.domains for server in domain.name_servers if server.address]
    assert len(addresses) == len(set(addresses))
    assert all(ip_address(address) in ip_network("127.0.3.0/24") for address in addresses)


def test_every_state_of_a_child_zone_occurs_and_alice_has_each(world: World) -> None:
    zones = {domain.zone_state for domain in world.domains if domain.owner == "alice@example.net"}
    assert zones - {None} == set(ZONE_STATES)
    assert [domain.name for domain in world.domains if domain.owner and not domain.zone_state] == [
        "example-same-tag.com",
        "example-hold.io",
        "example.nl",
        "example.se",
        "example.eu",
        "example-sha512.nl",
        "example-moved.se",
    ]


def test_the_keys_of_a_zone_with_a_seed_are_those_that_the_world_gives_the_domain(world: World, tmp_path: Path) -> None:
    for domain in world.domains:
        if domain.zone_seed:
            made = ensure_keys(tmp_path / f"{domain.name}.pem", domain.zone_seed)
            own = {key.public.key for key in (made.ksk, made.zsk, made.second_ksk)}
            assert domain.keys[0].public_key in own, domain.name


@pytest.mark.parametrize(
    ("name", "verdict", "causes"),
    [
        ("example.com", "insecure", ["D02"]),
        ("example.net", "secure", []),
        ("example.io", "secure", ["D07", "D14"]),
        ("example-rolling.com", "secure", []),
        ("example-rollover.com", "secure", ["D05"]),
        ("example-unsigned.net", "insecure", []),
        ("example-wrong-key.com", "insecure", ["D02"]),
        ("example-broken.com", "bogus", ["D07", "D12"]),
        ("example-expired.net", "bogus", ["D09"]),
        ("example-slow-server.com", "secure", []),
        ("example-same-tag.com", "indeterminate", ["D22"]),
    ],
)
def test_the_chains_of_alice_s_domains_are_what_their_names_promise(
    served: Start, name: str, verdict: str, causes: list[str]
) -> None:
    chain = check(name, start=served)
    assert (chain.verdict.value, sorted({finding.id for finding in chain.findings})) == (verdict, causes)
