"""What a link of the chain holds besides its verdict: DS records, keys and times as they were found, findings put
together (pure)."""

from collections.abc import Collection, Mapping, Sequence

from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from dnssec.chain import findings
from dnssec.chain.findings import Finding
from dnssec.chain.keyset import Path, may_carry, names
from dnssec.chain.parent import Saying, negative_ttl
from dnssec.chain.policy import is_sep
from dnssec.chain.recorded import Answer, RecordedZone
from dnssec.chain.results import DsRecord, Times, ZoneKey
from dnssec.chain.signatures import Verifier, key_tag


def merged(told: Sequence[Finding], children: Sequence[str], parents: Sequence[str]) -> list[Finding]:
    """Each finding once; what holds of all servers of a kind is said of none in particular."""
    # A server that cannot hand out signatures is told as that, and not as signatures that are missing.
    plain = {finding.server for finding in told if finding.rule is findings.SERVER_WITHOUT_EDNS and finding.fatal}
    follows = ("D11", "D25", "C03")
    unique = [f for f in dict.fromkeys(told) if not (f.server in plain and f.id in follows)]
    everyone = [set(children), set(parents)]
    kept: dict[Finding, None] = {}
    servers: dict[Finding, set[str | None]] = {}
    for finding in unique:
        servers.setdefault(finding.everywhere(), set()).add(finding.server)
    for finding in unique:
        general = finding.everywhere()
        covers_all = any(group and group <= servers[general] for group in everyone)
        kept[general if covers_all and finding.id not in ("D21", "D22") else finding] = None
    return list(kept)


def ds_records(zone: RecordedZone, said: Sequence[Saying], paths: Sequence[Path]) -> tuple[DsRecord, ...]:
    """The DS records, which servers show each, and which keys it names."""
    keys = _sorted_keys(paths)
    records = dict.fromkeys(record for saying in said for record in sorted(saying.ds))
    found = []
    for record in records:
        own = [place for place, key in enumerate(keys) if names(zone.name, record, key)]
        signing = [
            any(
                names(zone.name, record, key) and may_carry(key) and path.verification.by(key) is True
                for key in path.keys
            )
            for path in paths
            if path.verification
        ]
        found.append(
            DsRecord(
                key_tag=record.key_tag,
                algorithm=int(record.algorithm),
                digest_type=int(record.digest_type),
                digest=record.digest.hex().upper(),
                servers=tuple(saying.server for saying in said if record in saying.ds),
                keys=tuple(own),
                signs=bool(signing) and all(signing),
            )
        )
    return tuple(found)


def _sorted_keys(paths: Sequence[Path]) -> list[DNSKEY]:
    """Every key once, those with the flag SEP first; servers hand them out in any order."""
    every = {key for path in paths for key in path.keys}
    return sorted(every, key=lambda key: (not is_sep(key), key_tag(key), key))


def zone_keys(zone: RecordedZone, paths: Sequence[Path], ds: Collection[DS], verifier: Verifier) -> tuple[ZoneKey, ...]:
    """Every key, where it is and what it signs there."""
    by_server = {path.server: path for path in paths}
    keys = _sorted_keys(paths)
    data: Mapping[str, set[DNSKEY | None]] = {
        server: _data_signers(zone, server, path.keys, verifier) for server, path in by_server.items()
    }
    return tuple(
        ZoneKey(
            flags=int(key.flags),
            protocol=key.protocol,
            algorithm=int(key.algorithm),
            public_key=key.key,
            key_tag=key_tag(key),
            servers=tuple(server for server, path in by_server.items() if key in path.keys),
            signs_keys_on=tuple(
                server for server, path in by_server.items() if path.verification and path.verification.by(key) is True
            ),
            signs_data_on=tuple(server for server in by_server if key in data[server]),
            has_ds=any(names(zone.name, record, key) for record in ds),
        )
        for key in keys
    )


def _data_signers(zone: RecordedZone, server: str, keys: Sequence[DNSKEY], verifier: Verifier) -> set[DNSKEY | None]:
    answer = zone.answer(server, zone.name, RdataType.SOA)
    rrset = answer.records()
    if rrset is None or not keys:
        return set()
    made = verifier.verify(rrset, answer.signatures(), zone.name, keys)
    return {signature.key for signature in made.valid}


def times(zone: RecordedZone, parent: RecordedZone | None, said: Sequence[Saying], answers: Sequence[Answer]) -> Times:
    """How long caches may keep what was seen, the longest of all servers."""

    def longest(rdtype: RdataType) -> int | None:
        return max((rrset.ttl for answer in zone.all(zone.name, rdtype) if (rrset := answer.records())), default=None)

    return Times(
        ds=max((saying.ttl for saying in said if saying.ttl is not None), default=None),
        parent_negative=negative_ttl(parent.all(parent.name, RdataType.SOA)) if parent else None,
        dnskey=max((rrset.ttl for answer in answers if (rrset := answer.records())), default=None),
        soa=longest(RdataType.SOA),
        ns=longest(RdataType.NS),
        negative=negative_ttl(zone.all(zone.name, RdataType.SOA)),
    )
