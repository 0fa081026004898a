"""`manage.py check_delegation`, its options, and the settings that a check begins with."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dnssec import anchors
from dnssec.anchors import UnusableFile
from dnssec.chain import Verdict
from dnssec.checking import check, configured
from registrar import plan
from tests.chain import world as worlds
from tests.chain.serving import Serving
from tests.chain.signing import KSK, make_key
from tests.chain.test_lookups import CHILDREN, PARENTS, ROOT
from tests.chain.world import KEY, ROOT_KEY, Signing, World, ds_of, make_world

OTHER = make_key(13, KSK, 7)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Root hints and trust anchor of a world on the loopback."""
    monkeypatch.setattr(worlds, "ROOT_SERVER", ROOT)
    monkeypatch.setattr(worlds, "PARENTS", PARENTS)
    monkeypatch.setattr(worlds, "CHILDREN", CHILDREN)
    monkeypatch.setattr("dnssec.checking.time.time", lambda: float(worlds.NOW))
    (tmp_path / "hints").write_text(f". 3600 IN NS ns.root.\nns.root. 3600 IN A {ROOT}\n")
    (tmp_path / "anchor").write_text(f". IN DNSKEY {ROOT_KEY.dnskey}\n")
    return tmp_path


def run(world: World, files: Path, *arguments: str) -> str:
    with Serving(world).running() as serving:
        out = StringIO()
        options = ["--root-hints", str(files / "hints"), "--trust-anchor", str(files / "anchor")]
        call_command("check_delegation", *arguments, *options, "--port", str(serving.port), stdout=out)
        return out.getvalue()


def test_json_is_a_line_for_each_name(files: Path) -> None:
    lines = run(make_world(ds=ds_of(OTHER)), files, "example.test", "test", "--json").splitlines()
    first, second = map(json.loads, lines)
    assert (first["domain"], first["verdict"], second["domain"], second["verdict"]) == (
        "example.test",
        "bogus",
        "test",
        "secure",
    )
    [finding] = first["findings"]
    assert (finding["id"], finding["severity"], finding["server"]) == ("D04", "error", None)
    assert finding["message"].startswith("None of the DS records of example.test ")
    assert second["findings"] == []
    assert 0 < first["elapsed_ms"] < 5000


def test_candidates_take_the_place_of_the_ds_records(files: Path) -> None:
    good, bad = ds_of(KEY, OTHER)
    told = json.loads(run(make_world(), files, "example.test", "--json", "--candidate-ds", bad.to_text()))
    assert (told["verdict"], [finding["id"] for finding in told["findings"]]) == ("bogus", ["C08", "D04"])
    both = ["--candidate-ds", bad.to_text(), "--candidate-ds", good.to_text()]
    assert json.loads(run(make_world(), files, "example.test", "--json", *both))["verdict"] == "secure"


def test_a_person_reads_the_chain_and_what_to_do(files: Path) -> None:
    told = run(make_world(ds=[]), files, "example.test")
    assert told.startswith("example.test: insecure, ")
    assert f"KSK {KEY.tag} 13 - ECDSAP256SHA256, signs the keys" in told
    assert "NOTICE (D02): example.test is signed, but its parent has no DS record for it" in told


def test_a_bogus_name_ends_with_exit_code_1(files: Path) -> None:
    with pytest.raises(SystemExit) as left:
        run(make_world(Signing()), files, "example.test")
    assert left.value.code == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["example.test", "--candidate-ds", "1 2 3"], "'1 2 3' is no DS record"),
        (["a..b"], "'a..b' is no domain name."),
        (["example.test", "--root-hints", "/nowhere/at/all"], "/nowhere/at/all cannot be read"),
        (["example.test", "--trust-anchor", __file__], "is not in zone-file format"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError, match=sentence):
        call_command("check_delegation", *arguments)


def test_the_defaults_are_the_root_itself_and_its_two_keys(settings: Any) -> None:
    settings.DNS_ROOT_HINTS = settings.DNS_TRUST_ANCHOR = ""
    settings.DNS_PORT, settings.DNS_ALLOW_PRIVATE = 53, False
    start = configured()
    assert len(start.resolution.hints) == 13
    assert all(len(addresses) == 2 for addresses in start.resolution.hints.values())
    assert (start.resolution.port, start.resolution.allow_private) == (53, False)
    assert sorted(ds.key_tag for ds in start.anchors) == [20326, 38696]


def test_the_settings_say_where_checks_begin(files: Path, settings: Any) -> None:
    world = make_world()
    settings.DNS_ROOT_HINTS, settings.DNS_TRUST_ANCHOR = str(files / "hints"), str(files / "anchor")
    settings.DNS_ALLOW_PRIVATE = True
    with Serving(world).running() as serving:
        settings.DNS_PORT = serving.port
        assert check("example.test").verdict is Verdict.SECURE
        assert check("example.test", candidate=ds_of(OTHER)).verdict is Verdict.BOGUS
        settings.DNS_ALLOW_PRIVATE = False
        assert check("example.test").verdict is Verdict.INDETERMINATE


def test_a_run_of_the_console_begins_at_the_mock_registry(tmp_path: Path) -> None:
    ports = plan.Ports()
    try:
        run_plan = plan.read_plan({"STATE_DIR": str(tmp_path), "PATH": ""}, ports)
    finally:
        ports.close()
    assert run_plan.environ["DNS_ROOT_HINTS"] == str(tmp_path / "registry" / "root.hints")
    assert run_plan.environ["DNS_TRUST_ANCHOR"] == str(tmp_path / "registry" / "trust-anchor")
    assert run_plan.environ["DNS_ALLOW_PRIVATE"] == "1"
    assert run_plan.environ["DNS_PORT"] == str(run_plan.dns)


def test_anchors_may_be_ds_or_dnskey_records(tmp_path: Path) -> None:
    (tmp_path / "ds").write_text(f". IN DS {ROOT_KEY.ds('.')}\n")
    (tmp_path / "dnskey").write_text(f". 60 IN DNSKEY {ROOT_KEY.dnskey}\n")
    assert anchors.read_anchors(tmp_path / "ds") == anchors.read_anchors(tmp_path / "dnskey") == {ROOT_KEY.ds(".")}
    (tmp_path / "empty").write_text("; nothing\n")
    with pytest.raises(UnusableFile, match="has no DS or DNSKEY record of the root"):
        anchors.read_anchors(tmp_path / "empty")
    with pytest.raises(UnusableFile, match="has no name server of the root with an address"):
        anchors.read_hints(tmp_path / "empty")
