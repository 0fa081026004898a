"""A domain's whole story on one page: requests, commands, messages, mails and what staff did, newest first."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec.mail import change_mail
from dnssec.snapshots import Difference
from domains import story
from domains.models import Attempt, Domain, Operation, OutgoingEmail, PollMessage
from domains.outbox import promise


@pytest.fixture
def told(failed, sam, sign_in, act, make_domain, make_operation):
    """The request after a command, a message and an action of the staff's; another domain has a story of its own."""
    at = failed.submitted_at
    Operation.objects.filter(pk=failed.pk).update(finished_at=at + timedelta(seconds=3))
    Attempt.objects.create(
        operation=failed, command="domain:update", cl_trid="RC-1", sv_trid="SV-1", code=2306,
        message="No room", sent_at=at + timedelta(seconds=1),
    )  # fmt: skip
    PollMessage.objects.create(
        registry=failed.domain.tld.registry, message_id="77", queued_at=at, text="Decided", operation=failed,
        received_at=at + timedelta(seconds=2),
    )  # fmt: skip
    OutgoingEmail.objects.update(created_at=at + timedelta(seconds=4))
    act(sign_in(sam), "give_up", failed)
    act(sign_in(sam), "look_again", failed.domain)
    make_operation(make_domain("other.com"), "FAILED")
    return failed


def test_everything_is_there_newest_first(told):
    assert [(event.kind, event.title) for event in story.page(told.domain).told][-5:] == [
        ("mail", "Mail to registrant@example.net: Waiting"),
        ("request", "Add key 2371: Failed"),
        ("message", "Told by the registry: message 77"),
        ("command", "Sent to the registry: domain:update"),
        ("request", "Asked for: Add key 2371"),
    ]


def test_what_staff_did_to_domain_request_and_mail_stands_in_it(sign_in, sam, told, act):
    Domain.objects.update(looked_at=timezone.now() - timedelta(hours=1))
    client = sign_in(sam)
    act(client, "look_again", told.domain)
    OutgoingEmail.objects.filter(operation=told).update(status="UNDELIVERABLE")
    act(client, "send_again", told.mails.get())
    act(client, "try_again", told)
    repeat = Operation.objects.get(retry_of=told)
    said = [event.text for event in story.page(told.domain).told if event.kind == "staff"]
    assert said == [
        f"Tried again as request {repeat.reference}. Asked for by phone.",
        "Sent again: Asked for by phone.",
        "Had the registry asked again: Asked for by phone.",
    ]


def test_a_change_at_the_registry_stands_in_it(told):
    promise(change_mail(told.domain, Difference(left=True)))
    (change,) = (event for event in story.page(told.domain).told if event.kind == "changed")
    assert change.text == "example.com: no longer managed here"


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_no_page_repeats_or_skips_an_event_even_of_one_moment(told, size):
    at = told.submitted_at
    Operation.objects.update(finished_at=at)
    Attempt.objects.update(sent_at=at)
    PollMessage.objects.update(received_at=at)
    OutgoingEmail.objects.update(created_at=at)
    whole = [event.title for event in story.page(told.domain, size=100).told]
    titles, cursor = [], ""
    while True:
        page = story.page(told.domain, cursor=cursor, size=size)
        titles += [event.title for event in page.told]
        cursor = page.next
        if not cursor:
            break
        assert len(page.told) == size
    assert titles == whole
    assert len(whole) >= 5


def test_nonsense_for_a_cursor_is_page_one(told):
    assert story.page(told.domain, cursor="nonsense") == story.page(told.domain)


def test_the_page_takes_no_more_queries_for_a_longer_story(sign_in, sam, told):
    client = sign_in(sam)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = client.get(f"/admin/domains/domain/{told.domain_id}/story/")
        assert page.status_code == 200
        return len(captured)

    few = queries()
    for number in range(60):
        Attempt.objects.create(operation=told, command="domain:info", cl_trid=f"RC-more-{number}")
    assert queries() == few <= 18
    assert "Older" in client.get(f"/admin/domains/domain/{told.domain_id}/story/").content.decode()


def test_it_is_for_staff_who_may_see_all_of_it(sign_in, alice, sam, told):
    path = f"/admin/domains/domain/{told.domain_id}/story/"
    assert sign_in(alice).get(path, follow=True).status_code == 403
    support = sam.groups.get()
    support.permissions.remove(support.permissions.get(codename="view_attempt"))
    assert sign_in(sam).get(path).status_code == 403
    assert sign_in(sam).get("/admin/domains/domain/999999/story/").status_code == 404
