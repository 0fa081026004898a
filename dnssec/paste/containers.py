"""Keys in the files of other trades: PEM, SSH, JWK, trust anchors, EPP; named, and converted where DNSSEC has an
algorithm for them (pure). What their octets say stands in binary.py.
"""

import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lxml import etree

from dnssec import messages
from dnssec.messages import Message
from dnssec.messages import gettext_noop as _
from dnssec.paste import binary
from dnssec.paste.binary import UNKNOWN, Read, rsa_key, ssh_key

Key = tuple[int, bytes, int | None]


@dataclass(frozen=True, slots=True)
class Contained:
    """
    What a container is, and the keys in it, each once: algorithm, public key as a DNSKEY has it, and flags where the
    container names them. Whether the keys are sound is judged elsewhere; a damaged container has none.
    """

    message: Message
    params: Mapping[str, object]
    keys: tuple[Key, ...]


def in_text(text: str) -> Contained | None:
    """The container that `text` is or holds, also with words around it, or None. Any text gets an answer."""
    plain = _UNSEEN.sub("", text.replace("\\r", "").replace("\\n", "\n").replace('\\"', '"'))
    return _armour(plain) or _ssh_text(plain) or _jwk(plain) or _xml(plain) or _bind_anchors(plain)


def in_octets(octets: bytes) -> Contained | None:
    """The container that `octets` are, also cut off, or None, as for every public key in DNSKEY form."""
    found = binary.read(octets)
    return _contained(found[0], [found[1]]) if found else None


def _contained(message: Message, read: Iterable[Read]) -> Contained:
    keys: dict[Key, None] = {}
    without_algorithm = []
    for found in read:
        if isinstance(found, str):
            without_algorithm.append(found)
        elif found:
            keys[(*found, None)] = None
    if without_algorithm and not keys:
        return Contained(messages.NO_ALGORITHM_FOR[message.code], {"kind": without_algorithm[0]}, ())
    return Contained(message, {}, tuple(keys))


# ---- PEM and its relatives, RFC 7468, RFC 4716 and RFC 9580 section 6.2 ----

_UNSEEN = re.compile("[\0\u00ad\u200b-\u200f\u2060\ufeff]")
_MARK = re.compile(
    r"(?:(?:--|[\u2013\u2014])\s?END|(?P<begin>BEGIN))\s?"
    r"(?P<label>[A-Z0-9][A-Z0-9 .#/_]{0,48}?)\s?(?:-{4,}|[\u2013\u2014])",
    re.IGNORECASE,
)
_LABELS = {
    "PUBLICKEY": messages.SPKI_PEM,
    "RSAPUBLICKEY": messages.PKCS1,
    "CERTIFICATE": messages.CERTIFICATE,
    "X509CERTIFICATE": messages.CERTIFICATE,
    "TRUSTEDCERTIFICATE": messages.CERTIFICATE,
    "CERTIFICATEREQUEST": messages.CERTIFICATE_REQUEST,
    "NEWCERTIFICATEREQUEST": messages.CERTIFICATE_REQUEST,
    "SSH2PUBLICKEY": messages.SSH_PUBLIC_KEY,
    "PGPPUBLICKEYBLOCK": messages.OPENPGP,
}


def _armour(text: str) -> Contained | None:
    blocks = [_block(label, body) for label, body in _blocks(text)]
    if not blocks:
        return None
    first = next((block for block in blocks if block.keys), blocks[0])
    keys = dict.fromkeys(key for block in blocks for key in block.keys)
    return Contained(first.message, first.params, tuple(keys))


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Label and body of each block. The line at its end, or the one at its beginning, may be missing."""
    marks = list(_MARK.finditer(text))
    if marks and not marks[0]["begin"]:
        yield marks[0]["label"], text[: marks[0].start()]
    for i, mark in enumerate(marks, 1):
        if mark["begin"]:
            yield mark["label"], text[mark.end() : marks[i].start() if i < len(marks) else len(text)]


def _block(label: str, body: str) -> Contained:
    label = " ".join(label.upper().split())
    message = _LABELS.get(label.replace(" ", ""))
    if message is messages.OPENPGP:
        return Contained(message, {}, ())
    if message is messages.SSH_PUBLIC_KEY:
        return _ssh_text(body) or Contained(message, {}, ())
    found = binary.in_der(_unbase64("\n".join(line for line in body.splitlines() if ":" not in line)))
    if message is None and found:
        # An unusual label, as of a certificate with settings beside it: what is inside counts.
        message = messages.SPKI_PEM if found[0] is messages.SPKI_BASE64 else found[0]
    if message is None:
        return Contained(messages.OTHER_ARMOUR, {"kind": label}, ())
    return _contained(message, [found[1]] if found else [])


def _unbase64(text: str) -> bytes:
    """What the letters of base64 in `text` say, of either alphabet; all others are passed over."""
    letters = re.sub("[^A-Za-z0-9+/]", "", text.replace("-", "+").replace("_", "/"))
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))


# ---- SSH keys on lines of their own ----

# How the octets begin in base64: three zeros, a length, then "ssh-", "ecdsa-sha2-" or "sk-".
_SSH_BEGINNING = re.compile("AAAA[A-Z][A-Za-z0-9](?:NzaC1|VjZHNhLXNoYTIt|NrL[WX])")
_SSH_LINE = re.compile(
    r"^\s{0,20}(?:ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-nistp\d{3})\s{1,20}[A-Za-z0-9+/]{8}", re.MULTILINE
)


def _ssh_text(text: str) -> Contained | None:
    begins = [match.start() for match in _SSH_BEGINNING.finditer(text)]
    found = [ssh_key(_unbase64(text[begin:end])) for begin, end in pairwise([*begins, len(text)])]
    return _contained(messages.SSH_PUBLIC_KEY, found) if found or _SSH_LINE.search(text) else None


# ---- JWK, RFC 7517, RFC 7518 section 6, RFC 8037 section 2 ----

_KTY = re.compile(r"""["']kty["']\s*:""")
_JWK_CURVES = {"P-256": (13, 32), "P-384": (14, 48)}
_JWK_OCTETS = {"Ed25519": 15, "Ed448": 16, "ML-DSA-44": 18}


def _jwk(text: str) -> Contained | None:
    if not _KTY.search(text):
        return None
    return _contained(messages.JWK, map(_jwk_key, _jwk_objects(text)))


def _jwk_objects(text: str) -> Iterator[dict[str, Any]]:
    """Every object that names a kind of key, however deep it stands, as long as the text is JSON."""
    end = 0
    while match := _KTY.search(text, end):
        begin = text.rfind("{", end, match.start())
        try:
            found, end = json.JSONDecoder().raw_decode(text, max(begin, end))
        except (ValueError, RecursionError):
            return
        if isinstance(found, dict):
            yield found
        end = max(end, match.end())


def _jwk_key(jwk: dict[str, Any]) -> Read:
    def octets(name: str) -> bytes:
        value = jwk.get(name)
        return _unbase64(value) if isinstance(value, str) else b""

    kind = str(jwk.get("crv") or jwk.get("alg") or jwk.get("kty"))
    if jwk.get("kty") == "RSA":
        return rsa_key(int.from_bytes(octets("e")), int.from_bytes(octets("n")))
    if kind in _JWK_CURVES:
        algorithm, size = _JWK_CURVES[kind]
        x, y = octets("x"), octets("y")
        return (algorithm, x.rjust(size, b"\0") + y.rjust(size, b"\0")) if x and y else None
    if kind in _JWK_OCTETS:
        key = octets("x") or octets("pub")
        return (_JWK_OCTETS[kind], key) if key else None
    return kind if re.fullmatch(r"[\w-]{2,20}", kind) else UNKNOWN


# ---- XML: IANA's trust anchors (RFC 9718) and EPP (RFC 5910 section 4) ----

_XML = re.compile(r"<(?:[\w-]{1,20}:)?(?:TrustAnchor|KeyDigest|keyData|dsData|epp|RSAKeyValue)\b")
_TRUST_ANCHOR_DIGEST = Contained(messages.OTHER_ARMOUR, {"kind": _("a trust anchor")}, ())


def _xml(text: str) -> Contained | None:
    match = _XML.search(text)
    if match is None:
        return None
    # What people paste is often a part of a document, without its namespaces or with the half of its end tags.
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(f"<x>{text[match.start() :]}</x>".encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        root = None
    elements = [] if root is None else [(_local_name(element), element) for element in root.iter("{*}*")]
    names = {name for name, _element in elements}
    if "keyData" in names or ("epp" in names and "dsData" not in names):
        return Contained(messages.EPP_XML, {}, _xml_keys(elements, "keyData", "flags", "alg", "pubKey"))
    if "dsData" in names:
        return Contained(messages.DS_RECORD, {}, ())
    if "RSAKeyValue" in names:  # XML signatures (RFC 3275 section 4.4.2.2) and .NET.
        values = {name: int.from_bytes(_unbase64(element.text or "")) for name, element in elements}
        return _contained(messages.XML_KEY, [rsa_key(values.get("Exponent", 0), values.get("Modulus", 0))])
    keys = _xml_keys(elements, "KeyDigest", "Flags", "Algorithm", "PublicKey")
    return Contained(messages.TRUST_ANCHOR, {}, keys) if keys else _TRUST_ANCHOR_DIGEST


def _xml_keys(elements: Iterable[tuple[str, Any]], holder: str, *fields: str) -> tuple[Key, ...]:
    keys = []
    for name, element in elements:
        if name == holder:
            values = {_local_name(child): (child.text or "").strip() for child in element.iterchildren("{*}*")}
            keys.append(_key(*(values.get(field, "") for field in fields)))
    return tuple(dict.fromkeys(key for key in keys if key))


def _local_name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2]


def _key(flags: str, algorithm: str, public_key: str) -> Key | None:
    """A key whose numbers are written out; flags may be missing."""
    octets = _unbase64(public_key)
    if not re.fullmatch("[0-9]{1,3}", algorithm) or int(algorithm) > 255 or not octets:
        return None
    return int(algorithm), octets, int(flags) if re.fullmatch("[0-9]{1,5}", flags) else None


# ---- trust anchors as BIND writes them ----

_ANCHORS = re.compile(r"\b(?:trust-anchors|managed-keys|trusted-keys)\s*\{|\b(?:static|initial)-(?:key|ds)\s+\d")
_ANCHOR = re.compile(r'(?<!\d)(\d{1,5})\s+\d{1,3}\s+(\d{1,3})\s+((?:"[^"]*"\s*)+)')


def _bind_anchors(text: str) -> Contained | None:
    if not _ANCHORS.search(text):
        return None
    found = (_key(*match.groups()) for match in _ANCHOR.finditer(text) if match[1] in ("256", "257", "384", "385"))
    keys = tuple(dict.fromkeys(key for key in found if key))
    return Contained(messages.TRUST_ANCHOR, {}, keys) if keys else _TRUST_ANCHOR_DIGEST
