"""Keys and signatures for zones of tests: signed with dnspython, in all ways that are right and many that are not."""

import base64
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.NSEC3 import NSEC3
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rdtypes.util import Bitmap
from dns.rrset import RRset

NOW = 1_795_000_000  # 2026-11-18
DAY = 86400
KSK, ZSK = 257, 256


@dataclasses.dataclass(frozen=True)
class Key:
    """A private key with its DNSKEY record."""

    private: Any
    dnskey: DNSKEY

    @property
    def tag(self) -> int:
        return dns.dnssec.key_id(self.dnskey)

    def ds(self, owner: str, digest: str = "SHA256") -> DS:
        policy = dns.dnssec.allow_all_policy
        return dns.dnssec.make_ds(dns.name.from_text(owner), self.dnskey, digest, policy=policy)

    def with_flags(self, flags: int) -> "Key":
        return Key(self.private, self.dnskey.replace(flags=flags))


@lru_cache(maxsize=512)
def make_key(algorithm: int = 13, flags: int = KSK, number: int = 0, bits: int = 2048) -> Key:
    """A key; the same one for the same arguments within a run."""
    private: Any
    if algorithm in (5, 7, 8, 10):
        private = rsa.generate_private_key(65537, bits)
    elif algorithm == 13:
        private = ec.generate_private_key(ec.SECP256R1())
    elif algorithm == 14:
        private = ec.generate_private_key(ec.SECP384R1())
    elif algorithm == 15:
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = ed448.Ed448PrivateKey.generate()
    return Key(private, dns.dnssec.make_dnskey(private.public_key(), algorithm, flags))


Change = Callable[[RRset, RRSIG], RRSIG | None]


@dataclasses.dataclass(frozen=True)
class Signing:
    """How a zone is signed: who signs the DNSKEY records and who the rest, from when to when, and what is spoiled."""

    keys: Sequence[Key] = ()
    signs_keys: Sequence[Key] | None = None  # Default: those with the flag SEP, or all.
    signs_data: Sequence[Key] | None = None  # Default: those without, or all.
    shown: Sequence[Key] | None = None  # Default: the keys.
    inception: int = NOW - DAY
    expiration: int = NOW + 14 * DAY
    nsec3: tuple[int, bytes, bool] | None = None  # iterations, salt, opt-out
    change: Change | None = None  # Spoils signatures or takes them away.

    def of_keys(self) -> Sequence[Key]:
        return self.signs_keys if self.signs_keys is not None else _those(self.keys, 1)

    def of_data(self) -> Sequence[Key]:
        return self.signs_data if self.signs_data is not None else _those(self.keys, 0)


def _those(keys: Sequence[Key], sep: int) -> Sequence[Key]:
    return [key for key in keys if key.dnskey.flags & 1 == sep and key.dnskey.flags & 0x180 == 0x100] or keys


def rrset(name: str | Name, rdtype: str | RdataType, *texts: str, ttl: int = 3600) -> RRset:
    """Records as they stand in a zone file."""
    return dns.rrset.from_text(name, ttl, "IN", dns.rdatatype.RdataType.make(rdtype), *texts)


def sign_rrset(records: RRset, key: Key, zone: Name, inception: int, expiration: int) -> RRSIG:
    return dns.dnssec.sign(
        records,
        key.private,
        zone,
        key.dnskey,
        inception=inception,
        expiration=expiration,
        policy=dns.dnssec.allow_all_policy,
    )


def signed(origin: Name, records: Iterable[RRset], signing: Signing) -> list[RRset]:
    """The records of a zone with DNSKEY, NSEC or NSEC3, and RRSIG records; as they are when there are no keys."""
    found = list(records)
    if not signing.keys:
        return found
    shown = signing.keys if signing.shown is None else signing.shown
    if shown:
        found.append(dns.rrset.from_rdata_list(origin, 3600, [key.dnskey for key in shown]))
    found += _denials(origin, found, signing)
    cuts = [r.name for r in found if r.rdtype == RdataType.NS and r.name != origin]
    made: list[RRset] = []
    for records_of_one in found:
        name, rdtype = records_of_one.name, records_of_one.rdtype
        below = any(name.is_subdomain(cut) and name != cut for cut in cuts)
        if below or (name in cuts and rdtype not in (RdataType.DS, RdataType.NSEC)):
            continue
        signers = signing.of_keys() if rdtype == RdataType.DNSKEY else signing.of_data()
        rrsigs = [sign_rrset(records_of_one, key, origin, signing.inception, signing.expiration) for key in signers]
        if signing.change:
            rrsigs = [new for old in rrsigs if (new := signing.change(records_of_one, old)) is not None]
        if rrsigs:
            made.append(dns.rrset.from_rdata_list(name, records_of_one.ttl, rrsigs))
    return found + made


def _denials(origin: Name, records: list[RRset], signing: Signing) -> list[RRset]:
    cuts = [r.name for r in records if r.rdtype == RdataType.NS and r.name != origin]
    types: dict[Name, set[int]] = {}
    for records_of_one in records:
        if not any(records_of_one.name.is_subdomain(cut) and records_of_one.name != cut for cut in cuts):
            types.setdefault(records_of_one.name, set()).add(records_of_one.rdtype)
    if signing.nsec3 is None:
        names = sorted(types)
        chain = zip(names, names[1:] + names[:1], strict=True)
        return [
            rrset(name, "NSEC", _nsec_text(following, types[name] | {RdataType.NSEC, RdataType.RRSIG}), ttl=600)
            for name, following in chain
        ]
    iterations, salt, opt_out = signing.nsec3
    if opt_out:
        types = {n: kinds for n, kinds in types.items() if n not in cuts or RdataType.DS in kinds}
    for name in list(types):  # Empty non-terminals exist too.
        while name != origin:
            name = name.parent()
            types.setdefault(name, set())
    types[origin].add(RdataType.NSEC3PARAM)
    parameters = rrset(origin, "NSEC3PARAM", f"1 0 {iterations} {salt.hex() or '-'}", ttl=0)
    hashes = sorted((dns.dnssec.nsec3_hash(name, salt, iterations, 1).lower(), name) for name in types)
    made = [parameters]
    for (own, name), (following, _name) in zip(hashes, hashes[1:] + hashes[:1], strict=True):
        kinds = set(types[name])
        if kinds and (name not in cuts or RdataType.DS in kinds):
            kinds.add(RdataType.RRSIG)
        rdata = NSEC3(
            dns.rdataclass.IN, RdataType.NSEC3, 1, int(opt_out), iterations, salt, _b32(following),
            Bitmap.from_rdtypes([RdataType.make(kind) for kind in kinds]).windows,
        )  # fmt: skip
        owner = dns.name.Name((own.encode(), *origin.labels))
        made.append(dns.rrset.from_rdata(owner, 600, rdata))
    return made


def _b32(text: str) -> bytes:
    return base64.b32hexdecode(text.upper())


def _nsec_text(following: Name, types: set[int]) -> str:
    return f"{following} {' '.join(dns.rdatatype.to_text(RdataType.make(kind)) for kind in sorted(types))}"


# ---- ways to spoil ----


def flip(rdtype: str, tag: int | None = None) -> Change:
    """Turns a bit of the signatures over records of a type, of all keys or of one."""

    def change(records: RRset, rrsig: RRSIG) -> RRSIG:
        if records.rdtype != RdataType.make(rdtype) or tag not in (None, rrsig.key_tag):
            return rrsig
        return rrsig.replace(signature=bytes([rrsig.signature[0] ^ 1]) + rrsig.signature[1:])

    return change


def leave_out(rdtype: str, algorithm: int | None = None) -> Change:
    """Takes the signatures over records of a type away."""
    kind = RdataType.make(rdtype)
    return lambda records, rrsig: None if records.rdtype == kind and algorithm in (None, rrsig.algorithm) else rrsig


def replaced(rdtype: str, **fields: Any) -> Change:
    """Other values in the signatures over records of a type, which then no longer fit."""
    return lambda records, rrsig: rrsig.replace(**fields) if records.rdtype == RdataType.make(rdtype) else rrsig
