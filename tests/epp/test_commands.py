"""Commands as XML: the values of the RFCs' examples stand where the RFCs put them, and every frame is valid."""

import base64
from datetime import UTC, datetime

import pytest
from lxml import etree

from domains.epp.commands import (
    CheckDomain,
    Command,
    Hello,
    InfoDomain,
    Login,
    Logout,
    PollAcknowledge,
    PollRequest,
    UpdateDomain,
)
from domains.epp.errors import ServiceMissing
from domains.epp.responses import Greeting
from domains.epp.secdns import DsData, KeyData, SecDnsUpdate
from domains.epp.xml import CHANGE_POLL, LOGIN_SECURITY, SECDNS
from tests.epp.vectors import assert_valid

KEY = KeyData(257, 3, 1, base64.b64decode("AQPJ////4Q=="))
DS = DsData(12346, 3, 1, bytes.fromhex("38EC35D5B3A34B44C39B"))
EVERY_COMMAND: list[Command] = [
    Login("ClientX", "foo-BAR2"),
    Login("ClientX", "foo-BAR2", "bar-FOO2", extension_uris=()),
    Login("ClientX", "x" * 17, "y" * 40, extension_uris=(SECDNS, LOGIN_SECURITY)),
    Logout(),
    CheckDomain(("example.com", "example.net")),
    InfoDomain("example.com"),
    UpdateDomain("example.com", None),
    UpdateDomain("example.com", SecDnsUpdate(add=(DS,))),
    UpdateDomain("example.com", SecDnsUpdate(remove=(KEY,), add=(KEY, KEY), max_sig_life=605900)),
    UpdateDomain("example.com", SecDnsUpdate(remove_all=True, urgent=True)),
    PollRequest(),
    PollAcknowledge("12345"),
]


def texts(frame: bytes) -> list[tuple[str, str]]:
    return [
        (etree.QName(element).localname, element.text or "")
        for element in etree.fromstring(frame).iter("{*}*")
        if element.text
    ]


@pytest.mark.parametrize("command", EVERY_COMMAND, ids=lambda command: type(command).__name__)
def test_every_command_is_valid_and_carries_its_transaction_id(command: Command):
    frame = command.to_xml("ABC-12345")
    assert_valid(frame)
    assert texts(frame)[-1] == ("clTRID", "ABC-12345")


def test_hello_is_valid_and_has_no_transaction_id():
    assert_valid(Hello().to_xml())
    assert texts(Hello().to_xml()) == []


@pytest.mark.parametrize("cl_trid", ["", "ab", "x" * 65])
def test_refuses_a_transaction_id_of_the_wrong_length(cl_trid: str):
    with pytest.raises(ValueError, match="3 to 64"):
        Logout().to_xml(cl_trid)


def test_login_says_what_rfc_5730_section_2_9_1_1_shows():
    login = Login("ClientX", "foo-BAR2", "bar-FOO2", object_uris=("urn:ietf:params:xml:ns:obj1",), extension_uris=())
    assert texts(login.to_xml("ABC-12345")) == [
        ("clID", "ClientX"),
        ("pw", "foo-BAR2"),
        ("newPW", "bar-FOO2"),
        ("version", "1.0"),
        ("lang", "en"),
        ("objURI", "urn:ietf:params:xml:ns:obj1"),
        ("clTRID", "ABC-12345"),
    ]


def test_only_a_password_longer_than_16_travels_in_the_login_security_extension():
    login = Login("ClientX", "x" * 17, "y" * 16, extension_uris=(LOGIN_SECURITY,))
    assert texts(login.to_xml("ABC-12345")) == [
        ("clID", "ClientX"),
        ("pw", "[LOGIN-SECURITY]"),
        ("newPW", "y" * 16),
        ("version", "1.0"),
        ("lang", "en"),
        ("objURI", "urn:ietf:params:xml:ns:domain-1.0"),
        ("extURI", LOGIN_SECURITY),
        ("pw", "x" * 17),
        ("clTRID", "ABC-12345"),
    ]


def greeting(**fields: tuple[str, ...]) -> Greeting:
    offered = {
        "versions": ("1.0",),
        "languages": ("en", "fr"),
        "object_uris": ("urn:ietf:params:xml:ns:domain-1.0", "urn:ietf:params:xml:ns:host-1.0"),
        "extension_uris": (SECDNS, "urn:ietf:params:xml:ns:rgp-1.0"),
    } | fields
    return Greeting("Example", datetime(2000, 6, 8, tzinfo=UTC), **offered)


def test_a_login_that_answers_a_greeting_announces_only_what_is_offered_and_used():
    login = Login.answering(greeting(), "ClientX", "foo-BAR2")
    assert login.object_uris == ("urn:ietf:params:xml:ns:domain-1.0",)
    assert login.extension_uris == (SECDNS,)
    assert Login.answering(greeting(extension_uris=()), "ClientX", "foo-BAR2").extension_uris == ()
    everything = greeting(extension_uris=("urn:x", CHANGE_POLL, LOGIN_SECURITY, SECDNS))
    announced = Login.answering(everything, "ClientX", "foo-BAR2").extension_uris
    assert announced == (SECDNS, LOGIN_SECURITY, CHANGE_POLL)


@pytest.mark.parametrize("lack", [{"versions": ("2.0",)}, {"languages": ("fr",)}, {"object_uris": ("urn:x",)}])
def test_does_not_log_in_where_a_needed_service_is_missing(lack: dict[str, tuple[str, ...]]):
    with pytest.raises(ServiceMissing, match="does not offer"):
        Login.answering(greeting(**lack), "ClientX", "foo-BAR2")


def test_an_update_removes_first_and_then_adds_as_in_rfc_5910_section_5_2_5():
    old = DsData(12345, 3, 1, bytes.fromhex("38EC35D5B3A34B33C99B"))
    frame = UpdateDomain("example.com", SecDnsUpdate(remove=(old,), add=(DS,))).to_xml("ABC-12345")
    assert texts(frame) == [
        ("name", "example.com"),
        ("keyTag", "12345"),
        ("alg", "3"),
        ("digestType", "1"),
        ("digest", "38EC35D5B3A34B33C99B"),
        ("keyTag", "12346"),
        ("alg", "3"),
        ("digestType", "1"),
        ("digest", "38EC35D5B3A34B44C39B"),
        ("clTRID", "ABC-12345"),
    ]
    rem, add = etree.fromstring(frame).iter(f"{{{SECDNS}}}rem", f"{{{SECDNS}}}add")
    assert (etree.QName(rem).localname, etree.QName(add).localname) == ("rem", "add")


def test_a_character_that_xml_forbids_is_refused():
    with pytest.raises(ValueError, match="XML"):
        InfoDomain("exa\0mple.com").to_xml("ABC-12345")
