"""Signing out: by a button, never by following a link."""

from tests.console.page import Page


def test_the_button_signs_out_and_leads_to_sign_in(sign_in, alice):
    client = sign_in(alice)
    form = Page(client.get("/domains/")).tree.xpath("//header//form")[0]
    assert (form.get("method"), form.get("action")) == ("post", "/accounts/logout/")
    response = client.post("/accounts/logout/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/")
    assert "_auth_user_id" not in client.session
    assert Page(client.get("/accounts/login/")).texts("//*[@id='flashbar']//p") == ["You are signed out."]


def test_following_a_link_to_it_only_asks(sign_in, alice):
    client = sign_in(alice)
    response = client.get("/accounts/logout/")
    assert (response.status_code, Page(response).text("//h1")) == (200, "Sign out?")
    assert client.session["_auth_user_id"] == str(alice.pk)
