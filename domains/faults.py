"""A scripted fault of the mock registry as somebody writes it, in a world file or with the command ``fault``: the kinds
there are, what may be said of each, and how that is checked. What a fault does is the mock registry's."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

LEVELS = ("domain", "tld", "registry")
OF_A_DOMAIN = ("update", "info", "check")
OF_A_SESSION = ("login", "logout", "poll")
GREETINGS = ("hello", "greeting")
ANY = "any"
LONGEST = 3600.0
LARGEST_LENGTH = 2**32 - 1
LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")

WHEN = frozenset({"commands", "times"})
WORDS = frozenset({"message", "reason", "values", "lang"})
RESULT_KEYS = WORDS | {"code"}
FAULT_KEYS = RESULT_KEYS | WHEN | {"kind", "seconds", "length", "more"}


class FaultError(Exception):
    """A fault cannot be used; the text says what is wrong with it, to follow a subject such as *the fault*."""


@dataclass(frozen=True)
class Kind:
    """What a kind of fault is. ``manner`` is what happens to the answer; ``done`` says that the command is committed,
    ``code`` is the result that it is answered with in place of its own. ``keys`` are those that it takes."""

    manner: str
    done: bool = True
    code: int | None = None
    commands: tuple[str, ...] = ("update",)
    seconds: float | None = None
    keys: frozenset[str] = WHEN


def _before_and_after(manner: str, name: str | None = None, **rest: Any) -> dict[str, Kind]:
    moments = {"before": False, "after": True}
    return {f"{name or manner}-{moment}-commit": Kind(manner, done, **rest) for moment, done in moments.items()}


KINDS: dict[str, Kind] = {
    "late": Kind("late", seconds=5.0, keys=WHEN | {"seconds"}),
    "late-commit": Kind("late-commit", seconds=5.0, keys=WHEN | {"seconds"}),
    "slow-octets": Kind("slow-octets", seconds=5.0, keys=WHEN | {"seconds"}),
    **_before_and_after("dropped"),
    **_before_and_after("silent"),
    **_before_and_after("garbled"),
    **_before_and_after("half-frame"),
    **_before_and_after("absurd-length", keys=WHEN | {"length"}),
    **_before_and_after("wrong-cltrid"),
    **_before_and_after("missing-cltrid"),
    **_before_and_after("refuse", "2400", code=2400, keys=WHEN | WORDS),
    **_before_and_after("refuse", "2500", code=2500, keys=WHEN | WORDS),
    "2502": Kind("refuse", False, code=2502, commands=("login",), keys=WHEN | WORDS),
    "refuse": Kind("refuse", False, code=2306, keys=WHEN | WORDS | {"code", "more"}),
    "maintenance": Kind("refuse", False, code=2400, commands=(ANY,), keys=WHEN | WORDS | {"code", "seconds"}),
    "no-greeting": Kind("silent", commands=("greeting",), keys=frozenset({"times"})),
    "greeting-without-secdns": Kind("without-secdns", commands=("greeting",), keys=frozenset({"times"})),
    "handshake-cut": Kind("handshake-cut", commands=("handshake",), keys=frozenset({"times"})),
}
# These bear on an answer's way, not on what stands in it, so they can meet a greeting too.
ON_THE_WAY = ("late", "slow-octets", "dropped", "silent", "garbled", "half-frame", "absurd-length")


@dataclass(frozen=True)
class Result:
    """A result of an answer (RFC 5730, section 2.6). ``message`` is None for the RFC's own English text; each of
    ``reasons`` comes in an extValue, each of ``values`` in a value; ``lang`` is that of message and reasons."""

    code: int
    message: str | None = None
    reasons: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    lang: str | None = None


@dataclass(frozen=True)
class Fault:
    """A fault that has been checked: the commands that it meets, the first ``times`` of them or all, and the results
    that it answers with, none when the command's own result stands."""

    kind: str
    manner: str
    done: bool
    commands: tuple[str, ...]
    times: int | None
    seconds: float | None
    length: int
    results: tuple[Result, ...]


def read_faults(written: Any, level: str) -> tuple[Fault, ...]:
    """Returns the faults that are written for something of this level, one of LEVELS: as a table, as a list of tables,
    or not at all. Raises FaultError."""
    if written is None:
        return ()
    return tuple(_fault(content, level) for content in (written if isinstance(written, list) else [written]))


def _fault(content: Any, level: str) -> Fault:
    if not isinstance(content, dict):
        raise FaultError("must be a table with a kind, or a list of such tables")
    name = content.get("kind")
    if not isinstance(name, str) or name not in KINDS:
        raise FaultError(f"has the kind {name!r}; the kinds are {', '.join(KINDS)}")
    kind = KINDS[name]
    _check_keys(content, kind.keys | {"kind"}, f"of the kind {name!r}")
    return Fault(
        kind=name,
        manner=kind.manner,
        done=kind.done,
        commands=_commands(content, kind, name, level),
        times=_number(content, "times", 1, 10**9, None),
        seconds=_seconds(content, kind.seconds),
        length=_number(content, "length", 0, LARGEST_LENGTH, LARGEST_LENGTH),
        results=() if kind.code is None else tuple(_results(content, kind.code)),
    )


def _check_keys(content: dict[str, Any], accepted: Iterable[str], what: str) -> None:
    if odd := next((key for key in content if key not in accepted), None):
        raise FaultError(f"has the key {odd!r}, which one {what} does not take; it takes {', '.join(sorted(accepted))}")


def _commands(content: dict[str, Any], kind: Kind, name: str, level: str) -> tuple[str, ...]:
    """The commands that a fault meets, ``any`` written out. Only a registry has sessions and greetings."""
    asked = _texts(content, "commands") or kind.commands
    greetings = GREETINGS if kind.manner in ON_THE_WAY else ()
    possible = (*OF_A_DOMAIN, *((*OF_A_SESSION, *greetings) if level == "registry" else ()))
    if "commands" not in kind.keys:
        if level != "registry":
            raise FaultError(f"has the kind {name!r}, which is possible at a registry only")
        return asked
    for command in asked:
        if command not in (*possible, ANY):
            choices = ", ".join((*possible, ANY))
            raise FaultError(f"of the kind {name!r} cannot meet {command!r} here; possible commands are {choices}")
    # Who says any means what is asked in a session, not the greeting of a new connection.
    return tuple(command for command in possible if command != "greeting") if ANY in asked else asked


def _results(content: dict[str, Any], code: int) -> Iterable[Result]:
    more = content.get("more", [])
    if not isinstance(more, list) or not all(isinstance(found, dict) for found in more):
        raise FaultError("must have a list of tables in more")
    for found in more:
        _check_keys(found, RESULT_KEYS, "in the list more")
    for found in (content, *more):
        lang = _text(found, "lang")
        if lang is not None and not LANGUAGE.fullmatch(lang):
            raise FaultError("must have a language tag, such as de, in lang")
        yield Result(
            code=_number(found, "code", 2000, 2999, code),
            message=_text(found, "message"),
            reasons=_texts(found, "reason"),
            values=_texts(found, "values"),
            lang=lang,
        )


def _text(content: dict[str, Any], key: str) -> str | None:
    found = _texts(content, key)
    if len(found) > 1:
        raise FaultError(f"must have one text in {key}")
    return found[0] if found else None


def _texts(content: dict[str, Any], key: str) -> tuple[str, ...]:
    """The texts of a key; one alone may be written without a list. XML takes no control characters."""
    found = content.get(key, [])
    texts = [found] if isinstance(found, str) else found
    if not isinstance(texts, list) or not all(isinstance(text, str) and text.isprintable() for text in texts):
        raise FaultError(f"must have text without line breaks in {key}")
    return tuple(texts)


def _number[T](content: dict[str, Any], key: str, lowest: int, highest: int, otherwise: T) -> int | T:
    found = content.get(key)
    if found is None:
        return otherwise
    if type(found) is not int or not lowest <= found <= highest:
        raise FaultError(f"must have a whole number from {lowest} to {highest} in {key}")
    return found


def _seconds(content: dict[str, Any], otherwise: float | None) -> float | None:
    found = content.get("seconds", otherwise)
    if found is None:
        return None
    if type(found) not in (int, float) or not 0 <= found <= LONGEST:
        raise FaultError(f"must have a number from 0 to {LONGEST:.0f} in seconds")
    return float(found)
