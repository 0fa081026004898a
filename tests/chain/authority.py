"""An authoritative name server for tests: answers from the records of a zone, as RFC 1034, 4035 and 5155 say."""

import base64
from collections.abc import Iterable, Iterator

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
from dns.message import Message
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rrset import RRset


class Authority:
    """Holds one zone."""

    def __init__(self, origin: Name, records: Iterable[RRset]) -> None:
        self.origin = origin
        self.records: dict[tuple[Name, RdataType], RRset] = {}
        self.rrsigs: dict[tuple[Name, RdataType], RRset] = {}
        for rrset in records:
            if rrset.rdtype == RdataType.RRSIG:
                for rdata in rrset:
                    key = rrset.name, rdata.covers()
                    if key not in self.rrsigs:
                        self.rrsigs[key] = dns.rrset.RRset(rrset.name, rrset.rdclass, rrset.rdtype, rdata.covers())
                        self.rrsigs[key].update_ttl(rrset.ttl)
                    self.rrsigs[key].add(rdata)
            else:
                self.records[rrset.name, rrset.rdtype] = rrset
        self.cuts = {n for n, t in self.records if t == RdataType.NS and n != origin}
        hashed = {n for n, t in self.records if t == RdataType.NSEC3}
        self.names = {n for n, _t in self.records} - hashed
        for name in list(self.names):
            while name != origin and name.is_subdomain(origin):
                self.names.add(name)
                name = name.parent()
        self.nsec = sorted(n for n, t in self.records if t == RdataType.NSEC)
        self.nsec3 = sorted(n for n, t in self.records if t == RdataType.NSEC3)

    def respond(self, query: Message) -> Message:
        """The whole response."""
        response = dns.message.make_response(query, our_payload=1232, pad=0)
        response.flags &= ~dns.flags.RD
        question = query.question[0]
        name, rdtype = question.name, question.rdtype
        signed = bool(query.ednsflags & dns.flags.DO)
        if not name.is_subdomain(self.origin):
            response.set_rcode(dns.rcode.REFUSED)
            return response
        cut = next((cut for cut in self.cuts if name.is_subdomain(cut)), None)
        if cut is not None and not (name == cut and rdtype == RdataType.DS):
            response.authority += self._with(cut, RdataType.NS, signed=False)
            if (cut, RdataType.DS) in self.records:
                response.authority += self._with(cut, RdataType.DS, signed=signed)
            elif signed:
                response.authority += self._matching(cut) or self._closest(cut)
            for server in self.records[cut, RdataType.NS]:
                for kind in (RdataType.A, RdataType.AAAA):
                    response.additional += self._with(server.target, kind, signed=False)
            return response
        response.flags |= dns.flags.AA
        for kind in (rdtype, RdataType.CNAME):
            if (name, kind) in self.records:
                response.answer += self._with(name, kind, signed=signed)
                return response
        if name in self.names:
            response.authority += self._soa(signed)
            if signed:
                response.authority += _once(self._matching(name) or self._closest(name))
            return response
        encloser = name
        while encloser not in self.names:
            encloser = encloser.parent()
        wildcard = dns.name.Name((b"*", *encloser.labels))
        if wildcard in self.names:
            if (wildcard, rdtype) in self.records:
                for rrset in self._with(wildcard, rdtype, signed=signed):
                    grown = dns.rrset.RRset(name, rrset.rdclass, rrset.rdtype, rrset.covers)
                    grown.update(rrset)
                    response.answer.append(grown)
                response.authority += _once(self._closest(name)) if signed else []
                return response
            response.authority += self._soa(signed)
            response.authority += _once([*self._closest(name), *self._matching(wildcard)]) if signed else []
            return response
        response.set_rcode(dns.rcode.NXDOMAIN)
        response.authority += self._soa(signed)
        if signed:
            response.authority += _once([*self._closest(name), *self._covering(wildcard)])
        return response

    def _with(self, name: Name, rdtype: RdataType, *, signed: bool) -> list[RRset]:
        found = [self.records.get((name, rdtype)), self.rrsigs.get((name, rdtype)) if signed else None]
        return [rrset for rrset in found if rrset is not None]

    def _soa(self, signed: bool) -> list[RRset]:
        return self._with(self.origin, RdataType.SOA, signed=signed)

    def _hash(self, name: Name) -> Name:
        rdata = self.records[self.nsec3[0], RdataType.NSEC3][0]
        hashed = dns.dnssec.nsec3_hash(name, rdata.salt, rdata.iterations, 1).lower()
        return dns.name.Name((hashed.encode(), *self.origin.labels))

    def _matching(self, name: Name) -> list[RRset]:
        if self.nsec3:
            hashed = self._hash(name)
            return self._with(hashed, RdataType.NSEC3, signed=True) if hashed in self.nsec3 else []
        return self._with(name, RdataType.NSEC, signed=True)

    def _covering(self, name: Name) -> list[RRset]:
        if self.nsec3:
            hashed = base64.b32hexdecode(self._hash(name).labels[0].upper())
            owners = [n for n in self.nsec3 if base64.b32hexdecode(n.labels[0].upper()) < hashed] or self.nsec3
            return self._with(owners[-1], RdataType.NSEC3, signed=True)
        before = [owner for owner in self.nsec if owner < name]
        return self._with(before[-1], RdataType.NSEC, signed=True) if before else []

    def _closest(self, name: Name) -> list[RRset]:
        """What shows that the name is not there: with NSEC3 the closest encloser too."""
        if not self.nsec3:
            return self._covering(name)
        closer = name
        while closer != self.origin:
            if matching := self._matching(closer.parent()):
                return [*matching, *self._covering(closer)]
            closer = closer.parent()
        return []


def _once(rrsets: Iterable[RRset]) -> list[RRset]:
    return list(_each(rrsets))


def _each(rrsets: Iterable[RRset]) -> Iterator[RRset]:
    seen = set()
    for rrset in rrsets:
        key = rrset.name, rrset.rdtype, rrset.covers
        if key not in seen:
            seen.add(key)
            yield rrset
