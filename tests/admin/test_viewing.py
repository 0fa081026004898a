"""Viewing the console as an owner sees it: read-only, written down, for half an hour, and never as staff."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from domains.models import Domain, Operation, Person
from domains.viewing import KEPT, LASTS
from tests.conftest import KEY_13

REASON = {"reason": "Asked for by phone."}


def start(client: Client, person: Person) -> int:
    return client.post(f"/admin/domains/person/{person.pk}/view-as/", REASON).status_code


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def viewing(sign_in, sam, alice, domain) -> Client:
    client = sign_in(sam)
    assert start(client, alice) == 302
    return client


def test_support_sees_what_the_owner_sees_under_a_banner(viewing, alice):
    for path in ("/domains/", "/domains/example.com/", "/domains/example.com/dnssec/", "/requests/"):
        page = viewing.get(path)
        assert (page.status_code, page.context["user"]) == (200, alice)
        assert "You see the console as <strong>alice@example.net</strong> does" in page.content.decode()
        assert "Stop viewing" in page.content.decode()
    assert "example.com" in viewing.get("/domains/").content.decode()


def test_each_start_is_written_down_with_its_reason(viewing, sam, alice, caplog):
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.content_type.model) == (sam, str(alice.pk), "person")
    assert entry.get_change_message() == "Viewed the console as this person: Asked for by phone."
    start_again = viewing.post("/viewing/stop/")
    assert (start_again.status_code, start_again["Location"]) == (303, f"/admin/domains/person/{alice.pk}/change/")
    start(viewing, alice)
    assert LogEntry.objects.count() == 2


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize(
    "path",
    [
        "/domains/example.com/dnssec/keys/",
        "/domains/example.com/dnssec/keys/understand/",
        "/domains/example.com/dnssec/check-again/",
        "/accounts/password/change/",
        "/admin/domains/operation/",
        "/admin/domains/person/1/view-as/",
        "/no/such/page/",
    ],
)
def test_nothing_is_changed_meanwhile_neither_there_nor_in_the_admin(viewing, method, path):
    answer = getattr(viewing, method)(path, {"public_key": KEY_13, "algorithm": 13, "key_type": 257, **REASON})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()
    assert (Operation.objects.count(), LogEntry.objects.count()) == (0, 1)


def test_the_admin_stays_the_staffs_own(viewing, sam):
    page = viewing.get("/admin/")
    assert (page.status_code, page.context["user"]) == (200, sam)
    assert "Stop viewing" in page.content.decode()


def test_after_stopping_support_is_support_again(viewing, sam):
    viewing.post("/viewing/stop/")
    page = viewing.get("/domains/")
    assert (page.context["user"], "Stop viewing" in page.content.decode()) == (sam, False)
    assert viewing.get("/domains/example.com/").status_code == 404
    assert viewing.post("/viewing/stop/").status_code == 302


def test_signing_out_ends_it(viewing, sam, sign_in):
    assert viewing.post("/accounts/logout/").status_code == 302
    viewing.force_login(sam)
    assert viewing.get("/domains/").context["user"] == sam


def test_it_ends_by_itself_after_half_an_hour(viewing, sam):
    assert timedelta(minutes=30) == LASTS
    session = viewing.session
    assert 1790 < session[KEPT]["until"] - timezone.now().timestamp() <= 1800
    session[KEPT] = session[KEPT] | {"until": timezone.now().timestamp() - 1}
    session.save()
    refused = viewing.post("/accounts/password/change/")
    assert refused.status_code == 403
    assert "You see your own console again" in refused.content.decode()
    assert viewing.get("/domains/").context["user"] == sam
    assert KEPT not in viewing.session


@pytest.mark.parametrize("change", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_it_ends_when_the_owner_becomes_staff_or_may_not_sign_in(viewing, alice, sam, change):
    Person.objects.filter(pk=alice.pk).update(**change)
    assert viewing.get("/domains/").context["user"] == sam


def test_it_ends_when_the_right_is_taken_away(viewing, sam):
    sam.groups.clear()
    assert viewing.get("/domains/").context["user"] == sam
    assert KEPT not in viewing.session


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_nobody_views_as_staff_or_as_who_may_not_sign_in(sign_in, sam, make_person, fields):
    other = make_person("other@example.net", **fields)
    client = sign_in(sam)
    assert start(client, other) == 403
    assert KEPT not in client.session
    assert not LogEntry.objects.exists()


def test_nobody_views_without_the_right_or_a_reason(sign_in, sam, mallory, alice, make_person):
    for person in (mallory, make_person("new@example.net", is_staff=True)):
        client = sign_in(person)
        client.post(f"/admin/domains/person/{alice.pk}/view-as/", REASON)
        assert KEPT not in client.session
    client = sign_in(sam)
    for reason in ("", "  ", "x" * 501):
        page = client.post(f"/admin/domains/person/{alice.pk}/view-as/", {"reason": reason})
        assert 'class="errorlist"' in page.content.decode()
    assert KEPT not in client.session
    assert not LogEntry.objects.exists()


def test_a_look_at_the_question_begins_nothing(sign_in, sam, alice):
    client = sign_in(sam)
    assert (
        "View the console as alice@example.net?"
        in client.get(f"/admin/domains/person/{alice.pk}/view-as/").content.decode()
    )
    assert KEPT not in client.session


def test_a_persons_page_leads_there_only_where_it_may(sign_in, sam, alice):
    client = sign_in(sam)
    assert "/view-as/" in client.get(f"/admin/domains/person/{alice.pk}/change/").content.decode()
    assert "/view-as/" not in client.get(f"/admin/domains/person/{sam.pk}/change/").content.decode()
