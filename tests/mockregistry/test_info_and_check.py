"""What info and check tell of domains and of the hosts and contacts they name (RFC 5731 to RFC 5733, section 3.1)."""

from collections.abc import Callable

import pytest
from lxml import etree

from domains.mockregistry.server import RunningRegistry, running
from domains.world import read_world
from tests.epp.vectors import DOMAIN
from tests.mockregistry.frames import CONTACT, HOST, command, domain_info, domain_update
from tests.mockregistry.peer import Peer

AUTH = "<domain:authInfo><domain:pw>{}</domain:pw></domain:authInfo>"


def texts(frame: bytes, name: str) -> list[str]:
    """The texts of the elements of this name, whatever their namespace."""
    return [element.text or "" for element in etree.fromstring(frame).iter(f"{{*}}{name}")]


def ask_host(verb: str, *names: str) -> str:
    inner = "".join(f"<host:name>{name}</host:name>" for name in names)
    return command(f"<{verb}><host:{verb} {HOST}>{inner}</host:{verb}></{verb}>")


def ask_contact(verb: str, *ids: str, inner: str = "") -> str:
    inner = "".join(f"<contact:id>{identity}</contact:id>" for identity in ids) + inner
    return command(f"<{verb}><contact:{verb} {CONTACT}>{inner}</contact:{verb}></{verb}>")


@pytest.mark.parametrize(
    ("hosts", "objects", "below"),
    [
        ("all", ["ns1.example.com", "ns2.example.net"], ["ns1.example.com"]),
        ("del", ["ns1.example.com", "ns2.example.net"], []),
        ("sub", [], ["ns1.example.com"]),
        ("none", [], []),
    ],
)
def test_info_tells_the_name_servers_that_were_asked_for(peer: Peer, hosts: str, objects: list[str], below: list[str]):
    answer = peer.tell(domain_info("example.com", hosts=hosts))
    assert (texts(answer, "hostObj"), texts(answer, "host")) == (objects, below)


def test_another_word_for_hosts_is_a_syntax_error(peer: Peer):
    assert peer.say(domain_info("example.com", hosts="some")).code == 2001


def test_authorization_information_is_for_the_sponsor_and_for_who_gives_it(connect: Callable[[], Peer]):
    rival, console = connect().log_in("westerly", "other-words"), connect().log_in()
    assert console.say(domain_update("example.com", chg=AUTH.format("2BARfoo"))).code == 1000
    assert texts(console.tell(domain_info("example.com")), "pw") == ["2BARfoo"]
    assert texts(console.tell(domain_info("rival.com")), "pw") == []
    assert console.say(domain_info("rival.com", AUTH.format("2BARfoo"))).code == 2202
    assert console.say(domain_info("example.com", AUTH.format("wrong"))).code == 2202
    assert texts(console.tell(domain_info("example.com", AUTH.format("2BARfoo"))), "pw") == ["2BARfoo"]
    assert rival.say(domain_info("rival.com")).code == 2303


def test_every_host_and_contact_that_a_domain_names_can_be_asked_for(peer: Peer):
    info = peer.info("example.com")
    for host in info.name_servers:
        answer = peer.tell(ask_host("info", host))
        assert (texts(answer, "name"), texts(answer, "clID")) == ([host], ["console"])
        assert [found.get("s") for found in etree.fromstring(answer).iter("{*}status")] == ["ok", "linked"]
    for identity in {info.registrant, *(identity for _, identity in info.contacts)}:
        answer = peer.tell(ask_contact("info", str(identity)))
        assert (texts(answer, "id"), texts(answer, "clID")) == ([identity], ["console"])


def test_a_contact_is_told_as_the_world_names_it(tmp_path):  # type: ignore[no-untyped-def]
    path = tmp_path / "world.toml"
    path.write_text("""
registry = [{ name = "north", interface = "ds", registrar_id = "console", password = "open-sesame" }]
tld = [{ name = "com", registry = "north" }]
[[domain]]
name = "example.com"
registrant = { name = "Alice\\u0007 A", email = "alice@example.net", organization = "Example" }
tech = { name = "Tess" }
nameservers = ["ns1.example.com 192.0.2.1", "ns1.example.com 2001:db8::1"]
""")
    with running(read_world(path), tmp_path / "registry") as registry, Peer(registry) as peer:
        peer.log_in()
        alice, tess = peer.tell(ask_contact("info", "C000001R")), peer.tell(ask_contact("info", "C000001T"))
        host = peer.tell(ask_host("info", "ns1.example.com"))
    assert (texts(alice, "name"), texts(alice, "org"), texts(alice, "email")) == (
        ["Alice A"],
        ["Example"],
        ["alice@example.net"],
    )
    assert (texts(tess, "name"), texts(tess, "email")) == (["Tess"], ["hostmaster@example.com"])
    addresses = [(found.get("ip"), found.text) for found in etree.fromstring(host).iter("{*}addr")]
    assert addresses == [("v4", "192.0.2.1"), ("v6", "2001:db8::1")]


def test_a_host_that_no_domain_names_any_more_is_not_linked(peer: Peer):
    rem = "<domain:ns><domain:hostObj>ns1.example.com</domain:hostObj></domain:ns>"
    peer.say(domain_update("example.com", rem=rem))
    answer = etree.fromstring(peer.tell(ask_host("info", "ns1.example.com")))
    assert [found.get("s") for found in answer.iter("{*}status")] == ["ok"]


def test_contacts_are_told_to_their_sponsor_alone(peer: Peer):
    identity = peer.info("rival.com").registrant
    assert peer.say(ask_contact("info", str(identity))).code == 2201
    given = "<contact:authInfo><contact:pw>guess</contact:pw></contact:authInfo>"
    assert peer.say(ask_contact("info", "C000001R", inner=given)).code == 2202


def test_check_tells_which_hosts_and_contacts_are_there(peer: Peer):
    hosts = etree.fromstring(peer.tell(ask_host("check", "ns1.example.com", "ns9.example.com")))
    assert [(found.text, found.get("avail")) for found in hosts.iter("{*}name")] == [
        ("ns1.example.com", "0"),
        ("ns9.example.com", "1"),
    ]
    contacts = etree.fromstring(peer.tell(ask_contact("check", "C000001R", "NOBODY")))
    assert [(found.text, found.get("avail")) for found in contacts.iter("{*}id")] == [
        ("C000001R", "0"),
        ("NOBODY", "1"),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (ask_host("info", "ns9.example.com"), 2303),
        (ask_host("info", ""), 2005),
        (ask_host("info"), 2001),
        (ask_host("check"), 2001),
        (ask_contact("info", "NOBODY"), 2303),
        (ask_contact("info", "xx"), 2005),
        (ask_contact("check"), 2001),
        (ask_host("update", "ns1.example.com"), 2101),
        (ask_contact("update", "C000001R"), 2101),
        (command(f"<create><host:create {HOST}><host:name>ns1.a.com</host:name></host:create></create>"), 2101),
        (
            command(f"<delete><contact:delete {CONTACT}><contact:id>C000001R</contact:id></contact:delete></delete>"),
            2101,
        ),
        (command(f"<info><host:info {DOMAIN.replace('domain', 'host')}/></info>"), 2001),
    ],
)
def test_what_hosts_and_contacts_do_not_offer_is_refused(peer: Peer, body: str, code: int):
    assert peer.say(body).code == code


def test_names_that_cannot_be_registered_are_not_free(peer: Peer):
    names = ("free.com", "-free.com", "a.b.com", "fr ee.com", "fr\u00e9e.com", "x" * 64 + ".com", "free.unknown")
    inner = "".join(f"<domain:name>{name}</domain:name>" for name in names)
    answer = etree.fromstring(peer.tell(command(f"<check><domain:check {DOMAIN}>{inner}</domain:check></check>")))
    assert [found.get("avail") for found in answer.iter("{*}name")] == ["1", "0", "0", "0", "0", "0", "0"]
    assert len(list(answer.iter("{*}reason"))) == 6


def test_an_authorization_information_that_was_taken_away_is_nobody_s(peer: Peer, registry: RunningRegistry):
    peer.say(domain_update("example.com", chg="<domain:authInfo><domain:null/></domain:authInfo>"))
    answer = peer.tell(domain_info("example.com", AUTH.format("")))
    assert (texts(answer, "msg"), texts(answer, "pw")) == (["Command completed successfully"], [])
