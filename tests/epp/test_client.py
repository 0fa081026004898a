"""The client against a small scripted server over real TLS: every way an exchange can go wrong, and the word on
whether the command may have been carried out."""

import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from domains.epp.client import AnswerLost, Client, NotSent, client_context
from domains.epp.codes import ResultCode
from domains.epp.commands import InfoDomain, Logout
from domains.epp.framing import frame, read_frame
from domains.mockregistry.pki import Pki, ensure_pki
from tests.epp.vectors import GREETING, response

Script = Callable[[ssl.SSLSocket], None]
Play = Callable[..., Client]
TR = "ABC-12345"
ASK = InfoDomain("example.com")


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return ensure_pki(tmp_path_factory.mktemp("pki"))


class Peer:
    """A server for one connection, which does what the script says and then closes."""

    def __init__(self, pki: Pki, script: Script) -> None:
        self.received: list[bytes] = []
        self._script = script
        self._context = pki.server_context()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError), self._listener:
            plain, _ = self._listener.accept()
            plain.settimeout(5)
            with self._context.wrap_socket(plain, server_side=True) as connection:
                self._script(connection)
                with suppress(OSError):
                    connection.unwrap()

    def end(self) -> None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._thread.join()


@pytest.fixture
def play(pki: Pki) -> Iterator[Play]:
    """Connects a client to a server that greets and then does what the script says."""
    peers: list[Peer] = []
    clients: list[Client] = []

    def start(script: Script, *, greeting: bytes = frame(GREETING), timeout: float = 5) -> Client:
        def greet(connection: ssl.SSLSocket) -> None:
            connection.sendall(greeting)
            script(connection)

        peers.append(Peer(pki, greet))
        context = client_context(ca=pki.ca, cert=pki.client_cert, key=pki.client_key)
        clients.append(Client.connect("127.0.0.1", peers[-1].port, context=context, timeout=timeout))
        return clients[-1]

    yield start
    for client in clients:
        client.close()
    for peer in peers:
        peer.end()


def hear(connection: ssl.SSLSocket) -> bytes:
    return read_frame(connection.recv, 65536)


def answering(*pieces: bytes) -> Script:
    """Hears one command, then sends these pieces."""

    def script(connection: ssl.SSLSocket) -> None:
        hear(connection)
        for piece in pieces:
            connection.sendall(piece)

    return script


def until_closed(connection: ssl.SSLSocket) -> None:
    connection.recv(1)


def test_reads_the_greeting_and_gets_answers(play: Play):
    def script(connection: ssl.SSLSocket) -> None:
        for cl_trid in ("ABC-00001", "ABC-00002"):
            hear(connection)
            connection.sendall(frame(response(cl_trid=cl_trid)))
        until_closed(connection)

    client = play(script)
    assert client.greeting.server_id == "Example EPP server epp.example.com"
    assert client.send(ASK, cl_trid="ABC-00001").sv_trid == "54321-XYZ"
    assert client.send(ASK, cl_trid="ABC-00002").code is ResultCode.DONE
    assert client.usable


def test_header_and_body_leave_in_one_tls_record(play: Play):
    first: list[bytes] = []

    def script(connection: ssl.SSLSocket) -> None:
        first.append(connection.recv(65536))
        connection.sendall(frame(response(cl_trid=TR)))

    play(script).send(ASK, cl_trid=TR)
    assert first == [frame(ASK.to_xml(TR))]


def test_reads_an_answer_that_comes_in_pieces(play: Play):
    octets = frame(response(cl_trid=TR))
    client = play(answering(*(octets[place : place + 7] for place in range(0, len(octets), 7))))
    assert client.send(ASK, cl_trid=TR).cl_trid == TR


def test_a_refusal_is_an_answer_and_leaves_the_client_usable(play: Play):
    def script(connection: ssl.SSLSocket) -> None:
        answering(frame(response(code=2303, cl_trid=TR)))(connection)
        until_closed(connection)

    client = play(script)
    assert client.send(ASK, cl_trid=TR).code is ResultCode.OBJECT_DOES_NOT_EXIST
    assert client.usable


@pytest.mark.parametrize("code", [1500, 2500, 2501, 2502])
def test_an_answer_that_closes_the_session_closes_the_client(play: Play, code: int):
    client = play(answering(frame(response(code=code, cl_trid=TR))))
    assert client.send(Logout(), cl_trid=TR).code == code
    assert not client.usable
    with pytest.raises(NotSent, match="closed"):
        client.send(ASK, cl_trid=TR)


@pytest.mark.parametrize(
    "pieces",
    [
        [],
        [b"\0\0"],
        [frame(response(cl_trid=TR))[:-5]],
        [b"\0\0\0\0"],
        [b"\0\0\0\x04"],
        [b"\xff\xff\xff\xff"],
        [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
        [frame(b"<epp><not closed")],
        [frame(b"<!DOCTYPE epp>" + response(cl_trid=TR))],
        [frame(GREETING)],
        [frame(response(cl_trid="ABC-99999"))],
        [frame(response(cl_trid=None))],
        [frame(response(code=1234, cl_trid=TR))],
    ],
    ids=[
        "end",
        "half a length",
        "half a frame",
        "zero",
        "empty",
        "huge",
        "http",
        "not xml",
        "dtd",
        "greeting",
        "other id",
    ]
    + ["no id", "unknown code"],
)
def test_without_a_clean_answer_the_outcome_is_unknown(play: Play, pieces: list[bytes]):
    client = play(answering(*pieces))
    with pytest.raises(AnswerLost):
        client.send(ASK, cl_trid=TR)
    assert not client.usable


def test_an_answer_that_is_late_is_lost_though_octets_keep_coming(play: Play):
    def script(connection: ssl.SSLSocket) -> None:
        hear(connection)
        with suppress(OSError):
            for octet in frame(response(cl_trid=TR)):
                connection.sendall(bytes([octet]))
                time.sleep(0.01)

    client = play(script)
    began = time.monotonic()
    with pytest.raises(AnswerLost, match="time"):
        client.send(ASK, cl_trid=TR, timeout=0.1)
    assert 0.09 < time.monotonic() - began < 1
    assert not client.usable


def test_a_server_that_closed_while_idle_means_not_sent(play: Play):
    client = play(lambda connection: None)
    _wait_until_readable(client)
    with pytest.raises(NotSent, match="closed the connection before"):
        client.send(ASK, cl_trid=TR)
    assert not client.usable


def test_a_connection_reset_while_idle_means_not_sent(play: Play):
    greeted = threading.Event()

    def script(connection: ssl.SSLSocket) -> None:
        greeted.wait(5)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.socket(fileno=connection.detach()).close()

    client = play(script)
    greeted.set()
    _wait_until_readable(client)
    with pytest.raises(NotSent):
        client.send(ASK, cl_trid=TR)


def test_an_answer_nobody_asked_for_means_out_of_step_and_nothing_is_sent(play: Play):
    heard: list[bytes] = []

    def script(connection: ssl.SSLSocket) -> None:
        connection.sendall(frame(response(cl_trid="ABC-00000")))
        heard.append(connection.recv(65536))

    client = play(script)
    _wait_until_readable(client)
    with pytest.raises(NotSent, match="out of step"):
        client.send(ASK, cl_trid=TR)
    assert not client.usable
    _wait_for(lambda: heard == [b""])


def test_an_answer_with_another_behind_it_is_taken_and_the_next_command_is_not_sent(play: Play):
    client = play(answering(frame(response(cl_trid=TR)) + frame(response(cl_trid=TR))))
    assert client.send(ASK, cl_trid=TR).code is ResultCode.DONE
    with pytest.raises(NotSent, match="out of step"):
        client.send(ASK, cl_trid=TR)


def test_a_command_that_cannot_be_written_as_xml_leaves_the_client_usable(play: Play):
    client = play(until_closed)
    with pytest.raises(ValueError, match="3 to 64"):
        client.send(ASK, cl_trid="x")
    assert client.usable


def test_a_command_that_is_not_written_out_in_time_may_have_been_carried_out(play: Play):
    release = threading.Event()
    client = play(lambda connection: release.wait(5) and None)
    with pytest.raises(AnswerLost, match="could not be written"):
        client.send(InfoDomain("x" * 8_000_000), cl_trid=TR, timeout=0.1)
    release.set()


def test_a_command_whose_time_is_up_before_the_first_write_is_not_sent(play: Play):
    client = play(until_closed)
    with pytest.raises(NotSent, match="the time is up"):
        client.send(ASK, cl_trid=TR, timeout=0)


def test_a_connection_that_breaks_at_the_first_write_means_not_sent(play: Play, monkeypatch: pytest.MonkeyPatch):
    client = play(until_closed)
    monkeypatch.setattr(client._connection, "send", _broken_pipe)
    with pytest.raises(NotSent, match="could not be written"):
        client.send(ASK, cl_trid=TR)
    assert not client.usable


def test_an_exception_from_elsewhere_leaves_the_client_unusable(play: Play, monkeypatch: pytest.MonkeyPatch):
    class Interrupted(BaseException):
        pass

    def interrupt(self: Client, deadline: float) -> bytes:
        raise Interrupted

    client = play(until_closed)
    monkeypatch.setattr(Client, "_read", interrupt)
    with pytest.raises(Interrupted):
        client.send(ASK, cl_trid=TR)
    assert not client.usable


def test_hello_brings_a_fresh_greeting(play: Play):
    def script(connection: ssl.SSLSocket) -> None:
        answering(frame(GREETING.replace(b"2000-06-08", b"2001-06-08")))(connection)
        until_closed(connection)

    client = play(script)
    assert client.hello().server_date.year == 2001
    assert client.greeting.server_date.year == 2001
    assert client.usable


def test_a_hello_that_is_not_answered_means_not_sent(play: Play):
    client = play(answering(frame(response(cl_trid=TR))))
    with pytest.raises(NotSent):
        client.hello()
    assert not client.usable


@pytest.mark.parametrize(
    "greeting", [b"", b"\0\0", frame(response()), b"\xff\xff\xff\xff", b"220 mail.example ESMTP\r\n"]
)
def test_without_a_greeting_there_is_no_client(play: Play, greeting: bytes):
    with pytest.raises(NotSent, match="No greeting"):
        play(lambda connection: None, greeting=greeting)


def test_a_server_that_does_not_greet_in_time_means_not_sent(play: Play):
    with pytest.raises(NotSent, match="time"):
        play(until_closed, greeting=b"", timeout=0.1)


def test_nobody_listening_means_not_sent(pki: Pki):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent, match="No connection"):
        Client.connect("127.0.0.1", port, context=client_context(ca=pki.ca, cert=None, key=None), timeout=1)


@pytest.mark.parametrize(("host", "port"), [("x" * 70 + ".example", 700), ("127.0.0.1", 70000)])
def test_an_address_that_cannot_be_one_means_not_sent(pki: Pki, host: str, port: int):
    with pytest.raises(NotSent, match="No connection"):
        Client.connect(host, port, context=client_context(ca=pki.ca, cert=None, key=None), timeout=1)


def test_a_server_without_tls_is_not_waited_for_longer_than_the_timeout(pki: Pki):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = client_context(ca=pki.ca, cert=None, key=None)
        with pytest.raises(NotSent, match="No secure connection"):
            Client.connect("127.0.0.1", listener.getsockname()[1], context=context, timeout=0.1)


def test_a_certificate_for_another_name_is_refused(pki: Pki):
    peer = Peer(pki, until_closed)
    context = client_context(ca=pki.ca, cert=pki.client_cert, key=pki.client_key)
    with pytest.raises(NotSent, match="epp.example.com"):
        Client.connect("127.0.0.1", peer.port, context=context, timeout=5, server_hostname="epp.example.com")
    peer.end()


def test_the_name_in_the_certificate_may_be_given(pki: Pki):
    def greet(connection: ssl.SSLSocket) -> None:
        connection.sendall(frame(GREETING))
        until_closed(connection)

    peer = Peer(pki, greet)
    context = client_context(ca=pki.ca, cert=pki.client_cert, key=pki.client_key)
    with closing(
        Client.connect("127.0.0.1", peer.port, context=context, timeout=5, server_hostname="localhost")
    ) as client:
        assert client.usable
    peer.end()


def test_a_certificate_of_another_authority_is_refused(pki: Pki, tmp_path: Path):
    other = ensure_pki(tmp_path / "pki")
    peer = Peer(pki, until_closed)
    with pytest.raises(NotSent, match="certificate"):
        Client.connect("127.0.0.1", peer.port, context=client_context(ca=other.ca, cert=None, key=None), timeout=5)
    peer.end()


def test_a_client_certificate_that_the_server_refuses_means_not_sent(pki: Pki, tmp_path: Path):
    other = ensure_pki(tmp_path / "pki")
    peer = Peer(pki, until_closed)
    context = client_context(ca=pki.ca, cert=other.client_cert, key=other.client_key)
    with pytest.raises(NotSent):
        Client.connect("127.0.0.1", peer.port, context=context, timeout=5)
    peer.end()


def test_the_context_checks_names_and_speaks_tls_1_2_or_newer(pki: Pki):
    context = client_context(ca=pki.ca, cert=pki.client_cert, key=pki.client_key)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_closing_tells_the_peer_and_may_be_repeated(play: Play):
    ends: list[bytes] = []
    client = play(lambda connection: ends.append(connection.recv(1)))
    client.close()
    client.close()
    _wait_for(lambda: ends == [b""])


def _broken_pipe(octets: memoryview) -> int:
    raise BrokenPipeError("Broken pipe")


def _wait_until_readable(client: Client) -> None:
    """Waits until what the server did last has arrived."""
    assert select.select([client._connection], [], [], 5)[0]


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
