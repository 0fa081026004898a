"""Whether a text holds a private key: recognised in any form, whole or in part, so that nothing of it is kept (pure).

static/js/private-key.js asks the same questions in the browser, before anything is sent.
"""

import binascii
import re
from collections.abc import Iterator

_LAYERS = 2  # Base64 or hex of a file of base64: what Kubernetes keeps, and what databases show.

# White space, and what is not seen: controls (UTF-16 copied as octets leaves NULs), joiners, soft hyphens, marks of
# direction and of byte order. Backslashes go with them: texts inside other texts are full of them.
_UNSEEN = dict.fromkeys(
    number
    for first, last in (
        (0x00, 0x20),
        (0x5C, 0x5C),
        (0x7F, 0xA0),
        (0xAD, 0xAD),
        (0x34F, 0x34F),
        (0x61C, 0x61C),
        (0x1680, 0x1680),
        (0x180E, 0x180E),
        (0x2000, 0x200F),
        (0x2028, 0x202F),
        (0x205F, 0x206F),
        (0x3000, 0x3000),
        (0xFE00, 0xFE0F),
        (0xFEFF, 0xFEFF),
        (0xFFFD, 0xFFFD),
    )
    for number in range(first, last + 1)
)
_ESCAPED_BREAK = re.compile(r"\\[nrt]|%(?:20|0a|0d)", re.IGNORECASE)

_DASHES = "(?:--|[\u2010-\u2015\u2212])"
_LETTERS = "[a-z0-9+/_-]"
# Searched in lower case and without white space. Names of fields count only with a value behind them.
_MARKERS = re.compile(
    "|".join(
        (
            rf"{_DASHES}(?:begin|end)[a-z0-9+_.]{{0,32}}?(?:private|secret)[+_]?key",  # RFC 7468, OpenSSH, OpenPGP.
            r"(?:private|secret)[+_]?key(?:[+_]?block)?(?:----|[\u2010-\u2015\u2212]{2})",
            r"dek-info:|proc-type:4,encrypted",
            r"private-?key-?format\W{0,3}v",  # BIND's .private files.
            r"(?:private[-_]?exponent|private_value\(x\)|prime[12]|exponent[12]|coefficient|gostasn1)"
            r"[\"']?[:=][\"']?[a-z0-9+/:_-]{8}",
            # A sentence may say this much; a key has digits or ends in =.
            rf"private[-_]?key[\"']?[:=>][\"']?(?=[a-z/_-]{{0,90}}[\"'!?*]?[a-z/_-]{{0,90}}[0-9+=])"
            rf"{_LETTERS}{{3,40}}[\"'!?*]?{_LETTERS}{{12}}",
            r"secret[\"']?[:=]?[\"'][a-z0-9+/]{16}"  # TSIG, as BIND and NSD keep it.
            r"|hmac-(?:md5|sha\d{1,3})[\"':;,a-z.]{0,40}[a-z0-9+/]{22}={1,2}",
            r"private-?key:\(|priv:(?:[0-9a-f]{2}:){4}",  # As openssl prints keys.
            r"putty-user-key-file|private-(?:lines|mac|hash):",
            r"openssh-key-v1|sshprivatekeyfileformat",
            r"age-secret-key-(?:pq-)?1|(?:signify|minisign(?:encrypted)?)secretkey",
            rf"[\"'](?:dp|dq|qi)[\"']:[\"']{_LETTERS}{{8}}",  # JWK, RFC 7518 section 6.3.2.
            rf"<(?:\w{{1,9}}:)?(?:d|dp|dq|inverseq)>{_LETTERS}{{8}}",  # XML of .NET and of XKMS.
        )
    )
)
# Letters that are a secret only beside other words: "d" and "k" of a JWK, P and Q in XML of an RSA key.
_JWK = re.compile("[\"'](?:kty|crv)[\"']")
_JWK_PRIVATE = re.compile(rf"[\"']d[\"'][:=,]?[\"']{_LETTERS}{{16}}")
_JWK_SYMMETRIC = re.compile(rf"[\"']k[\"']:[\"']{_LETTERS}{{8}}")
_XML_PRIME = re.compile(rf"<(?:\w{{1,9}}:)?[pq]>{_LETTERS}{{8}}")

_LENGTH = rb"(?:[\x00-\x80]|\x81.|\x82..|\x83...)"
_NUMBER = rb"\x02(?:[\x20-\x7f]|\x81[\x80-\xff]|\x82[\x01-\x10].)"
_PKCS = rb"\x2a\x86\x48\x86\xf7\x0d\x01"
# Object identifiers that name a kind of key and never a signature: RSA and Diffie-Hellman; elliptic curves, DSA and
# Diffie-Hellman of X9; X25519 and X448.
_KEY_KIND = _PKCS + rb"(?:\x01\x01|\x03\x01)|\x2a\x86\x48\xce(?:\x3d\x02|\x38\x04|\x3e\x02)\x01|\x2b\x65[\x6e\x6f]"
_BEGINNINGS = (
    # PKCS #8, RFC 5958 section 2. Requests and lists of certificates begin alike, but no octet string follows there.
    rb"\x02\x01[\x00\x01]\x30(?P<size>[\x00-\x7f]|\x81.|\x82..)\x06.(?P<kind>" + _KEY_KIND + rb")?",
    # PKCS #8, encrypted: password-based encryption is named first.
    rb"\x30" + _LENGTH + rb"\x06(?:\x09" + _PKCS + rb"\x05|\x0a" + _PKCS + rb"\x0c\x01)",
    # PKCS #1, RFC 8017 appendix A.1.2, and DSA.
    rb"\x02\x01[\x00\x01]" + _NUMBER,
    # SEC 1, RFC 5915 section 3.
    rb"\x02\x01\x01\x04[\x10-\x48]",
    # PKCS #12, RFC 7292 section 4.
    rb"\x02\x01\x03\x30" + _LENGTH + rb"\x06\x09" + _PKCS + rb"\x07",
)
# How a private key in DER begins; the rest may be cut off.
_DER = re.compile(rb"\x30" + _LENGTH + rb"(?:" + rb"|".join(_BEGINNINGS) + rb")", re.DOTALL)
_BASE64_ALPHABET = re.compile("[^A-Za-z0-9+/]")
_NO_HEX = re.compile(r"\\x|0x|[^0-9a-f]")
_PRINTABLE = re.compile(rb"[\t\n\r -~]{14,}")


def holds_private_key(text: str) -> bool:
    """
    Whether a private or secret key stands anywhere in `text`: in PEM, DER, OpenSSH, BIND, PuTTY, JWK, XML or PKCS #12
    form; quoted, wrapped, cut off, or encoded in base64 or hex once more.

    A bare seed of Ed25519 is 32 octets as any other: it is not told from a public key.
    """
    return _holds(text, _LAYERS)


def _holds(text: str, layers: int) -> bool:
    compact = _ESCAPED_BREAK.sub("", text).translate(_UNSEEN)
    if _is_marked(compact.lower()):
        return True
    for octets in _decoded(text, compact) if layers else ():
        if any(map(_is_private, _DER.finditer(octets))):
            return True
        inner = b"\n".join(_PRINTABLE.findall(octets.replace(b"\0", b"")))
        if inner and _holds(inner.decode("ascii"), layers - 1):
            return True
    return False


def _is_marked(compact: str) -> bool:
    if _MARKERS.search(compact):
        return True
    if _JWK.search(compact) and (_JWK_PRIVATE.search(compact) or ("oct" in compact and _JWK_SYMMETRIC.search(compact))):
        return True
    return "rsakeyvalue" in compact and bool(_XML_PRIME.search(compact))


def _decoded(text: str, compact: str) -> Iterator[bytes]:
    """
    The text read as base64 and as hex, from each place at which a group of letters may begin.

    What is no letter of base64 counts as an A, so that words before a key only shift it.
    """
    letters = _BASE64_ALPHABET.sub("A", compact.replace("-", "+").replace("_", "/"))
    for start in range(4):
        yield binascii.a2b_base64(letters[start : len(letters) - (len(letters) - start) % 4])
    digits = _NO_HEX.sub("", text.lower())
    for start in range(2):
        yield bytes.fromhex(digits[start : len(digits) - (len(digits) - start) % 2])


def _is_private(found: re.Match[bytes]) -> bool:
    size = found["size"]
    if size is None or found["kind"]:
        return True
    length = size[0] if len(size) == 1 else int.from_bytes(size[1:])
    return found.string[found.end("size") + length :][:1] == b"\x04"
