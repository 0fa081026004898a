"""A validating resolver for tests, from dnspython's primitives alone: it begins with root hints and trust anchor, asks
each zone's own address, and believes nothing that is not signed."""

from dataclasses import dataclass
from pathlib import Path

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset
import dns.zonefile
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.util import Bitmap
from dns.rrset import RRset


class Bogus(Exception):
    """What was said is not proved."""


@dataclass(frozen=True)
class Found:
    """What there is under a name, and whether it is proved; ``records`` is None when there is nothing."""

    secure: bool
    rcode: str
    records: RRset | None


def ask(name: str, kind: str, port: int, address: str = "127.0.0.1", *, dnssec: bool = True) -> Message:
    """One question by UDP, by TCP when the answer does not fit."""
    query = dns.message.make_query(name, kind, want_dnssec=dnssec, payload=1232 if dnssec else None)
    query.flags &= ~dns.flags.RD
    answer, _by_tcp = dns.query.udp_with_fallback(query, address, timeout=5, port=port)
    return answer


class Walker:
    """Goes from the root down."""

    def __init__(self, directory: Path, port: int, *, now: float | None = None) -> None:
        self.port = port
        self._now = now
        hints = {rrset.rdtype: rrset for rrset in _read(directory / "root.hints")}
        self._root = hints[RdataType.A][0].address
        [self._anchor] = _read(directory / "trust-anchor")

    def find(self, name: str, kind: str) -> Found:
        """What there is. Raises Bogus."""
        zone, address, keys, secure = (
            dns.name.root,
            self._root,
            self._keys(dns.name.root, self._root, self._anchor),
            True,
        )
        wanted, rdtype = dns.name.from_text(name), dns.rdatatype.from_text(kind)
        for _ in range(10):
            answer = ask(name, kind, self.port, address)
            if answer.flags & dns.flags.AA:
                return self._conclude(answer, wanted, rdtype, zone, keys if secure else None)
            [cut] = [rrset for rrset in answer.authority if rrset.rdtype == RdataType.NS]
            assert cut.name != zone
            assert wanted.is_subdomain(cut.name)
            ds = answer.get_rrset(answer.authority, cut.name, 1, RdataType.DS)
            if secure and ds is None:
                self._no_type(answer, cut.name, RdataType.DS, zone, keys)
                secure = False
            glue = {rrset.name: rrset[0].address for rrset in answer.additional if rrset.rdtype == RdataType.A}
            host = next((server.target for server in cut if server.target in glue), None)
            if host is None:
                raise Bogus(f"There is no address of the name servers of {cut.name}.")
            zone, address = cut.name, glue[host]
            if secure:
                self._validate(ds, answer.authority, keys)
                keys = self._keys(zone, address, ds)
        raise Bogus("This does not end.")

    def _keys(self, zone: Name, address: str, trusted: RRset | None) -> RRset:
        answer = ask(str(zone), "DNSKEY", self.port, address)
        keys = answer.get_rrset(answer.answer, zone, 1, RdataType.DNSKEY)
        if keys is None or trusted is None:
            raise Bogus(f"{zone} has no keys.")
        if trusted.rdtype == RdataType.DNSKEY:
            entrance = [key for key in keys if key in trusted]
        else:
            entrance = [
                key for key in keys for ds in trusted if ds.digest_type == 2 and dns.dnssec.make_ds(zone, key, 2) == ds
            ]
        if not entrance:
            raise Bogus(f"No key of {zone} is the one that is trusted.")
        self._validate(keys, answer.answer, dns.rrset.from_rdata(zone, keys.ttl, *entrance))
        return keys

    def _conclude(self, answer: Message, name: Name, kind: RdataType, zone: Name, keys: RRset | None) -> Found:
        rcode = dns.rcode.to_text(answer.rcode())
        found = answer.get_rrset(answer.answer, name, 1, kind)
        if keys is not None and found is not None:
            self._validate(found, answer.answer, keys)
        elif keys is not None and answer.rcode() == dns.rcode.NOERROR:
            self._no_type(answer, name, kind, zone, keys)
        elif keys is not None and answer.rcode() == dns.rcode.NXDOMAIN:
            self._no_name(answer, name, zone, keys)
        return Found(keys is not None, rcode, found)

    def _validate(self, rrset: RRset | None, section: list[RRset], keys: RRset) -> None:
        assert rrset is not None
        signatures = next(
            (found for found in section if found.name == rrset.name and found.covers == rrset.rdtype), None
        )
        if signatures is None:
            raise Bogus(f"{rrset.name} {rrset.rdtype} is not signed.")
        try:
            dns.dnssec.validate(rrset, signatures, {keys.name: keys}, now=self._now)
        except dns.dnssec.ValidationFailure as trouble:
            raise Bogus(str(trouble)) from trouble

    def _proofs(self, answer: Message, keys: RRset) -> list[RRset]:
        found = [rrset for rrset in answer.authority if rrset.rdtype in (RdataType.NSEC, RdataType.NSEC3)]
        [soa] = [rrset for rrset in answer.authority if rrset.rdtype == RdataType.SOA] or [None]
        for rrset in (*found, *([soa] if soa else [])):
            self._validate(rrset, answer.authority, keys)
        if not found:
            raise Bogus("There is no proof.")
        return found

    def _no_type(self, answer: Message, name: Name, kind: RdataType, zone: Name, keys: RRset) -> None:
        for proof in self._proofs(answer, keys):
            if _is_at(proof, name, zone) and dns.rdatatype.to_text(kind) not in types_of(proof):
                return
            # The name before an empty one, and the one below it.
            if proof.rdtype == RdataType.NSEC and _covers(proof, name, zone) and proof[0].next.is_subdomain(name):
                return
        raise Bogus(f"It is not proved that {name} has no {kind}.")

    def _no_name(self, answer: Message, name: Name, zone: Name, keys: RRset) -> None:
        proofs = self._proofs(answer, keys)
        ancestors = [name.split(depth)[1] for depth in range(len(name) - 1, len(zone) - 1, -1)]
        for encloser in ancestors:
            closer = name.split(len(encloser) + 1)[1]
            known = any(_is_at(proof, encloser, zone) or _is_below(proof, encloser) for proof in proofs)
            if known and all(
                any(_covers(proof, absent, zone) for proof in proofs)
                for absent in (closer, dns.name.from_text("*", encloser))
            ):
                return
        raise Bogus(f"It is not proved that there is no {name}.")


def types_of(proof: RRset) -> list[str]:
    """The types that an NSEC or NSEC3 record lists."""
    return Bitmap(proof[0].windows).to_text().split()


def _is_at(proof: RRset, name: Name, zone: Name) -> bool:
    if proof.rdtype == RdataType.NSEC:
        return proof.name == name
    return proof.name == dns.name.from_text(dns.dnssec.nsec3_hash(name, None, 0, 1), zone)


def _is_below(proof: RRset, name: Name) -> bool:
    """NSEC: an owner or next name at or below this one shows that it exists."""
    return proof.rdtype == RdataType.NSEC and (proof.name.is_subdomain(name) or proof[0].next.is_subdomain(name))


def _covers(proof: RRset, name: Name, zone: Name) -> bool:
    if proof.rdtype == RdataType.NSEC:
        owner, following = proof.name, proof[0].next
        return bool(owner < name and (name < following or following == zone))
    owner, hashed = proof.name.labels[0].decode().upper(), dns.dnssec.nsec3_hash(name, None, 0, 1)
    following = proof[0].to_text().split()[4].upper()
    return owner < hashed < following if owner < following else hashed > owner or hashed < following


def _read(path: Path) -> list[RRset]:
    return dns.zonefile.read_rrsets(path.read_text(), rdclass=None, relativize=False)
