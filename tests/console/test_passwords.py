"""A forgotten password, and changing it."""

import re

import pytest

from domains.tasks import deliver_account_email
from tests.console.page import Page

pytestmark = pytest.mark.usefixtures("empty_cache", "account_mails")
RESET = "/accounts/password/reset/"
NEW = {"password1": "a much better one", "password2": "a much better one"}


def ask_for_link(client, mailoutbox, email: str) -> str:
    assert client.post(RESET, {"email": email})["Location"] == "/accounts/password/reset/done/"
    (mail,) = mailoutbox
    return re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.body)[1]


def test_a_link_comes_by_mail_and_sets_a_new_password_once(client, alice, mailoutbox):
    link = ask_for_link(client, mailoutbox, "alice@example.net")
    form_path = client.get(link)["Location"]
    page = Page(client.get(form_path))
    assert page.labelled("New password").get("autocomplete") == "new-password"
    assert client.post(form_path, NEW)["Location"] == "/accounts/password/reset/key/done/"
    alice.refresh_from_db()
    assert alice.check_password("a much better one")
    assert Page(client.get(link)).text("//h1") == "This link does not work any more"


def test_the_mails_are_in_our_words_as_text_and_html(client, alice, mailoutbox):
    link = ask_for_link(client, mailoutbox, "alice@example.net")
    (mail,) = mailoutbox
    assert (mail.subject, mail.to) == ("A new password for the registrar console", ["alice@example.net"])
    html, kind = mail.alternatives[0]
    assert kind == "text/html"
    assert html.count(f'href="http://testserver{link}"') == 2  # The button, and the address for where there is none.
    assert mail.body.startswith("Choose a new password\n\nSomebody asked for a new password for alice@example.net.")


def test_an_unknown_address_gets_the_same_answer_and_a_mail_that_says_so(client, db, mailoutbox):
    response = client.post(RESET, {"email": "nobody@example.net"})
    assert response["Location"] == "/accounts/password/reset/done/"
    (mail,) = mailoutbox
    assert mail.to == ["nobody@example.net"]
    assert mail.body.startswith("There is no account with this address")


def test_a_worker_sends_the_mail_and_no_tool_shows_its_link(client, alice, mailoutbox, monkeypatch):
    queue = []
    monkeypatch.setattr(deliver_account_email, "apply_async", lambda args, **options: queue.append(options))
    assert client.post(RESET, {"email": "alice@example.net"})["Location"] == "/accounts/password/reset/done/"
    assert (mailoutbox, queue) == ([], [{"argsrepr": "(an account mail)"}])


def test_a_broker_that_is_away_loses_no_account_mail(client, alice, mailoutbox, monkeypatch, caplog):
    def refuse(*_args: object, **_options: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(deliver_account_email, "apply_async", refuse)
    ask_for_link(client, mailoutbox, "alice@example.net")
    assert caplog.messages == ["the broker did not take domains.tasks.deliver_account_email: ConnectionRefusedError"]


def test_a_mail_that_cannot_be_sent_looks_no_different(client, alice, monkeypatch, caplog):
    def refuse(*_args: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    assert client.post(RESET, {"email": "alice@example.net"})["Location"] == "/accounts/password/reset/done/"
    assert caplog.messages == ["an account mail was not sent: ConnectionRefusedError"]


def test_a_weak_new_password_is_refused_with_reasons(client, alice, mailoutbox):
    form_path = client.get(ask_for_link(client, mailoutbox, "alice@example.net"))["Location"]
    page = Page(client.post(form_path, {"password1": "password", "password2": "password"}))
    field = page.labelled("New password")
    assert field.get("aria-invalid") == "true"
    assert page.texts("//*[@id='id_password1_error']/p") == [
        "This password is too short. It must contain at least 10 characters.",
        "This password is too common.",
    ]


def test_changing_it_needs_the_current_one(sign_in, alice):
    client = sign_in(alice)
    page = Page(client.post("/accounts/password/change/", {"oldpassword": "not it", **NEW}))
    assert page.texts("//*[@id='id_oldpassword_error']/p") == ["This is not your current password."]
    alice.refresh_from_db()
    assert alice.check_password("correct horse")


def test_changing_it_keeps_the_person_signed_in_and_tells_by_mail(sign_in, alice, mailoutbox):
    client = sign_in(alice)
    response = client.post("/accounts/password/change/", {"oldpassword": "correct horse", **NEW})
    assert response["Location"] == "/domains/"
    assert Page(client.get("/domains/")).texts("//*[@id='flashbar']//p") == ["Your password is changed."]
    assert [mail.subject for mail in mailoutbox] == ["Your password is changed"]
