"""A lock that the registry lifts, with a browser, a worker and a registry: the form opens without a reload."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect

from tests.browser.conftest import Console

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGE = "/domains/locked.com/dnssec/"


def test_a_lock_that_is_lifted_is_seen_by_checking_again(console: Console, signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(PAGE)
    add = page.get_by_role("button", name="Add", exact=True)
    expect(add).to_be_disabled()
    page.get_by_label("Public key", exact=True).fill("typed meanwhile")
    call_command(
        "registry_change",
        "locked.com",
        remove_status=["serverUpdateProhibited"],
        dir=console.state_dir / "registry",
        verbosity=0,
    )
    page.get_by_role("button", name="Check again").click()
    expect(add).to_be_enabled()
    expect(page.get_by_role("heading", name="Locked by the registry")).to_have_count(0)
    expect(page.get_by_label("Public key", exact=True)).to_have_value("typed meanwhile")
