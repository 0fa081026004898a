"""From what was recorded to a verdict: link by link from the trust anchor down, always the worst that a validating
resolver may meet (pure)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from dnssec.chain import findings
from dnssec.chain.cds import has_signal, insecure_signals, is_signed_signal, of_requests
from dnssec.chain.data import of_data
from dnssec.chain.findings import ERROR, Finding, rank
from dnssec.chain.keyset import (
    Path,
    find_path,
    of_delegation,
    of_keys,
    of_length,
    of_nsec3,
)  # fmt: skip
from dnssec.chain.links import ds_records, merged, times, zone_keys
from dnssec.chain.parent import KeySet, Say, Saying, sayings
from dnssec.chain.recorded import Answer, End, RecordedZone, Walk, text
from dnssec.chain.results import Chain, Link, Verdict, worst
from dnssec.chain.servers import of_ns, of_servers, states
from dnssec.chain.signatures import Verifier, key_tag

MOST_KEYSETS = 4
ANCHOR = "trust anchor"


@dataclass(frozen=True, slots=True)
class _Above:
    """What is handed down: the verdict so far, and the proved sets of keys that servers of the parent show."""

    verdict: Verdict
    keysets: tuple[KeySet, ...]
    zone: RecordedZone | None


def judge(
    walk: Walk,
    anchors: Collection[DS],
    now: float,
    *,
    candidate: Collection[DS] | None = None,
    registry: Collection[DS] | None = None,
) -> Chain:
    """
    The chain of trust of what was recorded, at a time in seconds since 1970.

    `candidate` is put in the place of the last zone's DS records, as they would be after a change. `registry` are the
    records that the registry has on file for it (None: not known).
    """
    verifier = Verifier(now)
    above = _Above(Verdict.SECURE, (), None)
    links: list[Link] = []
    for place, zone in enumerate(walk.zones):
        last = place == len(walk.zones) - 1
        own = last and walk.end is not End.ABSENT
        suppose = candidate if last and place and walk.end is End.ZONE else None
        link, above = _link(zone, above, anchors, verifier, walk, own=own, candidate=suppose, registry=registry)
        links.append(link)
    last_zone = walk.zones[-1].name
    told = [finding for link in links for finding in link.findings]
    verdict = links[-1].verdict
    if walk.end in (End.ABSENT, End.INSIDE):
        told.append(findings.NOT_DELEGATED.found(last_zone, name=text(walk.name)))
    if walk.end not in (End.ZONE, End.INSIDE):
        verdict = worst([verdict, Verdict.INDETERMINATE])
    broken_here = links[-1].verdict is Verdict.BOGUS and not any(link.verdict is Verdict.BOGUS for link in links[:-1])
    if candidate is not None and walk.end is End.ZONE and broken_here:
        told.append(findings.NO_PATH_LEFT.found(last_zone, fatal=True))
    told += insecure_signals(
        last_zone,
        {
            server: is_signed_signal(signal, verifier) and judge(signal, anchors, now).verdict is Verdict.SECURE
            for server, signal in walk.signals.items()
            if has_signal(signal)
        },
    )
    return Chain(
        name=text(walk.name),
        zone=text(last_zone),
        is_zone=walk.end not in (End.ABSENT, End.INSIDE),
        verdict=verdict,
        links=tuple(links),
        findings=tuple(sorted(told, key=rank)),
        checked_at=now,
        candidate=candidate is not None,
    )


def _link(
    zone: RecordedZone,
    above: _Above,
    anchors: Collection[DS],
    verifier: Verifier,
    walk: Walk,
    *,
    own: bool,
    candidate: Collection[DS] | None,
    registry: Collection[DS] | None,
) -> tuple[Link, _Above]:
    said = _said(zone, above, anchors, verifier, candidate)
    answers = [answer for answer in zone.all(zone.name, RdataType.DNSKEY) if answer.authoritative]
    sets = list(dict.fromkeys(saying.ds for saying in said if saying.say is not Say.FAILED))
    paths = [
        find_path(zone.name, ds, answer, verifier, anchors=above.zone is None) for ds in sets for answer in answers
    ]
    keysets = list(dict.fromkeys(frozenset(path.keys) for path in paths if path.verdict is Verdict.SECURE))[
        :MOST_KEYSETS
    ]
    told = [finding for saying in said for finding in saying.findings]
    below = worst(
        [Verdict.BOGUS for saying in said if saying.say is Say.FAILED]
        + ([path.verdict for path in paths] or ([Verdict.INSECURE] if sets == [frozenset()] else []))
    )
    secure_above = above.verdict is Verdict.SECURE
    if secure_above:
        told += [finding for path in paths for finding in path.findings]
        data = list(_data(zone, paths, keysets, verifier, own=own))
        if any(finding.rule is findings.DENIAL_NOT_COMPUTED for finding in data):
            below = worst([below, Verdict.INSECURE])
        if any(finding.fatal for finding in data):
            below = Verdict.BOGUS
        told += data
    signed = secure_above and any(path.verdict is not Verdict.INSECURE for path in paths)
    verdict = worst([above.verdict, below])
    all_ds = {record for ds in sets for record in ds}
    told += of_servers(zone, ipv6=walk.has_ipv6, own=own, signed=signed)
    if own:
        told += _of_zone(zone, said, sets, paths, answers, above, candidate=candidate, registry=registry)
        told += of_requests(walk, zone, sets, answers, verifier, has_candidate=candidate is not None)
    else:
        if secure_above and below is Verdict.INSECURE:
            told += [finding for ds in sets for finding in of_delegation(zone.name, ds, None)]
        told = [finding for finding in told if finding.severity is ERROR or finding.id == "D22"]
    kept = merged(told, [answer.server for answer in answers], [saying.server for saying in said])
    link = Link(
        zone=text(zone.name),
        verdict=verdict,
        servers=states(zone),
        ds=ds_records(zone, said, paths),
        keys=zone_keys(zone, paths, all_ds, verifier),
        times=times(zone, above.zone, said, answers),
        findings=tuple(sorted(kept, key=rank)),
        keys_expire=min(
            (
                max(signature.rrsig.expiration for signature in path.verification.valid)
                for path in paths
                if path.verification and path.verification.valid
            ),
            default=None,
        ),
    )
    return link, _Above(verdict, tuple(keysets), zone)


def _said(
    zone: RecordedZone, above: _Above, anchors: Collection[DS], verifier: Verifier, candidate: Collection[DS] | None
) -> list[Saying]:
    """What the parent's servers say; at the root the trust anchors speak."""
    if above.zone is None:
        return [Saying(ANCHOR, Say.SIGNED, frozenset(anchors))]
    proved = above.keysets if above.verdict is Verdict.SECURE else ()
    said = sayings(above.zone, zone.name, proved, verifier)
    if candidate is None:
        return said
    return [
        replace(saying, say=Say.SIGNED if candidate else Say.ABSENT, ds=frozenset(candidate), findings=())
        for saying in said
    ]


def _data(
    zone: RecordedZone, paths: Sequence[Path], keysets: Sequence[KeySet], verifier: Verifier, *, own: bool
) -> Iterator[Finding]:
    """The records of the servers with a path, by their own keys, and by those that a resolver may have from another."""
    if not own:
        return
    good = {path.server: path for path in paths if path.verdict is Verdict.SECURE}
    for server, path in good.items():
        told = list(of_data(zone, server, path.keys, verifier))
        yield from told
        if any(finding.fatal for finding in told):
            continue
        for keys in keysets:
            if keys == frozenset(path.keys):
                continue
            if any(finding.fatal for finding in of_data(zone, server, tuple(keys), verifier)):
                other = next(path.server for path in good.values() if frozenset(path.keys) == keys)
                yield findings.KEYS_DO_NOT_MIX.found(zone.name, server=server, fatal=True, other=other)


def _of_zone(
    zone: RecordedZone,
    said: Sequence[Saying],
    sets: Sequence[frozenset[DS]],
    paths: Sequence[Path],
    answers: Sequence[Answer],
    above: _Above,
    *,
    candidate: Collection[DS] | None,
    registry: Collection[DS] | None,
) -> Iterator[Finding]:
    """What is said of the zone that was asked about, and not of those above it."""
    parent = text(above.zone.name) if above.zone else ""
    if len(sets) > 1:
        yield findings.DS_DIFFER.found(zone.name, parent=parent)
    if above.verdict is Verdict.INSECURE and any(sets):
        yield findings.PARENT_INSECURE.found(zone.name, parent=parent)
    if frozenset() in sets and any(path.keys for path in paths):
        yield findings.SIGNED_WITHOUT_DS.found(zone.name)
    signing = {
        int(signature.rrsig.algorithm)
        for path in paths
        if path.verification
        for signature in path.verification.signatures
        if signature.fault in (None, "unsupported")
    }
    secure = any(path.verdict is Verdict.SECURE for path in paths) and above.zone is not None
    for ds in sets if above.zone else ():
        yield from of_delegation(zone.name, ds, signing if secure else None)
    keys = list(dict.fromkeys(key for path in paths for key in path.keys))
    yield from of_keys(zone.name, keys, {record.algorithm for ds in sets for record in ds})
    yield from _keys_differ(zone, answers, paths)
    for answer in answers:
        yield from of_length(zone.name, answer)
        yield from of_nsec3(zone.name, zone.answer(answer.server, zone.name, RdataType.NSEC3PARAM))
    yield from of_ns(zone)
    if registry is not None and candidate is None and said:
        shown = [saying.ds for saying in said if saying.say is not Say.FAILED]
        if any(ds != frozenset(registry) for ds in shown):
            some = frozenset(registry) in shown
            yield (findings.REGISTRY_PENDING if some else findings.REGISTRY_DIFFERS).found(zone.name)


def _keys_differ(zone: RecordedZone, answers: Sequence[Answer], paths: Sequence[Path]) -> Iterator[Finding]:
    """Which servers show other keys than the rest: the rest being the most, and among equals those with a path."""
    shown = {answer.server: frozenset(answer.records() or ()) for answer in answers}
    if len(set(shown.values())) < 2:
        return
    healthy = {path.server for path in paths if path.verdict is not Verdict.BOGUS}
    broken = {path.server for path in paths if path.verdict is Verdict.BOGUS}

    def standing(keys: frozenset[object]) -> tuple[int, int]:
        holders = [server for server, own in shown.items() if own == keys]
        return sum(server in healthy for server in holders), len(holders)

    usual = max(shown.values(), key=standing)
    for server, keys in shown.items():
        if keys != usual:
            missing, extra = usual - keys, keys - usual
            yield findings.KEYS_DIFFER.found(
                zone.name, server=server, fatal=server in broken, missing=_tags(missing), extra=_tags(extra)
            )


def _tags(keys: Iterable[object]) -> str:
    return ", ".join(sorted(str(key_tag(key)) for key in keys if isinstance(key, DNSKEY))) or "-"
