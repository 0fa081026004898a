"""Mails about accounts: tried again for an hour, sealed on their way, and given up with a word in the log."""

import json
import smtplib
import time
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from domains import outbox
from domains.sealing import unseal
from domains.tasks import deliver_account_email

BACKEND = "django.core.mail.backends.locmem.EmailBackend.send_messages"
MAIL = ("A new password", "https://console.example/key/secret", "<p>secret</p>", "alice@example.net")


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was given to the broker: arguments and options."""
    queue: list[tuple[Any, ...]] = []
    monkeypatch.setattr(deliver_account_email, "apply_async", lambda args, **options: queue.append((args, options)))
    return queue


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def send(*_args: object) -> int:
        raise error

    monkeypatch.setattr(BACKEND, send)


def test_what_lies_with_the_broker_is_sealed(queue) -> None:
    outbox.send_account_mail(*MAIL)
    (((sealed, until), options),) = queue
    assert "secret" not in sealed
    assert "alice" not in sealed
    assert json.loads(unseal(sealed))[:4] == list(MAIL)
    assert 3590 < until - time.time() <= 3600
    assert options == {"argsrepr": "(an account mail)"}


def test_a_mail_server_that_is_away_is_tried_again_with_growing_gaps_for_an_hour(queue, monkeypatch, caplog) -> None:
    fail(monkeypatch, ConnectionRefusedError())
    outbox.send_account_mail(*MAIL)
    for _attempt in range(6):
        args, _options = queue[-1]
        deliver_account_email(*args)
    assert [options.get("countdown") for _args, options in queue] == [None, 2, 4, 8, 16, 30, 30]
    sealed, _until, attempt = queue[-1][0]
    caplog.clear()
    deliver_account_email(sealed, time.time() + 29, attempt)
    assert (len(queue), caplog.messages) == (
        7,
        ["an account mail was not sent: ConnectionRefusedError", "an account mail was given up after 7 attempts"],
    )


def test_it_arrives_once_the_server_is_back_under_one_message_id(queue, monkeypatch, mailoutbox) -> None:
    outbox.send_account_mail(*MAIL)
    with monkeypatch.context() as away:
        fail(away, smtplib.SMTPServerDisconnected())
        deliver_account_email(*queue[-1][0])
    assert len(queue) == 2
    deliver_account_email(*queue[-1][0])
    deliver_account_email(*queue[-1][0])
    assert (len(queue), [mail.to for mail in mailoutbox]) == (2, [["alice@example.net"]] * 2)
    assert len({mail.extra_headers["Message-ID"] for mail in mailoutbox}) == 1


def test_an_address_that_is_refused_for_good_is_not_tried_again(queue, monkeypatch, caplog) -> None:
    fail(monkeypatch, smtplib.SMTPRecipientsRefused({"alice@example.net": (550, b"no such user")}))
    outbox.send_account_mail(*MAIL)
    deliver_account_email(*queue[-1][0])
    assert (len(queue), caplog.messages) == (1, ["an account mail was not sent: SMTPRecipientsRefused 550"])


def test_a_mail_server_that_takes_too_long_is_tried_again(queue, monkeypatch) -> None:
    fail(monkeypatch, SoftTimeLimitExceeded())
    outbox.send_account_mail(*MAIL)
    deliver_account_email(*queue[-1][0])
    assert queue[-1][1]["countdown"] == 2


def test_waiting_and_trying_stay_below_the_time_after_which_the_broker_repeats_a_task() -> None:
    from domains.tasks import ATTEMPT_LASTS, LONGEST_WAIT
    from registrar.celery import app

    assert app.conf.broker_transport_options["visibility_timeout"] > LONGEST_WAIT + ATTEMPT_LASTS
    assert deliver_account_email.soft_time_limit == ATTEMPT_LASTS
