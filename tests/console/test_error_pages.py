"""What a person sees when something is not there, not allowed or broken: a sentence, and a way on."""

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.template.loader import get_template
from django.test import Client
from redis.exceptions import ConnectionError as BrokerAway

from tests.console.page import Page


def test_an_unknown_address_says_so_to_anybody(client, sign_in, alice):
    for browser in (client, sign_in(alice)):
        response = browser.get("/no/such/page/")
        page = Page(response)
        assert (response.status_code, page.text("//h1")) == (404, "There is nothing here")
        assert page.tree.xpath("//main//a/@href") == ["/domains/", "/requests/"]


def test_a_form_that_is_too_large_says_so(sign_in, alice, make_domain):
    make_domain("example.com")
    response = sign_in(alice).post("/domains/example.com/dnssec/keys/", {"public_key": "A" * 1_100_000})
    assert (response.status_code, Page(response).text("//h1")) == (400, "This cannot be read")


def broken(monkeypatch, person, error, *, method="get", path="/domains/"):
    """The answer to somebody who is signed in, while the view of this address fails so."""

    def break_down(*_args: object, **_kwargs: object) -> None:
        raise error

    monkeypatch.setattr("domains.listing.domains_of", break_down)
    monkeypatch.setattr("domains.columns.choose", break_down)
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return getattr(client, method)(path)


def test_a_broken_page_says_so_without_any_context(monkeypatch, settings, alice):
    settings.SUPPORT_EMAIL = "help@registrar.example"
    response = broken(monkeypatch, alice, ZeroDivisionError())
    page = Page(response)
    assert (response.status_code, page.text("//h1")) == (500, "Something went wrong on our side")
    assert page.tree.xpath("//main//a/@href") == ["mailto:help@registrar.example", "/requests/", "/domains/"]
    assert "Retry-After" not in response


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed"), BrokerAway("refused")])
def test_what_is_away_for_a_moment_is_no_fault_and_may_be_tried_again(monkeypatch, alice, error):
    response = broken(monkeypatch, alice, error, path="/domains/?q=a")
    page = Page(response)
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert page.text("//h1") == "The console is away for a moment"
    assert page.link("Try again") == "/domains/?q=a"
    assert "gone" not in page.text()


def test_what_was_sent_is_not_tried_again_by_a_link(monkeypatch, alice):
    page = Page(broken(monkeypatch, alice, OperationalError(), method="post", path="/domains/columns"))
    assert page.tree.xpath("//main//a/@href") == ["/requests/"]


def test_a_database_that_is_away_from_the_first_query_on_still_leaves_a_page(
    monkeypatch, alice, django_assert_num_queries
):
    client = Client(raise_request_exception=False)
    client.force_login(alice)

    def away(*_args: object) -> None:
        raise OperationalError("no such host")

    monkeypatch.setattr(SessionStore, "load", away)
    with django_assert_num_queries(0):
        response = client.get("/requests/")
    assert (response.status_code, Page(response).text("//h1")) == (503, "The console is away for a moment")
    assert "script-src 'self' 'nonce-" in response["Content-Security-Policy"]
    nonce = response["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert set(Page(response).tree.xpath("//script/@nonce")) == {nonce}


def test_who_may_not_open_a_page_is_told_who_they_are(monkeypatch, alice):
    response = broken(monkeypatch, alice, PermissionDenied())
    page = Page(response)
    assert response.status_code == 403
    assert page.text("//main//p/strong") == "alice@example.net"
    assert page.link("Sign in as somebody else") == "/accounts/logout/"


@pytest.mark.parametrize("name", [f"{name}.html" for name in ("400", "403", "403_csrf", "404", "429", "500", "503")])
def test_each_page_can_be_made_without_a_request(name):
    html = get_template(name).render()
    assert html.startswith("<!doctype html>")
    assert "<h1>" in html
