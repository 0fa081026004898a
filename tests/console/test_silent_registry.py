"""What the pages say while a registry cannot be asked: since when, how old what they show is, and that nothing asked
for is lost.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dnssec.keys import DnsKey
from dnssec.operations import add_key
from domains.models import Domain, Operation, Registry
from tests.conftest import KEY_13, KEY_13_OTHER
from tests.console.page import HTMX, Page

PAGE = "/domains/example.com/dnssec/"
NOW = datetime(2026, 11, 3, 14, 2, tzinfo=UTC)
ALERT = "//*[contains(@class, 'alert-warning')][contains(., 'cannot be asked now')]"
KEPT = "A change that you ask for now is kept for up to a day, and sent as soon as the registry answers."


def fall_silent(**fields) -> None:
    """The registry answered last at 13:59, and has been tried twice since then."""
    defaults = {"last_answer_at": NOW - timedelta(minutes=3), "last_failure_at": NOW, "failures": 2}
    Registry.objects.filter(name="north").update(**(defaults | fields))


def answer() -> None:
    """The registry answers again."""
    Registry.objects.filter(name="north").update(last_answer_at=NOW + timedelta(seconds=1), failures=0)


@pytest.fixture
def domain(make_domain) -> Domain:
    """Compared with the registry at 13:30 UTC."""
    return make_domain("example.com", looked_at=NOW - timedelta(minutes=32))


@pytest.fixture
def clock():
    """It is 14:02 UTC."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(clock, sign_in, alice):
    return sign_in(alice)


def add(domain: Domain) -> Operation:
    key = DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13)
    return add_key(domain, key, requested_by=domain.owner)


def progress(page: Page) -> str:
    return page.text("//*[@id='add-key-notice']//*[@class='notice-line']/span")


def live(page: Page) -> tuple[str, str]:
    (element,) = page.tree.xpath("//*[@id='live']")
    return element.get("hx-trigger"), element.get("hx-get")


# ---- when it counts as silent ----


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, True),
        ({"failures": 1}, False),  # A single failure just now.
        ({"failures": 1, "last_failure_at": NOW - timedelta(seconds=11)}, True),
        ({"last_answer_at": NOW - timedelta(seconds=9)}, False),  # It has answered a moment ago.
        ({"last_answer_at": NOW}, False),
        ({"last_failure_at": None}, False),
        ({"last_answer_at": None}, True),
    ],
)
def test_one_hiccup_shows_nothing(browser, domain, fields, shown):
    fall_silent(**fields)
    for path in (PAGE, "/domains/example.com/", "/requests/"):
        assert bool(Page(browser.get(path)).tree.xpath(ALERT)) == shown, path


# ---- what it says ----


def test_manage_keys_says_since_when_and_how_old_what_it_shows_is(browser, domain, make_key):
    make_key(domain, KEY_13)
    fall_silent()
    page = Page(browser.get(PAGE))
    assert page.text(ALERT) == (
        "The .com registry cannot be asked now It has given no usable answer since 3 Nov 2026, 13:59 UTC. "
        f"What you see here is as of 3 Nov 2026, 13:30 UTC. {KEPT}"
    )
    assert "Present" in page.text("//tbody/tr")
    (button,) = [b for b in page.tree.xpath("//button") if b.text_content().strip() == "Add"]
    assert "disabled" not in button.attrib


def test_times_are_the_persons(browser, domain, alice):
    alice.time_zone = "Europe/Prague"
    alice.save()
    fall_silent()
    assert "since 3 Nov 2026, 14:59 CET" in Page(browser.get(PAGE)).text(ALERT)


def test_the_domains_page_says_the_same(browser, domain, django_assert_num_queries):
    fall_silent()
    with django_assert_num_queries(5):  # Session, person, domain, name servers, requests.
        page = Page(browser.get("/domains/example.com/"))
    assert page.text(ALERT).endswith(f"What you see here is as of 3 Nov 2026, 13:30 UTC. {KEPT}")
    assert page.fact("DNSSEC status") == "Not configured Manage keys"


def test_a_registry_that_never_answered_has_no_such_times(browser, domain):
    fall_silent(last_answer_at=None)
    assert (
        Page(browser.get(PAGE)).text(ALERT) == f"The .com registry cannot be asked now It has not answered yet. {KEPT}"
    )


def test_it_says_when_support_was_called(browser, domain):
    fall_silent(needs_staff="The login was refused: 2200 Authentication error")
    page = Page(browser.get(PAGE))
    assert "Support has been told." in page.text(ALERT)
    assert "2200" not in page.text()


def test_where_nothing_can_be_asked_for_nothing_is_promised(browser, domain):
    Domain.objects.update(statuses=["serverUpdateProhibited"])
    fall_silent()
    assert KEPT not in Page(browser.get(PAGE)).text(ALERT)


def test_requests_names_the_registries_of_ones_own_domains_alone(
    browser, domain, bob, make_domain, make_registry, make_tld
):
    make_domain("example.net")
    make_domain("example.org", owner=bob)
    make_tld("de", registry=make_registry("south", last_failure_at=NOW, failures=4))
    make_domain("example.de", owner=bob)
    fall_silent()
    assert Page(browser.get("/requests/")).texts(ALERT) == [
        "The registry of .com, .net cannot be asked now "
        f"It has given no usable answer since 3 Nov 2026, 13:59 UTC. {KEPT}"
    ]


def test_however_many_registries_are_silent_requests_takes_one_query_for_them(
    browser, make_domain, make_registry, make_tld, django_assert_num_queries
):
    for number in range(5):
        make_tld(f"t{number}", registry=make_registry(f"r{number}", last_failure_at=NOW, failures=2))
        make_domain(f"example.t{number}")
    with django_assert_num_queries(5):  # Session, person, page, count, silent registries; no request, so no mails.
        assert len(Page(browser.get("/requests/")).texts(ALERT)) == 5


# ---- an open request ----


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "It waits for the .com registry. It is tried again now, for a day at most."),
        (
            {"attempts_made": 3, "next_attempt_at": NOW + timedelta(seconds=8)},
            "It waits for the .com registry. It is tried again at 14:02:08 UTC at the latest, for a day at most.",
        ),
        (
            {"attempts_made": 2, "update_sent_at": NOW, "status": "IN_PROGRESS"},
            "It was sent, and the answer is not here yet. As soon as the registry answers again, we look what became "
            "of it.",
        ),
    ],
)
def test_an_open_request_says_what_it_waits_for(browser, domain, fields, sentence):
    operation = add(domain)
    Operation.objects.update(**fields)
    fall_silent()
    assert progress(Page(browser.get(PAGE))) == f"{sentence} View request"
    page = Page(browser.get(f"/requests/{operation.reference}/"))
    assert page.text(ALERT).endswith("since 3 Nov 2026, 13:59 UTC.")


def test_a_change_asked_for_meanwhile_is_kept(browser, domain):
    fall_silent()
    response = browser.post(f"{PAGE}keys/", {"key_type": 257, "algorithm": 13, "public_key": KEY_13_OTHER})
    assert (response.status_code, Operation.objects.get().status) == (303, "SUBMITTED")


# ---- it comes and goes by itself ----


def test_the_alert_on_manage_keys_goes_when_the_registry_answers(browser, domain):
    fall_silent()
    trigger, address = live(Page(browser.get(PAGE)))
    assert trigger == "every 10s"
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address, headers=HTMX).status_code == 204
    assert len(queries) <= 8
    answer()
    response = browser.get(address, headers=HTMX)
    page = Page(response)
    assert (response.status_code, page.tree.xpath(ALERT)) == (286, [])
    assert live(page) == (None, None)


def test_it_comes_while_a_request_is_open(browser, domain):
    add(domain)
    trigger, address = live(Page(browser.get(PAGE)))
    assert trigger == "every 2s"
    fall_silent()
    response = browser.get(address, headers=HTMX)
    page = Page(response)
    assert (response.status_code, len(page.tree.xpath(ALERT))) == (200, 1)
    assert live(page)[0] == "every 2s"


def test_the_alert_on_requests_goes_when_the_registry_answers(browser, domain):
    fall_silent()
    (table,) = Page(browser.get("/requests/")).tree.xpath("//*[@id='request-table']")
    assert table.get("hx-trigger") == "every 10s"
    assert browser.get(table.get("hx-get"), headers=HTMX).status_code == 204
    answer()
    response = browser.get(table.get("hx-get"), headers=HTMX)
    assert (response.status_code, Page(response).tree.xpath(ALERT)) == (286, [])


def test_the_alert_on_a_request_goes_when_the_registry_answers(browser, domain):
    operation = add(domain)
    fall_silent()
    page = Page(browser.get(f"/requests/{operation.reference}/"))
    (address,) = page.tree.xpath("//*[@id='request-state']/@hx-get")
    assert browser.get(address, headers=HTMX).status_code == 204
    answer()
    response = browser.get(address, headers=HTMX)
    assert (response.status_code, Page(response).tree.xpath(ALERT)) == (200, [])
