"""Proofs that a name or a type is not in a zone: NSEC (RFC 4034, section 4) and NSEC3 (RFC 5155), made when they are
asked for from the sorted names of the zone."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Protocol

import dns.dnssec
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset

# A name as its labels in lower case from the root down: tuples of these sort as RFC 4034, section 6.1 wants it.
Labels = tuple[bytes, ...]
TypesAt = Callable[[Labels], Iterable[RdataType]]


def labels_of(name: Name) -> Labels:
    """Returns the labels of an absolute name, from the root down."""
    return tuple(label.lower() for label in reversed(name.labels[:-1]))


def name_of(labels: Labels) -> Name:
    """Returns the name of these labels."""
    return dns.name.Name((*reversed(labels), b""))


class Denial(Protocol):
    """What a zone needs to prove an absence; the zone signs what it gets."""

    def no_type(self, labels: Labels) -> list[RRset]:
        """Returns the proof that a name of the zone has no other types than those listed."""

    def no_name(self, labels: Labels, encloser: Labels) -> list[RRset]:
        """Returns the proof that a name is not there, and no wildcard below its closest encloser either."""


class Nsec:
    """Denial by NSEC records."""

    def __init__(self, names: Sequence[Labels], types_at: TypesAt, ttl: int) -> None:
        """``names``: the owners of records in canonical order, the apex first."""
        self._names = names
        self._types_at = types_at
        self._ttl = ttl

    def no_type(self, labels: Labels) -> list[RRset]:
        """The NSEC record of the name; of the name before it when it is an empty one (RFC 4035, section 3.1.3.1)."""
        return [self._record(bisect_right(self._names, labels) - 1)]

    def no_name(self, labels: Labels, encloser: Labels) -> list[RRset]:
        """The NSEC records that cover the name and the wildcard (RFC 4035, section 3.1.3.2)."""
        places = {bisect_right(self._names, absent) - 1: None for absent in (labels, (*encloser, b"*"))}
        return [self._record(place) for place in places]

    def _record(self, place: int) -> RRset:
        owner, following = self._names[place], self._names[(place + 1) % len(self._names)]
        types = _text(*self._types_at(owner), RdataType.RRSIG, RdataType.NSEC)
        return dns.rrset.from_text(
            name_of(owner), self._ttl, dns.rdataclass.IN, dns.rdatatype.NSEC, f"{name_of(following)} {types}"
        )


class Nsec3:
    """Denial by NSEC3 records: no salt, no further iterations (RFC 9276, section 3.1), no opt-out."""

    PARAMETERS = "1 0 0 -"

    def __init__(
        self, origin: Name, names: Iterable[Labels], empty: Iterable[Labels], types_at: TypesAt, ttl: int
    ) -> None:
        """``names``: the owners of records; ``empty``: names that exist only for those below them."""
        self._origin = origin
        self._types_at = types_at
        self._ttl = ttl
        self._owners = {_hash(labels): labels for labels in names} | dict.fromkeys(map(_hash, empty))
        self._hashes = sorted(self._owners)

    def no_type(self, labels: Labels) -> list[RRset]:
        """The NSEC3 record of the name (RFC 5155, sections 7.2.3 and 7.2.4)."""
        return [self._record(bisect_left(self._hashes, _hash(labels)))]

    def no_name(self, labels: Labels, encloser: Labels) -> list[RRset]:
        """The NSEC3 record of the closest encloser, and those that cover the next closer name and the wildcard
        (RFC 5155, sections 7.2.1 and 7.2.2)."""
        places = {bisect_left(self._hashes, _hash(encloser)): None}
        for absent in (labels[: len(encloser) + 1], (*encloser, b"*")):
            places[(bisect_right(self._hashes, _hash(absent)) - 1) % len(self._hashes)] = None
        return [self._record(place) for place in places]

    def _record(self, place: int) -> RRset:
        hashed, following = self._hashes[place], self._hashes[(place + 1) % len(self._hashes)]
        owner = self._owners[hashed]
        types = [] if owner is None else list(self._types_at(owner))
        # Of what stands at a delegation only the DS records are signed (RFC 5155, section 3.2.1).
        if types and types != [RdataType.NS]:
            types.append(RdataType.RRSIG)
        return dns.rrset.from_text(
            dns.name.Name((hashed.lower().encode(), *self._origin.labels)),
            self._ttl,
            dns.rdataclass.IN,
            dns.rdatatype.NSEC3,
            f"{self.PARAMETERS} {following} {_text(*types)}",
        )


@lru_cache(maxsize=2**16)
def _hash(labels: Labels) -> str:
    return dns.dnssec.nsec3_hash(name_of(labels), None, 0, "SHA1")


def _text(*types: RdataType) -> str:
    return " ".join(dns.rdatatype.to_text(kind) for kind in types)
