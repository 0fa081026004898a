"""The zones over DNS: what was accepted by EPP is seen by resolvers that are not ours, and no packet does harm."""

import base64
import random
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.zonefile
import pytest
from dns.message import Message

from domains.epp.secdns import KeyData
from domains.mockregistry import childzones, nameserver
from domains.mockregistry.hierarchy import Hierarchy
from domains.mockregistry.nameserver import LARGEST_QUERY, respond
from domains.mockregistry.publication import Publication
from domains.mockregistry.server import STORE_FILE, utc_now
from domains.mockregistry.store import Store
from domains.world import World, read_world
from tests.mockregistry.keys import KEY, ds_of, some_ds
from tests.mockregistry.naming import ADDRESSES, ZONES, Served, serving
from tests.mockregistry.peer import Peer
from tests.mockregistry.walker import Bogus, Walker, ask


@pytest.fixture(scope="module")
def zoned_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    path = tmp_path_factory.mktemp("world") / "world.toml"
    path.write_text(ZONES)
    return read_world(path)


@pytest.fixture(scope="module")
def served(zoned_world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    patch = pytest.MonkeyPatch()
    patch.setattr(childzones, "SLOW", 0.05)
    with serving(zoned_world, tmp_path_factory.mktemp("registry")) as served:
        yield served
    patch.undo()


@pytest.fixture
def walker(served: Served) -> Walker:
    return Walker(served.directory, served.dns_port)


@pytest.fixture
def peer(served: Served) -> Iterator[Peer]:
    with Peer(served.registry) as peer:
        yield peer.log_in()


def key_of(served: Served, name: str) -> KeyData:
    """The key that a person would add: the first that signs keys, in the file beside the store."""
    text = (served.directory / "zones" / f"{name}.dnskey").read_text()
    [keys] = dns.zonefile.read_rrsets(text, rdclass=None, relativize=False)
    key = next(key for key in keys if key.flags == 257)
    return KeyData(key.flags, key.protocol, int(key.algorithm), key.key)


def rcode(answer: Message) -> str:
    return dns.rcode.to_text(answer.rcode())


@pytest.mark.parametrize("tld", ADDRESSES)
def test_what_was_accepted_is_seen_from_the_trust_anchor_down_within_a_second(
    served: Served, walker: Walker, peer: Peer, tld: str
):
    name = f"example.{tld}"
    before = walker.find(name, "DS")
    assert (before.secure, before.rcode, before.records) == (True, "NOERROR", None)
    takes_keys = tld in ("nl", "se", "com.se")
    record = KEY if takes_keys else ds_of(KEY, name)
    assert peer.update(name, add=(record,)).code == 1000
    began = time.monotonic()
    found = walker.find(name, "DS")
    assert time.monotonic() - began < 1
    assert found.secure
    assert found.records is not None
    [ds] = found.records
    expected = ds_of(KEY, name)
    assert (ds.key_tag, ds.algorithm, ds.digest_type, ds.digest) == (expected.key_tag, 13, 2, expected.digest)
    assert peer.update(name, remove=(record,)).code == 1000
    assert walker.find(name, "DS") == before


@pytest.mark.parametrize("tld", ADDRESSES)
def test_each_tld_is_signed_and_proves_what_is_not_there(walker: Walker, tld: str):
    for kind in ("SOA", "NS", "DNSKEY", "DS"):
        found = walker.find(tld, kind)
        assert (found.secure, found.rcode, found.records is None) == (True, "NOERROR", False)
    for name, kind, code in (
        (f"no-such.{tld}", "A", "NXDOMAIN"),
        (f"a.b.no-such.{tld}", "DS", "NXDOMAIN"),
        (tld, "MX", "NOERROR"),
        (f"nic.{tld}", "A", "NOERROR"),
        (f"ns.nic.{tld}", "AAAA", "NOERROR"),
        ("no-such", "A", "NXDOMAIN"),
        ("uk", "A", "NOERROR"),
    ):
        absent = walker.find(name, kind)
        assert (absent.secure, absent.rcode, absent.records) == (True, code, None), name


def test_a_validating_resolver_of_this_machine_agrees(served: Served, walker: Walker, peer: Peer, tmp_path: Path):
    """With delv or drill, where they are installed; the walker has the same to say in any case."""
    assert peer.update("example.com", add=(ds_of(key_of(served, "example.com"), "example.com"),)).code == 1000
    assert peer.update("example.nl", add=(key_of(served, "example.nl"),)).code == 1000
    anchor = (served.directory / "trust-anchor").read_text().split()
    (tmp_path / "anchors").write_text(
        f'trust-anchors {{ . static-key {" ".join(anchor[4:7])} "{"".join(anchor[7:])}"; }};'
    )
    verdicts = {
        ("com", "DS"): True,
        ("example.com", "DS"): True,
        ("www.example.com", "A"): True,
        ("example.co.uk", "DS"): True,
        ("no-such.org", "A"): True,
        ("no-such.com", "A"): True,
        ("example.nl", "SOA"): False,
    }
    for (name, kind), good in verdicts.items():
        if good:
            assert walker.find(name, kind).secure
        else:
            with pytest.raises(Bogus):
                walker.find(name, kind)
        if delv := shutil.which("delv"):
            command = [delv, "@127.0.0.1", "-p", str(served.dns_port), "-a", str(tmp_path / "anchors"), "+root=.", name]
            said = subprocess.run([*command, kind], capture_output=True, text=True, timeout=20)
            assert ("fully validated" in said.stdout + said.stderr) == good, said
        if drill := shutil.which("drill"):
            command = [drill, "-D", "-p", str(served.dns_port), "-k", str(served.directory / "trust-anchor"), "-S"]
            said = subprocess.run([*command, name, "@127.0.0.1", kind], capture_output=True, text=True, timeout=20)
            assert ("Chase successful" in said.stdout) == good, said
    assert peer.update("example.com", all=True).code == 1000
    assert peer.update("example.nl", all=True).code == 1000


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("example.com", "secure"), ("example.org", "secure"), ("example.com.se", "secure"), ("example.nl", "bogus"),
     ("example.se", "bogus")],
)  # fmt: skip
def test_a_domain_s_own_zone_is_as_the_world_wants_it(
    served: Served, walker: Walker, peer: Peer, name: str, verdict: str
):
    assert not walker.find(f"www.{name}", "A").secure
    key = key_of(served, name)
    takes_keys = name.endswith(("nl", "se"))
    assert peer.update(name, add=(key if takes_keys else ds_of(key, name),)).code == 1000
    if verdict == "bogus":
        with pytest.raises(Bogus):
            walker.find(f"www.{name}", "A")
    else:
        found = walker.find(f"www.{name}", "A")
        assert found.secure
        assert found.records is not None
        assert found.records.to_text() == f"www.{name}. 60 IN A 192.0.2.80"
        assert walker.find(f"none.{name}", "A").rcode == "NXDOMAIN"
    assert peer.update(name, all=True).code == 1000


def test_a_rollover_shows_two_keys_that_both_sign_and_bogus_ones_sign_without_being_there(served: Served):
    for name, keys, signers in (("example.com", 1, 1), ("example.org", 2, 2), ("example.nl", 1, 0)):
        answer = ask(name, "DNSKEY", served.dns_port)
        [shown] = [rrset for rrset in answer.answer if rrset.rdtype == dns.rdatatype.DNSKEY]
        [signatures] = [rrset for rrset in answer.answer if rrset.rdtype == dns.rdatatype.RRSIG]
        tags = {dns.dnssec.key_id(key) for key in shown if key.flags == 257}
        assert (len(tags), len(tags & {signature.key_tag for signature in signatures})) == (keys, signers)
        assert sum(key.flags == 256 for key in shown) == 1


def test_an_expired_zone_has_signatures_of_last_year_and_an_unsigned_one_has_none(served: Served):
    answer = ask("www.example.se", "A", served.dns_port)
    assert answer.answer[1][0].expiration < time.time() - 300 * 86400
    plain = ask("www.plain.com", "A", served.dns_port)
    assert [rrset.rdtype for rrset in plain.answer] == [dns.rdatatype.A]
    assert ask("plain.com", "DNSKEY", served.dns_port).answer == []
    assert rcode(ask("none.plain.com", "A", served.dns_port)) == "NXDOMAIN"


def test_a_slow_zone_takes_its_time_by_udp_and_by_tcp(served: Served):
    query = dns.message.make_query("www.example.com.se", "A")
    for way in (dns.query.udp, dns.query.tcp):
        began = time.monotonic()
        assert way(query, "127.0.3.5", timeout=5, port=served.dns_port).answer
        assert time.monotonic() - began >= 0.05


def test_each_address_answers_only_for_its_own_zone(served: Served):
    port = served.dns_port
    assert rcode(ask("org", "SOA", port, ADDRESSES["com"])) == "REFUSED"
    assert rcode(ask("com", "SOA", port, "127.0.3.1")) == "REFUSED"
    assert rcode(ask("plain.com", "SOA", port, "127.0.3.1")) == "REFUSED"
    root = ask("example.com", "A", port, "127.0.1.1")
    assert [rrset.to_text() for rrset in root.additional] == ["ns.nic.com. 3600 IN A 127.0.2.1"]
    assert not root.flags & dns.flags.AA
    assert root.answer == []
    com = ask("example.com", "A", port, "127.0.2.1")
    assert [rrset.name.to_text() for rrset in com.authority if rrset.rdtype == dns.rdatatype.NS] == ["example.com."]
    assert [rrset.to_text() for rrset in com.additional] == ["ns1.example.com. 3600 IN A 127.0.3.1"]
    everything = ask("www.example.com", "A", port)
    assert everything.flags & dns.flags.AA
    assert everything.answer[0][0].address == "192.0.2.80"


def test_ds_records_are_answered_by_the_parent_only(served: Served):
    port = served.dns_port
    for address in ("127.0.0.1", "127.0.1.1"):
        answer = ask("com", "DS", port, address)
        assert answer.answer[1][0].signer == dns.name.root
        assert answer.flags & dns.flags.AA
    below = ask("com", "DS", port, ADDRESSES["com"])
    assert (rcode(below), below.answer) == ("NOERROR", [])
    assert below.authority[0].name.to_text() == "com."
    assert ask("example.com", "DS", port).authority[0].name.to_text() == "com."
    assert ask(".", "DS", port).authority[0].name == dns.name.root


def test_a_delegation_without_an_address_has_no_glue(served: Served):
    answer = ask("www.example.co.uk", "A", served.dns_port, ADDRESSES["co.uk"])
    assert answer.authority[0].to_text() == "example.co.uk. 60 IN NS ns1.example.com."
    assert answer.additional == []


def test_without_do_nothing_is_signed_and_without_edns_there_is_none(served: Served):
    plain = ask("com", "DNSKEY", served.dns_port, dnssec=False)
    assert plain.edns == -1
    assert [rrset.rdtype for rrset in plain.answer] == [dns.rdatatype.DNSKEY]
    absent = ask("no-such.com", "A", served.dns_port, dnssec=False)
    assert [rrset.rdtype for rrset in absent.authority] == [dns.rdatatype.SOA]
    signed = ask("com", "DNSKEY", served.dns_port)
    assert (signed.edns, signed.payload, bool(signed.ednsflags & dns.flags.DO)) == (0, 1232, True)


def test_an_answer_that_does_not_fit_is_cut_to_nothing_and_whole_by_tcp(served: Served, peer: Peer):
    assert peer.update("bare.com", add=tuple(some_ds(number) for number in range(1, 14))).code == 1000
    query = dns.message.make_query("bare.com", "DS")
    cut = dns.query.udp(query, "127.0.0.1", timeout=5, port=served.dns_port)
    assert cut.flags & dns.flags.TC
    assert (cut.answer, cut.authority) == ([], [])
    assert len(dns.query.tcp(query, "127.0.0.1", timeout=5, port=served.dns_port).answer[0]) == 13
    query.use_edns(0, dns.flags.DO, payload=4096)
    whole = dns.query.udp(query, "127.0.0.1", timeout=5, port=served.dns_port)
    assert not whole.flags & dns.flags.TC
    assert len(whole.answer[0]) == 13
    assert len(whole.to_wire()) <= 1232
    assert peer.update("bare.com", all=True).code == 1000


def test_the_name_comes_back_as_it_was_spelt(served: Served):
    answer = ask("CoM", "SOA", served.dns_port)
    assert answer.question[0].name.labels == (b"CoM", b"")
    assert answer.answer[0].name.labels == (b"CoM", b"")
    assert rcode(ask("eXaMpLe.CoM", "NS", served.dns_port)) == "NOERROR"


def test_what_is_not_offered_is_refused(served: Served):
    def say(query: Message) -> str:
        return rcode(dns.query.udp(query, "127.0.0.1", timeout=5, port=served.dns_port))

    assert say(dns.message.make_query("version.bind", "TXT", "CH")) == "REFUSED"
    assert say(dns.message.make_query("com", "SOA", "ANY")) == "REFUSED"
    assert say(dns.message.make_query("com", "AXFR")) == "REFUSED"
    newer = dns.message.make_query("com", "SOA", use_edns=1)
    assert say(newer) == "BADVERS"
    for opcode in (1, 2, 4, 5, 15):
        header = bytes([0xAB, 0xCD, opcode << 3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        assert exchange(served, header)[:4] == bytes([0xAB, 0xCD, 0x80 | opcode << 3, 4])
    two = b"\xab\xcd\0\0\0\2\0\0\0\0\0\0" + 2 * b"\3com\0\0\6\0\1"
    assert exchange(served, two) == b"\xab\xcd\x80\1" + bytes(8)
    broken = b"\xab\xcd\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"
    assert exchange(served, broken) == b"\xab\xcd\x80\1" + bytes(8)


def exchange(served: Served, octets: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        asking.sendto(octets, ("127.0.0.1", served.dns_port))
        return asking.recv(65535)


def test_what_is_no_query_is_not_answered(served: Served):
    answer = dns.message.make_response(dns.message.make_query("com", "SOA")).to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(5)
        for octets in (b"", b"\0", b"\xff" * 11, answer):
            asking.sendto(octets, ("127.0.0.1", served.dns_port))
        asking.sendto(dns.message.make_query("com", "SOA", id=77).to_wire(), ("127.0.0.1", served.dns_port))
        assert dns.message.from_wire(asking.recv(65535)).id == 77


def test_a_connection_takes_many_questions_in_any_pieces_and_ends_at_an_absurd_one(served: Served):
    wires = [
        dns.message.make_query("com", kind, id=number).to_wire() for number, kind in enumerate(("SOA", "NS", "DS"))
    ]
    stream = b"".join(len(wire).to_bytes(2) + wire for wire in wires)
    with socket.create_connection((ADDRESSES["com"], served.dns_port), 5) as connection:
        for place in range(0, len(stream), 7):
            connection.sendall(stream[place : place + 7])
        heard = connection.makefile("rb")
        for number in range(3):
            answer = dns.message.from_wire(heard.read(int.from_bytes(heard.read(2))))
            assert (answer.id, rcode(answer)) == (number, "NOERROR")
        connection.sendall((LARGEST_QUERY + 1).to_bytes(2))
        assert heard.read() == b""
        heard.close()


def test_one_connection_too_many_is_closed_and_the_others_stay(
    zoned_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(nameserver, "MOST_CONNECTIONS", 1)
    query = dns.message.make_query("com", "SOA")
    with serving(zoned_world, tmp_path) as served:
        place = ("127.0.0.1", served.dns_port)
        with socket.create_connection(place, 5) as first, socket.create_connection(place, 5) as second:
            assert second.recv(1) == b""
            dns.query.send_tcp(first, query)
            assert rcode(dns.query.receive_tcp(first)[0]) == "NOERROR"


def test_no_octets_whatever_do_harm(zoned_world: World, tmp_path: Path):
    Store.open(tmp_path / STORE_FILE, zoned_world, utc_now()).close()
    with closing(Publication.open(tmp_path / STORE_FILE)) as publication:
        everywhere = ("127.0.0.1",)
        zones = Hierarchy(zoned_world, tmp_path, publication, utc_now, everywhere=everywhere, apart=True)
        chance = random.Random(4)
        query = dns.message.make_query("www.example.com", "A", use_edns=0, want_dnssec=True).to_wire()
        for _ in range(2000):
            octets = bytearray(query)
            for _ in range(chance.randint(1, 4)):
                octets[chance.randrange(len(octets))] = chance.randrange(256)
            for wire in (bytes(octets), bytes(octets[: chance.randint(0, len(octets))])):
                answer = respond(zones, zones.places["127.0.0.1"], wire, datagram=True)
                assert answer is None or len(answer[0]) <= 1232


def test_keys_are_made_once_and_read_by_their_owner_alone(zoned_world: World, tmp_path: Path):
    anchors = []
    for _ in range(2):
        with serving(zoned_world, tmp_path) as served:
            assert Walker(tmp_path, served.dns_port).find("com", "SOA").secure
            anchors.append((tmp_path / "trust-anchor").read_text())
    assert anchors[0] == anchors[1]
    assert (tmp_path / "root.hints").read_text().splitlines() == [
        ". 3600 IN NS ns.root-servers.",
        "ns.root-servers. 3600 IN A 127.0.1.1",
    ]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "zones").iterdir()}
    assert {mode for name, mode in modes.items() if name.endswith(".pem")} == {0o600}
    assert stat.S_IMODE((tmp_path / "zones").stat().st_mode) == 0o700
    assert {name.removesuffix(".pem") for name in modes if name.endswith(".pem")} == {
        "root", *ADDRESSES, "example.com", "example.org", "example.nl", "example.se", "example.com.se", "plain.com",
    }  # fmt: skip
    written = (tmp_path / "zones" / "example.com.dnskey").read_text().split("\n")[0].split()
    assert written[:4] == ["example.com.", "60", "IN", "DNSKEY"]
    assert len(base64.b64decode(written[7])) == 64
