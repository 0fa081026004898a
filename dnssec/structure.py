"""What the octets of a public key have to look like, algorithm by algorithm (pure).

`cryptography` refuses ECDSA points off the curve; it accepts Ed25519 and Ed448 octets that are no point or one of small
order, and RSA keys that RFC 3110 forbids. Those checks stand here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from dnssec import messages
from dnssec.algorithms import RSA, label
from dnssec.messages import Finding, InvalidPublicKey

RSA_SMALLEST, RSA_LARGEST = 1024, 4096  # Bits: RFC 3110 and RFC 5702 end at 4096; below 1024 a key is broken today.
RSA_STRONG = 2048
EXPONENT_LARGE = 32  # Bits: what some validators refuse, because checking takes so long.
SMALL_PRIMES = [3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97]


def check(algorithm: int, octets: bytes) -> list[Finding]:
    """
    Warnings about the octets as a public key of this algorithm, one that can sign zones.

    Raises InvalidPublicKey when they are none.
    """
    if algorithm in RSA:
        return _check_rsa(octets)
    if len(octets) != LENGTHS[algorithm]:
        _refuse_length(algorithm, octets)
    check_point = POINTS.get(algorithm)
    if check_point and not check_point(octets):
        raise InvalidPublicKey(
            messages.EC_POINT_NOT_ON_CURVE if algorithm in CURVES else messages.EDDSA_POINT_INVALID,
            algorithm=label(algorithm),
        )
    small_order = SMALL_ORDER.get(algorithm)
    if small_order and small_order(octets):
        raise InvalidPublicKey(messages.EDDSA_SMALL_ORDER)
    return []


def fits(algorithm: int, octets: bytes) -> bool:
    """Whether the octets are a sound public key of this algorithm."""
    try:
        check(algorithm, octets)
    except InvalidPublicKey:
        return False
    return True


def readings(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """
    The algorithms of which the octets are a key, each with the octets in DNSKEY form, the likeliest first.

    Found are also points in SEC 1 form, whole or compressed, and the data of a whole DNSKEY record. RSA is told as 8.
    """
    for algorithm in (13, 14, 15, 16, 18):
        if len(octets) == LENGTHS[algorithm] and fits(algorithm, octets):
            yield algorithm, octets
    if is_rsa(octets):
        yield 8, octets
    for algorithm, curve in CURVES.items():
        if len(octets) in (LENGTHS[algorithm] + 1, LENGTHS[algorithm] // 2 + 1) and octets[:1] in SEC1_PREFIXES:
            point = _point(curve, octets)
            if point is not None:
                yield algorithm, point
    if is_record_data(octets) and fits(octets[3], octets[4:]):
        yield octets[3], octets[4:]


def is_record_data(octets: bytes) -> bool:
    """Whether the octets begin as the data of a DNSKEY record: flags 256 or 257, protocol 3, a known algorithm."""
    return octets[:3] in (b"\x01\x00\x03", b"\x01\x01\x03") and len(octets) > 4 and octets[3] in {*RSA, *LENGTHS}


def bits(algorithm: int, octets: bytes) -> int:
    """The size of a key, as people name it."""
    if algorithm in RSA:
        return int.from_bytes(split_rsa(octets)[1]).bit_length()
    return {13: 256, 14: 384, 15: 256, 16: 456}.get(algorithm, 8 * len(octets))


def _refuse_length(algorithm: int, octets: bytes) -> None:
    if octets[:1] in SEC1_PREFIXES:
        for number in CURVES:
            if len(octets) == LENGTHS[number] + 1 and octets[0] not in (2, 3):
                raise InvalidPublicKey(messages.EC_POINT_FORMAT, prefix=f"{octets[0]:02x}")
            if algorithm in CURVES and len(octets) == LENGTHS[number] // 2 + 1 and octets[0] in (2, 3):
                raise InvalidPublicKey(messages.EC_POINT_COMPRESSED, prefix=f"{octets[0]:02x}")
    if is_record_data(octets) and fits(octets[3], octets[4:]):
        raise InvalidPublicKey(messages.WHOLE_RECORD_DATA)
    _refuse_mismatch(algorithm, octets)
    raise InvalidPublicKey(
        messages.LENGTH_WRONG, algorithm=label(algorithm), expected=LENGTHS[algorithm], found=len(octets)
    )


def _refuse_mismatch(algorithm: int, octets: bytes) -> None:
    fitting = next((number for number, found in readings(octets) if found == octets), None)
    if fitting is not None and not (fitting in RSA and algorithm in RSA):
        raise InvalidPublicKey(messages.ALGORITHM_MISMATCH, fitting=label(fitting), chosen=label(algorithm))


# ---- RSA, RFC 3110 section 2 ----


def split_rsa(octets: bytes) -> tuple[bytes, bytes]:
    """Exponent and modulus of an RFC 3110 public key, as octets. Either is empty where the octets are cut short."""
    if octets[:1] == b"\0":
        length, start = int.from_bytes(octets[1:3]), 3
    else:
        length, start = (octets[0], 1) if octets else (0, 0)
    return octets[start : start + length], octets[start + length :]


def is_rsa(octets: bytes) -> bool:
    """Whether this is an RSA key beyond doubt: a usual exponent and a modulus of at least 512 bits."""
    exponent, modulus = split_rsa(octets)
    usual = exponent in (b"\x03", b"\x05", b"\x11", b"\x01\x00\x01", b"\x01\x00\x00\x00\x01")
    return usual and len(modulus) >= 64 and modulus[0] != 0 and modulus[-1] % 2 == 1


def _check_rsa(octets: bytes) -> list[Finding]:
    exponent, modulus = split_rsa(octets)
    n, e = int.from_bytes(modulus), int.from_bytes(exponent)
    try:
        _check_rsa_form(octets, exponent, modulus)
    except InvalidPublicKey:
        _refuse_mismatch(8, octets)
        raise
    if n.bit_length() > RSA_LARGEST or e.bit_length() > RSA_LARGEST:
        raise InvalidPublicKey(messages.RSA_TOO_LARGE, bits=max(n.bit_length(), e.bit_length()), limit=RSA_LARGEST)
    if n.bit_length() < RSA_SMALLEST:
        raise InvalidPublicKey(messages.RSA_TOO_SMALL, bits=n.bit_length())
    findings = []
    if n.bit_length() % 64:  # Every tool makes multiples of 64, so a bit of the end is missing.
        factor = _factor(n)
        truncated = messages.RSA_TRUNCATED_SURELY if factor else messages.RSA_TRUNCATED
        findings.append(Finding(truncated, {"bits": n.bit_length(), "factor": factor}))
    if n.bit_length() < RSA_STRONG:
        findings.append(Finding(messages.RSA_WEAK, {"bits": n.bit_length()}))
    if e.bit_length() > EXPONENT_LARGE:
        findings.append(Finding(messages.RSA_EXPONENT_LARGE, {"bits": e.bit_length()}))
    return findings


def _check_rsa_form(octets: bytes, exponent: bytes, modulus: bytes) -> None:
    n, e = int.from_bytes(modulus), int.from_bytes(exponent)
    if not exponent or not modulus:
        raise InvalidPublicKey(messages.RSA_CUT_SHORT)
    if exponent[0] == 0 or modulus[0] == 0:
        raise InvalidPublicKey(messages.RSA_LEADING_ZERO)
    if octets[0] == 0 and len(exponent) < 256:  # The long form is for exponents of more than 255 octets.
        raise InvalidPublicKey(messages.RSA_LONG_FORM)
    if n % 2 == 0 or e % 2 == 0:
        raise InvalidPublicKey(messages.RSA_EVEN)
    if not 3 <= e < n:
        raise InvalidPublicKey(messages.RSA_EXPONENT, exponent=e if e < 2**32 else f"≥ 2^{e.bit_length() - 1}")
    # Where the size shows that the end is missing, that is what is said.
    if (factor := _factor(n)) and n.bit_length() % 64 == 0:
        raise InvalidPublicKey(messages.RSA_FACTOR, factor=factor)


def _factor(n: int) -> int | None:
    """A small prime that divides the modulus: cheap proof that it is damaged."""
    return next((prime for prime in SMALL_PRIMES if n % prime == 0), None)


# ---- ECDSA, RFC 6605 section 4: x and y, without the leading 04 of SEC 1 ----

CURVES: dict[int, ec.EllipticCurve] = {13: ec.SECP256R1(), 14: ec.SECP384R1()}
SEC1_PREFIXES = (b"\x02", b"\x03", b"\x04", b"\x06", b"\x07")


def _point(curve: ec.EllipticCurve, encoded: bytes) -> bytes | None:
    """x and y of a point in SEC 1 form (whole, hybrid or compressed), or None where it is no point of the curve."""
    if encoded[:1] in (b"\x06", b"\x07"):
        encoded = b"\x04" + encoded[1:]
    try:
        numbers = ec.EllipticCurvePublicKey.from_encoded_point(curve, encoded).public_numbers()
    except ValueError:
        return None
    size = curve.key_size // 8
    return numbers.x.to_bytes(size) + numbers.y.to_bytes(size)


def _on_curve(curve: ec.EllipticCurve) -> Callable[[bytes], bool]:
    return lambda octets: _point(curve, b"\x04" + octets) is not None


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
CHECKED = frozenset({*RSA, *LENGTHS})  # The algorithms whose keys `check` can judge.
POINTS: dict[int, Callable[[bytes], bool]] = {
    **{number: _on_curve(curve) for number, curve in CURVES.items()},
    15: lambda octets: ED25519.decode(octets) is not None,
    16: lambda octets: ED448.decode(octets) is not None,
}
SMALL_ORDER: dict[int, Callable[[bytes], bool]] = {15: ED25519.has_small_order, 16: ED448.has_small_order}
