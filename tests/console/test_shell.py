"""The frame of every page: for keyboards and screen readers, and under a policy that allows nothing but the page's
own.
"""

import re

import pytest

from tests.console.page import Page

PAGES = ["/domains/", "/domains/a.com/", "/requests/", "/accounts/password/change/", "/nothing/"]


@pytest.fixture
def client(sign_in, alice, make_domain):
    """Alice's browser; she owns a.com."""
    make_domain("a.com")
    return sign_in(alice)


@pytest.mark.parametrize("path", PAGES)
def test_the_first_stop_is_a_link_to_the_content(client, path):
    page = Page(client.get(path))
    first = page.tree.xpath("//body//a | //body//button | //body//input[not(@type='hidden')]")[0]
    assert (first.text_content(), first.get("href")) == ("Skip to the main content", "#main")
    assert len(page.tree.xpath("//main[@id='main'][@tabindex='-1']")) == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_heading_of_its_own_and_a_title(client, path):
    page = Page(client.get(path))
    assert len(page.tree.xpath("//h1")) == 1
    assert re.fullmatch(r".+ - Registrar console", page.text("//title"))


@pytest.mark.parametrize("path", PAGES)
def test_nothing_inline_and_nothing_from_elsewhere(client, path):
    response = client.get(path)
    page = Page(response)
    policy = response["Content-Security-Policy"]
    nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", policy)[1]
    assert "unsafe" not in policy
    assert page.tree.xpath("//*[@style] | //style | //script[not(@src)] | //@*[starts-with(name(), 'on')]") == []
    assert {script.get("nonce") for script in page.tree.xpath("//script")} == {nonce}
    sources = page.tree.xpath("//script/@src | //link/@href | //img/@src")
    assert [source for source in sources if not source.startswith("/static/")] == []


@pytest.mark.parametrize("path", PAGES)
def test_no_id_stands_twice_and_every_reference_meets_one(client, path):
    tree = Page(client.get(path)).tree
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    named = [
        name
        for value in tree.xpath("//@aria-labelledby | //@aria-describedby | //label/@for")
        for name in value.split()
    ]
    assert [name for name in named if name not in ids] == []
    assert [use for use in tree.xpath("//use/@href") if use[1:] not in ids] == []


def test_the_navigation_marks_where_one_is(client):
    page = Page(client.get("/domains/"))
    assert page.texts("//nav[@aria-label='Console']//a") == ["Registered domains", "Requests", "TLDs"]
    assert page.texts("//a[@aria-current='page']") == ["Registered domains"]
    below = Page(client.get("/domains/a.com/"))
    assert below.texts("//a[@aria-current='true']") == ["Registered domains"]


def test_staff_finds_the_way_to_the_admin_and_nobody_else_does(client, sign_in, sam):
    assert not Page(client.get("/domains/")).has_link("Admin")
    assert Page(sign_in(sam).get("/domains/")).link("Admin") == "/admin/"


def test_the_front_door_leads_to_the_domains(client):
    assert client.get("/")["Location"] == "/domains/"
