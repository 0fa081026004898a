"""`manage.py inspect_key`: what the console would make of a pasted key, for a person and for a script."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15, MakeDomain, MakeKey

pytestmark = pytest.mark.django_db

# Tags and digests in it come from ldns and BIND.
KEYS = json.loads((Path(__file__).parent / "data" / "dnskeys.json").read_text())["keys"]


def inspect(*arguments: str) -> str:
    out = io.StringIO()
    call_command("inspect_key", *arguments, stdout=out)
    return out.getvalue()


def answers(monkeypatch: pytest.MonkeyPatch, *lines: object) -> list[dict[str, Any]]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    return [json.loads(line) for line in inspect("--json").splitlines()]


def test_shows_a_person_the_key_its_tag_and_its_ds() -> None:
    known = next(
        entry for entry in KEYS if (entry["algorithm"], entry["flags"]) == (13, 257) and len(entry["owner"]) > 1
    )
    owner, tag, text = known["owner"], known["key_tag"], known["public_key"]
    assert inspect("--domain", owner, text).splitlines() == [
        "ACCEPT (ok): This is a whole public key of algorithm 13 - ECDSAP256SHA256.",
        "",
        f"KSK, algorithm 13 - ECDSAP256SHA256, 256 bits, key tag {tag}",
        f"{owner.lower()} IN DNSKEY 257 3 13 {text}",
        f"{owner.lower()} IN DS {tag} 13 2 {known['ds']['2']}",
        f"{owner.lower()} IN DS {tag} 13 4 {known['ds']['4']}",
    ]


def test_a_refusal_ends_with_code_1_and_shows_the_key_that_was_found() -> None:
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("inspect_key", "--algorithm", "13", KEY_15, stdout=out)
    assert ended.value.code == 1
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("REJECT (algorithm-mismatch): This key fits algorithm 15 - ED25519")
    assert lines[2:4] == ["The key that was found:", "KSK, algorithm 15 - ED25519, 256 bits, key tag 27815"]


def test_a_domain_that_is_registered_here_is_judged_with_its_keys(make_domain: MakeDomain, make_key: MakeKey) -> None:
    make_key(make_domain("example.com"), KEY_13)
    out = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("inspect_key", "--domain", "Example.COM.", KEY_13, stdout=out)
    assert out.getvalue().startswith("REJECT (duplicate-key): This key is on example.com already: its key tag is 2371.")


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match=r"'a\.\.b' is no domain name\."):
        inspect("--domain", "a..b", KEY_13)


def test_answers_each_json_line_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    form = {"domain": "cloudflare.com", "key_type": "KSK", "algorithm": 13}
    existing = [{"flags": 257, "algorithm": 13, "public_key": KEY_13_OTHER}]
    first, second, third, fourth = answers(
        monkeypatch,
        {"id": 1, "input": f'"{KEY_13}" ', "form": form},
        {"id": "b", "input": "A", "repeat": 10_000_000, "form": form},
        {"id": None, "input": KEY_13, "form": form, "context": {"existing": existing, "max_keys": 1}},
        {"id": 4, "input": KEY_13_OTHER, "form": form, "context": {"existing": existing}},
    )
    assert first == {
        "id": 1,
        "verdict": "accept",
        "class": "quoted",
        "also": [],
        "message": "What stood around the key, such as quotation marks, was taken off.",
        "key": {
            "flags": 257,
            "protocol": 3,
            "algorithm": 13,
            "public_key": KEY_13,
            "key_tag": 2371,
            "ds": {
                "2": "32996839A6D808AFE3EB4A795A0E6A7A39A76FC52FF228B22B76F6D63826F2B9",
                "4": first["key"]["ds"]["4"],
            },
        },
        "offers": [],
    }
    assert (second["id"], second["verdict"], second["class"], second["key"]) == ("b", "reject", "too-long", None)
    assert (third["verdict"], third["class"]) == ("reject", "too-many-keys")
    assert (fourth["verdict"], fourth["class"], fourth["also"]) == ("reject", "duplicate-key", [])


def test_a_line_that_cannot_be_read_gets_an_answer_and_the_next_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["{", "[]", '{"id": 3}', '{"id": 4, "input": 5}', '{"id": 5, "input": "x", "form": {"domain": "a..b"}}']
    lines += ['{"id": 6, "input": "x", "form": {"key_type": "QSK"}}', "", '{"id": 7, "input": "\\ud800", "form": {}}']
    got = answers(monkeypatch, *lines)
    assert [answer["id"] for answer in got] == [None, None, 3, 4, 5, 6, 7]
    assert {answer["verdict"] for answer in got} == {"reject"}
    assert [answer["class"] for answer in got] == [None] * 6 + ["base64-invalid"]
    assert got[0]["message"] == (
        "Line 1 cannot be read: it has to be a JSON object with a text as input, a form and a context "
        "(docs/inspect-key.md)."
    )
    assert got[4]["message"] == "Line 5 cannot be read: 'a..b' is no domain name."
    assert got[5]["message"] == "Line 6 cannot be read: key_type is KSK or ZSK, not 'QSK'."


def test_a_private_key_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ="
    (answer,) = answers(monkeypatch, {"id": 1, "input": f"Private-key-format: v1.3\nPrivateKey: {secret}"})
    assert (answer["class"], answer["key"]) == ("private-key", None)
    assert secret not in json.dumps(answer)
