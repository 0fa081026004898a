"""A small DNS in memory: the root, `test`, and `example.test` on two servers each, as right or as broken as a test
wants it. It is asked by the walker that asks the real one."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DS import DS
from dns.rrset import RRset

from dnssec.chain import Answer, Chain, Trouble, Walk, judge
from dnssec.lookups import Resolution, Walker
from tests.chain.authority import Authority
from tests.chain.signing import KSK, NOW, ZSK, Key, Signing, make_key, rrset, signed

ROOT, TEST, EXAMPLE = dns.name.root, dns.name.from_text("test."), dns.name.from_text("example.test.")
ROOT_SERVER = "192.0.2.1"
PARENTS = ("192.0.2.11", "192.0.2.12")
CHILDREN = ("192.0.2.21", "192.0.2.22")
ROOT_KEY, PARENT_KEY = make_key(13, KSK, 1), make_key(13, KSK, 2)
KEY, DATA_KEY = make_key(13, KSK), make_key(13, ZSK)
HEALTHY = Signing([KEY, DATA_KEY])
UNSIGNED = Signing()

Habit = Callable[[Message, Callable[[Message], Message]], Message | Trouble]


def told(chain: Chain) -> list[tuple[str, str, str | None]]:
    """The findings of a chain: id, severity, server."""
    return [(finding.id, finding.severity, finding.server) for finding in chain.findings]


class World:
    """Name servers by address."""

    def __init__(self) -> None:
        self.zones: dict[str, list[Authority]] = {}
        self.habits: dict[str, Habit] = {}
        self.anchors: frozenset[DS] = frozenset({ROOT_KEY.ds(".")})
        self.queries: list[tuple[str, Name, RdataType]] = []

    def serve(self, addresses: Iterable[str], origin: Name, records: Iterable[RRset]) -> None:
        """Puts a zone on servers."""
        authority = Authority(origin, records)
        for address in addresses:
            self.zones[address] = [z for z in self.zones.get(address, []) if z.origin != origin] + [authority]

    def respond(self, address: str, query: Message) -> Message:
        """What the server at an address says."""
        name, rdtype = query.question[0].name, query.question[0].rdtype
        fitting = [zone for zone in self.zones[address] if name.is_subdomain(zone.origin)]
        if rdtype == RdataType.DS and len(fitting) > 1:
            fitting = [zone for zone in fitting if zone.origin != name]
        if not fitting:
            refusal = dns.message.make_response(query)
            refusal.set_rcode(dns.rcode.REFUSED)
            return refusal
        return max(fitting, key=lambda zone: len(zone.origin)).respond(query)

    def walk(self, name: str) -> Walk:
        """What is heard on the way to a name."""
        return asyncio.run(Walker(_Memory(self)).walk_with_signals(dns.name.from_text(name)))

    def check(
        self,
        name: str = "example.test",
        *,
        now: int = NOW,
        candidate: Collection[DS] | None = None,
        registry: Collection[DS] | None = None,
    ) -> Chain:
        """The chain of a name."""
        return judge(self.walk(name), self.anchors, now, candidate=candidate, registry=registry)


class _Memory:
    """Asks a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.resolution = Resolution({dns.name.from_text("ns.root."): (ROOT_SERVER,)})
        self.queries = 0
        self._answers: dict[tuple[str, Name, RdataType], Answer] = {}

    async def ask(self, server: str, name: Name, rdtype: RdataType) -> Answer:
        question = server, name, rdtype
        if question not in self._answers:
            self.queries += 1
            self.world.queries.append(question)
            self._answers[question] = self._ask(*question)
        return self._answers[question]

    async def ask_all(self, servers: Iterable[str], questions: Iterable[tuple[Name, RdataType]]) -> list[Answer]:
        servers = list(servers)
        return [await self.ask(server, *question) for question in questions for server in servers]

    def _ask(self, server: str, name: Name, rdtype: RdataType) -> Answer:
        if server not in self.world.zones:
            return Answer(server, name, rdtype, trouble=Trouble.SILENT)
        query = dns.message.make_query(name, rdtype, want_dnssec=True, payload=1232)
        habit = self.world.habits.get(server, lambda asked, respond: respond(asked))
        told = habit(query, lambda asked: self.world.respond(server, asked))
        if isinstance(told, Trouble):
            return Answer(server, name, rdtype, trouble=told)
        wire = told.to_wire(max_size=65535)
        return Answer(server, name, rdtype, dns.message.from_wire(wire), octets=len(wire))


def zone_of(origin: Name, servers: Mapping[str, str], *more: RRset) -> list[RRset]:
    """A zone with SOA, NS and the servers' addresses, as far as they lie in it."""
    apex = [
        rrset(origin, "SOA", "ns. host. 1 7200 900 604800 300"),
        rrset(origin, "NS", *servers),
    ]
    hosts = [rrset(n, "A", a) for n, a in servers.items() if dns.name.from_text(n).is_subdomain(origin)]
    return [*apex, *hosts, *more]


def example_records(*more: RRset) -> list[RRset]:
    """The zone example.test before it is signed."""
    servers = dict(zip(("ns1.example.test.", "ns2.example.test."), CHILDREN, strict=True))
    return zone_of(
        EXAMPLE, servers, rrset(EXAMPLE, "A", "192.0.2.80"), rrset("www.example.test.", "A", "192.0.2.80"), *more
    )


def ds_of(*keys: Key, digest: str = "SHA256", owner: str = "example.test") -> list[DS]:
    """The DS records of keys."""
    return [key.ds(owner, digest) for key in keys]


def make_world(
    child: Signing | Sequence[Signing] = HEALTHY,
    ds: Sequence[DS] | Mapping[str, Sequence[DS]] | None = None,
    *,
    parent: Signing = Signing([PARENT_KEY]),  # noqa: B008  # It is frozen.
    parent_ds: Sequence[DS] | None = None,
    records: Sequence[RRset] | Sequence[Sequence[RRset]] | None = None,
    beside: Sequence[RRset] = (),
    delegated_to: Sequence[str] = ("ns1.example.test.", "ns2.example.test."),
) -> World:
    """A world in which example.test is signed so on all servers, or on each of the two as told.

    `ds` are its DS records, or those by server of the parent; without them the key KEY has one. `beside` are more
    records of the parent zone.
    """
    world = World()
    servers = {"ns.root.": ROOT_SERVER}
    test_servers = dict(zip(("a.nic.test.", "b.nic.test."), PARENTS, strict=True))
    delegation = [rrset(TEST, "NS", *test_servers), *(rrset(n, "A", a) for n, a in test_servers.items())]
    parent_ds = [PARENT_KEY.ds("test")] if parent_ds is None else parent_ds
    if parent_ds:
        delegation.append(dns.rrset.from_rdata_list(TEST, 3600, parent_ds))
    world.serve([ROOT_SERVER], ROOT, signed(ROOT, zone_of(ROOT, servers, *delegation), Signing([ROOT_KEY])))
    for address in PARENTS:
        own = ds.get(address, ()) if isinstance(ds, Mapping) else ds_of(KEY) if ds is None else ds
        entries = [
            rrset(EXAMPLE, "NS", *delegated_to),
            rrset("ns1.example.test.", "A", CHILDREN[0]),
            rrset("ns2.example.test.", "A", CHILDREN[1]),
            *beside,
        ]
        if own:
            entries.append(dns.rrset.from_rdata_list(EXAMPLE, 86400, own))
        world.serve([address], TEST, signed(TEST, zone_of(TEST, test_servers, *entries), parent))
    signings = [child, child] if isinstance(child, Signing) else child
    for place, (address, signing) in enumerate(zip(CHILDREN, signings, strict=True)):
        chosen = records or example_records()
        own_records = chosen[place] if isinstance(chosen[0], list) else chosen
        world.serve([address], EXAMPLE, signed(EXAMPLE, own_records, signing))  # type: ignore[arg-type]
    return world


# ---- habits of servers ----


def without_edns(query: Message, respond: Callable[[Message], Message]) -> Message:
    """Reads no EDNS, and hands out no signatures."""
    plain = dns.message.make_query(query.question[0].name, query.question[0].rdtype)
    plain.id = query.id
    return respond(plain)


def refusing(query: Message, _respond: Callable[[Message], Message]) -> Message:
    """Refuses everything."""
    response = dns.message.make_response(query)
    response.set_rcode(dns.rcode.REFUSED)
    return response


def lame(query: Message, respond: Callable[[Message], Message]) -> Message:
    """Is not responsible."""
    response = respond(query)
    response.flags &= ~dns.flags.AA
    return response


def silent(_query: Message, _respond: Callable[[Message], Message]) -> Trouble:
    """Says nothing."""
    return Trouble.SILENT
