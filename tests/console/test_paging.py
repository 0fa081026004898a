"""Long lists: fifty rows a page, forwards and back, and nonsense shows page one."""

import datetime

import pytest

from domains.models import Domain
from domains.paging import paginate
from tests.console.page import Page

DAY = datetime.date(2027, 1, 1)


@pytest.fixture
def many(alice, make_domain):
    """130 domains of alice's, d000.com to d129.com; every third without a date, the others sharing dates."""
    tld = make_domain("d000.com").tld
    Domain.objects.bulk_create(
        Domain(
            name=f"d{i:03}.com",
            unicode_name=f"d{i:03}.com",
            tld=tld,
            owner=alice,
            expires_on=None if i % 3 == 0 else DAY + datetime.timedelta(days=i % 7),
        )
        for i in range(1, 130)
    )


def names(page: Page) -> list[str]:
    return page.texts("//tbody/tr/td[1]/a")


def follow(client, page: Page, name: str) -> Page:
    return Page(client.get("/domains/" + page.link(name)))


def test_next_and_previous_lead_through_every_row_once(sign_in, alice, many):
    client = sign_in(alice)
    first = Page(client.get("/domains/"))
    second = follow(client, first, "Next page")
    third = follow(client, second, "Next page")
    every = [f"d{i:03}.com" for i in range(130)]
    assert [names(first), names(second), names(third)] == [every[:50], every[50:100], every[100:]]
    assert not first.has_link("Previous page")
    assert not third.has_link("Next page")
    assert names(follow(client, third, "Previous page")) == every[50:100]
    assert names(follow(client, second, "Previous page")) == every[:50]
    assert not follow(client, second, "Previous page").has_link("Previous page")


@pytest.mark.parametrize("order", [("expires_on", "name"), ("-expires_on", "name"), ("-name",)])
def test_every_order_meets_every_row_once_in_both_directions(many, order):
    rows = Domain.objects.all()
    page = paginate(rows, order=order, cursor="", size=20)
    pages = [page]
    while page.next:
        page = paginate(rows, order=order, cursor=page.next, size=20)
        pages.append(page)
    seen = [domain.name for page in pages for domain in page.rows]
    assert len(pages) == 7
    assert sorted(seen) == [f"d{i:03}.com" for i in range(130)]
    back = [page]
    while back[-1].previous:
        back.append(paginate(rows, order=order, cursor=back[-1].previous, size=20))
    assert [[d.name for d in p.rows] for p in reversed(back)] == [[d.name for d in p.rows] for p in pages]


@pytest.mark.parametrize("cursor", ["nonsense", "%00", "\0", "ü", "a:b:c", "=" * 3000, "WyJuZXh0Il0:x"])
def test_nonsense_shows_page_one(sign_in, alice, many, cursor):
    page = Page(sign_in(alice).get("/domains/", {"page": cursor}))
    assert names(page)[0] == "d000.com"
    assert not page.has_link("Previous page")


def test_a_cursor_of_another_order_shows_page_one(sign_in, alice, many):
    client = sign_in(alice)
    cursor = Page(client.get("/domains/")).link("Next page").removeprefix("?page=")
    page = Page(client.get(f"/domains/?sort=-name&page={cursor}"))
    assert names(page)[0] == "d129.com"


def test_the_links_keep_what_was_asked_for(sign_in, alice, many):
    client = sign_in(alice)
    first = Page(client.get("/domains/", {"q": "d0", "sort": "-name"}))
    assert first.link("Next page").startswith("?q=d0&sort=-name&page=")
    assert names(follow(client, first, "Next page")) == [f"d{i:03}.com" for i in range(49, -1, -1)]


def test_a_row_that_goes_away_neither_hides_nor_repeats_another(sign_in, alice, many):
    client = sign_in(alice)
    first = Page(client.get("/domains/"))
    Domain.objects.filter(name="d049.com").delete()
    assert names(follow(client, first, "Next page"))[0] == "d050.com"
