"""The components look as they did when somebody last looked at them and found them good."""

import pytest
from playwright.sync_api import Browser

from tests.looks import snapshot
from tests.looks.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("looks")]


def test_the_components_look_as_they_did(server: Server, browser: Browser) -> None:
    """Where a change was meant: look at /components/, then `python -m tests.looks.snapshot`."""
    for name, taken in snapshot.take(browser, server).items():
        assert taken == snapshot.kept(name), f"{name}: look at /components/, then python -m tests.looks.snapshot"
