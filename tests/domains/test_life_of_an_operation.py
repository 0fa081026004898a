"""The life of an operation, step by step: each of its sentences in docs/architecture.md is a test here."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone

from domains import operations
from domains.errors import DuplicateRequest
from domains.models import Attempt, Domain, Operation, Person
from domains.sentences import Sentence
from tests.conftest import MakeDomain

pytestmark = pytest.mark.django_db


@pytest.fixture
def domain(make_domain: MakeDomain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def operation(domain: Domain, alice: Person) -> Operation:
    return operations.submit(domain, type="ADD_DNSSEC", subject={"key_tag": 2371}, requested_by=alice)


def claimed(operation: Operation) -> Operation:
    taken = operations.claim(operation.pk)
    assert taken is not None
    return taken


def test_is_submitted_once_and_a_second_one_is_refused(domain: Domain, operation: Operation, alice: Person) -> None:
    with pytest.raises(DuplicateRequest) as refused:
        operations.submit(domain, type="REMOVE_DNSSEC", subject={}, requested_by=alice)
    assert refused.value.operation == operation
    assert Operation.objects.count() == 1


def test_the_database_itself_knows_one_open_operation_per_domain(domain: Domain, operation: Operation) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Operation.objects.create(domain=domain, type="ADD_DNSSEC", status="IN_PROGRESS")
    operations.close(operation, status="FAILED", message=Sentence("No."))
    Operation.objects.create(domain=domain, type="ADD_DNSSEC")


@pytest.mark.parametrize(
    "wrong",
    [{"status": "DONE"}, {"type": "RENEW"}, {"status": "FAILED"}, {"finished_at": timezone.now()}],
)
def test_the_database_refuses_what_must_never_be(domain: Domain, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Operation.objects.create(**{"domain": domain, "type": "ADD_DNSSEC", "status": "SUBMITTED"} | wrong)


def test_is_claimed_by_one_worker_at_a_time(operation: Operation) -> None:
    assert operations.claim(operation.pk) is not None
    assert operations.claim(operation.pk) is None


def test_a_claim_is_free_again_when_its_lease_has_run_out(operation: Operation, settings: Any) -> None:
    first = claimed(operation)
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.OPERATION_LEASE + 1)):
        second = claimed(operation)
    assert first.claim_token != second.claim_token
    with pytest.raises(operations.ClaimLost):
        operations.record_command(first, "domain:update", changes=True)
    assert Attempt.objects.count() == 0


def test_the_lease_is_renewed_before_each_command(operation: Operation, settings: Any) -> None:
    mine = claimed(operation)
    later = timezone.now() + timedelta(seconds=settings.OPERATION_LEASE - 1)
    with time_machine.travel(later, tick=False):
        operations.record_command(mine, "domain:info")
    mine.refresh_from_db()
    assert mine.lease_until == later + timedelta(seconds=settings.OPERATION_LEASE)


def test_is_not_claimed_before_it_is_due(operation: Operation) -> None:
    operations.release(claimed(operation), next_attempt_at=timezone.now() + timedelta(seconds=60))
    assert operations.claim(operation.pk) is None
    assert operations.due(10) == []
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert operations.due(10) == [operation.pk]
        assert operations.claim(operation.pk) is not None


def test_a_command_is_written_down_before_it_is_sent(operation: Operation) -> None:
    mine = claimed(operation)
    look = operations.record_command(mine, "domain:info")
    change = operations.record_command(mine, "domain:update", changes=True)
    assert (look.cl_trid, change.cl_trid) == (f"RC-{operation.reference}-1", f"RC-{operation.reference}-2")
    operations.record_answer(change, code=1000, sv_trid="SV-1", message="Command completed successfully")
    assert Attempt.objects.filter(code=1000, sv_trid="SV-1", answered_at__isnull=False).count() == 1


def test_is_in_progress_and_no_longer_cancellable_from_the_moment_a_change_is_sent(operation: Operation) -> None:
    mine = claimed(operation)
    operations.record_command(mine, "domain:info")
    operation.refresh_from_db()
    assert (operation.status, operation.can_be_cancelled) == ("SUBMITTED", True)
    operations.record_command(mine, "domain:update", changes=True)
    operation.refresh_from_db()
    assert (operation.status, operation.can_be_cancelled) == ("IN_PROGRESS", False)
    assert not operations.close(operation, status="FAILED", message=Sentence("Cancelled."), unsent=True)


def test_a_change_that_surely_was_not_sent_can_be_cancelled_again(operation: Operation) -> None:
    mine = claimed(operation)
    operations.record_command(mine, "domain:update", changes=True)
    operations.take_back_sending(mine)
    operation.refresh_from_db()
    assert (operation.status, operation.can_be_cancelled) == ("SUBMITTED", True)


def test_a_cancellation_stops_the_worker_before_it_sends(operation: Operation) -> None:
    mine = claimed(operation)
    assert operations.close(operation, status="FAILED", message=Sentence("Cancelled."), unsent=True)
    with pytest.raises(operations.ClaimLost):
        operations.record_command(mine, "domain:update", changes=True)


def test_has_one_outcome(operation: Operation) -> None:
    mine = claimed(operation)
    assert operations.close(mine, status="SUCCESSFUL", message=Sentence("Done."), claimed=True)
    assert not operations.close(operation, status="FAILED", message=Sentence("No."))
    operation.refresh_from_db()
    assert (operation.status, operation.message, operation.claim_token) == ("SUCCESSFUL", "Done.", None)


def test_a_worker_whose_claim_was_taken_over_cannot_close_it(operation: Operation, settings: Any) -> None:
    first = claimed(operation)
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.OPERATION_LEASE + 1)):
        claimed(operation)
    assert not operations.close(first, status="FAILED", message=Sentence("No."), claimed=True)


def test_an_error_may_get_its_later_truth_but_no_other_outcome_changes(operation: Operation) -> None:
    assert operations.close(operation, status="ERROR", message=Sentence("We do not know."))
    assert not operations.close(operation, status="ERROR", message=Sentence("We still do not know."))
    assert operations.close(operation, status="SUCCESSFUL", message=Sentence("It was done."))


def test_is_looked_up_after_ten_seconds_while_the_registry_decides_then_with_growing_gaps(operation: Operation) -> None:
    start = timezone.now()
    gaps = []
    moment = start
    for _round in range(8):
        with time_machine.travel(moment, tick=False):
            operations.wait_for_registry(claimed(operation))
            operation.refresh_from_db()
            gaps.append(round((operation.next_attempt_at - moment).total_seconds()))
            moment = operation.next_attempt_at
    assert gaps == [10, 10, 20, 40, 80, 160, 300, 300]
    assert operation.pending_since == start
    assert operation.status == "IN_PROGRESS"


def test_waits_longer_after_each_attempt_up_to_five_minutes() -> None:
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        waits = [(operations.next_attempt(made) - now).total_seconds() for made in (1, 2, 3, 10, 10_000)]
    for wait, middle in zip(waits, (2, 4, 8, 300, 300), strict=True):
        assert 0.75 * middle <= wait <= 1.25 * middle


def test_is_given_a_day_unless_the_registry_still_decides(operation: Operation) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert not operations.is_out_of_patience(operation)
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert operations.is_out_of_patience(operation)
        operation.pending_since = timezone.now()
        assert not operations.is_out_of_patience(operation)


def test_the_longest_waiting_are_handed_out_first_and_never_more_than_a_batch(
    make_domain: MakeDomain, alice: Person
) -> None:
    made = [
        operations.submit(make_domain(f"example{i}.com"), type="ADD_DNSSEC", subject={}, requested_by=alice)
        for i in range(4)
    ]
    for i, each in enumerate(made):
        Operation.objects.filter(pk=each.pk).update(next_attempt_at=timezone.now() - timedelta(minutes=i))
    assert operations.due(3) == [made[3].pk, made[2].pk, made[1].pk]
