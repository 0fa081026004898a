"""The next safe step: on Manage keys, as a file for the calendar, and before a key is deleted."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec.models import Publication, Sighting
from dnssec.operations import add_key, remove_key
from dnssec.outcomes import done, settle
from dnssec.waits import moment
from domains.models import Domain, Operation
from tests.console.page import HTMX, Page
from tests.dnssec.chains import KEY_13, KEY_13_OTHER, chain_of, dns_key, keep

PAGE = "/domains/example.com/dnssec/"
STEP, FILE = f"{PAGE}next-step/", f"{PAGE}next-step.ics"


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


def add(domain: Domain, text: str = KEY_13_OTHER) -> Publication:
    """Key 17179 (or another) is added; how far it has come is up to the test."""
    operation = add_key(domain, dns_key(text), requested_by=domain.owner)
    settle(operation, done(operation))
    return Publication.objects.get(operation=operation)


def delete(domain: Domain, text: str = KEY_13) -> Publication:
    key = domain.keys.get(key_tag=dns_key(text).key_tag)
    operation = remove_key(key, requested_by=domain.owner)
    settle(operation, done(operation))
    return Publication.objects.get(operation=operation)


def arrive(publication: Publication, *, ago: timedelta = timedelta(minutes=5), ttl: int | None = 86400) -> None:
    seen = timezone.now() - ago
    Publication.objects.filter(pk=publication.pk).update(
        seen_at=seen, looked_at=seen, look_at=None, arrived=2, servers=2, ds_ttl=ttl, negative_ttl=900
    )
    publication.refresh_from_db()


def said(browser: Any) -> str:
    return Page(browser.get(PAGE)).text("//*[@id='next-step']//*[contains(@class, 'container-body')]")


def test_with_nothing_to_wait_for_it_offers_the_guides(browser, domain, make_key):
    make_key(domain)
    page = Page(browser.get(PAGE))
    assert page.text("//*[@id='next-step']//*[contains(@class, 'container-body')]").startswith("Nothing is waiting.")
    assert page.link("Replace a key safely") == f"{PAGE}rollover/"
    assert page.link("Switch DNSSEC off") == f"{PAGE}switch-off/"


def test_without_keys_there_is_no_step(browser, domain):
    (section,) = Page(browser.get(PAGE)).tree.xpath("//*[@id='next-step']")
    assert "hidden" in section.attrib


def test_right_after_the_outcome_it_says_that_the_servers_are_asked(browser, domain, make_key):
    make_key(domain)
    add(domain)
    words = said(browser)
    assert words.startswith("Key 2371 has to stay for now")
    assert "The name servers of .com are being asked whether they show the change." in words
    assert "When all do, 24 h are counted from then." in words


def test_it_tells_how_many_servers_show_the_change(browser, domain, make_key):
    make_key(domain)
    publication = add(domain)
    Publication.objects.filter(pk=publication.pk).update(looked_at=timezone.now(), arrived=1, servers=4, ds_ttl=3600)
    words = said(browser)
    assert "1 of 4 name servers of .com show the change. When all do, 1 h are counted from then." in words


def test_servers_that_cannot_be_asked_are_named_as_such(browser, domain, make_key):
    make_key(domain)
    publication = add(domain)
    Publication.objects.filter(pk=publication.pk).update(looked_at=timezone.now())
    assert "No name server of .com could be asked. The console goes on trying." in said(browser)


def test_then_it_names_the_time_from_which_the_old_key_is_safe_to_delete_and_why(browser, domain, make_key):
    make_key(domain)
    keep(domain, chain_of(domain, ds=[KEY_13, KEY_13_OTHER], zone=[KEY_13, KEY_13_OTHER]))
    publication = add(domain)
    Sighting.objects.update(since=timezone.now() - timedelta(days=9))
    arrive(publication)
    words = said(browser)
    safe_at = (publication.seen_at + timedelta(days=1, minutes=6)).replace(second=0, microsecond=0)
    assert words.startswith(f"Key 2371 is safe to delete after {moment(safe_at)} ")
    assert f"DS TTL 24 h, first seen on all servers {moment(publication.seen_at)}, and 5 min to spare." in words
    assert Page(browser.get(PAGE)).link("Add to your calendar") == FILE


def test_a_new_key_that_does_not_carry_the_zone_makes_no_old_one_safe(browser, domain, make_key):
    make_key(domain)
    keep(domain, chain_of(domain, ds=[KEY_13, KEY_13_OTHER], zone=[KEY_13]))
    arrive(add(domain), ago=timedelta(days=2))
    words = said(browser)
    assert words.startswith("Key 2371 has to stay for now")
    assert "Key 17179 is not seen to sign the zone on all its name servers yet." in words
    assert browser.get(FILE).status_code == 404


def test_when_the_time_has_come_the_deletion_is_offered(browser, domain, make_key):
    old = make_key(domain)
    keep(domain, chain_of(domain, ds=[KEY_13, KEY_13_OTHER], zone=[KEY_13, KEY_13_OTHER]))
    publication = add(domain)
    Sighting.objects.update(since=timezone.now() - timedelta(days=9))
    arrive(publication, ago=timedelta(days=2))
    page = Page(browser.get(PAGE))
    assert page.text("//*[@id='next-step']//strong") == "Key 2371 is safe to delete now"
    assert page.link("Delete key 2371") == f"{PAGE}keys/{old.pk}/delete/"
    assert page.tree.xpath("//*[@id='next-step']/@hx-get") == []


def test_after_a_deletion_the_key_stays_in_the_zone_for_the_ttl(browser, domain, make_key):
    make_key(domain, KEY_13)
    make_key(domain, KEY_13_OTHER)
    arrive(delete(domain), ttl=3600)
    words = said(browser)
    assert words.startswith("Key 2371 may be taken out of the zone after ")
    assert "DS TTL 1 h" in words


def test_after_the_last_deletion_the_zone_stays_signed_for_the_ttl(browser, domain, make_key):
    make_key(domain, KEY_13)
    publication = delete(domain)
    assert said(browser).startswith("The zone has to stay signed for now")
    arrive(publication, ttl=3600)
    assert said(browser).startswith("Signing may stop after ")
    arrive(publication, ttl=3600, ago=timedelta(hours=2))
    assert said(browser).startswith("Signing may stop now")


def test_after_the_first_key_it_says_when_everybody_checks(browser, domain):
    arrive(add(domain), ago=timedelta(minutes=1))
    words = said(browser)
    assert words.startswith("Every resolver checks example.com after ")
    assert "TTL of “no DS record” 16 min" not in words
    assert "TTL of “no DS record” 15 min, first seen on all servers" in words


def test_a_change_that_never_arrived_is_for_support(browser, domain, make_key):
    make_key(domain)
    publication = add(domain)
    Publication.objects.filter(pk=publication.pk).update(look_at=None, looked_at=timezone.now(), arrived=1, servers=4)
    words = said(browser)
    assert "For three days not all name servers of .com followed. Ask support to look into it." in words
    assert "counted from then" not in words


def test_while_something_else_is_open_nothing_is_promised(browser, domain, make_key):
    make_key(domain)
    arrive(add(domain))
    remove_key(domain.keys.get(key_tag=2371), requested_by=domain.owner)
    assert said(browser).startswith("Nothing is waiting.")


def test_a_change_that_was_undone_at_the_registry_says_nothing(browser, domain, make_key):
    make_key(domain)
    arrive(add(domain))
    domain.keys.get(key_tag=17179).delete()
    assert said(browser).startswith("Nothing is waiting.")


def test_what_was_safe_for_weeks_is_not_spoken_of_any_more(browser, domain, make_key):
    make_key(domain, KEY_13)
    make_key(domain, KEY_13_OTHER)
    arrive(delete(domain), ago=timedelta(days=16))
    assert said(browser).startswith("Nothing is waiting.")


def test_the_part_asks_again_until_it_was_seen_and_is_silent_meanwhile(browser, domain, make_key):
    make_key(domain)
    publication = add(domain)
    (address,) = Page(browser.get(PAGE)).tree.xpath("//*[@id='next-step']/@hx-get")
    with CaptureQueriesContext(connection) as queries:
        response = browser.get(address, headers=HTMX)
    assert (response.status_code, response.content) == (204, b"")
    assert len(queries) == 6  # session, person, domain, keys, watch, sightings
    Publication.objects.filter(pk=publication.pk).update(looked_at=timezone.now(), arrived=1, servers=2)
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 200
    assert "1 of 2 name servers" in response.content.decode()
    arrive(publication)
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    assert "<html" not in response.content.decode()


def test_a_wait_that_ends_within_the_hour_is_followed_to_its_end(browser, domain, make_key):
    make_key(domain)
    arrive(delete(domain), ttl=60, ago=timedelta(0))
    (trigger,) = Page(browser.get(PAGE)).tree.xpath("//*[@id='next-step']/@hx-trigger")
    assert trigger == "every 20s"


@pytest.mark.parametrize("address", [STEP, FILE, f"{PAGE}rollover/", f"{PAGE}switch-off/"])
def test_nobody_elses_step_is_shown(sign_in, mallory, domain, make_key, address):
    make_key(domain)
    arrive(add(domain))
    assert sign_in(mallory).get(address).status_code == 404


# ---- the calendar ----


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_the_time_can_be_taken_into_a_calendar(browser, domain, make_key, settings):
    settings.PUBLIC_URL = "https://console.example"
    make_key(domain, KEY_13)
    publication = delete(domain)
    arrive(publication, ttl=3600)
    response = browser.get(FILE)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="example.com.next-step.ics"'
    lines = unfolded(response.content.decode())
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert "SUMMARY:example.com: Signing may stop now" in lines
    assert f"UID:{publication.operation.reference}@example.com" in lines
    assert lines.count("BEGIN:VEVENT") == lines.count("BEGIN:VALARM") == 1
    assert "TRIGGER:PT0S" in lines
    assert "URL:https://console.example/domains/example.com/dnssec/" in lines
    (start,) = [line for line in lines if line.startswith("DTSTART:")]
    assert re.fullmatch(r"DTSTART:\d{8}T\d{6}Z", start)


def test_there_is_no_file_while_no_time_is_known(browser, domain, make_key):
    make_key(domain)
    assert browser.get(FILE).status_code == 404
    add(domain)
    assert browser.get(FILE).status_code == 404


# ---- before a key is deleted ----


def deleting(browser: Any, domain: Domain, tag: int) -> Page:
    return Page(browser.get(f"{PAGE}keys/{domain.keys.get(key_tag=tag).pk}/delete/"))


def test_deleting_too_early_is_a_warning_with_the_time_and_the_reason(browser, domain, make_key):
    make_key(domain)
    keep(domain, chain_of(domain, ds=[KEY_13, KEY_13_OTHER], zone=[KEY_13, KEY_13_OTHER]))
    arrive(add(domain))
    page = deleting(browser, domain, 2371)
    assert page.text("//*[contains(@class, 'alert-warning')]//h2").startswith("Too early: safe after ")
    assert "Until then some resolvers may not know key 17179, which takes its place (DS TTL 24 h" in page.text()


def test_deleting_in_time_says_since_when_it_is_safe(browser, domain, make_key):
    make_key(domain)
    keep(domain, chain_of(domain, ds=[KEY_13, KEY_13_OTHER], zone=[KEY_13, KEY_13_OTHER]))
    publication = add(domain)
    Sighting.objects.update(since=timezone.now() - timedelta(days=9))
    arrive(publication, ago=timedelta(days=2))
    page = deleting(browser, domain, 2371)
    assert page.text("//*[contains(@class, 'alert-success')]//h2") == "Every resolver knows key 17179"


def test_keys_that_came_without_a_request_count_from_when_they_were_sighted(browser, domain, make_key):
    make_key(domain, KEY_13)
    make_key(domain, KEY_13_OTHER)
    keep(domain, chain_of(domain, ds=[KEY_13, KEY_13_OTHER], zone=[KEY_13, KEY_13_OTHER]))
    assert "Too early" in deleting(browser, domain, 2371).text()
    Sighting.objects.update(since=timezone.now() - timedelta(days=9))
    assert "Every resolver knows key 17179" in deleting(browser, domain, 2371).text()


def test_without_a_measurement_it_stays_cautious(browser, domain, make_key, make_domain):
    make_key(domain, KEY_13)
    make_key(domain, KEY_13_OTHER)
    words = deleting(browser, domain, 2371).text("//*[@id='delete-lead']")
    assert "all .com servers have shown it for 24 h, to be cautious" in words


def test_deleting_the_last_key_names_the_wait_that_follows(browser, domain, make_key):
    make_key(domain)
    keep(domain, chain_of(domain, ds=[KEY_13], zone=[KEY_13]))
    page = deleting(browser, domain, 2371)
    assert "Wait 24 h from when no .com server shows it" in page.text("//ol[@class='steps']")


def test_an_early_deletion_is_asked_for_all_the_same(browser, domain, make_key):
    make_key(domain)
    keep(domain, chain_of(domain, ds=[KEY_13, KEY_13_OTHER], zone=[KEY_13, KEY_13_OTHER]))
    arrive(add(domain))
    response = browser.post(f"{PAGE}keys/{domain.keys.get(key_tag=2371).pk}/remove/")
    assert response.status_code == 303
    assert Operation.objects.latest("id").type == "REMOVE_DNSSEC"
