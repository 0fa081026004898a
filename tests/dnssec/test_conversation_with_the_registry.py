"""From the claimed operation to the stored outcome, against a real registry over TLS: what it answers, and what if
it does not.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner
from dnssec.operations import add_key, cancel, give_up, remove_key, try_again
from dnssec.polling import poll
from dnssec.provisioning import carry_out
from dnssec.reconciliation import due_for_reconciliation, reconcile
from domains import registry as door
from domains.epp.commands import InfoDomain, UpdateDomain
from domains.epp.secdns import DsData, KeyData
from domains.models import Attempt, Domain, Operation, OutgoingEmail, Person, PollMessage, Registry
from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15
from tests.dnssec.conftest import MockRegistry

pytestmark = pytest.mark.django_db

OTHER_DIGEST = "D08E564D5690B47FB5AD9D53E6FD6D56E2BF96832D1D34AB7DFF6CF712EA43AA"  # KEY_13_OTHER as KSK of example.com.


def person() -> Person:
    return Person.objects.get(email="alice@example.net")


def add(name: str, text: str = KEY_13_OTHER, *, algorithm: int = 13, flags: int = 257) -> Operation:
    domain = Domain.objects.get(name=name)
    return add_key(domain, DnsKey.parse(text, flags=flags, algorithm=algorithm), requested_by=person())


def delete(name: str) -> Operation:
    return remove_key(DelegationSigner.objects.get(domain__name=name), requested_by=person())


def worked_on(operation: Operation) -> Operation:
    carry_out(operation.pk)
    operation.refresh_from_db()
    return operation


def due_now(operation: Operation) -> None:
    Operation.objects.filter(pk=operation.pk).update(next_attempt_at=timezone.now())


def commands(operation: Operation) -> list[tuple[str, int | None]]:
    return list(operation.attempts.values_list("command", "code"))


def only_mail(operation: Operation) -> OutgoingEmail:
    return OutgoingEmail.objects.get(operation=operation)


def test_a_ds_registry_gets_one_ds_of_digest_type_2(mock_registry: MockRegistry) -> None:
    operation = worked_on(add("example.com"))
    assert (operation.status, operation.message) == ("SUCCESSFUL", "The key was added at the registry.")
    seen = mock_registry.info("example.com")
    assert seen is not None
    assert seen.secdns is not None
    assert seen.secdns.ds == (DsData(17179, 13, 2, bytes.fromhex(OTHER_DIGEST)),)
    assert commands(operation) == [("domain:info", 1000), ("domain:update", 1000)]
    assert DelegationSigner.objects.get(domain__name="example.com").state == "PRESENT"
    domain = Domain.objects.get(name="example.com")
    assert (domain.dnssec_status, domain.dnssec_keys) == ("CONFIGURED", 1)
    mail = only_mail(operation)
    assert (mail.kind, mail.outcome, mail.recipient, mail.status) == (
        "added",
        "SUCCESSFUL",
        "registrant@example.net",
        "WAITING",
    )
    assert "17179" in mail.subject + mail.text
    assert OTHER_DIGEST in mail.text


def test_a_key_registry_gets_the_key_itself(mock_registry: MockRegistry) -> None:
    operation = worked_on(add("example.de", KEY_15, algorithm=15))
    assert operation.status == "SUCCESSFUL"
    seen = mock_registry.info("example.de", registrar=("console2", "south-secret"))
    assert seen is not None
    assert seen.secdns is not None
    held = {(key.flags, key.algorithm) for key in seen.secdns.keys}
    assert held == {(257, 13), (257, 15)}
    assert KeyData(257, 3, 15, DnsKey.parse(KEY_15, flags=257, algorithm=15).public_key) in seen.secdns.keys


@pytest.mark.parametrize(
    ("name", "registrar"), [("keyed.com", ("console", "north-secret")), ("example.de", ("console2", "south-secret"))]
)
def test_deleting_takes_the_record_off_the_registry(
    name: str, registrar: tuple[str, str], mock_registry: MockRegistry
) -> None:
    operation = worked_on(delete(name))
    assert (operation.status, operation.message) == ("SUCCESSFUL", "The key was deleted at the registry.")
    seen = mock_registry.info(name, registrar=registrar)
    assert seen is not None
    assert seen.secdns is None
    assert DelegationSigner.objects.filter(domain__name=name).count() == 0
    assert only_mail(operation).kind == "deleted"
    assert Domain.objects.get(name=name).dnssec_status == "NOT_CONFIGURED"


def test_a_refusal_ends_failed_with_a_plain_reason_and_the_registrys_words(mock_registry: MockRegistry) -> None:
    operation = worked_on(add("locked.com"))
    assert (operation.status, operation.result_code) == ("FAILED", 2304)
    assert operation.message == (
        "locked.com is locked against changes at the registry (serverUpdateProhibited). Have the lock removed, "
        "then try again."
    )
    assert operation.registry_words != ""
    assert DelegationSigner.objects.filter(domain__name="locked.com").count() == 0
    mail = only_mail(operation)
    assert (mail.kind, mail.outcome) == ("not_added", "FAILED")
    assert operation.message in mail.text
    assert operation.registry_words in mail.text


def test_a_domain_of_another_registrar_has_left(mock_registry: MockRegistry) -> None:
    operation = worked_on(add("moved.com"))
    assert (operation.status, operation.result_code) == ("FAILED", 2201)
    domain = Domain.objects.get(name="moved.com")
    assert (domain.state, domain.dnssec_status) == ("LEFT", "ATTENTION")
    assert commands(operation) == [("domain:info", 1000)]


def test_a_key_that_is_there_already_is_a_success_that_sends_nothing(mock_registry: MockRegistry) -> None:
    DelegationSigner.objects.filter(domain__name="keyed.com").delete()
    operation = worked_on(add("keyed.com", KEY_13))
    assert (operation.status, operation.message) == ("SUCCESSFUL", "This key was already at the registry.")
    assert commands(operation) == [("domain:info", 1000)]


def test_keys_of_other_channels_are_shown_counted_and_deletable(mock_registry: MockRegistry) -> None:
    DelegationSigner.objects.filter(domain__name="keyed.com").delete()
    worked_on(add("keyed.com", KEY_15, algorithm=15))  # Its look at the registry finds the other key.
    domain = Domain.objects.get(name="keyed.com")
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert due_for_reconciliation(100) != []
        reconcile(domain.pk)
    foreign = domain.keys.get(key_tag=2371)
    assert (foreign.public_key, foreign.flags, foreign.state) == ("", None, "PRESENT")
    operation = worked_on(remove_key(foreign, requested_by=person()))
    assert operation.status == "SUCCESSFUL"
    seen = mock_registry.info("keyed.com")
    assert seen is not None
    assert seen.secdns is not None
    assert [record.algorithm for record in seen.secdns.ds] == [15]


def test_a_registry_that_is_away_is_tried_again_and_nothing_is_sent(mock_registry: MockRegistry) -> None:
    mock_registry.stop()
    operation = worked_on(add("example.com"))
    assert (operation.status, operation.claim_token, operation.can_be_cancelled) == ("SUBMITTED", None, True)
    assert operation.next_attempt_at > timezone.now()
    assert OutgoingEmail.objects.count() == 0
    registry = Registry.objects.get(name="north")
    assert registry.last_failure_at is not None
    assert registry.last_failure != ""


def test_a_request_that_could_not_be_sent_for_a_day_fails_and_says_that_nothing_changed(
    mock_registry: MockRegistry,
) -> None:
    mock_registry.stop()
    operation = add("example.com")
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        worked_on(operation)
    assert (operation.status, operation.message) == (
        "FAILED",
        "The registry could not be reached, so we stopped trying. Nothing was changed.",
    )
    assert only_mail(operation).kind == "not_added"
    assert DelegationSigner.objects.filter(domain__name="example.com").count() == 0


@pytest.mark.parametrize("before", [True, False], ids=["the command was lost", "the answer was lost"])
def test_after_a_lost_answer_the_registry_is_looked_at_and_the_change_made_once(
    before: bool, mock_registry: MockRegistry, lose_answers: Callable[..., None]
) -> None:
    lose_answers(UpdateDomain, before=before)
    operation = worked_on(add("example.com"))
    assert (operation.status, operation.can_be_cancelled) == ("IN_PROGRESS", False)
    assert OutgoingEmail.objects.count() == 0
    due_now(operation)
    worked_on(operation)
    assert operation.status == "SUCCESSFUL"
    expected = [("domain:info", 1000), ("domain:update", None), ("domain:info", 1000)]
    assert commands(operation) == expected + ([("domain:update", 1000)] if before else [])
    seen = mock_registry.info("example.com")
    assert seen is not None
    assert seen.secdns is not None
    assert len(seen.secdns.ds) == 1
    assert only_mail(operation).kind == "added"


def test_a_lost_answer_to_a_deletion_is_looked_up_too(
    mock_registry: MockRegistry, lose_answers: Callable[..., None]
) -> None:
    lose_answers(UpdateDomain, before=False)
    operation = worked_on(delete("keyed.com"))
    due_now(operation)
    worked_on(operation)
    assert (operation.status, operation.message) == ("SUCCESSFUL", "The key was deleted at the registry.")


def test_sent_and_never_cleared_up_ends_in_error_with_the_key_unconfirmed(
    mock_registry: MockRegistry, lose_answers: Callable[..., None]
) -> None:
    lose_answers(UpdateDomain, before=False)
    operation = worked_on(add("example.com"))
    mock_registry.stop()
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        worked_on(operation)
    assert operation.status == "ERROR"
    domain = Domain.objects.get(name="example.com")
    assert (domain.keys.get().state, domain.dnssec_status) == ("UNCONFIRMED", "ATTENTION")
    assert only_mail(operation).outcome == "ERROR"


def test_the_later_truth_of_an_error_is_a_further_mail(
    mock_registry: MockRegistry, lose_answers: Callable[..., None]
) -> None:
    test_sent_and_never_cleared_up_ends_in_error_with_the_key_unconfirmed(mock_registry, lose_answers)
    door.Registry.objects.filter(name="north").update(port=mock_registry.start(), host="")
    domain = Domain.objects.get(name="example.com")
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        reconcile(domain.pk)
        reconcile(domain.pk)
    operation = Operation.objects.get()
    assert (operation.status, domain.keys.get().state) == ("SUCCESSFUL", "PRESENT")
    assert list(operation.mails.order_by("id").values_list("kind", "outcome")) == [
        ("not_added", "ERROR"),
        ("added", "SUCCESSFUL"),
    ]


def test_an_error_does_not_block_the_next_request_which_looks_first(
    mock_registry: MockRegistry, lose_answers: Callable[..., None]
) -> None:
    test_sent_and_never_cleared_up_ends_in_error_with_the_key_unconfirmed(mock_registry, lose_answers)
    door.Registry.objects.filter(name="north").update(port=mock_registry.start())
    again = worked_on(try_again(Operation.objects.get(), requested_by=person()))
    assert (again.status, again.message) == ("SUCCESSFUL", "This key was already at the registry.")
    assert Domain.objects.get(name="example.com").keys.get().state == "PRESENT"


def poll_until_handled(count: int = 1) -> None:
    registry = Registry.objects.get(name="north")
    for _round in range(100):
        poll(registry)
        if PollMessage.objects.filter(handled_at__isnull=False).count() >= count:
            return
        time.sleep(0.02)
    raise AssertionError("the registry sent no message")


@pytest.mark.parametrize(
    ("name", "status", "kind", "keys"),
    [("accepted.com", "SUCCESSFUL", "added", 1), ("rejected.com", "FAILED", "not_added", 0)],
)
def test_a_change_that_the_registry_decides_later_is_settled_by_its_message(
    name: str, status: str, kind: str, keys: int, mock_registry: MockRegistry
) -> None:
    operation = worked_on(add(name))
    assert (operation.status, commands(operation)[-1]) == ("IN_PROGRESS", ("domain:update", 1001))
    assert operation.pending_since is not None
    assert OutgoingEmail.objects.count() == 0
    poll_until_handled()
    operation.refresh_from_db()
    assert operation.status == status
    assert only_mail(operation).kind == kind
    assert DelegationSigner.objects.filter(domain__name=name, state="PRESENT").count() == keys
    message = PollMessage.objects.get()
    assert (message.operation, message.cl_trid) == (operation, f"RC-{operation.reference}-2")
    poll(Registry.objects.get(name="north"))
    assert PollMessage.objects.count() == 1


def test_a_message_that_comes_twice_is_handled_once(
    mock_registry: MockRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = worked_on(add("accepted.com"))
    with monkeypatch.context() as patched:
        patched.setattr(
            door.Session, "acknowledge", lambda self, message_id: (_ for _ in ()).throw(door.RegistryUnavailable("cut"))
        )
        for _round in range(100):
            try:
                poll(Registry.objects.get(name="north"))
            except door.RegistryUnavailable:
                break
            time.sleep(0.02)
    poll(Registry.objects.get(name="north"))
    assert PollMessage.objects.count() == 1
    assert OutgoingEmail.objects.filter(operation=operation).count() == 1


def test_a_silent_decision_is_read_from_the_record(mock_registry: MockRegistry) -> None:
    operation = worked_on(add("silent.com"))
    assert operation.pending_since is not None
    for _round in range(100):
        due_now(operation)
        if worked_on(operation).status != "IN_PROGRESS":
            break
        time.sleep(0.02)
    assert (operation.status, operation.message) == ("SUCCESSFUL", "The key was added at the registry.")
    assert PollMessage.objects.count() == 0


def test_what_the_registry_still_decides_stays_in_progress_however_long(mock_registry: MockRegistry) -> None:
    operation = worked_on(add("undecided.com"))
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        worked_on(operation)
    assert operation.status == "IN_PROGRESS"
    assert [command for command, _code in commands(operation)] == ["domain:info", "domain:update", "domain:info"]
    assert OutgoingEmail.objects.count() == 0


def test_a_second_worker_finds_nothing_to_do(mock_registry: MockRegistry) -> None:
    operation = worked_on(add("example.com"))
    sent = Attempt.objects.count()
    carry_out(operation.pk)
    carry_out(operation.pk)
    assert Attempt.objects.count() == sent
    assert OutgoingEmail.objects.count() == 1


def test_a_cancelled_request_is_never_sent(mock_registry: MockRegistry) -> None:
    operation = add("example.com")
    cancel(operation, requested_by=person())
    carry_out(operation.pk)
    assert operation.attempts.count() == 0
    seen = mock_registry.info("example.com")
    assert seen is not None
    assert seen.secdns is None


def test_giving_up_ends_as_what_the_registry_holds(
    mock_registry: MockRegistry, lose_answers: Callable[..., None], make_person: Any
) -> None:
    sam = make_person("sam@example.net")
    lose_answers(UpdateDomain, before=False)
    operation = worked_on(add("example.com"))
    give_up(operation, requested_by=sam, reason="Asked for by phone.")
    worked_on(operation)
    assert (operation.status, operation.closed_by) == ("SUCCESSFUL", sam)


def test_giving_up_without_an_answer_ends_in_error_when_a_change_was_sent(
    mock_registry: MockRegistry, lose_answers: Callable[..., None], make_person: Any
) -> None:
    lose_answers(UpdateDomain, before=False)
    operation = worked_on(add("example.com"))
    mock_registry.stop()
    give_up(operation, requested_by=make_person("sam@example.net"), reason="Asked for by phone.")
    worked_on(operation)
    assert operation.status == "ERROR"


def test_giving_up_what_was_never_sent_fails_it(mock_registry: MockRegistry, make_person: Any) -> None:
    operation = add("example.com")
    give_up(operation, requested_by=make_person("sam@example.net"), reason="Asked for by phone.")
    worked_on(operation)
    assert (operation.status, operation.message) == (
        "FAILED",
        "Support ended this request: Asked for by phone. Nothing was changed.",
    )
    assert [command for command, _code in commands(operation)] == ["domain:info"]


def test_a_session_is_kept_and_used_again(mock_registry: MockRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    logins = []
    real = door._log_in
    monkeypatch.setattr(door, "_log_in", lambda *args: logins.append(1) or real(*args))
    worked_on(add("example.com"))
    worked_on(delete("keyed.com"))
    assert len(logins) == 1


def test_a_kept_session_that_the_registry_has_ended_is_opened_anew(mock_registry: MockRegistry) -> None:
    worked_on(add("example.com"))
    mock_registry.stop()
    Registry.objects.update(port=mock_registry.start())
    operation = worked_on(delete("keyed.com"))
    assert operation.status == "SUCCESSFUL"


def test_a_refused_login_is_not_repeated_at_once_and_calls_staff(mock_registry: MockRegistry) -> None:
    registry = Registry.objects.get(name="north")
    registry.set_password("wrong-secret")
    registry.save()
    operation = worked_on(add("example.com"))
    registry.refresh_from_db()
    assert operation.status == "SUBMITTED"
    assert registry.needs_staff.startswith("The login was refused: 2200")
    assert registry.closed_until is not None
    with pytest.raises(door.RegistryUnavailable, match="Logins pause"), door.session(registry):
        pass


def test_a_question_whose_answer_is_lost_is_simply_asked_again(
    mock_registry: MockRegistry, lose_answers: Callable[..., None]
) -> None:
    lose_answers(InfoDomain, before=False)
    operation = worked_on(add("example.com"))
    assert operation.status == "SUBMITTED"
    due_now(operation)
    assert worked_on(operation).status == "SUCCESSFUL"


def test_a_domain_without_a_registrant_address_leaves_an_undeliverable_mail(mock_registry: MockRegistry) -> None:
    Domain.objects.filter(name="example.com").update(registrant=None)
    operation = worked_on(add("example.com"))
    assert (operation.status, only_mail(operation).status) == ("SUCCESSFUL", "UNDELIVERABLE")


def test_the_mail_goes_to_the_address_of_the_moment_of_the_outcome(mock_registry: MockRegistry) -> None:
    operation = add("example.com")
    contact = Domain.objects.get(name="example.com").registrant
    assert contact is not None
    contact.email = "new@example.net"
    contact.save()
    worked_on(operation)
    assert only_mail(operation).recipient == "new@example.net"
