"""The IANA table of DNSSEC algorithm numbers as dated data, and what this registrar makes of each (pure)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

AS_OF = date(2026, 11, 24)  # IANA "DNS Security Algorithm Numbers", with the standing after RFC 9904, 9905 and 9906.


class Policy(StrEnum):
    """Whether a new key of an algorithm is taken."""

    ACCEPT = "accept"
    WARN = "warn"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One row: number, mnemonic, this registrar's policy, and the RFC that decides it."""

    number: int
    mnemonic: str
    policy: Policy
    source: str


ALGORITHMS: dict[int, Algorithm] = {
    row.number: row
    for row in (
        Algorithm(0, "DELETE", Policy.REFUSE, "RFC 8078"),
        Algorithm(1, "RSAMD5", Policy.REFUSE, "RFC 9904"),
        Algorithm(2, "DH", Policy.REFUSE, "RFC 2539"),
        Algorithm(3, "DSA", Policy.REFUSE, "RFC 9904"),
        Algorithm(5, "RSASHA1", Policy.REFUSE, "RFC 9905"),
        Algorithm(6, "DSA-NSEC3-SHA1", Policy.REFUSE, "RFC 9904"),
        Algorithm(7, "RSASHA1-NSEC3-SHA1", Policy.REFUSE, "RFC 9905"),
        Algorithm(8, "RSASHA256", Policy.ACCEPT, "RFC 5702"),
        Algorithm(10, "RSASHA512", Policy.WARN, "RFC 9904"),
        Algorithm(12, "ECC-GOST", Policy.REFUSE, "RFC 9906"),
        Algorithm(13, "ECDSAP256SHA256", Policy.ACCEPT, "RFC 6605"),
        Algorithm(14, "ECDSAP384SHA384", Policy.ACCEPT, "RFC 6605"),
        Algorithm(15, "ED25519", Policy.ACCEPT, "RFC 8080"),
        Algorithm(16, "ED448", Policy.ACCEPT, "RFC 8080"),
        Algorithm(17, "SM2SM3", Policy.WARN, "RFC 9563"),
        Algorithm(18, "MLDSA44", Policy.WARN, "draft-westerbaan-dnssec-mldsa"),
        Algorithm(23, "ECC-GOST12", Policy.WARN, "RFC 9558"),
        Algorithm(252, "INDIRECT", Policy.REFUSE, "RFC 4034"),
        Algorithm(253, "PRIVATEDNS", Policy.REFUSE, "RFC 4034"),
        Algorithm(254, "PRIVATEOID", Policy.REFUSE, "RFC 4034"),
    )
}

# What a registry takes when its policy names no list: the algorithms in general use. The younger ones
# (17, 18, 23) validate almost nowhere yet, so a TLD has to name them.
USUAL = (8, 10, 13, 14, 15, 16)


def offered(tld_algorithms: list[int] | None) -> list[Algorithm]:
    """The algorithms that a form may offer: what the TLD takes (None: the usual ones), less what we refuse.

    May be empty.
    """
    numbers = USUAL if tld_algorithms is None else sorted(set(tld_algorithms))
    return [ALGORITHMS[n] for n in numbers if n in ALGORITHMS and ALGORITHMS[n].policy is not Policy.REFUSE]


def label(number: int) -> str:
    """An algorithm as people write it: `13 - ECDSAP256SHA256`."""
    row = ALGORITHMS.get(number)
    return f"{number} - {row.mnemonic}" if row else str(number)
