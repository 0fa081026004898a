"""Manage keys beside the changes: records to copy and to take along, who added a key and when, a note on it, and how
long a change usually takes.
"""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec.models import DelegationSigner
from dnssec.outcomes import done, settle
from domains.models import Domain, Operation
from tests.conftest import KEY_13, KEY_13_OTHER
from tests.console.page import HTMX, Page

PAGE = "/domains/example.com/dnssec/"
ADD = f"{PAGE}keys/"
TYPED = {"key_type": 257, "algorithm": 13, "public_key": KEY_13_OTHER}
DS = "example.com. IN DS 2371 13 2 C988EC423E3880EB8DD8A46FE06CA230EE23F35B578D64E78B29C3E1C83D245A"
DNSKEY = f"example.com. IN DNSKEY 257 3 13 {KEY_13}"


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


def copied(page: Page) -> list[str]:
    return [str(value) for value in page.tree.xpath("//button[@data-copy]/@data-copy")]


def closed(domain: Domain, seconds: float) -> None:
    now = timezone.now()
    begin = now - timedelta(seconds=seconds)
    Operation.objects.create(
        domain=domain,
        type="ADD_DNSSEC",
        status="SUCCESSFUL",
        subject={"key_tag": 1},
        submitted_at=begin,
        update_sent_at=begin,
        finished_at=now,
    )


def test_each_key_is_there_as_ds_and_dnskey_records_to_copy(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    values = copied(Page(browser.get(PAGE)))
    assert DS in values
    assert f"example.com. IN DS 2371 13 4 {row.ds['4']}" in values
    assert DNSKEY in values
    assert not [value for value in values if " 13 1 " in value]


def test_all_keys_can_be_copied_at_once_and_taken_along_as_a_file(browser, domain, make_key):
    first, second = make_key(domain, KEY_13), make_key(domain, KEY_13_OTHER)
    text = (
        f"; Key 17179\n"
        f"example.com. IN DS 17179 13 2 {second.ds['2']}\n"
        f"example.com. IN DS 17179 13 4 {second.ds['4']}\n"
        f"example.com. IN DNSKEY 257 3 13 {KEY_13_OTHER}\n\n"
        f"; Key 2371\n{DS}\nexample.com. IN DS 2371 13 4 {first.ds['4']}\n{DNSKEY}"
    )
    page = Page(browser.get(PAGE))
    assert text in copied(page)
    response = browser.get(page.link("Download as a text file"))
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="example.com.dnssec.txt"'
    head, _, rest = response.content.decode().partition("\n\n")
    assert head.startswith("; The DNSSEC keys of example.com, 20")
    assert rest == text + "\n"


def test_a_key_known_by_its_ds_alone_has_no_dnskey_record(browser, domain):
    DelegationSigner.objects.create(
        domain=domain, fingerprint="5-13-1-AA", state="PRESENT", algorithm=13, key_tag=5, ds={"1": "AA"}
    )
    values = copied(Page(browser.get(PAGE)))
    assert "example.com. IN DS 5 13 1 AA" in values
    assert not [value for value in values if "IN DNSKEY" in value]


def test_without_keys_there_is_nothing_to_copy(browser, domain):
    page = Page(browser.get(PAGE))
    assert not page.tree.xpath("//*[@id='all-records']")
    assert browser.get(f"{PAGE}records.txt").status_code == 200


def test_another_persons_records_are_not_found(sign_in, mallory, domain):
    assert sign_in(mallory).get(f"{PAGE}records.txt").status_code == 404


def test_who_added_a_key_is_named_and_what_was_found_is_said_to_be(browser, domain, make_key):
    DelegationSigner.objects.filter(pk=make_key(domain, KEY_13).pk).update(
        created_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    )
    browser.post(ADD, TYPED)
    page = Page(browser.get(PAGE))
    added, found = page.texts("//tbody/tr//details")
    assert " Added by alice@example.net on " in added
    assert " Found at the registry on 4 Mar 2026, 05:06 UTC." in found


def test_a_key_whose_row_went_missing_names_who_asked_for_it(browser, domain, alice):
    browser.post(ADD, TYPED)
    DelegationSigner.objects.all().delete()
    operation = Operation.objects.get()
    settle(operation, done(operation))
    assert DelegationSigner.objects.get().added_by == alice


def test_a_note_is_kept_in_one_line_and_shown_in_the_keys_row(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    response = browser.post(f"{ADD}{row.pk}/note/", {"note": " made by\r\n the <new> server "})
    assert (response.status_code, response["Location"]) == (303, f"{PAGE}#key-{row.pk}")
    row.refresh_from_db()
    assert row.note == "made by the <new> server"
    page = Page(browser.get(PAGE))
    assert page.text("//tbody//p[@class='key-note']") == "made by the <new> server"
    assert page.labelled("Note on key 2371").get("value") == "made by the <new> server"
    assert "The note is saved." in page.text("//*[@id='flashbar']")


def test_an_empty_note_takes_the_old_one_away(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    DelegationSigner.objects.update(note="old")
    browser.post(f"{ADD}{row.pk}/note/", {"note": ""})
    assert not Page(browser.get(PAGE)).tree.xpath("//p[@class='key-note']")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x" * 201, "A note has 200 characters at most. Nothing was changed."),
        ("-----BEGIN PRIVATE KEY----- MC4CAQAwBQYDK2Vw", "private key"),
    ],
)
def test_what_is_too_long_or_a_private_key_is_no_note(browser, domain, make_key, text, says):
    row = make_key(domain, KEY_13)
    response = browser.post(f"{ADD}{row.pk}/note/", {"note": text}, headers=HTMX)
    assert response.status_code == 422
    assert says in Page(response).text("//*[@id='flashbar']")
    assert DelegationSigner.objects.get().note == ""


def test_nobody_else_writes_notes_and_none_are_written_where_nothing_is_managed(
    browser, domain, make_key, sign_in, mallory
):
    row = make_key(domain, KEY_13)
    assert sign_in(mallory).post(f"{ADD}{row.pk}/note/", {"note": "mine"}).status_code == 404
    Domain.objects.update(state="LEFT")
    assert browser.post(f"{ADD}{row.pk}/note/", {"note": "mine"}, headers=HTMX).status_code == 409
    assert not Page(browser.get(PAGE)).tree.xpath("//input[@name='note']")
    assert DelegationSigner.objects.get().note == ""


def test_the_row_has_one_form_and_the_first_textarea_is_the_public_key(browser, domain, make_key):
    make_key(domain, KEY_13)
    page = Page(browser.get(PAGE))
    assert len(page.tree.xpath("//tbody/tr//form")) == 1
    assert page.tree.xpath("//textarea")[0] is page.labelled("Public key")


def test_more_keys_cost_no_more_queries(browser, domain, make_key):
    make_key(domain, KEY_13)
    with CaptureQueriesContext(connection) as one:
        browser.get(PAGE)
    make_key(domain, KEY_13_OTHER)
    with CaptureQueriesContext(connection) as two:
        browser.get(PAGE)
    assert len(two) == len(one) <= 8


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        ([0.4, 0.6, 400], "within 2 seconds."),
        ([30, 41.2, 41.2], "within 42 seconds."),
        ([200, 290, 300], "within 5 minutes."),
        ([9000, 9000, 9000], "within 3 hours."),
    ],
)
def test_while_a_change_is_open_the_page_says_how_long_others_took(browser, domain, make_domain, seconds, says):
    for number, each in enumerate(seconds):
        closed(make_domain(f"other{number}.com"), each)
    browser.post(ADD, TYPED)
    notice = Page(browser.get(PAGE)).text("//*[@id='add-key-notice']")
    assert f"Most changes of .com domains are done {says}" in notice


def test_too_few_or_another_tlds_changes_promise_nothing(browser, domain, make_domain):
    for name in ("a.com", "b.com", "c.net", "d.net", "e.net"):
        closed(make_domain(name), 2)
    browser.post(ADD, TYPED)
    assert "Most changes" not in Page(browser.get(PAGE)).text("//*[@id='add-key-notice']")


def test_the_steps_tell_when_they_were_done(browser, domain):
    browser.post(ADD, TYPED)
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    Operation.objects.update(submitted_at=at, update_sent_at=at + timedelta(seconds=1), status="IN_PROGRESS")
    assert Page(browser.get(PAGE)).texts("//ol[@class='progress']/li") == [
        "Submitted , done 05:06:07",
        "Sent to registry , done 05:06:08",
        "Registry decides",
        "Mail sent",
    ]


def test_add_a_key_leads_into_the_field(browser, domain, make_key):
    make_key(domain, KEY_13)
    assert Page(browser.get(PAGE)).link("Add a key") == "#id_public_key"
    live = browser.post(f"{ADD}{DelegationSigner.objects.get().pk}/note/", {"note": ""}, headers=HTMX)
    assert Page(live).link("Add a key") == "#id_public_key"


def test_keys_from_before_are_credited_to_who_asked_for_them(browser, domain, make_key, alice):
    browser.post(ADD, TYPED)
    found = make_key(domain, KEY_13)
    DelegationSigner.objects.update(added_by=None)
    migration = import_module("dnssec.migrations.0002_note_and_origin")
    migration.remember_who_added(apps, None)
    assert DelegationSigner.objects.exclude(pk=found.pk).get().added_by == alice
    assert DelegationSigner.objects.get(pk=found.pk).added_by is None
