"""The only module that sends DNS queries: from the root hints down to a domain, asking every name server of every zone
on the way, all at once. What comes of it is a `Walk`, which `chain` judges.

All far sides are strangers. Only public addresses are asked, answers count only from where and to what was asked
(dnspython sees to that), and time, questions, servers and depth all have an end.
"""

import asyncio
import errno
import secrets
import socket
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Protocol, cast

import dns.asyncbackend
import dns.asyncquery
import dns.exception
import dns.flags
import dns.inet
import dns.message
import dns.name
import dns.rcode
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from dnssec.chain.recorded import Answer, End, Question, RecordedZone, Server, Trouble, Walk, find, of_type

PAYLOAD = 1232  # What passes every network whole (RFC 9715 section 3.1).
MOST_NAMES, MOST_ADDRESSES, MOST_OF_A_NAME = 16, 40, 6
MOST_AT_ONCE = 64
MOST_REFERRALS, MOST_DEPTH, RACERS = 12, 3, 3
# Of the time that a server has, when it is asked again, and when it is tried by TCP as well.
AGAIN, BY_TCP = 0.3, 0.6

# RFC 6890 and what came after it; Python's own table says "global" to some of these.
NEVER_PUBLIC = [
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
]
PUBLIC_IPV6 = ip_network("2000::/3")


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


def look_up(name: Name, resolution: Resolution) -> Walk:
    """Walks to the zone of a name, or as far as there is a way. Raises nothing: what fails is recorded as trouble."""
    return asyncio.run(_look_up(name, resolution))


def may_be_asked(address: str, *, allow_private: bool = False) -> bool:
    """Whether a query may go to an address: one of the public internet, so that nobody reaches our own network by
    naming it as their name server."""
    try:
        number = ip_address(address)
    except ValueError:
        return False
    if number.is_multicast or number.is_unspecified or address == "255.255.255.255":
        return False
    if allow_private:
        return True
    if isinstance(number, IPv6Address) and number not in PUBLIC_IPV6:
        return False  # Among them IPv4 in disguise (::ffff:0:0/96, 64:ff9b::/96), link-local and unique local ones.
    return not any(number in network for network in NEVER_PUBLIC if network.version == number.version)


async def _look_up(name: Name, resolution: Resolution) -> Walk:
    network = Sockets(resolution)
    try:
        return await Walker(network).walk_with_signals(name)
    finally:
        await network.close()


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


class Walker:
    """Finds the way from zone to zone, and the addresses of name servers by the same questions."""

    def __init__(self, network: Network) -> None:
        self._network = network
        # The addresses of a zone's servers, for looking up the names of others.
        self._known: dict[Name, tuple[str, ...]] = {}
        self._addresses_of: dict[Name, tuple[str, ...]] = {}

    async def walk_with_signals(self, name: Name) -> Walk:
        """The walk, and where a first DS may be signalled (RFC 9615) the walks to the signals."""
        walk = await self.walk(name)
        zone = walk.zones[-1]
        signals: dict[Name, Walk] = {}
        if walk.end is End.ZONE and _asks_for_a_first_ds(walk):
            for server in zone.servers:
                if not server.name.is_subdomain(zone.name):
                    with suppress(dns.name.NameTooLong):
                        labels = (b"_dsboot", *zone.name.labels[:-1], b"_signal", *server.name.labels)
                        signals[server.name] = await self.walk(dns.name.Name(labels), signal=True)
        return Walk(walk.name, walk.zones, walk.end, signals, self._network.queries)

    async def walk(self, name: Name, *, signal: bool = False) -> Walk:
        """From the root to the zone of a name. Of a signalling name the CDS and CDNSKEY records are asked for too."""
        zone, servers, too_many = dns.name.root, await self._root(), False
        zones: list[RecordedZone] = []
        while True:
            self._known[zone] = _addresses(servers)
            following = [name.split(depth)[1] for depth in range(len(zone) + 1, len(name) + 1)]
            questions = [(zone, RdataType.DNSKEY), (zone, RdataType.SOA), (zone, RdataType.NS)]
            probe = None
            if not following:
                probe = dns.name.Name((secrets.token_hex(8).encode(), *zone.labels))
                apex = (RdataType.A, RdataType.CDS, RdataType.CDNSKEY, RdataType.NSEC3PARAM)
                questions += [*((zone, rdtype) for rdtype in apex), (probe, RdataType.A)]
            elif signal:
                questions += [(name, RdataType.CDS), (name, RdataType.CDNSKEY)]
            first = [(following[0], RdataType.DS), (following[0], RdataType.NS)] if following else []
            answers = await self._network.ask_all(_addresses(servers), [*questions, *first])
            others = await self._named_by_the_zone(zone, servers, answers)
            if others:
                servers = [*servers, *others]
                answers += await self._network.ask_all(_addresses(others), [*questions, *first])
            cut: Name | None = None
            names: set[Name] = set()
            end = End.ZONE if not following else End.INSIDE
            for below in following:
                told = [answer for answer in answers if answer.name == below]
                if not told:
                    told = await self._network.ask_all(
                        _addresses(servers), [(below, RdataType.DS), (below, RdataType.NS)]
                    )
                    answers += told
                names = _delegated(told)
                if names:
                    cut = below
                    break
                end = _no_cut(told)
                if end is not End.INSIDE:
                    break
            recorded = {(answer.server, answer.name, answer.rdtype): answer for answer in answers}
            zones.append(RecordedZone(zone, tuple(servers), recorded, probe, too_many))
            if cut is None:
                return Walk(name, tuple(zones), end)
            told = [answer for answer in answers if answer.name == cut and answer.rdtype == RdataType.NS]
            parent, zone = zone, cut
            servers, too_many = await self._servers(names, told, parent)
            if not _addresses(servers):
                zones.append(RecordedZone(zone, tuple(servers), {}, None, too_many))
                return Walk(name, tuple(zones), End.ZONE if zone == name else End.NO_SERVERS)

    async def _root(self) -> list[Server]:
        """The root's servers as they themselves say, or as the hints do (RFC 8109)."""
        hints = self._network.resolution.hints
        addresses = [address for some in hints.values() for address in some]
        answers = await self._network.ask_all(addresses, [(dns.name.root, RdataType.NS)])
        names = {rdata.target for answer in answers if answer.authoritative for rdata in of_type(answer.records(), NS)}
        glue = _glue(answers, names, dns.name.root)
        found = [Server(name, glue.get(name) or hints.get(name, ())) for name in sorted(names or hints)[:MOST_NAMES]]
        if not any(server.addresses for server in found):
            return [Server(name, some) for name, some in hints.items()]
        return [server for server in found if server.addresses]

    async def _servers(self, names: set[Name], told: list[Answer], parent: Name) -> tuple[list[Server], bool]:
        """The servers of a delegation with their addresses: from glue, else looked up."""
        chosen = sorted(names)[:MOST_NAMES]
        glue = _glue(told, set(chosen), parent)
        missing = [name for name in chosen if name not in glue]
        looked_up = await asyncio.gather(*(self._look_for(name, frozenset()) for name in missing))
        glue |= dict(zip(missing, looked_up, strict=True))
        servers, left = [], MOST_ADDRESSES
        for name in chosen:
            servers.append(Server(name, glue[name][: max(left, 0)]))
            left -= len(glue[name])
        return servers, len(names) > MOST_NAMES or left < 0

    async def _named_by_the_zone(self, zone: Name, servers: list[Server], answers: list[Answer]) -> list[Server]:
        """The servers that only the zone itself names, as resolvers ask these too."""
        told = [answer for answer in answers if answer.name == zone and answer.rdtype == RdataType.NS]
        names = {rdata.target for answer in told if answer.authoritative for rdata in of_type(answer.records(), NS)}
        known = {server.name for server in servers}
        if zone == dns.name.root or names <= known or len(known) >= MOST_NAMES:
            return []
        new, _more = await self._servers(names - known, told, zone)
        return [Server(server.name, server.addresses, at_parent=False) for server in new[: MOST_NAMES - len(known)]]

    async def _look_for(self, host: Name, trail: frozenset[Name]) -> tuple[str, ...]:
        """The addresses of a name server. A name that leads back to itself has none, and so has an alias (RFC 2181
        section 10.3)."""
        if host in self._addresses_of:
            return self._addresses_of[host]
        if host in trail or len(trail) > MOST_DEPTH:
            return ()
        trail |= {host}
        zone = max((known for known in self._known if host.is_subdomain(known)), key=len)
        servers = self._known[zone]
        for _step in range(MOST_REFERRALS):
            answers = await self._first_useful(servers, host)
            found = [
                address
                for answer in answers
                if answer.authoritative
                for address in _of_hosts(answer.message.answer if answer.message else [], host)
            ]
            if found:
                self._addresses_of[host] = tuple(dict.fromkeys(found))[:MOST_OF_A_NAME]
                return self._addresses_of[host]
            referral = _referral(answers, zone, host)
            if referral is None:
                break
            zone, names = referral
            if zone not in self._known:
                glue = _glue(answers, names, zone.parent())
                servers = tuple(address for some in glue.values() for address in some)
                for name in sorted(names)[:RACERS] if not servers else ():
                    servers += await self._look_for(name, trail)
                self._known[zone] = servers[:MOST_ADDRESSES]
            servers = self._known[zone]
            if not servers:
                break
        return ()

    async def _first_useful(self, servers: tuple[str, ...], host: Name) -> list[Answer]:
        """The answers to A and AAAA of the first server that has any."""
        for start in range(0, min(len(servers), 2 * RACERS), RACERS):
            racing = [
                asyncio.ensure_future(self._network.ask_all([server], [(host, RdataType.A), (host, RdataType.AAAA)]))
                for server in servers[start : start + RACERS]
            ]
            for coming in asyncio.as_completed(racing):
                answers = await coming
                if any(answer.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN) for answer in answers):
                    return answers
        return []


def _asks_for_a_first_ds(walk: Walk) -> bool:
    if len(walk.zones) < 2:
        return False
    parent, zone = walk.zones[-2:]
    asks = any(
        answer.records() for rdtype in (RdataType.CDS, RdataType.CDNSKEY) for answer in zone.all(zone.name, rdtype)
    )
    return asks and not any(answer.records() for answer in parent.all(zone.name, RdataType.DS))


def _addresses(servers: Iterable[Server]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for server in servers for address in server.addresses))


def _delegated(told: Iterable[Answer]) -> set[Name]:
    """The name servers to which a name is delegated: of a referral, or of a server that has both sides of the cut."""
    names: set[Name] = set()
    for answer in told:
        if answer.rdtype == RdataType.NS and answer.message and answer.rcode == dns.rcode.NOERROR:
            referral = find(answer.message.authority, answer.name, RdataType.NS)
            names |= {rdata.target for rdata in of_type(answer.records() or referral, NS)}
    return names


def _no_cut(told: Iterable[Answer]) -> End:
    """Why a name is not delegated."""
    speaking = [answer for answer in told if answer.authoritative]
    if not speaking:
        return End.UNREACHABLE
    if any(answer.records() for answer in speaking if answer.rdtype == RdataType.DS):
        return End.ABSENT
    return End.ABSENT if all(answer.rcode == dns.rcode.NXDOMAIN for answer in speaking) else End.INSIDE


def _glue(answers: Iterable[Answer], names: Iterable[Name], within: Name) -> dict[Name, tuple[str, ...]]:
    """The addresses that come with the names of servers. Only what lies under the zone that speaks is believed."""
    wanted = {name for name in names if name.is_subdomain(within)}
    found: dict[Name, dict[str, None]] = {}
    for answer in answers:
        for rrset in answer.message.additional if answer.message else ():
            if rrset.name in wanted:
                found.setdefault(rrset.name, {}).update(dict.fromkeys(_of_hosts([rrset], rrset.name)))
    return {name: tuple(addresses)[:MOST_OF_A_NAME] for name, addresses in found.items() if addresses}


def _of_hosts(section: list[dns.rrset.RRset], host: Name) -> list[str]:
    return [
        *(rdata.address for rdata in of_type(find(section, host, RdataType.A), A)),
        *(rdata.address for rdata in of_type(find(section, host, RdataType.AAAA), AAAA)),
    ]


def _referral(answers: Iterable[Answer], zone: Name, host: Name) -> tuple[Name, set[Name]] | None:
    """Where a server sends us: to a zone below its own that holds the name."""
    for answer in answers:
        for rrset in answer.message.authority if answer.message else ():
            deeper = rrset.name.is_subdomain(zone) and rrset.name != zone and host.is_subdomain(rrset.name)
            if rrset.rdtype == RdataType.NS and deeper:
                return rrset.name, {rdata.target for rdata in of_type(rrset, NS)}
    return None
