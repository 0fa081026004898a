"""One zone and what it answers: records, referrals, absences with their proofs (RFC 1034, section 4.3.2; RFC 4035,
section 3). Signatures are made for what is asked, so that a change costs nothing but itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.name import Name
from dns.rcode import Rcode
from dns.rdatatype import RdataType
from dns.rrset import RRset

from domains.epp.secdns import DsData
from domains.mockregistry.denial import Denial, Labels, Nsec, Nsec3, labels_of, name_of
from domains.mockregistry.zonekeys import Signer

# What may change, or come into being, is forgotten soon: who watches a change wants to see it.
SHORT_TTL, LONG_TTL = 60, 3600
Records = dict[RdataType, RRset]


@dataclass(frozen=True)
class Delegation:
    """What a zone holds about one below it. Without name servers it is no cut: its DS records are all there is."""

    name_servers: tuple[str, ...]
    ds: tuple[DsData, ...]


@dataclass
class Answer:
    """What goes into a response."""

    rcode: Rcode = Rcode.NOERROR
    authoritative: bool = True
    answer: list[RRset] = field(default_factory=list)
    authority: list[RRset] = field(default_factory=list)
    additional: list[RRset] = field(default_factory=list)


def records(owner: Name, ttl: int, kind: RdataType, *values: str) -> RRset:
    """Returns records of one name and type from what a zone file says of them."""
    return dns.rrset.from_text(owner, ttl, dns.rdataclass.IN, kind, *values)


def address_records(host: str, addresses: Iterable[str], ttl: int = LONG_TTL) -> list[RRset]:
    """Returns the A and AAAA records of a host."""
    kinds: dict[RdataType, list[str]] = {}
    for address in addresses:
        kinds.setdefault(RdataType.AAAA if ":" in address else RdataType.A, []).append(address)
    return [records(dns.name.from_text(host), ttl, kind, *values) for kind, values in kinds.items()]


class Zone:
    """A zone, signed when it has a signer; ``delay`` is how many seconds its servers take over an answer."""

    def __init__(
        self,
        origin: Name,
        own: Iterable[RRset],
        signer: Signer | None,
        *,
        addresses: Mapping[str, tuple[str, ...]],
        hashed: bool = False,
        serial: int = 1,
        delay: float = 0,
    ) -> None:
        """``own``: its records beside SOA; ``addresses``: those of hosts, for glue; ``hashed``: NSEC3 and not NSEC."""
        self.origin = origin
        self.delay = delay
        self._apex = labels_of(origin)
        self._signer = signer
        self._addresses = addresses
        self._hashed = hashed
        self._own: dict[Labels, Records] = {self._apex: {}}
        for rrset in own:
            self._own.setdefault(labels_of(rrset.name), {})[rrset.rdtype] = rrset
        if signer is not None and hashed:
            self._own[self._apex][RdataType.NSEC3PARAM] = records(origin, 0, RdataType.NSEC3PARAM, Nsec3.PARAMETERS)
        self._reserved = {labels[:length] for labels in self._own for length in range(len(labels) + 1)}
        self._delegations: dict[Labels, Delegation] = {}
        self._exists: set[Labels] = set()
        self._denial: Denial
        self._names_changed = True
        self.set_serial(serial)

    def set_serial(self, serial: int) -> None:
        """Gives the zone this serial number."""
        [primary, *_] = self._own[self._apex][RdataType.NS]
        hostmaster = dns.name.from_text("hostmaster", self.origin)
        self._own[self._apex][RdataType.SOA] = records(
            self.origin, SHORT_TTL, RdataType.SOA, f"{primary} {hostmaster} {serial} 7200 3600 1209600 {SHORT_TTL}"
        )

    def delegate(self, labels: Labels, delegation: Delegation | None) -> None:
        """Delegates a name, or no longer. Names that the zone itself uses stay its own."""
        if labels in self._reserved:
            return
        before = self._delegations.pop(labels, None)
        if delegation is not None:
            self._delegations[labels] = delegation
        # Only these decide which names there are; another DS set leaves the order of names as it is.
        if (before is None, before and not before.name_servers) != (
            delegation is None,
            delegation and not delegation.name_servers,
        ):
            self._names_changed = True

    def answer(self, name: Name, kind: RdataType, *, dnssec: bool) -> Answer:
        """Answers a question about a name at or below the origin; with signatures and proofs when ``dnssec``."""
        if self._names_changed:
            self._sort_names()
        labels, signer = labels_of(name), self._signer if dnssec else None
        cut = self._cut(labels)
        if cut is not None and not (cut == labels and kind == RdataType.DS):
            return self._referral(cut, signer)
        found = self._found(labels, kind)
        if found is not None:
            # The owner is spelt as in the question; a signature does not depend on that.
            spelt = dns.rrset.from_rdata(name, found.ttl, *found)
            if kind == RdataType.RRSIG:
                return Answer(answer=[spelt])
            return Answer(answer=self._signed([spelt], signer))
        absent = [self._own[self._apex][RdataType.SOA]]
        if labels in self._exists:
            return Answer(authority=self._signed(absent + (self._denial.no_type(labels) if signer else []), signer))
        encloser = next(labels[:end] for end in range(len(labels) - 1, -1, -1) if labels[:end] in self._exists)
        proof = self._denial.no_name(labels, encloser) if signer else []
        return Answer(Rcode.NXDOMAIN, authority=self._signed(absent + proof, signer))

    def _cut(self, labels: Labels) -> Labels | None:
        """The topmost delegation at or above a name."""
        for end in range(len(self._apex) + 1, len(labels) + 1):
            if self._is_cut(labels[:end]):
                return labels[:end]
        return None

    def _is_cut(self, labels: Labels) -> bool:
        delegation = self._delegations.get(labels)
        return delegation is not None and bool(delegation.name_servers)

    def _referral(self, cut: Labels, signer: Signer | None) -> Answer:
        """Names the servers of the zone below, and says whether it is signed (RFC 4035, section 3.1.4)."""
        here = self._records(cut)
        proof: list[RRset] = []
        if signer is not None:
            proof = [here[RdataType.DS]] if RdataType.DS in here else self._denial.no_type(cut)
        return Answer(
            authoritative=False,
            authority=[here[RdataType.NS], *self._signed(proof, signer)],
            additional=[
                glue
                for host in self._delegations[cut].name_servers
                if dns.name.from_text(host).is_subdomain(self.origin)
                for glue in address_records(host, self._addresses.get(host, ()))
            ],
        )

    def _found(self, labels: Labels, kind: RdataType) -> RRset | None:
        here = self._records(labels)
        if kind in (RdataType.ANY, RdataType.RRSIG):
            # One set of records is enough for whoever asks for all (RFC 8482, section 4.1).
            first = next(iter(here.values()), None)
            if kind == RdataType.ANY or first is None:
                return first
            return None if self._signer is None else self._signer.signatures(first)
        if kind == RdataType.NSEC and here and self._signer is not None and not self._hashed:
            return self._denial.no_type(labels)[0]
        return here.get(kind)

    def _records(self, labels: Labels) -> Records:
        delegation = self._delegations.get(labels)
        if delegation is None:
            return self._own.get(labels, {})
        owner, found = name_of(labels), {}
        if delegation.name_servers:
            hosts = (f"{host}." for host in delegation.name_servers)
            found[RdataType.NS] = records(owner, SHORT_TTL, RdataType.NS, *hosts)
        if delegation.ds:
            texts = (f"{ds.key_tag} {ds.algorithm} {ds.digest_type} {ds.digest.hex()}" for ds in delegation.ds)
            found[RdataType.DS] = records(owner, SHORT_TTL, RdataType.DS, *texts)
        return found

    def _signed(self, sets: list[RRset], signer: Signer | None) -> list[RRset]:
        if signer is None:
            return sets
        return [rrset for found in sets for rrset in (found, signer.signatures(found))]

    def _sort_names(self) -> None:
        names: list[Labels] = []
        cut: Labels | None = None
        for labels in sorted((*self._own, *self._delegations)):
            # What lies below a cut is not this zone's to speak of.
            if cut is not None and labels[: len(cut)] == cut:
                continue
            cut = labels if self._is_cut(labels) else None
            names.append(labels)
        deepest = len(self._apex) + 1
        empty = {labels[:end] for labels in names for end in range(deepest, len(labels))}.difference(names)
        self._exists = {*names, *empty}
        if self._hashed:
            self._denial = Nsec3(self.origin, names, empty, self._records, SHORT_TTL)
        else:
            self._denial = Nsec(names, self._records, SHORT_TTL)
        self._names_changed = False
