"""Registered domains: what is listed, found, sorted, and how many queries it takes."""

import datetime

import pytest

from domains.models import Domain
from tests.console.page import Page

DAY = datetime.date(2027, 5, 1)


def names(page: Page) -> list[str]:
    return page.texts("//tbody/tr/td[1]/a")


def test_a_person_sees_the_own_domains_by_name(sign_in, alice, bob, make_domain):
    for name in ("b.com", "a.com", "c.org"):
        make_domain(name)
    make_domain("bobs.com", owner=bob)
    page = Page(sign_in(alice).get("/domains/"))
    assert page.text("//h1") == "Registered domains"
    assert names(page) == ["a.com", "b.com", "c.org"]
    assert page.text("//*[@id='domain-count']") == "(3)"


def test_the_columns_say_what_a_person_wants_to_compare(sign_in, alice, make_domain, make_tld):
    make_domain("a.com", expires_on=DAY, auto_renew=False)
    page = Page(sign_in(alice).get("/domains/"))
    heads = ["Domain name", "DNSSEC status", "Health", "Expires", "Auto renew", "Transfer lock"]
    assert page.texts("//thead//th") == heads
    assert page.rows() == [["a.com", "Not configured", "Not checked", "1 May 2027", "Off", "On"]]


@pytest.mark.parametrize(
    ("status", "keys", "words"),
    [
        ("NOT_SUPPORTED", 0, "Not supported by .com"),
        ("NOT_CONFIGURED", 0, "Not configured"),
        ("CONFIGURED", 1, "Configured (1 key)"),
        ("CONFIGURED", 4, "Configured (4 keys)"),
        ("CHANGING", 1, "Change in progress"),
        ("ATTENTION", 2, "Needs attention"),
    ],
)
def test_each_dnssec_status_has_its_words(sign_in, alice, make_domain, status, keys, words):
    make_domain("a.com")
    Domain.objects.update(dnssec_status=status, dnssec_keys=keys)
    assert Page(sign_in(alice).get("/domains/")).rows()[0][1] == words


def test_an_internationalised_name_stands_in_both_forms(sign_in, alice, make_domain):
    make_domain("xn--mller-kva.com")
    assert Page(sign_in(alice).get("/domains/")).rows()[0][0] == "müller.com xn--mller-kva.com"


@pytest.mark.parametrize(
    "typed",
    ["müller", "MÜLLER.COM", "mu\u0308ller", "xn--mller", "ller-kva", " müller.com. ", "m\0üller"],
)
def test_either_form_of_a_name_is_found(sign_in, alice, make_domain, typed):
    make_domain("xn--mller-kva.com")
    make_domain("other.com")
    assert names(Page(sign_in(alice).get("/domains/", {"q": typed}))) == ["müller.com"]


@pytest.mark.parametrize("typed", ["%", "_", "'", "\\", "\0nothing", "x" * 5000, "ü" * 300])
def test_odd_search_texts_find_nothing_and_break_nothing(sign_in, alice, make_domain, typed):
    make_domain("a.com")
    response = sign_in(alice).get("/domains/", {"q": typed})
    assert response.status_code == 200
    page = Page(response)
    assert page.text("//*[@class='empty']/strong") == "No domain matches"
    assert page.link("Show all domains") == "/domains/"


def test_a_status_filters_and_an_unknown_one_does_not(sign_in, alice, make_domain):
    make_domain("a.com")
    Domain.objects.update(dnssec_status="CONFIGURED")
    make_domain("b.com")
    client = sign_in(alice)
    assert names(Page(client.get("/domains/", {"status": "CONFIGURED"}))) == ["a.com"]
    assert names(Page(client.get("/domains/", {"status": "nonsense"}))) == ["a.com", "b.com"]


@pytest.mark.parametrize(
    ("sort", "expected", "column", "direction"),
    [
        ("-name", ["d.com", "c.com", "b.com", "a.com"], "Domain name", "descending"),
        ("dnssec", ["b.com", "d.com", "a.com", "c.com"], "DNSSEC status", "ascending"),
        ("-dnssec", ["a.com", "c.com", "d.com", "b.com"], "DNSSEC status", "descending"),
        ("expires", ["c.com", "a.com", "b.com", "d.com"], "Expires", "ascending"),
        ("-expires", ["d.com", "a.com", "b.com", "c.com"], "Expires", "descending"),
        ("nonsense", ["a.com", "b.com", "c.com", "d.com"], "Domain name", "ascending"),
    ],
)
def test_columns_sort_and_say_so(sign_in, alice, make_domain, sort, expected, column, direction):
    expiry = {"a.com": DAY, "b.com": DAY, "c.com": DAY - datetime.timedelta(days=1), "d.com": None}
    status = {"a.com": "NOT_CONFIGURED", "b.com": "ATTENTION", "c.com": "NOT_CONFIGURED", "d.com": "CONFIGURED"}
    for name in expiry:
        make_domain(name, expires_on=expiry[name])
        Domain.objects.filter(name=name).update(dnssec_status=status[name])
    page = Page(sign_in(alice).get("/domains/", {"sort": sort}))
    assert names(page) == expected
    assert page.texts("//th[@aria-sort]") == [column]
    assert page.tree.xpath("//th/@aria-sort") == [direction]


def test_a_sorting_link_keeps_what_was_searched_and_turns_round(sign_in, alice, make_domain):
    make_domain("a.com")
    client = sign_in(alice)
    page = Page(client.get("/domains/", {"q": "a", "page": "x"}))
    assert page.link("Expires") == "?q=a&sort=expires"
    assert page.link("Domain name") == "?q=a&sort=-name"


def test_who_has_no_domains_is_told_so(sign_in, mallory):
    page = Page(sign_in(mallory).get("/domains/"))
    assert page.text("//*[@class='empty']/strong") == "No domains yet"
    assert page.tree.xpath("//form[@role='search']") == []


def test_a_domain_that_left_says_so(sign_in, alice, make_domain):
    make_domain("a.com", state="LEFT")
    assert Page(sign_in(alice).get("/domains/")).rows()[0][0] == "a.com no longer managed here"


def test_fifty_domains_take_four_queries(sign_in, alice, make_domain, django_assert_num_queries):
    first = make_domain("first.com")
    Domain.objects.bulk_create(
        Domain(name=f"d{i}.com", unicode_name=f"d{i}.com", tld=first.tld, owner=alice) for i in range(60)
    )
    client = sign_in(alice)
    with django_assert_num_queries(4):  # Session, person, page, count.
        client.get("/domains/")
