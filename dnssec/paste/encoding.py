"""Base64 and hexadecimal as people paste them: repaired where nothing can be lost, else the first character that is
wrong (pure).
"""

import base64
import re
import unicodedata
from dataclasses import dataclass

from dnssec import messages
from dnssec.messages import Finding, InvalidPublicKey, Message

# White space, and what takes no room on a screen: soft hyphens, joiners, marks of direction, byte order marks, fillers.
INVISIBLE = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
)
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_CONTROL_NAMES = {0: "NUL", 7: "bell", 8: "backspace", 11: "vertical tab", 12: "form feed", 27: "escape", 127: "delete"}

_FENCE = re.compile(
    r"(?:```|~~~)[ \t]*\w*[ \t]*\r?\n?(?P<code>.*?)\r?\n?[ \t]*(?:```|~~~)"
    r"|\*{1,3}(?P<bold>[^*]*)\*{1,3}",
    re.DOTALL,
)
_MAIL_QUOTE = re.compile(r"^[ \t]*(?:>[ \t]?)+", re.MULTILINE)
_AROUND = "\"'`´“”„‟‘’‚‛«»‹›(),;"
_LABEL = re.compile(
    r"(?:public[ _-]?key(?:[ _-]?data)?|pub[ _-]?key|key[ _-]?data|dnskey|key|pub)[\"']?[ \t]*(?::|=(?!=*\s*$))\s*",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\/|\\[nrt]|\\(?=\r?\n)|%(?:2[bBfF]|3[dD]|0[aAdD]|20)")
_UNESCAPED = {r"\/": "/", r"\n": "\n", r"\r": "\r", r"\t": "\t", "\\": " "}
_ESCAPES = {r"\/": messages.QUOTED, "\\": messages.WHITE_SPACE, "%": messages.URLSAFE}
_UNESCAPED_PERCENT = {"%2b": "+", "%2f": "/", "%3d": "=", "%0a": "\n", "%0d": "\r", "%20": " "}

_SPLIT_STRINGS = re.compile(r"\"\s+\"|'\s+'")  # As TXT records and programs break long texts.

_STRAY = re.compile(r"[^A-Za-z0-9+/=]")
_SHORTENED = re.compile(r"…|\.\.\.|\[snip\]|\[truncated\]", re.IGNORECASE)
_TAG_OR_ENTITY = re.compile(r"\[/?[a-z]{1,8}\]|</?[A-Za-z!][^>]*>?|&(?:#[0-9]+|#x[0-9a-fA-F]+|[A-Za-z]{2,8})(?:;|$)")
_OPENSSL_TEXT = re.compile(r"\b(?:pub|modulus):\s+((?:[0-9a-f]{2}:\s*){15,}[0-9a-f]{2})", re.IGNORECASE)
_HEX_LABEL = re.compile(
    r"^(?:(?:digest|fingerprint|ds|sha[- ]?(?:1|256|384)|pub|modulus|public[ _-]?key)\s*[:=]\s*)?(?:0x)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Inner:
    """What is left of a paste when the wrapping is off: the text, where it began (0-based), and what was repaired."""

    text: str
    offset: int
    repairs: tuple[Finding, ...]


def refuse_control_characters(text: str) -> None:
    """Raise InvalidPublicKey at the first control character that is no white space."""
    control = _CONTROL.search(text)
    if control:
        number = ord(control.group())
        name = _CONTROL_NAMES.get(number, f"U+{number:04X}")
        raise InvalidPublicKey(messages.CONTROL_CHARACTER, position=control.start() + 1, name=name)


def unwrap(text: str) -> Inner:
    """Take off what people and programs put around a key: code fences, quotation marks, a label, `>` of a mail."""
    repairs: list[Message] = []
    start, end = 0, len(text)
    fence = _FENCE.search(text)
    if fence and not _visible(text[: fence.start()]) and not _visible(text[fence.end() :]):
        start, end = fence.span(fence.lastgroup or 0)
        repairs.append(messages.CODE_FENCE)
    lines = [line for line in text[start:end].splitlines() if line.strip()]
    if lines and all(_MAIL_QUOTE.match(line) for line in lines):
        # Each mark is replaced by as much white space, so that positions stay what they are.
        text = text[:start] + _MAIL_QUOTE.sub(lambda mark: " " * len(mark.group()), text[start:end]) + text[end:]
        repairs.append(messages.QUOTED)
    while True:
        before = start, end
        start, end = _trim(text, start, end)
        while start < end and text[start] in _AROUND:
            start += 1
        while start < end and text[end - 1] in _AROUND:
            end -= 1
        label = _LABEL.match(text, start, end)
        if label:
            start = label.end()
        if (start, end) == before:
            break
        if _visible(text[before[0] : start]) or _visible(text[end : before[1]]):
            repairs.append(messages.QUOTED)
    if not repairs and (start, end) != (0, len(text)):
        repairs.append(messages.WHITE_SPACE)
    return Inner(text[start:end], start, tuple(Finding(message) for message in dict.fromkeys(repairs)))


def decode(text: str, *, offset: int = 0) -> tuple[bytes, tuple[Finding, ...]]:
    """
    The octets behind base64, and what was repaired: white space, the URL-safe letters, padding, escapes.

    `offset` is where the text stands in the paste, for the positions in sentences. Raises InvalidPublicKey.
    """
    repairs: list[Message] = []
    joined = _SPLIT_STRINGS.sub("", text)
    if joined != text:
        repairs.append(messages.QUOTED)
    text = joined
    plain = _ESCAPED.sub(_unescape, text)
    for escape in _ESCAPED.findall(text):
        repairs.append(_ESCAPES[escape if escape == r"\/" else escape[0]])
    shortened = _SHORTENED.search(plain)
    if shortened:
        raise InvalidPublicKey(messages.BASE64_SHORTENED, position=offset + shortened.start() + 1)
    compact = _INVISIBLE.sub("", plain)
    if compact != plain:
        repairs.append(messages.WHITE_SPACE)
    if ("-" in compact or "_" in compact) and not ("+" in compact or "/" in compact):
        compact = compact.replace("-", "+").replace("_", "/")
        repairs.append(messages.URLSAFE)
    stray = _STRAY.search(compact)
    if stray:
        position = offset + plain.index(stray.group()) + 1
        raise InvalidPublicKey(
            messages.BASE64_INVALID, position=position, character=_shown(stray.group()), name=_name(stray.group())
        )
    body = compact.rstrip("=")
    if not body:
        raise InvalidPublicKey(messages.EMPTY)
    if "=" in body:
        raise InvalidPublicKey(messages.BASE64_TWO, position=offset + plain.index("=") + 1)
    if len(body) % 4 == 1:
        raise InvalidPublicKey(messages.BASE64_CUT, length=len(body))
    padded = body + "=" * (-len(body) % 4)
    if padded != compact:
        repairs.append(messages.PADDING)
    return base64.b64decode(padded), tuple(Finding(message) for message in dict.fromkeys(repairs))


def markup(text: str) -> re.Match[str] | None:
    """The first HTML tag or entity in a text."""
    return _TAG_OR_ENTITY.search(text)


def hexadecimal(text: str) -> str | None:
    """
    The digits of a text that is nothing but hexadecimal, separators and a label left out, or of a key as openssl prints
    it; None where it is neither.
    """
    printed = _OPENSSL_TEXT.search(text)
    digits = re.sub(f"[{INVISIBLE}:]", "", printed[1] if printed else _HEX_LABEL.sub("", text.strip()))
    return digits if len(digits) >= 32 and re.fullmatch(r"[0-9A-Fa-f]+", digits) else None


def _visible(text: str) -> bool:
    return bool(_INVISIBLE.sub("", text))


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Without white space at either end."""
    while start < end and _INVISIBLE.match(text[start]):
        start += 1
    while start < end and _INVISIBLE.match(text[end - 1]):
        end -= 1
    return start, end


def _unescape(match: re.Match[str]) -> str:
    found = match.group()
    return _UNESCAPED.get(found) or _UNESCAPED_PERCENT[found.lower()]


def _shown(character: str) -> str:
    """A character for a sentence: itself in quotation marks, or its number where it cannot be shown."""
    return f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}"


def _name(character: str) -> str:
    return unicodedata.name(character, "no name").lower()
