"""Each page by the rules that a machine can check (axe, WCAG 2.2 AA), light and dark, wide and narrow; and none of them
wider than the screen.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Console
from tests.conftest import KEY_15

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

WIDTHS = {"wide": {"width": 1280, "height": 850}, "narrow": {"width": 390, "height": 844}}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
STRANGERS_PAGES = [
    "/accounts/login/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-nonsense/",
    "/no/such/page/",
]
PAGES = [
    "/domains/",
    "/domains/?q=nothing-of-this-name",
    "/domains/bobs.com/",
    "/domains/bobs.com/dnssec/",
    "/requests/",
    "/requests/?status=ERROR",
    "/mailbox/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/admin/login/",  # For who is no staff: refused.
]


def complaints(page: Page) -> list[str]:
    """What is wrong with the page that is open, by address, rule and element."""
    found = [
        f"{page.url}: {violation['id']}: {node['html']}"
        for violation in Axe().run(page, options=RULES).response["violations"]
        for node in violation["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        found.append(f"{page.url}: wider than the screen")
    return found


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    """What the system prefers."""
    return str(request.param)


@pytest.fixture(params=WIDTHS)
def look(request: pytest.FixtureRequest, theme: str) -> dict[str, Any]:
    """How a browser is opened: theme, size, nothing that moves."""
    return {"color_scheme": theme, "viewport": WIDTHS[request.param], "reduced_motion": "reduce"}


@pytest.fixture
def stranger(console: Console, browser: Browser, look: dict[str, Any]) -> Iterator[Page]:
    """The page of somebody who has not signed in."""
    with browser.new_context(base_url=console.url, **look) as context:
        yield context.new_page()


def test_what_a_stranger_sees(stranger: Page) -> None:
    found: list[str] = []
    for path in STRANGERS_PAGES:
        stranger.goto(path)
        found += complaints(stranger)
    assert found == []


def test_a_form_with_a_mistake(stranger: Page) -> None:
    stranger.goto("/accounts/login/")
    stranger.get_by_label("Email").fill("nobody@example.net")
    stranger.get_by_label("Password").fill("not it")
    stranger.get_by_role("button", name="Sign in").click()
    expect(stranger.get_by_role("alert")).to_have_text("Email or password is not right. Please try again.")
    assert complaints(stranger) == []


def test_what_an_owner_sees(signed_in: Callable[..., Page], look: dict[str, Any]) -> None:
    page = signed_in("bob@example.net", **look)
    request_of_bobs(page)
    found: list[str] = []
    for path in PAGES:
        page.goto(path)
        found += complaints(page)
    for path in ("/requests/", "/mailbox/"):
        page.goto(path)
        page.get_by_role("table").get_by_role("link").first.click()
        expect(page.get_by_role("navigation", name="Breadcrumbs").locator("[aria-current=page]")).to_be_visible()
        found += complaints(page)
    assert found == []


def request_of_bobs(page: Page) -> None:
    """Have bob ask for a key once, and wait for its mail: so that there is a request and a mail to look at."""
    page.goto("/domains/bobs.com/dnssec/")
    if page.get_by_text("27815", exact=True).count() == 0:
        page.get_by_label("Algorithm", exact=True).select_option("15")
        page.get_by_label("Public key", exact=True).fill(KEY_15)
        page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#add-key-notice")).to_contain_text("Mail sent to")
