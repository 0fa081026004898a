"""A DNSSEC public key: read from what a person typed, checked for its algorithm's structure, with its key tag
and DS (pure).

Key tags and digests are dnspython's. What the libraries let pass (RFC 8032 points, RFC 3110 limits) is checked in
structure.py.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Self

import dns.dnssec
import dns.name
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from dnssec import structure
from dnssec.algorithms import ALGORITHMS, Policy, label
from dnssec.structure import InvalidPublicKey, gettext_noop

KSK, ZSK = 257, 256
PROTOCOL = 3  # RFC 4034 section 2.1.2: it MUST be 3.
MAX_CHARACTERS = 32_768  # As the Route 53 API: longer input is refused before it is looked at.

SHA1, SHA256, SHA384 = 1, 2, 4
DIGEST_NAMES = {SHA1: "SHA1", SHA256: "SHA256", SHA384: "SHA384"}

_WHITE_SPACE = re.compile(r"\s+")
_HEX_DIGEST = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}")
_DS_RECORD = re.compile(r"(?:.*\sDS\s+)?\d{1,5}\s+\d{1,3}\s+[1-4]\s+[0-9A-Fa-f\s]{40,}", re.IGNORECASE | re.DOTALL)
_PRIVATE_KEY = re.compile(r"PRIVATE\s+KEY|Private-key-format|PrivateKey\s*:", re.IGNORECASE)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


@dataclass(frozen=True, slots=True)
class DnsKey:
    """A DNSKEY's RDATA (RFC 4034 section 2): flags, protocol, algorithm and the octets of the public key."""

    flags: int
    protocol: int
    algorithm: int
    public_key: bytes

    @classmethod
    def parse(cls, text: str, *, flags: int, algorithm: int) -> Self:
        """
        The key that a person typed as base64, with key type and algorithm chosen beside it.

        Raises InvalidPublicKey with a code, a sentence, and the field it belongs to.
        """
        octets = _octets(text)
        key = cls(flags=flags, protocol=PROTOCOL, algorithm=algorithm, public_key=octets)
        key.check()
        return key

    @classmethod
    def from_base64(cls, text: str, *, flags: int, algorithm: int) -> Self:
        """The key of a snapshot that was checked when it was taken."""
        return cls(flags=flags, protocol=PROTOCOL, algorithm=algorithm, public_key=base64.b64decode(text))

    def check(self) -> None:
        """Raise InvalidPublicKey unless flags, protocol, algorithm and structure are those of a key that can sign a
        zone."""
        if self.flags not in (KSK, ZSK):
            raise InvalidPublicKey(
                "flags-invalid",
                gettext_noop("A key type of %(flags)d cannot be used: choose 257 (KSK) or 256 (ZSK)."),
                field="key_type",
                flags=self.flags,
            )
        if self.protocol != PROTOCOL:
            raise InvalidPublicKey(
                "protocol-invalid",
                gettext_noop("The protocol of a DNSKEY is always 3, but this key says %(protocol)d."),
                protocol=self.protocol,
            )
        row = ALGORITHMS.get(self.algorithm)
        if row is None or row.policy is Policy.REFUSE:
            raise InvalidPublicKey(
                "algorithm-unusable" if row is None else "algorithm-must-not",
                gettext_noop(
                    "Algorithm %(algorithm)s must not be used for new keys. Sign the zone with algorithm 13 or "
                    "15 instead."
                ),
                field="algorithm",
                algorithm=label(self.algorithm),
            )
        structure.check(self.algorithm, self.public_key)

    @property
    def key_type(self) -> str:
        """KSK or ZSK."""
        return "KSK" if self.flags == KSK else "ZSK"

    @property
    def base64(self) -> str:
        """The public key as one line of base64."""
        return base64.b64encode(self.public_key).decode("ascii")

    @property
    def key_tag(self) -> int:
        """The key tag, 0 to 65535 (RFC 4034 appendix B). It is no identity: two keys may share one."""
        return dns.dnssec.key_id(self._rdata())

    def ds(self, owner: str, digest_type: int) -> str:
        """The digest of the DS record for an owner name, as upper-case hex (RFC 4034 section 5.1.4)."""
        made = dns.dnssec.make_ds(
            dns.name.from_text(owner), self._rdata(), DIGEST_NAMES[digest_type], policy=dns.dnssec.allow_all_policy
        )
        return made.digest.hex().upper()

    def _rdata(self) -> DNSKEY:
        return DNSKEY(  # type: ignore[no-untyped-call]  # dnspython types the call, not __init__.
            dns.rdataclass.IN, dns.rdatatype.DNSKEY, self.flags, self.protocol, self.algorithm, self.public_key
        )


def _octets(text: str) -> bytes:
    """The octets behind typed base64, white space ignored. Raises InvalidPublicKey where it is something else."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidPublicKey(
            "too-long",
            gettext_noop(
                "This is %(length)d characters long; a public key has at most %(limit)d. Paste the key alone."
            ),
            length=len(text),
            limit=MAX_CHARACTERS,
        )
    if _PRIVATE_KEY.search(text):
        raise InvalidPublicKey(
            "private-key",
            gettext_noop(
                "This is a private key, so it was thrown away and not stored. Never paste it anywhere: replace "
                "it, and paste the public key."
            ),
        )
    compact = _WHITE_SPACE.sub("", text)
    if not compact:
        raise InvalidPublicKey("empty", gettext_noop("Paste the public key of your DNS service here, in base64."))
    if _HEX_DIGEST.fullmatch(compact):
        raise InvalidPublicKey(
            "ds-digest",
            gettext_noop(
                "This is a DS digest, the fingerprint of a key, and not the key itself. Your DNS service shows "
                "the key as “public key” or in its DNSKEY record."
            ),
        )
    if _DS_RECORD.fullmatch(text.strip()):
        raise InvalidPublicKey(
            "ds-record",
            gettext_noop(
                "This is a DS record, the fingerprint of a key, and not the key itself. Your DNS service shows "
                "the key as “public key” or in its DNSKEY record."
            ),
        )
    stray = _NOT_BASE64.search(compact)
    if stray:
        position = next(i for i, c in enumerate(text, start=1) if c == stray.group())
        raise InvalidPublicKey(
            "base64-invalid",
            gettext_noop(
                "Character %(position)d (%(character)s) does not belong to a base64 key. Paste only the key: "
                "letters, digits, +, / and =."
            ),
            position=position,
            character=ascii(stray.group()),
        )
    try:
        return base64.b64decode(compact, validate=True)
    except binascii.Error as error:
        raise InvalidPublicKey(
            "base64-invalid",
            gettext_noop(
                "This base64 is incomplete: a part of the key is missing. Copy the whole key, up to its last = sign."
            ),
        ) from error
