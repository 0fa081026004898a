"""One request: its key, and everything that happened in it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from domains.models import Attempt, Operation, OutgoingEmail, PollMessage
from tests.console.page import HTMX, Page

DIGEST = "D08E564D5690B47FB5AD9D53E6FD6D56E2BF96832D1D34AB7DFF6CF712EA43AA"


@pytest.fixture
def operation(make_domain, alice) -> Operation:
    """Alice's wish to add key 17179 to example.com, not sent yet."""
    subject = {"key_tag": 17179, "flags": 257, "algorithm": 13, "ds": {"2": DIGEST}}
    return Operation.objects.create(
        domain=make_domain("example.com"), type="ADD_DNSSEC", subject=subject, requested_by=alice
    )


def page_of(client, operation: Operation) -> Page:
    return Page(client.get(f"/requests/{operation.reference}/"))


def steps(page: Page) -> list[str]:
    return page.texts("//*[@class='timeline']/li/div")


def send(operation: Operation, code: int, message: str, **fields) -> Attempt:
    Operation.objects.filter(pk=operation.pk).update(status="IN_PROGRESS", update_sent_at=timezone.now())
    return Attempt.objects.create(
        operation=operation,
        command=fields.pop("command", "domain:update"),
        cl_trid=f"RC-{operation.reference}-{operation.attempts.count() + 1}",
        sent_at=timezone.now(),
        answered_at=timezone.now(),
        sv_trid="NORTH-1",
        code=code,
        message=message,
    )


def test_the_key_it_is_about_is_shown_whole(sign_in, alice, operation):
    page = page_of(sign_in(alice), operation)
    assert page.text("//h1") == "Add key 17179"
    assert page.fact("Key type") == "KSK 257"
    assert page.fact("Key tag") == "17179"
    assert page.fact("SHA-256 digest") == DIGEST
    assert page.tree.xpath("//button[@data-copy]/@data-copy") == [DIGEST]
    assert page.fact("Request") == operation.reference


def test_a_request_that_waits_can_be_cancelled_by_a_button(sign_in, alice, operation):
    page = page_of(sign_in(alice), operation)
    (form,) = page.tree.xpath("//main//form")
    assert (form.get("method"), form.get("action")) == ("post", f"/requests/{operation.reference}/cancel/")
    assert page.texts("//main//form/button") == ["Cancel request"]
    assert steps(page) == [
        "Submitted by alice@example.net",
        "Waiting to be sent This page updates by itself.",
        "Mail to registrant@example.net with the outcome",
    ]


def test_a_request_that_was_sent_cannot(sign_in, alice, operation):
    send(operation, 1001, "Command completed successfully; action pending")
    Operation.objects.update(pending_since=timezone.now())
    page = page_of(sign_in(alice), operation)
    assert page.tree.xpath("//main//form") == []
    assert steps(page) == [
        "Submitted by alice@example.net",
        f"Sent to the .com registry our transaction RC-{operation.reference}-1",
        "Received by the registry Command completed successfully; action pending "
        "code 1001 the registry’s transaction NORTH-1",
        "The registry decides This usually takes minutes; the page updates by itself.",
        "Mail to registrant@example.net with the outcome",
    ]


def test_the_outcome_its_reason_and_its_mail_close_the_story(sign_in, alice, operation):
    send(operation, 2306, "Limit of 4 DS records reached")
    PollMessage.objects.create(
        registry=operation.domain.tld.registry,
        message_id="7",
        queued_at=timezone.now(),
        text="Refused",
        accepted=False,
        operation=operation,
    )
    Operation.objects.update(
        status="FAILED",
        message="Delete a key first.",
        registry_words="Limit of 4 DS records reached",
        closed_because="asked by phone",
        finished_at=timezone.now(),
    )
    OutgoingEmail.objects.create(
        operation=operation,
        kind="not_added",
        outcome="FAILED",
        recipient="registrant@example.net",
        subject="Key not added",
        message_id="<1@test>",
        status="SENT",
        sent_at=timezone.now(),
    )
    page = page_of(sign_in(alice), operation)
    assert steps(page)[2:] == [
        "Answered by the registry Limit of 4 DS records reached code 2306 the registry’s transaction NORTH-1",
        "Decided by the registry Refused",
        "Failed Delete a key first. Reason given: asked by phone",
        "Mail to registrant@example.net Key not added Send again registrant@example.net",
    ]
    assert "In the registry’s words: Limit of 4 DS records reached" in page.texts("//main//p")


def test_hundreds_of_attempts_are_told_by_the_last_twenty(sign_in, alice, operation):
    start = timezone.now()
    Attempt.objects.bulk_create(
        Attempt(operation=operation, command="domain:info", cl_trid=f"T-{i}", sent_at=start + timedelta(seconds=i))
        for i in range(300)
    )
    told = steps(page_of(sign_in(alice), operation))
    assert told[1] == "280 earlier commands are not shown"
    assert told[2] == "Asked the .com registry what it holds our transaction T-280"
    assert len(told) == 24


def test_what_the_registry_says_cannot_become_markup(sign_in, alice, operation):
    send(operation, 2400, "<script>alert(1)</script>")
    response = sign_in(alice).get(f"/requests/{operation.reference}/")
    assert b"<script>alert" not in response.content
    assert b"&lt;script&gt;alert(1)" in response.content


def test_a_strangers_request_answers_as_one_that_is_not_there(sign_in, mallory, operation):
    client = sign_in(mallory)
    answers = [client.get(f"/requests/{reference}/") for reference in (operation.reference, "0000000000")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert Page(answers[0]).text("//main") == Page(answers[1]).text("//main")
    assert client.get(f"/requests/{operation.reference}/live/", headers=HTMX).status_code == 404


def test_it_follows_what_happens_and_stops(sign_in, alice, operation):
    client = sign_in(alice)
    (address,) = page_of(client, operation).tree.xpath("//*[@id='request-state']/@hx-get")
    assert client.get(address, headers=HTMX).status_code == 204
    Operation.objects.update(status="IN_PROGRESS", version=1)
    changed = client.get(address, headers=HTMX)
    assert (changed.status_code, Page(changed).text("//*[@role='status']")) == (200, "In progress")
    Operation.objects.update(status="SUCCESSFUL", finished_at=timezone.now(), version=2)
    closed = client.get(address, headers=HTMX)
    assert (closed.status_code, Page(closed).text("//*[@role='status']")) == (286, "Successful")
    assert Page(closed).tree.get("hx-get") is None


def test_it_takes_six_queries(sign_in, alice, operation, django_assert_num_queries):
    for number in range(5):
        send(operation, 1000, f"Message {number}")
    client = sign_in(alice)
    with django_assert_num_queries(6):  # Session, person, request, attempts, poll messages, mails.
        page_of(client, operation)
