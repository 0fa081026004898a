"""Keys in the octets of other trades, DER, SSH and OpenPGP: what they are, and converted where DNSSEC has an algorithm
for them (pure).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import dns.dnssec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, mldsa, rsa, x448, x25519
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_der_public_key

from dnssec import messages
from dnssec.messages import Message
from dnssec.messages import gettext_noop as _

# A key out of a container: algorithm, and octets as a DNSKEY has them; words for one that no algorithm fits; None for a
# damaged one. Whether it is sound is judged elsewhere.
Read = tuple[int, bytes] | str | None


def read(octets: bytes) -> tuple[Message, Read] | None:
    """What the octets are, also cut off, with the key in them; or None, as for every public key in DNSKEY form."""
    return in_der(octets) or _in_ssh(octets) or _in_openpgp(octets)


# ---- keys ----

_CURVES = {"secp256r1": 13, "secp384r1": 14}
_CURVE_NAMES = {"secp521r1": "P-521", "secp224r1": "P-224", "secp192r1": "P-192"}
_WITHOUT_ALGORITHM: dict[type, str] = {
    dsa.DSAPublicKey: "DSA",
    x25519.X25519PublicKey: "X25519",
    x448.X448PublicKey: "X448",
    mldsa.MLDSA65PublicKey: "ML-DSA-65",
    mldsa.MLDSA87PublicKey: "ML-DSA-87",
}
UNKNOWN = _("an unknown type")


def _loaded(spki: bytes) -> Read:
    """The key in DER, as SubjectPublicKeyInfo (RFC 5280) or RSAPublicKey (RFC 8017)."""
    try:
        return _converted(load_der_public_key(spki))
    except UnsupportedAlgorithm:
        return UNKNOWN
    except ValueError:
        return None


def _converted(key: PublicKeyTypes) -> Read:
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        return rsa_key(numbers.e, numbers.n)
    if isinstance(key, ec.EllipticCurvePublicKey):
        name = key.curve.name
        if name not in _CURVES:
            return _CURVE_NAMES.get(name, name)
        return _CURVES[name], dns.dnssec.make_dnskey(key, _CURVES[name]).key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return 15, key.public_bytes_raw()
    if isinstance(key, ed448.Ed448PublicKey):
        return 16, key.public_bytes_raw()
    if isinstance(key, mldsa.MLDSA44PublicKey):
        return 18, key.public_bytes_raw()
    return next((words for kind, words in _WITHOUT_ALGORITHM.items() if isinstance(key, kind)), UNKNOWN)


def rsa_key(e: int, n: int) -> Read:
    """RFC 3110 section 2, also for numbers that dnspython refuses to write: the check that follows says why not."""
    exponent = e.to_bytes((e.bit_length() + 7) // 8)
    if not 0 < len(exponent) < 65_536 or n == 0:
        return None
    length = bytes([len(exponent)]) if len(exponent) < 256 else b"\0" + len(exponent).to_bytes(2)
    return 8, length + exponent + n.to_bytes((n.bit_length() + 7) // 8)


# ---- DER: enough of X.690 to tell what begins here, and to find the key in it ----


@dataclass(frozen=True, slots=True)
class _Element:
    octets: bytes
    tag: int
    begin: int
    start: int
    end: int

    @classmethod
    def at(cls, octets: bytes, begin: int) -> "_Element | None":
        """The element that begins there; it may end beyond the octets, when they are cut off."""
        first = octets[begin + 1 : begin + 2]
        if not first or first[0] == 0x80 or first[0] > 0x84:
            return None
        size = first[0] & 0x7F if first[0] > 0x80 else 0
        start = begin + 2 + size
        if start > len(octets):
            return None
        length = int.from_bytes(octets[begin + 2 : start]) if size else first[0]
        return cls(octets, octets[begin], begin, start, start + length)

    @property
    def whole(self) -> bytes:
        return self.octets[self.begin : self.end]

    @property
    def content(self) -> bytes:
        return self.octets[self.start : self.end]

    def parts(self, most: int = 8) -> list["_Element"]:
        """The first elements inside; none that ends beyond this one."""
        found: list[_Element] = []
        at = self.start
        while len(found) < most and at < self.end:
            part = self.at(self.octets, at)
            if part is None or part.end > self.end:
                break
            found.append(part)
            at = part.end
        return found


_SEQUENCE, _INTEGER, _BIT_STRING, _OID, _VERSION = 0x30, 0x02, 0x03, 0x06, 0xA0
# RSA, DSA, ECDSA and GOST; EdDSA; curves; ML-DSA.
_OID_BEGINNINGS = tuple(map(bytes.fromhex, ("2a864886f70d", "2a8648ce", "2a8503", "2b65", "2b8104", "6086480165")))


def in_der(octets: bytes) -> tuple[Message, Read] | None:
    """As `read`, of DER alone; what follows its end is not looked at."""
    top = _Element.at(octets, 0)
    parts = top.parts() if top and top.tag == _SEQUENCE else []
    if top is None or not parts:
        return None
    if parts[0].tag == _INTEGER:
        return (messages.PKCS1, _loaded(top.whole)) if _is_rsa_public_key(top, parts) else None
    inside = parts[0].parts() if parts[0].tag == _SEQUENCE else []
    tags = [part.tag for part in inside]
    if tags[:1] == [_OID]:
        is_public_key = len(parts) < 2 or parts[1].tag == _BIT_STRING
        known = inside[0].content.startswith(_OID_BEGINNINGS)
        return (messages.SPKI_BASE64, _loaded(top.whole)) if known and is_public_key else None
    if tags[:1] == [_VERSION] and inside[0].content[:2] == b"\x02\x01":  # RFC 5280 section 4.1.
        return messages.CERTIFICATE, _loaded_from(inside, 6)
    if tags[:2] == [_INTEGER, _SEQUENCE]:
        if inside[1].content[:1] == bytes([_OID]):  # A certificate of the first version names none.
            # Lists of revoked certificates have a time here.
            return (messages.CERTIFICATE, _loaded_from(inside, 5)) if tags[3:4] in ([], [_SEQUENCE]) else None
        if inside[0].content == b"\0":  # RFC 2986 section 4.1.
            return messages.CERTIFICATE_REQUEST, _loaded_from(inside, 2)
    return None


def _loaded_from(parts: list[_Element], place: int) -> Read:
    """The key at its place in a certificate; None where the octets are cut off before it."""
    return _loaded(parts[place].whole) if place < len(parts) else None


def _is_rsa_public_key(top: _Element, parts: list[_Element]) -> bool:
    """Whether these are a modulus and a short exponent, and nothing else; signatures have two numbers alike."""
    modulus = parts[0]
    if modulus.end - modulus.start < 64:
        return False
    if top.end > len(top.octets):  # Cut off: then the lengths alone have to agree, in their long form.
        return modulus.start - modulus.begin > 2 and 3 <= top.end - modulus.end <= 12
    return len(parts) == 2 and parts[1].tag == _INTEGER and parts[1].end == top.end and len(parts[1].content) <= 32


# ---- SSH, RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709 section 4 ----

_SSH_NAME = re.compile(rb"(ssh-\w+|ecdsa-sha2-nistp\d+|sk-(?:ssh|ecdsa)-[\w-]+)(-cert-v0[01])?(@openssh\.com)?")
_SSH_CURVES: dict[bytes, ec.EllipticCurve] = {
    b"ecdsa-sha2-nistp256": ec.SECP256R1(),
    b"ecdsa-sha2-nistp384": ec.SECP384R1(),
    b"ecdsa-sha2-nistp521": ec.SECP521R1(),
}


def _in_ssh(octets: bytes) -> tuple[Message, Read] | None:
    begins = octets[:3] == b"\0\0\0" and _SSH_NAME.match(octets, 4)
    return (messages.SSH_PUBLIC_KEY, ssh_key(octets)) if begins else None


def ssh_key(octets: bytes) -> Read:
    """The key in the octets of an SSH public key or certificate; what follows it is not looked at."""
    fields = list(_ssh_fields(octets))
    match = _SSH_NAME.fullmatch(fields[0]) if fields else None
    if match is None:
        return None
    name = match[1]
    values = fields[2:] if match[2] else fields[1:]  # A certificate begins with a nonce.
    if name.startswith(b"sk-"):
        return _("a security token")
    if name == b"ssh-dss":
        return "DSA"
    if name == b"ssh-rsa" and len(values) > 1:
        return rsa_key(int.from_bytes(values[0]), int.from_bytes(values[1]))
    if name in _SSH_CURVES and len(values) > 1:
        try:
            return _converted(ec.EllipticCurvePublicKey.from_encoded_point(_SSH_CURVES[name], values[1]))
        except ValueError:
            return None
    algorithm = {b"ssh-ed25519": 15, b"ssh-ed448": 16}.get(name)
    return (algorithm, values[0]) if algorithm and values else None


def _ssh_fields(octets: bytes) -> Iterator[bytes]:
    """The first fields, RFC 4251 section 5."""
    at = 0
    for _number in range(5):
        start = at + 4
        at = start + int.from_bytes(octets[at:start])
        if at > len(octets):
            return
        yield octets[start:at]


# ---- OpenPGP, RFC 9580 sections 4.2 and 5.5.2 ----

_OPENPGP_ALGORITHMS = tuple(bytes([number]) for number in (1, 17, 19, 22))  # RSA, DSA, ECDSA, EdDSA.


def _in_openpgp(octets: bytes) -> tuple[Message, Read] | None:
    """A public key of version 4, followed by a name or a signature."""
    size = {0x98: 1, 0x99: 2}.get(octets[0], 0) if octets else 0
    end = 1 + size + int.from_bytes(octets[1 : 1 + size])
    is_key = size and octets[1 + size : 2 + size] == b"\x04" and octets[6 + size : 7 + size] in _OPENPGP_ALGORITHMS
    is_followed = octets[end : end + 1] in (b"\xb4", b"\xcd", b"\x88", b"\x89", b"\xc2")
    return (messages.OPENPGP, None) if is_key and is_followed else None
