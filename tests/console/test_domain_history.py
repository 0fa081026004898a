"""The history of a domain: requests and what was changed at the registry without us, newest first, page by page."""

import datetime

import pytest
from django.utils import timezone

from domains import history
from domains.models import Domain, Operation, OutgoingEmail
from domains.paging import paginate
from tests.console.page import Page

URL = "/domains/example.com/history/"
ENTRIES = "//ol[contains(@class, 'timeline')]/li"
TITLES = ENTRIES + "//strong"
NOW = datetime.datetime(2026, 11, 24, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture
def domain(alice, make_domain):
    return make_domain("example.com", registered_on=datetime.date(2019, 5, 4))


def asked(domain, tag, at, **fields):
    fields = {"status": "FAILED", "finished_at": at, "message": "The registry refused."} | fields
    return Operation.objects.create(
        domain=domain, type="ADD_DNSSEC", subject={"key_tag": tag}, submitted_at=at, **fields
    )


def changed(domain, what, at, **fields):
    number = OutgoingEmail.objects.count()
    fields = {"recipient": "registrant@example.net", "kind": "changed"} | fields
    return OutgoingEmail.objects.create(
        domain=domain,
        subject=f"example.com: {what}",
        text="Compare it.",
        message_id=f"<{number}@x>",
        created_at=at,
        **fields,
    )


def test_requests_and_changes_stand_together_newest_first(sign_in, alice, domain):
    day = datetime.timedelta(days=1)
    operation = asked(domain, 2371, NOW - 3 * day, requested_by=alice)
    changed(domain, "key 2371 was added at the registry", NOW - 2 * day)
    asked(domain, 17179, NOW - day, status="IN_PROGRESS", finished_at=None, message="")
    page = Page(sign_in(alice).get(URL))
    assert page.text("//title").startswith("History of example.com")
    assert page.texts(TITLES) == [
        "Add key 17179",
        "Key 2371 was added at the registry",
        "Add key 2371",
        "Registered",
    ]
    _, told, refused, registered = page.texts(ENTRIES)
    assert "We wrote to registrant@example.net." in told
    assert "Compare it." in told
    assert "Failed The registry refused. asked for by alice@example.net" in refused
    assert registered == "4 May 2019 Registered"
    assert page.link("Add key 2371") == f"/requests/{operation.reference}/"


def test_a_change_that_nobody_could_be_told_of_stands_there_too(sign_in, alice, domain):
    changed(domain, "locked at the registry", NOW, recipient="", status="UNDELIVERABLE")
    told, _registered = Page(sign_in(alice).get(URL)).texts(ENTRIES)
    assert "Nobody was told: the registrant contact had no email address." in told


def test_a_mail_sent_again_is_no_second_change(sign_in, alice, domain):
    first = changed(domain, "locked at the registry", NOW)
    changed(domain, "locked at the registry", NOW, resend_of=first)
    assert Page(sign_in(alice).get(URL)).texts(TITLES) == ["Locked at the registry", "Registered"]


def test_every_entry_is_met_once_even_where_many_have_one_moment(sign_in, alice, domain, monkeypatch):
    monkeypatch.setattr(history, "SIZE", 3)
    for tag in range(5):
        asked(domain, tag, NOW)
        changed(domain, f"change {tag}", NOW)
    client = sign_in(alice)
    page, seen = Page(client.get(URL)), []
    for _ in range(10):
        seen += page.texts(TITLES)
        if not page.has_link("Earlier"):
            break
        page = Page(client.get(URL + page.link("Earlier")))
    changes, requests = [f"Change {i}" for i in (4, 3, 2, 1, 0)], [f"Add key {i}" for i in (4, 3, 2, 1, 0)]
    assert seen == [*changes, *requests, "Registered"]
    assert page.link("Newest") == URL


def test_what_happens_meanwhile_moves_nothing(sign_in, alice, domain, monkeypatch):
    monkeypatch.setattr(history, "SIZE", 2)
    for tag in range(4):
        asked(domain, tag, NOW + datetime.timedelta(hours=tag))
    client = sign_in(alice)
    following = Page(client.get(URL)).link("Earlier")
    asked(domain, 9, NOW + datetime.timedelta(hours=9))
    assert Page(client.get(URL + following)).texts(TITLES) == ["Add key 1", "Add key 0", "Registered"]


@pytest.mark.parametrize("cursor", ["nonsense", "\0", "a:b:c"])
def test_nonsense_shows_the_newest(sign_in, alice, domain, cursor):
    asked(domain, 1, NOW)
    assert Page(sign_in(alice).get(URL, {"page": cursor})).texts(TITLES) == ["Add key 1", "Registered"]


def test_a_cursor_of_a_list_shows_the_newest(sign_in, alice, domain, make_domain):
    make_domain("other.com")
    cursor = paginate(Domain.objects.all(), order=("name",), cursor="", size=1).next
    assert Page(sign_in(alice).get(URL, {"page": cursor})).texts(TITLES) == ["Registered"]


def test_nothing_has_happened_to_a_domain_of_which_nothing_is_known(sign_in, alice, make_domain):
    make_domain("bare.com")
    page = Page(sign_in(alice).get("/domains/bare.com/history/"))
    assert page.text("//*[@class='empty']/strong") == "Nothing has happened yet"


def test_another_domains_history_is_not_there(sign_in, alice, mallory, domain, make_domain):
    other = make_domain("other.com")
    asked(other, 1, NOW)
    changed(other, "locked at the registry", NOW)
    assert Page(sign_in(alice).get(URL)).texts(TITLES) == ["Registered"]
    assert sign_in(mallory).get(URL).status_code == 404


def test_the_pages_of_a_domain_lead_to_each_other(sign_in, alice, domain):
    page = Page(sign_in(alice).get(URL))
    assert page.link("Overview") == "/domains/example.com/"
    assert page.link("DNSSEC keys") == "/domains/example.com/dnssec/"
    assert page.texts("//nav[@class='tabs']//a[@aria-current='page']") == ["History"]
    overview = Page(sign_in(alice).get("/domains/example.com/"))
    assert overview.link("History") == URL
    assert overview.texts("//nav[@class='tabs']//a[@aria-current='page']") == ["Overview"]
    for part in ("details", "nameservers", "contacts", "requests"):
        assert overview.tree.xpath(f"//section[@id='{part}']")


def test_it_takes_five_queries_however_much_there_is(sign_in, alice, domain, django_assert_num_queries):
    for tag in range(40):
        asked(domain, tag, timezone.now(), requested_by=alice)
        changed(domain, "locked at the registry", timezone.now())
    client = sign_in(alice)
    with django_assert_num_queries(5):  # Session, person, domain, requests, changes.
        page = Page(client.get(URL))
    assert len(page.texts(TITLES)) == history.SIZE
