"""A client that shares nothing with this project but the wire: sockets, ssl, struct and lxml alone. It follows what a
greeting offers and what an answer names, as a registrar's own software would."""

import socket
import ssl
import struct
from collections.abc import Iterator

import pytest
from lxml import etree

from domains.mockregistry.server import RunningRegistry
from tests.epp.vectors import assert_valid

NS = {
    "e": "urn:ietf:params:xml:ns:epp-1.0",
    "d": "urn:ietf:params:xml:ns:domain-1.0",
    "h": "urn:ietf:params:xml:ns:host-1.0",
    "c": "urn:ietf:params:xml:ns:contact-1.0",
    "s": "urn:ietf:params:xml:ns:secDNS-1.1",
}
DIGEST = "4F" * 32


class Stranger:
    """A connection; frames in and out, each by its length."""

    def __init__(self, registry: RunningRegistry) -> None:
        context = ssl.create_default_context(cafile=registry.pki.ca)
        context.load_cert_chain(registry.pki.client_cert, registry.pki.client_key)
        plain = socket.create_connection(("localhost", registry.port), 5)
        self.stream = context.wrap_socket(plain, server_hostname="localhost")
        self.file = self.stream.makefile("rb")
        self.sent = 0

    def read(self) -> etree._Element:
        (length,) = struct.unpack("!I", self.file.read(4))
        body = self.file.read(length - 4)
        assert_valid(body)
        return etree.fromstring(body)

    def ask(self, inner: str) -> etree._Element:
        self.sent += 1
        frame = f'<epp xmlns="{NS["e"]}"><command>{inner}<clTRID>STRANGER-{self.sent}</clTRID></command></epp>'.encode()
        self.stream.sendall(struct.pack("!I", len(frame) + 4))
        self.stream.sendall(frame)
        answer = self.read()
        assert answer.findtext(".//e:trID/e:clTRID", namespaces=NS) == f"STRANGER-{self.sent}"
        return answer

    def code(self, inner: str) -> str:
        result = self.ask(inner).find(".//e:result", NS)
        assert result is not None
        return result.get("code", "")

    def info(self, kind: str, identity: str, name: str) -> etree._Element:
        uri = NS[kind]
        answer = self.ask(f'<info><o:info xmlns:o="{uri}"><o:{identity}>{name}</o:{identity}></o:info></info>')
        found = answer.find(f".//{kind}:infData", NS)
        assert found is not None
        return answer


@pytest.fixture
def stranger(registry: RunningRegistry) -> Iterator[Stranger]:
    stranger = Stranger(registry)
    greeting = stranger.read()
    offered = [found.text for found in greeting.iterfind(".//e:objURI", NS)]
    extensions = [found.text for found in greeting.iterfind(".//e:extURI", NS)]
    services = "".join(f"<objURI>{uri}</objURI>" for uri in offered)
    services += "<svcExtension>" + "".join(f"<extURI>{uri}</extURI>" for uri in extensions) + "</svcExtension>"
    login = "<login><clID>console</clID><pw>open-sesame</pw><options><version>1.0</version><lang>en</lang></options>"
    assert stranger.code(f"{login}<svcs>{services}</svcs></login>") == "1000"
    yield stranger
    assert stranger.code("<logout/>") == "1500"
    assert stranger.file.read() == b""
    stranger.file.close()
    stranger.stream.close()


def test_follows_every_object_that_a_domain_names(stranger: Stranger):
    domain = stranger.info("d", "name", "example.com")
    hosts = [found.text or "" for found in domain.iterfind(".//d:hostObj", NS)]
    contacts = {found.text or "" for tag in ("registrant", "contact") for found in domain.iterfind(f".//d:{tag}", NS)}
    assert (len(hosts), contacts) == (2, {"C000001R"})
    for host in hosts:
        assert stranger.info("h", "name", host).findtext(".//h:infData/h:name", namespaces=NS) == host
    for contact in contacts:
        assert stranger.info("c", "id", contact).findtext(".//c:infData/c:id", namespaces=NS) == contact


def test_locks_changes_keys_and_unlocks(stranger: Stranger):
    def update(parts: str = "", extension: str = "") -> str:
        return (
            f'<update><d:update xmlns:d="{NS["d"]}"><d:name>example.com</d:name>{parts}</d:update></update>{extension}'
        )

    ds = (
        f'<extension><s:update xmlns:s="{NS["s"]}"><s:add><s:dsData><s:keyTag>60485</s:keyTag><s:alg>13</s:alg>'
        f"<s:digestType>2</s:digestType><s:digest>{DIGEST.lower()}</s:digest></s:dsData></s:add></s:update></extension>"
    )
    lock = '<d:status s="clientUpdateProhibited"/>'
    assert stranger.code(update(f"<d:add>{lock}</d:add>")) == "1000"
    assert stranger.code(update("", ds)) == "2304"
    assert stranger.code(update(f"<d:rem>{lock}</d:rem>")) == "1000"
    assert stranger.code(update("", ds)) == "1000"
    assert stranger.code(update("", ds)) == "2302"
    held = stranger.info("d", "name", "example.com").find(".//s:dsData", NS)
    assert held is not None
    assert [child.text for child in held] == ["60485", "13", "2", DIGEST]


def test_polls_an_empty_queue(stranger: Stranger):
    assert stranger.code('<poll op="req"/>') == "1300"
    assert stranger.code('<poll op="ack" msgID="1"/>') == "2303"
