"""Pasting in a real browser: what is understood appears at once, one click takes the key that was found, the next adds
it; and the cursor is never lost.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15
from tests.pastes import DIG, DIGEST, KEY_8_WEAK, PEM, PRIVATE, PRIVATE_KEY, RECORD

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGE = "/domains/refused.com/dnssec/"


def paste(page: Page, text: str) -> None:
    """Put a text into the field as the clipboard does: at once, with one event."""
    page.get_by_label("Public key", exact=True).fill(text)


def test_a_key_is_explained_while_the_cursor_stays_in_the_field(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(PAGE)
    field = page.get_by_label("Public key", exact=True)
    field.focus()
    paste(page, KEY_13_OTHER)
    expect(page.get_by_role("heading", name="This is a public key")).to_be_visible()
    expect(page.locator("#understood .big")).to_have_text("17179")
    expect(field).to_be_focused()
    expect(field).not_to_have_attribute("aria-invalid", "true")
    paste(page, "")
    expect(page.locator("#understood")).to_be_empty()


def test_an_error_marks_its_field_and_goes_with_its_cause(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(PAGE)
    field, algorithm = (page.get_by_label(label, exact=True) for label in ("Public key", "Algorithm"))
    field.focus()
    paste(page, KEY_15)
    expect(algorithm).to_have_attribute("aria-invalid", "true")
    expect(algorithm).to_have_accessible_description(
        "The list shows what the .com registry takes. This key fits algorithm 15 - ED25519, but 13 - ECDSAP256SHA256 "
        "is chosen. Choose the algorithm that the key was made for."
    )
    expect(field).to_be_focused()
    algorithm.select_option("15")
    expect(algorithm).not_to_have_attribute("aria-invalid", "true")
    expect(algorithm).to_have_accessible_description("The list shows what the .com registry takes.")
    expect(page.locator("#understood .big")).to_have_text("27815")


@pytest.mark.parametrize(
    "text", [PEM, DIG.replace("example.com", "bobs.com"), RECORD.replace("example.com", "bobs.com")]
)
def test_what_holds_the_key_is_added_with_two_clicks(signed_in: Callable[..., Page], text: str) -> None:
    page = signed_in("bob@example.net")
    page.goto("/domains/bobs.com/dnssec/")
    add = page.get_by_role("button", name="Add", exact=True)
    row = page.get_by_role("row").filter(has=page.get_by_text("17179", exact=True))
    paste(page, text)
    if not text.startswith("bobs.com"):
        page.get_by_role("button", name="Use this key").first.click()
        expect(page.get_by_label("Public key", exact=True)).to_have_value(KEY_13_OTHER)
        expect(add).to_be_focused()
    expect(page.get_by_role("heading", name="This is a public key")).to_be_visible()
    add.click()
    expect(row).to_contain_text("Present")
    expect(page.locator("#understood")).to_be_empty()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete key").click()
    expect(row).to_have_count(0)


def test_all_of_it_works_without_javascript(signed_in: Callable[..., Page]) -> None:
    page = signed_in(java_script_enabled=False)
    page.goto(PAGE)
    paste(page, f"refused.com. IN DNSKEY 256 3 15 {KEY_15}")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Change to ZSK, 15 - ED25519").click()
    expect(page.get_by_label("Key type", exact=True)).to_have_value("256")
    expect(page.get_by_label("Algorithm", exact=True)).to_have_value("15")
    expect(page.get_by_label("Public key", exact=True)).to_have_value(KEY_15)
    expect(page.get_by_role("heading", name="This is a public key")).to_be_visible()
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_focused()


def test_by_the_keyboard_alone(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(PAGE)
    paste(page, PEM)
    expect(page.get_by_role("button", name="Use this key")).to_be_visible()
    page.get_by_label("Public key", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Use this key")
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_text("Add")


def test_what_asks_for_care_is_read_first(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(PAGE)
    paste(page, KEY_8_WEAK)
    page.get_by_role("button", name="Change to 8 - RSASHA256").click()
    expect(page.locator(":focus")).to_have_accessible_name("This is a public key, with a warning")


def test_the_last_paste_is_the_one_that_is_explained(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(PAGE)
    held: list[object] = []
    page.route("**/understand/", lambda route: held.append(route) if not held else route.continue_())
    paste(page, KEY_13)
    with page.expect_request("**/understand/"):
        pass
    paste(page, KEY_13_OTHER)
    expect(page.locator("#understood .big")).to_have_text("17179")


def test_an_answer_about_an_older_form_is_forgotten(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(PAGE)
    page.route("**/understand/", lambda route: None)
    with page.expect_request("**/understand/") as asked:
        paste(page, DIGEST)
    with page.expect_event("requestfailed", lambda request: request == asked.value):
        page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("This is the digest from a DS record")).to_be_visible()


def test_nothing_of_a_private_key_stays_in_the_page(signed_in: Callable[..., Page]) -> None:
    page = signed_in(permissions=["clipboard-read", "clipboard-write"])
    page.goto(PAGE)
    field = page.get_by_label("Public key", exact=True)
    paste(page, KEY_13_OTHER)
    expect(page.get_by_role("heading", name="This is a public key")).to_be_visible()
    field.select_text()
    page.evaluate("text => navigator.clipboard.writeText(text)", PRIVATE_KEY)
    page.keyboard.press("Control+V")
    expect(page.get_by_role("alert")).to_contain_text("This is a private key, so it was thrown away here")
    expect(field).to_have_value("")
    expect(page.get_by_role("heading", name="This is a public key")).to_be_hidden()
    assert PRIVATE not in page.content()
    paste(page, KEY_13_OTHER)
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(page.get_by_role("heading", name="This is a public key")).to_be_visible()
