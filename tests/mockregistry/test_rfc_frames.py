"""The command frames of the RFCs' examples, and what this registry answers to each. The frames are written here from
the facts that the examples show; where the RFCs' own lie beside the checkout, they must be the same."""

import base64
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import etree

from domains.epp.commands import PollAcknowledge, PollRequest, UpdateDomain
from domains.epp.secdns import DsData, KeyData, Record, SecDnsUpdate
from domains.mockregistry.server import STORE_FILE, RunningRegistry
from domains.mockregistry.store import Store
from domains.world import World
from tests.epp.vectors import DOMAIN, EXAMPLES, SECDNS
from tests.mockregistry.frames import command, contact, domain_update, servers, status
from tests.mockregistry.peer import Peer

NOW = datetime(2030, 1, 1, tzinfo=UTC)
OLD = DsData(12345, 3, 1, bytes.fromhex("38EC35D5B3A34B33C99B"))
NEW = DsData(12346, 3, 1, bytes.fromhex("38EC35D5B3A34B44C39B"))
OLD_KEY = KeyData(257, 3, 1, base64.b64decode("AQPJ////4QQQ"))
NEW_KEY = KeyData(257, 3, 1, base64.b64decode("AQPJ////4Q=="))
URGENT_ALL = SecDnsUpdate(remove_all=True, urgent=True)


def update(change: SecDnsUpdate) -> bytes:
    return UpdateDomain("example.com", change).to_xml("ABC-12345")


def create(records: str) -> str:
    return command(
        f"<create><domain:create {DOMAIN}><domain:name>example.com</domain:name>"
        '<domain:period unit="y">2</domain:period><domain:ns><domain:hostObj>ns1.example.com</domain:hostObj>'
        "<domain:hostObj>ns2.example.com</domain:hostObj></domain:ns><domain:registrant>jd1234</domain:registrant>"
        '<domain:contact type="admin">sh8013</domain:contact><domain:contact type="tech">sh8013</domain:contact>'
        "<domain:authInfo><domain:pw>2fooBAR</domain:pw></domain:authInfo></domain:create></create>",
        f"<secDNS:create {SECDNS}>{records}</secDNS:create>",
    )


# The name of the example; the frame; what example.com holds before; the code.
UPDATES: list[tuple[str, bytes, Record, int]] = [
    ("5.2.5a-update-rem-add-ds", update(SecDnsUpdate(remove=(OLD,), add=(NEW,))), OLD, 2306),
    ("5.2.5b-update-maxsiglife", update(SecDnsUpdate(max_sig_life=605900)), OLD, 2102),
    (
        "5.2.5c-update-rem-add-key-maxsiglife",
        update(SecDnsUpdate(remove=(OLD_KEY,), add=(NEW_KEY,), max_sig_life=605900)),
        OLD,
        2102,
    ),
    ("5.2.5d-update-rem-ds", update(SecDnsUpdate(remove=(NEW,))), OLD, 2303),
    ("5.2.5e-update-urgent-rem-all", update(URGENT_ALL), OLD, 2102),
    (
        "5.2.5e-as-printed-before-erratum-2597",
        update(URGENT_ALL).replace(b"secDNS-1.1", b"secDNS-1.0"),
        OLD,
        2103,
    ),
    ("5.2.5f-update-urgent-replace-all-ds", update(SecDnsUpdate(remove_all=True, add=(NEW,), urgent=True)), OLD, 2102),
]
RFC_5731_UPDATE = domain_update(
    "example.com",
    add=servers("ns2.example.com")
    + contact("tech", "mak21")
    + '<domain:status s="clientHold" lang="en">Payment overdue.</domain:status>',
    rem=servers("ns1.example.com") + contact("tech", "sh8013") + status("clientUpdateProhibited"),
    chg="<domain:registrant>sh8013</domain:registrant>"
    "<domain:authInfo><domain:pw>2BARfoo</domain:pw></domain:authInfo>",
)


def shape(element: etree._Element) -> tuple[object, ...]:
    """What an element says, without prefixes and layout."""
    return element.tag, dict(element.attrib), (element.text or "").strip(), [shape(child) for child in element]


def assert_as_printed(name: str, frame: bytes | str) -> None:
    path = EXAMPLES / f"{name}.xml"
    if path.exists():
        assert shape(etree.fromstring(frame)) == shape(etree.fromstring(path.read_bytes()))


@pytest.fixture
def store(registry: RunningRegistry, world: World) -> Iterator[Store]:
    """The store of the running registry, as its staff may reach into it."""
    with closing(Store.open(registry.directory / STORE_FILE, world, NOW)) as store:
        yield store


def hold(store: Store, name: str, *records: Record) -> None:
    domain = store.domain(name)
    assert domain is not None
    with store.transaction():
        store.replace_records(domain, records, "console", NOW)


@pytest.mark.parametrize(("name", "frame", "held", "code"), UPDATES, ids=[update[0] for update in UPDATES])
def test_an_update_of_rfc_5910_has_its_expected_end_and_a_refusal_changes_nothing(
    peer: Peer, store: Store, name: str, frame: bytes, held: Record, code: int
):
    assert_as_printed(f"rfc5910-{name}", frame)
    hold(store, "example.com", held)
    answer = peer.say(frame)
    assert (answer.code, answer.cl_trid) == (code, "ABC-12345")
    assert peer.records("example.com") == (held,)


def test_a_removal_of_rfc_5910_by_its_four_fields_is_carried_out(peer: Peer, store: Store):
    hold(store, "example.com", OLD, NEW)
    assert peer.say(update(SecDnsUpdate(remove=(NEW,)))).code == 1000
    assert peer.records("example.com") == (OLD,)


def test_ds_data_of_rfc_5910_is_refused_by_a_registry_of_keys_and_keys_by_one_of_ds_data(peer: Peer, store: Store):
    hold(store, "example.nl", OLD_KEY)
    for change in (SecDnsUpdate(remove=(OLD,), add=(NEW,)), SecDnsUpdate(remove=(OLD,))):
        assert peer.say(update(change).replace(b"example.com", b"example.nl")).code == 2306
    assert peer.records("example.nl") == (OLD_KEY,)
    assert peer.say(update(SecDnsUpdate(remove=(OLD_KEY,)))).code == 2306
    swap = update(SecDnsUpdate(remove=(OLD_KEY,), add=(NEW_KEY,))).replace(b"example.com", b"example.nl")
    assert peer.say(swap).code == 2306
    assert peer.records("example.nl") == (OLD_KEY,)


@pytest.mark.parametrize("name", ["a-create-ds", "b-create-ds-with-key", "c-create-key"])
def test_a_create_of_rfc_5910_is_not_carried_out(peer: Peer, name: str):
    path = EXAMPLES / f"rfc5910-5.2.1{name}.xml"
    frame = path.read_bytes() if path.exists() else create("<secDNS:maxSigLife>604800</secDNS:maxSigLife>")
    assert peer.say(frame).code == 2101


def test_the_update_of_rfc_5731_needs_its_hosts_and_contacts_and_is_then_carried_out(peer: Peer, store: Store):
    assert_as_printed("rfc5731-3.2.5-update", RFC_5731_UPDATE)
    before = peer.info("example.com")
    assert peer.say(RFC_5731_UPDATE).code == 2303
    assert peer.info("example.com") == before
    with store.transaction():
        run = store._connection.execute
        for number, contact_id in enumerate(("sh8013", "mak21")):
            run("INSERT INTO contact VALUES (?, ?, 'console', ?, 'N', NULL, 'n@example.net')",
                (contact_id, f"X{number}-MOCK", NOW.isoformat()))  # fmt: skip
        run("INSERT INTO host VALUES ('ns2.example.com', 'X2-MOCK', 'console', ?, '[]', 'example.com')",
            (NOW.isoformat(),))  # fmt: skip
        run("UPDATE domain SET statuses = '[\"clientUpdateProhibited\"]' WHERE name = 'example.com'")
        run("UPDATE domain SET contacts = '[[\"tech\", \"sh8013\"]]' WHERE name = 'example.com'")
    assert peer.say(RFC_5731_UPDATE).code == 1000
    after = peer.info("example.com")
    assert (after.registrant, after.contacts, after.statuses) == ("sh8013", (("tech", "mak21"),), ("clientHold",))
    assert after.name_servers == ("ns2.example.net", "ns2.example.com")


def test_poll_frames_of_rfc_5730_meet_an_empty_queue(peer: Peer):
    request, acknowledge = PollRequest().to_xml("ABC-12345"), PollAcknowledge("12345").to_xml("ABC-12346")
    assert_as_printed("rfc5730-2.9.2.3a-poll-req", request)
    assert_as_printed("rfc5730-2.9.2.3b-poll-ack", acknowledge)
    assert peer.say(request).code == 1300
    assert peer.say(acknowledge).code == 2303


def test_the_hello_of_rfc_5730_is_greeted(connect: Callable[[], Peer]):
    path: Path = EXAMPLES / "rfc5730-2.3-hello.xml"
    frame = path.read_bytes() if path.exists() else b'<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><hello/></epp>'
    assert etree.fromstring(connect().tell(frame))[0].tag == "{urn:ietf:params:xml:ns:epp-1.0}greeting"
