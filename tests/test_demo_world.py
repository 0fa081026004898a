"""The demo's world: it loads on both sides of the wire, holds real keys, and shows every interesting state."""

from pathlib import Path

import pytest
from django.core.management import call_command

from dnssec.keys import DnsKey
from domains.mockregistry.server import running
from domains.models import Domain, Person
from domains.world import World, read_world
from registrar.plan import ROOT

DEMO = ROOT / "domains" / "data" / "demo.toml"


@pytest.fixture(scope="module")
def world() -> World:
    return read_world(DEMO)


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
