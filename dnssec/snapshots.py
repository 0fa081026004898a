"""The snapshot of a key that an operation carries, and how it meets rows and the registry's records.

A registry lists a key as key data, or as one or more DS records; whatever the digest type, they belong to the same key.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dnssec.algorithms import label
from dnssec.keys import SHA1, SHA256, SHA384, DnsKey
from dnssec.models import DelegationSigner
from domains.epp.secdns import DsData, KeyData, SecDnsInfo
from domains.models import Domain, Registry

type Subject = dict[str, Any]
type Record = DsData | KeyData


@dataclass(frozen=True, slots=True)
class Difference:
    """What the registry turned out to hold otherwise than the console knew: keys, EPP statuses that lock them, the
    sponsor."""

    added: tuple[Subject, ...] = ()
    removed: tuple[Subject, ...] = ()
    locked: tuple[str, ...] = ()
    lifted: tuple[str, ...] = ()
    left: bool = False

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.locked or self.lifted or self.left)


def subject_of(domain: Domain, key: DnsKey) -> Subject:
    """The snapshot of a key: what a row, a mail and a repeat need, with the digests for this domain."""
    ds = {str(digest_type): key.ds(domain.name, digest_type) for digest_type in (SHA1, SHA256, SHA384)}
    return {
        "fingerprint": fingerprint(key.key_tag, key.algorithm, ds),
        "key_tag": key.key_tag,
        "flags": key.flags,
        "algorithm": key.algorithm,
        "algorithm_label": label(key.algorithm),
        "public_key": key.base64,
        "ds": ds,
    }


def subject_of_row(row: DelegationSigner) -> Subject:
    """The snapshot of a key's row, perhaps known by its DS alone."""
    return {
        "fingerprint": row.fingerprint,
        "key_tag": row.key_tag,
        "flags": row.flags,
        "algorithm": row.algorithm,
        "algorithm_label": label(row.algorithm),
        "public_key": row.public_key,
        "ds": row.ds,
    }


def fingerprint(key_tag: int, algorithm: int, ds: dict[str, str]) -> str:
    """What a key is known by on a domain: its SHA-256 DS, or the only DS there is."""
    digest_type = str(SHA256) if str(SHA256) in ds else min(ds)
    return f"{key_tag}-{algorithm}-{digest_type}-{ds[digest_type]}"


def key_of(subject: Subject) -> DnsKey | None:
    """The key in a snapshot; None where only its DS is known."""
    if not subject["public_key"]:
        return None
    return DnsKey.from_base64(subject["public_key"], flags=subject["flags"], algorithm=subject["algorithm"])


def is_same_key(row: DelegationSigner, subject: Subject) -> bool:
    """Whether a row, perhaps known by its DS alone, stands for the key of a snapshot."""
    return (row.key_tag, row.algorithm) == (subject["key_tag"], subject["algorithm"]) and any(
        subject["ds"].get(digest_type) == digest for digest_type, digest in row.ds.items()
    )


def record_to_add(subject: Subject, interface: str) -> Record:
    """The record that adds a key, by the registry's interface (RFC 5910 section 4): key data, or one DS of digest
    type 2."""
    key = key_of(subject)
    if interface == Registry.Interface.KEY and key is not None:
        return KeyData(key.flags, key.protocol, key.algorithm, key.public_key)
    digest = bytes.fromhex(subject["ds"][str(SHA256)])
    return DsData(subject["key_tag"], subject["algorithm"], SHA256, digest)


def belongs_to(record: Record, subject: Subject) -> bool:
    """Whether a record at the registry stands for the key of a snapshot."""
    if isinstance(record, KeyData):
        key = key_of(subject)
        return key is not None and (record.flags, record.algorithm, record.public_key) == (
            key.flags,
            key.algorithm,
            key.public_key,
        )
    return (record.key_tag, record.algorithm) == (subject["key_tag"], subject["algorithm"]) and subject["ds"].get(
        str(record.digest_type)
    ) == record.digest.hex().upper()


def records_of(secdns: SecDnsInfo | None) -> list[Record]:
    """Everything the registry lists, whichever its interface."""
    return [] if secdns is None else [*secdns.ds, *secdns.keys]


def subjects_of(domain: Domain, records: Iterable[Record]) -> list[Subject]:
    """
    The keys behind records that no row stands for.

    DS records of one key tag and algorithm are one key while each digest type occurs once; two of one type are two
    keys,
    and then each record stands alone, for nobody can tell which belong together.
    """
    subjects: list[Subject] = []
    by_tag: dict[tuple[int, int], list[DsData]] = {}
    for record in records:
        if isinstance(record, KeyData):
            subjects.append(
                subject_of(domain, DnsKey(record.flags, record.protocol, record.algorithm, record.public_key))
            )
        else:
            by_tag.setdefault((record.key_tag, record.algorithm), []).append(record)
    for (key_tag, algorithm), group in by_tag.items():
        types = [record.digest_type for record in group]
        for members in [group] if len(set(types)) == len(types) else [[record] for record in group]:
            ds = {str(record.digest_type): record.digest.hex().upper() for record in members}
            subjects.append(
                {
                    "fingerprint": fingerprint(key_tag, algorithm, ds),
                    "key_tag": key_tag,
                    "flags": None,
                    "algorithm": algorithm,
                    "public_key": "",
                    "ds": ds,
                }
            )
    return subjects
