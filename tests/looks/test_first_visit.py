"""What the first visit costs: few requests, little to load, and nothing that moves while it is read."""

import pytest
from playwright.sync_api import Browser

from tests.looks.checks import cold
from tests.looks.server import Server

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("looks")]


def test_manage_keys_comes_in_few_small_pieces_and_stays_where_it_is(server: Server, browser: Browser) -> None:
    figures = cold(browser, server, "alice", "/domains/example.com/dnssec/")
    assert figures.requests <= 12
    assert figures.kilobytes <= 100
    assert figures.shift == 0
