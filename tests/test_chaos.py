"""A short performance of chaos: sixty requests, everything killed at random, nothing lost and nothing done twice."""

import json
from pathlib import Path

import pytest

from tests.chaos.play import perform


@pytest.mark.slow_once
@pytest.mark.xdist_group("chaos")
def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = perform(tmp_path / "chaos", operations=60, seconds=45, pace=1.0)
    with capsys.disabled():
        print(f"\nchaos: {json.dumps(figures)}")
    assert figures["wrong"] == []
    assert figures["operations"] != 0
    assert figures["killed"] != {}
