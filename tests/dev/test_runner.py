"""How `./dev test` hands its arguments to pytest twice and counts what came of it."""

import sys
from pathlib import Path

import pytest

from tests import __main__ as runner


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["-m", "not slow"]),
        (["tests/dev", "-q"], ["tests/dev", "-q", "-m", "not slow"]),
        (["-m", "browser or api", "-q"], ["-q", "-m", "(browser or api) and not slow"]),
    ],
)
def test_joins_the_markers_of_the_second_pass_to_those_that_are_given(
    arguments: list[str], expected: list[str]
) -> None:
    assert runner.marked(arguments, "not slow") == expected


@pytest.mark.parametrize("arguments", [["-n", "4"], ["-n0"], ["-p", "no:xdist"], ["-pno:xdist"], ["--pdb"]])
def test_leaves_the_number_of_processes_to_who_names_it(arguments: list[str]) -> None:
    assert runner.spread(arguments) == arguments


def test_spreads_over_two_processes_otherwise() -> None:
    assert runner.spread(["tests/dev"]) == ["-n", "2", "--dist", "loadgroup", "tests/dev"]


def test_counts_what_passed_and_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="10" failures="1" errors="2" skipped="3"/></testsuites>')
    assert runner.counts(report) == (4, 3)
    assert runner.counts(tmp_path / "none.xml") == (0, 0)


def test_ends_what_it_has_started_before_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(process: runner.subprocess.Popen[bytes], timeout: float | None = None) -> int:
        if timeout is None and process.returncode is None and not asked:
            asked.append(process)
            raise KeyboardInterrupt
        return wait(process, timeout)

    asked: list[runner.subprocess.Popen[bytes]] = []
    wait = runner.subprocess.Popen.wait
    monkeypatch.setattr(runner.subprocess.Popen, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        runner.run([sys.executable, "-c", "import time; time.sleep(60)"], {})
    assert asked[0].returncode is not None
