"""Sending a question and waiting for its answer: UDP, again, TCP, without EDNS; all within the time of one server."""

import asyncio
import errno
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.inet
import dns.message
import dns.rcode
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType

from dnssec.chain.recorded import Answer, Question, Trouble
from dnssec.lookups.addresses import may_be_asked

PAYLOAD = 1232  # What passes every network whole (RFC 9715 section 3.1).
MOST_AT_ONCE = 64
ENOUGH_SILENCE = 3
# Of the time that a server has, when it is asked again, and when it is tried by TCP as well.
AGAIN, BY_TCP = 0.3, 0.6


@dataclass(frozen=True, slots=True)
class Resolution:
    """Where a walk begins and what it may cost.

    `timeout` is what one silent server costs, `patience` what a whole walk may take, in seconds; `budget` is the number
    of questions. With `allow_private` the addresses of private networks and of this machine are asked too.
    """

    hints: Mapping[Name, tuple[str, ...]]
    port: int = 53
    allow_private: bool = False
    timeout: float = 2.0
    patience: float = 12.0
    budget: int = 1500


class Network(Protocol):
    """Whom questions are put to."""

    resolution: Resolution
    queries: int

    async def ask(self, server: str, name: Name, rdtype: RdataType) -> Answer:
        """What a server says; never raises."""

    async def ask_all(self, servers: Iterable[str], questions: Iterable[tuple[Name, RdataType]]) -> list[Answer]:
        """What each of the servers says to each of the questions."""


class Sockets:
    """Sends questions, each only once, and remembers the answers."""

    def __init__(self, resolution: Resolution) -> None:
        self.resolution = resolution
        self.queries = 0
        self._ends = time.monotonic() + resolution.patience
        self._asked: dict[Question, asyncio.Task[Answer]] = {}
        self._heard: set[str] = set()
        self._silent: dict[str, Trouble] = {}
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)
        self._backend = dns.asyncbackend.get_backend("asyncio")

    async def ask(self, server: str, name: Name, rdtype: RdataType) -> Answer:
        """What a server says; never raises."""
        question = (server, name, rdtype)
        if question not in self._asked:
            self._asked[question] = asyncio.create_task(self._ask(*question))
        return await self._asked[question]

    async def ask_all(self, servers: Iterable[str], questions: Iterable[tuple[Name, RdataType]]) -> list[Answer]:
        """What each of the servers says to each of the questions."""
        every = [(server, *question) for question in questions for server in servers]
        return list(await asyncio.gather(*(self.ask(*question) for question in every)))

    async def close(self) -> None:
        """Ends what is still under way."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def _ask(self, server: str, name: Name, rdtype: RdataType) -> Answer:
        if not may_be_asked(server, allow_private=self.resolution.allow_private):
            return Answer(server, name, rdtype, trouble=Trouble.NOT_PUBLIC)
        async with self._turn:
            if server in self._silent and server not in self._heard:
                return Answer(server, name, rdtype, trouble=self._silent[server])
            if ":" in server and self._seems_without_ipv6():
                return Answer(server, name, rdtype, trouble=Trouble.NO_ROUTE)
            seconds = min(self.resolution.timeout, self._ends - time.monotonic())
            if seconds <= 0 or self.queries >= self.resolution.budget:
                return Answer(server, name, rdtype, trouble=Trouble.NOT_ASKED)
            self.queries += 1
            ends = time.time() + seconds
            answer = await self._exchange(server, name, rdtype, ends, edns=True)
            if answer.rcode in (dns.rcode.FORMERR, dns.rcode.NOTIMP, dns.rcode.BADVERS):
                # It may not know EDNS (RFC 6891 section 7).
                plain = await self._exchange(server, name, rdtype, ends, edns=False)
                answer = plain if plain.message else answer
        if answer.trouble:
            self._silent[server] = answer.trouble
        else:
            self._heard.add(server)
        return answer

    def _seems_without_ipv6(self) -> bool:
        """Whether several servers were silent over IPv6 and none was heard: then it is this machine, and the time of
        waiting is spent once for the whole walk."""
        silent = sum(":" in server for server in self._silent)
        return silent >= ENOUGH_SILENCE and not any(":" in server for server in self._heard)

    async def _exchange(self, server: str, name: Name, rdtype: RdataType, ends: float, *, edns: bool) -> Answer:
        query = dns.message.make_query(
            name, rdtype, use_edns=0 if edns else -1, want_dnssec=edns, payload=PAYLOAD if edns else None
        )
        query.flags &= ~dns.flags.RD
        by_udp = asyncio.create_task(self._udp(query, server, ends))
        by_tcp: asyncio.Task[Message | Trouble] | None = None
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(by_udp), (ends - time.time()) * BY_TCP)
        try:
            heard = by_udp.result() if by_udp.done() else None
            if isinstance(heard, Message):
                return _answer(server, name, rdtype, heard)
            if heard is Trouble.NO_ROUTE:
                return Answer(server, name, rdtype, trouble=heard)
            # Cut short, or nobody hears UDP here: by TCP, and whichever comes first.
            by_tcp = asyncio.create_task(self._tcp(query, server, ends))
            pending: set[asyncio.Task[Message | Trouble]] = {by_tcp} if by_udp.done() else {by_udp, by_tcp}
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    told = task.result()
                    if isinstance(told, Message):
                        lost = task is by_tcp and heard is not Trouble.CUT_SHORT
                        return _answer(server, name, rdtype, told, truncated=heard is Trouble.CUT_SHORT, udp_lost=lost)
                    if task is by_udp:
                        heard = told
            return Answer(server, name, rdtype, trouble=heard or Trouble.SILENT, truncated=heard is Trouble.CUT_SHORT)
        finally:
            await _cancel(by_udp, by_tcp)

    async def _udp(self, query: Message, server: str, ends: float) -> Message | Trouble:
        """Asks, and asks again when nothing has come for a while."""
        family = dns.inet.af_for_address(server)
        port = self.resolution.port
        destination = dns.inet.low_level_address_tuple((server, port), family)
        wire = query.to_wire()
        try:
            # Connected, so that the kernel drops what others send and tells when nobody is there.
            sock = await self._backend.make_socket(  # type: ignore[no-untyped-call]  # dnspython leaves it untyped.
                family, socket.SOCK_DGRAM, 0, None, (server, port)
            )
        except OSError as error:
            return _trouble(error)
        async with sock:
            again = time.time() + (ends - time.time()) * AGAIN
            for until in (again, ends):
                try:
                    await dns.asyncquery.send_udp(sock, wire, destination, ends)
                    message, _time, _source = await dns.asyncquery.receive_udp(
                        sock,
                        destination,
                        until,
                        ignore_unexpected=True,
                        ignore_errors=True,
                        raise_on_truncation=True,
                        query=query,
                    )
                    return cast(Message, message)
                except dns.exception.Timeout:
                    continue
                except dns.message.Truncated:
                    return Trouble.CUT_SHORT
                except (OSError, EOFError) as error:
                    return _trouble(error)
        return Trouble.SILENT

    async def _tcp(self, query: Message, server: str, ends: float) -> Message | Trouble:
        try:
            return await dns.asyncquery.tcp(
                query, server, max(ends - time.time(), 0.01), self.resolution.port, backend=self._backend
            )
        except dns.exception.DNSException:
            return Trouble.SILENT
        except (OSError, EOFError) as error:
            return _trouble(error)


async def _cancel(*tasks: asyncio.Task[Message | Trouble] | None) -> None:
    left = [task for task in tasks if task and not task.done()]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _trouble(error: OSError | EOFError) -> Trouble:
    no_way = (errno.ENETUNREACH, errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
    if isinstance(error, OSError) and error.errno in no_way:
        return Trouble.NO_ROUTE
    return Trouble.NOBODY


def _answer(
    server: str, name: Name, rdtype: RdataType, message: Message, *, truncated: bool = False, udp_lost: bool = False
) -> Answer:
    octets = len(message.wire or b"")
    return Answer(server, name, rdtype, message, truncated=truncated, udp_lost=udp_lost, octets=octets)
