"""Proofs that something is not there: NSEC (RFC 4034 section 4, RFC 4035 section 5.4) and NSEC3 (RFC 5155 section 8),
with opt-out, empty non-terminals, wildcards and compact denial (RFC 9824) (pure).

The records given here were verified before.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import dns.dnssec
import dns.name
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3
from dns.rrset import RRset

from dnssec.chain.policy import MOST_ITERATIONS
from dnssec.chain.recorded import of_type

OPT_OUT = 1
NXNAME = 128  # RFC 9824 section 2: "this name does not exist", in a bit map.
SHA1_HASH = 1


class Proof(StrEnum):
    """What the records prove."""

    PROVED = "proved"
    OPT_OUT = "opt-out"  # Nothing signed is there; something unsigned may be (RFC 5155 section 6).
    TOO_MANY_ITERATIONS = "iterations"  # Resolvers compute no such proof and take the answer as insecure.
    NOTHING = "nothing"

    @property
    def holds(self) -> bool:
        """Whether a resolver lets the answer pass."""
        return self is not Proof.NOTHING


@dataclass(frozen=True, slots=True)
class Denials:
    """The verified NSEC and NSEC3 records of one answer, of one zone."""

    zone: Name
    nsec: tuple[tuple[Name, NSEC], ...] = ()
    nsec3: tuple[tuple[bytes, NSEC3], ...] = ()

    @classmethod
    def of(cls, zone: Name, rrsets: Iterable[RRset]) -> "Denials":
        """Sorts the records; NSEC3 of an unknown hash, or with other parameters than the first, are left out."""
        nsec: list[tuple[Name, NSEC]] = []
        nsec3: list[tuple[bytes, NSEC3]] = []
        for rrset in rrsets:
            nsec += ((rrset.name, rdata) for rdata in of_type(rrset, NSEC))
            for rdata in of_type(rrset, NSEC3):
                owner = _owner_hash(rrset.name, zone)
                alike = not nsec3 or _parameters(rdata) == _parameters(nsec3[0][1])
                if owner is not None and rdata.algorithm == SHA1_HASH and rdata.flags in (0, OPT_OUT) and alike:
                    nsec3.append((owner, rdata))
        return cls(zone, tuple(nsec), tuple(nsec3))

    def no_data(self, name: Name, rdtype: RdataType) -> Proof:
        """Whether the name has no records of the type, or, for DS, no signed delegation is there."""
        if self.nsec3:
            return _NSEC3(self.zone, self.nsec3).no_data(name, rdtype)
        return Proof.PROVED if self._nsec_no_data(name, rdtype) else Proof.NOTHING

    def no_name(self, name: Name) -> Proof:
        """Whether the name does not exist, and no wildcard makes it."""
        if self.nsec3:
            return _NSEC3(self.zone, self.nsec3).no_name(name)
        cover = self._covering(name)
        if cover and self._covering(_wildcard(_encloser(name, *cover))):
            return Proof.PROVED
        return Proof.NOTHING

    def no_closer_name(self, name: Name, labels: int) -> Proof:
        """Whether an answer made from a wildcard of so many labels was right to use it (RFC 4035 section 5.3.4)."""
        if self.nsec3:
            proofs = _NSEC3(self.zone, self.nsec3)
            return proofs.if_computed(proofs.covering(_shortened(name, labels + 1)) is not None)
        return Proof.PROVED if self._covering(name) else Proof.NOTHING

    def _nsec_no_data(self, name: Name, rdtype: RdataType) -> bool:
        for owner, nsec in self.nsec:
            if owner == name:
                return _denies(types_of(nsec), rdtype, apex=name == self.zone)
        cover = self._covering(name)
        if cover is None:
            return False
        if cover[1].next.is_subdomain(name):  # An empty non-terminal: there is only something below it.
            return True
        wildcard = _wildcard(_encloser(name, *cover))
        return any(owner == wildcard and _denies(types_of(nsec), rdtype, apex=False) for owner, nsec in self.nsec)

    def _covering(self, name: Name) -> tuple[Name, NSEC] | None:
        for owner, nsec in self.nsec:
            types = types_of(nsec)
            # The parent's side of a delegation, and a DNAME, say nothing about what is below (RFC 6840 section 4.1).
            elsewhere = RdataType.DNAME in types or (RdataType.NS in types and RdataType.SOA not in types)
            if elsewhere and name.is_subdomain(owner):
                continue
            if owner < name and (name < nsec.next or nsec.next == self.zone):
                return owner, nsec
        return None


def types_of(rdata: NSEC | NSEC3) -> frozenset[int]:
    """The types in a bit map (RFC 4034 section 4.1.2)."""
    return frozenset(
        window * 256 + octet * 8 + bit
        for window, bitmap in rdata.windows
        for octet, bits in enumerate(bitmap)
        for bit in range(8)
        if bits & (0x80 >> bit)
    )


def _denies(types: frozenset[int], rdtype: RdataType, *, apex: bool) -> bool:
    if rdtype in types or RdataType.CNAME in types:
        return False
    if rdtype == RdataType.DS:
        return RdataType.SOA not in types  # Otherwise the child speaks, which does not know.
    return apex or RdataType.NS not in types or RdataType.SOA in types


def _encloser(name: Name, owner: Name, nsec: NSEC) -> Name:
    """The closest name above `name` that exists: what it shares with either end of the gap."""
    common = max(name.fullcompare(owner)[2], name.fullcompare(nsec.next)[2])
    return name.split(common)[1]


def _wildcard(encloser: Name) -> Name:
    return dns.name.Name((b"*", *encloser.labels))


def _shortened(name: Name, labels: int) -> Name:
    return name.split(labels + 1)[1]


def _parameters(rdata: NSEC3) -> tuple[int, bytes]:
    return rdata.iterations, rdata.salt


def _owner_hash(owner: Name, zone: Name) -> bytes | None:
    if owner == zone or owner.parent() != zone:
        return None
    try:
        return base64.b32hexdecode(owner.labels[0].upper())
    except ValueError:
        return None


class _NSEC3:
    def __init__(self, zone: Name, records: Sequence[tuple[bytes, NSEC3]]) -> None:
        self.zone = zone
        self.records = records
        self.iterations, self.salt = _parameters(records[0][1])

    def no_data(self, name: Name, rdtype: RdataType) -> Proof:
        if self.iterations > MOST_ITERATIONS:
            return Proof.TOO_MANY_ITERATIONS
        if (match := self._matching(name)) is not None:
            denied = _denies(types_of(match), rdtype, apex=name == self.zone)
            return Proof.PROVED if denied else Proof.NOTHING
        encloser, cover = self._closest(name)
        if encloser is None or cover is None:
            return Proof.NOTHING
        wildcard = self._matching(_wildcard(encloser))
        if wildcard is not None and _denies(types_of(wildcard), rdtype, apex=False):
            return Proof.PROVED
        if rdtype == RdataType.DS and cover.flags & OPT_OUT:  # RFC 5155 section 8.6
            return Proof.OPT_OUT
        return Proof.NOTHING

    def no_name(self, name: Name) -> Proof:
        if self.iterations > MOST_ITERATIONS:
            return Proof.TOO_MANY_ITERATIONS
        encloser, cover = self._closest(name)
        if encloser is None or cover is None or self.covering(_wildcard(encloser)) is None:
            return Proof.NOTHING
        return Proof.OPT_OUT if cover.flags & OPT_OUT else Proof.PROVED

    def if_computed(self, proved: bool) -> Proof:
        if self.iterations > MOST_ITERATIONS:
            return Proof.TOO_MANY_ITERATIONS
        return Proof.PROVED if proved else Proof.NOTHING

    def covering(self, name: Name) -> NSEC3 | None:
        if self.iterations > MOST_ITERATIONS:
            return None
        hashed = self._hash(name)
        for owner, rdata in self.records:
            inside = owner < hashed < rdata.next
            across = rdata.next <= owner and (owner < hashed or hashed < rdata.next)
            if inside or across:
                return rdata
        return None

    def _matching(self, name: Name) -> NSEC3 | None:
        hashed = self._hash(name)
        return next((rdata for owner, rdata in self.records if owner == hashed), None)

    def _closest(self, name: Name) -> tuple[Name | None, NSEC3 | None]:
        """The closest encloser and what covers the next closer name (RFC 5155 section 8.3)."""
        closer = name
        while closer != self.zone and closer != dns.name.root:
            encloser = closer.parent()
            if (match := self._matching(encloser)) is not None:
                types = types_of(match)
                elsewhere = RdataType.DNAME in types or (RdataType.NS in types and RdataType.SOA not in types)
                return (None, None) if elsewhere else (encloser, self.covering(closer))
            closer = encloser
        return None, None

    def _hash(self, name: Name) -> bytes:
        return base64.b32hexdecode(dns.dnssec.nsec3_hash(name, self.salt, self.iterations, SHA1_HASH))
