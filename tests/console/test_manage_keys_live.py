"""Manage keys with htmx: fragments in place of pages, a poll that is silent until something changes and ends with
286.
"""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dnssec.outcomes import Outcome, done, settle
from domains.models import Domain, Operation, OutgoingEmail
from domains.sentences import Sentence
from tests.conftest import KEY_13, KEY_13_OTHER
from tests.console.page import HTMX, Page

PAGE = "/domains/example.com/dnssec/"
ADD = f"{PAGE}keys/"
TYPED = {"key_type": 257, "algorithm": 13, "public_key": KEY_13_OTHER}


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


def poll_address(page: Page) -> str:
    (live,) = page.tree.xpath("//*[@id='live']")
    return live.get("hx-get")


def test_adding_answers_the_changed_parts_and_an_empty_form(browser, domain):
    response = browser.post(ADD, TYPED, headers=HTMX)
    assert response.status_code == 200
    page = Page(response)
    assert page.tree.xpath("//form[@id='add-key-form']//textarea")[0].text_content().strip() == ""
    assert {"summary", "key-table", "add-key-notice", "live"} <= set(page.tree.xpath("//*[@hx-swap-oob]/@id"))
    assert "<html" not in response.content.decode()
    assert page.tree.xpath("//*[@id='live']/@hx-trigger") == ["every 2s"]


def test_an_invalid_form_answers_422_with_the_form_alone_replaced(browser, domain):
    response = browser.post(ADD, TYPED | {"public_key": "?"}, headers=HTMX)
    assert response.status_code == 422
    assert Page(response).tree.xpath("//form[@id='add-key-form']//textarea[@aria-invalid]")
    assert Operation.objects.count() == 0


def test_the_poll_is_silent_while_nothing_changes(browser, domain):
    browser.post(ADD, TYPED)
    address = poll_address(Page(browser.get(PAGE)))
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(address, headers=HTMX)
    assert (response.status_code, response.content) == (204, b"")
    assert len(queries) <= 8


def test_the_poll_brings_the_outcome_and_ends_with_286(browser, domain):
    browser.post(ADD, TYPED)
    address = poll_address(Page(browser.get(PAGE)))
    operation = Operation.objects.get()
    settle(operation, done(operation))
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    page = Page(response)
    assert "Present" in page.text("//tbody/tr")
    assert "Key 17179 is added to example.com. The key was added at the registry." in page.text("//*[@id='flashbar']")
    (button,) = [b for b in page.tree.xpath("//button") if b.text_content().strip() == "Add"]
    assert "disabled" not in button.attrib
    assert page.tree.xpath("//*[@id='flashbar']/@role") == ["status"]


def test_a_failure_is_told_with_its_reason(browser, domain):
    browser.post(ADD, TYPED)
    address = poll_address(Page(browser.get(PAGE)))
    settle(
        Operation.objects.get(),
        Outcome("FAILED", Sentence("The registry does not accept this key."), "KSK required", 2306),
    )
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    page = Page(response)
    assert "Key 17179 was not added to example.com. The registry does not accept this key." in page.text(
        "//*[@id='flashbar']"
    )
    assert "KSK required" in page.text("//*[@id='add-key-notice']")
    assert page.tree.xpath("//tbody/tr") == []


def test_the_page_is_followed_until_the_mail_is_out_and_no_longer(browser, domain):
    browser.post(ADD, TYPED)
    operation = Operation.objects.get()
    settle(operation, done(operation))
    address = poll_address(Page(browser.get(PAGE)))
    assert browser.get(address, headers=HTMX).status_code == 204
    mail = OutgoingEmail.objects.get()
    mail.status, mail.sent_at = "SENT", operation.finished_at
    mail.save()
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    assert "Mail sent to registrant@example.net" in Page(response).text("//*[@id='add-key-notice']")
    assert Page(browser.get(PAGE)).tree.xpath("//*[@id='live']/@hx-get") == []


def test_the_confirmation_comes_as_a_dialog(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    page = Page(browser.get(f"{ADD}{row.pk}/delete/", headers=HTMX))
    (dialog,) = page.tree.xpath("//dialog")
    assert page.tree.get_element_by_id(dialog.get("aria-labelledby")).text_content() == "Delete key 2371?"
    assert [b.text_content() for b in dialog.xpath(".//button[@type='submit']")] == ["Delete key"]


def test_deleting_closes_the_dialog_and_shows_the_row_deleting(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    response = browser.post(f"{ADD}{row.pk}/remove/", headers=HTMX)
    assert (response.status_code, response["HX-Reswap"]) == (200, "none")
    page = Page(response)
    assert "Deleting…" in page.text("//tbody/tr")
    assert page.tree.xpath("//*[@id='dialog-slot'][@hx-swap-oob]")


def test_a_refused_deletion_says_so_in_the_dialog(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    browser.post(ADD, TYPED)
    response = browser.post(f"{ADD}{row.pk}/remove/", headers=HTMX)
    assert response.status_code == 409
    assert "Another change of this domain is in progress." in Page(response).text("//*[@id='delete-box']")


def test_the_end_of_a_session_stops_the_poll_with_a_message(client, domain):
    response = client.get(f"{PAGE}live/?version=x", headers=HTMX)
    assert response.status_code == 286
    assert response["HX-Retarget"] == "#flashbar"
    assert "/accounts/login/" in response.content.decode()


def test_a_place_is_kept_for_what_changes_and_for_nothing_else(browser, domain):
    def place(response):
        return Page(response).tree.get_element_by_id("add-key-notice").get("class").split()

    assert "key-notice-live" not in place(browser.post(ADD, {**TYPED, "public_key": "AAAA"}, headers=HTMX))
    assert "key-notice-live" in place(browser.post(ADD, TYPED, headers=HTMX))


def test_dialog_and_page_of_one_address_are_kept_apart_in_caches(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    assert "HX-Request" in browser.get(f"{ADD}{row.pk}/delete/")["Vary"]
