"""What is older than KEEP_DAYS goes, in an order that nothing refers to what is gone; what is still needed stays."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from domains import housekeeping
from domains.models import Attempt, Domain, Operation, OutgoingEmail, PollMessage
from domains.tasks import tidy_up
from registrar.celery import app
from tests.conftest import MakeDomain

OLD, YOUNG = 401, 399


@pytest.fixture(autouse=True)
def _keeping(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    settings.KEEP_DAYS = 400
    monkeypatch.setattr(housekeeping, "PAUSE", 0)


@pytest.fixture
def domain(make_domain: MakeDomain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def make_operation(domain: Domain) -> Callable[..., Operation]:
    """A request that was submitted so many days ago, and ended at once unless it is open, with one attempt."""

    def make(days: int, status: str = "SUCCESSFUL", **fields: Any) -> Operation:
        then = timezone.now() - timedelta(days=days)
        finished = None if status in Operation.OPEN else then
        fields = {"domain": domain, "submitted_at": then, "finished_at": finished, **fields}
        operation: Operation = Operation.objects.create(type="ADD_DNSSEC", status=status, **fields)
        operation.attempts.create(command="domain:info", cl_trid=f"RC-{operation.pk}", sent_at=then)
        return operation

    return make


def make_mail(operation: Operation, days: int, status: str = "SENT", **fields: Any) -> OutgoingEmail:
    then = timezone.now() - timedelta(days=days)
    fields = {"outcome": operation.status, "sent_at": then if status == "SENT" else None, **fields}
    mail: OutgoingEmail = operation.mails.create(
        kind="added", status=status, created_at=then, message_id=f"<{OutgoingEmail.objects.count()}@test>", **fields
    )
    return mail


def make_message(operation: Operation | None, domain: Domain, days: int, *, handled: bool = True) -> PollMessage:
    then = timezone.now() - timedelta(days=days)
    return PollMessage.objects.create(
        registry=domain.tld.registry,
        message_id=str(PollMessage.objects.count()),
        queued_at=then,
        received_at=then,
        handled_at=then if handled else None,
        operation=operation,
    )


def left() -> dict[str, int]:
    models = (Operation, Attempt, OutgoingEmail, PollMessage)
    return {model.__name__: model.objects.count() for model in models}


@pytest.mark.parametrize("status", ["SUCCESSFUL", "FAILED", "ERROR"])
def test_an_old_request_goes_with_all_that_belongs_to_it(make_operation, domain: Domain, status: str) -> None:
    operation = make_operation(OLD, status)
    make_mail(operation, OLD)
    make_message(operation, domain, OLD)
    assert housekeeping.tidy_up() is False
    assert left() == {"Operation": 0, "Attempt": 0, "OutgoingEmail": 0, "PollMessage": 0}


def test_what_is_younger_stays(make_operation, domain: Domain) -> None:
    operation = make_operation(YOUNG)
    make_mail(operation, YOUNG)
    make_message(operation, domain, YOUNG)
    housekeeping.tidy_up()
    assert left() == {"Operation": 1, "Attempt": 1, "OutgoingEmail": 1, "PollMessage": 1}


def test_the_days_are_a_setting(make_operation, settings: Any) -> None:
    make_operation(31)
    settings.KEEP_DAYS = 30
    housekeeping.tidy_up()
    assert left()["Operation"] == 0


@pytest.mark.parametrize("status", ["SUBMITTED", "IN_PROGRESS"])
def test_an_open_request_never_goes(make_operation, domain: Domain, status: str) -> None:
    operation = make_operation(OLD, status)
    make_message(operation, domain, YOUNG)
    housekeeping.tidy_up()
    assert left() == {"Operation": 1, "Attempt": 1, "OutgoingEmail": 0, "PollMessage": 1}


def test_a_request_that_ended_lately_stays_however_old_it_is(make_operation) -> None:
    make_operation(OLD, finished_at=timezone.now() - timedelta(days=YOUNG))
    housekeeping.tidy_up()
    assert (left()["Operation"], left()["Attempt"]) == (1, 1)


@pytest.mark.parametrize("dnssec_status", ["ATTENTION", "CHANGING"])
def test_a_request_that_ended_in_doubt_stays_while_the_record_may_still_decide(
    make_operation, domain: Domain, dnssec_status: str
) -> None:
    Domain.objects.update(dnssec_status=dnssec_status)
    make_operation(OLD, "ERROR")
    make_operation(OLD, "FAILED")
    housekeeping.tidy_up()
    assert list(Operation.objects.values_list("status", flat=True)) == ["ERROR"]
    assert left()["Attempt"] == 1


def test_a_mail_that_waits_and_a_message_that_nobody_acted_on_stay_with_their_request(
    make_operation, domain: Domain
) -> None:
    make_mail(make_operation(OLD), OLD, "WAITING")
    make_message(make_operation(OLD), domain, OLD, handled=False)
    make_message(None, domain, OLD, handled=False)
    housekeeping.tidy_up()
    assert left() == {"Operation": 2, "Attempt": 0, "OutgoingEmail": 1, "PollMessage": 2}


def test_mails_that_could_not_be_delivered_go_too(make_operation) -> None:
    make_mail(make_operation(OLD), OLD, "UNDELIVERABLE")
    housekeeping.tidy_up()
    assert left()["OutgoingEmail"] == 0


def test_messages_about_nothing_of_ours_go_too(domain: Domain) -> None:
    make_message(None, domain, OLD)
    make_message(None, domain, YOUNG)
    housekeeping.tidy_up()
    assert left()["PollMessage"] == 1


def test_what_a_younger_request_repeats_stays_with_it(make_operation) -> None:
    first = make_operation(OLD, "FAILED")
    second = make_operation(OLD, "FAILED", retry_of=first)
    make_operation(OLD)
    third = make_operation(YOUNG, retry_of=second)
    housekeeping.tidy_up()
    assert set(Operation.objects.all()) == {first, second, third}


def test_a_row_of_repeats_goes_whole_once_the_last_is_old(make_operation) -> None:
    last = None
    for _ in range(5):
        last = make_operation(OLD, "FAILED", retry_of=last)
    housekeeping.tidy_up()
    assert left()["Operation"] == 0


def test_a_mail_that_was_sent_again_lately_stays_with_its_request(make_operation) -> None:
    operation = make_operation(OLD)
    first = make_mail(operation, OLD)
    make_mail(operation, YOUNG, resend_of=first)
    housekeeping.tidy_up()
    assert (left()["OutgoingEmail"], left()["Operation"]) == (2, 1)


def test_a_mail_that_was_sent_again_long_ago_goes(make_operation) -> None:
    operation = make_operation(OLD)
    make_mail(operation, OLD, resend_of=make_mail(operation, OLD))
    housekeeping.tidy_up()
    assert (left()["OutgoingEmail"], left()["Operation"]) == (0, 0)


def test_sessions_go_when_they_have_ended() -> None:
    now = timezone.now()
    for days in (-1, 1):
        Session.objects.create(session_key=f"key{days}", session_data="", expire_date=now + timedelta(days=days))
    housekeeping.tidy_up()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["key1"]


def test_a_round_ends_and_says_that_more_is_left(make_operation, monkeypatch: pytest.MonkeyPatch) -> None:
    make_operation(OLD)
    monkeypatch.setattr(housekeeping, "ROUND", 0)
    assert housekeeping.tidy_up() is True
    assert (left()["Operation"], left()["Attempt"]) == (1, 1)
    monkeypatch.undo()
    assert housekeeping.tidy_up() is False
    assert (left()["Operation"], left()["Attempt"]) == (0, 0)


def test_each_transaction_deletes_one_batch(make_operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 10)
    for _ in range(30):
        make_operation(OLD)
    with CaptureQueriesContext(connection) as queries:
        housekeeping.tidy_up()
    deletions = [row["sql"] for row in queries if row["sql"].startswith("DELETE") and "domains_operation" in row["sql"]]
    assert len([sql for sql in deletions if sql.startswith('DELETE FROM "domains_operation"')]) == 3
    assert len([sql for sql in deletions if sql.startswith('DELETE FROM "domains_attempt"')]) == 3


def test_the_search_stops_at_the_first_row_that_is_young(make_operation) -> None:
    make_operation(OLD)
    young = make_operation(YOUNG)
    for days in (OLD, YOUNG):
        make_operation(days)
    housekeeping.tidy_up()
    assert list(Operation.objects.order_by("pk").values_list("pk", flat=True)) == [young.pk, young.pk + 1, young.pk + 2]


def test_the_task_hands_out_the_next_round_while_there_is_more(make_operation, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = iter([True, False])
    handed_out: list[Any] = []
    monkeypatch.setattr(housekeeping, "tidy_up", lambda: next(rounds))
    monkeypatch.setattr(tidy_up, "apply_async", lambda args, **_options: handed_out.append(args))
    tidy_up()
    assert handed_out == [()]
    tidy_up()
    assert handed_out == [()]


def test_the_clock_starts_it_once_a_day() -> None:
    entry = app.conf.beat_schedule["tidy-up"]
    assert entry["task"] == tidy_up.name
    assert (entry["schedule"].hour, entry["schedule"].minute) == ({3}, {30})
