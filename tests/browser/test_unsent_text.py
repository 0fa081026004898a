"""What was typed and not sent: it comes back with the page, for the same person alone, and never a private key."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import KEY_13_OTHER

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

KEYS = "/domains/drafty.com/dnssec/"
PRIVATE = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----"


def public_key(page: Page) -> Locator:
    return page.get_by_label("Public key", exact=True)


def kept(page: Page) -> str:
    return str(page.evaluate("Object.keys(sessionStorage).filter((name) => name.startsWith('draft')).join()"))


def type_a_key(page: Page) -> None:
    page.goto(KEYS)
    page.get_by_label("Key type", exact=True).select_option("256")
    public_key(page).fill(KEY_13_OTHER)


def sign_in_again(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()


def test_the_back_button_brings_it_back_and_says_what_it_is(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    type_a_key(page)
    page.goto("/requests/")
    page.go_back()
    expect(public_key(page)).to_have_value(KEY_13_OTHER)
    expect(page.get_by_label("Key type", exact=True)).to_have_value("256")
    expect(page.locator("#understood-key")).to_contain_text("17178")  # The tag is another with these flags.
    page.goto("/domains/example.de/dnssec/")
    expect(public_key(page)).to_have_value("")


def test_the_end_of_a_session_leaves_it_and_signing_out_takes_it_away(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    type_a_key(page)
    page.context.clear_cookies(name="console_session")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("link", name="Sign in again").click()
    sign_in_again(page, "alice@example.net")
    page.wait_for_url(f"**{KEYS}")
    expect(public_key(page)).to_have_value(KEY_13_OTHER)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login/**")
    assert kept(page) == ""


def test_somebody_else_in_the_same_window_gets_nothing_of_it(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    type_a_key(page)
    page.context.clear_cookies(name="console_session")
    page.goto("/domains/bobs.com/dnssec/")
    sign_in_again(page, "bob@example.net")
    page.wait_for_url("**/bobs.com/dnssec/")
    expect(public_key(page)).to_have_value("")
    assert kept(page) == ""


def test_a_private_key_is_not_kept_and_takes_what_was_there_along(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    type_a_key(page)
    assert kept(page)
    public_key(page).fill(PRIVATE)
    expect(page.locator("#private-key-alert")).to_be_visible()
    assert kept(page) == ""


def test_what_was_sent_is_forgotten_and_ctrl_enter_sends_it(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(KEYS)
    public_key(page).fill(KEY_13_OTHER)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#flashbar")).to_contain_text("Key 17179 was not added to drafty.com.")
    assert kept(page) == ""
    page.reload()
    expect(public_key(page)).to_have_value("")
