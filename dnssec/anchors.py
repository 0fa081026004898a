"""Where every chain begins: root hints and trust anchors, read from files in zone-file format, and DS records as people
type them."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.zonefile
from dns.name import Name
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rrset import RRset

from dnssec.chain.policy import POLICY
from dnssec.chain.recorded import find, of_type

DATA = Path(__file__).parent / "data"
HINTS, ANCHORS = DATA / "root.hints", DATA / "trust-anchor"


class UnusableFile(ValueError):
    """A file of hints or anchors cannot be used; the message is one sentence for whoever named it."""


def read_hints(path: Path = HINTS) -> Mapping[Name, tuple[str, ...]]:
    """The root's name servers with their addresses. Raises UnusableFile."""
    rrsets = _read(path)
    names = [rdata.target for rdata in find(rrsets, dns.name.root, RdataType.NS) or ()]
    hints = {
        name: tuple(
            rdata.address for rdtype in (RdataType.A, RdataType.AAAA) for rdata in find(rrsets, name, rdtype) or ()
        )
        for name in names
    }
    if not any(hints.values()):
        raise UnusableFile(f"{path} has no name server of the root with an address.")
    return hints


def read_anchors(path: Path = ANCHORS) -> frozenset[DS]:
    """The keys of the root that are trusted, DNSKEY records as the DS records they make. Raises UnusableFile."""
    rrsets = _read(path)
    anchors = set(of_type(find(rrsets, dns.name.root, RdataType.DS), DS))
    for key in of_type(find(rrsets, dns.name.root, RdataType.DNSKEY), DNSKEY):
        anchors.add(dns.dnssec.make_ds(dns.name.root, key, "SHA256", policy=POLICY))
    if not anchors:
        raise UnusableFile(f"{path} has no DS or DNSKEY record of the root.")
    return frozenset(anchors)


def parse_ds(text: str) -> DS:
    """A DS record as `TAG ALGORITHM TYPE HEX`. Raises ValueError with a sentence."""
    try:
        return cast(DS, dns.rdata.from_text(dns.rdataclass.IN, RdataType.DS, text))
    except (dns.exception.DNSException, ValueError) as error:
        raise ValueError(
            f"{text[:200]!r} is no DS record: write key tag, algorithm, digest type and digest."
        ) from error


def _read(path: Path) -> list[RRset]:
    try:
        return dns.zonefile.read_rrsets(
            path.read_text(), rdclass=None, default_ttl=3600, origin=dns.name.root,
            relativize=False,
        )  # fmt: skip
    except OSError as error:
        raise UnusableFile(f"{path} cannot be read: {error.strerror}.") from error
    except (dns.exception.DNSException, ValueError) as error:
        raise UnusableFile(f"{path} is not in zone-file format: {error}.") from error
