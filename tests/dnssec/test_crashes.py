"""A worker that dies at any step, a broker that is not there: the operation ends once, with one outcome and one
mail.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery import current_app
from django.utils import timezone

from dnssec import outcomes, provisioning, tasks
from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner
from dnssec.operations import add_key, remove_key
from domains import delivery, operations
from domains import registry as door
from domains import tasks as delivery_tasks
from domains.epp.client import Client
from domains.models import Domain, Operation, OutgoingEmail, Person
from domains.tasks import deliver_leftovers, hand_over
from tests.conftest import KEY_13_OTHER
from tests.dnssec.conftest import MockRegistry

pytestmark = pytest.mark.django_db


class Crash(BaseException):
    """The worker is gone; nothing after this line runs."""


# Where it dies: the object, its function, and on which call; before or after the function has done its work.
STEPS = {
    "claim": (operations, "claim", 1),
    "writing down the question": (operations, "record_command", 1),
    "asking": (door.Session, "info", 1),
    "writing down the answer": (operations, "record_answer", 1),
    "writing down the change": (operations, "record_command", 2),
    "sending the change": (door.Session, "update", 1),
    "writing down the registry's word": (operations, "record_answer", 2),
    "settling": (provisioning, "settle", 1),
}


def die(monkeypatch: pytest.MonkeyPatch, step: str, *, before: bool) -> None:
    """Let the worker die at a step, once."""
    where, name, which = STEPS[step]
    real: Callable[..., Any] = getattr(where, name)
    calls = []

    def deadly(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == which and before:
            raise Crash
        result = real(*args, **kwargs)
        if len(calls) == which:
            raise Crash
        return result

    monkeypatch.setattr(where, name, deadly)


def started(kind: str) -> Operation:
    person = Person.objects.get(email="alice@example.net")
    if kind == "add":
        key = DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13)
        return add_key(Domain.objects.get(name="example.com"), key, requested_by=person)
    return remove_key(DelegationSigner.objects.get(domain__name="keyed.com"), requested_by=person)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("kind", ["add", "delete"])
def test_a_worker_that_dies_is_followed_by_another_that_ends_it_once(
    kind: str, step: str, before: bool, mock_registry: MockRegistry, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    updates = []
    send = Client.send

    def counted(self: Client, command: Any, **kwargs: Any) -> Any:
        if type(command).__name__ == "UpdateDomain":
            updates.append(command)
        return send(self, command, **kwargs)

    monkeypatch.setattr(Client, "send", counted)
    operation = started(kind)
    with monkeypatch.context() as dying:
        die(dying, step, before=before)
        with pytest.raises(Crash):
            provisioning.carry_out(operation.pk)
    door.close_all()  # The process is gone, and with it its connection.

    with time_machine.travel(timezone.now() + timedelta(seconds=settings.OPERATION_LEASE + 1)):
        for pk in operations.due(10):
            provisioning.carry_out(pk)
            provisioning.carry_out(pk)
    operation.refresh_from_db()
    assert operation.status == "SUCCESSFUL"
    assert len(updates) == 1, "the change was sent once"
    assert OutgoingEmail.objects.filter(operation=operation).count() == 1
    seen = mock_registry.info(operation.domain.name)
    assert seen is not None
    assert (seen.secdns is not None) == (kind == "add")
    assert list(operation.domain.keys.values_list("state", flat=True)) == (["PRESENT"] if kind == "add" else [])


def test_no_outcome_is_stored_without_its_mail(mock_registry: MockRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = started("add")

    def full(mail: OutgoingEmail) -> None:
        raise Crash

    monkeypatch.setattr(outcomes.outbox, "promise", full)
    with pytest.raises(Crash):
        provisioning.carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.domain.keys.get().state) == ("IN_PROGRESS", "ADDING")
    assert OutgoingEmail.objects.count() == 0


def test_a_mail_whose_sender_dies_is_sent_again_under_its_message_id(
    mock_registry: MockRegistry, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]
) -> None:
    provisioning.carry_out(started("add").pk)
    mail = OutgoingEmail.objects.get()
    send = delivery._send

    def deadly(sent: OutgoingEmail) -> None:
        send(sent)
        raise Crash

    with monkeypatch.context() as dying:
        dying.setattr(delivery, "_send", deadly)
        with pytest.raises(Crash):
            delivery.deliver(mail.pk)
    assert delivery.due(10) == []
    with time_machine.travel(timezone.now() + delivery.LEASE + timedelta(seconds=1)):
        assert delivery.due(10) == [mail.pk]
        delivery.deliver(mail.pk)
        delivery.deliver(mail.pk)
    assert [each.extra_headers["Message-ID"] for each in mailoutbox] == [mail.message_id] * 2
    mail.refresh_from_db()
    assert mail.status == "SENT"


def test_a_broker_that_is_not_there_fails_nobody_and_is_given_up_within_a_second(tmp_path: Path) -> None:
    with current_app.connection_for_write() as connection:
        assert connection.transport_options["socket_connect_timeout"] == 1
    begun = time.monotonic()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(current_app.conf, "broker_url", f"redis+socket://{tmp_path}/nobody.sock")
        patched.setattr(current_app.conf, "broker_write_url", f"redis+socket://{tmp_path}/nobody.sock")
        current_app.amqp._producer_pool = None
        current_app._pool = None
        try:
            hand_over(tasks.carry_out, 12345)
        finally:
            current_app.amqp._producer_pool = None
            current_app._pool = None
    assert time.monotonic() - begun < 2


def test_what_the_broker_lost_is_handed_out_again(mock_registry: MockRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = started("add")
    handed: list[tuple[str, int]] = []
    for module in (tasks, delivery_tasks):
        monkeypatch.setattr(module, "hand_over", lambda task, pk, **options: handed.append((task.name, pk)))
    tasks.resume_stalled()
    assert handed == [("dnssec.tasks.carry_out", operation.pk)]
    provisioning.carry_out(operation.pk)
    tasks.resume_stalled()
    deliver_leftovers()
    assert handed[1:] == [("domains.tasks.deliver_email", OutgoingEmail.objects.get().pk)]
