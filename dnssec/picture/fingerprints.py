"""The DS records of a zone by key: which there are, which key each fits, and which are to come or to go (pure)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dnssec.chain import DsRecord, Link

DIGESTS = {1: "SHA-1", 2: "SHA-256", 3: "GOST", 4: "SHA-384", 5: "GOST-12", 6: "SM3"}


@dataclass(frozen=True, slots=True)
class Change:
    """
    A key as the registry has it on file or is being asked to: `digests` by type in upper-case hexadecimal.

    `state` is what its DS record is doing: adding, removing, or there (it should be in the DNS).
    """

    key_tag: int
    algorithm: int
    digests: Mapping[int, str] = field(hash=False)
    state: str


@dataclass(frozen=True, slots=True)
class Group:
    """The DS records of one key, in all their digest types. `keys` are the places of the keys they fit; `alike` of one
    that only has the same tag. `state` is that of a change, or empty."""

    key_tag: int
    algorithm: int
    digest_types: tuple[int, ...]
    keys: tuple[int, ...]
    signs: bool
    alike: int | None
    state: str = ""
    is_seen: bool = True

    @property
    def digests(self) -> str:
        """Their digest types, as people write them."""
        return ", ".join(DIGESTS.get(number, str(number)) for number in self.digest_types)


def groups(link: Link, changes: Collection[Change] = ()) -> list[Group]:
    """The DS records of a zone and what the registry makes of them: those that carry first, then those to come."""
    by_key: dict[tuple[int, int, tuple[int, ...]], list[DsRecord]] = {}
    for record in link.ds:
        by_key.setdefault((record.key_tag, record.algorithm, record.keys), []).append(record)
    found = [
        Group(
            key_tag=tag,
            algorithm=algorithm,
            digest_types=tuple(sorted({record.digest_type for record in records})),
            keys=keys,
            signs=any(record.signs for record in records),
            alike=None if keys else _alike(link, tag, algorithm),
            state=next((c.state for c in changes if c.state == "removing" and _has(c, records)), ""),
        )
        for (tag, algorithm, keys), records in by_key.items()
    ]
    for change in changes:
        if change.state != "removing" and not _has(change, link.ds):
            key = _alike(link, change.key_tag, change.algorithm)
            found.append(
                Group(
                    change.key_tag,
                    change.algorithm,
                    tuple(sorted(change.digests)),
                    () if key is None else (key,),
                    signs=False,
                    alike=None,
                    state=change.state,
                    is_seen=False,
                )
            )
    return sorted(found, key=lambda group: (not group.signs, not group.keys, not group.is_seen))


def _has(change: Change, records: Sequence[DsRecord]) -> bool:
    return any(
        record.key_tag == change.key_tag and change.digests.get(record.digest_type) == record.digest
        for record in records
    )


def _alike(link: Link, tag: int, algorithm: int) -> int | None:
    return next(
        (place for place, key in enumerate(link.keys) if (key.key_tag, key.algorithm) == (tag, algorithm)), None
    )
