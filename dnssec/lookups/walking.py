"""Finding the way from zone to zone, and the addresses of name servers, with an end to servers, names and depth."""

import asyncio
import secrets
from collections.abc import Iterable
from contextlib import suppress

import dns.name
import dns.rcode
import dns.rrset
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from dnssec.chain.recorded import Answer, End, RecordedZone, Server, Walk, find, of_type
from dnssec.lookups.asking import Network

MOST_NAMES, MOST_ADDRESSES, MOST_OF_A_NAME = 16, 40, 6
MOST_REFERRALS, MOST_DEPTH, RACERS = 12, 3, 3


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
