"""A private key is recognised in every form that people have it in, and no public key is taken for one."""

import base64
import json
import textwrap
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from dnssec.paste.secrets import holds_private_key
from tests.conftest import KEY_13, KEY_15

DATA = Path(__file__).parent / "data"
PASTES = json.loads((DATA / "bad-keys.json").read_text())["inputs"]
KEYS = json.loads((DATA / "dnskeys.json").read_text())["keys"]
RECORD = f"example.com. 3600 IN DNSKEY 257 3 13 {KEY_13}\n"
KINDS: dict[str, Callable[[], Any]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505  # Made in no time, and it signs nothing.
    "rsa 2048": lambda: rsa.generate_private_key(65537, 2048),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
}
FORMS = ("pkcs8", "encrypted", "traditional", "openssh")
OTHER_KINDS = (x25519.X25519PrivateKey.generate, x448.X448PrivateKey.generate, mldsa.MLDSA44PrivateKey.generate)


def der(tag: int, *parts: bytes) -> bytes:
    """One element in DER."""
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x81" + bytes([size]) if size < 256 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + length + content


def number(value: int) -> bytes:
    return der(2, value.to_bytes(value.bit_length() // 8 + 1))


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


@cache
def private_key(kind: str) -> Any:
    return KINDS[kind]()


@cache
def pem(kind: str, form: str) -> str:
    """A private key as a file."""
    layout = {"traditional": PrivateFormat.TraditionalOpenSSL, "openssh": PrivateFormat.OpenSSH}
    encryption = BestAvailableEncryption(b"word") if form == "encrypted" else NoEncryption()
    key = private_key(kind)
    return key.private_bytes(Encoding.PEM, layout.get(form, PrivateFormat.PKCS8), encryption).decode()


def body(text: str) -> str:
    return "".join(text.splitlines()[1:-1])


NO_SUCH_FORM = [("ed25519", "traditional"), ("ed448", "traditional"), ("ed448", "openssh")]
ALL_PEM = [(kind, form) for kind in KINDS for form in FORMS if (kind, form) not in NO_SUCH_FORM]


def shapes_of_a_file(file: str) -> dict[str, str]:
    """A file as people copy it: damaged, cut off, encoded once more."""
    lines = file.splitlines()
    return {
        "whole": file,
        "CRLF": file.replace("\n", "\r\n"),
        "literal breaks": file.replace("\n", "\\n"),
        "literal breaks in JSON": json.dumps({"key": file.replace("\n", "\\n")}),
        "quoted": f'"{file}"',
        "indented": textwrap.indent(file, "    "),
        "in a mail": textwrap.indent(file, "> "),
        "one line": file.replace("\n", ""),
        "spaces for breaks": file.replace("\n", " "),
        "beside a record": RECORD + file,
        "begin line": lines[0],
        "begin line, cut": lines[0][8:],
        "without begin": "\n".join(lines[1:]),
        "end of body": "\n".join(lines[2:]),
        "body": "\n".join(lines[1:-1]),
        "body, cut": "\n".join(lines[1:])[:60],
        "first line": lines[1],
        "lower case": file.lower(),
        "upper case": file.upper(),
        "NULs": "\0".join(file),
        "NULs, with a mark": "ÿþ" + "\0".join(file),
        "no-break spaces": "\u00a0".join(file),
        "zero-width": "\u200b".join(file),
        "soft hyphens": "\u00ad".join(file),
        "byte order mark": "\ufeff" + file,
        "dashes made long": file.replace("-----", "—–"),
        "for a web address": file.replace(" ", "%20").replace("\n", "%0A"),
        "base64 of it": b64(file.encode()),
        "base64, lines": base64.encodebytes(file.encode()).decode(),
        "base64, in YAML": f"data:\n  tls.key: {b64(file.encode())}\n",
        "base64 of UTF-16": b64(file.encode("utf-16")),
        "base64 of base64": b64(b64(file.encode()).encode()),
        "hex of it": file.encode().hex(),
        "base64 of the body": b64(body(file).encode()),
    }


@pytest.mark.parametrize(("kind", "form"), ALL_PEM)
def test_recognises_a_file_whole_and_in_parts(kind: str, form: str) -> None:
    shapes = shapes_of_a_file(pem(kind, form))
    assert [shape for shape, text in shapes.items() if not holds_private_key(text)] == []


@pytest.mark.parametrize(("kind", "form"), ALL_PEM)
def test_recognises_the_octets_without_a_file_around_them(kind: str, form: str) -> None:
    text = body(pem(kind, form))
    octets = base64.b64decode(text)
    digits = octets.hex()
    shapes = {
        "base64": text,
        "for web addresses": base64.urlsafe_b64encode(octets).decode().rstrip("="),
        "after words": f"here is the key {text}",
        "after a label": f"key={text}",
        "in lines": "\n".join(textwrap.wrap(text, 16)),
        "beside a record": f"{RECORD}; {text}",
        "once more": b64(text.encode()),
        "cut": text[:44],
        "hex": digits,
        "HEX": digits.upper(),
        "colons": ":".join(textwrap.wrap(digits, 2)),
        "spaces": " ".join(textwrap.wrap(digits, 4)),
        "C": ", ".join(f"0x{octet:02x}" for octet in octets),
        "escaped": "".join(f"\\x{octet:02x}" for octet in octets),
    }
    assert [shape for shape, pasted in shapes.items() if not holds_private_key(pasted)] == []


@pytest.mark.parametrize("generate", OTHER_KINDS)
def test_recognises_keys_that_never_sign_zones(generate: Callable[[], Any]) -> None:
    octets = generate().private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    assert holds_private_key(b64(octets))
    assert holds_private_key(octets.hex())


def test_recognises_dsa_and_pkcs12() -> None:
    p, q = 2**1023 + 1, 2**159 + 1
    parameters = der(0x30, number(p), number(q), number(5))
    algorithm = der(0x30, bytes.fromhex("06072a8648ce380401"), parameters)
    bundle = serialize_key_and_certificates(b"key", private_key("p256"), None, None, BestAvailableEncryption(b"word"))
    assert holds_private_key(b64(der(0x30, number(0), number(p), number(q), number(5), number(7), number(9))))
    assert holds_private_key(b64(der(0x30, number(0), algorithm, der(4, number(9)))))
    assert holds_private_key(b64(bundle))
    assert not holds_private_key(b64(der(0x30, algorithm, der(3, b"\0", number(7)))))


SEED = "A6e4YsXbMa7b8mJnizTm5qbps/ht1eITKLePtleV0VA="
URLSAFE = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
DP = "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3Q"


FILES_OF_TOOLS = [
    f"Private-key-format: v1.3\nAlgorithm: 15 (ED25519)\nPrivateKey: {SEED}\n",
    "Private-key-format: v1.2",
    "PRIVATE-KEY-FORMAT: V1.2",
    f"PrivateKey: {SEED}",
    f"privatekey: {SEED}",
    f"PrivateExponent: {SEED}",
    f"Prime1: {SEED}",
    f"Prime2: {SEED}",
    f"Exponent1: {SEED}",
    f"Exponent2: {SEED}",
    f"Coefficient: {SEED}",
    f"Private_value(x): {SEED}",
    f"GostAsn1: {SEED}",
    f"{RECORD}Algorithm: 13\nPrivate\u200bKey:\u00a0{SEED}",
    f"[Interface]\nPrivateKey = {SEED}\n",
    f'{{"privatekey": "{SEED}"}}',
    f"<privateKey>{SEED}</privateKey>",
    "Private-Key: (2048 bit, 2 primes)\nmodulus:\n",
    "priv:\n    9c:01:a5:ff:19\npub:\n    04:a1",
    "PuTTY-User-Key-File-2: ssh-ed25519\nEncryption: none",
    "PuTTY-User-Key-File-3: ssh-rsa",
    f"Private-Lines: 1\n{SEED}\nPrivate-MAC: 5ca0",
    "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: x",
    "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ",
    "-----END PGP PRIVATE KEY BLOCK-----",
    "-----BEGIN DSA PRIVATE KEY-----",
    "-----BEGIN COSIGN PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00",
    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nabc",
    "SSH PRIVATE KEY FILE FORMAT 1.1",
    "# public key: age1xyz\nAGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
    "age-secret-key-1gfpyysjzgfpyysjz",
    f"untrusted comment: signify secret key\n{SEED}",
    f"untrusted comment: minisign encrypted secret key\n{SEED}",
    f'{{"kty":"OKP","crv":"Ed25519","d":"{URLSAFE}","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}',
    f'{{"crv":"Ed25519", "d" : "{URLSAFE}"',
    f"{{'kty': 'OKP', 'd': '{URLSAFE}'}}",
    f'{{\\"kty\\":\\"EC\\",\\"d\\":\\"{URLSAFE}\\"}}',
    f'{{"keys": [{{"kty": "EC", "x": "a"}}, {{"kty": "EC",\n "d":\n "{URLSAFE}"}}]}}',
    f'"dp":"{DP}","dq":"{DP}"',
    f'{{"kty":"oct","k":"{URLSAFE}"}}',
    base64.b64encode(f'{{"kty":"OKP","crv":"Ed25519","d":"{URLSAFE}"}}'.encode()).decode(),
    base64.b64encode(f"Private-key-format: v1.3\nPrivateKey: {SEED}".encode()).decode(),
    f"<RSAKeyValue><Modulus>{SEED}</Modulus><D>{SEED}</D></RSAKeyValue>",
    f"<RSAKeyValue><Modulus>{SEED}</Modulus><P>{SEED}</P><Q>{SEED}</Q></RSAKeyValue>",
    f"<ds:RSAKeyValue><ds:InverseQ>\n  {SEED}",
]


@pytest.mark.parametrize("text", FILES_OF_TOOLS)
def test_recognises_the_files_of_many_tools(text: str) -> None:
    assert holds_private_key(text)


@settings(deadline=None)  # Keys are made on the way.
@given(
    st.sampled_from(ALL_PEM),
    st.text(alphabet="abcdefgh MIC.:,=\n", max_size=40),
    st.integers(5, 90),
    st.sampled_from(["\n", "\r\n", " ", "\n\t", " \u00a0\n", "\u200b\n", "\\n"]),
    st.booleans(),
)
def test_recognises_any_wrapping_behind_any_words(
    which: tuple[str, str], words: str, width: int, break_: str, in_armour: bool
) -> None:
    file = pem(*which)
    lines = file.splitlines()
    wrapped = break_.join(textwrap.wrap(body(file), width))
    text = f"{words}{lines[0]}{break_}{wrapped}{break_}{lines[-1]}" if in_armour else f"{words} {wrapped}"
    assert holds_private_key(text)


# ---- public keys ----


@cache
def certificates(kind: str) -> dict[str, bytes]:
    """A certificate, a request and a list of revoked certificates, as short as they can be, in DER."""
    key = private_key(kind)
    digest = None if kind in ("ed25519", "ed448") else hashes.SHA256()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a.example")])
    no_name = x509.Name([])
    start, end = datetime(2026, 1, 1), datetime(2027, 1, 1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, end).sign(key, digest),
        x509.CertificateSigningRequestBuilder(name).sign(key, digest),
        x509.CertificateSigningRequestBuilder(no_name).sign(key, digest),
        x509.CertificateRevocationListBuilder(no_name, start, end).sign(key, digest),
        x509.CertificateRevocationListBuilder(name, start, end).sign(key, digest),
    )
    return {f"{type(made).__name__} {i}": made.public_bytes(Encoding.DER) for i, made in enumerate(certificate)}


def public_texts(kind: str) -> dict[str, str]:
    """The public half in every form, with certificates and their like."""
    public = private_key(kind).public_key()
    octets = {"SPKI": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), **certificates(kind)}
    if kind.startswith("rsa"):
        octets["PKCS1"] = public.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    texts = {"PEM": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()}
    if kind != "ed448":
        texts["SSH"] = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() + " me@example"
    for name, found in octets.items():
        texts[name] = b64(found)
        texts[f"{name}, hex"] = found.hex()
        texts[f"{name}, again"] = b64(b64(found).encode())
        texts[f"{name}, PEM"] = f"-----BEGIN {name}-----\n{base64.encodebytes(found).decode()}-----END {name}-----\n"
    return texts


@pytest.mark.parametrize("kind", KINDS)
def test_takes_no_public_key_for_a_private_one(kind: str) -> None:
    assert [name for name, text in public_texts(kind).items() if holds_private_key(text)] == []


def test_takes_no_first_version_of_a_certificate_and_no_spelled_out_curve_for_a_private_key() -> None:
    signature = der(0x30, bytes.fromhex("06032b6570"))
    first_version = der(0x30, der(0x30, number(1), signature, der(0x30), der(0x30)), signature, der(3, bytes(65)))
    field = der(0x30, bytes.fromhex("06072a8648ce3d0101"), number(2**256 - 2**224))
    curve = der(0x30, number(1), field, der(0x30, der(4, bytes(32)), der(4, bytes(32))), der(4, bytes(65)))
    spelled_out = der(0x30, der(0x30, bytes.fromhex("06072a8648ce3d0201"), curve), der(3, bytes(66)))
    assert not holds_private_key(b64(first_version))
    assert not holds_private_key(b64(spelled_out))
    assert not holds_private_key(b64(curve))


TALK = [
    "",
    "Never send private keys by mail.",
    "- In the end private keys stay at home - always.",
    f"; This is the public half; the private key is in an HSM\n{RECORD}",
    "Private key: kept on the server and never shown",
    f"; Private key file: Kexample.com.+013+02371.private\n{RECORD}",
    "-----BEGIN PUBLIC KEY-----",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----",
    f'{{"kty":"OKP","crv":"Ed25519","x":"{URLSAFE}","kid":"d"}}',
    f'{{"kty":"RSA","n":"{DP}","e":"AQAB","key_ops":["verify"]}}',
    f'{{"d": "{KEY_13}"}}',
    f"<p>{KEY_13}</p>",
    f"<q>{KEY_15}</q>",
    f"<DSAKeyValue><P>{SEED}</P><Q>{SEED}</Q><G>{SEED}</G><Y>{SEED}</Y></DSAKeyValue>",
    f"Modulus: {SEED}\nPublicExponent: AQAB",
]


@pytest.mark.parametrize("text", TALK)
def test_takes_no_talk_about_keys_for_a_private_key(text: str) -> None:
    assert not holds_private_key(text)


def test_tells_the_private_keys_of_the_corpora_from_all_else() -> None:
    found = [paste["id"] for paste in PASTES if holds_private_key(paste["input"] * paste.get("repeat", 1))]
    assert found == [paste["id"] for paste in PASTES if paste["expect"] == "private-key"]
    for key in KEYS:
        octets = base64.b64decode(key["public_key"])
        record = f"{key['owner']} IN DNSKEY {key['flags']} 3 {key['algorithm']} {key['public_key']}"
        for text in (key["public_key"], octets.hex(), b64(key["public_key"].encode()), record):
            assert not holds_private_key(text), key["owner"]


@given(
    st.one_of(
        *(st.binary(min_size=size, max_size=size) for size in (32, 57, 64, 96, 1312)),
        st.binary(min_size=128, max_size=512).map(b"\x03\x01\x00\x01".__add__),
    )
)
def test_takes_no_random_public_key_for_a_private_one(octets: bytes) -> None:
    assert not holds_private_key(b64(octets))
    assert not holds_private_key(octets.hex())


@given(st.text())
def test_answers_any_text(text: str) -> None:
    assert holds_private_key(text) in (True, False)


SIZE = 1 << 18


@pytest.mark.parametrize(
    "piece",
    [
        "M",
        "MDAw",
        "30",
        "\0",
        "A\0",
        "-",
        "--begin",
        "--end ",
        "\\",
        "\\n",
        "%0",
        "0x",
        " \n",
        "\u200b",
        "ж",
        "\U0001f600",
        "private",
        "private key",
        '"kty":"d":"',
        "<abcdefghi:",
        base64.b64encode(bytes.fromhex("300f0201003003060155")).decode(),
        base64.b64encode(bytes.fromhex("300f02010030820fff060155")).decode(),
        base64.b64encode(base64.b64encode(KEY_13.encode() * 4)).decode(),
        RECORD,
    ],
)
def test_takes_time_in_proportion_to_the_length(piece: str) -> None:
    text = (piece * (SIZE // len(piece) + 1))[:SIZE]
    started = time.process_time()
    assert not holds_private_key(text)
    assert time.process_time() - started < 0.5  # A twentieth of a second on a usual machine.
