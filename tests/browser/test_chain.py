"""The chain of trust in a browser: it is checked and drawn without a reload, and nobody loses their place over it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGE = "/domains/keyed.com/dnssec/"


def ends(response: Response) -> bool:
    """Whether the page has what it waited for."""
    return "/dnssec/chain/?" in response.url and response.status == 286


@pytest.mark.parametrize("width", [1280, 390])
def test_an_opened_page_gets_its_chain_by_itself_and_says_so(signed_in: Callable[..., Page], width: int) -> None:
    page = signed_in(viewport={"width": width, "height": 800})
    page.goto(PAGE)
    chain = page.locator("#chain")
    expect(chain.locator(".chain-actions time")).to_be_visible()
    expect(chain.get_by_role("img")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_checking_again_keeps_the_focus_and_what_is_unfolded(signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto(PAGE)
    expect(page.locator("#chain .chain-actions time")).to_be_visible()
    page.get_by_text("The chain in words").click()
    button = page.get_by_role("button", name="Check again the chain of trust")
    button.focus()
    with page.expect_response(ends):
        page.keyboard.press("Enter")
    expect(page.locator("#chain-said")).to_contain_text("The chain of trust was checked")
    expect(button).to_be_focused()
    expect(page.locator("#chain-in-words[open] li").first).to_be_visible()
