"""Checking the delegation of a name: what is looked up, judged at this moment. Page, task and command call it alike."""

import time
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import dns.name
from django.conf import settings
from dns.name import Name
from dns.rdtypes.ANY.DS import DS

from dnssec import anchors
from dnssec.chain import Chain, judge
from dnssec.lookups import Resolution, look_up


@dataclass(frozen=True, slots=True)
class Start:
    """Where checks begin and what they may do: how names are resolved, and which keys of the root are trusted."""

    resolution: Resolution
    anchors: frozenset[DS]


def configured() -> Start:
    """As the settings say. Raises UnusableFile."""
    return _read(
        Path(settings.DNS_ROOT_HINTS or anchors.HINTS),
        Path(settings.DNS_TRUST_ANCHOR or anchors.ANCHORS),
        settings.DNS_PORT,
        settings.DNS_ALLOW_PRIVATE,
    )


@lru_cache(maxsize=8)
def _read(hints: Path, trust: Path, port: int, allow_private: bool) -> Start:
    resolution = Resolution(anchors.read_hints(hints), port, allow_private)
    return Start(resolution, anchors.read_anchors(trust))


def check(
    name: str | Name,
    *,
    candidate: Collection[DS] | None = None,
    registry: Collection[DS] | None = None,
    start: Start | None = None,
    patience: float | None = None,
    now: float | None = None,
) -> Chain:
    """
    The chain of trust of a name as it is now, or as it would be with the `candidate` DS records at the parent.

    `registry` are the DS records that the registry has on file, for comparison with those that are served; `start` is
    where to begin, else as configured; `patience` is how many seconds it may take; `now` is the time to judge at. The
    network is used: never inside a transaction. Raises ValueError for what is no domain name, UnusableFile for
    settings.
    """
    if isinstance(name, str):
        try:
            name = dns.name.from_text(name)
        except dns.exception.DNSException as error:
            raise ValueError(f"{name[:255]!r} is no domain name.") from error
    start = start or configured()
    resolution = start.resolution if patience is None else replace(start.resolution, patience=patience)
    walk = look_up(name, resolution)
    moment = time.time() if now is None else now
    return judge(walk, start.anchors, moment, candidate=candidate, registry=registry)
