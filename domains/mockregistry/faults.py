"""Which scripted fault meets a command, and what it makes of the answer. Faults come from the world file, and from a
small file beside the store by which they are switched on and off while the registry runs."""

import json
import logging
import os
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from domains.epp import xml
from domains.epp.codes import ResultCode
from domains.epp.framing import HEADER, frame
from domains.faults import LEVELS, Fault, FaultError, Result, read_faults
from domains.mockregistry.answers import Reply
from domains.world import World

SWITCHES = "faults.json"
NOT_XML = b"<epp><response>this is not what you asked for & it does not end"

# Where a fault stands: the level, one of LEVELS, and the name of a domain, a TLD or a registry.
Place = tuple[str, str]

logger = logging.getLogger(__name__)


class RolledBack(Exception):
    """Leaves a transaction in which all was done, and which is to be undone; ``reply`` is what it had come to."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


@dataclass(frozen=True)
class Switch:
    """What was switched at a place, and when: these faults, or none, in place of those of the world file."""

    place: Place
    since: datetime
    written: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class _Armed:
    place: Place
    since: datetime
    number: int
    fault: Fault

    def is_over(self, now: datetime, met: int) -> bool:
        """True when it has met as many commands as it may, or a maintenance has reached its end."""
        lasts = self.fault.seconds if self.fault.manner == "refuse" else None
        ended = lasts is not None and now >= self.since + timedelta(seconds=lasts)
        return ended or (self.fault.times is not None and met >= self.fault.times)


class Faults:
    """The faults of a running registry. How often each has been met is known to this object alone: a restart begins
    to count anew, and so does what is switched anew."""

    def __init__(self, world: World, tlds: Mapping[str, str], directory: Path, now: datetime) -> None:
        """``tlds`` gives the registry of each TLD that is served; the file of switches lies in ``directory``."""
        ours = [registry for registry in world.registries if registry.host is None]
        self._tlds = tlds
        self._registrars = [(registry.registrar_id, registry.name) for registry in ours]
        self._path = directory / SWITCHES
        self._seen: tuple[int, int, int] | None = None
        self._met: Counter[_Armed] = Counter()
        self._scripted = {
            **{("domain", domain.name): _arm(("domain", domain.name), now, domain.faults) for domain in world.domains},
            **{("tld", tld.name): _arm(("tld", tld.name), now, tld.faults) for tld in world.tlds},
            **{("registry", found.name): _arm(("registry", found.name), now, found.faults) for found in ours},
        }
        self._scripted = {place: armed for place, armed in self._scripted.items() if armed}
        self._armed = self._scripted

    def meet(self, command: str, places: Iterable[Place], now: datetime) -> Fault | None:
        """Returns the first fault of these places, nearest first, that this command meets, and counts it."""
        self._look_for_switches()
        if not self._armed:
            return None
        for place in places:
            for armed in self._armed.get(place, ()):
                if command in armed.fault.commands and not armed.is_over(now, self._met[armed]):
                    self._met[armed] += 1
                    logger.info("The fault %s of %s %s meets %s.", armed.fault.kind, *place, command)
                    return armed.fault
        return None

    def around(self, names: Iterable[str]) -> Iterator[Place]:
        """The places where a fault of one of these domains may stand, nearest first."""
        for name in names:
            yield "domain", name
            labels = name.split(".")
            tlds = (".".join(labels[start:]) for start in range(1, len(labels)))
            if tld := next((tld for tld in tlds if tld in self._tlds), None):
                yield "tld", tld
                yield "registry", self._tlds[tld]

    def of_registries(self, registrar_id: str | None = None) -> Iterator[Place]:
        """The registries that this registrar uses; without an id, all of them, for they share one port."""
        for user, name in self._registrars:
            if registrar_id in (None, user):
                yield "registry", name

    def _look_for_switches(self) -> None:
        """Reads the file of switches again when it is another one than before."""
        try:
            found = os.stat(self._path)
            seen = (found.st_ino, found.st_size, found.st_mtime_ns)
        except OSError:
            seen = None
        if seen == self._seen:
            return
        self._seen = seen
        try:
            switches = read_switches(self._path.parent)
            switched = {switch.place: _arm_switch(switch) for switch in switches}
        except (OSError, FaultError) as trouble:
            logger.error("The faults stay as they were, %s cannot be used: it %s", self._path, trouble)
            return
        self._armed = {place: armed for place, armed in {**self._scripted, **switched}.items() if armed}
        known = {armed for found in (*self._scripted.values(), *self._armed.values()) for armed in found}
        self._met = Counter({armed: count for armed, count in self._met.items() if armed in known})


def read_switches(directory: Path) -> list[Switch]:
    """Returns what is switched in this directory of a registry. Raises FaultError when the file is none of ours."""
    try:
        content = json.loads((directory / SWITCHES).read_bytes())
        return [
            Switch(
                place=(str(found["level"]), str(found["name"])),
                since=datetime.fromisoformat(found["since"]).astimezone(UTC),
                written=tuple(found["faults"]),
            )
            for found in content
        ]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as trouble:
        raise FaultError(f"is not a list of switches ({trouble!r}).") from trouble


def write_switches(directory: Path, switches: Iterable[Switch]) -> None:
    """Puts these switches in place of those that were there, at once. Raises FaultError and OSError."""
    content = []
    for switch in switches:
        _arm_switch(switch)
        (level, name), since = switch.place, switch.since.isoformat()
        content.append({"level": level, "name": name, "since": since, "faults": switch.written})
    with tempfile.NamedTemporaryFile("w", dir=directory, prefix=SWITCHES, encoding="utf-8", delete=False) as file:
        json.dump(content, file, indent=1)
    # A reader finds the old file or the new one, never half of it.
    os.replace(file.name, directory / SWITCHES)


def set_faults(directory: Path, place: Place, written: Iterable[dict[str, Any]], now: datetime) -> None:
    """Switches on these faults at a place, in place of all others there; none at all switches them off.

    Raises FaultError and OSError.
    """
    others = [switch for switch in read_switches(directory) if switch.place != place]
    write_switches(directory, [*others, Switch(place, now, tuple(written))])


def places_named(store: Path, name: str) -> list[Place]:
    """Returns what bears this name in a registry's store: a domain, a TLD, a registry, in this order.

    Raises sqlite3.Error when there is no store.
    """
    queries = {
        "domain": "SELECT name FROM domain WHERE name = ? COLLATE NOCASE",
        "tld": "SELECT name FROM tld WHERE name = ? COLLATE NOCASE",
        "registry": "SELECT registry FROM account WHERE registry = ? COLLATE NOCASE",
    }
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = ((level, connection.execute(queries[level], (name.rstrip("."),)).fetchone()) for level in LEVELS)
        return [(level, row[0]) for level, row in rows if row is not None]


def refusal(results: tuple[Result, ...], cl_trid: str | None, sv_trid: str) -> bytes:
    """Returns the octets of an answer with these results (RFC 5730, section 2.6)."""
    e = xml.epp
    response = e("response", *(_result(result) for result in results))
    response.append(e("trID", *([] if cl_trid is None else [e("clTRID", cl_trid)]), e("svTRID", sv_trid)))
    return xml.write(e("epp", response))


def pieces(body: bytes, fault: Fault) -> Iterator[tuple[float, bytes]]:
    """Returns what goes out for an answer: pieces, each with the seconds to wait before it."""
    whole, seconds = frame(body), fault.seconds or 0.0
    match fault.manner:
        case "dropped" | "silent":
            return
        case "late":
            yield seconds, whole
        case "garbled":
            yield 0.0, frame(NOT_XML)
        case "half-frame":
            yield 0.0, whole[: len(whole) // 2]
        case "absurd-length":
            yield 0.0, fault.length.to_bytes(HEADER) + body
        case "slow-octets":
            for octet in whole:
                yield seconds / len(whole), bytes([octet])
        case _:
            yield 0.0, whole


def _arm(place: Place, since: datetime, faults: Iterable[Fault]) -> tuple[_Armed, ...]:
    return tuple(_Armed(place, since, number, fault) for number, fault in enumerate(faults))


def _arm_switch(switch: Switch) -> tuple[_Armed, ...]:
    level, _name = switch.place
    return _arm(switch.place, switch.since, read_faults(list(switch.written), level))


def _result(result: Result) -> xml.Element:
    e = xml.epp
    lang = {} if result.lang is None else {"lang": result.lang}
    usual = next((code.text for code in ResultCode if code == result.code), ResultCode.COMMAND_FAILED.text)
    message = e("msg", usual) if result.message is None else e("msg", result.message, **lang)
    element = e("result", message, code=str(result.code))
    # The schema wants an element in each value; undef stands for none.
    element.extend(e("value", value, e("undef")) for value in result.values)
    element.extend(e("extValue", e("value", e("undef")), e("reason", reason, **lang)) for reason in result.reasons)
    return element
