"""A form that was sent after the session had ended: without a script, too, what was typed is there after signing in."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from domains.models import Domain, Operation
from tests.conftest import KEY_13_OTHER
from tests.console.page import HTMX, Page

PAGE = "/domains/example.com/dnssec/"
ADD = f"{PAGE}keys/"
TYPED = {"key_type": 256, "algorithm": 14, "public_key": KEY_13_OTHER}
PRIVATE = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----"


@pytest.fixture
def domain(make_domain, empty_cache) -> Domain:
    return make_domain("example.com")


def sign_in_at(client: Client, address: str, email: str = "alice@example.net") -> str:
    """Sign in at this address, and return where it leads."""
    form = Page(client.get(address))
    fields = {"login": email, "password": "correct horse", "next": form.tree.xpath("//input[@name='next']/@value")[0]}
    response = client.post("/accounts/login/", fields)
    assert response.status_code == 302
    return str(response["Location"])


@pytest.mark.parametrize("path", [ADD, f"{ADD}understand/"])
def test_the_form_is_filled_in_again_and_nothing_was_sent(client, domain, path):
    response = client.post(path, TYPED)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={path}")
    back = client.get(sign_in_at(client, response["Location"]))
    assert (back.status_code, back["Location"]) == (302, PAGE)
    page = Page(client.get(PAGE))
    assert page.labelled("Public key").text_content().strip() == KEY_13_OTHER
    assert page.labelled("Key type").xpath("option[@selected]/@value") == ["256"]
    assert page.labelled("Algorithm").xpath("option[@selected]/@value") == ["14"]
    assert "What you typed is still here, and nothing has been sent." in page.text("//*[@id='flashbar']")
    assert page.texts("//h3[@id='understood-title']") or page.texts("//*[@class='field-error']")
    assert Operation.objects.count() == 0


def test_it_is_shown_once_and_for_its_own_domain(client, domain, make_domain):
    make_domain("other.com")
    sign_in_at(client, client.post(ADD, TYPED)["Location"])
    assert KEY_13_OTHER not in client.get("/domains/other.com/dnssec/").content.decode()
    client.logout()
    sign_in_at(client, client.post(ADD, TYPED)["Location"])
    assert KEY_13_OTHER in client.get(PAGE).content.decode()
    assert KEY_13_OTHER not in client.get(PAGE).content.decode()


def test_the_session_lasts_as_long_as_any_after_signing_in(client, domain):
    sign_in_at(client, client.post(ADD, TYPED)["Location"])
    assert client.session.get_expiry_age() == 12 * 3600


def test_before_signing_in_it_is_kept_for_an_hour(client, domain):
    client.post(ADD, TYPED)
    assert client.session.get_expiry_age() == 3600


@pytest.mark.parametrize("text", [PRIVATE, "x" * 100_000, " "])
def test_a_private_key_and_what_is_no_key_are_not_kept(client, domain, text):
    client.post(ADD, TYPED | {"public_key": text})
    assert Session.objects.count() == 0


def test_another_person_who_signs_in_does_not_get_at_the_domain(client, domain, mallory):
    where = sign_in_at(client, client.post(ADD, TYPED)["Location"], "mallory@example.net")
    assert client.get(where).status_code == 404


def test_htmx_keeps_it_in_the_page_and_nothing_on_the_server(client, domain):
    response = client.post(ADD, TYPED, headers=HTMX)
    assert (response.status_code, response["HX-Retarget"]) == (286, "#flashbar")
    assert Session.objects.count() == 0
