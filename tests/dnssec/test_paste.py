"""What people paste in place of a key: recognised, repaired where nothing is lost, else named with a way on.

Containers and private keys have files of their own.
"""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dnssec import messages
from dnssec.keys import DnsKey
from dnssec.paste import Circumstances, Known, Understanding, understand
from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15

DIGEST = "32996839A6D808AFE3EB4A795A0E6A7A39A76FC52FF228B22B76F6D63826F2B9"
SHA384 = "8C578738F6A8EEE57087A105BF49A5D6EA355C1EACF2F21E308001FE04883B5E78E6959CD91B65607A44282300F31B5F"
RECORD = f"example.com. 3600 IN DNSKEY 257 3 13 {KEY_13}"
OCTETS = base64.b64decode(KEY_13)
# The key of nic.se and its like, 2048 bits: a number without small factors will do here.
MODULUS = 2**2047 + 9
RSA = base64.b64encode(b"\x03\x01\x00\x01" + MODULUS.to_bytes(256)).decode()


def pasted(
    text: str, *, algorithm: int = 13, flags: int = 257, domain: str = "example.com", **more: object
) -> Understanding:
    return understand(text, Circumstances(domain, flags, algorithm, **more))  # type: ignore[arg-type]


def codes(understanding: Understanding) -> list[str]:
    return [finding.code for finding in understanding.findings]


def test_a_whole_key_is_fine_as_it_is() -> None:
    understanding = pasted(KEY_13)
    assert codes(understanding) == ["ok"]
    assert understanding.accepted == DnsKey(257, 3, 13, OCTETS)
    assert understanding.findings[0].sentence == "This is a whole public key of algorithm 13 - ECDSAP256SHA256."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f" {KEY_13}", "base64-whitespace"),
        (f"{KEY_13}\n", "base64-whitespace"),
        (KEY_13[:40] + " " + KEY_13[40:], "base64-whitespace"),
        (KEY_13[:40] + "\r\n\t" + KEY_13[40:], "base64-whitespace"),
        (KEY_13[:40] + "\u00a0" + KEY_13[40:], "base64-whitespace"),
        ("\ufeff" + KEY_13, "base64-whitespace"),
        (KEY_13[:40] + "\u200b\u00ad\u2060" + KEY_13[40:], "base64-whitespace"),
        (KEY_13[:40] + "\\n" + KEY_13[40:], "base64-whitespace"),
        (KEY_13[:40] + " \\\n" + KEY_13[40:], "base64-whitespace"),
        (KEY_13.replace("+", "-").replace("/", "_"), "base64-urlsafe"),
        (KEY_13.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D"), "base64-urlsafe"),
        (KEY_13.rstrip("="), "base64-padding"),
        (KEY_13[:-1], "base64-padding"),
        (KEY_13 + "=", "base64-padding"),
        (f'"{KEY_13}"', "quoted"),
        (f"“{KEY_13}”", "quoted"),
        (f"«{KEY_13}»", "quoted"),
        (f"`{KEY_13}`", "quoted"),
        (f'  "{KEY_13}",  ', "quoted"),
        (f"{KEY_13};", "quoted"),
        (f"({KEY_13})", "quoted"),
        (f"Public key: {KEY_13}", "quoted"),
        (f"public_key = {KEY_13}", "quoted"),
        (f'"publicKey": "{KEY_13}",', "quoted"),
        (f"> {KEY_13[:50]}\n> {KEY_13[50:]}\n", "quoted"),
        (f"```\n{KEY_13}\n```", "markup"),
        (f"```text\n{KEY_13}\n```\n", "markup"),
        (RECORD, "dnskey-record"),
        (f"example.com.\t3600\tIN\tDNSKEY\t257 3 13 {KEY_13}", "dnskey-record"),
        (f"example.com DNSKEY 257 3 13 {KEY_13}", "dnskey-record"),
        (f"EXAMPLE.COM. in dnskey 257 3 ecdsap256sha256 {KEY_13}", "dnskey-record"),
        (f"@ IN DNSKEY 257 3 13 {KEY_13}", "dnskey-record"),
        (f"DNSKEY 257 3 13 {KEY_13}", "dnskey-record"),
        (f"257 3 13 {KEY_13}", "dnskey-record"),
        (f"257 3 13 {KEY_13[:56]} {KEY_13[56:]}", "dnskey-record"),
        (f"257 3 ECDSAP256SHA256 {KEY_13}", "dnskey-record"),
        (f"example.com. 1h IN CDNSKEY 257 3 13 {KEY_13}", "dnskey-record"),
        (
            f"example.com. IN DNSKEY 257 3 13 (\n  {KEY_13[:44]}\n  {KEY_13[44:]}\n  ) ; KSK; alg = 13; key id = 2371",
            "dnskey-record",
        ),
        (f"example.com. IN DNSKEY 257 3 13 (\n  {KEY_13[:44]}\n  {KEY_13[44:]}\n", "dnskey-record"),
        (f'"{RECORD}"', "dnskey-record"),
        (f"```\n{RECORD}\n```", "dnskey-record"),
        (
            f"; This is a key-signing key, keyid 2371, for example.com.\n; Created: 20260101000000\n{RECORD}\n",
            "dnskey-record",
        ),
        (f'trust-anchor: "example.com. DNSKEY 257 3 13 {KEY_13}"', "dnskey-record"),
        (f"$ORIGIN example.com.\n$TTL 3600\n@ DNSKEY 257 3 13 {KEY_13}", "dnskey-record"),
        (f"$ORIGIN com.\nexample 3600 IN DNSKEY 257 3 13 {KEY_13}", "dnskey-record"),
        (f"example.com. 1w2d IN DNSKEY 257 3 13 {KEY_13}", "dnskey-record"),
        (f"example.com. 1h30m CLASS1 DNSKEY 257 3 13 {KEY_13}", "dnskey-record"),
        (f"example.com. IN TYPE48 \\# 68 0101030d{OCTETS.hex()}", "dnskey-record"),
        (f"Hello,\nthis is our key:\n{RECORD}\n-- Anna\nThanks!", "dnskey-record"),
        (f"{RECORD}\nRegards\nAnna", "dnskey-record"),
        (f'"{KEY_13[:40]}" "{KEY_13[40:]}"', "quoted"),
        (f"**{KEY_13}**", "markup"),
        (f"Flags: 257 (KSK)\nProtocol: 3\nAlgorithm: 13 (ECDSAP256SHA256)\nPublic Key: {KEY_13}", "dnskey-record"),
        (
            f"DS Record\nexample.com. 3600 IN DS 2371 13 2 {DIGEST}\nDigest\n{DIGEST}\nDigest Type\n2\nAlgorithm\n13\n"
            f"Public Key\n{KEY_13}\nKey Tag\n2371\nFlags\n257 (KSK)",
            "dnskey-record",
        ),
    ],
)
def test_repairs_what_loses_nothing_and_says_so(text: str, code: str) -> None:
    understanding = pasted(text)
    assert codes(understanding)[0] == code
    assert understanding.verdict == "accept"
    assert understanding.accepted == DnsKey(257, 3, 13, OCTETS)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t\u200b", "empty"),
        ("==", "empty"),
        ('""', "empty"),
        ("; the key comes here", "empty"),
        ("A" * 32_769, "too-long"),
        (base64.b64encode(bytes(range(256)) * 20).decode(), "too-long"),
        (DIGEST, "ds-digest"),
        (DIGEST.lower(), "ds-digest"),
        (" ".join(DIGEST[i : i + 8] for i in range(0, 64, 8)), "ds-digest"),
        (":".join(DIGEST[i : i + 2] for i in range(0, 64, 2)), "ds-digest"),
        ("2BB183AF5F22588179A53B0A98631FAD1A292118", "ds-digest"),
        (SHA384, "ds-digest"),
        (f"SHA-256: {DIGEST}", "ds-digest"),
        (f"0x{DIGEST}", "ds-digest"),
        (f"'{DIGEST}'", "ds-digest"),
        (DIGEST[:-3], "ds-digest"),
        (f"2371 13 2 {DIGEST}", "ds-record"),
        (f"2371 13 2 {DIGEST[:56]} {DIGEST[56:]}", "ds-record"),
        (f"DS 2371 13 2 {DIGEST}", "ds-record"),
        (f"example.com. DS 2371 13 2 {DIGEST.lower()}", "ds-record"),
        (f"example.com. 86400 IN DS 2371 13 2 (\n {DIGEST[:32]}\n {DIGEST[32:]} )", "ds-record"),
        (f"example.com. IN CDS 2371 13 2 {DIGEST}", "ds-record"),
        (
            "example.com. IN DS 2371 13 1 2BB183AF5F22588179A53B0A98631FAD1A292118\n"
            f"example.com. IN DS 2371 13 2 {DIGEST}",
            "ds-record",
        ),
        (f"Key Tag: 2371\nAlgorithm: 13\nDigest Type: 2 (SHA-256)\nDigest: {DIGEST}", "ds-record"),
        (f"Keytag 2371, Algorithm 13, Digest type 2, Digest {DIGEST}", "ds-record"),
        (f"2371,13,2,{DIGEST}", "ds-record"),
        (f"2371; 13; 2; {DIGEST}", "ds-record"),
        (f"| 2371 | 13 | 2 | {DIGEST} |", "ds-record"),
        (f"Keytag 2371 Algorithmus 13 (ECDSA) Digesttyp 2 Digest {DIGEST}", "ds-record"),
        ("0 3 0 AA==", "delete-signal"),
        ("example.com. 0 IN CDNSKEY 0 3 0 AA==", "delete-signal"),
        ("example.com. IN CDS 0 0 0 00", "delete-signal"),
        ("example.com. IN CDS 0 0 0 0", "delete-signal"),
        ("0 0 0 00", "delete-signal"),
        ("example.com. 3600 IN A 192.0.2.1", "wrong-record-type"),
        ("www 3600 IN AAAA 2001:db8::1", "wrong-record-type"),
        (
            "example.com. 3600 IN SOA ns1.example.com. hostmaster.example.com. 1 7200 3600 1209600 3600",
            "wrong-record-type",
        ),
        ("example.com. 3600 IN NS ns1.example.com.", "wrong-record-type"),
        ("example.com. 300 IN MX 10 mail.example.com.", "wrong-record-type"),
        ('example.com. 300 IN TXT "v=spf1 -all"', "wrong-record-type"),
        ("v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ", "wrong-record-type"),
        (f"_443._tcp.example.com. IN TLSA 3 1 1 {DIGEST}", "wrong-record-type"),
        (f"3 1 1 {DIGEST}", "wrong-record-type"),
        ("DNSKEY 13 2 3600 20261224000000 20261124000000 2371 example.com. AAAA", "wrong-record-type"),
        ("example.com. IN NSEC3PARAM 1 0 0 -", "wrong-record-type"),
        ("ns1.example.com", "wrong-record-type"),
        ("example.com.", "wrong-record-type"),
        ("192.0.2.53", "wrong-record-type"),
        ("2001:db8::53", "wrong-record-type"),
        ("https://example.com/keys", "wrong-record-type"),
        ("hostmaster@example.com", "wrong-record-type"),
        (KEY_13[:20] + "\x00" + KEY_13[20:], "control-characters"),
        (KEY_13[:20] + "\x07" + KEY_13[20:], "control-characters"),
        ("\x1b[32m" + KEY_13 + "\x1b[0m", "control-characters"),
        (KEY_13[:20] + "\x7f" + KEY_13[20:], "control-characters"),
        (KEY_13[:-3], "base64-invalid"),
        (KEY_13[:20] + "*" + KEY_13[21:], "base64-invalid"),
        (KEY_13[:20] + "é" + KEY_13[21:], "base64-invalid"),
        (KEY_13 + KEY_13_OTHER, "base64-invalid"),
        ("mdsswUyr3D…53eKGQ==", "base64-invalid"),
        ("mdsswUyr3D...53eKGQ==", "base64-invalid"),
        (f"<code>{KEY_13}</code>", "markup"),
        (KEY_13.replace("+", "&#43;", 1), "markup"),
        (f"{KEY_13}&nbsp;", "markup"),
        (f"[code]{KEY_13}[/code]", "markup"),
        (f"{KEY_13[:40]}<wbr>{KEY_13[40:]}", "markup"),
        (OCTETS.hex(), "hex-key"),
        (OCTETS.hex().upper(), "hex-key"),
        ("0x" + OCTETS.hex(), "hex-key"),
        (OCTETS.hex(":"), "hex-key"),
        ("04" + OCTETS.hex(), "hex-key"),
        (f"257 3 13 {OCTETS.hex()}", "hex-key"),
        ("Public-Key: (256 bit)\npub:\n    04:" + OCTETS.hex(":") + "\nASN1 OID: prime256v1", "hex-key"),
        (base64.b64encode(KEY_13.encode()).decode(), "double-base64"),
        (base64.b64encode(RECORD.encode()).decode(), "double-base64"),
        (KEY_15, "algorithm-mismatch"),
        (RSA, "algorithm-mismatch"),
        (base64.b64encode(b"\x04" + OCTETS).decode(), "ec-point-format"),
        (base64.b64encode(b"\x03" + OCTETS[:32]).decode(), "ec-point-format"),
        (base64.b64encode(b"\x01\x01\x03\x0d" + OCTETS).decode(), "length-wrong"),
        (base64.b64encode(OCTETS[:63]).decode(), "length-wrong"),
        (base64.b64encode(OCTETS + OCTETS).decode(), "length-wrong"),
        (base64.b64encode(OCTETS[:-1] + b"\x00").decode(), "ec-point-not-on-curve"),
        (f"example.com. IN DNSKEY 385 3 13 {KEY_13}", "flags-invalid"),
        (f"0 3 13 {KEY_13}", "flags-invalid"),
        (f"1 3 13 {KEY_13}", "flags-invalid"),
        (f"259 3 13 {KEY_13}", "flags-invalid"),
        (f"257 1 13 {KEY_13}", "protocol-invalid"),
        (f"257 3 8 {RSA}", "record-algorithm-differs"),
        (f"256 3 13 {KEY_13}", "record-flags-differ"),
        (f"example.org. IN DNSKEY 257 3 13 {KEY_13}", "record-owner-differs"),
        (f"com. IN DNSKEY 257 3 13 {KEY_13}", "record-owner-differs"),
        (f"$ORIGIN example.org.\n@ IN DNSKEY 257 3 13 {KEY_13}", "record-owner-differs"),
        (f"$ORIGIN example.org.\n  3600 IN DNSKEY 257 3 13 {KEY_13}", "record-owner-differs"),
        (f". IN DNSKEY 257 3 13 {KEY_13}", "record-owner-differs"),
        (f"257 3 5 {RSA}", "algorithm-sha1"),
        (f"257 3 7 {RSA}", "algorithm-sha1"),
        (f"257 3 1 {RSA}", "algorithm-must-not"),
        (f"257 3 253 {KEY_13}", "algorithm-private"),
        (f"257 3 99 {KEY_13}", "algorithm-unusable"),
        (f"257 3 17 {KEY_13}", "algorithm-unsupported-here"),
        (f"{RECORD}\nexample.com. 3600 IN DNSKEY 256 3 13 {KEY_13_OTHER}", "zone-fragment"),
        (f"257 3 13 {KEY_13}\n256 3 13 {KEY_13_OTHER}", "zone-fragment"),
        (f"example.com. 3600 IN SOA a. b. 1 2 3 4 5\n{RECORD}", "zone-fragment"),
        (json.dumps({"Answer": [{"name": "example.com.", "type": 48, "data": f"257 3 13 {KEY_13}"}]}), "zone-fragment"),
        (f"<td>257</td><td>3</td><td>13</td><td>{KEY_13}</td>", "markup"),
    ],
)
def test_names_what_is_no_key_for_the_form(text: str, code: str) -> None:
    understanding = pasted(text)
    assert codes(understanding)[0] == code, understanding.findings[0].sentence
    assert understanding.verdict == "reject"
    assert understanding.accepted is None


@pytest.mark.parametrize(
    "text",
    [
        OCTETS.hex(),
        "04" + OCTETS.hex(),
        base64.b64encode(KEY_13.encode()).decode(),
        base64.b64encode(RECORD.encode()).decode(),
        base64.b64encode(b"\x04" + OCTETS).decode(),
        base64.b64encode(bytes([2 + OCTETS[63] % 2]) + OCTETS[:32]).decode(),
        base64.b64encode(b"\x01\x01\x03\x0d" + OCTETS).decode(),
        f"example.com. 3600 IN SOA a. b. 1 2 3 4 5\n{RECORD}",
        json.dumps({"Answer": [{"name": "example.com.", "type": 48, "data": f"257 3 13 {KEY_13}"}]}),
    ],
)
def test_offers_the_key_that_is_inside(text: str) -> None:
    assert pasted(text).offers == (DnsKey(257, 3, 13, OCTETS),)


def test_offers_every_key_of_a_zone_the_key_signing_one_first() -> None:
    understanding = pasted(f"256 3 13 {KEY_13_OTHER}\n{RECORD}\n257 3 15 {KEY_15}\n")
    assert [(key.flags, key.algorithm, key.base64) for key in understanding.offers] == [
        (257, 13, KEY_13),
        (257, 15, KEY_15),
        (256, 13, KEY_13_OTHER),
    ]
    assert understanding.findings[0].sentence == (
        "There are 3 keys in this text. Choose one of them; nearly always it is the key-signing key (KSK)."
    )


def test_a_record_that_disagrees_with_the_form_offers_itself() -> None:
    understanding = pasted(f"256 3 15 {KEY_15}")
    assert codes(understanding) == ["record-algorithm-differs", "record-flags-differ"]
    assert [finding.message.field for finding in understanding.findings] == ["algorithm", "key_type"]
    assert understanding.offers == (DnsKey(256, 3, 15, base64.b64decode(KEY_15)),)
    assert understanding.findings[0].sentence == (
        "The record says algorithm 15 - ED25519, but 13 - ECDSAP256SHA256 is chosen. Choose the algorithm of the "
        "record."
    )


@pytest.mark.parametrize(
    ("owner", "domain"),
    [
        ("xn--mller-kva.example.", "xn--mller-kva.example"),
        ("müller.example.", "xn--mller-kva.example"),
        ("MÜLLER.example", "xn--mller-kva.example"),
        ("ExAmPlE.CoM", "example.com"),
    ],
)
def test_an_owner_is_the_same_in_each_spelling(owner: str, domain: str) -> None:
    assert codes(pasted(f"{owner} IN DNSKEY 257 3 13 {KEY_13}", domain=domain)) == ["dnskey-record"]


def test_a_key_of_another_algorithm_is_offered_with_that_algorithm() -> None:
    understanding = pasted(KEY_15)
    assert understanding.findings[0].message.field == "algorithm"
    assert understanding.offers == (DnsKey(257, 3, 15, base64.b64decode(KEY_15)),)
    assert understanding.findings[0].sentence == (
        "This key fits algorithm 15 - ED25519, but 13 - ECDSAP256SHA256 is chosen. Choose the algorithm that the key "
        "was made for."
    )


def test_a_key_of_an_algorithm_that_the_registry_does_not_take_is_not_offered() -> None:
    understanding = pasted(RSA, taken=[13, 14])
    assert (codes(understanding), understanding.offers) == (["algorithm-mismatch"], ())
    assert understanding.findings[0].sentence == (
        "This is a key of algorithm 8 - RSASHA256, which the registry of example.com does not take. It takes "
        "13 - ECDSAP256SHA256, 14 - ECDSAP384SHA384."
    )


def test_where_no_algorithm_may_be_used_the_sentence_says_so() -> None:
    understanding = pasted(KEY_13, taken=[2], domain="example.com.au")
    assert codes(understanding) == ["algorithm-unsupported-here"]
    assert understanding.findings[0].sentence == (
        "The registry of example.com.au takes no algorithm that may be used for new keys. No key can be added until it "
        "takes a newer one."
    )


def test_a_young_algorithm_that_the_registry_takes_is_a_warning() -> None:
    mldsa = base64.b64encode(bytes(range(256)) * 5 + bytes(32)).decode()
    understanding = pasted(mldsa, algorithm=18, taken=[13, 18])
    assert (codes(understanding), understanding.verdict) == (["algorithm-unsupported-here"], "warn")
    assert understanding.accepted is not None


# ---- beside the keys that are there ----


def there(text: str, *, flags: int = 257, algorithm: int = 13) -> Known:
    key = DnsKey.from_base64(text, flags=flags, algorithm=algorithm)
    return Known(algorithm, key.key_tag, flags, key.public_key)


def test_a_key_that_is_there_is_refused_whatever_shape_it_is_pasted_in() -> None:
    for text in (KEY_13, RECORD, f'"{KEY_13}"'):
        understanding = pasted(text, existing=[there(KEY_13)])
        assert (codes(understanding)[0], understanding.verdict) == ("duplicate-key", "reject")
        assert understanding.key == DnsKey(257, 3, 13, OCTETS)
        assert understanding.findings[0].sentence == "This key is on example.com already: its key tag is 2371."


def test_a_key_that_is_known_by_its_ds_alone_is_recognised() -> None:
    key = DnsKey(257, 3, 13, OCTETS)
    only_ds = Known(13, key.key_tag, ds={"2": key.ds("example.com", 2)})
    assert codes(pasted(KEY_13, existing=[only_ds])) == ["duplicate-key"]
    another = Known(13, key.key_tag, ds={"2": DIGEST.replace("3", "4")})
    assert codes(pasted(KEY_13, existing=[another])) == ["key-tag-collision"]


def test_a_key_that_is_not_confirmed_may_be_added_again() -> None:
    doubtful = replace(there(KEY_13), confirmed=False)
    assert codes(pasted(KEY_13, existing=[doubtful])) == ["ok"]


def test_a_key_known_by_several_ds_records_takes_as_many_places() -> None:
    two = Known(15, 1, ds={"1": "00", "2": "00"})
    assert codes(pasted(KEY_13, existing=[two], max_keys=2)) == ["too-many-keys"]
    assert codes(pasted(KEY_13, existing=[two], max_keys=3)) == ["ok"]


def test_the_same_key_with_other_flags_is_a_warning() -> None:
    understanding = pasted(KEY_13, flags=256, existing=[there(KEY_13)])
    assert (codes(understanding), understanding.verdict) == (["duplicate-key"], "warn")
    assert understanding.findings[0].sentence == (
        "The same key is on example.com already as KSK, 13 - ECDSAP256SHA256. Adding it as ZSK, 13 - ECDSAP256SHA256 "
        "too is seldom what is meant."
    )


def test_a_full_domain_says_so_and_a_duplicate_goes_first() -> None:
    full = [there(KEY_13_OTHER), there(KEY_13)]
    understanding = pasted(KEY_15, algorithm=15, existing=full, max_keys=2)
    assert (codes(understanding), understanding.verdict) == (["too-many-keys"], "reject")
    assert understanding.findings[0].sentence == (
        "The limit of keys at the registry of example.com, 2, is reached. Delete a key first."
    )
    assert codes(pasted(KEY_13, existing=full, max_keys=2)) == ["duplicate-key"]
    assert codes(pasted(KEY_15, algorithm=15, existing=full, max_keys=3)) == ["ok"]


# ---- sentences ----


def test_the_place_of_a_wrong_character_counts_from_one_in_what_was_pasted() -> None:
    for text, position in (
        (f"{KEY_13[:20]}*{KEY_13[20:]}", 21),
        (f'"{KEY_13[:20]}*{KEY_13[20:]}"', 22),
        (f"  {KEY_13[:7]}\n*", 11),
    ):
        assert pasted(text).findings[0].sentence.startswith(f"Character {position} is “*” (asterisk), ")


def test_a_slash_that_json_escapes_is_a_slash() -> None:
    key = "oRPFsdtvoFGfNU/UDHekeCxuGzsvjySq5R+5tSYOsNi0xcmsOK8okz2at6/NHMumhIGk1ueoo1McmEl1jRiSxw=="
    understanding = pasted(key.replace("/", "\\/"))
    assert codes(understanding) == ["quoted"]
    assert understanding.accepted == DnsKey.from_base64(key, flags=257, algorithm=13)


def test_a_letter_of_another_alphabet_is_named() -> None:
    assert pasted(KEY_13.replace("A", "\u0410", 1)).findings[0].sentence == (
        "Character 53 is “\u0410” (cyrillic capital letter a), which no key has. A key is made of letters without "
        "accents, digits, +, / and =; copy it again."
    )


def test_the_place_of_a_control_character_is_told() -> None:
    assert pasted(KEY_13[:9] + "\x1b[0m" + KEY_13[9:]).findings[0].sentence == (
        "Character 10 is a control character (escape), which no key has. Copy the key again as plain text."
    )


@pytest.mark.parametrize("message", messages.ALL, ids=lambda message: message.code)
def test_each_message_is_one_or_two_full_sentences_without_blame(message: messages.Message) -> None:
    text = message.template
    assert text[0].isupper() or text.startswith("%(")
    assert text.endswith(".")
    assert len([part for part in text.rstrip(".").split(". ") if part]) <= 2
    assert len(text) <= 240
    for word in ("invalid", "wrong input", "malformed", "illegal", "error", "please"):
        assert word not in text.lower()


# ---- any input ----

ANYTHING = st.one_of(
    st.lists(st.sampled_from(["DNSKEY ", "257 3 13 ", "DS ", "RRSIG", "\n", "AAAA", "(", ")", "; ", "IN "])).map(
        "".join
    ),
    st.text(max_size=300),
    st.binary(max_size=300).map(lambda octets: base64.b64encode(octets).decode()),
    st.binary(max_size=100).map(bytes.hex),
    st.lists(
        st.sampled_from(
            [
                *RECORD.split(),
                *f"DS 2371 2 {DIGEST} ( ) ; \n \" ' < & = == 0 DS CDS CDNSKEY RRSIG RSASHA256".split(" "),
                "\n",
            ]
        ),
        max_size=30,
    ).map(" ".join),
)
CIRCUMSTANCES = st.builds(
    Circumstances,
    domain=st.sampled_from(["example.com", "xn--mller-kva.example", "a.b.c.d.example", "com"]),
    flags=st.sampled_from([256, 257, 0, 385]),
    algorithm=st.integers(min_value=-1, max_value=300),
    taken=st.sampled_from([(8, 10, 13, 14, 15, 16), (13,), (), (2,), (17, 18, 23)]),
    existing=st.sampled_from([(), (there(KEY_13),), (Known(13, 2371, ds={"2": DIGEST, "9": "00"}),)]),
    max_keys=st.integers(min_value=0, max_value=3),
)


@given(ANYTHING, CIRCUMSTANCES)
def test_any_text_gets_an_answer_and_never_an_exception(text: str, circumstances: Circumstances) -> None:
    understanding = understand(text, circumstances)
    for finding in understanding.findings:
        assert finding.sentence.endswith(".")
    for key in (understanding.accepted, *understanding.offers):
        if key is not None:
            assert key.algorithm in circumstances.taken
            assert key.flags in (256, 257)


@given(
    st.text(alphabet=" \t\r\n\u00a0\u200b\u2060\ufeff", max_size=4),
    st.integers(min_value=1, max_value=80),
    st.sampled_from(["", '"', "'", "`"]),
    st.booleans(),
    st.booleans(),
)
def test_a_repaired_key_is_the_key(space: str, every: int, quote: str, urlsafe: bool, padded: bool) -> None:
    text = KEY_13.translate(str.maketrans("+/", "-_")) if urlsafe else KEY_13
    text = text if padded else text.rstrip("=")
    text = quote + space.join(text[i : i + every] for i in range(0, len(text), every)) + quote
    assert pasted(text).accepted == DnsKey(257, 3, 13, OCTETS)


@given(st.sampled_from([KEY_13, KEY_13_OTHER]), st.sampled_from([256, 257]))
def test_what_we_print_is_read_as_what_it_was(text: str, flags: int) -> None:
    key = DnsKey.from_base64(text, flags=flags, algorithm=13)
    for printed in (key.base64, f"example.com. IN DNSKEY {key.flags} {key.protocol} {key.algorithm} {key.base64}"):
        assert pasted(printed, flags=flags).accepted == key
