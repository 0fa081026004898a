"""Too many attempts: refused with 429 and a sentence, for this address only, and never for the person's own success."""

import pytest

from tests.console.page import Page

pytestmark = pytest.mark.usefixtures("empty_cache", "account_mails")


def attempt(client, email: str, password: str):
    return client.post("/accounts/login/", {"login": email, "password": password})


def test_the_sixth_failure_in_five_minutes_is_refused_with_a_sentence(client, alice):
    assert [attempt(client, "alice@example.net", "not it").status_code for _ in range(6)] == [200] * 5 + [429]
    refused = attempt(client, "alice@example.net", "correct horse")
    assert (refused.status_code, Page(refused).text("//h1")) == (429, "Too many attempts")
    assert "_auth_user_id" not in client.session


def test_an_unknown_address_is_limited_alike(client, db):
    answers = [attempt(client, "nobody@example.net", "not it").status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]


def test_other_addresses_are_not_held_up(client, alice, bob):
    for _ in range(6):
        attempt(client, "alice@example.net", "not it")
    assert attempt(client, "bob@example.net", "correct horse").status_code == 302


def test_thirty_sign_ins_a_minute_from_one_place_are_none_too_many(client, alice):
    answers = set()
    for _ in range(30):
        answers.add(attempt(client, "alice@example.net", "correct horse").status_code)
        client.logout()
    assert answers == {302}


def test_reset_mails_to_one_address_are_limited(client, alice, mailoutbox):
    answers = [client.post("/accounts/password/reset/", {"email": "alice@example.net"}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    assert len(mailoutbox) == 5
