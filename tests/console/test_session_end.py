"""A session that ends while a page is open: htmx gets no sign-in page into a corner, and nothing typed is lost."""

import pytest

from tests.console.page import HTMX, Page

HERE = HTMX | {"HX-Current-URL": "http://testserver/requests/?status=FAILED"}
SIGN_IN = "/accounts/login/?next=%2Frequests%2F%3Fstatus%3DFAILED"


def test_what_polls_stops_and_gets_a_message_with_a_link(client, db):
    response = client.get("/requests/live/?version=1", headers=HERE)
    page = Page(response)
    assert response.status_code == 286
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#flashbar", "innerHTML")
    assert page.text("//p") == "You have been signed out. What you typed is still here."
    assert page.link("Sign in again") == SIGN_IN


def test_a_form_keeps_what_was_typed_and_gets_the_message(client, db):
    response = client.post("/domains/example.com/dnssec/keys/", headers=HERE)
    assert (response.status_code, response["HX-Retarget"]) == (286, "#flashbar")


def test_anything_else_of_htmx_goes_to_sign_in_as_a_whole_page(client, db):
    response = client.get("/domains/?q=a", headers=HERE)
    assert (response.status_code, response["HX-Redirect"]) == (200, SIGN_IN)


def test_a_strangers_address_is_not_where_sign_in_leads_back_to(client, db):
    response = client.get("/domains/", headers=HTMX | {"HX-Current-URL": "https://evil.example/"})
    assert response["HX-Redirect"] == "/accounts/login/?next=%2Fdomains%2F"


@pytest.mark.parametrize("path", ["/domains/", "/requests/", "/requests/live/", "/mailbox/", "/domains/example.com/"])
def test_without_htmx_every_page_asks_to_sign_in(client, db, path):
    response = client.get(path)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={path}")
