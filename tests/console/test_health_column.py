"""The health of domains on the pages: its words, the column, the filter and the order, and how few queries it takes."""

from datetime import UTC, datetime

import pytest

from domains.models import Domain
from domains.paging import SIZE
from tests.console.page import HTMX, Page

AT = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)
# In the order in which what is to be seen to comes first.
HEALTHS = ["BROKEN", "FAULTY", "INSECURE", "SECURE", "UNKNOWN"]


def names(page: Page) -> list[str]:
    return page.texts("//tbody/tr/td[1]/a")


@pytest.fixture
def five(make_domain):
    """A domain of each health, named by it."""
    for health in HEALTHS:
        made = make_domain(f"{health.lower()}.com")
        Domain.objects.filter(pk=made.pk).update(health=health, health_since=AT, checked_at=AT)


@pytest.mark.parametrize(
    ("health", "checked_at", "words"),
    [
        ("BROKEN", AT, "Broken"),
        ("FAULTY", AT, "Warning"),
        ("INSECURE", AT, "Not protected"),
        ("SECURE", AT, "Secure"),
        ("UNKNOWN", AT, "Could not be checked"),
        ("UNKNOWN", None, "Not checked"),
    ],
)
def test_each_health_has_its_words(sign_in, alice, make_domain, health, checked_at, words):
    make_domain("a.com")
    Domain.objects.update(health=health, checked_at=checked_at, health_since=checked_at)
    client = sign_in(alice)
    assert Page(client.get("/domains/")).rows()[0][2] == words
    said = Page(client.get("/domains/a.com/")).text("//dt[.='Health']/following-sibling::dd")
    assert said.startswith(words)
    assert ("checked 24 Nov 2026, 03:10" in said) == bool(checked_at)


@pytest.mark.parametrize("health", HEALTHS)
def test_a_health_filters(sign_in, alice, five, health):
    page = Page(sign_in(alice).get("/domains/", {"health": health}))
    assert names(page) == [f"{health.lower()}.com"]
    assert page.text("//*[@id='domain-count']") == "(1)"
    assert page.tree.xpath("//select[@id='health']/option[@selected]/@value") == [health]


def test_an_unknown_health_does_not_filter(sign_in, alice, five):
    assert len(names(Page(sign_in(alice).get("/domains/", {"health": "nonsense"})))) == 5


def test_it_filters_with_the_rest_and_is_kept_by_what_leads_on(sign_in, alice, five):
    client = sign_in(alice)
    asked = {"health": "BROKEN", "status": "NOT_CONFIGURED", "q": "com"}
    page = Page(client.get("/domains/", asked))
    assert names(page) == ["broken.com"]
    assert page.link("Health") == "?health=BROKEN&status=NOT_CONFIGURED&q=com&sort=health"
    assert page.link("Export CSV") == "/domains.csv?q=com&status=NOT_CONFIGURED&health=BROKEN"
    assert names(Page(client.get("/domains/", asked | {"status": "CONFIGURED"}))) == []


@pytest.mark.parametrize(("sort", "expected"), [("health", HEALTHS), ("-health", HEALTHS[::-1])])
def test_what_is_to_be_seen_to_comes_first(sign_in, alice, five, sort, expected):
    page = Page(sign_in(alice).get("/domains/", {"sort": sort}))
    assert names(page) == [f"{health.lower()}.com" for health in expected]
    assert page.texts("//th[@aria-sort]") == ["Health"]


def test_pages_by_health_repeat_and_skip_nothing(sign_in, alice, make_domain):
    first = make_domain("first.com")
    Domain.objects.bulk_create(
        Domain(
            name=f"d{number:03}.com",
            unicode_name=f"d{number:03}.com",
            tld=first.tld,
            owner=alice,
            health=HEALTHS[number % 5],
        )
        for number in range(2 * SIZE + 10)
    )
    client, url, seen = sign_in(alice), "/domains/?sort=health", []
    for _page in range(3):
        page = Page(client.get(url))
        seen += names(page)
        following = page.tree.xpath("//a[@rel='next']/@href")
        url = f"/domains/{following[0]}" if following else ""
    expected = Domain.objects.order_by("health", "name").values_list("name", flat=True)
    assert (seen, url) == (list(expected), "")


def test_filter_and_order_take_no_more_queries(sign_in, alice, five, django_assert_num_queries):
    client = sign_in(alice)
    with django_assert_num_queries(4):  # Session, person, page, count.
        client.get("/domains/?sort=health&health=BROKEN")


def test_a_broken_domain_says_so_on_its_page_and_where_to_go_on(sign_in, alice, five):
    client = sign_in(alice)
    page = Page(client.get("/domains/broken.com/"))
    assert page.text("//*[contains(@class, 'alert-error')]//h2") == "Many people cannot reach this domain"
    assert "Since 24 Nov 2026, 03:10" in page.text("//*[contains(@class, 'alert-error')]//p")
    assert page.link("See why, and what to do") == "/domains/broken.com/dnssec/"
    assert Page(client.get("/domains/secure.com/")).tree.xpath("//*[contains(@class, 'alert-error')]") == []


def test_another_persons_broken_domain_is_seen_by_nobody_else(sign_in, bob, five):
    client = sign_in(bob)
    assert Page(client.get("/domains/", {"health": "BROKEN"}, headers=HTMX)).tree.xpath("//tbody/tr") == []
    assert client.get("/domains/broken.com/").status_code == 404


def test_support_sees_broken_domains_first(sign_in, sam, five):
    page = Page(sign_in(sam).get("/admin/"))
    assert "Broken domains 1" in page.text("//*[contains(@class, 'concern-error')]/h3")
    assert "broken.com" in page.text("//*[contains(@class, 'concern-error')]/ul")
    listed = Page(sign_in(sam).get("/admin/domains/domain/?health__exact=BROKEN"))
    assert listed.texts("//*[@id='result_list']//tbody/tr/th") == ["broken.com"]
