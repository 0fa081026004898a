"""TLDs: what each allows, in words; found by name, by beginning, or by a domain of it."""

import datetime

import pytest

from domains.models import Tld
from tests.console.page import Page

URL = "/tlds/"
DAY = datetime.date(2023, 5, 19)


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


def names(page):
    return page.texts("//tbody/tr/td[1]/strong")


def test_each_tld_says_what_it_allows(browser, make_tld, make_registry):
    make_tld("com", as_of=DAY, source="Somebody's page")
    make_tld("de", registry=make_registry("south", interface="key"), algorithms=[13, 15])
    make_tld("cz", dnssec=False)
    make_tld("eu", registry=None, algorithms=[8, 10, 13, 14, 15, 16])
    make_tld("xn--p1ai", algorithms=[2])
    page = Page(browser.get(URL))
    assert page.text("//h1") == "TLDs"
    assert page.texts("//thead//th") == ["TLD", "DNSSEC", "Key limit", "Algorithms", "The registry takes", "As of"]
    assert page.rows() == [
        [".com", "Supported", "13", "All in general use", "DS records", "19 May 2023"],
        [".cz", "Not supported", "none", "none", "nothing for DNSSEC", "not known"],
        [".de", "Supported", "4", "13 - ECDSAP256SHA256, 15 - ED25519", "Public keys", "not known"],
        [".eu", "Supported", "4", "All in general use", "not known", "not known"],
        [
            ".рф .xn--p1ai",
            "Supported",
            "4",
            "None that can be used It names only 2 - DH, which no zone can be signed with safely.",
            "DS records",
            "not known",
        ],
    ]
    assert "8 - RSASHA256, 10 - RSASHA512, 13 - ECDSAP256SHA256" in page.text("//main")
    assert "Source: Somebody's page." in page.texts("//p")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=co", [".academy.co", ".co", ".co.uk", ".com", ".telecom"]),
        ("q=.co", [".co", ".co.uk", ".com"]),
        ("q=CO.UK.", [".co.uk", ".uk"]),
        ("q=www.example.co.uk", [".co.uk", ".uk"]),
        ("q=.&dnssec=no", [".uk"]),
        ("dnssec=yes", [".academy.co", ".co", ".co.uk", ".com", ".telecom"]),
        ("q=com&dnssec=nonsense", [".com", ".telecom"]),
        ("q=%00&page=nonsense", [".academy.co", ".co", ".co.uk", ".com", ".telecom", ".uk"]),
    ],
)
def test_they_are_found_by_part_beginning_domain_and_support(browser, make_tld, query, found):
    for name in ("telecom", "com", "co", "co.uk", "academy.co", "uk"):
        make_tld(name, dnssec=name != "uk")
    assert names(Page(browser.get(f"{URL}?{query}"))) == found


def test_what_is_not_there_says_so(browser, make_tld):
    make_tld("com")
    page = Page(browser.get(URL, {"q": "nothing"}))
    assert page.text("//*[@class='empty']/strong") == "No TLD matches"
    assert page.link("Show all TLDs") == URL


def test_no_tlds_at_all_says_so(browser, db):
    assert Page(browser.get(URL)).text("//*[@class='empty']/strong") == "No TLDs yet"


def test_many_are_shown_fifty_at_a_time_in_four_queries(browser, db, django_assert_num_queries):
    Tld.objects.bulk_create(Tld(name=f"t{i:03}") for i in range(60))
    with django_assert_num_queries(4):  # Session, person, page, count.
        first = Page(browser.get(URL))
    assert len(first.rows()) == 50
    assert names(Page(browser.get(URL + first.link("Next page")))) == [f".t{i:03}" for i in range(50, 60)]


def test_the_navigation_the_domain_and_the_off_state_lead_here(browser, make_domain, make_tld):
    make_tld("cz", dnssec=False)
    make_domain("example.cz")
    assert Page(browser.get("/domains/")).link("TLDs") == URL
    assert Page(browser.get("/domains/example.cz/")).link(".cz") == "/tlds/?q=.cz"
    assert Page(browser.get("/domains/example.cz/dnssec/")).link("What each TLD allows") == "/tlds/?q=.cz"


def test_it_is_for_who_signed_in_and_only_reads(client, browser):
    assert client.get(URL)["Location"].startswith("/accounts/login/")
    assert browser.post(URL).status_code == 405
