"""RRSIG records, walked one by one: which key made each, whether it holds, and if not, why (pure).

The cryptography is dnspython's. Here stands what RFC 4035 section 5.3.1 asks besides, and the cap on work: a zone may
be built so that checking it takes hours (CVE-2023-50387).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import dns.dnssec
import dns.exception
import dns.rdataclass
import dns.rdataset
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.RRSIG import RRSIG
from dns.rrset import RRset

from dnssec.chain.policy import ALGORITHMS, POLICY, is_revoked, is_zone_key

# Failed verifications of one RRset, verifications in all, and keys of one tag and algorithm that are tried.
MOST_FAILURES, MOST_TRIES, MOST_OF_A_TAG = 8, 32, 4
MOST_SIGNATURES = 64


class Fault(StrEnum):
    """Why a signature does not count."""

    FORM = "form"  # Labels, signer, class or type are not those of the records (RFC 4035 section 5.3.1).
    UNKNOWN_KEY = "unknown-key"  # No key of the set has its tag and algorithm.
    UNUSABLE_KEY = "unusable-key"  # The key may not sign these records: no ZONE flag, or revoked.
    UNSUPPORTED = "unsupported"  # Resolvers do not know the algorithm.
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    WRONG = "wrong"
    TOO_MUCH = "too-much"  # Not tried: the cap on work was reached.


@dataclass(frozen=True, slots=True)
class Signature:
    """An RRSIG, the key that made it or should have, and its fault; without a fault it holds."""

    rrsig: RRSIG
    key: DNSKEY | None
    fault: Fault | None


@dataclass(frozen=True, slots=True)
class Verification:
    """All signatures over one RRset."""

    signatures: tuple[Signature, ...]

    @property
    def valid(self) -> tuple[Signature, ...]:
        """Those that hold."""
        return tuple(signature for signature in self.signatures if signature.fault is None)

    def by(self, key: DNSKEY) -> Fault | None | bool:
        """What the key's signature is: True where one holds, else its fault, None where the key made none."""
        own = [signature for signature in self.signatures if signature.key == key]
        if any(signature.fault is None for signature in own):
            return True
        return own[0].fault if own else None


@lru_cache(maxsize=4096)
def key_tag(key: DNSKEY) -> int:
    """The key tag (RFC 4034 appendix B)."""
    return dns.dnssec.key_id(key)


class Verifier:
    """Verifies at one time; what several servers say alike is computed once."""

    def __init__(self, now: float) -> None:
        self.now = now
        self._known: dict[Any, bool] = {}

    def verify(
        self,
        rrset: RRset,
        rrsigs: Iterable[RRSIG],
        zone: Name,
        keys: Sequence[DNSKEY],
        *,
        first: Collection[DNSKEY] = (),
    ) -> Verification:
        """Every signature over the records by keys of their zone's apex, those by `first` before all others."""
        tags = {key_tag(key) for key in first}
        ordered = sorted(rrsigs, key=lambda rrsig: rrsig.key_tag not in tags)[:MOST_SIGNATURES]
        content = (rrset.name, rrset.rdtype, frozenset(rrset))
        found = []
        failures = tries = 0
        for rrsig in ordered:
            candidates = [key for key in keys if key.algorithm == rrsig.algorithm and key_tag(key) == rrsig.key_tag]
            candidates.sort(key=lambda key: key not in first)
            key, fault = (candidates[0] if candidates else None), self._outward_fault(rrset, rrsig, zone, candidates)
            usable = [key for key in candidates if _may_sign(key, rrset.rdtype)][:MOST_OF_A_TAG] if not fault else []
            for key in usable:
                if failures >= MOST_FAILURES or tries >= MOST_TRIES:
                    fault = Fault.TOO_MUCH
                    break
                tries += 1
                if self._holds(content, rrset, rrsig, zone, key):
                    fault = None
                    break
                failures += 1
                fault = Fault.WRONG
            found.append(Signature(rrsig, key, fault))
        return Verification(tuple(found))

    def _outward_fault(self, rrset: RRset, rrsig: RRSIG, zone: Name, candidates: Sequence[DNSKEY]) -> Fault | None:
        labels = len(rrset.name) - 1 - rrset.name.is_wild()
        if rrsig.signer != zone or rrsig.labels > labels or rrsig.labels < len(zone) - 1:
            return Fault.FORM
        # At the apex nothing is made from a wildcard, whatever the number of labels says.
        if rrset.name == zone and rrsig.labels != labels:
            return Fault.FORM
        if not candidates:
            return Fault.UNKNOWN_KEY
        if not any(_may_sign(key, rrset.rdtype) for key in candidates):
            return Fault.UNUSABLE_KEY
        if rrsig.expiration < self.now:
            return Fault.EXPIRED
        if rrsig.inception > self.now:
            return Fault.NOT_YET
        return None if rrsig.algorithm in ALGORITHMS else Fault.UNSUPPORTED

    def _holds(self, content: Any, rrset: RRset, rrsig: RRSIG, zone: Name, key: DNSKEY) -> bool:
        question = (content, rrsig, key)
        if question not in self._known:
            keys = dns.rdataset.from_rdata(0, key)
            try:
                dns.dnssec.validate_rrsig(rrset, rrsig, {zone: keys}, now=self.now, policy=POLICY)
                self._known[question] = True
            except (dns.exception.ValidationFailure, dns.exception.UnsupportedAlgorithm, ValueError):
                self._known[question] = False
        return self._known[question]


def _may_sign(key: DNSKEY, rdtype: RdataType) -> bool:
    return is_zone_key(key) and (not is_revoked(key) or rdtype == RdataType.DNSKEY)
