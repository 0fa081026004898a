"""Updates of what a domain has beside its keys: statuses, name servers, contacts, registrant, authorization
information; alone, together, with keys, pending, and refused as a whole (RFC 5731, sections 2.3 and 3.2.5)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from domains.epp import xml
from domains.epp.secdns import SecDnsUpdate
from domains.mockregistry.server import running
from domains.world import NameServer, World
from tests.mockregistry.clock import Clock
from tests.mockregistry.frames import contact, domain_info, domain_update, servers, status
from tests.mockregistry.keys import some_ds
from tests.mockregistry.peer import Peer

ADD_DS = xml.write(SecDnsUpdate(add=(some_ds(1),)).to_xml()).decode().partition("?>")[2]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(world: World, tmp_path: Path, clock: Clock) -> Iterator[Peer]:
    """A connection that is logged in to a registry whose time is the clock's."""
    with running(world, tmp_path / "registry", now=clock) as registry, Peer(registry) as peer:
        yield peer.log_in()


def test_the_sponsor_sets_and_lifts_its_own_statuses(peer: Peer):
    assert peer.say(domain_update("example.com", add=status("clientTransferProhibited", "clientHold"))).code == 1000
    assert peer.info("example.com").statuses == ("clientTransferProhibited", "clientHold")
    assert peer.say(domain_update("example.com", rem=status("clientHold"))).code == 1000
    assert peer.info("example.com").statuses == ("clientTransferProhibited",)
    assert peer.say(domain_update("example.com", rem=status("clientTransferProhibited"))).code == 1000
    assert peer.info("example.com").statuses == ("ok",)


def test_a_status_may_come_with_a_text_that_is_not_kept(peer: Peer):
    body = domain_update("example.com", add='<domain:status s="clientHold" lang="en">Payment overdue.</domain:status>')
    assert peer.say(body).code == 1000
    assert peer.info("example.com").statuses == ("clientHold",)


def test_the_registrar_s_own_lock_stops_everything_but_its_removal(peer: Peer):
    assert peer.say(domain_update("example.com", add=status("clientUpdateProhibited"))).code == 1000
    for refused in (
        domain_update("example.com", extension=ADD_DS),
        domain_update("example.com", add=status("clientHold")),
        domain_update("example.com", add=status("clientUpdateProhibited")),
    ):
        answer = peer.say(refused)
        assert (answer.code, answer.reasons) == (2304, ("example.com has the status clientUpdateProhibited.",))
    assert peer.say(domain_update("example.com", rem=status("clientUpdateProhibited"))).code == 1000
    assert peer.update("example.com", add=(some_ds(1),)).code == 1000


def test_a_lock_is_lifted_and_a_key_added_in_one_command(peer: Peer):
    body = domain_update("client-locked.com", rem=status("clientUpdateProhibited"), extension=ADD_DS)
    assert peer.say(body).code == 1000
    assert peer.info("client-locked.com").statuses == ("ok",)
    assert peer.records("client-locked.com") == (some_ds(1),)


def test_the_registry_s_lock_stands_against_everything(peer: Peer):
    for body in (
        domain_update("locked.com", rem=status("serverUpdateProhibited")),
        domain_update("locked.com", rem=status("clientTransferProhibited")),
    ):
        assert peer.say(body).code == 2304
    assert peer.info("locked.com").statuses == ("serverUpdateProhibited", "clientTransferProhibited")


@pytest.mark.parametrize("name", ["serverHold", "serverUpdateProhibited", "pendingUpdate", "ok", "inactive"])
def test_statuses_of_the_registry_are_not_a_registrar_s_to_change(peer: Peer, name: str):
    for body in (domain_update("example.com", add=status(name)), domain_update("example.com", rem=status(name))):
        answer = peer.say(body)
        reason = f"The status {name} is given and taken by the registry alone."
        assert (answer.code, answer.reasons) == (2306, (reason,))
    assert peer.info("example.com").statuses == ("ok",)


def test_name_servers_are_changed_where_they_are_known_objects(peer: Peer):
    swap = domain_update("example.com", add=servers("ns3.example.net"), rem=servers("ns1.example.com"))
    assert peer.say(swap).code == 2303
    assert peer.say(swap.replace("ns3.example.net", "NS.example.org")).code == 1000
    assert peer.info("example.com").name_servers == ("ns2.example.net", "ns.example.org")


def test_contacts_and_registrant_are_changed_where_they_exist(peer: Peer):
    body = domain_update(
        "example.com",
        add=contact("tech", "C000002R"),
        rem=contact("tech", "C000001R"),
        chg="<domain:registrant>C000003R</domain:registrant>",
    )
    assert peer.say(body).code == 1000
    info = peer.info("example.com")
    assert info.contacts == (("admin", "C000001R"), ("tech", "C000002R"))
    assert info.registrant == "C000003R"
    for wrong, code in (
        (domain_update("example.com", add=contact("tech", "NOBODY")), 2303),
        (domain_update("example.com", chg="<domain:registrant>NOBODY</domain:registrant>"), 2303),
        (domain_update("example.com", chg="<domain:registrant/>"), 2306),
        (domain_update("example.com", add=contact("tech", "C000001R").replace(' type="tech"', "")), 2003),
        (domain_update("example.com", add=contact("owner", "C000001R")), 2001),
        (domain_update("example.com", add=contact("tech", "xx")), 2005),
    ):
        assert peer.say(wrong).code == code
    assert peer.info("example.com") == info


def test_the_authorization_information_is_changed_and_taken_away(peer: Peer):
    given = "<domain:authInfo><domain:pw>2BARfoo</domain:pw></domain:authInfo>"
    assert peer.say(domain_update("example.com", chg=given)).code == 1000
    assert b"<domain:pw>2BARfoo</domain:pw>" in peer.tell(domain_info("example.com"))
    assert peer.say(domain_update("example.com", chg="<domain:authInfo><domain:null/></domain:authInfo>")).code == 1000
    assert b"authInfo" not in peer.tell(domain_info("example.com"))
    other = "<domain:authInfo><domain:ext><x xmlns='urn:x'/></domain:ext></domain:authInfo>"
    assert peer.say(domain_update("example.com", chg=other)).code == 2102
    assert peer.say(domain_update("example.com", chg="<domain:authInfo/>")).code == 2001


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"add": servers("ns1.example.com")}, 2302),
        ({"rem": servers("ns9.example.com")}, 2303),
        ({"add": contact("admin", "C000001R")}, 2302),
        ({"rem": contact("billing", "C000001R")}, 2303),
        ({"add": status("clientHold", "clientHold")}, 2302),
        ({"rem": status("clientHold")}, 2303),
        (
            {"add": "<domain:ns><domain:hostAttr><domain:hostName>a.b</domain:hostName></domain:hostAttr></domain:ns>"},
            2102,
        ),
        ({"add": "<domain:ns/>"}, 2001),
        ({"add": status("locked")}, 2001),
        ({"add": "<domain:registrant>C000001R</domain:registrant>"}, 2001),
    ],
)
def test_what_is_wrong_in_one_part_undoes_all_of_it(peer: Peer, parts: dict[str, str], code: int):
    before = peer.info("example.com")
    whole = {"add": status("clientRenewProhibited"), "extension": ADD_DS} | parts
    if parts.get("add"):
        whole["chg"] = "<domain:registrant>C000002R</domain:registrant>"
    assert peer.say(domain_update("example.com", **whole)).code == code
    assert peer.info("example.com") == before


def test_a_key_that_is_refused_undoes_the_rest_of_the_command(peer: Peer):
    before = peer.info("example.org")
    wrong = xml.write(SecDnsUpdate(remove=(some_ds(9),)).to_xml()).decode().partition("?>")[2]
    assert peer.say(domain_update("example.org", add=status("clientHold"), extension=wrong)).code == 2303
    assert peer.info("example.org") == before


def test_at_most_13_name_servers(world: World, tmp_path: Path):
    names = [f"ns{number}.example.com" for number in range(1, 14)]
    other = replace(world.domains[1], name_servers=tuple(NameServer(name, None) for name in names))
    with running(replace(world, domains=(world.domains[0], other)), tmp_path) as registry, Peer(registry) as peer:
        peer.log_in()
        assert peer.say(domain_update("example.com", add=servers(*names[1:12]))).code == 1000
        assert len(peer.info("example.com").name_servers) == 13
        refused = peer.say(domain_update("example.com", add=servers(names[12])))
        assert (refused.code, refused.reasons) == (2308, ("A domain in .com may have at most 13 name servers.",))


def test_a_pending_update_of_everything_is_carried_out_at_its_decision(timed: Peer, clock: Clock):
    body = domain_update("slow.com", add=servers("ns1.example.com") + status("clientHold"), extension=ADD_DS)
    assert timed.say(body).code == 1001
    waiting = timed.info("slow.com")
    assert (waiting.statuses, waiting.name_servers) == (("pendingUpdate",), ())
    clock.time += timedelta(seconds=1)
    told = timed.poll()
    assert told.pending is not None
    assert told.pending.accepted
    after = timed.info("slow.com")
    assert (after.statuses, after.name_servers) == (("clientHold",), ("ns1.example.com",))
    assert timed.records("slow.com") == (some_ds(1),)


@pytest.mark.parametrize(
    ("name", "after"), [("locked-slow.com", ("ok",)), ("locked-no.com", ("clientUpdateProhibited",))]
)
def test_pending_update_never_stands_beside_the_lock_that_it_lifts(
    timed: Peer, clock: Clock, name: str, after: tuple[str, ...]
):
    assert timed.say(domain_update(name, rem=status("clientUpdateProhibited"))).code == 1001
    assert timed.info(name).statuses == ("pendingUpdate",)
    assert timed.say(domain_update(name, rem=status("clientUpdateProhibited"))).code == 2304
    clock.time += timedelta(seconds=10)
    assert timed.info(name).statuses == after


def test_a_domain_of_another_registrar_keeps_its_statuses(peer: Peer, connect: Callable[[], Peer]):
    assert peer.say(domain_update("rival.com", add=status("clientHold"))).code == 2201
    assert peer.info("rival.com").statuses == ("ok",)
