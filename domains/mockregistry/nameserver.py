"""The registry's name server: UDP and TCP (RFC 1035, section 4.2; RFC 7766), EDNS (RFC 6891), and how much of anything
a stranger may ask of it. What the answers are, the zones know."""

import asyncio
import contextlib
import errno
import logging
import socket
import sqlite3
import struct
from collections.abc import Callable
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.rdataclass
import dns.rdatatype
from dns.message import Message
from dns.opcode import Opcode
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from domains.mockregistry.denial import labels_of
from domains.mockregistry.hierarchy import ROOT_ADDRESS, Hierarchy, Zones
from domains.mockregistry.publication import Publication
from domains.mockregistry.zones import Answer, Zone
from domains.world import World

LOOPBACK = "127.0.0.1"
HEADER = struct.Struct("!HBBHHHH")
# A question of the longest name, with EDNS and a few options; who sends more than this asks nothing.
LARGEST_QUERY = 1232
# What passes every network whole (RFC 9715, section 3.1), and what does so without EDNS (RFC 1035, section 4.2.1).
LARGEST_DATAGRAM, PLAIN_DATAGRAM, LARGEST_ANSWER = 1232, 512, 65535
MOST_CONNECTIONS, IDLE = 100, 10.0
MOST_DELAYED = 1000
PORT_ATTEMPTS = 50
TRANSFERS_AND_THE_LIKE = range(128, 255)

logger = logging.getLogger(__name__)


class NameServer:
    """Serves the zones of a world whose store lies in ``store``, beside the keys of the zones."""

    def __init__(self, world: World, store: Path, now: Callable[[], datetime]) -> None:
        self.port = 0
        self._world = world
        self._store = store
        self._now = now
        self._transports: list[asyncio.DatagramTransport] = []
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0, address: str = LOOPBACK) -> None:
        """Listens on this port, or on any free one, which ``port`` then names; ``address`` answers for all zones too.

        Raises OSError, ValueError, sqlite3.Error.
        """
        apart = _is_ours(ROOT_ADDRESS)
        if not apart:
            logger.warning("Only 127.0.0.1 is on this machine's loopback, so all zones are served at one address.")
        self._publication = Publication.open(self._store)
        try:
            everywhere = tuple(dict.fromkeys((LOOPBACK, address)))
            self._hierarchy = Hierarchy(
                self._world, self._store.parent, self._publication, self._now, everywhere=everywhere, apart=apart
            )
            await self._listen(port)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stops listening, ends all connections and closes the store."""
        for server in self._servers:
            server.close()
        for transport in self._transports:
            transport.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._publication.close()

    async def _listen(self, port: int) -> None:
        for address, udp, tcp in _bound(list(self._hierarchy.places), port):
            zones = self._hierarchy.places[address]
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(partial(_Datagrams, self._hierarchy, zones), sock=udp)
            self._transports.append(transport)

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, zones: Zones = zones) -> None:
                await self._serve(reader, writer, zones)

            self._servers.append(await asyncio.start_server(serve, sock=tcp, limit=LARGEST_QUERY + 2))
            self.port = udp.getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, zones: Zones) -> None:
        task = cast(asyncio.Task[None], asyncio.current_task())
        self._connections.add(task)
        try:
            if len(self._connections) > MOST_CONNECTIONS:
                return
            while True:
                async with asyncio.timeout(IDLE):
                    length = int.from_bytes(await reader.readexactly(2))
                    if length > LARGEST_QUERY:
                        return
                    answer = respond(self._hierarchy, zones, await reader.readexactly(length), datagram=False)
                    if answer is None:
                        return
                    octets, delay = answer
                    await asyncio.sleep(delay)
                    writer.write(len(octets).to_bytes(2) + octets)
                    await writer.drain()
        except (EOFError, OSError):
            return
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            self._connections.discard(task)


def respond(hierarchy: Hierarchy, zones: Zones, wire: bytes, *, datagram: bool) -> tuple[bytes, float] | None:
    """Returns the response to a query at an address with these zones, and how many seconds it is to take; None for what
    is no query."""
    if len(wire) < HEADER.size:
        return None
    _number, flags, _rest, questions, answers, authorities, additionals = HEADER.unpack_from(wire)
    if flags & 0x80:
        return None
    if flags >> 3 & 15 != Opcode.QUERY:
        return _refusal(wire, Rcode.NOTIMP), 0
    if (questions, answers, authorities) != (1, 0, 0) or additionals > 2 or len(wire) > LARGEST_QUERY:
        return _refusal(wire, Rcode.FORMERR), 0
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return _refusal(wire, Rcode.FORMERR), 0
    response = dns.message.make_response(query, our_payload=LARGEST_DATAGRAM, pad=0)
    response.flags |= query.flags & dns.flags.CD
    zone = None
    if query.edns > 0:
        response.set_rcode(Rcode.BADVERS)
    elif _is_current(hierarchy):
        zone = _zone_for(query, zones)
        _fill(response, query, zone)
    else:
        response.set_rcode(Rcode.SERVFAIL)
    limit = LARGEST_ANSWER
    if datagram:
        limit = max(PLAIN_DATAGRAM, min(query.payload, LARGEST_DATAGRAM)) if query.edns >= 0 else PLAIN_DATAGRAM
    return _to_wire(response, limit), zone.delay if zone is not None else 0


class _Datagrams(asyncio.DatagramProtocol):
    """The datagrams of one address. What cannot be sent at once, or would have to wait in too long a row, is dropped:
    whoever asks by UDP asks again."""

    def __init__(self, hierarchy: Hierarchy, zones: Zones) -> None:
        self._hierarchy = hierarchy
        self._zones = zones
        self._full = False
        self._delayed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._full or self._delayed >= MOST_DELAYED:
            return
        answer = respond(self._hierarchy, self._zones, data, datagram=True)
        if answer is not None:
            octets, delay = answer
            self._delayed += 1
            if delay:
                asyncio.get_running_loop().call_later(delay, self._send, octets, addr)
            else:
                self._send(octets, addr)

    def _send(self, octets: bytes, addr: tuple[str, int]) -> None:
        self._delayed -= 1
        if not self._transport.is_closing():
            self._transport.sendto(octets, addr)


def _is_current(hierarchy: Hierarchy) -> bool:
    """Whether all that was committed or switched is in the zones."""
    try:
        hierarchy.refresh()
    except (sqlite3.Error, OSError, ValueError):
        logger.exception("The store failed.")
        return False
    return True


def _fill(response: Message, query: Message, zone: Zone | None) -> None:
    if zone is None:
        response.set_rcode(Rcode.REFUSED)
        return
    question, dnssec = query.question[0], bool(query.ednsflags & dns.flags.DO)
    if dnssec:
        response.ednsflags |= dns.flags.DO
    answer: Answer = zone.answer(question.name, question.rdtype, dnssec=dnssec)
    response.set_rcode(answer.rcode)
    response.flags |= dns.flags.AA if answer.authoritative else 0
    response.answer, response.authority, response.additional = answer.answer, answer.authority, answer.additional


def _zone_for(query: Message, zones: Zones) -> Zone | None:
    """The zone that answers the question, or None when it is none of ours, of another class, or about no records."""
    question = query.question[0]
    about_records = question.rdtype not in TRANSFERS_AND_THE_LIKE and question.rdtype != RdataType.OPT
    if question.rdclass != dns.rdataclass.IN or not about_records:
        return None
    labels = labels_of(question.name)
    fitting = [labels[:end] for end in range(len(labels), -1, -1) if labels[:end] in zones]
    # DS records stand above the cut (RFC 4035, section 3.1.4.1).
    if question.rdtype == RdataType.DS and len(fitting) > 1 and fitting[0] == labels:
        fitting = fitting[1:]
    return zones[fitting[0]] if fitting else None


def _to_wire(response: Message, limit: int) -> bytes:
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        # Part of an answer is worth nothing: the question again, and TC, which sends the asker to TCP.
        response.answer, response.authority, response.additional = [], [], []
        response.flags |= dns.flags.TC
        return response.to_wire(max_size=limit)


def _refusal(wire: bytes, rcode: Rcode) -> bytes:
    """A header alone: number, operation and RD as they came."""
    number, flags, *_ = HEADER.unpack_from(wire)
    return HEADER.pack(number, 0x80 | flags & 0x79, rcode, 0, 0, 0, 0)


def _is_ours(address: str) -> bool:
    """True when this machine answers at the address."""
    with socket.socket(_family(address), socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError as trouble:
            if trouble.errno == errno.EADDRNOTAVAIL:
                return False
            raise
    return True


def _bound(addresses: list[str], port: int) -> list[tuple[str, socket.socket, socket.socket]]:
    """Sockets for UDP and TCP on one port of all addresses; where none is given, on one that is free everywhere."""
    attempts = 1 if port else PORT_ATTEMPTS
    while True:
        sockets: list[socket.socket] = []
        attempts -= 1
        try:
            found, number = [], port
            for address in addresses:
                if not _is_ours(address):
                    logger.warning("%s is not an address of this machine, so no zone is served there.", address)
                    continue
                pair = []
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    made = socket.socket(_family(address), kind)
                    sockets.append(made)
                    if kind == socket.SOCK_STREAM:
                        # A registry that starts again must not wait for connections of its last life.
                        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    made.bind((address, number))
                    number = made.getsockname()[1]
                    pair.append(made)
                found.append((address, pair[0], pair[1]))
            return found
        except OSError as trouble:
            for made in sockets:
                made.close()
            if trouble.errno != errno.EADDRINUSE or attempts <= 0:
                raise OSError(trouble.errno, f"{address} port {port}: {trouble.strerror}") from trouble


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ip_address(address).version == 6 else socket.AF_INET
