"""What a registry says before and at the login, and to an acknowledgement: who is told of it, and that nothing tells
the password."""

import logging
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domains import registry as door
from domains.epp.client import Client
from domains.epp.codes import ResultCode
from domains.epp.commands import Login, PollAcknowledge
from domains.epp.loginsec import SecurityEvent
from domains.epp.responses import Response
from domains.mockregistry.pki import ensure_pki
from domains.models import Registry
from domains.registry import RegistryUnavailable
from tests.dnssec.conftest import MockRegistry

pytestmark = pytest.mark.django_db

Say = Callable[..., None]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Say:
    """Changes what the registry answers to each command of a type."""

    def say(command: type, **fields: Any) -> None:
        send = Client.send

        def changed(self: Client, sent: Any, *, cl_trid: str, timeout: float | None = None) -> Response:
            response = send(self, sent, cl_trid=cl_trid, timeout=timeout)
            return replace(response, **fields) if isinstance(sent, command) else response

        monkeypatch.setattr(Client, "send", changed)

    return say


def north() -> Registry:
    return Registry.objects.get(name="north")


def try_to_reach() -> str:
    with pytest.raises(RegistryUnavailable) as trouble, door.session(north()):
        pass
    return str(trouble.value)


def test_security_events_are_told_to_the_operator_at_their_level(
    mock_registry: MockRegistry, say: Say, caplog: pytest.LogCaptureFixture
) -> None:
    expiry = SecurityEvent("certificate", "warning", "", "2026-12-01T22:00:00Z", "", "", "Expires soon")
    echo = SecurityEvent("custom", "error", "", "", "north-secret", "", "You sent north-secret")
    say(Login, events=(expiry, echo))
    with door.session(north()):
        pass
    with door.session(north()):
        pass
    assert [(record.levelno, record.message) for record in caplog.records] == [
        (
            logging.WARNING,
            "registry north warns at login: type=certificate expires=2026-12-01T22:00:00Z: Expires soon",
        ),
        (logging.ERROR, "registry north warns at login: type=custom value=(hidden): You sent (hidden)"),
    ]


def test_a_refusal_that_repeats_the_password_is_told_without_it(
    mock_registry: MockRegistry, say: Say, caplog: pytest.LogCaptureFixture
) -> None:
    say(Login, code=ResultCode.AUTHENTICATION_ERROR, message="Wrong password north-secret")
    try_to_reach()
    assert north().needs_staff == "The login was refused: 2200 Wrong password (hidden)"
    assert "north-secret" not in caplog.text


@pytest.mark.parametrize("code", [1300, 1500, 2400, 2500, 2502])
def test_a_server_at_fault_has_refused_nobody(code: int, mock_registry: MockRegistry, say: Say) -> None:
    say(Login, code=ResultCode(code))  # type: ignore[call-arg]
    assert try_to_reach() == f"The login was answered {code}."
    assert (north().needs_staff, north().closed_until, north().failures) == ("", None, 1)


def test_a_server_that_cannot_prove_itself_calls_staff_and_gets_no_password(
    mock_registry: MockRegistry, tmp_path: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, ours = ensure_pki(tmp_path / "other"), tmp_path / "registry" / "pki"
    mixed = tmp_path / "mixed" / "pki"
    shutil.copytree(ours, mixed)
    shutil.copy(other.ca, mixed / "ca.pem")
    settings.MOCK_REGISTRY_DIR = mixed.parent
    logins: list[object] = []
    monkeypatch.setattr(door, "_log_in", lambda *args: logins.append(args))
    try_to_reach()
    assert "CERTIFICATE_VERIFY_FAILED" in north().needs_staff
    assert (north().closed_until, logins) == (None, [])


def test_a_server_that_calls_itself_otherwise_is_told_once(
    mock_registry: MockRegistry, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_server_ids", {})
    connect = door._connect

    def called(name: str) -> Callable[[Registry], Client]:
        def connected(registry: Registry) -> Client:
            client = connect(registry)
            client.greeting = replace(client.greeting, server_id=name)
            return client

        return connected

    for name in ("One", "One", "Two", "Two"):
        monkeypatch.setattr(door, "_connect", called(name))
        with door.session(north()):
            pass
        door.close_all()
    assert caplog.messages == ["registry north: the server calls itself 'Two' and no longer 'One'"]


def test_an_acknowledgement_that_is_refused_is_not_repeated_at_once(mock_registry: MockRegistry, say: Say) -> None:
    with door.session(north()) as session:
        session.acknowledge("1")  # Answered 2303: it is gone already.
    say(PollAcknowledge, code=ResultCode.COMMAND_FAILED)
    with pytest.raises(RegistryUnavailable, match=r"^poll ack was answered 2400\.$"), door.session(north()) as session:
        session.acknowledge("1")
