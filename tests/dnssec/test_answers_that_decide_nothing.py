"""Answers that look like a decision and are none: what was sent is looked up before anything is said of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner
from dnssec.operations import add_key, give_up, remove_key
from dnssec.provisioning import carry_out
from domains import registry as door
from domains.epp.client import Client
from domains.epp.codes import ResultCode
from domains.epp.commands import InfoDomain, UpdateDomain
from domains.epp.responses import DomainInfo, Response
from domains.epp.secdns import DsData, KeyData, SecDnsInfo
from domains.models import Domain, Operation, OutgoingEmail, Person, Registry
from tests.conftest import KEY_13_OTHER
from tests.dnssec.conftest import MockRegistry

pytestmark = pytest.mark.django_db

Ask = Callable[[], Response]
Step = Callable[[Ask], Response]
Play = Callable[..., None]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Has the registry take these steps, one a command of this type, and then answer as it does."""

    def play(command: type, *steps: Step) -> None:
        send, left = Client.send, list(steps)

        def scripted(self: Client, sent: Any, *, cl_trid: str, timeout: float | None = None) -> Response:
            def ask() -> Response:
                return send(self, sent, cl_trid=cl_trid, timeout=timeout)

            if not (left and isinstance(sent, command)):
                return ask()
            response = left.pop(0)(ask)
            if response.code.closes_session:
                self.close()
            return response

        monkeypatch.setattr(Client, "send", scripted)

    return play


def answered(code: int, *, done: bool = False) -> Step:
    """Answer with a code, after carrying the command out (`done`) or without."""

    def step(ask: Ask) -> Response:
        if done:
            ask()
        return Response(ResultCode(code), "Words", "en", (), "-", "SV-1", None, None, None)  # type: ignore[call-arg]

    return step


def lost(ask: Ask) -> Response:
    raise door.AnswerLost("The connection was cut.")


def lost_afterwards(ask: Ask) -> Response:
    ask()
    raise door.AnswerLost("The connection was cut.")


def plainly(ask: Ask) -> Response:
    return ask()


def seen_as(**fields: Any) -> Step:
    """The record as it is but for these fields."""

    def step(ask: Ask) -> Response:
        response = ask()
        assert isinstance(response.domain, DomainInfo)
        return replace(response, domain=replace(response.domain, **fields))

    return step


def add(name: str = "example.com") -> Operation:
    key = DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13)
    return add_key(Domain.objects.get(name=name), key, requested_by=Person.objects.get(email="alice@example.net"))


def delete(name: str = "keyed.com") -> Operation:
    row = DelegationSigner.objects.get(domain__name=name)
    return remove_key(row, requested_by=Person.objects.get(email="alice@example.net"))


def worked_on(operation: Operation, times: int = 1) -> Operation:
    for _time in range(times):
        Operation.objects.filter(pk=operation.pk).update(next_attempt_at=timezone.now())
        carry_out(operation.pk)
    operation.refresh_from_db()
    return operation


def commands(operation: Operation) -> list[tuple[str, int | None]]:
    return list(operation.attempts.order_by("pk").values_list("command", "code"))


def keys_held(registry: MockRegistry, name: str) -> int:
    seen = registry.info(name)
    assert seen is not None
    return 0 if seen.secdns is None else len(seen.secdns.ds)


def mails(operation: Operation) -> list[str]:
    return list(OutgoingEmail.objects.filter(operation=operation).values_list("outcome", flat=True))


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
@pytest.mark.parametrize("code", [1300, 1301, 1500])
def test_a_success_of_another_command_tells_nothing_about_the_change(
    code: int, done: bool, mock_registry: MockRegistry, play: Play
) -> None:
    play(UpdateDomain, answered(code, done=done))
    operation = worked_on(add())
    assert (operation.status, mails(operation)) == ("IN_PROGRESS", [])
    worked_on(operation)
    assert (operation.status, mails(operation), keys_held(mock_registry, "example.com")) == (
        "SUCCESSFUL",
        ["SUCCESSFUL"],
        1,
    )
    sent = [("domain:info", 1000), ("domain:update", code), ("domain:info", 1000)]
    assert commands(operation) == sent + ([] if done else [("domain:update", 1000)])


@pytest.mark.parametrize(
    "step",
    [answered(1001), answered(1300), answered(1500), answered(2304), answered(2308), seen_as(name="another.com")],
    ids=["1001", "1300", "1500", "2304", "2308", "another domain"],
)
def test_a_look_that_shows_no_record_of_the_domain_is_taken_again(
    step: Step, mock_registry: MockRegistry, play: Play
) -> None:
    play(InfoDomain, step)
    operation = worked_on(add())
    assert (operation.status, mails(operation)) == ("SUBMITTED", [])
    assert worked_on(operation).status == "SUCCESSFUL"


@pytest.mark.parametrize("code", [2001, 2101, 2304, 2306])
def test_a_look_that_is_refused_leaves_the_doubt(code: int, mock_registry: MockRegistry, play: Play) -> None:
    play(UpdateDomain, lost_afterwards)
    play(InfoDomain, plainly, answered(code))
    operation = worked_on(add(), times=2)
    assert (operation.status, mails(operation)) == ("IN_PROGRESS", [])
    worked_on(operation)
    assert (operation.status, commands(operation)[-2:]) == (
        "SUCCESSFUL",
        [("domain:info", code), ("domain:info", 1000)],
    )


def test_a_domain_that_has_left_in_the_midst_of_a_change_leaves_the_doubt(
    mock_registry: MockRegistry, play: Play
) -> None:
    play(UpdateDomain, lost_afterwards)
    play(InfoDomain, plainly, answered(2201))
    operation = worked_on(add(), times=2)
    assert (operation.status, operation.result_code, mails(operation)) == ("ERROR", 2201, ["ERROR"])
    assert operation.message == (
        "example.com is not managed by us at the registry any more; it may have been transferred. A change was sent "
        "before, and nobody could tell us what became of it."
    )
    domain = Domain.objects.get(name="example.com")
    assert (domain.state, domain.keys.get().state) == ("LEFT", "UNCONFIRMED")


@pytest.mark.parametrize("code", [2201, 2303])
def test_a_domain_has_not_left_because_a_change_was_refused(code: int, mock_registry: MockRegistry, play: Play) -> None:
    play(UpdateDomain, answered(code))
    operation = worked_on(add())
    assert (operation.status, operation.result_code) == ("FAILED", code)
    assert operation.message == (
        "The registry refused the change as if example.com were not ours, although it lists the domain under us. "
        "Nothing was changed. Please contact support."
    )
    assert Domain.objects.get(name="example.com").state == "ACTIVE"


def test_a_domain_has_left_when_its_record_says_so(mock_registry: MockRegistry, play: Play) -> None:
    play(UpdateDomain, answered(2201))
    play(InfoDomain, plainly, seen_as(sponsor="other"))
    operation = worked_on(add())
    assert (operation.status, operation.result_code) == ("FAILED", 2201)
    assert Domain.objects.get(name="example.com").state == "LEFT"
    assert commands(operation) == [("domain:info", 1000), ("domain:update", 2201), ("domain:info", 1000)]


@pytest.mark.parametrize("code", [2302, 2306, 2308])
def test_a_refusal_of_the_second_may_come_from_the_first_that_arrived_late(
    code: int, mock_registry: MockRegistry, play: Play
) -> None:
    play(UpdateDomain, lost, answered(code, done=True))
    operation = worked_on(add(), times=2)
    assert (operation.status, operation.message) == ("SUCCESSFUL", "This key was already at the registry.")
    assert keys_held(mock_registry, "example.com") == 1


def test_a_change_that_may_be_the_pending_one_cannot_be_cancelled(mock_registry: MockRegistry, play: Play) -> None:
    play(UpdateDomain, lost, answered(2304))
    play(InfoDomain, plainly, plainly, seen_as(statuses=("pendingUpdate",)))
    operation = worked_on(add(), times=2)
    assert (operation.status, operation.can_be_cancelled) == ("IN_PROGRESS", False)
    assert operation.pending_since is not None


def test_a_first_change_that_was_refused_for_another_can_be_cancelled(mock_registry: MockRegistry, play: Play) -> None:
    play(UpdateDomain, answered(2304))
    play(InfoDomain, plainly, seen_as(statuses=("pendingUpdate",)))
    operation = worked_on(add())
    assert (operation.status, operation.can_be_cancelled, operation.pending_since) == ("SUBMITTED", True, None)


def test_after_the_second_answer_that_tells_nothing_the_waits_grow(mock_registry: MockRegistry, play: Play) -> None:
    play(UpdateDomain, *[answered(2400)] * 4)
    operation, waits = add(), []
    with time_machine.travel(timezone.now(), tick=False):
        for _time in range(4):
            worked_on(operation)
            waits.append((operation.next_attempt_at - timezone.now()).total_seconds())
    for wait, expected in zip(waits, (1, 4, 8, 16), strict=True):
        assert 0.75 * expected <= wait <= 1.25 * expected


def test_what_waits_for_somebody_elses_change_can_be_given_up(mock_registry: MockRegistry, play: Play) -> None:
    play(InfoDomain, *[seen_as(statuses=("pendingUpdate",))] * 2)
    operation = worked_on(add())
    assert operation.status == "SUBMITTED"
    give_up(operation, requested_by=Person.objects.get(email="alice@example.net"), reason="Asked for by phone.")
    worked_on(operation)
    assert (operation.status, operation.message) == (
        "FAILED",
        "Support ended this request: Asked for by phone. Nothing was changed.",
    )


def test_what_waits_for_somebody_elses_change_waits_for_a_day(mock_registry: MockRegistry, play: Play) -> None:
    play(InfoDomain, seen_as(statuses=("pendingUpdate",)))
    operation = add()
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        worked_on(operation)
    assert (operation.status, operation.message) == (
        "FAILED",
        "The registry could not carry out the change for a day. Nothing was changed.",
    )


def test_a_key_that_comes_with_a_ds_is_not_sent_back_to_delete_it(mock_registry: MockRegistry, play: Play) -> None:
    seen = mock_registry.info("keyed.com")
    assert seen is not None
    assert seen.secdns is not None
    with_key = SecDnsInfo(ds=tuple(replace(ds, key_data=KeyData(257, 3, 13, b"x")) for ds in seen.secdns.ds))
    play(InfoDomain, seen_as(secdns=with_key))
    operation = worked_on(delete())
    assert (operation.status, keys_held(mock_registry, "keyed.com")) == ("SUCCESSFUL", 0)
    sent = operation.attempts.get(command="domain:update").sent
    assert "dsData" in sent
    assert "keyData" not in sent


def test_what_is_left_of_a_key_is_deleted_when_somebody_took_a_part_of_it(
    mock_registry: MockRegistry, play: Play
) -> None:
    seen = mock_registry.info("keyed.com")
    assert seen is not None
    assert seen.secdns is not None
    subject = DelegationSigner.objects.get(domain__name="keyed.com").ds
    other = DsData(seen.secdns.ds[0].key_tag, 13, 4, bytes.fromhex(subject["4"]))
    play(InfoDomain, seen_as(secdns=SecDnsInfo(ds=(*seen.secdns.ds, other))))
    operation = worked_on(delete())
    assert (operation.status, operation.can_be_cancelled, keys_held(mock_registry, "keyed.com")) == (
        "SUBMITTED",
        True,
        1,
    )
    worked_on(operation)
    assert (operation.status, keys_held(mock_registry, "keyed.com")) == ("SUCCESSFUL", 0)


@pytest.mark.parametrize("code", [2000, 2001, 2003, 2100, 2101, 2103, 2104, 2307])
def test_a_refusal_that_is_our_fault_calls_staff(code: int, mock_registry: MockRegistry, play: Play) -> None:
    play(UpdateDomain, answered(code))
    operation = worked_on(add())
    registry = Registry.objects.get(name="north")
    assert registry.needs_staff == f"{operation.reference}: the registry answered {code} Words"
    assert registry.closed_until is None


@pytest.mark.parametrize("code", [2004, 2005, 2302, 2306, 2308])
def test_a_refusal_to_delete_does_not_find_fault_with_the_key(
    code: int, mock_registry: MockRegistry, play: Play
) -> None:
    play(UpdateDomain, answered(code))
    operation = worked_on(delete())
    assert (operation.status, operation.message) == (
        "FAILED",
        "The registry refused to delete the key. Nothing was changed.",
    )
    assert DelegationSigner.objects.get(domain__name="keyed.com").state == "PRESENT"
