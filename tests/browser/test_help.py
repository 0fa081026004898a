"""The help beside the work, in a real browser: by keyboard, as a sheet on a phone, without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dnssec.help import DEMO_KEY

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

KEYS = "/domains/bobs.com/dnssec/"
WIDE = {"width": 1280, "height": 850}
NARROW = {"width": 390, "height": 844}


def info(page: Page, about: str) -> Any:
    """The link to the help at a field."""
    return page.get_by_role("link", name=f"Info {about}", exact=True)


def test_a_question_is_answered_beside_the_work_by_keyboard(signed_in: Callable[..., Page]) -> None:
    page = signed_in("bob@example.net", viewport=WIDE)
    page.goto(KEYS)
    panel = page.get_by_role("complementary", name="Help")
    expect(panel.get_by_role("heading", name="DNSSEC keys")).to_be_visible()
    page.get_by_label("Public key", exact=True).fill("half a k")
    info(page, "Public key").focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="Public key", exact=True)).to_be_focused()
    panel.get_by_label("Where is your DNS hosted?").focus()
    panel.get_by_label("Where is your DNS hosted?").select_option("knot")
    expect(panel.get_by_text("keymgr bobs.com dnskey")).to_be_visible()
    expect(panel.get_by_label("Where is your DNS hosted?")).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(info(page, "Public key")).to_be_focused()
    expect(page.get_by_label("Public key", exact=True)).to_have_value("half a k")


def test_who_has_never_seen_dnssec_switches_it_on_without_leaving_the_page(signed_in: Callable[..., Page]) -> None:
    page = signed_in("bob@example.net", viewport=WIDE)
    page.goto(KEYS)
    panel = page.get_by_role("complementary", name="Help")
    panel.get_by_role("link", name="Step by step: Switch DNSSEC on").click()
    key = panel.locator(".help-demo code").text_content()
    assert key == DEMO_KEY
    page.get_by_label("Public key", exact=True).fill(key)
    expect(page.get_by_text("This is a public key")).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#add-key-notice")).to_contain_text("Key 55648 was added")
    expect(panel.get_by_role("heading", name="Switch DNSSEC on")).to_be_visible()
    assert page.url.endswith(KEYS)


def test_a_word_is_looked_up_and_the_way_back_found(signed_in: Callable[..., Page]) -> None:
    page = signed_in("bob@example.net", viewport=WIDE)
    page.goto(KEYS)
    panel = page.get_by_role("complementary", name="Help")
    panel.get_by_role("link", name="Step by step: Switch DNSSEC on").click()
    panel.get_by_role("link", name="registry", exact=True).click()
    expect(panel.locator("#term-registry")).to_be_focused()
    panel.get_by_role("link", name="Back to “Switch DNSSEC on”").click()
    expect(panel.get_by_role("heading", name="Switch DNSSEC on")).to_be_focused()
    assert page.url.endswith(KEYS)


def test_what_is_open_stays_open_while_walking_and_what_is_closed_closed(signed_in: Callable[..., Page]) -> None:
    page = signed_in("bob@example.net", viewport=WIDE)
    panel = page.locator("#help-panel")
    expect(panel).to_be_hidden()
    page.get_by_role("link", name="Help", exact=True).click()
    panel.get_by_role("link", name="Mails", exact=True).click()
    expect(panel.get_by_role("heading", name="Mails", exact=True)).to_be_focused()
    page.goto("/requests/")
    expect(panel.get_by_role("heading", name="Mails", exact=True)).to_be_visible()
    expect(panel.get_by_role("heading", name="Mails", exact=True)).not_to_be_focused()
    panel.get_by_role("button", name="Close help").click()
    expect(page.get_by_role("link", name="Help", exact=True)).to_be_focused()
    page.goto(KEYS)
    expect(panel).to_be_hidden()


def test_on_a_phone_it_is_a_sheet_that_the_keyboard_does_not_leave(signed_in: Callable[..., Page]) -> None:
    page = signed_in("bob@example.net", viewport=NARROW, reduced_motion="reduce")
    page.goto(KEYS)
    panel = page.locator("#help-panel")
    expect(panel).to_be_hidden()
    info(page, "Algorithm").click()
    expect(panel.get_by_role("heading", name="Algorithm", exact=True)).to_be_focused()
    box = panel.bounding_box()
    assert box is not None
    assert (box["x"], box["y"], box["width"]) == (0, 0, 390)
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('#help-panel')"
        )
    page.get_by_role("button", name="Close help").click()
    expect(info(page, "Algorithm")).to_be_focused()
    expect(panel).to_be_hidden()


def test_without_a_script_the_same_is_a_page(signed_in: Callable[..., Page]) -> None:
    page = signed_in("bob@example.net", viewport=NARROW, java_script_enabled=False)
    page.goto(KEYS)
    info(page, "Public key").click()
    expect(page).to_have_title("Public key - Help - Registrar console")
    page.get_by_label("Where is your DNS hosted?").select_option("cloudflare")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("copy that one, not “Digest”")).to_be_visible()
    page.get_by_role("navigation", name="Breadcrumbs").get_by_role("link", name="Manage keys").click()
    expect(page.get_by_role("heading", name="Manage keys", exact=True)).to_be_visible()
