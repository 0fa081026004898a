"""The admin's start page: what needs attention, in few questions, and only for who may see it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec.operations import have_copies, send_mail_again
from domains import attention
from domains.models import Attempt, Operation, OutgoingEmail, PollMessage

BUDGET = 20


def found(person) -> dict[str, tuple[int, list[str]]]:
    return {
        concern.title: (concern.count, [line.name for line in concern.lines])
        for concern in attention.concerns(person)
        if concern.count
    }


def test_where_all_is_well_nothing_is_counted(sign_in, sam, make_domain):
    make_domain("example.com")
    assert found(sam) == {}
    assert "Nothing. There are none of:" in sign_in(sam).get("/admin/").content.decode()


def test_it_counts_what_needs_attention_and_names_the_oldest(sam, make_domain, make_operation, make_registry):
    make_operation(make_domain("a.com"))
    make_operation(make_domain("b.com"), "ERROR")
    make_operation(make_domain("c.com"), "FAILED")
    OutgoingEmail.objects.filter(operation__domain__name="c.com").update(status="UNDELIVERABLE")
    now = timezone.now()
    silent = make_registry("south", last_answer_at=now - timedelta(hours=5), last_failure_at=now, failures=9)
    PollMessage.objects.create(registry=silent, message_id="7", queued_at=now, domain_name="d.com")
    assert found(sam) == {
        "Unconfirmed requests": (1, ["b.com"]),
        "Open requests": (1, ["a.com"]),
        "Failing registries": (1, ["south"]),
        "Undeliverable mails": (1, ["c.com"]),
        "Mails waiting": (1, ["b.com"]),
        "Messages not handled": (1, ["d.com"]),
    }


def test_each_concern_leads_to_the_list_of_what_it_counts(sign_in, sam, make_domain, make_operation):
    make_operation(make_domain("a.com"))
    make_operation(make_domain("b.com"), "ERROR")
    make_operation(make_domain("c.com"), "FAILED")
    OutgoingEmail.objects.filter(operation__domain__name="c.com").update(status="UNDELIVERABLE")
    client = sign_in(sam)
    for concern in attention.concerns(sam):
        page = client.get(concern.url)
        assert page.status_code == 200
        if concern.count:
            assert page.context["cl"].result_count == concern.count, concern.title


def test_an_undeliverable_mail_that_was_sent_again_is_dealt_with(sign_in, sam, sent, act):
    OutgoingEmail.objects.update(status="UNDELIVERABLE", sent_at=None)
    assert found(sam)["Undeliverable mails"][0] == 1
    act(sign_in(sam), "send_again", sent)
    assert set(found(sam)) == {"Mails waiting"}


def test_who_may_see_nothing_is_told_nothing(make_person, make_domain, make_operation):
    make_operation(make_domain("a.com"))
    assert attention.concerns(make_person("new@example.net", is_staff=True)) == []


def test_the_page_takes_no_more_queries_for_more_rows(sign_in, sam, make_domain, make_operation):
    client = sign_in(sam)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/").status_code == 200
        return len(captured)

    for number, status in enumerate(("ERROR", None)):
        make_operation(make_domain(f"first{number}.com"), status)
    few = queries()
    for number in range(20):
        operation = make_operation(make_domain(f"more{number}.com"), ("ERROR", None)[number % 2])
        Attempt.objects.create(operation=operation, command="domain:update", cl_trid=f"RC-{number}")
    assert queries() == few <= BUDGET
    assert Operation.objects.count() == 22


@pytest.mark.parametrize("path", ["/admin/", "/admin/find/", "/admin/mails/", "/admin/mails/added/light/"])
def test_an_owner_gets_at_none_of_these(sign_in, alice, path):
    assert sign_in(alice).get(path, follow=True).status_code == 403


def test_a_copy_that_arrived_does_not_hide_that_the_registrants_mail_did_not(alice, sam, make_domain, make_operation):
    have_copies(True, requested_by=alice)
    operation = make_operation(make_domain("a.com"), "FAILED")
    operation.mails.filter(is_copy=False).update(status="UNDELIVERABLE", recipient="")
    operation.mails.filter(is_copy=True).update(status="SENT", sent_at=timezone.now())
    assert found(sam) == {"Undeliverable mails": (1, ["a.com"])}
    send_mail_again(operation.mails.get(is_copy=False), requested_by=sam)
    assert found(sam) == {"Mails waiting": (1, ["a.com"])}
