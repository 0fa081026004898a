"""The guides through days: each step stands where keys, checks and servers say, whoever signs in and whenever."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec import asking
from dnssec.chain import Verdict
from dnssec.help import DEMO_KEY
from dnssec.models import DelegationCheck, Publication, Sighting
from dnssec.operations import add_key, remove_key
from dnssec.outcomes import Outcome, done, settle
from domains.models import Domain, Operation
from domains.sentences import Sentence
from tests.console.page import HTMX, Page
from tests.dnssec.chains import CHILDREN, KEY_13, KEY_13_OTHER, NOTHING, chain_of, dns_key, keep

PAGE = "/domains/example.com/dnssec/"
ROLLOVER, OFF = f"{PAGE}rollover/", f"{PAGE}switch-off/"
OLD, NEW = KEY_13, KEY_13_OTHER  # Key 2371, and key 17179.


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


@pytest.fixture
def handed(monkeypatch) -> list[str]:
    """What was handed to the broker."""
    tasks: list[str] = []
    monkeypatch.setattr(asking, "hand_over", lambda task, *_args, **_options: tasks.append(task.name))
    return tasks


def change(domain: Domain, text: str, *, add: bool) -> Publication:
    """A successful change, which no server shows yet."""
    if add:
        operation = add_key(domain, dns_key(text), requested_by=domain.owner)
    else:
        operation = remove_key(domain.keys.get(key_tag=dns_key(text).key_tag), requested_by=domain.owner)
    settle(operation, done(operation))
    return Publication.objects.get(operation=operation)


def arrive(publication: Publication, *, ago: timedelta, ttl: int = 86400) -> None:
    """All servers of the parent show the change since then."""
    seen = timezone.now() - ago
    Publication.objects.filter(pk=publication.pk).update(
        seen_at=seen, looked_at=seen, look_at=None, arrived=2, servers=2, ds_ttl=ttl
    )


def long_ago() -> None:
    """All that was sighted has been there for long."""
    Sighting.objects.update(since=timezone.now() - timedelta(days=9))


def steps(page: Page) -> list[str]:
    """Where each step stands."""
    return [li.get("class").rpartition("guide-")[2] for li in page.tree.xpath("//ol[@class='guide']/li")]


def now(page: Page) -> str:
    return page.text("//li[@aria-current='step']")


def read(browser: Any, address: str = ROLLOVER) -> Page:
    response = browser.get(address)
    assert response.status_code == 200
    return Page(response)


# ---- replacing a key ----


def test_it_begins_with_a_new_key_in_the_zone(browser, domain, make_key):
    make_key(domain, OLD)
    page = read(browser)
    assert steps(page) == ["now", "next", "next", "next", "next"]
    assert page.text("//title") == "Step 1 of 5: Replace a key, example.com - Registrar console"
    assert "The zone has not been looked at yet." in now(page)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD]))
    assert "The zone shows key 2371." in now(read(browser))


def test_a_new_key_on_some_servers_is_waited_for_and_the_others_are_named(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone={OLD: CHILDREN, NEW: CHILDREN[:1]}))
    assert "Key 17179 is in the zone, but not on ns2.example.net yet." in now(read(browser))


def test_a_new_key_that_does_not_sign_is_waited_for(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD, NEW], signing=False))
    assert "Key 17179 is in the zone, but it does not sign the zone’s keys on all servers yet." in now(read(browser))


def test_a_new_key_on_all_servers_is_waited_for_as_long_as_caches_hold_the_keys_without_it(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD, NEW]))
    page = read(browser)
    assert steps(page) == ["now", "next", "next", "next", "next"]
    assert "Key 17179 signs the zone on all its name servers since" in now(page)
    assert "DNSKEY TTL 1 h, first seen on all servers" in now(page)


def test_then_one_click_fills_in_the_form_with_it(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD, NEW]))
    long_ago()
    page = read(browser)
    assert steps(page) == ["done", "now", "next", "next", "next"]
    (button,) = page.tree.xpath("//button[@name='use']")
    assert button.text_content().strip() == "Fill in the form with key 17179"
    (form,) = page.tree.xpath("//form[.//button[@name='use']]")
    answer = Page(browser.post(form.get("action"), {"use": button.get("value")}))
    assert answer.labelled("Public key").text_content().strip() == NEW


def test_where_the_registry_takes_no_second_key_that_is_said(browser, make_tld, make_domain, make_key):
    make_tld("nu", max_keys=1)
    domain = make_domain("example.nu")
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD, NEW]))
    long_ago()
    page = read(browser, "/domains/example.nu/dnssec/rollover/")
    assert "The .nu registry takes 1 key, so there is no room for a second one." in now(page)


def test_while_it_is_being_added_the_second_step_says_so(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD, NEW]))
    long_ago()
    add_key(domain, dns_key(NEW), requested_by=domain.owner)
    page = read(browser)
    assert steps(page) == ["done", "now", "next", "next", "next"]
    assert "Key 17179 is being added." in now(page)


def test_a_refused_addition_leaves_the_guide_where_it_was(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD, NEW]))
    long_ago()
    operation = add_key(domain, dns_key(NEW), requested_by=domain.owner)
    settle(operation, Outcome("FAILED", Sentence("No.")))
    assert steps(read(browser)) == ["done", "now", "next", "next", "next"]


def test_once_added_all_servers_of_the_parent_are_waited_for_and_then_the_ttl(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD, NEW]))
    publication = change(domain, NEW, add=True)
    page = read(browser)
    assert steps(page) == ["done", "done", "now", "next", "next"]
    assert "The name servers of .com are being asked whether they show the change." in now(page)
    Publication.objects.update(looked_at=timezone.now(), arrived=1, servers=4)
    assert "1 of 4 name servers of .com show the change." in now(read(browser))
    arrive(publication, ago=timedelta(minutes=1))
    page = read(browser)
    assert page.text("//title").startswith("Step 3 of 5: ")
    assert "DS TTL 24 h, first seen on all servers" in now(page)
    assert "Delete key 2371" not in page.texts("//a")


def test_when_every_resolver_knows_it_the_old_key_is_to_be_deleted(browser, domain, make_key):
    old = make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD, NEW], zone=[OLD, NEW]))
    long_ago()
    arrive(change(domain, NEW, add=True), ago=timedelta(days=2))
    page = read(browser)
    assert steps(page) == ["done", "done", "done", "now", "next"]
    assert page.link("Delete key 2371") == f"{PAGE}keys/{old.pk}/delete/"
    remove_key(old, requested_by=domain.owner)
    page = read(browser)
    assert steps(page) == ["done", "done", "done", "now", "next"]
    assert "Key 2371 is being deleted." in now(page)


def roll_over(domain: Domain, make_key: Any, *, ago: timedelta) -> None:
    """Until the old key is deleted here, seen by all servers so long ago."""
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD, NEW], zone=[OLD, NEW]))
    arrive(change(domain, NEW, add=True), ago=timedelta(days=4))
    publication = change(domain, OLD, add=False)
    arrive(publication, ago=ago)
    keep(domain, chain_of(domain, ds=[NEW], zone=[OLD, NEW]))
    long_ago()


def test_after_the_deletion_the_old_key_stays_in_the_zone_for_the_ttl(browser, domain, make_key):
    roll_over(domain, make_key, ago=timedelta(hours=1))
    page = read(browser)
    assert steps(page) == ["done", "done", "done", "done", "now"]
    assert "Wait until" in now(page)
    assert "DS TTL 24 h" in now(page)


def test_then_it_may_leave_and_when_it_has_all_is_done(browser, domain, make_key):
    roll_over(domain, make_key, ago=timedelta(days=2))
    assert "No cache holds its DS record any more: key 2371 may go now." in now(read(browser))
    keep(domain, chain_of(domain, ds=[NEW], zone=[NEW]))
    page = read(browser)
    assert steps(page) == ["done"] * 5
    assert page.text("//title") == "Done: Replace a key, example.com - Registrar console"
    assert "Key 17179 has taken the place of key 2371." in page.text("//*[contains(@class, 'alert-success')]")


def test_an_old_key_that_left_too_early_is_to_be_put_back_where_users_suffer(browser, domain, make_key):
    roll_over(domain, make_key, ago=timedelta(hours=1))
    keep(domain, chain_of(domain, ds=[NEW], zone=[NEW]))
    assert "Key 2371 is not in the zone any more, earlier than is safe." in now(read(browser))


def test_the_next_rollover_begins_when_a_further_key_is_in_the_zone(browser, domain, make_key):
    roll_over(domain, make_key, ago=timedelta(days=2))
    keep(domain, chain_of(domain, ds=[NEW], zone=[NEW, DEMO_KEY]))
    page = read(browser)
    assert steps(page)[0] == "now"
    assert f"Key {dns_key(DEMO_KEY).key_tag} signs the zone" in now(page)


def test_a_key_at_the_registry_that_is_in_no_zone_keeps_the_old_one(browser, domain, make_key):
    make_key(domain, OLD)
    make_key(domain, NEW)
    keep(domain, chain_of(domain, ds=[OLD, NEW], zone=[OLD]))
    page = read(browser)
    assert steps(page) == ["now", "done", "next", "next", "next"]
    assert "Key 17179 is at the registry, but it does not carry the zone yet. Keep the old key." in now(page)


def test_without_a_key_there_is_nothing_to_replace(browser, domain):
    page = read(browser)
    assert steps(page) == []
    assert page.text("//*[@id='guide']//h2") == "There is no key to replace"


def test_a_broken_chain_is_said_before_all_steps(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[NEW], verdict=Verdict.BOGUS))
    (alert,) = read(browser).tree.xpath("//*[@id='guide']/*[@role='alert']")
    assert "Resolvers that check refuse example.com now" in alert.text_content()


# ---- switching off ----


def test_switching_off_begins_with_the_keys_here(browser, domain, make_key):
    make_key(domain, OLD)
    make_key(domain, NEW)
    keep(domain, chain_of(domain, ds=[OLD, NEW], zone=[OLD, NEW]))
    page = read(browser, OFF)
    assert steps(page) == ["now", "next", "next"]
    assert page.text("//title") == "Step 1 of 3: Switch DNSSEC off, example.com - Registrar console"
    assert "The keys 17179, 2371 are at the registry." in now(page)
    assert {"Delete key 2371", "Delete key 17179"} <= set(page.texts("//a"))


def test_then_the_zone_stays_signed_until_no_cache_holds_a_ds_record(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], zone=[OLD]))
    publication = change(domain, OLD, add=False)
    page = read(browser, OFF)
    assert steps(page) == ["done", "now", "next"]
    assert "The name servers of .com are being asked" in now(page)
    arrive(publication, ago=timedelta(hours=1))
    assert "DS TTL 24 h, first seen on all servers" in now(read(browser, OFF))
    arrive(publication, ago=timedelta(days=2))
    page = read(browser, OFF)
    assert steps(page) == ["done", "done", "now"]
    assert "The zone shows key 2371." in now(page)


def test_when_the_zone_is_unsigned_at_last_it_is_off(browser, domain, make_key):
    make_key(domain, OLD)
    arrive(change(domain, OLD, add=False), ago=timedelta(days=4))
    keep(domain, chain_of(domain, times=NOTHING, verdict=Verdict.INSECURE))
    page = read(browser, OFF)
    assert steps(page) == ["done"] * 3
    assert page.text("//title") == "Done: Switch DNSSEC off, example.com - Registrar console"
    assert "DNSSEC is off for example.com." in page.text("//*[contains(@class, 'alert-success')]")


def test_a_zone_that_is_unsigned_with_its_keys_at_the_registry_is_an_outage_with_a_way_out(browser, domain, make_key):
    make_key(domain, OLD)
    keep(domain, chain_of(domain, ds=[OLD], verdict=Verdict.BOGUS))
    (alert,) = read(browser, OFF).tree.xpath("//*[@id='guide']/*[@role='alert']")
    words = " ".join(alert.text_content().split())
    assert words.startswith("example.com is not signed any more: too early")
    assert "Have the zone signed again with the same keys." in words
    assert "resolvers recover within 24 h after the DS records are withdrawn" in words


def test_a_zone_that_went_unsigned_before_the_wait_was_over_names_the_end_of_the_trouble(browser, domain, make_key):
    make_key(domain, OLD)
    arrive(change(domain, OLD, add=False), ago=timedelta(hours=1))
    keep(domain, chain_of(domain, times=NOTHING, verdict=Verdict.INSECURE))
    (alert,) = read(browser, OFF).tree.xpath("//*[@id='guide']/*[@role='alert']")
    assert "some resolvers still hold the DS record and refuse every answer" in alert.text_content()


def test_where_nothing_is_on_there_is_nothing_to_switch_off(browser, domain):
    page = read(browser, OFF)
    assert page.text("//*[@id='guide']//h2") == "DNSSEC is not on"
    assert steps(page) == []


# ---- looking ----


@pytest.mark.parametrize("address", [ROLLOVER, OFF])
def test_check_now_has_the_chain_checked_and_comes_back(browser, domain, make_key, handed, address):
    make_key(domain, OLD)
    response = browser.post(address)
    assert (response.status_code, response["Location"]) == (303, address)
    assert handed == ["dnssec.tasks.check_delegation"]
    assert DelegationCheck.objects.filter(domain=domain, checked_at=None).count() == 1
    assert "The servers are being asked…" in read(browser, address).text("//form[@class='guide-check']")
    assert Operation.objects.count() == 0


def test_reading_writes_and_asks_nothing(browser, domain, make_key, handed):
    make_key(domain, OLD)
    read(browser)
    read(browser, OFF)
    assert (DelegationCheck.objects.count(), handed) == (0, [])


def test_the_page_follows_a_check_until_its_result_is_there(browser, domain, make_key, handed):
    make_key(domain, OLD)
    response = browser.post(ROLLOVER, headers=HTMX)
    assert response.status_code == 200
    (address,) = Page(response).tree.xpath("//*[@id='guide']/@hx-get")
    assert browser.get(address, headers=HTMX).status_code == 204
    row = DelegationCheck.objects.get()
    chain = chain_of(domain, ds=[OLD], zone=[OLD])
    row.delete()
    keep(domain, chain)
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    page = Page(response)
    assert "The zone shows key 2371." in page.text()
    assert page.tree.xpath("//*[@id='guide']/@hx-get") == []


@pytest.mark.parametrize("address", [ROLLOVER, OFF])
def test_somebody_elses_domain_has_no_guide(sign_in, mallory, domain, handed, address):
    browser = sign_in(mallory)
    assert browser.get(address).status_code == 404
    assert browser.post(address).status_code == 404
    assert handed == []


@pytest.mark.parametrize("address", [ROLLOVER, OFF])
def test_a_guide_takes_eight_queries_however_many_keys(browser, domain, make_key, address):
    roll_over(domain, make_key, ago=timedelta(hours=1))
    make_key(domain, OLD, flags=256)
    with CaptureQueriesContext(connection) as queries:
        read(browser, address)
    assert len(queries) == 8  # session, person, domain, keys; check, watches, sightings, an open check
