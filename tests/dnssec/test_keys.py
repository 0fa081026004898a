"""A public key as a value: what its algorithm demands of it, its tag and its digests.

data/dnskeys.json holds 117 real and test keys; their tags and digests come from ldns and BIND, not from our libraries.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnssec.keys import DnsKey
from dnssec.messages import InvalidPublicKey
from dnssec.structure import check
from tests.conftest import KEY_13

CORPUS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "dnskeys.json").read_text())["keys"]
ACCEPTED = {8, 10, 13, 14, 15, 16, 17, 18, 23}


def refusal(text: str, *, flags: int = 257, algorithm: int = 13) -> InvalidPublicKey:
    with pytest.raises(InvalidPublicKey) as caught:
        DnsKey.parse(text, flags=flags, algorithm=algorithm)
    return caught.value


def test_computes_the_key_tag_and_digests_that_ldns_and_bind_print() -> None:
    for entry in CORPUS:
        key = DnsKey(entry["flags"], entry["protocol"], entry["algorithm"], base64.b64decode(entry["public_key"]))
        assert key.key_tag == entry["key_tag"], entry["owner"]
        for digest_type, digest in entry["ds"].items():
            assert key.ds(entry["owner"], int(digest_type)) == digest, entry["owner"]


def test_accepts_every_sound_key_of_the_corpus() -> None:
    sound = [entry for entry in CORPUS if entry["structure_ok"] and entry["algorithm"] in ACCEPTED]
    refused = []
    for entry in sound:
        try:
            check(entry["algorithm"], base64.b64decode(entry["public_key"]))
        except InvalidPublicKey as error:
            refused.append((entry["owner"], error.finding.code))
    assert len(sound) == 87
    assert refused == [("example.net.", "rsa-too-small")]  # RFC 5702's 512-bit example: well formed, but breakable.


def test_reads_base64_with_line_breaks_and_spaces() -> None:
    spread = "\n  ".join(KEY_13[i : i + 20] for i in range(0, len(KEY_13), 20))
    key = DnsKey.parse(f" {spread}\n", flags=257, algorithm=13)
    assert (key.key_tag, key.base64) == (2371, KEY_13)


@pytest.mark.parametrize("text", ["", "not base64!", KEY_13[:-2], KEY_13 + KEY_13])
def test_refuses_what_is_no_base64(text: str) -> None:
    assert refusal(text).finding.code in {"base64-invalid", "length-wrong"}


@pytest.mark.parametrize("flags", [0, 1, 255, 256 + 128, 257 + 128, 258])
def test_refuses_flags_that_are_neither_ksk_nor_zsk(flags: int) -> None:
    error = refusal(KEY_13, flags=flags)
    assert (error.finding.code, error.finding.message.field) == ("flags-invalid", "key_type")


@pytest.mark.parametrize("algorithm", [0, 1, 2, 3, 4, 5, 6, 7, 9, 11, 12, 19, 22, 24, 100, 252, 253, 254, 255])
def test_refuses_algorithms_that_must_not_be_used(algorithm: int) -> None:
    error = refusal(KEY_13, algorithm=algorithm)
    assert error.finding.message.field == "algorithm"
    assert error.finding.code.startswith("algorithm-")


# RFC 8032: encodings of points of order 1, 2, 4 and 8 on edwards25519, and y >= p.
@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("0100000000000000000000000000000000000000000000000000000000000000", "eddsa-small-order"),
        ("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "eddsa-small-order"),
        ("0000000000000000000000000000000000000000000000000000000000000000", "eddsa-small-order"),
        ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "eddsa-small-order"),
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "eddsa-small-order"),
        ("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "eddsa-point-invalid"),
        ("0200000000000000000000000000000000000000000000000000000000000000", "eddsa-point-invalid"),
    ],
)
def test_refuses_ed25519_octets_that_no_signature_should_be_checked_with(octets: str, code: str) -> None:
    assert refusal(base64.b64encode(bytes.fromhex(octets)).decode(), algorithm=15).finding.code == code


@pytest.mark.parametrize("y", [0, 1, 2**448 - 2**224 - 2])
def test_refuses_ed448_points_of_small_order(y: int) -> None:
    octets = y.to_bytes(57, "little")
    assert refusal(base64.b64encode(octets).decode(), algorithm=16).finding.code == "eddsa-small-order"


def rsa(n: int, e: int = 65537) -> str:
    exponent = e.to_bytes((e.bit_length() + 7) // 8)
    length = bytes([len(exponent)]) if len(exponent) < 256 else b"\0" + len(exponent).to_bytes(2)
    return base64.b64encode(length + exponent + n.to_bytes((n.bit_length() + 7) // 8)).decode()


PRODUCT = 2**2047 + 9  # Odd, of 2048 bits, and divided by none of the small primes; its factors do not matter here.


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rsa(PRODUCT - 1), "rsa-malformed"),  # Even.
        (rsa(PRODUCT, 1), "rsa-malformed"),
        (rsa(PRODUCT, 65536), "rsa-malformed"),
        (rsa(3 * 2**2046 + 3), "rsa-malformed"),  # Divided by 3: damaged.
        (base64.b64encode(b"\x03\x01\x00\x01\x00" + bytes([255]) * 256).decode(), "rsa-malformed"),  # A leading zero.
        (base64.b64encode(b"\x00\x00\x03\x01\x00\x01" + bytes([255]) * 256).decode(), "rsa-malformed"),  # Long form.
        (base64.b64encode(b"\x03\x01\x00").decode(), "rsa-malformed"),
        (base64.b64encode(b"").decode() or "AA==", "rsa-malformed"),
        (rsa(2**1000 + 297), "rsa-too-small"),
        (rsa(2**4096 + 3 * 2**100 + 7), "rsa-too-large"),
    ],
)
def test_refuses_rsa_keys_that_rfc_3110_forbids(text: str, code: str) -> None:
    assert refusal(text, algorithm=8).finding.code == code


@given(st.text(max_size=200), st.sampled_from([256, 257]), st.sampled_from(sorted(ACCEPTED)))
def test_any_text_is_answered_by_a_key_or_a_sentence(text: str, flags: int, algorithm: int) -> None:
    try:
        key = DnsKey.parse(text, flags=flags, algorithm=algorithm)
    except InvalidPublicKey as error:
        sentence = error.finding.sentence
    else:
        assert DnsKey.parse(key.base64, flags=flags, algorithm=algorithm) == key
        return
    assert sentence.endswith(".")


@given(st.binary(max_size=600), st.sampled_from(sorted(ACCEPTED)))
def test_any_octets_are_answered_by_a_key_or_a_sentence(octets: bytes, algorithm: int) -> None:
    try:
        key = DnsKey.parse(base64.b64encode(octets).decode(), flags=257, algorithm=algorithm)
    except InvalidPublicKey as error:
        sentence = error.finding.sentence
    else:
        assert key.public_key == octets
        return
    assert sentence.endswith(".")
