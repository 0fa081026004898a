"""Frames that want to hurt: declarations, entities, depth, width, sheer size, and many at once. Each is answered,
quickly and in order, and the session goes on."""

import time

import pytest

from domains.epp.commands import InfoDomain
from domains.epp.framing import frame
from domains.epp.responses import parse_response
from tests.epp.vectors import DOMAIN, EPP
from tests.mockregistry.frames import command, domain_info
from tests.mockregistry.peer import Peer

LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
MOST = 64_000
FRAMES = {
    "a file as an entity": '<!DOCTYPE epp [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + domain_info("&f;"),
    "a DTD from elsewhere": '<!DOCTYPE epp SYSTEM "http://127.0.0.1:9/epp.dtd">' + domain_info("example.com"),
    "a parameter entity": '<!DOCTYPE epp [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>' + domain_info("example.com"),
    "entities of entities": f'<!DOCTYPE epp [<!ENTITY a0 "ha">{LAUGHS}]>' + domain_info("&a9;"),
    "an entity of nobody": domain_info("&nobody;"),
    "nine thousand elements deep": f"<epp {EPP}>" + "<x>" * 9_000 + "</x>" * 9_000 + "</epp>",
    "ten thousand elements wide": f"<epp {EPP}>" + "<x/>" * 10_000 + "</epp>",
    "a thousand attributes": f"<epp {EPP} " + " ".join(f'a{n}="x"' for n in range(3000)) + "/>",
    "a thousand namespaces": f"<epp {EPP} " + " ".join(f'xmlns:a{n}="urn:{n}"' for n in range(2000)) + "/>",
    "one long text": domain_info("x" * MOST),
    "one long name": command(f"<{'x' * MOST}/>"),
    "one long attribute": domain_info("example.com", hosts="x" * MOST),
    "one long transaction id": domain_info("example.com").replace("ABC-12345", "x" * MOST),
    "a null octet": domain_info("exam\0ple.com"),
    "a forbidden character": domain_info("exam&#1;ple.com"),
    "an instruction to stay": "<?xml version='1.0' encoding='no-such-encoding'?>" + domain_info("example.com"),
    "many names to check": command(f"<check><domain:check {DOMAIN}>{'<domain:name/>' * 4000}</domain:check></check>"),
}


@pytest.mark.parametrize("body", FRAMES.values(), ids=FRAMES.keys())
def test_a_hostile_frame_is_refused_quickly_and_without_an_echo(peer: Peer, body: str):
    began = time.monotonic()
    octets = peer.tell(body)
    assert time.monotonic() - began < 1
    answer = parse_response(octets)
    assert answer.code in (2000, 2001, 2005)
    assert len(octets) < 2000
    assert b"root:" not in octets
    assert peer.info("example.com").name == "example.com"


def test_a_hundred_commands_that_come_at_once_are_answered_in_order(peer: Peer):
    ids = [f"PIPE-{n:03}" for n in range(100)]
    bodies = [b"not xml" if n % 10 == 9 else InfoDomain("example.com").to_xml(name) for n, name in enumerate(ids)]
    peer.socket.sendall(b"".join(frame(body) for body in bodies))
    heard = [parse_response(peer.hear()) for _ in ids]
    assert [answer.cl_trid for answer in heard] == [None if n % 10 == 9 else name for n, name in enumerate(ids)]
    assert [int(answer.code) for answer in heard] == [2001 if n % 10 == 9 else 1000 for n in range(100)]
