"""The keys of the zones, kept in the registry's directory, and the signatures made with them, each renewed long before
it expires."""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm
from dns.name import Name
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rrset import RRset

from domains.epp.secdns import DsData

ALGORITHM = Algorithm.ECDSAP256SHA256
KEY_SIGNING, ZONE_SIGNING = 257, 256
KEY_TTL = 3600
# A signature is served for a day and valid for two weeks, and an hour back for clocks that are behind.
SERVED_FOR, VALID_FOR, VALID_BACK = timedelta(days=1), timedelta(days=14), timedelta(hours=1)
MOST_SIGNATURES = 5000
END_OF_KEY = b"-----END PRIVATE KEY-----\n"


@dataclass(frozen=True)
class ZoneKey:
    """A key of a zone, with its private half."""

    private: ec.EllipticCurvePrivateKey = field(repr=False)
    public: DNSKEY

    def ds(self, origin: Name) -> DsData:
        """Returns its DS record in the zone's parent, digest type 2."""
        ds = dns.dnssec.make_ds(origin, self.public, "SHA256")
        return DsData(ds.key_tag, int(ds.algorithm), int(ds.digest_type), ds.digest)


@dataclass(frozen=True)
class ZoneKeys:
    """What is kept for each zone: a key that signs its keys, one that signs the rest, and a second of the first kind
    that takes part in a rollover, or signs where it should not."""

    ksk: ZoneKey
    zsk: ZoneKey
    second_ksk: ZoneKey


def ensure_keys(path: Path, seed: str | None = None) -> ZoneKeys:
    """
    Returns the keys of this file, which is made when missing and read by its owner alone.

    Keys are made at random, or from the seed: these anybody can make who knows it. Raises OSError, and ValueError when
    the file holds something else.
    """
    if not path.exists():
        made = (ec.generate_private_key(ec.SECP256R1()) if seed is None else _made_from(seed, n) for n in range(3))
        write_whole(path, b"".join(_pem(private) for private in made), 0o600)
    blocks = [block + END_OF_KEY for block in path.read_bytes().split(END_OF_KEY) if block]
    if len(blocks) != 3:
        raise ValueError(f"{path} does not hold the three keys of a zone.")
    return ZoneKeys(*map(_zone_key, blocks, (KEY_SIGNING, ZONE_SIGNING, KEY_SIGNING)))


def key_records(origin: Name, keys: Iterable[ZoneKey], ttl: int = KEY_TTL) -> RRset:
    """Returns the DNSKEY records of these keys."""
    return dns.rrset.from_rdata(origin, ttl, *(key.public for key in keys))


class Signer:
    """Signs the records of one zone when they are asked for, and keeps a bounded number of signatures."""

    def __init__(
        self, origin: Name, key_signers: tuple[ZoneKey, ...], zone_signer: ZoneKey, now: Callable[[], datetime]
    ) -> None:
        self._origin = origin
        self._key_signers = key_signers
        self._zone_signer = zone_signer
        self._now = now
        self._made: dict[object, tuple[datetime, RRset]] = {}

    def signatures(self, records: RRset) -> RRset:
        """Returns the signatures of records that belong together (RFC 4034, section 3)."""
        # What was signed is the key, so records that change never meet a signature of what they were before.
        key = (records.name, records.rdtype, records.ttl, frozenset(records))
        now = self._now()
        made_at, signatures = self._made.get(key, (None, None))
        if made_at is not None and signatures is not None and made_at <= now < made_at + SERVED_FOR:
            return signatures
        signatures = self._sign(records, now)
        self._made.pop(key, None)
        if len(self._made) >= MOST_SIGNATURES:
            del self._made[next(iter(self._made))]
        self._made[key] = (now, signatures)
        return signatures

    def _sign(self, records: RRset, now: datetime) -> RRset:
        signers = self._key_signers if records.rdtype == dns.rdatatype.DNSKEY else (self._zone_signer,)
        made = (
            dns.dnssec.sign(
                records,
                signer.private,
                self._origin,
                signer.public,
                inception=now - VALID_BACK,
                expiration=now + VALID_FOR,
            )
            for signer in signers
        )
        return dns.rrset.from_rdata(records.name, records.ttl, *made)


def write_whole(path: Path, octets: bytes, mode: int) -> None:
    """Writes a file whole or not at all. Raises OSError."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _zone_key(pem: bytes, flags: int) -> ZoneKey:
    private = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError("A key of a zone is one of P-256.")
    return ZoneKey(private, dns.dnssec.make_dnskey(private.public_key(), ALGORITHM, flags))


def _made_from(seed: str, number: int) -> ec.EllipticCurvePrivateKey:
    secret = int.from_bytes(hashlib.sha256(f"{number} {seed}".encode()).digest())
    # From 1 to the order of the curve less one: 2^255 is below it.
    return ec.derive_private_key(secret % 2**255 or 1, ec.SECP256R1())


def _pem(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
