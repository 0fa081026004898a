"""The IANA table of DNSSEC algorithm numbers as dated data, and what this registrar makes of each (pure).

The form, the command, the admin and docs/algorithms.md read this one table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dnssec import messages
from dnssec.messages import Finding, Message, Severity

AS_OF = date(2026, 11, 24)  # IANA "DNS Security Algorithm Numbers", which RFC 9904 made the place of the standing.


class Use(StrEnum):
    """The standing of an algorithm for a purpose, in the words of RFC 9904 section 2."""

    RECOMMENDED = "RECOMMENDED"
    MAY = "MAY"
    NOT_RECOMMENDED = "NOT RECOMMENDED"
    MUST_NOT = "MUST NOT"
    NONE = "no zone signing"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """
    One row: number, mnemonic, standing for signing and for validation, and the document that decides it.

    `message` is what this registrar says about a new key of it, None where there is nothing to say.
    """

    number: int
    mnemonic: str
    signing: Use
    validation: Use
    source: str
    message: Message | None = None

    @property
    def is_refused(self) -> bool:
        """Whether no new key of it is taken."""
        return self.message is not None and self.message.severity is Severity.REJECT

    @property
    def label(self) -> str:
        """As people write it: `13 - ECDSAP256SHA256`."""
        return f"{self.number} - {self.mnemonic}"


def _row(
    number: int, mnemonic: str, signing: Use, validation: Use, source: str, message: Message | None = None
) -> Algorithm:
    return Algorithm(number, mnemonic, signing, validation, source, message)


_UNUSABLE = messages.ALGORITHM_UNUSABLE
_MUST_NOT = messages.ALGORITHM_MUST_NOT

ALGORITHMS: Mapping[int, Algorithm] = {
    row.number: row
    for row in (
        _row(0, "DELETE", Use.NONE, Use.NONE, "RFC 8078", _UNUSABLE),
        _row(1, "RSAMD5", Use.MUST_NOT, Use.MUST_NOT, "RFC 9904", _MUST_NOT),
        _row(2, "DH", Use.NONE, Use.NONE, "RFC 2539", _UNUSABLE),
        _row(3, "DSA", Use.MUST_NOT, Use.MUST_NOT, "RFC 9904", _MUST_NOT),
        _row(5, "RSASHA1", Use.MUST_NOT, Use.RECOMMENDED, "RFC 9905", messages.ALGORITHM_SHA1),
        _row(6, "DSA-NSEC3-SHA1", Use.MUST_NOT, Use.MUST_NOT, "RFC 9904", _MUST_NOT),
        _row(7, "RSASHA1-NSEC3-SHA1", Use.MUST_NOT, Use.RECOMMENDED, "RFC 9905", messages.ALGORITHM_SHA1),
        _row(8, "RSASHA256", Use.RECOMMENDED, Use.RECOMMENDED, "RFC 5702"),
        _row(10, "RSASHA512", Use.NOT_RECOMMENDED, Use.RECOMMENDED, "RFC 9904", messages.ALGORITHM_NOT_RECOMMENDED),
        _row(12, "ECC-GOST", Use.MUST_NOT, Use.MUST_NOT, "RFC 9906", _MUST_NOT),
        _row(13, "ECDSAP256SHA256", Use.RECOMMENDED, Use.RECOMMENDED, "RFC 6605"),
        _row(14, "ECDSAP384SHA384", Use.MAY, Use.RECOMMENDED, "RFC 6605"),
        _row(15, "ED25519", Use.RECOMMENDED, Use.RECOMMENDED, "RFC 8080"),
        _row(16, "ED448", Use.MAY, Use.RECOMMENDED, "RFC 8080"),
        _row(17, "SM2SM3", Use.MAY, Use.MAY, "RFC 9563", messages.ALGORITHM_NEW),
        _row(18, "MLDSA44", Use.MAY, Use.MAY, "draft-westerbaan-dnssec-mldsa", messages.ALGORITHM_NEW),
        _row(23, "ECC-GOST12", Use.MAY, Use.MAY, "RFC 9558", messages.ALGORITHM_NEW),
        _row(252, "INDIRECT", Use.NONE, Use.NONE, "RFC 4034", _UNUSABLE),
        _row(253, "PRIVATEDNS", Use.MAY, Use.MAY, "RFC 4034", messages.ALGORITHM_PRIVATE),
        _row(254, "PRIVATEOID", Use.MAY, Use.MAY, "RFC 4034", messages.ALGORITHM_PRIVATE),
        *(
            _row(number, "reserved", Use.NONE, Use.NONE, "IANA", messages.ALGORITHM_UNKNOWN)
            for number in (4, 9, 11, *range(123, 252), 255)
        ),
        *(
            _row(number, "unassigned", Use.NONE, Use.NONE, "IANA", messages.ALGORITHM_UNKNOWN)
            for number in (*range(19, 23), *range(24, 123))
        ),
    )
}

# What a registry takes when its policy names no list: the algorithms in general use. The younger ones
# (17, 18, 23) validate almost nowhere yet, so a TLD has to name them.
USUAL = (8, 10, 13, 14, 15, 16)

RSA = (5, 7, 8, 10)

# As zone files of different makers write them.
_ALIASES = {"RSASHA1NSEC3SHA1": 7, "NSEC3RSASHA1": 7, "NSEC3DSA": 6, "DSANSEC3SHA1": 6, "ECDSA256": 13, "ECDSA384": 14}
_BY_MNEMONIC = {
    row.mnemonic.replace("-", ""): row.number for row in ALGORITHMS.values() if row.mnemonic.isupper()
} | _ALIASES


def offered(tld_algorithms: Iterable[int] | None) -> list[Algorithm]:
    """The algorithms that a form may offer: what the TLD takes (None: the usual ones), less what we refuse.

    May be empty.
    """
    numbers = USUAL if tld_algorithms is None else sorted(set(tld_algorithms))
    return [ALGORITHMS[n] for n in numbers if n in ALGORITHMS and not ALGORITHMS[n].is_refused]


def label(number: int) -> str:
    """An algorithm as people write it: `13 - ECDSAP256SHA256`."""
    row = ALGORITHMS.get(number)
    return row.label if row else str(number)


def by_name(text: str) -> int | None:
    """The number of an algorithm written as a number or a mnemonic in any case; None where there is none (0 to
    255)."""
    if text.isdecimal() and text.isascii():
        number = int(text[:4])
        return number if number in ALGORITHMS else None
    return _BY_MNEMONIC.get(text.upper().replace("-", "").replace("_", ""))


def refusal(number: int) -> Finding | None:
    """Why this registrar takes no new key of this algorithm, whatever the registry; None where it does."""
    row = ALGORITHMS.get(number)
    if row is None:
        return Finding(messages.ALGORITHM_UNKNOWN, {"number": number})
    if row.message is None or not row.is_refused:
        return None
    return Finding(row.message, {"algorithm": row.label, "number": number, "source": row.source})


def standing(number: int, *, domain: str, taken: Iterable[int]) -> Finding | None:
    """What has to be said about a new key of this algorithm at a registry that takes only those of `taken`."""
    if finding := refusal(number):
        return finding
    row = ALGORITHMS[number]
    numbers = [algorithm.number for algorithm in offered(taken)]
    if not numbers:
        return Finding(messages.NO_USABLE_ALGORITHM, {"domain": domain})
    if number not in numbers:
        return Finding(
            messages.ALGORITHM_UNSUPPORTED_HERE,
            {"algorithm": row.label, "domain": domain, "taken": enumeration(numbers)},
        )
    if row.message:
        return Finding(row.message, {"algorithm": row.label, "source": row.source})
    return None


def enumeration(numbers: Iterable[int]) -> str:
    """Algorithms for a sentence: `8 - RSASHA256, 13 - ECDSAP256SHA256`."""
    return ", ".join(label(number) for number in numbers)
