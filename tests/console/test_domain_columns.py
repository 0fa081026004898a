"""The columns of the list of domains: what a person chooses stays, in every browser and without JavaScript."""

import datetime

import pytest

from tests.console.page import Page

USUAL = ["Domain name", "DNSSEC status", "Health", "Expires", "Auto renew", "Transfer lock"]
URL = "/domains/columns"


def heads(client, url="/domains/"):
    return Page(client.get(url)).texts("//thead//th")


def test_chosen_columns_are_shown_in_their_order_in_another_browser_too(sign_in, alice, make_domain):
    make_domain("a.com", registered_on=datetime.date(2020, 3, 1))
    response = sign_in(alice).post(URL, {"column": ["registrant", "registered"], "query": ""})
    assert (response.status_code, response["Location"]) == (303, "/domains/")
    page = Page(sign_in(alice).get("/domains/"))
    assert page.texts("//thead//th") == ["Domain name", "Registered", "Registrant"]
    assert page.rows() == [["a.com", "1 Mar 2020", "Registrant registrant@example.net"]]
    assert page.tree.xpath("//*[@id='columns']//input[@checked]/@value") == ["registered", "registrant"]


def test_the_list_stays_as_it_was_searched_and_sorted(sign_in, alice, make_domain):
    make_domain("a.com")
    client = sign_in(alice)
    page = Page(client.get("/domains/?q=a&status=NOT_CONFIGURED&sort=-expires&page=x"))
    query = page.tree.xpath("//*[@id='columns']//input[@name='query']/@value")[0]
    response = client.post(URL, {"column": "dnssec", "query": query})
    assert response["Location"] == "/domains/?q=a&status=NOT_CONFIGURED&sort=-expires"


@pytest.mark.parametrize("query", ["//elsewhere.example/", "next=//elsewhere.example", "%00", "sort=nonsense&page=1"])
def test_nothing_else_leads_anywhere(sign_in, alice, query):
    assert sign_in(alice).post(URL, {"query": query})["Location"] == "/domains/"


def test_no_column_leaves_the_name_alone_and_the_usual_ones_come_back(sign_in, alice, make_domain):
    make_domain("a.com")
    client = sign_in(alice)
    client.post(URL, {"query": ""})
    assert heads(client) == ["Domain name"]
    client.post(URL, {"column": ["lock"], "usual": "1"})
    assert heads(client) == USUAL
    alice.refresh_from_db()
    assert alice.preferences == {}


def test_unknown_columns_are_left_and_other_preferences_stay(sign_in, alice, make_domain):
    make_domain("a.com")
    alice.preferences = {"other": True}
    alice.save()
    sign_in(alice).post(URL, {"column": ["expires", "owner__password"]})
    alice.refresh_from_db()
    assert alice.preferences == {"other": True, "domain_columns": ["expires"]}


def test_one_persons_choice_is_no_other_persons(sign_in, alice, bob, make_domain):
    make_domain("a.com")
    sign_in(bob).post(URL, {"column": ["changed"]})
    assert heads(sign_in(alice)) == USUAL


def test_only_a_person_who_signed_in_chooses_and_only_by_post(client, sign_in, alice):
    assert client.post(URL)["Location"].startswith("/accounts/login/")
    assert sign_in(alice).get(URL).status_code == 405
