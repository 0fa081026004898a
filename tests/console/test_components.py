"""The living page of all components: staff's alone, made without asking the database for anything of its own."""

from tests.console.page import Page


def test_staff_sees_every_component(sign_in, sam):
    page = Page(sign_in(sam).get("/components/"))
    assert page.text("//h1") == "Components"
    assert page.texts("//main//h2") == [
        "Status indicator",
        "Flash bar",
        "Alert",
        "Buttons",
        "Form field",
        "Table (2)",
        "Empty state",
        "Key/value list and copy",
        "Tabs",
        "Progress of a request",
        "Timeline",
        "Dialog",
        "Skeleton",
    ]


def test_nobody_else_finds_it(sign_in, alice, client):
    assert sign_in(alice).get("/components/").status_code == 404
    assert client.get("/components/").headers["Location"] == "/accounts/login/?next=/components/"


def test_only_who_asks_is_read_from_the_database(sign_in, sam, django_assert_num_queries):
    browser = sign_in(sam)
    with django_assert_num_queries(2):  # The session and the person.
        browser.get("/components/")


def test_the_part_that_is_shown_is_marked(sign_in, sam):
    page = Page(sign_in(sam).get("/components/"))
    assert page.texts("//nav[@aria-label='Parts']//a[@aria-current='page']") == ["Overview"]


def test_what_is_loading_says_so_to_a_screen_reader(sign_in, sam):
    page = Page(sign_in(sam).get("/components/"))
    assert page.text("//*[@class='skeleton']") == "Loading…"
    assert page.tree.xpath("//*[@class='skeleton-line']/@aria-hidden") == ["true"] * 3
