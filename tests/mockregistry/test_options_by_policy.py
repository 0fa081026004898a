"""The options of RFC 5910 that a TLD may support: urgent and maxSigLife. The world's TLDs support neither, so the
flows are asked by themselves under policies that do."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domains.epp import xml
from domains.epp.commands import InfoDomain, UpdateDomain
from domains.epp.responses import DomainInfo, parse_response
from domains.epp.secdns import SecDnsUpdate
from domains.epp.xml import SECDNS
from domains.mockregistry import answers, flows, refusals, requests
from domains.mockregistry.occasions import Account, Occasion
from domains.mockregistry.server import STORE_FILE
from domains.mockregistry.store import Store
from domains.world import World
from tests.epp.vectors import assert_valid
from tests.mockregistry.keys import some_ds

NOW = datetime(2030, 1, 1, tzinfo=UTC)
OCCASION = Occasion(Account("console", frozenset({"north", "south"}), (SECDNS,)), NOW, "ABC-12345", "MOCK-1")
Update = Callable[..., int]


@pytest.fixture
def store(world: World, tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(tmp_path / STORE_FILE, world, NOW)) as store:
        store.policies()["com"] = replace(store.policies()["com"], urgent=True, max_sig_life=True)
        yield store


@pytest.fixture
def update(store: Store) -> Update:
    def update(change: SecDnsUpdate, name: str = "example.com") -> int:
        request = requests.read(xml.parse(UpdateDomain(name, change).to_xml("ABC-12345")))
        with store.transaction():
            return int(flows.update(store, OCCASION, request).code)

    return update


def info(store: Store) -> DomainInfo:
    request = requests.read(xml.parse(InfoDomain("example.com").to_xml("ABC-12345")))
    octets = answers.response(flows.info(store, OCCASION, request), "ABC-12345", "MOCK-1")
    assert_valid(octets)
    domain = parse_response(octets).domain
    assert domain is not None
    return domain


def max_sig_life(store: Store) -> int | None:
    held = info(store).secdns
    return None if held is None else held.max_sig_life


def test_a_signature_life_is_set_with_a_record_changed_by_itself_and_told(store: Store, update: Update):
    assert update(SecDnsUpdate(add=(some_ds(1),), max_sig_life=604800)) == 1000
    assert max_sig_life(store) == 604800
    assert update(SecDnsUpdate(max_sig_life=605900)) == 1000
    assert (max_sig_life(store), store.ds("example.com")) == (605900, (some_ds(1),))
    assert update(SecDnsUpdate(add=(some_ds(2),))) == 1000
    assert max_sig_life(store) == 605900


def test_a_signature_life_goes_with_the_last_record(store: Store, update: Update):
    update(SecDnsUpdate(add=(some_ds(1),), max_sig_life=604800))
    update(SecDnsUpdate(remove_all=True))
    assert info(store).secdns is None
    update(SecDnsUpdate(add=(some_ds(1),)))
    assert max_sig_life(store) is None


def test_an_urgent_update_is_carried_out(store: Store, update: Update):
    update(SecDnsUpdate(add=(some_ds(1),)))
    assert update(SecDnsUpdate(remove_all=True, add=(some_ds(2),), urgent=True)) == 1000
    assert store.ds("example.com") == (some_ds(2),)


def test_an_urgent_update_of_what_is_decided_later_is_not_possible(store: Store, update: Update):
    with pytest.raises(refusals.UrgentNotPossible):
        update(SecDnsUpdate(add=(some_ds(1),), urgent=True), "never.com")
    assert store.domain("never.com") is not None
    assert store.next_due() is None
