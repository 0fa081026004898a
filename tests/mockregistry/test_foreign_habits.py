"""Habits of independent EPP clients that this registry bears, and what it does not bear."""

import pytest

from domains.epp.framing import frame
from domains.epp.responses import parse_response
from tests.epp.vectors import DOMAIN, SECDNS
from tests.mockregistry.frames import CONTACT, command, domain_info, domain_update
from tests.mockregistry.peer import Peer

EMPTY = "<domain:authInfo><domain:pw/></domain:authInfo>"
DS = (
    "<secDNS:dsData><secDNS:keyTag>12345</secDNS:keyTag><secDNS:alg>13</secDNS:alg>"
    f"<secDNS:digestType>2</secDNS:digestType><secDNS:digest>{'AB' * 32}</secDNS:digest></secDNS:dsData>"
)


def contact_info(inner: str = "") -> str:
    return command(f"<info><contact:info {CONTACT}><contact:id>C000001R</contact:id>{inner}</contact:info></info>")


def secdns(inner: str) -> str:
    return f"<secDNS:update {SECDNS}>{inner}</secDNS:update>"


@pytest.mark.parametrize(("name", "told"), [("example.com", True), ("rival.com", False)])
def test_an_empty_authorization_information_counts_as_none(peer: Peer, name: str, told: bool):
    answer = peer.tell(domain_info(name, EMPTY))
    assert (parse_response(answer).code, b"<domain:authInfo>" in answer) == (1000, told)


def test_an_empty_authorization_information_of_a_contact_counts_as_none(peer: Peer):
    assert peer.say(contact_info("<contact:authInfo><contact:pw/></contact:authInfo>")).code == 1000


def test_a_contact_has_a_telephone_number_though_an_empty_one(peer: Peer):
    assert b"<contact:voice/><contact:email>" in peer.tell(contact_info())


def test_a_document_may_end_with_a_line_break_that_the_length_counts(peer: Peer):
    assert peer.say(domain_info("example.com") + "\r\n").code == 1000


def test_header_and_document_may_come_apart_and_in_pieces(peer: Peer):
    octets = frame(domain_info("example.com").encode())
    for piece in (octets[:2], octets[2:4], octets[4:8], octets[8:]):
        peer.socket.sendall(piece)
    assert parse_response(peer.hear()).code == 1000


@pytest.mark.parametrize(
    "body",
    [
        command('<poll op="req"/>').replace("<command>", "stray<command>"),
        command('<poll op="req"/>stray'),
        command(f"<info>stray<domain:info {DOMAIN}><domain:name>example.com</domain:name></domain:info></info>"),
        domain_info("example.com", "stray"),
        domain_update("example.com", extension=secdns(f"<secDNS:add>stray{DS}</secDNS:add>")),
        domain_update("example.com", extension=secdns(f"<secDNS:add>{DS}</secDNS:add>,")),
    ],
)
def test_text_between_elements_is_a_syntax_error_and_changes_nothing(peer: Peer, body: str):
    answer = peer.say(body)
    assert (answer.code, answer.cl_trid) == (2001, "ABC-12345")
    assert answer.reasons == ("Text stands between the elements of the command.",)
    assert peer.records("example.com") == ()


def test_an_extension_without_a_namespace_is_refused_by_name(peer: Peer):
    answer = peer.say(domain_update("example.com", extension="<x xmlns=''/>"))
    assert (answer.code, answer.reasons) == (
        2103,
        ("This server does not support the extension without a namespace here.",),
    )
