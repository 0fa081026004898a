"""Length and body over real sockets: fragmented, coalesced, absurd and cut frames (RFC 5734, section 4)."""

import socket
import threading
from collections.abc import Iterator

import pytest

from domains.epp.errors import BadLength, StreamEnded
from domains.epp.framing import body_length, frame, read_frame

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    near, far = socket.socketpair()
    near.settimeout(5)
    with near, far:
        yield near, far


def test_the_length_counts_its_own_four_octets():
    assert frame(b"<epp/>") == b"\0\0\0\x0a<epp/>"


def test_reads_a_frame_that_arrives_octet_by_octet(pair: Pair):
    near, far = pair
    sent = frame(b"<epp>one</epp>")

    def trickle() -> None:
        for octet in sent:
            far.sendall(bytes([octet]))

    thread = threading.Thread(target=trickle)
    thread.start()
    assert read_frame(near.recv, 1000) == b"<epp>one</epp>"
    thread.join()


def test_reads_several_frames_that_arrive_at_once(pair: Pair):
    near, far = pair
    far.sendall(frame(b"<one/>") + frame(b"<two/>") + frame(b"<three/>"))
    assert [read_frame(near.recv, 1000) for _ in range(3)] == [b"<one/>", b"<two/>", b"<three/>"]


@pytest.mark.parametrize("total", [0, 1, 4, 1001, 2**32 - 1])
def test_refuses_an_absurd_length_without_reading_on(pair: Pair, total: int):
    near, far = pair
    far.sendall(total.to_bytes(4) + b"rest")
    with pytest.raises(BadLength):
        read_frame(near.recv, 1000)
    assert near.recv(10) == b"rest"


def test_the_limit_itself_is_allowed():
    assert body_length((1000).to_bytes(4), 1000) == 996


@pytest.mark.parametrize("sent", [b"", b"\0\0", b"\0\0\0\x0a", b"\0\0\0\x0a<epp"])
def test_an_end_of_the_stream_is_an_end_wherever_it_comes(pair: Pair, sent: bytes):
    near, far = pair
    far.sendall(sent)
    far.close()
    with pytest.raises(StreamEnded):
        read_frame(near.recv, 1000)
