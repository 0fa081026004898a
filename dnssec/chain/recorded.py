"""What was asked and answered on the way from the root to a domain, as values: all that the chain is judged by (pure).

`lookups` fills them from the network; tests fill them by hand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rrset
from dns.message import Message
from dns.name import Name
from dns.rdata import Rdata
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rrset import RRset


class Trouble(StrEnum):
    """Why there is no answer to a question."""

    SILENT = "silent"  # Nothing that could be read came within the time.
    NOBODY = "nobody"  # The network said that no name server is there.
    CUT_SHORT = "cut-short"  # Too long for UDP, and TCP gave nothing.
    NO_ROUTE = "no-route"  # This machine has no way to that kind of address.
    NOT_PUBLIC = "not-public"  # An address that must not be asked.
    NOT_ASKED = "not-asked"  # The check had used up its time or its number of questions.


@dataclass(frozen=True, slots=True)
class Answer:
    """One server's answer to one question, or the reason why there is none."""

    server: str
    name: Name
    rdtype: RdataType
    message: Message | None = None
    trouble: Trouble | None = None
    truncated: bool = False  # The answer by UDP had TC, so this one came by TCP.
    udp_lost: bool = False  # Nothing came by UDP, but by TCP.
    octets: int = 0

    @property
    def rcode(self) -> dns.rcode.Rcode | None:
        """The response code, None where there is no answer."""
        return self.message.rcode() if self.message else None

    @property
    def authoritative(self) -> bool:
        """Whether the server speaks for the name: AA, and the name is there or is not (RFC 1035 section 4.1.1)."""
        return bool(
            self.message and self.message.flags & dns.flags.AA and self.rcode in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        )

    @property
    def edns(self) -> bool:
        """Whether the server answered with EDNS (RFC 6891), without which it cannot be asked for signatures."""
        return self.message is not None and self.message.edns >= 0

    def records(self, rdtype: RdataType | None = None) -> RRset | None:
        """The records at the name that was asked for, of the type that was asked for or of another."""
        return find(self.message.answer, self.name, rdtype or self.rdtype) if self.message else None

    def signatures(self, rdtype: RdataType | None = None) -> tuple[RRSIG, ...]:
        """The RRSIG records over them."""
        return signatures(self.message.answer, self.name, rdtype or self.rdtype) if self.message else ()


def text(name: Name) -> str:
    """A name as people write it; the root is a dot."""
    return "." if name == dns.name.root else name.to_text(omit_final_dot=True)


def find(section: list[RRset], name: Name, rdtype: RdataType) -> RRset | None:
    """The RRset of a name and type in a section of a message."""
    for rrset in section:
        if rrset.rdtype == rdtype and rrset.name == name and rrset.rdclass == dns.rdataclass.IN:
            return rrset
    return None


def signatures(section: list[RRset], name: Name, covered: RdataType) -> tuple[RRSIG, ...]:
    """The RRSIG records in a section that cover this RRset."""
    return tuple(
        rdata
        for rrset in section
        if rrset.rdtype == RdataType.RRSIG and rrset.covers == covered and rrset.name == name
        for rdata in rrset
        if isinstance(rdata, RRSIG)
    )


@dataclass(frozen=True, slots=True)
class Server:
    """A name server of a zone: its name, its addresses, and whether the parent names it or the zone alone."""

    name: Name
    addresses: tuple[str, ...]
    at_parent: bool = True


Question = tuple[str, Name, RdataType]


@dataclass(frozen=True, slots=True)
class RecordedZone:
    """A zone on the way: its servers, and what each of them answered."""

    name: Name
    servers: tuple[Server, ...]
    answers: Mapping[Question, Answer] = field(repr=False)
    probe: Name | None = None  # A name that nobody has, asked for to see a denial.
    too_many: bool = False  # The zone has more servers than were asked.

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of all servers, each once."""
        return tuple(dict.fromkeys(address for server in self.servers for address in server.addresses))

    def answer(self, server: str, name: Name, rdtype: RdataType) -> Answer:
        """What a server said; a question that was not asked has no answer."""
        return self.answers.get((server, name, rdtype)) or Answer(server, name, rdtype, trouble=Trouble.NOT_ASKED)

    def all(self, name: Name, rdtype: RdataType) -> Iterator[Answer]:
        """What each of the servers said."""
        return (self.answer(address, name, rdtype) for address in self.addresses)


class End(StrEnum):
    """Where the way ended."""

    ZONE = "zone"  # The name is a zone of its own.
    INSIDE = "inside"  # It is a name within the last zone, and no zone.
    ABSENT = "absent"  # It does not exist.
    NO_SERVERS = "no-servers"  # It is delegated to servers that have no address.
    UNREACHABLE = "unreachable"  # No server of the last zone answered.


@dataclass(frozen=True, slots=True)
class Walk:
    """The way from the root (first) to the zone of a name (last), and what the signalling names of RFC 9615 hold."""

    name: Name
    zones: tuple[RecordedZone, ...]
    end: End
    signals: Mapping[Name, "Walk"] = field(default_factory=dict)  # by name server, for the rules of bootstrapping
    queries: int = 0

    @property
    def has_ipv6(self) -> bool:
        """Whether any server was heard over IPv6: without one, silence there says more of this machine than of them."""
        return any(
            answer.message is not None and ":" in server
            for zone in self.zones
            for (server, _name, _rdtype), answer in zone.answers.items()
        )


def of_type[R: Rdata](rrset: RRset | None, kind: type[R]) -> tuple[R, ...]:
    """The records of an RRset that dnspython could read as this type."""
    return tuple(rdata for rdata in rrset or () if isinstance(rdata, kind))
