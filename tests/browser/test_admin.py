"""The admin's pages in a real browser under the console's own content security policy: nothing of them is blocked."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import KEY_13

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

LISTS = ["person", "registry", "contact", "nameserver", "domain", "operation", "attempt", "outgoingemail", "tld"]


def test_no_page_breaks_the_policy_and_what_is_scripted_works(signed_in: Callable[..., Page]) -> None:
    page = signed_in("sam@example.net")
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Support")).to_be_visible()
    page.goto("/admin/mails/?mail=added&scheme=dark&width=390")
    expect(page.frame_locator("iframe").get_by_role("heading", name="Key 17179 is added")).to_be_visible()
    page.get_by_role("searchbox", name="Find").fill("refused.com")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("heading", name="Story of refused.com")).to_be_visible()
    for name in LISTS:
        page.goto(f"/admin/domains/{name}/")
        expect(page.locator("#content h1")).to_be_visible()
        first = page.locator("#result_list tbody tr:first-child th a")
        if first.count():
            first.click()
            expect(page.locator("#content h1")).to_contain_text("Change" if name == "tld" else "View")
    page.locator(".field-registry .select2-selection").click()
    page.locator(".select2-search__field").fill("sou")
    page.locator(".select2-results__option", has_text="south").click()
    expect(page.locator(".field-registry .select2-selection__rendered")).to_contain_text("south")
    page.locator(".field-as_of .date-icon").click()
    expect(page.locator(".calendarbox:visible")).to_be_visible()


def test_a_request_is_given_up_and_its_mail_sent_again_on_their_own_pages(
    signed_in: Callable[..., Page],
) -> None:
    owner = signed_in()
    owner.goto("/domains/refused.com/dnssec/")
    owner.get_by_label("Public key", exact=True).fill(KEY_13)
    owner.get_by_role("button", name="Add", exact=True).click()
    expect(owner.locator("#flashbar")).to_contain_text("refused.com")
    page = signed_in("sam@example.net")
    page.goto("/admin/domains/operation/?q=refused.com")
    page.locator("#result_list tbody tr:first-child th a").click()
    page.get_by_label("Action").select_option(label="Give up…")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_role("heading", name="Give up this request?")).to_be_visible()
    page.get_by_label("Reason").fill("Asked for by phone.")
    page.get_by_role("button", name="Give up").click()
    expect(page.locator(".messagelist")).to_contain_text("This request already has an outcome.")
    page.goto("/admin/domains/outgoingemail/?q=refused.com")
    page.locator("#result_list tbody tr:first-child th a").click()
    page.get_by_label("Action").select_option(label="Send again…")
    page.get_by_role("button", name="Run").click()
    page.get_by_label("Reason").fill("Asked for by phone.")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".messagelist")).to_contain_text("Sent again to registrant@example.net.")


def test_support_views_the_console_as_an_owner_and_cannot_change_anything(signed_in: Callable[..., Page]) -> None:
    page = signed_in("sam@example.net")
    page.goto("/admin/find/?q=alice@example.net")
    page.get_by_role("link", name="alice@example.net", exact=True).click()
    page.get_by_role("link", name="View the console as this person").click()
    page.get_by_label("Reason").fill("Asked for by phone.")
    page.get_by_role("button", name="View the console").click()
    banner = page.get_by_role("complementary", name="Viewing as an owner")
    expect(banner).to_contain_text("You see the console as alice@example.net does")
    page.goto("/domains/refused.com/dnssec/")
    page.get_by_label("Public key", exact=True).fill(KEY_13)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#flashbar")).to_contain_text("Nothing was changed")
    banner.get_by_role("button", name="Stop viewing").click()
    expect(page.locator("#content h1")).to_contain_text("View person")
    expect(banner).to_have_count(0)
