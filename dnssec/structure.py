"""What the octets of a public key have to look like, algorithm by algorithm (pure).

`cryptography` refuses ECDSA points off the curve; it accepts Ed25519 and Ed448 octets that are no point or one of
small order,
and RSA keys that RFC 3110 forbids. Those checks stand here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from dnssec.algorithms import label

RSA_SMALLEST, RSA_LARGEST = 1024, 4096  # Bits: RFC 3110 and RFC 5702 end at 4096; below 1024 a key is broken today.
SMALL_PRIMES = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97]


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation: pure modules name it, the page that shows it translates it."""
    return sentence


class InvalidPublicKey(Exception):
    """What was typed is no key that can be used.

    `code` is the class of the mistake, `field` where it stands in the form.
    """

    def __init__(self, code: str, template: str, *, field: str = "public_key", **params: object) -> None:
        self.code = code
        self.template = template
        self.params = params
        self.field = field
        super().__init__(code)

    @property
    def sentence(self) -> str:
        """The sentence for a person, in English."""
        return self.template % self.params if self.params else self.template


def check(algorithm: int, octets: bytes) -> None:
    """Raise InvalidPublicKey unless the octets are a public key of this algorithm."""
    if algorithm in (8, 10):
        _check_rsa(octets)
        return
    length = LENGTHS[algorithm]
    if len(octets) != length:
        _refuse_length(algorithm, octets)
    check_point = POINTS.get(algorithm)
    if check_point and not check_point(octets):
        raise InvalidPublicKey(
            "ec-point-not-on-curve" if algorithm in (13, 14) else "eddsa-point-invalid",
            gettext_noop(
                "This is not a valid key of algorithm %(algorithm)s: its numbers do not lie on the curve. A "
                "character was probably lost or changed; copy the key again."
            ),
            algorithm=label(algorithm),
        )
    small_order = SMALL_ORDER.get(algorithm)
    if small_order and small_order(octets):
        raise InvalidPublicKey(
            "eddsa-small-order",
            gettext_noop(
                "This point of the curve is no usable key: anybody could forge signatures for it. Make a new key."
            ),
        )


def _refuse_length(algorithm: int, octets: bytes) -> None:
    fitting = next((number for number, length in LENGTHS.items() if length == len(octets) and number <= 16), None)
    if fitting is not None:
        raise InvalidPublicKey(
            "algorithm-mismatch",
            gettext_noop(
                "This key fits algorithm %(fitting)s, but %(chosen)s is chosen. Choose the algorithm that your "
                "zone is signed with."
            ),
            field="algorithm",
            fitting=label(fitting),
            chosen=label(algorithm),
        )
    if len(octets) > 66 and _looks_like_rsa(octets):
        raise InvalidPublicKey(
            "algorithm-mismatch",
            gettext_noop(
                "This is an RSA key, but algorithm %(chosen)s is chosen. For RSA choose 8 - RSASHA256 or 10 - "
                "RSASHA512."
            ),
            field="algorithm",
            chosen=label(algorithm),
        )
    raise InvalidPublicKey(
        "length-wrong",
        gettext_noop(
            "A key of algorithm %(algorithm)s has %(expected)d octets, but this one has %(found)d. Copy the "
            "whole key and nothing else."
        ),
        algorithm=label(algorithm),
        expected=LENGTHS[algorithm],
        found=len(octets),
    )


# ---- RSA, RFC 3110 section 2 ----


def split_rsa(octets: bytes) -> tuple[bytes, bytes]:
    """Exponent and modulus of an RFC 3110 public key, as octets. Either is empty where the octets are cut short."""
    if octets[:1] == b"\0":
        length, start = int.from_bytes(octets[1:3]), 3
    else:
        length, start = (octets[0], 1) if octets else (0, 0)
    return octets[start : start + length], octets[start + length :]


def _looks_like_rsa(octets: bytes) -> bool:
    exponent, modulus = split_rsa(octets)
    return exponent in (b"\x01\x00\x01", b"\x03") and len(modulus) >= 64


def _check_rsa(octets: bytes) -> None:
    fitting = next((number for number, length in LENGTHS.items() if length == len(octets) and number <= 16), None)
    if fitting is not None:
        raise InvalidPublicKey(
            "algorithm-mismatch",
            gettext_noop(
                "This key fits algorithm %(fitting)s, but an RSA algorithm is chosen. Choose the algorithm that "
                "your zone is signed with."
            ),
            field="algorithm",
            fitting=label(fitting),
        )
    exponent, modulus = split_rsa(octets)
    n, e = int.from_bytes(modulus), int.from_bytes(exponent)
    malformed = (
        not exponent
        or not modulus
        or exponent[0] == 0
        or modulus[0] == 0
        or (octets[0] == 0 and len(exponent) < 256)  # The long form is for exponents of more than 255 octets.
        or n % 2 == 0
        or e % 2 == 0
        or not 3 <= e < n
        or any(n % prime == 0 for prime in SMALL_PRIMES)
    )
    if malformed:
        raise InvalidPublicKey(
            "rsa-malformed",
            gettext_noop(
                "This is not a whole RSA key: exponent and modulus do not have their form. Copy the key again, "
                "all of it."
            ),
        )
    if n.bit_length() < RSA_SMALLEST:
        raise InvalidPublicKey(
            "rsa-too-small",
            gettext_noop("This RSA key has %(bits)d bits and can be broken; use one of 2048 bits, or algorithm 13."),
            bits=n.bit_length(),
        )
    if n.bit_length() > RSA_LARGEST or e.bit_length() > RSA_LARGEST:
        raise InvalidPublicKey(
            "rsa-too-large",
            gettext_noop(
                "This RSA key has %(bits)d bits, but DNSSEC ends at %(limit)d. Use one of 2048 bits, or algorithm 13."
            ),
            bits=n.bit_length(),
            limit=RSA_LARGEST,
        )


# ---- ECDSA, RFC 6605 section 4: x and y, without the leading 04 of SEC 1 ----


def _on_curve(curve: ec.EllipticCurve) -> Callable[[bytes], bool]:
    def check_point(octets: bytes) -> bool:
        try:
            ec.EllipticCurvePublicKey.from_encoded_point(curve, b"\x04" + octets)
        except ValueError:
            return False
        return True

    return check_point


# ---- EdDSA, RFC 8032 sections 5.1.3 and 5.2.3 ----


@dataclass(frozen=True, slots=True)
class _Edwards:
    """The curve a*x^2 + y^2 = 1 + d*x^2*y^2 over the integers modulo p, with points of 1 to `cofactor` times the
    prime order."""

    p: int
    a: int
    d: int
    cofactor: int
    length: int

    def decode(self, octets: bytes) -> tuple[int, int] | None:
        """The point that the octets encode, or None where there is none."""
        number = int.from_bytes(octets, "little")
        sign_bit = 8 * self.length - 1
        sign, y = number >> sign_bit, number & ((1 << sign_bit) - 1)
        if y >= self.p:
            return None
        square = (y * y - 1) * pow(self.d * y * y - self.a, -1, self.p) % self.p
        x = self._root(square)
        if x is None or (x == 0 and sign):
            return None
        return (self.p - x if x % 2 != sign else x), y

    def _root(self, square: int) -> int | None:
        if self.p % 4 == 3:
            root = pow(square, (self.p + 1) // 4, self.p)
        else:  # p = 5 modulo 8
            root = pow(square, (self.p + 3) // 8, self.p)
            if root * root % self.p != square:
                root = root * pow(2, (self.p - 1) // 4, self.p) % self.p
        return root if root * root % self.p == square else None

    def _double(self, point: tuple[int, int]) -> tuple[int, int]:
        x, y = point
        product = self.d * x * x * y * y % self.p
        return (
            2 * x * y * pow(1 + product, -1, self.p) % self.p,
            (y * y - self.a * x * x) * pow(1 - product, -1, self.p) % self.p,
        )

    def has_small_order(self, octets: bytes) -> bool:
        """Whether the cofactor times the point is the neutral element (0, 1)."""
        point = self.decode(octets)
        for _ in range(self.cofactor.bit_length() - 1):
            point = self._double(point) if point else None
        return point == (0, 1)


_P25519 = 2**255 - 19
_P448 = 2**448 - 2**224 - 1
ED25519 = _Edwards(p=_P25519, a=-1, d=-121665 * pow(121666, -1, _P25519) % _P25519, cofactor=8, length=32)
ED448 = _Edwards(p=_P448, a=1, d=-39081 % _P448, cofactor=4, length=57)

# Octets of a public key: RFC 6605, RFC 8080, RFC 9563, RFC 9558, FIPS 204 (ML-DSA-44).
LENGTHS = {13: 64, 14: 96, 15: 32, 16: 57, 17: 64, 18: 1312, 23: 64}
POINTS: dict[int, Callable[[bytes], bool]] = {
    13: _on_curve(ec.SECP256R1()),
    14: _on_curve(ec.SECP384R1()),
    15: lambda octets: ED25519.decode(octets) is not None,
    16: lambda octets: ED448.decode(octets) is not None,
}
SMALL_ORDER: dict[int, Callable[[bytes], bool]] = {15: ED25519.has_small_order, 16: ED448.has_small_order}
