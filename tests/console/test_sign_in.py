"""Signing in: the form, who gets in, and that nobody learns whether an address has an account."""

import pytest
from django.test import Client

from tests.console.page import Page

pytestmark = pytest.mark.usefixtures("empty_cache")
LOGIN = "/accounts/login/"


def submit(client: Client, email: str, password: str = "correct horse", **more: str):
    return client.post(LOGIN, {"login": email, "password": password, **more})


def test_the_form_has_the_fields_that_people_and_scripts_look_for(client, db):
    page = Page(client.get(LOGIN))
    email, password = page.labelled("Email"), page.labelled("Password")
    assert (email.get("type"), email.get("autocomplete")) == ("email", "email")
    assert (password.get("type"), password.get("autocomplete")) == ("password", "current-password")
    assert page.texts("//main//form//button") == ["Sign in"]


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back_again(client, alice):
    response = client.get("/requests/?status=FAILED")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/requests/%3Fstatus%3DFAILED")
    page = Page(client.get(response["Location"]))
    (following,) = page.tree.xpath("//input[@name='next']/@value")
    assert submit(client, "alice@example.net", next=following)["Location"] == "/requests/?status=FAILED"


def test_a_signed_in_person_lands_on_the_registered_domains(client, alice):
    assert submit(client, "ALICE@example.net")["Location"] == "/domains/"
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_nobody_is_sent_to_a_strangers_site_after_signing_in(client, alice):
    assert submit(client, "alice@example.net", next="https://evil.example/")["Location"] == "/domains/"


def test_wrong_password_and_unknown_address_read_alike(client, alice):
    wrong = submit(client, "alice@example.net", "not it")
    unknown = submit(client, "nobody@example.net", "not it")
    assert wrong.status_code == unknown.status_code
    sentences = [Page(response).texts("//*[@role='alert']") for response in (wrong, unknown)]
    assert sentences == [["Email or password is not right. Please try again."]] * 2
    assert "_auth_user_id" not in client.session


def test_what_was_typed_as_address_is_kept_and_the_password_is_not(client, alice):
    page = Page(submit(client, "alice@example.net", "not it"))
    assert page.labelled("Email").get("value") == "alice@example.net"
    assert page.labelled("Password").get("value") is None


def test_a_missing_field_is_marked_and_explained(client, db):
    page = Page(submit(client, "", "correct horse"))
    email = page.labelled("Email")
    assert email.get("aria-invalid") == "true"
    assert page.text(f"//*[@id='{email.get('aria-describedby')}']") == "This field is required."


def test_a_closed_account_gets_in_nowhere_and_is_told_so_only_by_its_password(client, alice):
    alice.is_active = False
    alice.save()
    wrong = submit(client, "alice@example.net", "not it")
    assert Page(wrong).texts("//*[@role='alert']") == ["Email or password is not right. Please try again."]
    right = submit(client, "alice@example.net")
    assert (right.status_code, Page(right).text("//h1")) == (403, "This account is closed")
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/email/", "/accounts/confirm-email/"])
def test_there_is_no_sign_up_and_nothing_else_of_accounts(client, db, path):
    assert client.get(path).status_code == 404


def test_a_form_without_its_token_is_refused(alice):
    response = submit(Client(enforce_csrf_checks=True), "alice@example.net")
    assert (response.status_code, Page(response).text("//h1")) == (403, "This form was open for too long")
