"""What each TLD's registry accepts: interface, limit, algorithms, flags, digests; and the DS records it derives from
keys. These rules are this registry's own and shared with nobody."""

from dataclasses import dataclass

import dns.dnssec
import dns.name
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from domains.epp.secdns import DsData, KeyData, Record
from domains.mockregistry import refusals

DIGEST_LENGTHS = {1: 20, 2: 32, 3: 32, 4: 48}
DIGEST_TYPES = (2, 4)
DERIVED_DIGEST = {2: "SHA256", 4: "SHA384"}
# Algorithms with public keys of one length: P-256, P-384 (RFC 6605, section 4), Ed25519, Ed448 (RFC 8080, section 3).
KEY_LENGTHS = {13: 64, 14: 96, 15: 32, 16: 57}
RSA = (5, 7, 8, 10)
RSA_MODULUS = range(64, 513)


@dataclass(frozen=True)
class TldPolicy:
    """One TLD and what its registry enforces. ``urgent`` and ``max_sig_life`` tell whether it supports these options of
    RFC 5910, section 5.2.5."""

    name: str
    registry: str
    interface: str
    dnssec: bool
    max_keys: int
    algorithms: tuple[int, ...]
    urgent: bool = False
    max_sig_life: bool = False

    def check_interface(self, record: Record) -> None:
        """Refuses key data where DS data is taken and the other way round (RFC 5910, section 4)."""
        if isinstance(record, DsData) != (self.interface == "ds"):
            taken = "DS data (dsData)" if self.interface == "ds" else "key data (keyData)"
            raise refusals.WrongInterface(tld=self.name, taken=taken)

    def check_addition(self, record: Record, name: str) -> None:
        """Refuses a record that may not be added to the domain ``name``."""
        if record.algorithm not in self.algorithms:
            raise refusals.AlgorithmRefused(tld=self.name, algorithm=record.algorithm)
        if isinstance(record, KeyData):
            _check_key(record)
        else:
            _check_ds(record, name)

    def check_count(self, count: int) -> None:
        """Refuses more records than the limit; key TLDs count keys, the others DS records."""
        if count > self.max_keys:
            kind = "DS records" if self.interface == "ds" else "keys"
            raise refusals.LimitPassed(tld=self.name, limit=self.max_keys, kind=kind)


def derive_ds(key: KeyData, name: str, digest_type: int = 2) -> DsData:
    """Returns the DS record of a key at the domain ``name`` (RFC 4034, section 5.1.4)."""
    dnskey = DNSKEY(  # type: ignore[no-untyped-call]
        dns.rdataclass.IN, dns.rdatatype.DNSKEY, key.flags, key.protocol, key.algorithm, key.public_key
    )
    ds = dns.dnssec.make_ds(
        dns.name.from_text(name), dnskey, DERIVED_DIGEST[digest_type], policy=dns.dnssec.allow_all_policy
    )
    return DsData(ds.key_tag, int(ds.algorithm), int(ds.digest_type), ds.digest)


def describe(record: Record) -> str:
    """Returns the words for a record in a reason."""
    if isinstance(record, DsData):
        return f"The DS record with key tag {record.key_tag} and digest type {record.digest_type}"
    return f"The key with flags {record.flags} and algorithm {record.algorithm}"


def _check_key(key: KeyData) -> None:
    if key.protocol != 3:
        raise refusals.ValueOutOfRange(complaint="The protocol of a key is 3 (RFC 4034, section 2.1.2).")
    if key.flags not in (256, 257):
        raise refusals.FlagsRefused(flags=key.flags)
    length = len(key.public_key)
    if key.algorithm in KEY_LENGTHS and length != KEY_LENGTHS[key.algorithm]:
        complaint = f"A key of algorithm {key.algorithm} has {KEY_LENGTHS[key.algorithm]} octets, not {length}."
        raise refusals.ValueMalformed(complaint=complaint)
    if key.algorithm in RSA and _modulus_length(key.public_key) not in RSA_MODULUS:
        raise refusals.ValueMalformed(complaint="The public key is not an RSA key of 512 to 4096 bits.")


def _modulus_length(public_key: bytes) -> int:
    """The octets of an RSA modulus, after an exponent whose length comes first (RFC 3110, section 2)."""
    if public_key[0]:
        return len(public_key) - 1 - public_key[0]
    return len(public_key) - 3 - int.from_bytes(public_key[1:3])


def _check_ds(ds: DsData, name: str) -> None:
    expected = DIGEST_LENGTHS.get(ds.digest_type)
    if expected is not None and len(ds.digest) != expected:
        complaint = f"A digest of type {ds.digest_type} has {expected} octets, not {len(ds.digest)}."
        raise refusals.ValueMalformed(complaint=complaint)
    if ds.digest_type not in DIGEST_TYPES:
        raise refusals.DigestTypeRefused(digest_type=ds.digest_type)
    if ds.key_data is not None:
        _check_key(ds.key_data)
        if derive_ds(ds.key_data, name, ds.digest_type) != ds:
            raise refusals.DigestOfAnotherKey
