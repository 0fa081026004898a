"""A page that changes under its reader: what is unfolded and typed stays, the focus is kept, and its end is told."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import KEY_13, KEY_13_OTHER

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.tagName"))


def add(page: Page, key: str) -> None:
    page.get_by_label("Public key", exact=True).fill(key)
    page.get_by_role("button", name="Add", exact=True).click()


@pytest.mark.parametrize(("width", "key", "tag"), [(1280, KEY_13_OTHER, 17179), (390, KEY_13, 2371)])
def test_a_note_in_the_making_outlives_the_outcome_of_a_change(
    signed_in: Callable[..., Page], width: int, key: str, tag: int
) -> None:
    page = signed_in(viewport={"width": width, "height": 800})
    page.goto("/domains/steady.com/dnssec/")
    add(page, key)
    row = page.get_by_role("row").filter(has=page.get_by_text(str(tag), exact=True))
    row.get_by_text("Records and note").click()
    note = page.get_by_label(f"Note on key {tag}")
    note.fill("in use from May")
    note.evaluate("(input) => input.scrollIntoView({block: 'center', behavior: 'instant'})")
    place = note.bounding_box()
    expect(row).to_contain_text("Present")
    expect(note).to_have_value("in use from May")
    expect(note).to_be_focused()
    assert note.bounding_box() == place
    note.press("Enter")
    expect(row.locator(".key-note")).to_have_text("in use from May")
    expect(row.get_by_text("Added by alice@example.net")).to_be_visible()
    assert page.locator(".key-more[open]").count() == 1


def test_the_focus_goes_to_the_same_control_or_to_its_part_of_the_page(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto("/domains/keyed.com/dnssec/")
    copy = page.get_by_role("button", name="Copy key 2371")
    page.get_by_text("Records and note").click()
    page.evaluate("document.querySelector('.note input').focus()")
    page.get_by_label("Note on key 2371").fill("x")
    copy.focus()
    page.evaluate("document.querySelector('form[id^=note-form]').requestSubmit()")
    expect(page.locator("#flashbar")).to_contain_text("The note is saved.")
    expect(copy).to_be_focused()
    page.locator("#told, .key-note").first.evaluate("(note) => { note.tabIndex = -1; note.focus(); note.id = 'gone'; }")
    page.get_by_label("Note on key 2371").evaluate("(input) => { input.value = ''; }")
    page.evaluate("document.querySelector('form[id^=note-form]').requestSubmit()")
    expect(page.locator(".key-note")).to_have_count(0)
    assert focused(page) == "key-table"


def test_a_page_that_is_gone_is_not_asked_for_again_and_says_so(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto("/domains/endless.com/dnssec/")
    add(page, KEY_13_OTHER)
    expect(page.locator("#key-table")).to_contain_text("Adding…")
    expect(page).to_have_title("Adding key… endless.com - Registrar console")
    asked: list[str] = []

    def refuse(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=404)

    page.route("**/live/**", refuse)
    expect(page.locator("#flashbar")).to_contain_text("This page cannot be followed any more.")
    with page.expect_event("console", lambda message: message.text == "later"):  # Another two turns of the poll.
        page.evaluate("setTimeout(console.log, 4500, 'later')")
    assert len(asked) == 1
