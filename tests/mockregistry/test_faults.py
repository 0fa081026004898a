"""Scripted faults over real TLS: for each, what the peer sees, and what the registry holds afterwards."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from domains.epp.client import client_context
from domains.epp.commands import Command, Hello, InfoDomain, Login, Logout, PollRequest, UpdateDomain
from domains.epp.framing import frame, read_frame
from domains.epp.responses import parse_greeting, parse_response
from domains.epp.secdns import DsData, SecDnsUpdate
from domains.epp.xml import SECDNS
from domains.faults import FAULT_KEYS, KINDS
from domains.mockregistry.faults import SWITCHES, set_faults
from domains.mockregistry.server import Limits, RunningRegistry, running
from domains.mockregistry.session import NOT_YOURS
from domains.world import World, read_world
from tests.mockregistry.clock import Clock
from tests.mockregistry.keys import some_ds
from tests.mockregistry.peer import Peer

BOTH = ("before", "after")
WORLD = """
[[registry]]
name = "north"
interface = "ds"
registrar_id = "console"
password = "open-sesame"
{registry}

[[registry]]
name = "south"
interface = "ds"
registrar_id = "console"
password = "open-sesame"

[[tld]]
name = "com"
registry = "north"
{tld}

[[tld]]
name = "nl"
registry = "south"

[[domain]]
name = "example.com"
{domain}

[[domain]]
name = "other.com"

[[domain]]
name = "example.nl"
"""


def fault(kind: str, more: str = "") -> str:
    return f'fault = {{ kind = "{kind}"{more} }}'


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., RunningRegistry]]:
    """Starts a registry with faults, written as in a world file, at the registry north, .com or example.com."""
    with ExitStack() as stack:

        def start(*, registry: str = "", tld: str = "", domain: str = "", **options: Any) -> RunningRegistry:
            path = tmp_path / "world.toml"
            path.write_text(WORLD.format(registry=registry, tld=tld, domain=domain))
            return stack.enter_context(running(read_world(path), tmp_path / "registry", **options))

        yield start


Start = Callable[..., RunningRegistry]


def held(registry: RunningRegistry, name: str = "example.com") -> tuple[Any, ...]:
    """What the registry holds, asked over another connection."""
    with Peer(registry) as peer:
        return peer.log_in().records(name)


def tell(peer: Peer, command: Command | None = None) -> None:
    """Sends a command, an update unless another is given, and reads nothing."""
    update = UpdateDomain("example.com", SecDnsUpdate(add=(some_ds(1),)))
    peer.socket.sendall(frame((command or update).to_xml("TEST-00001")))


def everything(connection: ssl.SSLSocket) -> bytes:
    """All octets up to the end of the connection, however it ends."""
    octets = b""
    try:
        while piece := connection.recv(65536):
            octets += piece
    except OSError:
        pass
    return octets


def expected(moment: str) -> tuple[DsData, ...]:
    return (some_ds(1),) if moment == "after" else ()


@pytest.mark.parametrize("moment", BOTH)
def test_dropped_the_connection_ends_without_a_word(start: Start, moment: str):
    registry = start(domain=fault(f"dropped-{moment}-commit"))
    with Peer(registry) as peer:
        tell(peer.log_in())
        assert everything(peer.socket) == b""
    assert held(registry) == expected(moment)


@pytest.mark.parametrize("moment", BOTH)
def test_dropped_the_change_is_durable_or_undone_before_the_connection_breaks(start: Start, moment: str):
    registry = start(domain=fault(f"dropped-{moment}-commit"))
    with Peer(registry) as other, Peer(registry) as peer:
        other.log_in()
        tell(peer.log_in())
        assert everything(peer.socket) == b""
        assert other.records("example.com") == expected(moment)


@pytest.mark.parametrize("moment", BOTH)
def test_silent_no_answer_comes_and_the_connection_stays(start: Start, moment: str):
    registry = start(domain=fault(f"silent-{moment}-commit"))
    with Peer(registry) as peer:
        tell(peer.log_in())
        peer.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            peer.socket.recv(1)
        peer.socket.settimeout(5)
        assert peer.records("example.com") == expected(moment)


@pytest.mark.parametrize("moment", BOTH)
def test_garbled_what_comes_is_a_frame_and_no_xml(start: Start, moment: str):
    registry = start(domain=fault(f"garbled-{moment}-commit"))
    with Peer(registry) as peer:
        tell(peer.log_in())
        body = read_frame(peer.socket.recv, 10**6)
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(body)
        assert peer.records("example.com") == expected(moment)


@pytest.mark.parametrize("moment", BOTH)
def test_half_frame_the_announced_length_is_not_reached(start: Start, moment: str):
    registry = start(domain=fault(f"half-frame-{moment}-commit"))
    with Peer(registry) as peer:
        tell(peer.log_in())
        octets = everything(peer.socket)
        assert len(octets) == int.from_bytes(octets[:4]) // 2
    assert held(registry) == expected(moment)


@pytest.mark.parametrize("moment", BOTH)
@pytest.mark.parametrize(("more", "length"), [("", 2**32 - 1), (", length = 3", 3)])
def test_absurd_length_a_whole_answer_bears_a_wrong_length(start: Start, moment: str, more: str, length: int):
    registry = start(domain=fault(f"absurd-length-{moment}-commit", more))
    with Peer(registry) as peer:
        tell(peer.log_in())
        octets = peer.socket.recv(65536)
        assert int.from_bytes(octets[:4]) == length
        assert parse_response(octets[4:]).code == 1000
    assert held(registry) == expected(moment)


@pytest.mark.parametrize("moment", BOTH)
@pytest.mark.parametrize("which", ["wrong", "missing"])
def test_cltrid_the_answer_is_another_s_or_nobody_s(start: Start, moment: str, which: str):
    registry = start(domain=fault(f"{which}-cltrid-{moment}-commit"))
    with Peer(registry) as peer:
        tell(peer.log_in())
        answer = parse_response(peer.hear())
        told = {"wrong": NOT_YOURS, "missing": None}[which]
        assert (answer.code, answer.cl_trid) == (1000, told)
        assert peer.records("example.com") == expected(moment)


@pytest.mark.parametrize("moment", BOTH)
def test_2400_done_or_not_the_session_goes_on(start: Start, moment: str):
    registry = start(domain=fault(f"2400-{moment}-commit", ', reason = "A disk is full."'))
    with Peer(registry) as peer:
        answer = peer.log_in().update("example.com", add=(some_ds(1),))
        assert (answer.code, answer.message, answer.reasons) == (2400, "Command failed", ("A disk is full.",))
        assert peer.records("example.com") == expected(moment)


@pytest.mark.parametrize("moment", BOTH)
def test_2500_done_or_not_the_session_ends(start: Start, moment: str):
    registry = start(domain=fault(f"2500-{moment}-commit"))
    with Peer(registry) as peer:
        assert peer.log_in().update("example.com", add=(some_ds(1),)).code == 2500
        assert peer.is_closed()
    assert held(registry) == expected(moment)


def test_2502_the_login_is_refused_and_takes_no_place(start: Start):
    registry = start(registry=fault("2502", ", times = 2"), limits=Limits(sessions=1))
    for _ in range(2):
        with Peer(registry) as peer:
            assert peer.ask(Login.answering(peer.greeting, "console", "open-sesame")).code == 2502
            assert peer.is_closed()
    assert held(registry) == ()


def test_refuse_gives_code_reason_and_language(start: Start):
    registry = start(domain=fault("refuse", ', code = 2304, lang = "de", reason = "Die Domain gehört Jürgen."'))
    with Peer(registry) as peer:
        tell(peer.log_in())
        body = peer.hear()
        assert b'<result code="2304"><msg>Object status prohibits operation</msg>' in body
        assert '<reason lang="de">Die Domain gehört Jürgen.</reason>'.encode() in body
        assert parse_response(body).reasons == ("Die Domain gehört Jürgen.",)
        assert peer.records("example.com") == ()


def test_refuse_gives_several_results_reasons_and_values(start: Start):
    more = (
        ', message = "Refus", lang = "fr", reason = ["Un", "Deux"], values = ["12345", "13"],'
        ' more = [{ code = 2005, reason = "Third" }, { code = 2308, message = "Fourth" }]'
    )
    registry = start(domain=fault("refuse", more))
    with Peer(registry) as peer:
        tell(peer.log_in())
        body = peer.hear()
        answer = parse_response(body)
        assert (answer.code, answer.message, answer.lang) == (2306, "Refus", "fr")
        assert answer.reasons == ("Un", "Deux", "Parameter value syntax error", "Third", "Fourth")
        assert body.count(b"<value>12345<undef/></value>") == 1
        assert [code in body for code in (b'code="2306"', b'code="2005"', b'code="2308"')] == [True] * 3
        assert peer.records("example.com") == ()


def test_refuse_with_a_code_above_2500_closes(start: Start):
    registry = start(domain=fault("refuse", ", code = 2501"))
    with Peer(registry) as peer:
        assert peer.log_in().update("example.com", add=(some_ds(1),)).code == 2501
        assert peer.is_closed()


def test_late_the_answer_comes_after_its_time(start: Start):
    registry = start(domain=fault("late", ", seconds = 0.05"))
    with Peer(registry) as peer:
        peer.log_in()
        began = time.monotonic()
        assert peer.update("example.com", add=(some_ds(1),)).code == 1000
        assert time.monotonic() - began >= 0.05


def test_late_the_change_is_done_before_the_answer_comes(start: Start):
    registry = start(domain=fault("late", ", seconds = 3600"))
    with Peer(registry) as peer:
        tell(peer.log_in())
        assert held_at_last(registry) == (some_ds(1),)
        peer.socket.settimeout(0)
        with pytest.raises(ssl.SSLWantReadError):
            peer.socket.recv(1)


def held_at_last(registry: RunningRegistry) -> tuple[Any, ...]:
    """What the registry holds, once it holds anything."""
    deadline = time.monotonic() + 5
    with Peer(registry) as peer:
        peer.log_in()
        while not (records := peer.records("example.com")):
            assert time.monotonic() < deadline
    return records


def test_late_a_peer_that_does_not_wait_leaves_no_session_behind(start: Start):
    registry = start(domain=fault("late", ", seconds = 3600"), limits=Limits(sessions=1))
    with Peer(registry) as peer:
        tell(peer.log_in())
    began = time.monotonic()
    while True:
        with Peer(registry) as peer:
            if peer.ask(Login.answering(peer.greeting, "console", "open-sesame")).code == 1000:
                break
            assert time.monotonic() - began < 5
    assert time.monotonic() - began < 2


def test_late_commit_the_change_comes_though_the_peer_has_gone(start: Start):
    registry = start(domain=fault("late-commit", ", seconds = 0.05"))
    with Peer(registry) as peer:
        peer.log_in()
        began = time.monotonic()
        tell(peer)
    assert held_at_last(registry) == (some_ds(1),)
    assert time.monotonic() - began >= 0.05


def test_slow_octets_the_answer_comes_one_by_one_and_whole(start: Start):
    registry = start(domain=fault("slow-octets", ", seconds = 0.1"))
    with Peer(registry) as peer:
        began = time.monotonic()
        tell(peer.log_in())
        assert len(peer.socket.recv(65536)) == 1
        rest = everything_of_a_frame(peer.socket)
        assert time.monotonic() - began >= 0.1
        assert parse_response(rest).code == 1000
        assert peer.records("example.com") == (some_ds(1),)


def everything_of_a_frame(connection: ssl.SSLSocket) -> bytes:
    """The body of a frame of less than 65536 octets of which the first octet was read."""
    first = [b"\0"]
    return read_frame(lambda count: first.pop() if first else connection.recv(count), 65535)


def test_maintenance_refuses_logins_and_commands_until_it_ends(start: Start):
    clock = Clock()
    registry = start(registry=fault("maintenance", ', seconds = 60, reason = "Back at noon."'), now=clock)
    clock.time += timedelta(seconds=61)
    with Peer(registry) as peer:
        peer.log_in()
        clock.time -= timedelta(seconds=2)
        asked = (InfoDomain("example.com"), PollRequest(), Logout())
        answers = [peer.update("example.com", add=(some_ds(1),)), *(peer.ask(command) for command in asked)]
        assert [(answer.code, answer.reasons) for answer in answers] == [(2400, ("Back at noon.",))] * 4
        with Peer(registry) as late:
            assert late.ask(Login.answering(late.greeting, "console", "open-sesame")).code == 2400
        # Another registry with the same login goes on.
        assert peer.records("example.nl") == ()
        clock.time += timedelta(seconds=2)
        assert peer.records("example.com") == ()


def test_maintenance_may_refuse_with_another_code(start: Start):
    registry = start(registry=fault("maintenance", ", code = 2500"))
    with Peer(registry) as peer:
        assert peer.ask(Login.answering(peer.greeting, "console", "open-sesame")).code == 2500
        assert peer.is_closed()


@contextmanager
def connected(registry: RunningRegistry) -> Iterator[ssl.SSLSocket]:
    """A TLS connection that was not greeted."""
    pki = registry.pki
    context = client_context(ca=pki.ca, cert=pki.client_cert, key=pki.client_key)
    with (
        socket.create_connection(("127.0.0.1", registry.port), 5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        yield connection


def test_no_greeting_comes_and_the_connection_stays(start: Start):
    registry = start(registry=fault("no-greeting", ", times = 1"))
    with connected(registry) as connection:
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert held(registry) == ()


def test_greeting_without_secdns_nothing_of_it_is_offered_on_this_connection(start: Start):
    registry = start(registry=fault("greeting-without-secdns", ", times = 1"))
    with Peer(registry) as peer:
        assert SECDNS not in peer.greeting.extension_uris
        peer.socket.sendall(frame(Hello().to_xml()))
        assert SECDNS not in peer.hear_greeting().extension_uris
        with Peer(registry) as other:
            assert SECDNS in other.greeting.extension_uris
            assert peer.ask(Login.answering(other.greeting, "console", "open-sesame")).code == 2103


def test_handshake_cut_the_next_connection_is_taken(start: Start):
    registry = start(registry=fault("handshake-cut", ", times = 1"))
    with pytest.raises(ssl.SSLError), connected(registry) as connection:
        connection.recv(1)
    assert held(registry) == ()


@pytest.mark.parametrize(
    ("kind", "octets"), [("dropped-before-commit", 0), ("half-frame-after-commit", None), ("garbled-after-commit", 67)]
)
def test_a_greeting_may_meet_what_an_answer_may(start: Start, kind: str, octets: int | None):
    registry = start(registry=fault(kind, ', commands = ["greeting"], times = 1'), limits=Limits(idle=0.05))
    with connected(registry) as connection:
        heard = everything(connection)
        assert len(heard) == (int.from_bytes(heard[:4]) // 2 if octets is None else octets)
    with connected(registry) as connection:
        assert parse_greeting(read_frame(connection.recv, 10**6)).versions == ("1.0",)


@pytest.mark.parametrize("moment", BOTH)
def test_a_login_is_undone_or_done(start: Start, moment: str):
    registry = start(registry=fault(f"silent-{moment}-commit", ', commands = ["login"], times = 1'))
    with Peer(registry) as peer:
        tell(peer, Login.answering(peer.greeting, "console", "open-sesame"))
        assert peer.ask(InfoDomain("example.com")).code == {"before": 2002, "after": 1000}[moment]


def test_a_hello_may_be_left_without_an_answer(start: Start):
    registry = start(registry=fault("dropped-before-commit", ', commands = ["hello"]'))
    with Peer(registry) as peer:
        peer.log_in().socket.sendall(frame(Hello().to_xml()))
        assert peer.is_closed()


def test_a_command_that_is_refused_anyway_meets_its_fault_too(start: Start):
    registry = start(domain=fault("dropped-after-commit"))
    with Peer(registry) as peer:
        tell(peer.log_in(), UpdateDomain("example.com", SecDnsUpdate(remove=(some_ds(1),))))
        assert everything(peer.socket) == b""


def test_the_first_ones_meet_it_and_then_no_more(start: Start):
    registry = start(domain=fault("2400-before-commit", ", times = 2"))
    with Peer(registry) as peer:
        peer.log_in()
        codes = [peer.update("example.com", add=(some_ds(1),)).code for _ in range(3)]
        assert codes == [2400, 2400, 1000]


def test_only_the_named_commands_and_names_meet_it(start: Start):
    registry = start(domain=fault("refuse", ', commands = ["info"]'))
    with Peer(registry) as peer:
        assert peer.log_in().ask(InfoDomain("EXAMPLE.com")).code == 2306
        assert peer.update("example.com", add=(some_ds(1),)).code == 1000
        assert peer.records("other.com") == ()


def test_the_nearest_one_wins(start: Start):
    nearest = {"domain": 2302, "tld": 2303, "registry": 2304}
    registry = start(**{place: fault("refuse", f", code = {code}, times = 1") for place, code in nearest.items()})
    with Peer(registry) as peer:
        peer.log_in()
        assert [peer.update("example.com", all=True).code for _ in range(4)] == [2302, 2303, 2304, 1000]
    assert [peer_code(registry, name) for name in ("other.com", "example.nl")] == [1000, 1000]


def peer_code(registry: RunningRegistry, name: str) -> int:
    with Peer(registry) as peer:
        return peer.log_in().update(name, add=(some_ds(1),)).code


def test_several_at_one_place_are_met_in_order(start: Start):
    both = 'fault = [{ kind = "refuse", code = 2302, times = 1 }, { kind = "refuse", code = 2303 }]'
    registry = start(tld=both)
    assert [peer_code(registry, "other.com") for _ in range(3)] == [2302, 2303, 2303]


def test_any_at_a_registry_means_its_sessions_too_and_no_other_registry_s_domains(start: Start):
    registry = start(registry=fault("refuse", ', commands = ["any"]'))
    with Peer(registry) as peer:
        assert peer.ask(Login.answering(peer.greeting, "console", "open-sesame")).code == 2306
        set_faults(registry.directory, ("registry", "north"), [], Clock()())
        peer.log_in()
        (registry.directory / SWITCHES).unlink()
        assert [peer.ask(command).code for command in (PollRequest(), InfoDomain("other.com"))] == [2306, 2306]
        assert peer.ask(InfoDomain("example.nl")).code == 1000


def test_it_is_switched_on_and_off_while_sessions_go_on(start: Start):
    registry = start(domain=fault("refuse", ", code = 2302"))
    clock = Clock()
    with Peer(registry) as peer:
        peer.log_in()

        def asked() -> int:
            return peer.update("example.com", remove=(some_ds(9),)).code

        seen = [asked()]
        for written in ([{"kind": "refuse", "code": 2304, "times": 2}], [], [{"kind": "refuse", "code": 2305}]):
            set_faults(registry.directory, ("domain", "example.com"), written, clock())
            seen += [asked(), asked(), asked()]
        assert seen == [2302, 2304, 2304, 2303, 2303, 2303, 2303, 2305, 2305, 2305]
        (registry.directory / SWITCHES).unlink()
        assert asked() == 2302


def test_what_is_switched_elsewhere_does_not_count_anew(start: Start):
    registry, now = start(), Clock()()
    with Peer(registry) as peer:
        peer.log_in()
        once = [{"kind": "refuse", "code": 2305, "times": 1}]
        set_faults(registry.directory, ("domain", "example.com"), once, now)
        assert peer.update("example.com", all=True).code == 2305
        set_faults(registry.directory, ("tld", "nl"), once, now)
        assert peer.update("example.com", add=(some_ds(1),)).code == 1000
        set_faults(registry.directory, ("domain", "example.com"), once, now + timedelta(seconds=1))
        assert peer.update("example.com", all=True).code == 2305


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1]",
        "[" * 10,
        '[{"level": "tld", "name": [], "since": "noon", "faults": []}]',
        '[{"level": "tld", "name": "com", "since": "2030-01-01T00:00:00Z", "faults": [{}]}]',
    ],
)
def test_a_file_of_switches_that_cannot_be_used_changes_nothing(
    start: Start, caplog: pytest.LogCaptureFixture, content: str
):
    registry = start(domain=fault("refuse", ", code = 2302"))
    (registry.directory / SWITCHES).write_text(content)
    with Peer(registry) as peer:
        peer.log_in()
        assert [peer.update("example.com", all=True).code for _ in range(3)] == [2302] * 3
    assert len([found for found in caplog.records if found.levelname == "ERROR"]) == 1


def test_switches_outlast_the_registry_and_their_counts_do_not(world: World, tmp_path: Path):
    with running(world, tmp_path) as registry:
        set_faults(tmp_path, ("tld", "com"), [{"kind": "refuse", "code": 2305, "times": 1}], Clock()())
        assert [peer_code(registry, "example.com") for _ in range(2)] == [2305, 1000]
    with running(world, tmp_path) as registry:
        assert [peer_code(registry, "client-locked.com") for _ in range(2)] == [2305, 2304]


def test_every_kind_is_documented_and_none_else():
    text = (Path(__file__).resolve().parents[2] / "docs" / "world.md").read_text()
    table = text.split("## Scripted faults")[1].split("\n## ")[0]
    rows = [row.split("|")[1] for row in table.splitlines() if row.startswith("| `")]
    assert [kind for row in rows for kind in re.findall("`([^`]+)`", row) if kind not in FAULT_KEYS] == list(KINDS)
