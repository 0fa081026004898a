"""Keys in PEM, DER, SSH, JWK, trust anchors and EPP: named for what they are, and converted to the very key."""

import base64
import json
import textwrap
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import dns.dnssec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from dnssec import messages
from dnssec.messages import Message
from dnssec.paste.containers import Contained, in_octets, in_text
from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15

KEYS = json.loads((Path(__file__).parent / "data" / "dnskeys.json").read_text())["keys"]
KINDS: dict[str, tuple[int, Callable[[], Any]]] = {
    "rsa": (8, lambda: rsa.generate_private_key(65537, 2048)),
    "p256": (13, lambda: ec.generate_private_key(ec.SECP256R1())),
    "p384": (14, lambda: ec.generate_private_key(ec.SECP384R1())),
    "ed25519": (15, ed25519.Ed25519PrivateKey.generate),
    "ed448": (16, ed448.Ed448PrivateKey.generate),
    "mldsa44": (18, mldsa.MLDSA44PrivateKey.generate),
}
WITHOUT_ALGORITHM: dict[str, Callable[[], Any]] = {
    "P-521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    "X25519": x25519.X25519PrivateKey.generate,
    "X448": x448.X448PrivateKey.generate,
    "ML-DSA-65": mldsa.MLDSA65PrivateKey.generate,
}
SPKI = PublicFormat.SubjectPublicKeyInfo


@cache
def private_key(kind: str) -> Any:
    return KINDS[kind][1]() if kind in KINDS else WITHOUT_ALGORITHM[kind]()


def public_key(kind: str) -> Any:
    return private_key(kind).public_key()


def converted(kind: str) -> tuple[int, bytes, None]:
    """The key as dnspython makes a DNSKEY of it."""
    algorithm = KINDS[kind][0]
    return algorithm, dns.dnssec.make_dnskey(public_key(kind), algorithm).key, None


def octets_of(kind: str, layout: PublicFormat = SPKI) -> bytes:
    return public_key(kind).public_bytes(Encoding.DER, layout)


def pem_of(kind: str, layout: PublicFormat = SPKI) -> str:
    return public_key(kind).public_bytes(Encoding.PEM, layout).decode()


def ssh_of(kind: str) -> str:
    return public_key(kind).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def armoured(label: str, octets: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(octets).decode()}-----END {label}-----\n"


@cache
def certificate_of(kind: str) -> bytes:
    digest = None if kind in ("ed25519", "ed448", "mldsa44") else hashes.SHA256()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    start, end = datetime(2026, 1, 1), datetime(2027, 1, 1)
    builder = x509.CertificateBuilder(name, name, public_key(kind), 7, start, end)
    return builder.sign(private_key(kind), digest).public_bytes(Encoding.DER)


@cache
def request_of(kind: str) -> bytes:
    digest = None if kind in ("ed25519", "ed448", "mldsa44") else hashes.SHA256()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    request = x509.CertificateSigningRequestBuilder(name).sign(private_key(kind), digest)
    return request.public_bytes(Encoding.DER)


@cache
def revocations_of(kind: str) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    builder = x509.CertificateRevocationListBuilder(name, datetime(2026, 1, 1), datetime(2027, 1, 1))
    return builder.sign(private_key(kind), hashes.SHA256()).public_bytes(Encoding.DER)


def b64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def told(contained: Contained | None) -> tuple[Message, tuple[Any, ...]]:
    assert contained is not None
    return contained.message, contained.keys


# ---- the same key, whatever it is in ----


@pytest.mark.parametrize("kind", KINDS)
def test_converts_a_public_key_file_however_it_was_copied(kind: str) -> None:
    file = pem_of(kind)
    lines = file.splitlines()
    shapes = {
        "whole": file,
        "CRLF": file.replace("\n", "\r\n"),
        "literal breaks": file.replace("\n", "\\n"),
        "in JSON": json.dumps({"PublicKey": file}),
        "indented": textwrap.indent(file, "\t  "),
        "quoted mail": textwrap.indent(file, "> "),
        "words around": f"Hello,\nhere is our key:\n\n{file}\nPlease add it. Yours, Bob\n",
        "no end": "\n".join(lines[:-1]),
        "no end, words": "\n".join(lines[:-1]) + "\nPlease add it",
        "no begin": "\n".join(lines[1:]),
        "one line": "".join(lines),
        "spaces for breaks": " ".join(lines),
        "no spaces": "".join(lines).replace(" ", ""),
        "lower-case lines": "\n".join([lines[0].lower(), *lines[1:-1], lines[-1].lower()]),
        "dashes made long": file.replace("-----", "—–"),
        "dashes lost": "\n".join([lines[0].lstrip("-"), *lines[1:]]),
        "NULs": "\0".join(file),
        "byte order mark": "\ufeff" + file,
        "zero-width spaces": "\u200b".join(file),
        "twice": file + file,
        "with parameters": armoured("EC PARAMETERS", bytes.fromhex("06082a8648ce3d030107")) + file,
    }
    expected = (messages.SPKI_PEM, (converted(kind),))
    assert {shape for shape, text in shapes.items() if told(in_text(text)) != expected} == set()


@pytest.mark.parametrize("kind", KINDS)
def test_converts_certificates_and_requests(kind: str) -> None:
    key = (converted(kind),)
    assert told(in_text(armoured("CERTIFICATE", certificate_of(kind)))) == (messages.CERTIFICATE, key)
    assert told(in_text(armoured("TRUSTED CERTIFICATE", certificate_of(kind) + b"0\0"))) == (messages.CERTIFICATE, key)
    assert told(in_text(armoured("SOME CERTIFICATE", certificate_of(kind)))) == (messages.CERTIFICATE, key)
    assert told(in_octets(certificate_of(kind))) == (messages.CERTIFICATE, key)
    request = armoured("CERTIFICATE REQUEST", request_of(kind))
    assert told(in_text(request)) == (messages.CERTIFICATE_REQUEST, key)
    assert told(in_text(request.replace("CERT", "NEW CERT"))) == (messages.CERTIFICATE_REQUEST, key)
    assert told(in_octets(request_of(kind))) == (messages.CERTIFICATE_REQUEST, key)


@pytest.mark.parametrize("kind", KINDS)
def test_converts_octets(kind: str) -> None:
    assert told(in_octets(octets_of(kind))) == (messages.SPKI_BASE64, (converted(kind),))


def test_converts_rsa_keys_of_pkcs1() -> None:
    layout = PublicFormat.PKCS1
    assert told(in_octets(octets_of("rsa", layout))) == (messages.PKCS1, (converted("rsa"),))
    assert told(in_text(pem_of("rsa", layout))) == (messages.PKCS1, (converted("rsa"),))


@pytest.mark.parametrize("bits", [512, 1024, 4104, 8192])
def test_converts_rsa_keys_of_any_size_for_the_check_that_follows(bits: int) -> None:
    modulus = (1 << (bits - 1)) + 1
    key = rsa.RSAPublicNumbers(65537, modulus).public_key()
    expected = (8, b"\x03\x01\x00\x01" + modulus.to_bytes(bits // 8), None)
    for layout, message in ((SPKI, messages.SPKI_BASE64), (PublicFormat.PKCS1, messages.PKCS1)):
        assert told(in_octets(key.public_bytes(Encoding.DER, layout))) == (message, (expected,))


def test_converts_an_exponent_that_needs_the_long_form() -> None:
    exponent, modulus = (1 << 2047) + 1, (1 << 2055) + 1
    jwk = {"kty": "RSA", "e": b64url(exponent.to_bytes(256)), "n": b64url(modulus.to_bytes(257))}
    expected = (8, b"\x00\x01\x00" + exponent.to_bytes(256) + modulus.to_bytes(257), None)
    assert told(in_text(json.dumps(jwk))) == (messages.JWK, (expected,))


@pytest.mark.parametrize("kind", ["rsa", "p256", "p384", "ed25519"])
def test_converts_ssh_keys(kind: str) -> None:
    line = ssh_of(kind)
    words = line.split()
    shapes = {
        "line": line,
        "comment": f"{line} bob@example.com\n",
        "options": f'from="192.0.2.1",no-pty {line} bob@example.com',
        "known host": f"server.example.com {line}",
        "wrapped": "\n".join(textwrap.wrap(line, 60)),
        "blob and comment": f"{words[1]} bob@example.com",
        "twice": f"{line} one\n{line} two\n",
        "comment of several words": f"{line} the old laptop",
        "SSH2": f'---- BEGIN SSH2 PUBLIC KEY ----\nComment: "bob"\n{words[1]}\n---- END SSH2 PUBLIC KEY ----',
        "SSH2, one line": f'---- BEGIN SSH2 PUBLIC KEY ---- Comment: "bob" {words[1]} ---- END SSH2 PUBLIC KEY ----',
    }
    expected = (messages.SSH_PUBLIC_KEY, (converted(kind),))
    assert {shape for shape, text in shapes.items() if told(in_text(text)) != expected} == set()
    assert told(in_octets(base64.b64decode(words[1]))) == expected


def test_converts_ed448_and_certificates_of_ssh() -> None:
    def field(octets: bytes) -> bytes:
        return len(octets).to_bytes(4) + octets

    key = converted("ed448")
    assert told(in_octets(field(b"ssh-ed448") + field(key[1]))) == (messages.SSH_PUBLIC_KEY, (key,))
    key = converted("ed25519")
    certificate = field(b"ssh-ed25519-cert-v01@openssh.com") + field(bytes(32)) + field(key[1]) + bytes(8)
    expected = (messages.SSH_PUBLIC_KEY, (key,))
    assert told(in_octets(certificate)) == expected
    text = f"ssh-ed25519-cert-v01@openssh.com {base64.b64encode(certificate).decode()}"
    assert told(in_text(text)) == expected


def jwk_of(kind: str) -> dict[str, str]:
    octets = converted(kind)[1]
    half = len(octets) // 2
    if kind == "rsa":
        return {"kty": "RSA", "n": b64url(octets[4:]), "e": "AQAB"}
    if kind in ("p256", "p384"):
        crv = {"p256": "P-256", "p384": "P-384"}[kind]
        return {"kty": "EC", "crv": crv, "x": b64url(octets[:half]), "y": b64url(octets[half:])}
    if kind == "mldsa44":
        return {"kty": "AKP", "alg": "ML-DSA-44", "pub": b64url(octets)}
    return {"kty": "OKP", "crv": kind.capitalize(), "x": b64url(octets)}


@pytest.mark.parametrize("kind", KINDS)
def test_converts_keys_in_json(kind: str) -> None:
    jwk = jwk_of(kind)
    shapes = [
        json.dumps(jwk),
        json.dumps(jwk, indent=4),
        json.dumps({"keys": [jwk]}),
        json.dumps({"keys": [jwk, jwk]}),
        json.dumps({"verificationMethod": [{"id": "#1", "publicKeyJwk": jwk}]}),
        json.dumps(json.dumps(jwk)),
        f"The key: {json.dumps(jwk)} - thanks",
        f"[link] {{x}} {json.dumps(jwk)}",
    ]
    for text in shapes:
        assert told(in_text(text)) == (messages.JWK, (converted(kind),)), text


# ---- several keys, other keys, no keys ----


def test_gives_every_key_once() -> None:
    three = [converted(kind) for kind in ("p256", "rsa", "ed25519")]
    text = pem_of("p256") + pem_of("rsa") + pem_of("p256") + pem_of("ed25519")
    assert told(in_text(text)) == (messages.SPKI_PEM, tuple(three))
    text = "\n".join([ssh_of("p256"), ssh_of("rsa"), ssh_of("p256"), ssh_of("ed25519")])
    assert told(in_text(text)) == (messages.SSH_PUBLIC_KEY, tuple(three))
    text = json.dumps({"keys": [jwk_of("p256"), jwk_of("rsa"), jwk_of("p256"), jwk_of("ed25519")]})
    assert told(in_text(text)) == (messages.JWK, tuple(three))


def test_names_a_chain_by_the_block_that_holds_a_key() -> None:
    text = armoured("X509 CRL", revocations_of("p256")) + armoured("CERTIFICATE", certificate_of("p256"))
    assert told(in_text(text)) == (messages.CERTIFICATE, (converted("p256"),))


@pytest.mark.parametrize("kind", WITHOUT_ALGORITHM)
def test_names_a_key_that_no_algorithm_fits(kind: str) -> None:
    none_for = messages.NO_ALGORITHM_FOR
    assert in_octets(octets_of(kind)) == Contained(none_for["spki-base64"], {"kind": kind}, ())
    assert in_text(pem_of(kind)) == Contained(none_for["spki-pem"], {"kind": kind}, ())
    assert in_text(pem_of(kind) + pem_of("p256")) == Contained(messages.SPKI_PEM, {}, (converted("p256"),))


def test_names_ssh_keys_that_no_algorithm_fits() -> None:
    def line(name: str, *fields: bytes) -> str:
        octets = b"".join(len(field).to_bytes(4) + field for field in (name.encode(), *fields))
        return f"{name} {base64.b64encode(octets).decode()} bob"

    message = messages.NO_ALGORITHM_FOR["ssh-public-key"]
    texts = {
        line("ssh-dss", b"\1" * 128, b"\1" * 20, b"\1" * 128, b"\1" * 128): "DSA",
        line("sk-ssh-ed25519@openssh.com", bytes(32), b"ssh:"): "a security token",
        line("sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", bytes(65), b"ssh:"): "a security token",
        ssh_of("P-521"): "P-521",
    }
    for text, kind in texts.items():
        assert in_text(text) == Contained(message, {"kind": kind}, ()), text


@pytest.mark.parametrize(
    ("jwk", "kind"),
    [
        ({"kty": "EC", "crv": "P-521", "x": "AAAA", "y": "AAAA"}, "P-521"),
        ({"kty": "EC", "crv": "secp256k1", "x": "AAAA", "y": "AAAA"}, "secp256k1"),
        ({"kty": "OKP", "crv": "X25519", "x": "AAAA"}, "X25519"),
        ({"kty": "AKP", "alg": "ML-DSA-87", "pub": "AAAA"}, "ML-DSA-87"),
        ({"kty": "EC", "crv": "<b>"}, "an unknown type"),
    ],
)
def test_names_jwk_that_no_algorithm_fits(jwk: dict[str, str], kind: str) -> None:
    message = messages.NO_ALGORITHM_FOR["other-armour"]
    assert in_text(json.dumps(jwk)) == Contained(message, {"kind": kind}, ())


def test_names_files_without_a_key() -> None:
    labels = ["EC PARAMETERS", "DH PARAMETERS", "X509 CRL", "PKCS7", "CMS", "PGP MESSAGE", "SSH SIGNATURE"]
    for label in labels:
        for octets in (revocations_of("p256"), b"\x30\x03\x02\x01\x05", b"nonsense"):
            assert in_text(armoured(label, octets)) == Contained(messages.OTHER_ARMOUR, {"kind": label}, ())


def test_names_openpgp_keys() -> None:
    text = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 2\n\nmDMEY\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----"
    assert in_text(text) == Contained(messages.OPENPGP, {}, ())
    packet = b"\x98\x33\x04" + bytes(4) + b"\x16" + bytes(45) + b"\xb4\x03bob"
    assert in_octets(packet) == Contained(messages.OPENPGP, {}, ())


def test_still_names_what_is_damaged_or_cut_off() -> None:
    cases = [
        (octets_of("p256"), messages.SPKI_BASE64),
        (octets_of("rsa"), messages.SPKI_BASE64),
        (octets_of("ed25519"), messages.SPKI_BASE64),
        (octets_of("rsa", PublicFormat.PKCS1), messages.PKCS1),
        (request_of("p256"), messages.CERTIFICATE_REQUEST),
        (base64.b64decode(ssh_of("rsa").split()[1]), messages.SSH_PUBLIC_KEY),
    ]
    for octets, message in cases:
        for length in (len(octets) - 1, len(octets) * 2 // 3):
            found = in_octets(octets[:length])
            assert found is not None
            assert found.message is message
            assert message is messages.CERTIFICATE_REQUEST or found.keys == ()
    off_curve = octets_of("p256")[:-1] + bytes([octets_of("p256")[-1] ^ 1])
    assert in_octets(off_curve) == Contained(messages.SPKI_BASE64, {}, ())
    assert in_text("-----BEGIN PUBLIC KEY-----") == Contained(messages.SPKI_PEM, {}, ())
    assert in_text('{"kty": "EC", "crv": "P-256", "x": "oRPF') == Contained(messages.JWK, {}, ())
    assert in_text("ssh-rsa AAAABBBBCCCC bob") == Contained(messages.SSH_PUBLIC_KEY, {}, ())


def test_finds_the_key_of_a_certificate_that_is_cut_off_behind_it() -> None:
    octets = certificate_of("p256")
    assert told(in_octets(octets[:-40])) == (messages.CERTIFICATE, (converted("p256"),))


# ---- trust anchors and EPP ----

IANA = f"""<?xml version="1.0" encoding="UTF-8"?>
<TrustAnchor id="A" source="http://data.iana.org/root-anchors/root-anchors.xml">
  <Zone>.</Zone>
  <KeyDigest id="B" validFrom="2017-02-02T00:00:00+00:00">
    <KeyTag>20326</KeyTag><Algorithm>13</Algorithm><DigestType>2</DigestType><Digest>E06D</Digest>
    <PublicKey>{KEY_13[:30]}
       {KEY_13[30:]}</PublicKey>
    <Flags>257</Flags>
  </KeyDigest>
</TrustAnchor>"""
SECDNS = f"""<secDNS:create xmlns:secDNS="urn:ietf:params:xml:ns:secDNS-1.1">
  <secDNS:keyData><secDNS:flags>257</secDNS:flags><secDNS:protocol>3</secDNS:protocol>
    <secDNS:alg>15</secDNS:alg><secDNS:pubKey>{KEY_15}</secDNS:pubKey></secDNS:keyData>
  <secDNS:keyData><secDNS:flags>256</secDNS:flags><secDNS:protocol>3</secDNS:protocol>
    <secDNS:alg>13</secDNS:alg><secDNS:pubKey>{KEY_13}</secDNS:pubKey></secDNS:keyData>
</secDNS:create>"""
DS_DATA = """<secDNS:dsData><secDNS:keyTag>12345</secDNS:keyTag><secDNS:alg>13</secDNS:alg>
  <secDNS:digestType>2</secDNS:digestType><secDNS:digest>49FD</secDNS:digest>%s</secDNS:dsData>"""


def key(text: str, algorithm: int, flags: int | None = 257) -> tuple[int, bytes, int | None]:
    return algorithm, base64.b64decode(text), flags


def test_reads_the_trust_anchors_of_iana() -> None:
    anchor = (messages.TRUST_ANCHOR, (key(KEY_13, 13),))
    assert told(in_text(IANA)) == anchor
    assert told(in_text(IANA[IANA.index("<KeyDigest") : IANA.index("</TrustAnchor")])) == anchor
    assert told(in_text(IANA[: IANA.index("<Flags>")])) == (messages.TRUST_ANCHOR, (key(KEY_13, 13, None),))
    digest_alone = IANA[: IANA.index("<PublicKey>")] + "</KeyDigest></TrustAnchor>"
    assert in_text(digest_alone) == Contained(messages.OTHER_ARMOUR, {"kind": "a trust anchor"}, ())


def test_reads_epp_whole_and_in_parts() -> None:
    keys = (key(KEY_15, 15), key(KEY_13, 13, 256))
    whole = f'<?xml version="1.0"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><extension>{SECDNS}</extension></epp>'
    assert told(in_text(whole)) == (messages.EPP_XML, keys)
    assert told(in_text(SECDNS)) == (messages.EPP_XML, keys)
    part = SECDNS[SECDNS.index("<secDNS:keyData>") : SECDNS.index("</secDNS:create>")]
    assert told(in_text(f"Please send this:\n{part}")) == (messages.EPP_XML, keys)
    assert told(in_text(part.replace("secDNS:", ""))) == (messages.EPP_XML, keys)
    inside = DS_DATA % part
    assert told(in_text(inside)) == (messages.EPP_XML, keys)
    assert in_text(DS_DATA % "") == Contained(messages.DS_RECORD, {}, ())
    assert in_text("<epp><command><check/></command></epp>") == Contained(messages.EPP_XML, {}, ())


def test_reads_no_entity_of_a_document_type() -> None:
    text = (
        f'<!DOCTYPE x [<!ENTITY k "{KEY_13}">]><keyData><flags>257</flags><alg>13</alg><pubKey>&k;</pubKey></keyData>'
    )
    assert in_text(text) == Contained(messages.EPP_XML, {}, ())


@pytest.mark.parametrize(
    "text",
    [
        f'trust-anchors {{ "." initial-key 257 3 13 "{KEY_13}"; }};',
        f'trust-anchors {{\n  example.com. static-key 257 3 13 "{KEY_13[:40]}\n    {KEY_13[40:]}";\n}};',
        f'managed-keys {{ "." initial-key 257 3 13 "{KEY_13[:40]}" "{KEY_13[40:]}"; }};',
        f'trusted-keys {{ "example.com." 257 3 13 "{KEY_13}"; }};',
        f'. initial-key 257 3 13 "{KEY_13}";',
    ],
)
def test_reads_the_trust_anchors_of_bind(text: str) -> None:
    assert told(in_text(text)) == (messages.TRUST_ANCHOR, (key(KEY_13, 13),))


def test_reads_several_trust_anchors_and_digests() -> None:
    text = f'trust-anchors {{ a. static-key 257 3 13 "{KEY_13}"; b. static-key 257 3 13 "{KEY_13_OTHER}"; }};'
    assert told(in_text(text)) == (messages.TRUST_ANCHOR, (key(KEY_13, 13), key(KEY_13_OTHER, 13)))
    digest = (
        'trust-anchors { . initial-ds 20326 8 2 "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"; };'
    )
    assert in_text(digest) == Contained(messages.OTHER_ARMOUR, {"kind": "a trust anchor"}, ())


# ---- what is no container ----


@pytest.mark.parametrize(
    "text",
    [
        "",
        KEY_13,
        f"example.com. 3600 IN DNSKEY 257 3 13 {KEY_13}",
        f'trust-anchor: "example.com. DNSKEY 257 3 13 {KEY_13}"',
        json.dumps({"Answer": [{"name": "example.com.", "type": 48, "data": f"257 3 13 {KEY_13}"}]}),
        json.dumps({"flags": 257, "algorithm": 13, "public_key": KEY_13}),
        json.dumps({"KeySigningKeys": [{"PublicKey": KEY_13, "Flag": 257}]}),
        "; <<>> DiG 9.20 <<>> example.com DNSKEY\n;; ANSWER SECTION:\n;; Query time: 1 msec\n",
        f"<p>{KEY_13}</p>",
        f"In the end it is this -- {KEY_13}",
        f"I begin with the key: {KEY_13}",
    ],
)
def test_leaves_alone_what_is_no_container(text: str) -> None:
    assert in_text(text) is None


def test_takes_no_key_of_the_corpus_for_a_container() -> None:
    for entry in KEYS:
        assert in_octets(base64.b64decode(entry["public_key"])) is None, entry["owner"]
        assert in_text(entry["public_key"]) is None, entry["owner"]


@given(
    st.one_of(
        *(
            st.tuples(st.sampled_from([b"", b"\x30", b"\x99", b"\0"]), st.binary(min_size=size, max_size=size)).map(
                lambda drawn, size=size: (drawn[0] + drawn[1])[:size]
            )
            for size in (32, 57, 64, 96, 1312)
        ),
        st.binary(min_size=128, max_size=512).map(b"\x03\x01\x00\x01".__add__),
    )
)
def test_takes_no_random_key_for_a_container(octets: bytes) -> None:
    assert in_octets(octets) is None
    assert in_text(base64.b64encode(octets).decode()) is None


def test_takes_no_private_key_and_no_signature_for_a_public_key() -> None:
    for kind in ("rsa", "p256", "ed25519"):
        layouts = (
            [PrivateFormat.PKCS8] if kind == "ed25519" else [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]
        )
        for layout in layouts:
            assert in_octets(private_key(kind).private_bytes(Encoding.DER, layout, NoEncryption())) is None
    assert in_octets(private_key("P-521").sign(b"data", ec.ECDSA(hashes.SHA256()))) is None
    assert in_octets(revocations_of("p256")) is None


# ---- any input at all ----


@given(st.one_of(st.text(), st.text("-BEGIN PUBLICKEYD{}[]\"':<>/ktyepp\n", max_size=80)))
def test_answers_any_text(text: str) -> None:
    found = in_text(text)
    assert found is None or found.message in messages.ALL


@given(st.binary())
def test_answers_any_octets(octets: bytes) -> None:
    found = in_octets(octets)
    assert found is None or found.message in messages.ALL


@cache
def samples() -> tuple[str, ...]:
    return (
        *(pem_of(kind) for kind in KINDS),
        *(ssh_of(kind) for kind in ("rsa", "p256", "ed25519")),
        *(json.dumps({"keys": [jwk_of(kind)]}) for kind in KINDS),
        *(armoured("CERTIFICATE", certificate_of(kind)) for kind in ("rsa", "p256")),
        armoured("CERTIFICATE REQUEST", request_of("p256")),
        IANA,
        SECDNS,
        DS_DATA % "",
        f'trust-anchors {{ . initial-key 257 3 13 "{KEY_13}"; }};',
    )


@settings(deadline=None)  # Keys are made on the way.
@given(st.data())
def test_answers_mutated_containers(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(samples()))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        until = data.draw(st.integers(at, min(at + 12, len(text))))
        text = text[:at] + data.draw(st.text(max_size=3)) + text[until:]
    found = in_text(text)
    assert found is None or found.message.template % found.params


@settings(deadline=None)  # Keys are made on the way.
@given(st.data())
def test_answers_mutated_octets(data: st.DataObject) -> None:
    kinds = [*KINDS, *WITHOUT_ALGORITHM]
    octets = bytearray(octets_of(data.draw(st.sampled_from(kinds))))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, min(40, len(octets) - 1)))] = data.draw(st.integers(0, 255))
    found = in_octets(bytes(octets))
    assert found is None or found.message.template % found.params


def test_a_key_in_xml_form_is_offered() -> None:
    numbers = rsa.generate_private_key(65537, 2048).public_key().public_numbers()
    modulus, exponent = numbers.n.to_bytes(256), numbers.e.to_bytes(3)
    text = (
        f"<RSAKeyValue><Modulus>{base64.b64encode(modulus).decode()}</Modulus>"
        f"<Exponent>{base64.b64encode(exponent).decode()}</Exponent></RSAKeyValue>"
    )
    found = in_text(text)
    assert found is not None
    assert (found.message, found.keys) == (messages.XML_KEY, ((8, b"\x03" + exponent + modulus, None),))
    cut_off = in_text("<RSAKeyValue><Modulus>AQAB")
    assert cut_off is not None
    assert (cut_off.message, cut_off.keys) == (messages.XML_KEY, ())
