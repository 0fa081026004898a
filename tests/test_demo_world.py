"""The demo's world: it loads on both sides of the wire, holds real keys, and shows every interesting state."""

import re
from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from django.core.management import call_command

from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner
from domains.mockregistry.server import running
from domains.mockregistry.store import Store
from domains.models import Domain, Person
from domains.world import World, read_world
from registrar.plan import ROOT

DEMO = ROOT / "domains" / "data" / "demo.toml"


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(DEMO)


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

    assert keys("example-rollover.com") == [(257, 8, 59407), (257, 13, 22643)]
    assert keys("example.io") == [(257, 13, 32674), (256, 13, 54074)]
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


def test_every_state_of_a_child_zone_occurs(world: World) -> None:
    zones = [(domain.zone_state, domain.name) for domain in world.domains if domain.zone_state]
    assert zones == [
        ("healthy", "example.com"),
        ("healthy", "example.de"),
        ("unsigned", "example-unsigned.com"),
        ("bogus", "example-broken.net"),
        ("expired", "example-expired.com"),
        ("rollover", "example-rolling.se"),
        ("slow", "example-slow-zone.com"),
    ]
