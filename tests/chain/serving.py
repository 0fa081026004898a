"""Puts the servers of a world on the loopback, by UDP and TCP, all on one port; with habits for what comes out."""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator

import dns.exception
import dns.flags
import dns.message

from dnssec.chain import Trouble
from tests.chain.world import World

# What a server does with a query's octets: the datagrams it sends back, from this socket (or any that it makes itself).
Raw = Callable[[bytes, bool], list[bytes]]


class Serving:
    """Name servers in a thread of their own."""

    def __init__(self, world: World, *, limit: int = 1232) -> None:
        self.world = world
        self.raw: dict[str, Raw] = {}
        self.without_tcp: set[str] = set()
        self.without_udp: set[str] = set()
        self.limit = limit
        self.port = 0
        self.asked: list[str] = []
        self.before_answering: Callable[[str, bytes, object], None] = lambda _address, _wire, _peer: None
        self._stop = threading.Event()

    @contextlib.contextmanager
    def running(self, *more: str, port: int = 0) -> Iterator["Serving"]:
        """Listens until the end of the block; at further addresses too."""
        addresses = [*self.world.zones, *more]
        with contextlib.ExitStack() as stack:
            selector = stack.enter_context(selectors.DefaultSelector())
            for address in addresses:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                udp = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
                udp.bind((address, port or self.port))
                self.port = self.port or udp.getsockname()[1]
                if address not in self.without_udp:
                    selector.register(udp, selectors.EVENT_READ, ("udp", address))
                else:
                    udp.close()
                if address not in self.without_tcp:
                    tcp = stack.enter_context(socket.create_server((address, self.port), family=family))
                    selector.register(tcp, selectors.EVENT_READ, ("tcp", address))
            thread = threading.Thread(target=self._serve, args=(selector,))
            thread.start()
            try:
                yield self
            finally:
                self._stop.set()
                thread.join()

    def _serve(self, selector: selectors.BaseSelector) -> None:
        while not self._stop.is_set():
            for key, _events in selector.select(0.02):
                kind, address = key.data
                sock = key.fileobj
                assert isinstance(sock, socket.socket)
                with contextlib.suppress(OSError, dns.exception.DNSException):
                    if kind == "udp":
                        wire, peer = sock.recvfrom(65535)
                        self.before_answering(address, wire, peer)
                        for octets in self._answers(address, wire, datagram=True):
                            sock.sendto(octets, peer)
                    else:
                        connection, _peer = sock.accept()
                        with connection:
                            connection.settimeout(0.5)
                            length = int.from_bytes(_exactly(connection, 2))
                            wire = _exactly(connection, length)
                            for octets in self._answers(address, wire, datagram=False):
                                connection.sendall(len(octets).to_bytes(2) + octets)

    def _answers(self, address: str, wire: bytes, *, datagram: bool) -> list[bytes]:
        self.asked.append(address)
        if address in self.raw:
            return self.raw[address](wire, datagram)
        query = dns.message.from_wire(wire)
        habit = self.world.habits.get(address, lambda asked, respond: respond(asked))
        told = habit(query, lambda asked: self.world.respond(address, asked))
        if isinstance(told, Trouble):
            return []
        octets = told.to_wire(max_size=65535)
        if datagram and len(octets) > (self.limit if query.edns >= 0 else 512):
            short = dns.message.make_response(query)
            short.flags |= dns.flags.TC | dns.flags.AA
            octets = short.to_wire()
        return [octets]


def _exactly(connection: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count:
        more = connection.recv(count - len(octets))
        if not more:
            raise OSError("closed")
        octets += more
    return octets
