"""People: made and kept by administrators, signed in by their present address only."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.test import Client

from domains.models import Person

FIRST = "a horse of battery"


def sign_in_page(email: str, password: str) -> int:
    return Client().post("/accounts/login/", {"login": email, "password": password}).status_code


def change(client, person: Person, **values):
    fields = {"email": person.email, "name": person.name, "is_active": "on", "time_zone": "UTC", "language": "en"}
    return client.post(f"/admin/domains/person/{person.pk}/change/", fields | values)


def test_an_administrator_makes_somebody_who_signs_in(sign_in, root, empty_cache):
    values = {"email": "Carol@Example.net", "name": "Carol", "password1": FIRST, "password2": FIRST}
    assert sign_in(root).post("/admin/domains/person/add/", values).status_code == 302
    carol = Person.objects.get(email="carol@example.net")
    assert (carol.is_staff, carol.is_superuser) == (False, False)
    assert sign_in_page("carol@example.net", FIRST) == 302


def test_a_weak_first_password_is_refused(sign_in, root):
    values = {"email": "carol@example.net", "password1": "short", "password2": "short"}
    assert sign_in(root).post("/admin/domains/person/add/", values).status_code == 200
    assert not Person.objects.filter(email="carol@example.net").exists()


def test_a_former_address_signs_in_no_longer(sign_in, root, alice, empty_cache):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    change(sign_in(root), alice, email="new@example.net")
    assert list(EmailAddress.objects.filter(user=alice).values_list("email", flat=True)) == ["new@example.net"]
    assert sign_in_page("alice@example.net", "correct horse") == 200
    assert sign_in_page("new@example.net", "correct horse") == 302


def test_groups_are_given_and_superusers_are_not_made(sign_in, root, alice):
    support = Group.objects.get(name="support")
    change(sign_in(root), alice, is_staff="on", groups=[support.pk], is_superuser="on", user_permissions=["1"])
    alice.refresh_from_db()
    assert (list(alice.groups.all()), alice.is_staff, alice.is_superuser) == ([support], True, False)
    assert not alice.user_permissions.exists()


def test_a_password_is_set_on_its_own_page(sign_in, root, alice, empty_cache):
    values = {"password1": FIRST, "password2": FIRST, "usable_password": "true", "set-password": "1"}
    answer = sign_in(root).post(f"/admin/domains/person/{alice.pk}/password/", values)
    assert answer.status_code == 302
    assert sign_in_page(alice.email, FIRST) == 302


@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_an_administrator_does_not_touch_a_superuser(sign_in, root, make_person, page):
    above = make_person("super@example.net", is_staff=True, is_superuser=True)
    values = {"password1": FIRST, "password2": FIRST, "usable_password": "true", "post": "yes"}
    assert sign_in(root).post(f"/admin/domains/person/{above.pk}/{page}/", values).status_code == 403
    above.refresh_from_db()
    assert above.check_password("correct horse")


def test_support_does_not_set_passwords(sign_in, sam, alice):
    assert sign_in(sam).get(f"/admin/domains/person/{alice.pk}/password/").status_code == 403


def test_somebody_who_owns_domains_is_not_deleted(sign_in, root, alice, make_domain):
    make_domain("example.com")
    sign_in(root).post(f"/admin/domains/person/{alice.pk}/delete/", {"post": "yes"})
    assert Person.objects.filter(pk=alice.pk).exists()
