"""The list of domains in a real browser: its columns, its files, and what is said when the console is out of reach."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_columns_are_chosen_with_the_keyboard_and_escape_changes_nothing(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    button = page.get_by_role("button", name="Columns")
    box = page.get_by_role("dialog", name="Columns")
    expect(box).to_be_hidden()
    button.press("Enter")
    expect(box.get_by_label("DNSSEC status")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(button).to_be_focused()
    button.press("Enter")
    box.get_by_label("Registrant").press("Space")
    box.get_by_role("button", name="Show these columns").press("Enter")
    expect(page.get_by_role("columnheader", name="Registrant")).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    box.get_by_role("button", name="The usual ones").click()
    expect(page.get_by_role("columnheader", name="Registrant")).to_have_count(0)


def test_the_file_holds_what_the_search_has_left(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.get_by_label("Find domains").fill("refused")
    link = page.get_by_role("link", name="Export CSV")
    expect(link).to_have_attribute("href", "/domains.csv?q=refused")
    with page.expect_download() as download:
        link.click()
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[0] for line in lines] == ["name", "refused.com"]


def test_a_lost_connection_is_told_once_and_taken_back(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    told = page.locator("#flashbar [data-offline]")
    page.context.set_offline(True)
    expect(told).to_contain_text("The console cannot be reached.")
    page.context.set_offline(False)
    expect(told).to_have_count(0)


def test_what_polls_says_when_it_gets_no_answer_twice(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    told = page.locator("#flashbar [data-offline]")
    answer = """(status) => {
        const elt = document.createElement("div");
        elt.dataset.poll = "";
        document.getElementById("main").append(elt);
        const detail = { elt, xhr: { status } };
        elt.dispatchEvent(new CustomEvent("htmx:afterRequest", { bubbles: true, detail }));
    }"""
    page.evaluate(answer, 0)
    expect(told).to_have_count(0)
    page.evaluate(answer, 503)
    expect(told).to_have_count(1)
    page.evaluate(answer, 0)
    expect(told).to_have_count(1)
    page.evaluate(answer, 204)
    expect(told).to_have_count(0)
