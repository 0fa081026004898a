"""/metrics: for the operator with the token alone, and the numbers are those of the database."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from domains.models import Attempt, Domain, Operation, OutgoingEmail, PollMessage, Registry
from tests.conftest import MakeDomain

TOKEN = "a-token-for-the-operator"
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
QUERIES = 7
LINE = re.compile(r'[a-z_]+(\{([a-z_]+="(\\.|[^"\\\n])*",?)+\})? \S+')

MakeOperation = Callable[..., Operation]


@pytest.fixture(autouse=True)
def _token_and_clock(settings: Any, db: None) -> Any:
    settings.METRICS_TOKEN = TOKEN
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def numbers(client: Client) -> Callable[[], dict[str, float]]:
    """What /metrics says: value by name and labels."""

    def read() -> dict[str, float]:
        answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        lines = [line for line in answer.content.decode().splitlines() if not line.startswith("# ")]
        assert all(LINE.fullmatch(line) for line in lines)
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}

    return read


@pytest.fixture
def make_operation() -> MakeOperation:
    """A request that was submitted so many seconds ago; with a status, it ended so many seconds ago."""

    def make(domain: Domain, *, ago: float, status: str = "SUBMITTED", ended: float = 0, **fields: Any) -> Operation:
        if status not in Operation.OPEN:
            fields["finished_at"] = NOW - timedelta(seconds=ended)
        operation: Operation = Operation.objects.create(
            domain=domain, type="ADD_DNSSEC", status=status, submitted_at=NOW - timedelta(seconds=ago), **fields
        )
        return operation

    return make


def test_is_not_there_without_a_token_in_the_settings(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_a_token_that_could_be_guessed_stops_the_start() -> None:
    command = [sys.executable, "-c", "import registrar.settings"]
    ended = subprocess.run(command, env={**os.environ, "METRICS_TOKEN": "short"}, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == "The console cannot start: METRICS_TOKEN must have at least 16 characters.\n"


@pytest.mark.parametrize(
    "given", [None, "", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN}x", "é"]
)
def test_refuses_whoever_does_not_send_the_token(client: Client, given: str | None) -> None:
    answer = client.get("/metrics", headers={} if given is None else {"Authorization": given})
    assert (answer.status_code, answer["WWW-Authenticate"], answer.content) == (401, "Bearer", b"")


def test_staff_who_are_signed_in_need_the_token_too(sign_in, sam) -> None:
    assert sign_in(sam).get("/metrics").status_code == 401


def test_answers_in_the_text_form_and_is_kept_by_nobody(client: Client) -> None:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies
    text = answer.content.decode()
    assert text.endswith("\n")
    assert "# TYPE console_operations_open gauge\n" in text


def test_an_empty_console_tells_zeros(numbers) -> None:
    assert numbers() == {
        'console_operations_oldest_seconds{waits_for="console"}': 0,
        'console_operations_oldest_seconds{waits_for="registry"}': 0,
        "console_operation_retries_last_hour": 0,
        "console_mails_waiting": 0,
        "console_mails_oldest_seconds": 0,
        "console_poll_messages_unhandled": 0,
    }


def test_open_requests_are_counted_by_status_and_tld(numbers, make_domain: MakeDomain, make_operation) -> None:
    make_operation(make_domain("a.com"), ago=30)
    make_operation(make_domain("b.com"), ago=90, attempts_made=3)
    make_operation(make_domain("c.de"), ago=9000, status="IN_PROGRESS", attempts_made=8, pending_since=NOW)
    make_operation(make_domain("d.de"), ago=20, status="IN_PROGRESS", attempts_made=1)
    told = numbers()
    assert told['console_operations_open{status="SUBMITTED",tld="com"}'] == 2
    assert told['console_operations_open{status="IN_PROGRESS",tld="de"}'] == 2
    assert told['console_operations_retried{status="SUBMITTED",tld="com"}'] == 1
    assert told['console_operations_retried{status="IN_PROGRESS",tld="de"}'] == 0
    assert told['console_operations_oldest_seconds{waits_for="console"}'] == 90
    assert told['console_operations_oldest_seconds{waits_for="registry"}'] == 9000


def test_outcomes_of_a_day_and_their_times_of_an_hour(numbers, make_domain: MakeDomain, make_operation) -> None:
    domain = make_domain("a.com")
    for seconds in range(1, 101):
        make_operation(domain, ago=seconds + 60, status="SUCCESSFUL", ended=60, attempts_made=1)
    make_operation(domain, ago=4000, status="FAILED", ended=100, pending_since=NOW, attempts_made=9)
    make_operation(domain, ago=4600, status="FAILED", ended=3601, attempts_made=5)
    make_operation(domain, ago=99_000, status="FAILED", ended=86_401)
    told = numbers()
    assert told['console_operations_closed_last_day{status="SUCCESSFUL",tld="com"}'] == 100
    assert told['console_operations_closed_last_day{status="FAILED",tld="com"}'] == 2
    for quantile, seconds in (("0.5", 50), ("0.9", 90), ("0.99", 99)):
        assert told[f'console_operation_seconds_last_hour{{put_off="no",quantile="{quantile}"}}'] == seconds
    assert told['console_operation_seconds_last_hour{put_off="yes",quantile="0.5"}'] == 3900
    assert told["console_operation_retries_last_hour"] == 0


def test_retries_are_the_tries_after_the_first(numbers, make_domain: MakeDomain, make_operation) -> None:
    domain = make_domain("a.com")
    for tries in (0, 1, 4):
        make_operation(domain, ago=60, status="FAILED", attempts_made=tries)
    assert numbers()["console_operation_retries_last_hour"] == 3


def test_commands_are_counted_by_registry_and_answer(numbers, make_domain: MakeDomain, make_operation) -> None:
    operation = make_operation(make_domain("a.com"), ago=60)
    for number, (code, milliseconds, ago) in enumerate(
        [(1000, 9999, 3601), (1000, 20, 5), (1001, 40, 5), (2306, 60, 5), (None, None, 5)]
    ):
        Attempt.objects.create(
            operation=operation,
            command="domain:update",
            cl_trid=f"RC-{number}",
            code=code,
            duration_ms=milliseconds,
            sent_at=NOW - timedelta(seconds=ago),
        )
    told = numbers()
    labels = 'registry="north",command="domain:update"'
    assert told[f'console_commands_last_hour{{{labels},answer="1xxx"}}'] == 2
    assert told[f'console_commands_last_hour{{{labels},answer="2xxx"}}'] == 1
    assert told[f'console_commands_last_hour{{{labels},answer="none"}}'] == 1
    assert told[f'console_command_seconds_last_hour{{{labels},quantile="0.5"}}'] == 0.04
    assert told[f'console_command_seconds_last_hour{{{labels},quantile="0.99"}}'] == 0.06


def test_mails_and_messages_that_wait(numbers, make_domain: MakeDomain, make_operation, make_registry) -> None:
    operation = make_operation(make_domain("a.com"), ago=60, status="FAILED")
    for outcome, status, ago in (
        ("FAILED", "WAITING", 50),
        ("ERROR", "UNDELIVERABLE", 500),
        ("SUCCESSFUL", "SENT", 900),
    ):
        OutgoingEmail.objects.create(
            operation=operation,
            kind="added",
            outcome=outcome,
            message_id=outcome,
            status=status,
            created_at=NOW - timedelta(seconds=ago),
            sent_at=NOW if status == "SENT" else None,
        )
    for number in range(3):
        PollMessage.objects.create(
            registry=make_registry(), message_id=str(number), queued_at=NOW, handled_at=NOW if number else None
        )
    told = numbers()
    assert told["console_mails_waiting"] == 1
    assert told["console_mails_oldest_seconds"] == 50
    assert told["console_poll_messages_unhandled"] == 1


def test_registries_tell_since_when_they_fail(numbers, make_registry, make_tld) -> None:
    def make(name: str, **fields: Any) -> Registry:
        registry: Registry = make_registry(name, **fields)
        make_tld(f"{name}-tld", registry=registry)
        return registry

    make("well", last_answer_at=NOW - timedelta(seconds=5), last_failure_at=NOW - timedelta(seconds=9))
    make("away", last_answer_at=NOW - timedelta(seconds=90), last_failure_at=NOW - timedelta(seconds=1))
    make("never", last_failure_at=NOW - timedelta(seconds=7), needs_staff="The login was refused.")
    told = numbers()
    assert [told[f'console_registry_failing_seconds{{registry="{name}"}}'] for name in ("well", "away", "never")] == [
        0,
        90,
        7,
    ]
    assert told['console_registry_last_answer_seconds{registry="well"}'] == 5
    assert str(told['console_registry_last_answer_seconds{registry="never"}']) == "nan"
    assert told['console_registry_needs_staff{registry="never"}'] == 1
    assert told['console_registry_needs_staff{registry="well"}'] == 0


def test_takes_the_same_few_queries_however_much_there_is(
    client: Client, make_domain: MakeDomain, make_operation
) -> None:
    for number in range(30):
        operation = make_operation(make_domain(f"a.tld{number}"), ago=60, status=("SUBMITTED", "FAILED")[number % 2])
        Attempt.objects.create(operation=operation, command="domain:info", cl_trid=f"RC-{number}")
    with CaptureQueriesContext(connection) as queries:
        client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert len(queries) == QUERIES


def test_names_no_person_domain_or_key(client: Client, make_domain: MakeDomain, make_operation) -> None:
    make_operation(make_domain("private-name.com"), ago=60, subject={"public_key": "c2VjcmV0", "key_tag": 2371})
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    assert not re.search(r"private-name|alice|registrant@|c2VjcmV0|2371", text)
