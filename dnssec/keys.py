"""A DNSSEC public key as a value: checked for its algorithm's structure, with its key tag and DS (pure).

Key tags and digests are dnspython's. What the libraries let pass (RFC 8032 points, RFC 3110 limits) is checked in
structure.py; what a person may paste around a key is taken apart in paste/.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Self

import dns.dnssec
import dns.name
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from dnssec import messages, structure
from dnssec.algorithms import label, refusal
from dnssec.messages import Finding, InvalidPublicKey

KSK, ZSK = 257, 256
PROTOCOL = 3  # RFC 4034 section 2.1.2: it MUST be 3.
MAX_CHARACTERS = 32_768  # As the Route 53 API: longer input is refused before it is looked at.

SHA1, SHA256, SHA384 = 1, 2, 4
DIGEST_NAMES = {SHA1: "SHA1", SHA256: "SHA256", SHA384: "SHA384"}


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
        The key written as base64, with key type and algorithm named beside it; white space is ignored.

        Raises InvalidPublicKey.
        """
        try:
            octets = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidPublicKey(messages.BASE64_CUT, length=len(text)) from error
        key = cls(flags=flags, protocol=PROTOCOL, algorithm=algorithm, public_key=octets)
        key.check()
        return key

    @classmethod
    def from_base64(cls, text: str, *, flags: int, algorithm: int) -> Self:
        """The key of a snapshot that was checked when it was taken."""
        return cls(flags=flags, protocol=PROTOCOL, algorithm=algorithm, public_key=base64.b64decode(text))

    def check(self) -> list[Finding]:
        """
        Warnings about the key. Whether its registry takes the algorithm is not judged here.

        Raises InvalidPublicKey unless flags, protocol, algorithm and structure are those of a key that may sign a zone.
        """
        if self.protocol != PROTOCOL:
            raise InvalidPublicKey(messages.PROTOCOL_INVALID, protocol=self.protocol)
        if self.flags not in (KSK, ZSK):
            raise InvalidPublicKey(messages.FLAGS_INVALID, flags=self.flags)
        if finding := refusal(self.algorithm):
            raise InvalidPublicKey(finding.message, **finding.params)
        return structure.check(self.algorithm, self.public_key)

    @property
    def key_type(self) -> str:
        """KSK or ZSK."""
        return "KSK" if self.flags == KSK else "ZSK"

    @property
    def bits(self) -> int:
        """The size of the key, as people name it."""
        return structure.bits(self.algorithm, self.public_key)

    @property
    def algorithm_label(self) -> str:
        """The algorithm as people write it."""
        return label(self.algorithm)

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
