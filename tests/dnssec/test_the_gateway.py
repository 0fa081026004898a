"""The door to a registry under trouble: it is not run over, its queue is asked once, and what was said is kept."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.utils import timezone

from dnssec import tasks
from dnssec.keys import DnsKey
from dnssec.operations import add_key
from dnssec.polling import handle, poll
from dnssec.provisioning import carry_out
from dnssec.reconciliation import due_for_reconciliation
from domains import operations
from domains import registry as door
from domains.epp.responses import PendingResult
from domains.models import Attempt, Domain, Operation, Person, PollMessage, Registry
from domains.queues import pollers
from domains.registry import RegistryUnavailable
from tests.conftest import KEY_13_OTHER
from tests.dnssec.conftest import MockRegistry

pytestmark = pytest.mark.django_db(transaction=True)


def add(name: str) -> Operation:
    key = DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13)
    return add_key(Domain.objects.get(name=name), key, requested_by=Person.objects.get())


def north() -> Registry:
    return Registry.objects.get(name="north")


def try_to_reach(registry: Registry) -> None:
    with pytest.raises(RegistryUnavailable), door.session(registry):
        pass


# ---- a registry that is down ----


def test_the_third_failure_in_a_row_stops_everybody_from_trying_for_a_while(mock_registry: MockRegistry) -> None:
    mock_registry.stop()
    waits = []
    for _attempt in range(2):
        try_to_reach(north())
        assert north().retry_at is None
    moment = timezone.now()
    with time_machine.travel(moment, tick=False) as clock:
        for _attempt in range(8):
            try_to_reach(north())
            retry_at = north().retry_at
            assert retry_at is not None
            waits.append((retry_at - timezone.now()).total_seconds())
            clock.move_to(retry_at)
    for wait, expected in zip(waits, (1, 2, 4, 8, 16, 32, 60, 60), strict=True):
        assert 0.75 * expected <= wait <= 1.25 * expected


def test_nobody_connects_while_it_is_left_alone_and_one_success_ends_it(mock_registry: MockRegistry) -> None:
    mock_registry.stop()
    for _attempt in range(3):
        try_to_reach(north())
    Registry.objects.filter(name="north").update(retry_at=timezone.now() + timedelta(seconds=60))
    with patch("domains.registry.Client.connect") as connect:
        try_to_reach(north())
    assert (connect.call_count, north().failures) == (0, 3)
    assert north().last_failure.startswith("It was not reached 3 times: not tried before ")
    Registry.objects.filter(name="north").update(retry_at=timezone.now())
    mock_registry.start()
    with patch("django.conf.settings.EPP_PORT", mock_registry.port), door.session(north()):
        pass
    assert (north().failures, north().retry_at) == (0, None)


# ---- its queue ----


def test_rows_of_one_server_and_login_are_one_queue(mock_registry: MockRegistry) -> None:
    registry = north()
    twin = Registry.objects.create(name="twin", interface="key", registrar_id="console", sealed_password="")
    Domain.objects.get(name="example.de").tld.__class__.objects.filter(name="de").update(registry=twin)
    assert [poller.name for poller in pollers()] == ["north"]
    with patch.object(tasks, "hand_over") as hand_over:
        tasks.poll_registries()
        tasks.poll_registries()
    assert [call.args for call in hand_over.call_args_list] == [(tasks.poll_registry, registry.pk)]
    before = timezone.now()
    poll(registry)
    twin.refresh_from_db()
    assert twin.last_answer_at is not None
    assert twin.last_answer_at >= before


def test_a_queue_in_other_hands_is_left_alone_until_the_lease_is_over(mock_registry: MockRegistry) -> None:
    Registry.objects.filter(name="north").update(poll_lease_until=timezone.now() + timedelta(seconds=30))
    with patch("domains.registry.Session.next_message", return_value=None) as asked:
        poll(north())
        assert asked.call_count == 0
        Registry.objects.filter(name="north").update(poll_lease_until=timezone.now() - timedelta(seconds=1))
        poll(north())
    assert asked.call_count == 1
    assert north().poll_lease_until is None


def test_the_queue_is_free_again_when_the_registry_was_away(mock_registry: MockRegistry) -> None:
    mock_registry.stop()
    with pytest.raises(RegistryUnavailable):
        poll(north())
    assert north().poll_lease_until is None


def test_a_message_that_comes_back_after_its_acknowledgement_waits_for_the_next_poll(
    mock_registry: MockRegistry,
) -> None:
    message = door.QueuedMessage("7", timezone.now(), "Dropped, or so it seems.", None)
    with (
        patch("domains.registry.Session.next_message", return_value=message) as asked,
        patch("domains.registry.Session.acknowledge") as acknowledged,
    ):
        poll(north())
        assert (asked.call_count, acknowledged.call_count) == (2, 1)
        poll(north())
    assert (asked.call_count, acknowledged.call_count) == (4, 2)
    assert PollMessage.objects.count() == 1


def test_a_message_may_have_the_longest_ids_there_are(mock_registry: MockRegistry) -> None:
    longest = "x" * 255
    result = PendingResult("example.com", True, longest, longest, None)
    message = door.QueuedMessage(longest, None, "", result, "example.com")
    with (
        patch("domains.registry.Session.next_message", side_effect=[message, None]),
        patch("domains.registry.Session.acknowledge") as acknowledged,
    ):
        poll(north())
    acknowledged.assert_called_once_with(longest)
    row = PollMessage.objects.get()
    assert (row.message_id, row.cl_trid, row.sv_trid, row.operation) == (longest, longest, longest, None)


def test_a_decision_is_matched_by_the_longest_server_transaction_id_there_is(mock_registry: MockRegistry) -> None:
    longest = "s" * 255
    operation = add("undecided.com")
    attempt = operations.record_command(operation, "domain:update")
    operations.record_answer(attempt, code=1001, sv_trid=longest)
    row = PollMessage.objects.create(
        registry=north(),
        message_id="9",
        queued_at=timezone.now(),
        domain_name="undecided.com",
        accepted=False,
        sv_trid=longest,
    )
    handle(row)
    operation.refresh_from_db()
    assert (operation.status, row.operation) == ("FAILED", operation)


def test_a_decision_that_names_another_command_is_not_ours_though_the_server_repeats_its_ids(
    mock_registry: MockRegistry,
) -> None:
    operation = add("undecided.com")
    carry_out(operation.pk)
    attempt = operation.attempts.get(command="domain:update")
    row = PollMessage.objects.create(
        registry=north(),
        message_id="9",
        queued_at=timezone.now(),
        domain_name="undecided.com",
        accepted=False,
        cl_trid="SOMEBODY-ELSE-1",
        sv_trid=attempt.sv_trid,
    )
    handle(row)
    operation.refresh_from_db()
    assert (operation.status, row.operation) == ("IN_PROGRESS", None)
    assert operation.mails.count() == 0


@pytest.mark.parametrize("accepted", [True, False])
def test_a_decision_on_somebody_elses_command_decides_nothing_and_has_ours_looked_up(
    accepted: bool, mock_registry: MockRegistry
) -> None:
    operation = add("undecided.com")
    carry_out(operation.pk)
    row = PollMessage.objects.create(
        registry=north(),
        message_id="9",
        queued_at=timezone.now(),
        domain_name="undecided.com",
        accepted=accepted,
        text="Decided.",
        sv_trid="SOMETHING-ELSE",
    )
    handle(row)
    operation.refresh_from_db()
    assert (operation.status, operation.mails.count()) == ("IN_PROGRESS", 0)
    assert operation.next_attempt_at <= timezone.now()
    carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.mails.count()) == ("IN_PROGRESS", 0)  # The record says that it still waits.
    assert Attempt.objects.filter(operation=operation, command="domain:update").count() == 1


def test_a_decision_that_names_the_domain_alone_ends_as_the_record_says(mock_registry: MockRegistry) -> None:
    operation = add("silent.com")
    carry_out(operation.pk)
    decided = datetime.now(UTC) + timedelta(seconds=5)
    while "pendingUpdate" in getattr(mock_registry.info("silent.com"), "statuses", ()):
        assert datetime.now(UTC) < decided
    row = PollMessage.objects.create(
        registry=north(),
        message_id="9",
        queued_at=timezone.now(),
        domain_name="silent.com",
        accepted=False,
        sv_trid="SOMETHING-ELSE",
    )
    handle(row)
    carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.mails.count()) == ("SUCCESSFUL", 1)


def test_a_change_by_the_registry_itself_has_the_domain_looked_at_next(mock_registry: MockRegistry) -> None:
    row = PollMessage.objects.create(
        registry=north(), message_id="7", queued_at=timezone.now(), domain_name="example.com", text="Changed by us."
    )
    handle(row)
    domain = Domain.objects.get(name="example.com")
    assert domain.looked_at == datetime(1970, 1, 1, tzinfo=UTC)
    assert due_for_reconciliation(1) == [domain.pk]
    handle(row)
    assert Operation.objects.count() == 0


# ---- what is kept ----


def test_the_conversation_of_an_operation_is_kept_without_passwords(
    mock_registry: MockRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    operation = add("example.com")
    carry_out(operation.pk)
    info, update = Attempt.objects.filter(operation=operation).order_by("pk")
    assert "<domain:name>example.com</domain:name>" in info.sent.replace("ns0:", "domain:")
    assert 'code="1000"' in info.received
    assert info.cl_trid in info.received
    assert "secDNS" in update.sent
    assert update.duration_ms is not None
    everything = "".join(attempt.sent + attempt.received for attempt in Attempt.objects.all())
    assert "north-secret" not in everything + caplog.text
    steps = [message for message in caplog.messages if message.startswith("step=")]
    assert steps[1] == (
        f"step=domain:update operation={operation.reference} cltrid={update.cl_trid} svtrid={update.sv_trid} code=1000 "
        f"ms={update.duration_ms}"
    )


def test_what_cannot_be_read_is_not_kept(mock_registry: MockRegistry) -> None:
    operation = add("example.com")
    with door.session(north()):
        pass  # Logged in before the wire goes bad.
    wire = patch("domains.epp.client.Client._read", lambda self, deadline: b"<epp><pw>secret</pw")
    with wire, pytest.raises(RegistryUnavailable), door.session(north()) as session:
        session.info("example.com", cl_trid="TEST-1")
    sent, received, _seconds = session.conversation()
    assert "example.com" in sent
    assert "secret" not in received
    assert Attempt.objects.filter(operation=operation).count() == 0
