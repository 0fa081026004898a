"""Odd frames and odd connections: what is answered with 2001 and goes on, and what ends the connection."""

import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from domains.epp.client import client_context
from domains.epp.commands import CheckDomain, InfoDomain, UpdateDomain
from domains.epp.framing import frame
from domains.epp.responses import parse_response
from domains.epp.secdns import SecDnsUpdate
from domains.mockregistry.pki import ensure_pki
from domains.mockregistry.server import Limits, RunningRegistry, running
from domains.world import World
from tests.epp.vectors import DOMAIN, EPP
from tests.mockregistry.peer import Peer

Connect = Callable[[], Peer]
TR = "<clTRID>ABC-12345</clTRID>"


def command(inner: str, extension: str = "") -> str:
    return f"<epp {EPP}><command>{inner}{extension}{TR}</command></epp>"


def info(name: str = "example.com") -> str:
    return f"<info><domain:info {DOMAIN}><domain:name>{name}</domain:name></domain:info></info>"


def extension(inner: str) -> str:
    return f"<extension>{inner}</extension>"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("not xml", 2001),
        (f"<!DOCTYPE epp>{command(info())}", 2001),
        ('<!DOCTYPE epp [<!ENTITY n "example.com">]>' + command(info("&n;")), 2001),
        (f"<epp {EPP}/>", 2001),
        (f"<epp {EPP}><greeting/></epp>", 2001),
        (f"<epp {EPP}><command/></epp>", 2000),
        (f"<epp {EPP}><extension><x xmlns='urn:x'/></extension></epp>", 2103),
        (command("<frobnicate/>"), 2000),
        (command(f"<create><domain:create {DOMAIN}/></create>"), 2101),
        (command(f"<delete><domain:delete {DOMAIN}/></delete>"), 2101),
        (command(f"<renew><domain:renew {DOMAIN}/></renew>"), 2101),
        (command(f"<transfer op='request'><domain:transfer {DOMAIN}/></transfer>"), 2101),
        (command("<info/>"), 2001),
        (command(f"<info><domain:check {DOMAIN}/></info>"), 2001),
        (command(f"<info><domain:info {DOMAIN}/></info>"), 2001),
        (command("<info><o:info xmlns:o='urn:ietf:params:xml:ns:obj'><o:id>x</o:id></o:info></info>"), 2307),
        (command(info("")), 2005),
        (command(info("x" * 256)), 2005),
        (command(info(), extension("<x xmlns='urn:ietf:params:xml:ns:rgp-1.0'/>")), 2103),
        (command(info(), extension("<x xmlns='urn:ietf:params:xml:ns:secDNS-1.1'/>")), 2103),
        (command(info()).replace("ABC-12345", "x"), 2001),
        (command("<poll op='look'/>"), 2001),
        (command("<poll op='ack'/>"), 2003),
        (command("<poll op='req'><x/></poll>"), 2001),
        (
            command(f"<update><domain:update {DOMAIN}><domain:name>example.com</domain:name></domain:update></update>"),
            2003,
        ),
    ],
)
def test_a_wrong_frame_is_refused_and_the_session_goes_on(peer: Peer, body: str, code: int):
    answer = peer.say(body)
    assert (answer.code, len(answer.reasons)) == (code, 1)
    assert peer.info("example.com").name == "example.com"


def test_a_refusal_bears_the_transaction_id_whenever_it_can_be_read(peer: Peer):
    assert peer.say(command("<frobnicate/>")).cl_trid == "ABC-12345"
    assert peer.say("not xml").cl_trid is None


def test_reads_any_prefix_with_comments_and_schema_hints(peer: Peer):
    body = (
        '<e:epp xmlns:e="urn:ietf:params:xml:ns:epp-1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="urn:ietf:params:xml:ns:epp-1.0 epp-1.0.xsd">\r\n<!-- hello --><e:command><e:info>'
        '<d:info xmlns:d="urn:ietf:params:xml:ns:domain-1.0"><d:name hosts="all"> Example.COM </d:name></d:info>'
        "</e:info><e:clTRID>ABC-12345</e:clTRID></e:command></e:epp>\r\n<!-- the end -->\r\n"
    )
    answer = peer.say(body)
    assert answer.domain is not None
    assert (answer.code, answer.domain.name) == (1000, "example.com")


def test_check_tells_what_is_taken_and_why(peer: Peer):
    body = CheckDomain(("example.com", "free.com", "example.west", "com")).to_xml("ABC-12345")
    peer.socket.sendall(frame(body))
    answer = peer.hear()
    assert b'<domain:name avail="0">example.com</domain:name><domain:reason>In use</domain:reason>' in answer
    assert b'<domain:name avail="1">free.com</domain:name></domain:cd>' in answer
    assert answer.count(b"<domain:reason>No TLD of this server</domain:reason>") == 2


def test_pipelined_commands_are_answered_in_order(peer: Peer):
    names = [f"PIPE-{n:03}" for n in range(50)]
    peer.socket.sendall(b"".join(frame(InfoDomain("example.com").to_xml(name)) for name in names))
    assert [parse_response(peer.hear()).cl_trid for _ in names] == names


def test_a_frame_in_many_records_is_one_frame(peer: Peer):
    for octet in frame(InfoDomain("example.com").to_xml("ABC-12345")):
        peer.socket.sendall(bytes([octet]))
    assert parse_response(peer.hear()).code == 1000


def test_every_answer_comes_in_one_tls_record(peer: Peer):
    peer.socket.sendall(frame(InfoDomain("example.com").to_xml("ABC-12345")))
    octets = peer.socket.recv(65536)
    assert int.from_bytes(octets[:4]) == len(octets)


@pytest.mark.parametrize("header", [b"\0\0\0\0", b"\0\0\0\x04", b"\0\x01\0\x01", b"\xff\xff\xff\xff", b"GET "])
def test_an_absurd_length_ends_the_connection_without_a_word(connect: Connect, header: bytes):
    peer = connect()
    peer.socket.sendall(header)
    assert peer.is_closed()


def test_a_frame_of_64_kb_is_read(peer: Peer):
    body = InfoDomain("example.com").to_xml("ABC-12345").ljust(65536 - 4)
    assert peer.say(body).code == 1000


def test_a_frame_that_does_not_end_is_cut_off(world: World, tmp_path: Path):
    with running(world, tmp_path / "registry", limits=Limits(frame=0.05)) as registry, Peer(registry) as peer:
        peer.socket.sendall(b"\0\0\1\0<epp")
        assert peer.is_closed()


def test_a_silent_peer_is_cut_off_after_the_idle_limit(world: World, tmp_path: Path):
    with running(world, tmp_path / "registry", limits=Limits(idle=0.05)) as registry, Peer(registry) as peer:
        assert peer.is_closed()


def test_a_peer_that_starts_no_tls_is_cut_off(world: World, tmp_path: Path):
    with running(world, tmp_path / "registry", limits=Limits(handshake=0.05)) as registry:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", registry.port), 5) as plain:
            assert plain.recv(1) == b""
        assert time.monotonic() - began < 2


def first_octets(port: int, context: ssl.SSLContext) -> bytes:
    """What the server says first, nothing when it ends the connection in whatever way."""
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                return connection.recv(4)
        except OSError:
            return b""


def test_a_peer_without_a_certificate_of_the_registry_s_authority_gets_no_greeting(
    registry: RunningRegistry, tmp_path: Path
):
    pki, stranger = registry.pki, ensure_pki(tmp_path / "stranger")
    assert first_octets(registry.port, client_context(ca=pki.ca, cert=None, key=None)) == b""
    strange = client_context(ca=pki.ca, cert=stranger.client_cert, key=stranger.client_key)
    assert first_octets(registry.port, strange) == b""
    known = client_context(ca=pki.ca, cert=pki.client_cert, key=pki.client_key)
    assert len(first_octets(registry.port, known)) == 4


def test_tls_1_2_is_served_too(registry: RunningRegistry):
    with Peer(registry, tls_1_2=True) as peer:
        assert peer.socket.version() == "TLSv1.2"
        peer.log_in()


def test_an_update_with_empty_domain_parts_is_taken_for_its_extension(peer: Peer):
    body = UpdateDomain("example.com", SecDnsUpdate(remove_all=True)).to_xml("ABC-12345").decode()
    empty = "<domain:add/><domain:rem/><domain:chg/></domain:update>"
    assert peer.say(body.replace("</domain:update>", empty)).code == 1000
