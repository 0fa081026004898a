"""The walk over real sockets on the loopback: UDP, TCP, dead servers, and those who mean harm."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import dns.flags
import dns.message
import dns.name
import dns.rrset
import pytest
from dns.rdatatype import RdataType

from dnssec.chain import Answer, Chain, Trouble, Verdict, Walk, judge
from dnssec.lookups import Resolution, look_up, may_be_asked
from dnssec.lookups.asking import Sockets
from tests.chain import world as worlds
from tests.chain.serving import Serving
from tests.chain.signing import KSK, NOW, Signing, make_key, rrset
from tests.chain.world import UNSIGNED, World, ds_of, make_world, told

ROOT = "127.8.0.1"
PARENTS = ("127.8.1.1", "127.8.1.2")
CHILDREN = ("127.8.2.1", "127.8.2.2")
EXAMPLE = dns.name.from_text("example.test.")


@pytest.fixture(autouse=True)
def _on_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worlds, "ROOT_SERVER", ROOT)
    monkeypatch.setattr(worlds, "PARENTS", PARENTS)
    monkeypatch.setattr(worlds, "CHILDREN", CHILDREN)


def resolution(serving: Serving, **changes: object) -> Resolution:
    hints = {dns.name.from_text("ns.root."): (ROOT,)}
    plain = Resolution(hints, port=serving.port, allow_private=True, timeout=0.4, patience=3.0)
    return replace(plain, **changes)  # type: ignore[arg-type]


def check(world: World, serving: Serving, name: str = "example.test", **changes: object) -> tuple[Chain, Walk]:
    walk = look_up(dns.name.from_text(name), resolution(serving, **changes))
    return judge(walk, world.anchors, NOW), walk


def test_a_healthy_zone_is_found_secure_over_the_wire() -> None:
    world = make_world()
    with Serving(world).running() as serving:
        chain, walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])
    assert set(serving.asked) == {ROOT, *PARENTS, *CHILDREN}
    assert walk.queries == len(serving.asked) == 31


def test_no_question_is_put_twice() -> None:
    world = make_world()
    with Serving(world).running() as serving:
        _chain, walk = check(world, serving)
    assert walk.queries == sum(len(zone.answers) for zone in walk.zones)


def test_every_server_of_parent_and_child_is_asked_at_once() -> None:
    world = make_world()
    with Serving(world).running() as serving:
        _chain, _walk = check(world, serving)
        began = time.perf_counter()
        check(world, serving)
        assert time.perf_counter() - began < 0.5


def test_a_server_that_is_not_there_costs_nothing_and_one_that_is_silent_its_time_out() -> None:
    world = make_world()
    serving = Serving(world)
    serving.without_tcp = {CHILDREN[1]}
    serving.raw[CHILDREN[1]] = lambda _wire, _datagram: []
    with serving.running():
        began = time.perf_counter()
        chain, _walk = check(world, serving)
        took = time.perf_counter() - began
    assert 0.4 <= took < 0.75
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D22", "error", CHILDREN[1])])

    gone = make_world()
    del gone.zones[CHILDREN[1]]
    with Serving(gone).running() as serving:
        chain, walk = check(gone, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D22", "error", CHILDREN[1])])
    assert walk.zones[-1].answer(CHILDREN[1], EXAMPLE, RdataType.DNSKEY).trouble is Trouble.NOBODY


def test_a_lost_packet_is_sent_again() -> None:
    world = make_world()
    serving = Serving(world)
    serving.without_tcp = {CHILDREN[0]}
    lost: set[bytes] = set()

    def lossy(wire: bytes, datagram: bool) -> list[bytes]:
        if wire not in lost:
            lost.add(wire)
            return []
        query = dns.message.from_wire(wire)
        return [world.respond(CHILDREN[0], query).to_wire()]

    serving.raw[CHILDREN[0]] = lossy
    with serving.running():
        chain, _walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_answers_that_do_not_fit_come_by_tcp() -> None:
    key = make_key(8, KSK, 1)
    world = make_world(Signing([key]), ds_of(key))
    with Serving(world, limit=600).running() as serving:
        chain, walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])
    assert walk.zones[-1].answer(CHILDREN[0], EXAMPLE, RdataType.DNSKEY).truncated


def test_d23_says_that_tcp_is_closed_where_it_is_needed() -> None:
    key = make_key(8, KSK, 1)
    world = make_world(Signing([key]), ds_of(key))
    serving = Serving(world, limit=600)
    serving.without_tcp = {CHILDREN[0]}
    with serving.running():
        chain, _walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D23", "warning", CHILDREN[0])])


def test_d23_says_that_a_server_answers_by_tcp_alone() -> None:
    world = make_world()
    serving = Serving(world)
    serving.without_udp = {CHILDREN[0]}
    with serving.running():
        chain, _walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D23", "warning", CHILDREN[0])])


def test_a_server_that_does_not_understand_edns_is_asked_without_it() -> None:
    world = make_world(UNSIGNED, ds=[])

    def old(wire: bytes, datagram: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        if query.edns >= 0:
            query.use_edns(-1)
            refusal = dns.message.make_response(query)
            refusal.set_rcode(dns.rcode.FORMERR)
            return [refusal.to_wire()]
        return [world.respond(CHILDREN[0], query).to_wire()]

    serving = Serving(world)
    serving.raw[CHILDREN[0]] = old
    with serving.running():
        chain, walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [])
    assert not walk.zones[-1].answer(CHILDREN[0], EXAMPLE, RdataType.SOA).edns


def test_a_machine_without_ipv6_waits_for_it_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def exchange(
        _self: Sockets, server: str, name: dns.name.Name, rdtype: RdataType, _ends: float, *, edns: bool
    ) -> Answer:
        asked.append(server)
        return Answer(server, name, rdtype, trouble=Trouble.SILENT)

    async def walk() -> list[Answer]:
        sockets = Sockets(Resolution({}, timeout=0.1))
        return [await sockets.ask(f"2001:503::{number}", EXAMPLE, RdataType.SOA) for number in range(1, 6)]

    monkeypatch.setattr(Sockets, "_exchange", exchange)
    troubles = [answer.trouble for answer in asyncio.run(walk())]
    assert troubles == [Trouble.SILENT] * 3 + [Trouble.NO_ROUTE] * 2
    assert len(asked) == 3


# ---- those who mean harm ----


def answer_of(world: World, wire: bytes) -> dns.message.Message:
    return world.respond(CHILDREN[0], dns.message.from_wire(wire))


@contextmanager
def hostile(world: World, raw: object) -> Iterator[Serving]:
    serving = Serving(world)
    serving.raw[CHILDREN[0]] = raw  # type: ignore[assignment]
    serving.without_tcp = {CHILDREN[0]}
    with serving.running():
        yield serving


@pytest.mark.parametrize("kind", ["wrong-id", "other-question", "garbage", "cut-off", "no-response", "empty"])
def test_what_is_no_answer_to_the_question_is_passed_over(kind: str) -> None:
    world = make_world()

    def spoiled(wire: bytes, datagram: bool) -> list[bytes]:
        answer = answer_of(world, wire)
        right = answer.to_wire()
        wrong = {
            "wrong-id": bytes([right[0] ^ 1]) + right[1:],
            "other-question": right[:12] + bytes([right[12] ^ 1]) + right[13:],
            "garbage": bytes(range(256)),
            "cut-off": right[:40],
            "no-response": wire,
            "empty": b"",
        }[kind]
        return [wrong, right]

    with hostile(world, spoiled) as serving:
        chain, _walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_answers_from_elsewhere_are_never_seen() -> None:
    world = make_world()
    forged = make_world(UNSIGNED)
    with Serving(world).running() as serving, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.8.9.9", 0))

        def spoof(address: str, wire: bytes, peer: object) -> None:
            told_falsely = forged.respond(address, dns.message.from_wire(wire))
            elsewhere.sendto(told_falsely.to_wire(), peer)  # type: ignore[arg-type]

        serving.before_answering = spoof
        chain, _walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_only_garbage_is_silence() -> None:
    world = make_world()
    with hostile(world, lambda _wire, _datagram: [b"\xff" * 600] * 20) as serving:
        chain, _walk = check(world, serving)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D22", "error", CHILDREN[0])])


def test_a_server_that_never_ends_its_tcp_answer_is_cut_off() -> None:
    world = make_world()
    with socket.create_server((CHILDREN[0], 0)) as listener:
        port = listener.getsockname()[1]
        serving = Serving(world)
        serving.port = port
        serving.without_tcp = {CHILDREN[0]}
        serving.raw[CHILDREN[0]] = lambda wire, _datagram: [_cut(wire)]
        stop = threading.Event()

        def drip() -> None:
            listener.settimeout(0.02)
            held = []
            while not stop.is_set():
                try:
                    connection, _peer = listener.accept()
                    connection.sendall(b"\x40\x00" + b"\0" * 20)
                    held.append(connection)
                except TimeoutError:
                    continue
                except OSError:
                    continue
            for connection in held:
                connection.close()

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            with serving.running():
                began = time.perf_counter()
                chain, _walk = check(world, serving)
                took = time.perf_counter() - began
        finally:
            stop.set()
            thread.join()
    assert took < 0.9
    assert ("D23", "warning", CHILDREN[0]) in told(chain)
    assert chain.verdict is Verdict.SECURE


def _cut(wire: bytes) -> bytes:
    response = dns.message.make_response(dns.message.from_wire(wire))
    response.flags |= dns.flags.TC
    return response.to_wire()


def test_a_referral_to_a_thousand_servers_is_bounded() -> None:
    world = make_world()
    names = [f"ns{number}.flood.test." for number in range(1000)]

    def flood(wire: bytes, datagram: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        response = world.respond(PARENTS[0], query)
        if query.question[0].name.is_subdomain(dns.name.from_text("flood.test.")) and not datagram:
            response = dns.message.make_response(query)
            response.authority = [rrset("flood.test.", "NS", *names)]
            addresses = [f"127.8.{number // 250 + 3}.{number % 250 + 1}" for number in range(1000)]
            response.additional = [rrset(name, "A", a) for name, a in zip(names, addresses, strict=True)]
        elif query.question[0].name.is_subdomain(dns.name.from_text("flood.test.")):
            return [_cut(wire)]
        return [response.to_wire(max_size=65535)]

    serving = Serving(world)
    serving.raw |= dict.fromkeys(PARENTS, flood)
    with serving.running():
        _chain, walk = check(world, serving, "flood.test", timeout=2.0, patience=10.0)
    assert len(walk.zones[-1].addresses) <= 16
    assert walk.zones[-1].too_many
    assert walk.queries < 300


def test_referrals_that_never_arrive_end() -> None:
    world = make_world()

    def forever(wire: bytes, datagram: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        if not question.name.is_subdomain(dns.name.from_text("deep.test.")):
            return [world.respond(PARENTS[0], query).to_wire()]
        response = dns.message.make_response(query)
        # Each answer names servers whose addresses are to be asked for one label further down.
        response.authority = [rrset(question.name, "NS", f"a.{question.name}", f"b.x.{question.name}")]
        return [response.to_wire()]

    serving = Serving(world)
    serving.raw |= dict.fromkeys(PARENTS, forever)
    with serving.running():
        began = time.perf_counter()
        chain, walk = check(world, serving, "deep.test")
    assert time.perf_counter() - began < 2
    assert walk.queries < 200
    assert chain.verdict is not Verdict.SECURE


def test_an_alias_without_end_as_name_server_is_given_up() -> None:
    world = make_world(UNSIGNED, ds=[], delegated_to=["ns.alias.test."])

    def aliases(wire: bytes, datagram: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        question = query.question[0]
        if not question.name.is_subdomain(dns.name.from_text("alias.test.")):
            return [world.respond(PARENTS[0], query).to_wire()]
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        response.answer = [rrset(question.name, "CNAME", f"x.{question.name}")]
        return [response.to_wire()]

    serving = Serving(world)
    serving.raw |= dict.fromkeys(PARENTS, aliases)
    with serving.running():
        chain, walk = check(world, serving)
    assert walk.queries < 60
    assert [(f.id, f.severity) for f in chain.findings] == [("D22", "error")]


def test_the_number_of_questions_has_an_end() -> None:
    world = make_world()
    with Serving(world).running() as serving:
        chain, walk = check(world, serving, budget=10)
    assert walk.queries == len(serving.asked) == 10
    assert chain.verdict is Verdict.INDETERMINATE


def test_the_whole_walk_has_an_end() -> None:
    world = make_world()
    serving = Serving(world)
    serving.without_tcp = {ROOT, *PARENTS, *CHILDREN}
    serving.raw |= dict.fromkeys((*PARENTS, *CHILDREN), lambda _wire, _datagram: [])
    with serving.running():
        began = time.perf_counter()
        chain, _walk = check(world, serving, timeout=2.0, patience=0.3)
    assert time.perf_counter() - began < 0.7
    assert chain.verdict is Verdict.INDETERMINATE


# ---- no way to our own network ----

NOT_PUBLIC = [
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.8.2.1", "169.254.169.254"),  # noqa: S104
    *("172.16.0.1", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1"),
    *("ff02::1", "5f00::1", "fe80::1%lo", "nonsense", "127.1", "2130706433"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_of_the_public_internet_may_not_be_asked(address: str) -> None:
    assert not may_be_asked(address)


@pytest.mark.parametrize("address", ["198.41.0.4", "8.8.8.8", "193.0.14.129", "2001:503:ba3e::2:30", "2801:1b8:10::b"])
def test_public_addresses_may_be_asked(address: str) -> None:
    assert may_be_asked(address)


def test_loopback_and_private_addresses_are_a_matter_of_a_setting_but_never_groups() -> None:
    assert all(may_be_asked(address, allow_private=True) for address in ("127.0.0.1", "10.0.0.1", "::1", "fd00::1"))
    assert not any(may_be_asked(a, allow_private=True) for a in ("224.0.0.1", "255.255.255.255", "ff02::1", "::"))


def test_a_zone_that_names_our_own_machine_as_its_server_reaches_nothing() -> None:
    world = make_world()
    with Serving(world).running() as serving:
        chain, walk = check(world, serving, allow_private=False)
        assert serving.asked == []
    assert chain.verdict is Verdict.INDETERMINATE
    assert walk.queries == 0
