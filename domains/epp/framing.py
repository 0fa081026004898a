"""The data unit of EPP over TCP (RFC 5734, section 4): four octets of length, which count themselves, then one XML
document."""

from collections.abc import Callable

from domains.epp.errors import BadLength, StreamEnded

HEADER = 4
LARGEST_PIECE = 65536


def frame(body: bytes) -> bytes:
    """Returns header and body as one string, so that they leave in one write."""
    return (len(body) + HEADER).to_bytes(HEADER) + body


def body_length(header: bytes, limit: int) -> int:
    """Returns how many octets follow the header; BadLength when there are none or the frame exceeds the limit."""
    total = int.from_bytes(header)
    if not HEADER < total <= limit:
        raise BadLength(f"A frame announces {total} octets; {HEADER + 1} to {limit} are allowed.")
    return total - HEADER


def read_frame(receive: Callable[[int], bytes], limit: int) -> bytes:
    """Returns the body of the next frame. ``receive(n)`` gives 1 to n octets, and none at the end of the stream.

    Raises BadLength before any of the body is read, StreamEnded when the stream ends early.
    """
    return _read_exactly(receive, body_length(_read_exactly(receive, HEADER), limit))


def _read_exactly(receive: Callable[[int], bytes], count: int) -> bytes:
    octets = bytearray()
    while len(octets) < count:
        piece = receive(min(count - len(octets), LARGEST_PIECE))
        if not piece:
            raise StreamEnded("The peer ended the stream in place of a complete frame.")
        octets += piece
    return bytes(octets)
