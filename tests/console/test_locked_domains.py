"""Manage keys of a domain that is locked at its registry: the form is off and says why, and the registry is asked
again.
"""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec import operations, tasks
from dnssec.models import DelegationSigner
from domains.models import Domain, Operation, Registry
from tests.conftest import KEY_13, KEY_13_OTHER
from tests.console.page import HTMX, Page

# A real registry, for the looks that are carried out.
from tests.dnssec.conftest import MockRegistry, mock_registry  # noqa: F401

PAGE = "/domains/locked.com/dnssec/"
CHECK = f"{PAGE}check-again/"
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
TYPED = {"key_type": 257, "algorithm": 13, "public_key": KEY_13_OTHER}


@pytest.fixture
def domain(make_domain, make_registry) -> Domain:
    """Locked when it was compared with the registry, at 11:00 UTC; the registry answered a minute ago."""
    make_registry(last_answer_at=NOON - timedelta(minutes=1))
    return make_domain("locked.com", statuses=["serverUpdateProhibited"], looked_at=NOON - timedelta(hours=1))


@pytest.fixture
def clock():
    """It is noon."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def browser(clock, sign_in, alice):
    return sign_in(alice)


@pytest.fixture
def handed_over(monkeypatch) -> list[tuple]:
    """What was given to the broker."""
    given: list[tuple] = []
    monkeypatch.setattr(operations, "hand_over", lambda task, *args, **options: given.append((task, args, options)))
    return given


def button(page: Page, name: str):
    (found,) = [b for b in page.tree.xpath("//button") if b.text_content().strip() == name]
    return found


def notice(page: Page) -> str:
    return page.text("//*[@id='add-key-notice']")


def poll_address(page: Page) -> str:
    (address,) = page.tree.xpath("//*[@id='live']/@hx-get")
    return address


def look(domain: Domain, *, statuses: list[str]) -> None:
    """What a worker leaves behind that has asked the registry now."""
    Domain.objects.filter(pk=domain.pk).update(looked_at=timezone.now(), statuses=statuses)
    Registry.objects.update(last_answer_at=timezone.now())


# ---- the form ----


@pytest.mark.parametrize(
    ("status", "title", "words"),
    [
        ("serverUpdateProhibited", "Locked by the registry", "Ask support to have it lifted."),
        ("clientUpdateProhibited", "Locked against changes", "Ask support to lift the lock."),
        ("pendingDelete", "The domain is being deleted", "is about to be deleted (pendingDelete)"),
        ("pendingTransfer", "The domain is being transferred", "moved to another registrar (pendingTransfer)"),
        ("redemptionPeriod", "The domain is deleted", "can still be restored (redemptionPeriod)"),
    ],
)
def test_adding_and_deleting_are_off_and_the_reason_stands_there(browser, domain, make_key, status, title, words):
    Domain.objects.update(statuses=["clientTransferProhibited", status])
    make_key(domain, KEY_13)
    page = Page(browser.get(PAGE))
    assert page.texts("//*[@id='add-key-notice']//h3") == [title]
    assert words in page.text("//*[@id='lock']")
    add, delete = button(page, "Add"), button(page, "Delete")
    assert "disabled" in add.attrib
    assert "disabled" in delete.attrib
    assert add.get("aria-describedby") == "lock"
    assert delete.get("aria-describedby").split()[1:] == ["lock"]


def test_other_statuses_lock_nothing(browser, make_domain):
    make_domain("free.com", statuses=["clientTransferProhibited", "serverDeleteProhibited", "inactive"])
    page = Page(browser.get("/domains/free.com/dnssec/"))
    assert "disabled" not in button(page, "Add").attrib
    assert page.tree.xpath("//*[@id='lock']") == []


def test_it_says_when_the_registry_said_so_in_the_persons_time(browser, domain, alice):
    assert "So the registry said on 3 Nov 2026, 11:00:00 UTC." in notice(Page(browser.get(PAGE)))
    alice.time_zone = "Europe/Prague"
    alice.save()
    assert "So the registry said on 3 Nov 2026, 12:00:00 CET." in notice(Page(browser.get(PAGE)))


def test_a_look_that_found_nobody_is_no_look(browser, domain):
    Domain.objects.update(looked_at=NOON)
    assert "11:59:00 UTC" in notice(Page(browser.get(PAGE)))
    Domain.objects.update(looked_at=datetime(1970, 1, 1, tzinfo=UTC))
    assert "So the registry said" not in notice(Page(browser.get(PAGE)))


def test_the_lock_is_told_in_place_of_a_limit_and_after_what_lasts_longer(browser, make_tld, make_domain, make_key):
    make_tld("se", max_keys=1)
    make_key(make_domain("full.se", statuses=["serverUpdateProhibited"]), KEY_13)
    page = Page(browser.get("/domains/full.se/dnssec/"))
    assert page.texts("//*[@id='add-key-notice']//h3") == ["Locked by the registry"]
    make_domain("left.com", statuses=["serverUpdateProhibited"], state="LEFT")
    page = Page(browser.get("/domains/left.com/dnssec/"))
    assert page.texts("//*[@id='add-key-notice']//h3") == ["No longer managed here"]
    make_tld("cz", dnssec=False)
    unsupported = make_domain("no.cz", statuses=["serverUpdateProhibited"])
    page = Page(browser.get("/domains/no.cz/dnssec/"))
    assert page.texts("//*[@id='add-key-notice']//h3") == ["DNSSEC is not available for .cz"]
    make_key(unsupported, KEY_13)
    page = Page(browser.get("/domains/no.cz/dnssec/"))
    assert page.texts("//*[@id='add-key-notice']//h3") == ["DNSSEC is not available for .cz", "Locked by the registry"]
    assert (button(page, "Add").get("aria-describedby"), "disabled" in button(page, "Delete").attrib) == (
        "obstacle",
        True,
    )


def test_the_confirmation_of_a_deletion_says_the_same(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    response = browser.get(f"{PAGE}keys/{row.pk}/delete/")
    assert response.status_code == 409
    assert "locked.com carries a registry lock" in Page(response).text("//*[@id='delete-box']")


def test_who_asks_all_the_same_is_answered_by_the_registry(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    assert browser.post(f"{PAGE}keys/", TYPED).status_code == 303
    page = Page(browser.get(PAGE))
    assert page.texts("//*[@id='add-key-notice']//h3") == ["One change at a time"]
    Operation.objects.update(status="FAILED", finished_at=NOON)
    DelegationSigner.objects.exclude(pk=row.pk).delete()
    assert browser.post(f"{PAGE}keys/{row.pk}/remove/").status_code == 303


# ---- check again ----


def test_the_button_works_as_a_plain_form(browser, domain, handed_over, django_capture_on_commit_callbacks):
    page = Page(browser.get(PAGE))
    (form,) = button(page, "Check again").iterancestors("form")
    assert (form.get("method"), form.get("action")) == ("post", CHECK)
    with django_capture_on_commit_callbacks(execute=True):
        response = browser.post(CHECK)
    assert (response.status_code, response["Location"]) == (303, f"{PAGE}?asked={int(NOON.timestamp())}")
    assert handed_over == [(tasks.reconcile_domain, (domain.pk,), {"expires": 20.0})]
    page = Page(browser.get(response["Location"]))
    assert "The registry is being asked again…" in notice(page)
    assert [b for b in page.tree.xpath("//button") if b.text_content() == "Check again"] == []
    assert "disabled" in button(page, "Add").attrib


def test_the_page_follows_and_opens_the_form_without_a_reload(browser, domain, clock, handed_over):
    response = browser.post(CHECK, headers=HTMX)
    page = Page(response)
    assert response.status_code == 200
    assert "The registry is being asked again…" in notice(page)
    address = poll_address(page)
    clock.shift(2)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address, headers=HTMX).status_code == 204
    assert len(queries) <= 8
    look(domain, statuses=["ok"])
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    page = Page(response)
    assert page.texts("//*[@id='flashbar']//p") == ["The registry was asked again: locked.com is not locked any more."]
    assert "disabled" not in button(page, "Add").attrib
    assert page.tree.xpath("//*[@id='lock'] | //*[@id='live']/@hx-get") == []


def test_a_lock_that_still_stands_is_told_with_its_new_time(browser, domain, clock, handed_over):
    address = poll_address(Page(browser.post(CHECK, headers=HTMX)))
    clock.shift(2)
    look(domain, statuses=["serverUpdateProhibited"])
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    page = Page(response)
    assert page.texts("//*[@id='flashbar']//p") == [
        "The registry was asked again, and still says serverUpdateProhibited."
    ]
    assert "So the registry said on 3 Nov 2026, 12:00:02 UTC." in notice(page)
    assert button(page, "Check again") is not None


def test_after_twenty_seconds_without_an_answer_it_says_so_and_stops(browser, domain, clock, handed_over):
    address = poll_address(Page(browser.post(CHECK, headers=HTMX)))
    clock.shift(19)
    assert browser.get(address, headers=HTMX).status_code == 204
    clock.shift(1)
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    page = Page(response)
    assert page.texts("//*[@id='flashbar']//p") == ["The registry has not answered yet. What you see is as it was."]
    assert "So the registry said on 3 Nov 2026, 11:00:00 UTC." in notice(page)
    assert page.tree.xpath("//*[@id='live']/@hx-get") == []


def test_it_is_not_asked_twice_within_five_seconds(
    browser, domain, clock, handed_over, django_capture_on_commit_callbacks
):
    look(domain, statuses=["serverUpdateProhibited"])
    clock.shift(4)
    with django_capture_on_commit_callbacks(execute=True):
        response = browser.post(CHECK)
    assert (response["Location"], handed_over) == (PAGE, [])
    assert "The registry was asked a moment ago." in Page(browser.get(PAGE)).text("//*[@id='flashbar']")
    clock.shift(2)
    with django_capture_on_commit_callbacks(execute=True):
        response = browser.post(CHECK)
    assert (response["Location"].startswith(f"{PAGE}?asked="), len(handed_over)) == (True, 1)


@pytest.mark.parametrize("asked", ["", "nonsense", "-1", "99999999999", "4102444800", "0", "١٢٣"])
def test_nonsense_in_the_address_counts_as_not_asked(browser, domain, asked):
    page = Page(browser.get(PAGE, {"asked": asked}))
    assert "Check again" in notice(page)
    assert page.tree.xpath("//*[@id='live']/@hx-get") == []


def test_only_the_owner_may_ask_and_only_by_post(sign_in, mallory, browser, domain, handed_over):
    assert sign_in(mallory).post(CHECK).status_code == 404
    response = browser.get(CHECK)
    assert (response.status_code, response["Location"], handed_over) == (302, PAGE, [])
    domain.refresh_from_db()
    assert domain.looked_at == NOON - timedelta(hours=1)


def test_the_page_keeps_its_budget(browser, domain, make_key):
    make_key(domain, KEY_13)
    with CaptureQueriesContext(connection) as queries:
        browser.get(PAGE)
    assert len(queries) <= 8


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_the_registry_has_lifted_is_gone_after_one_look(
    mock_registry: MockRegistry,  # noqa: F811
    sign_in,
    monkeypatch,
):
    domain = Domain.objects.get(name="locked.com")
    monkeypatch.setattr(operations, "hand_over", lambda task, *args, **options: task(*args))
    call_command("registry_change", "locked.com", remove_status=["serverUpdateProhibited"], dir=mock_registry.directory)
    Domain.objects.update(looked_at=timezone.now() - timedelta(seconds=6))
    client = sign_in(domain.owner)
    assert "disabled" in button(Page(client.get(PAGE)), "Add").attrib
    page = Page(client.get(client.post(CHECK)["Location"]))
    assert "disabled" not in button(page, "Add").attrib
    domain.refresh_from_db()
    assert "serverUpdateProhibited" not in domain.statuses
