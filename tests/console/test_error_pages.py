"""What a person sees when something is not there, not allowed or broken: a sentence, and a way on."""

import pytest
from django.template.loader import get_template
from django.test import Client

from tests.console.page import Page


def test_an_unknown_address_says_so_to_anybody(client, sign_in, alice):
    for browser in (client, sign_in(alice)):
        response = browser.get("/no/such/page/")
        page = Page(response)
        assert (response.status_code, page.text("//h1")) == (404, "There is nothing here")
        assert page.tree.xpath("//main//a/@href") == ["/domains/"]


def test_a_form_that_is_too_large_says_so(sign_in, alice, make_domain):
    make_domain("example.com")
    response = sign_in(alice).post("/domains/example.com/dnssec/keys/", {"public_key": "A" * 1_100_000})
    assert (response.status_code, Page(response).text("//h1")) == (400, "This cannot be read")


def test_a_broken_page_says_so_without_any_context(settings, monkeypatch, sign_in, alice):
    def break_down(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("domains.listing.domains_of", break_down)
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    response = client.get("/domains/")
    assert (response.status_code, Page(response).text("//h1")) == (500, "Something went wrong on our side")


@pytest.mark.parametrize("name", ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"])
def test_each_page_can_be_made_without_a_request(name):
    html = get_template(name).render()
    assert html.startswith("<!doctype html>")
    assert "<h1>" in html
