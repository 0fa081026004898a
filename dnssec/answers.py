"""What a zone's servers say when they are asked what people's resolvers ask them: put beside a check's chain by the
worker, read by the page that shows what a resolver sees."""

import asyncio
import struct
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

import dns.name
import dns.rcode
import dns.rdata
from dns.name import Name
from dns.rdataclass import IN
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from dnssec.chain import Answer, Chain, ZoneKey
from dnssec.chain.parent import denied
from dnssec.chain.recorded import text
from dnssec.chain.signatures import Verifier
from dnssec.checking import Start, configured
from dnssec.lookups import Sockets

MOST_SERVERS, MOST_RECORDS = 6, 8
PATIENCE = 2.0  # Seconds for all questions together.


@dataclass(frozen=True, slots=True)
class Told:
    """
    The answer to one question, from the first server that had one.

    `rcode` is empty where none had. `records` are the data of the records that were `found`, some of them; `referred`
    says that the name lies in a zone below. `proved` says whether the signatures, or the proof that there is nothing,
    hold by keys of the zone; whether these can be believed, the chain says. `milliseconds` is how long all servers
    together took.
    """

    name: str
    type: str
    rcode: str = ""
    found: str = ""  # Their type, which is another where the name is an alias.
    records: tuple[str, ...] = ()
    ttl: int | None = None
    referred: bool = False
    proved: bool = False
    server: str = ""
    milliseconds: int = 0


def ask(chain: Chain, start: Start | None = None) -> tuple[Told, ...]:
    """
    The answers of the zone that a chain ends in about its SOA and NS records and the address of `www`.

    None where no server was heard. The network is used: never inside a transaction. Raises UnusableFile.
    """
    servers = tuple(dict.fromkeys(state.address for state in chain.links[-1].servers if state.trouble is None))
    if not chain.is_zone or not servers:
        return ()
    return asyncio.run(_ask(chain, servers[:MOST_SERVERS], start or configured()))


def to_json(told: Sequence[Told]) -> list[dict[str, Any]]:
    """What json.dumps takes."""
    return [asdict(one) for one in told]


def from_json(kept: Sequence[dict[str, Any]]) -> tuple[Told, ...]:
    """What `to_json` was given."""
    return tuple(Told(**one | {"records": tuple(one["records"])}) for one in kept)


async def _ask(chain: Chain, servers: Sequence[str], start: Start) -> tuple[Told, ...]:
    zone = dns.name.from_text(chain.zone)
    link = chain.links[-1]
    keys = [_record(key) for key in link.keys]
    verifier = Verifier(chain.checked_at)
    network = Sockets(replace(start.resolution, timeout=PATIENCE, patience=PATIENCE))
    questions = [(zone, RdataType.SOA), (zone, RdataType.NS)]
    with suppress(dns.name.NameTooLong):
        questions.append((dns.name.from_text("www", zone), RdataType.A))
    try:
        return tuple(
            await asyncio.gather(*(_one(network, servers, zone, keys, verifier, *question) for question in questions))
        )
    finally:
        await network.close()


def _record(key: ZoneKey) -> DNSKEY:
    wire = struct.pack("!HBB", key.flags, key.protocol, key.algorithm) + key.public_key
    return cast(DNSKEY, dns.rdata.from_wire(IN, RdataType.DNSKEY, wire, 0, len(wire)))


async def _one(
    network: Sockets,
    servers: Sequence[str],
    zone: Name,
    keys: Sequence[DNSKEY],
    verifier: Verifier,
    name: Name,
    rdtype: RdataType,
) -> Told:
    began = time.perf_counter()
    answers = await network.ask_all(servers, [(name, rdtype)])
    took = round((time.perf_counter() - began) * 1000)
    told = Told(text(name), RdataType.to_text(rdtype), milliseconds=took)
    heard = [answer for answer in answers if answer.authoritative or _refers(answer, name, zone)]
    if not heard:
        return told
    first = heard[0]
    if not first.authoritative:
        return replace(told, rcode="NOERROR", referred=True, server=first.server)
    found = first.records() or first.records(RdataType.CNAME)
    return replace(
        told,
        rcode=dns.rcode.to_text(first.rcode or dns.rcode.NOERROR),
        found="" if found is None else RdataType.to_text(found.rdtype),
        records=tuple(rdata.to_text()[:300] for rdata in list(found or ())[:MOST_RECORDS]),
        ttl=found.ttl if found is not None else None,
        proved=all(_is_proved(answer, zone, keys, verifier) for answer in heard if answer.authoritative),
        server=first.server,
    )


def _refers(answer: Answer, name: Name, zone: Name) -> bool:
    """Whether a server names those of a zone between its own and the name."""
    section = answer.message.authority if answer.message and answer.rcode == dns.rcode.NOERROR else []
    below = (rrset.name for rrset in section if rrset.rdtype == RdataType.NS and rrset.name != zone)
    return any(cut.is_subdomain(zone) and name.is_subdomain(cut) for cut in below)


def _is_proved(answer: Answer, zone: Name, keys: Sequence[DNSKEY], verifier: Verifier) -> bool:
    for rdtype in (answer.rdtype, RdataType.CNAME):
        if rrset := answer.records(rdtype):
            return bool(verifier.verify(rrset, answer.signatures(rdtype), zone, keys).valid)
    return not any(denied(answer, zone, keys, verifier))
