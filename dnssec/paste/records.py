"""Records among what was pasted: a DNSKEY record, a piece of a zone, the output of dig, a DS record, a provider's panel
(pure).

dnspython reads zone files as servers do, all or nothing. People paste them cut off, without owner, twice, with a prompt
in front: here each line is taken for what it can be.
"""

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
_TTL = re.compile(r"\d+[smhdw]?", re.IGNORECASE)
_CLASSES = {"IN", "CH", "HS"}
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
_ALGORITHM_LABEL = re.compile(r"\balgorithm\b\W+(?:type\W+)?(\d{1,3}|[A-Za-z][A-Za-z0-9-]{3,20})", re.IGNORECASE)


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
        base64 = re.match(r"[A-Za-z0-9+/\s]+?={1,2}|\S+", key.group(1))
        word = algorithm.group(1)
        text = base64.group() if base64 else ""
        return Records(keys=(KeyRecord("", value, 3, by_name(word), word, text),))
    return Records(ds=1) if digest else None


def same_owner(owner: str, domain: str) -> bool:
    """Whether an owner name is the domain: in any case, with or without dot, in Unicode or as A-labels."""
    return owner in ("", "@") or a_labels(owner) == a_labels(domain)


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """Type, owner and data of each record. A line that begins none goes on with the one before."""
    current: tuple[str, str, str] | None = None
    for line in re.sub(r"[()]", " ", _COMMENT.sub("", text)).splitlines():
        if not line.strip() or line.lstrip().startswith("$"):
            continue
        begun = _begin(line)
        if begun is None:
            if current is None:
                continue
            current = (current[0], current[1], f"{current[2]} {line.strip()}")
            continue
        if current:
            yield current
        current = begun
    if current:
        yield current


def _begin(line: str) -> tuple[str, str, str] | None:
    """The record that begins on a line: after owner, time to live and class, each of which may be missing."""
    words = line.replace('"', " ").split()
    for place, word in enumerate(words[:6]):
        kind = word.upper()
        numbered = words[place + 1 : place + 2] and words[place + 1].isdecimal()
        if (kind in _KEY_TYPES | _DS_TYPES and numbered) or (place and _is_other_type(word, words[:place])):
            before = [one for one in words[:place] if one.upper() not in _CLASSES and not _TTL.fullmatch(one)]
            return kind, before[-1] if before else "", " ".join(words[place + 1 :])
    bare = _BARE.fullmatch(" ".join(words))
    if bare is None:
        return None
    first, second, third, rest = bare.groups()
    data = " ".join(words)
    if _DIGITS.fullmatch(rest) and third.isdecimal():
        digits = len(re.sub(r"\s", "", rest))
        is_tlsa = int(first) <= 3 and int(second) <= 1 and {"1": 64, "2": 128}.get(third) == digits
        return ("TLSA" if is_tlsa and DIGEST_LENGTHS.get(int(third)) != digits else "DS"), "", data
    return ("DNSKEY", "", data) if by_name(third) is not None or third.isdecimal() else None


def _is_other_type(word: str, before: list[str]) -> bool:
    """Whether a word names a record type where one may stand; `A` only behind a class or a time to live."""
    if word in _OTHER_TYPES or re.fullmatch(r"TYPE\d{1,5}", word):
        return True
    return word in ("A", "KEY", "LOC", "SPF") and (before[-1].upper() in _CLASSES or bool(_TTL.fullmatch(before[-1])))


def _key(owner: str, data: str) -> KeyRecord | None:
    words = data.split()
    if len(words) < 4 or not words[0].isdecimal() or not words[1].isdecimal():
        return None
    flags, protocol = int(words[0][:6]), int(words[1][:6])
    return KeyRecord(owner, flags, protocol, by_name(words[2]), words[2][:24], " ".join(words[3:]))


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
