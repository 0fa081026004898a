"""Each scripted fault of the mock registry, met once while a key is added: one end, the true one, and one mail."""

from typing import Any

import pytest
from django.utils import timezone

from dnssec.keys import DnsKey
from dnssec.operations import add_key
from dnssec.provisioning import carry_out
from domains import registry as door
from domains.epp.secdns import DsData
from domains.faults import KINDS
from domains.mockregistry.faults import set_faults
from domains.models import Attempt, Domain, Operation, OutgoingEmail, Person, Registry
from tests.conftest import KEY_13_OTHER
from tests.dnssec.conftest import MockRegistry
from tests.faults import STEPS

pytestmark = pytest.mark.django_db(transaction=True)

AT_A_REGISTRY = ("2502", "no-greeting", "greeting-without-secdns", "handshake-cut")


def work_until_closed(operation: Operation) -> None:
    """As the sweeper would hand it out, without its waiting."""
    for _attempt in range(8):
        Operation.objects.filter(pk=operation.pk).update(next_attempt_at=timezone.now())
        Registry.objects.update(retry_at=None)
        carry_out(operation.pk)
        operation.refresh_from_db()
        if not operation.is_open:
            return


def steps(operation: Operation) -> str:
    attempts = Attempt.objects.filter(operation=operation).order_by("pk")
    return ", ".join(f"{attempt.command.partition(':')[2]} {attempt.code or '-'}" for attempt in attempts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_ends_once_and_truly(kind: str, mock_registry: MockRegistry, settings: Any) -> None:
    settings.EPP_TIMEOUT = 0.4
    fault: dict[str, Any] = {"kind": kind, "times": 1}
    if "seconds" in KINDS[kind].keys:
        fault["seconds"] = 0.8
    if kind in AT_A_REGISTRY:
        door.close_all()
        place = ("registry", "north")
    else:
        place = ("domain", "example.com")
    set_faults(mock_registry.directory, place, [fault], timezone.now())
    key = DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13)
    operation = add_key(Domain.objects.get(name="example.com"), key, requested_by=Person.objects.get())
    work_until_closed(operation)
    assert f"{steps(operation)}: {operation.status}" == STEPS[kind]
    set_faults(mock_registry.directory, place, [], timezone.now())
    seen = mock_registry.info("example.com")
    assert seen is not None
    held = seen.secdns.ds if seen.secdns else ()
    record = DsData(key.key_tag, 13, 2, bytes.fromhex(key.ds("example.com", 2)))
    assert held == ((record,) if operation.status == "SUCCESSFUL" else ())
    (mail,) = OutgoingEmail.objects.filter(operation=operation)
    assert mail.outcome == operation.status


def test_each_fault_has_its_line_in_the_table() -> None:
    assert list(STEPS) == list(KINDS)
