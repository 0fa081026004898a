"""What a check gives: a chain of links from the root to the domain, each with its servers, DS records, keys, times and
findings; enough to draw it (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dnssec.chain.findings import Finding


class Verdict(StrEnum):
    """How a chain ends (RFC 4033 section 5): the worst that a validating resolver may meet."""

    SECURE = "secure"
    INSECURE = "insecure"
    INDETERMINATE = "indeterminate"  # Nobody who could tell was reached.
    BOGUS = "bogus"


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; indeterminate where there is none."""
    return max(verdicts, key=list(Verdict).index, default=Verdict.INDETERMINATE)


@dataclass(frozen=True, slots=True)
class ServerState:
    """A name server at one address, and why it gave no usable answer (None where it did)."""

    name: str
    address: str
    trouble: str | None


@dataclass(frozen=True, slots=True)
class DsRecord:
    """A DS record, the parent's servers that show it, and the places in the link's `keys` that it names.

    `signs` says whether one of these keys signs the DNSKEY records on every server that was asked.
    """

    key_tag: int
    algorithm: int
    digest_type: int
    digest: str
    servers: tuple[str, ...]
    keys: tuple[int, ...]
    signs: bool


@dataclass(frozen=True, slots=True)
class ZoneKey:
    """A DNSKEY: on which servers it is, on which of them it validly signs the DNSKEY records and the zone's data (SOA),
    and whether a DS record (or trust anchor) names it."""

    flags: int
    protocol: int
    algorithm: int
    public_key: bytes
    key_tag: int
    servers: tuple[str, ...]
    signs_keys_on: tuple[str, ...]
    signs_data_on: tuple[str, ...]
    has_ds: bool

    @property
    def key_type(self) -> str:
        """KSK or ZSK, by the flag SEP."""
        return "KSK" if self.flags & 1 else "ZSK"


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds that caches may keep what was seen, the longest of all servers; None where it was not seen."""

    ds: int | None  # from the parent; from an absent DS nothing is known
    parent_negative: int | None  # of "no DS here" at the parent: min(SOA TTL, SOA minimum) (RFC 2308 section 5)
    dnskey: int | None
    soa: int | None
    ns: int | None
    negative: int | None


@dataclass(frozen=True, slots=True)
class Link:
    """One zone of the chain. The verdict is that of the whole chain down to here.

    `keys_expire` is when the last signature over the DNSKEY records that still holds ends, in seconds since 1970.
    """

    zone: str
    verdict: Verdict
    servers: tuple[ServerState, ...]
    ds: tuple[DsRecord, ...]
    keys: tuple[ZoneKey, ...]
    times: Times
    findings: tuple[Finding, ...]
    keys_expire: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of a name at a time (seconds since 1970).

    `zone` is the zone that the name lies in, the name itself where it is delegated. `candidate` says whether the DS
    records of the last link are supposed, not seen. Findings come most severe first; the first is the cause.
    """

    name: str
    zone: str
    is_zone: bool
    verdict: Verdict
    links: tuple[Link, ...]
    findings: tuple[Finding, ...]
    checked_at: float
    candidate: bool = False
