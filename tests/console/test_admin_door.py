"""The admin is entered by the console's own sign-in page."""

from urllib.parse import unquote

import pytest


@pytest.mark.parametrize("path", ["/admin/", "/admin/domains/domain/", "/admin/nothing/"])
def test_a_stranger_is_sent_to_the_consoles_sign_in_keeping_the_way(client, db, path):
    response = client.get(path, follow=True)
    assert unquote(response.redirect_chain[-1][0]) == f"/accounts/login/?next={path}"


def test_staff_goes_in(sign_in, sam):
    client = sign_in(sam)
    assert client.get("/admin/login/")["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_who_is_signed_in_and_no_staff_is_refused_and_not_sent_in_circles(sign_in, mallory):
    response = sign_in(mallory).get("/admin/", follow=True)
    assert response.status_code == 403
    assert len(response.redirect_chain) == 1


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_nobody_away(sign_in, sam, target):
    assert sign_in(sam).get("/admin/login/", {"next": target})["Location"] == "/admin/"
