"""The keys that a domain's name servers publish, as the last check saw them: which are added, and which may be."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dnssec.algorithms import offered
from dnssec.chain import Chain, Link, ZoneKey
from dnssec.keys import KSK, SHA1, SHA256, SHA384, ZSK, DnsKey
from dnssec.models import DelegationSigner
from domains.models import Domain, Tld

FIRST = 5  # Keys that are shown at once.
SIGNIFICANT = 40  # Hexadecimal digits of the shortest digest, SHA-1.


@dataclass(frozen=True)
class FoundKey:
    """
    A key in the zone.

    `missing` are the name servers that do not show it, `not_signing` those that show it and have no signature of the
    key set by it. `state` is that of its row here, empty where it is not added; `refusal` why it cannot be.
    """

    key: DnsKey
    missing: tuple[str, ...]
    not_signing: tuple[str, ...]
    signs: bool
    state: str
    refusal: str
    is_recommended: bool = False

    @property
    def value(self) -> str:
        """What the button sends that fills the form with it."""
        return f"{self.key.flags} {self.key.algorithm} {self.key.base64}"

    @property
    def is_entry(self) -> bool:
        """Whether it is a key-signing key that does sign the zone's keys."""
        return self.signs and self.key.flags != ZSK

    @property
    def can_be_used(self) -> bool:
        """Whether it can be put into the form."""
        return not self.state and not self.refusal


@dataclass(frozen=True)
class FoundKeys:
    """The keys of a zone: the one to add first, then those that may be, then the rest."""

    keys: tuple[FoundKey, ...] = ()
    is_looked_up: bool = False  # The zone has answered.

    @property
    def recommended(self) -> FoundKey | None:
        """The key that closes the chain."""
        return next((key for key in self.keys if key.is_recommended), None)

    @property
    def first(self) -> list[FoundKey]:
        """What is shown at once: the keys that the chain may enter by, or all where there is none."""
        entering = [found for found in self.keys if found.is_recommended or found.state or found.is_entry]
        return (entering or list(self.keys))[:FIRST]

    @property
    def rest(self) -> list[FoundKey]:
        """What is unfolded."""
        first = self.first
        return [found for found in self.keys if found not in first]

    @property
    def disagree(self) -> bool:
        """Whether the servers show different keys."""
        return any(found.missing for found in self.keys)


def found_keys(chain: Chain | None, rows: Iterable[DelegationSigner], tld: Tld) -> FoundKeys:
    """The keys of the last link, where the name is a zone of its own."""
    if chain is None or not chain.is_zone or not chain.links:
        return FoundKeys()
    link = chain.links[-1]
    answering = {server.address: server.name for server in link.servers if server.trouble is None}
    if not answering:
        return FoundKeys()
    known, taken = list(rows), {row.number for row in offered(tld.algorithms)}
    keys = [_found(link, key, answering, known, taken, chain.name) for key in link.keys]
    ranked = sorted(keys, key=_rank)
    best = ranked[0] if ranked and _rank(ranked[0]) <= (0, 1) else None
    return FoundKeys(
        tuple(
            FoundKey(f.key, f.missing, f.not_signing, f.signs, f.state, f.refusal, is_recommended=f is best)
            for f in ranked
        ),
        is_looked_up=True,
    )


def _found(
    link: Link,
    key: ZoneKey,
    answering: dict[str, str],
    rows: Sequence[DelegationSigner],
    taken: set[int],
    domain: str,
) -> FoundKey:
    value = DnsKey(key.flags, key.protocol, key.algorithm, key.public_key)
    row = next((row for row in rows if is_key_of(row, value, domain)), None)
    return FoundKey(
        key=value,
        missing=tuple(_named(answering, set(answering) - set(key.servers))),
        not_signing=tuple(_named(answering, set(key.servers) & set(answering) - set(key.signs_keys_on))),
        signs=bool(key.signs_keys_on),
        state=row.state if row else "",
        refusal=_refusal(value, taken),
    )


def _named(names: dict[str, str], addresses: set[str]) -> list[str]:
    return [f"{name} ({address})" for address, name in names.items() if address in addresses]


def _refusal(key: DnsKey, taken: set[int]) -> str:
    if key.flags & 0x80:
        return _("It is revoked.")
    if key.flags not in (KSK, ZSK):
        return _("Its flags are not those of a key that signs a zone.")
    if key.algorithm not in taken:
        return _("The registry does not take its algorithm.")
    return ""


def _rank(found: FoundKey) -> tuple[int, int]:
    """The key to add first comes first: a key-signing key that signs on all servers and is not added."""
    sound = found.signs and not found.missing and not found.not_signing
    kind = 0 if found.key.flags != ZSK else 1
    if found.can_be_used and sound:
        return 0, kind
    if found.can_be_used and kind == 0:
        return 1, kind
    return (2 if found.state else 3 if found.can_be_used else 4), kind


def is_key_of(row: DelegationSigner, key: DnsKey, domain: str) -> bool:
    """Whether a row of the domain, perhaps known by its DS alone, stands for a key."""
    if row.public_key:
        return (row.flags, row.algorithm, row.public_key) == (key.flags, key.algorithm, key.base64)
    return any(row.ds.get(str(kind)) == key.ds(domain, kind) for kind in (SHA1, SHA256, SHA384) if str(kind) in row.ds)


@dataclass(frozen=True)
class Match:
    """What the zone's keys say to a pasted fingerprint: the key it is of, or none of those that were seen."""

    found: FoundKey | None
    is_looked_up: bool


def match_of(pasted: str, found: FoundKeys, domain: Domain) -> Match:
    """The key in the zone that a pasted DS record or digest is the fingerprint of. The beginning of a digest that was
    cut off will do, if it is long enough."""
    digits = re.sub(r"\s+", "", pasted).upper()
    for one in found.keys:
        for kind in (SHA256, SHA384, SHA1):
            digest = one.key.ds(domain.name, kind)
            if digest in digits or len(digits) >= SIGNIFICANT and digest.startswith(digits):
                return Match(one, found.is_looked_up)
    return Match(None, found.is_looked_up)
