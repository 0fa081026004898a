"""The two corpora line by line: every paste gets its class and verdict, every key its tag and digests.

data/bad-keys.json holds 85 pastes of 51 classes; `expect` is the best answer, `also_right` others that count as right.
data/more-pastes.json holds 546 more, written by somebody who had not seen the code. All private keys in them were made
for them and protect nothing.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from dnssec import messages
from dnssec.keys import DnsKey
from dnssec.paste import Circumstances, Known, understand

DATA = Path(__file__).parent / "data"
PASTES: list[dict[str, Any]] = [
    paste for name in ("bad-keys.json", "more-pastes.json") for paste in json.loads((DATA / name).read_text())["inputs"]
]
KEYS: list[dict[str, Any]] = json.loads((DATA / "dnskeys.json").read_text())["keys"]
VERDICTS = {"normalise": "accept", "accept-with-warning": "warn"}
LIMITS = {"com": 13, "net": 13}


def known(entry: dict[str, Any]) -> Known:
    key = DnsKey.from_base64(entry["public_key"], flags=entry["flags"], algorithm=entry["algorithm"])
    return Known(key.algorithm, key.key_tag, key.flags, key.public_key)


@pytest.mark.parametrize("paste", PASTES, ids=[f"{paste['id']}-{paste['expect']}" for paste in PASTES])
def test_names_each_paste_of_the_corpus(paste: dict[str, Any]) -> None:
    form, context = paste["form"], paste.get("context", {})
    understanding = understand(
        paste["input"] * paste.get("repeat", 1),
        Circumstances(
            form["domain"],
            {"KSK": 257, "ZSK": 256}[form["key_type"]],
            form["algorithm"],
            existing=[known(entry) for entry in context.get("existing", [])],
            max_keys=context.get("max_keys", LIMITS.get(form["domain"].rpartition(".")[2], 4)),
        ),
    )
    assert understanding.findings[0].code in {paste["expect"], *paste.get("also_right", [])}
    assert understanding.verdict in {VERDICTS.get(one, one) for one in paste["severity"].split("-or-")}
    if "suggest_algorithm" in paste:
        assert [key.algorithm for key in understanding.offers] == [paste["suggest_algorithm"]], understanding.findings
    assert (understanding.accepted is None) == (understanding.verdict == "reject")


def test_the_corpus_has_every_class_and_every_class_has_a_message() -> None:
    assert {paste["expect"] for paste in PASTES} == {message.code for message in messages.ALL}


@pytest.mark.parametrize("entry", [e for e in KEYS if e["structure_ok"] and e["algorithm"] in (8, 10, 13, 14, 15, 16)])
@pytest.mark.parametrize("shape", ["base64", "record", "lines"])
def test_reads_each_sound_key_of_the_corpus_in_each_shape(entry: dict[str, Any], shape: str) -> None:
    owner, flags, algorithm, text = entry["owner"], entry["flags"], entry["algorithm"], entry["public_key"]
    pasted = {
        "base64": text,
        "record": f"{owner} 3600 IN DNSKEY {flags} 3 {algorithm} {text}",
        "lines": f"{owner} IN DNSKEY {flags} 3 {algorithm} (\n\t"
        + "\n\t".join(text[i : i + 56] for i in range(0, len(text), 56))
        + " ) ; KSK",
    }[shape]
    understanding = understand(pasted, Circumstances(owner.rstrip(".") or ".", flags, algorithm))
    if base64.b64decode(text)[:4] == b"\x03\x01\x00\x01" and understanding.findings[0].code == "rsa-too-small":
        return
    if flags not in (256, 257):
        return
    key = understanding.accepted
    assert key is not None, understanding.findings
    assert (key.key_tag, key.ds(owner, 2), key.ds(owner, 4)) == (entry["key_tag"], entry["ds"]["2"], entry["ds"]["4"])
