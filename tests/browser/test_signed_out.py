"""A session that ends while a page is open: what polls says so and stops, and what was typed stays."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_form_says_so_and_keeps_what_was_typed(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto("/domains/refused.com/dnssec/")
    field = page.get_by_label("Public key", exact=True)
    field.fill("the key that I was about to add")
    page.context.clear_cookies(name="console_session")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#flashbar")).to_contain_text("You have been signed out.")
    expect(page.get_by_role("link", name="Sign in again")).to_have_attribute(
        "href", "/accounts/login/?next=%2Fdomains%2Frefused.com%2Fdnssec%2F"
    )
    expect(field).to_have_value("the key that I was about to add")


def test_a_search_goes_to_sign_in_and_comes_back(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.context.clear_cookies(name="console_session")
    page.get_by_label("Find domains").fill("example")
    page.wait_for_url("**/accounts/login/?next=*")
    page.get_by_label("Email").fill("alice@example.net")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/domains/")
