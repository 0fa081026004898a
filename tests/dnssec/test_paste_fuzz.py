"""Pastes of the corpus, mutated: cut, doubled, mixed, sprinkled with what people and programs leave behind."""

import json
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dnssec.keys import DnsKey
from dnssec.messages import Severity
from dnssec.paste import Circumstances, understand
from dnssec.paste.secrets import holds_private_key

PASTES = [
    (paste["input"] * min(paste.get("repeat", 1), 20), paste["form"])
    for paste in json.loads((Path(__file__).parent / "data" / "bad-keys.json").read_text())["inputs"]
]
NOISE = st.sampled_from(
    [*"\n\t \"'`<>&;:,=()[]{}\\/%@#*+-_.0AaZ", "\u200b", "\x00", "\u0410", "IN", "DNSKEY", "257", "==", "-----"]
)
MUTATION = st.tuples(
    st.sampled_from(["cut", "drop", "double", "insert", "join", "case"]), st.floats(0, 1), st.floats(0, 1), NOISE
)


def mutated(text: str, mutations: list[tuple[str, float, float, str]], other: str) -> str:
    for kind, first, second, noise in mutations:
        start, end = sorted((int(first * len(text)), int(second * len(text))))
        text = {
            "cut": text[start:end],
            "drop": text[:start] + text[start + 1 :],
            "double": text[:end] + text[start:],
            "insert": text[:start] + noise + text[start:],
            "join": text[:end] + noise + other[start:],
            "case": text[:start] + text[start:end].swapcase() + text[end:],
        }[kind]
    return text[:40_000]


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PASTES), st.lists(MUTATION, min_size=1, max_size=6), st.sampled_from(PASTES))
def test_a_mutated_paste_gets_an_answer_that_holds_together(
    paste: tuple[str, dict[str, object]], mutations: list[tuple[str, float, float, str]], other: tuple[str, object]
) -> None:
    text = mutated(paste[0], mutations, other[0])
    form = paste[1]
    circumstances = Circumstances("example.com", 257, int(str(form["algorithm"])))
    understanding = understand(text, circumstances)
    for finding in understanding.findings:
        assert finding.sentence.endswith(".")
        assert "%(" not in finding.sentence
    severities = [list(Severity).index(finding.severity) for finding in understanding.findings]
    assert severities == sorted(severities, reverse=True)  # The most severe first.
    if holds_private_key(text):
        assert understanding.is_private_key
        assert (understanding.key, understanding.offers) == (None, ())
    for key in (understanding.accepted, *understanding.offers):
        if key is not None:
            assert key.check() is not None
            assert understand(key.base64, Circumstances("example.com", key.flags, key.algorithm)).accepted == key


def test_a_sentence_never_quotes_more_than_a_word_of_what_was_pasted() -> None:
    secret = "sEcReTsEcReTsEcReTsEcReTsEcReTsEcReT"
    for text in (f"257 3 {secret} AAAA", f"{secret}.example. IN DNSKEY 257 3 13 AAAA", f"{secret}!", f"1 2 {secret}"):
        for finding in understand(text, Circumstances("example.com", 257, 13)).findings:
            assert finding.sentence.count("sEcReT") * 6 <= 253


def test_an_offered_key_has_what_the_registry_takes() -> None:
    for text, _form in PASTES:
        for key in understand(text, Circumstances("example.com", 257, 13, taken=[13])).offers:
            assert isinstance(key, DnsKey)
            assert key.algorithm == 13
