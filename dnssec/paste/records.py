"""Records among what was pasted: a DNSKEY record, a piece of a zone, the output of dig, a DS record, a provider's panel
(pure).

dnspython reads zone files as servers do, all or nothing. People paste them cut off, without owner, twice, with a prompt
in front: here each line is taken for what it can be.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rdatatype
import idna

from dnssec.algorithms import by_name

DIGEST_LENGTHS = {1: 40, 2: 64, 3: 64, 4: 96, 5: 64, 6: 64}  # Digits of hexadecimal.

_KEY_TYPES = {"DNSKEY", "CDNSKEY"}
_DS_TYPES = {"DS", "CDS", "DLV"}
_OTHER_TYPES = {
    kind.name
    for kind in dns.rdatatype.RdataType
    if kind.name not in _KEY_TYPES | _DS_TYPES | {"A", "NONE", "ANY", "TYPE0", "LOC", "KEY", "SPF", "NULL"}
}
_TTL = re.compile(r"\d+(?:[smhdw]\d+)*[smhdw]?", re.IGNORECASE)  # 3600, 1h, 1w2d.
_CLASS = re.compile(r"IN|CH|HS|CLASS\d{1,5}", re.IGNORECASE)
_GENERIC = {"TYPE48": "DNSKEY", "TYPE60": "CDNSKEY", "TYPE43": "DS", "TYPE59": "CDS"}  # RFC 3597 section 5.
_SIGNATURE = re.compile(r"(?:\S+\s+)?\w+\s+\d{1,3}\s+\d{1,3}\s+\d+\s+\d{10,14}\s+\d{10,14}\s+\d{1,5}\s")
_BASE64_WORDS = re.compile(r"[A-Za-z0-9+/_-]+={0,2}(?:\s+[A-Za-z0-9+/_-]+={0,2})*")
_COMMENT = re.compile(r"(?:^|(?<=\s));.*?$|;;.*?$", re.MULTILINE)
_BARE = re.compile(r"(\d{1,5})\s+(\d{1,3})\s+(\d{1,3}|[A-Za-z][A-Za-z0-9-]{2,20})\s+(\S.*)", re.DOTALL)
_DIGITS = re.compile(r"[0-9A-Fa-f\s]+")
_EMBEDDED = re.compile(
    r"(?<![\w/+])(25[67]|38[45])[\s\"',]+3[\s\"',]+(\d{1,3}|[A-Z][A-Z0-9-]{3,20})[\s\"',(]+"
    r"([A-Za-z0-9+/]{20,}(?:[ \t\r\n]+[A-Za-z0-9+/]{4,})*={0,2})"
)
_KEY_LABEL = re.compile(r"public[ _-]?key(?:[ _-]?data)?\W+([A-Za-z0-9+/][A-Za-z0-9+/\s]{30,}={0,2})", re.IGNORECASE)
_DIGEST_LABEL = re.compile(r"digest\W+(?:\(.*?\)\W+)?([0-9A-Fa-f][0-9A-Fa-f\s]{38,})", re.IGNORECASE)
_FLAGS_LABEL = re.compile(r"\bflags?\b\W+(\d{1,5})|\b(25[67])\b\W*\(?(?:KSK|ZSK)|\b(KSK|ZSK)\b", re.IGNORECASE)
_EMBEDDED_DS = re.compile(
    r"(?<![\w/+])\d{1,5}[\s\"',;|]+\d{1,3}[\s\"',;|]+\d{1,2}[\s\"',;|]+(?:[0-9A-Fa-f]{96}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40})(?!\w)"
)
_ALGORITHM_LABEL = re.compile(r"\balgorit\w+\W+(?:type\W+)?(\d{1,3}|[A-Za-z][A-Za-z0-9-]{3,20})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """
    A DNSKEY record as it was written. `owner` is empty where none stands there, `algorithm` None where the word is
    unknown, `word` what was written for it; `text` is the base64 of the key.
    """

    owner: str
    flags: int
    protocol: int
    algorithm: int | None
    word: str
    text: str

    @property
    def is_delete_signal(self) -> bool:
        """Whether it is the CDNSKEY that asks for deletion (RFC 8078 section 4)."""
        return self.flags == 0 and self.algorithm == 0


@dataclass(frozen=True, slots=True)
class Records:
    """What was found: the keys, how many DS records, and the types of everything else, in the order of the text."""

    keys: tuple[KeyRecord, ...] = ()
    ds: int = 0
    delete_signals: int = 0
    others: tuple[str, ...] = ()


def read(text: str) -> Records | None:
    """The records in a text, or None where it is none that reads as records."""
    keys: list[KeyRecord] = []
    others: list[str] = []
    ds = deletes = 0
    for kind, owner, data in _lines(text):
        if kind in _KEY_TYPES:
            key = _key(owner, data)
            if key is None:
                others.append(kind)
            elif key.is_delete_signal:
                deletes += 1
            else:
                keys.append(key)
        elif kind in _DS_TYPES:
            if re.fullmatch(r"0\s+0\s+0\s+0+", data):
                deletes += 1
            else:
                ds += 1
        else:
            others.append(kind)
    if not (keys or ds or deletes or others):
        return None
    return Records(tuple(dict.fromkeys(keys)), ds, deletes, tuple(others))


def embedded(text: str) -> tuple[KeyRecord, ...]:
    """The data of DNSKEY records anywhere in a text: in JSON, in a log, in a table of a web page."""
    found = []
    for flags, word, key in _EMBEDDED.findall(text):
        algorithm = by_name(word)
        if algorithm is not None:
            found.append(KeyRecord("", int(flags), 3, algorithm, word, key))
    return tuple(dict.fromkeys(found))


def embedded_ds(text: str) -> bool:
    """Whether the four values of a DS record stand anywhere in a text: in a table, in a line of a spreadsheet."""
    return bool(_EMBEDDED_DS.search(text))


def is_comment(text: str) -> bool:
    """Whether there is nothing in a text but comments of a zone file."""
    return bool(text.strip()) and not _COMMENT.sub("", text).strip()


def panel(text: str) -> Records | None:
    """What the panel of a DNS service says in labels and values; None where the labels are missing."""
    algorithm = _ALGORITHM_LABEL.search(text)
    if algorithm is None:
        return None
    key, digest = _KEY_LABEL.search(text), _DIGEST_LABEL.search(text)
    flags = _FLAGS_LABEL.search(text)
    if key and flags:
        number, marked, kind = flags.groups()
        value = int(number or marked or {"KSK": 257, "ZSK": 256}[kind.upper()])
        written = re.match(r"[A-Za-z0-9+/\s]+?={1,2}|\S+", key.group(1))
        word = algorithm.group(1)
        text = written.group() if written else ""
        return Records(keys=(KeyRecord("", value, 3, by_name(word), word, text),))
    return Records(ds=1) if digest else None


def same_owner(owner: str, domain: str) -> bool:
    """Whether an owner name is the domain: in any case, with or without dot, in Unicode or as A-labels."""
    return owner in ("", "@") or a_labels(owner) == a_labels(domain)


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Type, owner and data of each record, where text that is no record is passed over."""
    kind = owner = origin = ""
    data: list[str] = []
    depth = 0
    for line in _COMMENT.sub("", text).splitlines():
        inside, depth = depth > 0, max(depth + line.count("(") - line.count(")"), 0)
        line = re.sub(r"[()]", " ", line).strip()
        if line.upper().startswith("$ORIGIN"):
            origin = "".join(line.split()[1:2])
        if not line or line.startswith("$"):
            continue
        begun = _begin(line)
        if begun is None:
            if kind and (inside or _goes_on(data, line)):
                data.append(line)
            continue
        if kind:
            yield kind, owner, " ".join(data)
        kind, owner, data = begun[0], _absolute(begun[1], origin), [begun[2]]
    if kind:
        yield kind, owner, " ".join(data)


def _goes_on(data: list[str], line: str) -> bool:
    """Whether a line without parentheses goes on with the base64 of the record before: that is not complete yet."""
    words = " ".join(data[-2:]).split()
    if not words or words[-1].endswith("=") or len(words[-1]) > 80:
        return False
    is_wrapped = len(words) < 5 or len(words[-1]) >= len(words[-2])  # A shorter piece is the last one.
    return is_wrapped and bool(_BASE64_WORDS.fullmatch(line))


def _absolute(owner: str, origin: str) -> str:
    """An owner name as the $ORIGIN before it completes it (RFC 1035 section 5.1)."""
    if not origin or owner.endswith("."):
        return owner
    return origin if owner in ("", "@") else f"{owner}.{origin}"


def _begin(line: str) -> tuple[str, str, str] | None:
    """The record that begins on a line: after owner, time to live and class, each of which may be missing."""
    words = line.replace('"', " ").split()
    if _SIGNATURE.match(line):
        return "RRSIG", "", line
    for place, word in enumerate(words[:6]):
        kind = _GENERIC.get(word.upper(), word.upper())
        following = words[place + 1] if place + 1 < len(words) else ""
        numbered = following.isdecimal() or following == r"\#"
        if (kind in _KEY_TYPES | _DS_TYPES and numbered) or (place and _is_other_type(word, words[:place])):
            before = [one for one in words[:place] if not (_CLASS.fullmatch(one) or _TTL.fullmatch(one))]
            return kind, before[-1] if before else "", " ".join(words[place + 1 :])
    bare = _BARE.fullmatch(" ".join(words))
    if bare is None:
        return None
    first, second, third, rest = bare.groups()
    data = " ".join(words)
    if _DIGITS.fullmatch(rest) and third.isdecimal() and not _is_key_in_hexadecimal(second, third, rest):
        digits = len(re.sub(r"\s", "", rest))
        is_tlsa = int(first) <= 3 and int(second) <= 1 and {"1": 64, "2": 128}.get(third) == digits
        return ("TLSA" if is_tlsa and DIGEST_LENGTHS.get(int(third)) != digits else "DS"), "", data
    return ("DNSKEY", "", data) if by_name(third) is not None or third.isdecimal() else None


def _is_key_in_hexadecimal(second: str, third: str, rest: str) -> bool:
    """Whether three numbers and digits are a DNSKEY rather than a DS: protocol 3, and longer than any digest."""
    return second == "3" and int(third) not in DIGEST_LENGTHS and len(re.sub(r"\s", "", rest)) > 96


def _is_other_type(word: str, before: list[str]) -> bool:
    """Whether a word names a record type where one may stand; `A` only behind a class or a time to live."""
    if word in _OTHER_TYPES or re.fullmatch(r"TYPE\d{1,5}", word):
        return True
    return word in ("A", "KEY", "LOC", "SPF") and bool(_CLASS.fullmatch(before[-1]) or _TTL.fullmatch(before[-1]))


def _key(owner: str, data: str) -> KeyRecord | None:
    words = data.split()
    if words[:1] == [r"\#"]:
        return _generic_key(owner, "".join(words[2:]))
    if len(words) < 4 or not words[0].isdecimal() or not words[1].isdecimal():
        return None
    flags, protocol = int(words[0][:6]), int(words[1][:6])
    return KeyRecord(owner, flags, protocol, by_name(words[2]), words[2][:24], " ".join(words[3:]))


def _generic_key(owner: str, digits: str) -> KeyRecord | None:
    """The record written as RFC 3597 section 5 writes types that a program does not know."""
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        return None
    if len(data) < 5:
        return None
    text = base64.b64encode(data[4:]).decode()
    return KeyRecord(owner, int.from_bytes(data[:2]), data[2], data[3], str(data[3]), text)


def a_labels(name: str) -> str:
    """A name for comparing: lower case, A-labels, no dot at the end; whatever cannot be one is only lowered."""
    lowered = name.strip().rstrip(".").lower()
    try:
        return idna.encode(lowered, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        pass
    try:
        return dns.name.from_text(lowered).to_text(omit_final_dot=True).lower()
    except (dns.exception.DNSException, UnicodeError, ValueError):
        return lowered
