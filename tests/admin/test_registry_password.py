"""A registry's password goes in and never comes out."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.utils import timezone

from domains.models import Registry

OLD, NEW = "old-Geheimnis-1", "new-Geheimnis-2"


@pytest.fixture
def registry(make_registry) -> Registry:
    return make_registry(
        password=OLD, needs_staff="The login was refused: 2200", closed_until=timezone.now() + timedelta(minutes=5)
    )


def post(client, registry: Registry, **values: str):
    fields = {"name": "north", "interface": "ds", "registrar_id": "console", "session_limit": "10", "new_password": ""}
    return client.post(f"/admin/domains/registry/{registry.pk}/change/", fields | values, follow=True)


def everything_kept() -> str:
    out = StringIO()
    call_command("dumpdata", stdout=out)
    return out.getvalue()


def test_a_new_one_is_kept_sealed_and_logins_go_on_at_once(sign_in, root, registry):
    page = post(sign_in(root), registry, new_password=NEW).content.decode()
    registry.refresh_from_db()
    assert registry.open_password() == NEW
    assert (registry.needs_staff, registry.closed_until) == ("", None)
    assert LogEntry.objects.get().get_change_message() == "Changed New password."
    for kept in (page, everything_kept()):
        assert NEW not in kept
        assert OLD not in kept


def test_an_empty_field_keeps_the_present_one(sign_in, root, registry):
    post(sign_in(root), registry, registrar_id="console3")
    registry.refresh_from_db()
    assert (registry.registrar_id, registry.open_password()) == ("console3", OLD)
    assert registry.needs_staff == "The login was refused: 2200"


def test_no_page_gives_it_back_the_one_after_a_mistake_included(sign_in, root, registry):
    client = sign_in(root)
    shown = client.get(f"/admin/domains/registry/{registry.pk}/change/").content.decode()
    refused = post(client, registry, new_password=NEW, host="epp.example").content.decode()
    assert "Name the file of the authority that vouches for this server." in refused
    history = client.get(f"/admin/domains/registry/{registry.pk}/history/").content.decode()
    for page in (shown, refused, history):
        assert NEW not in page
        assert OLD not in page
        assert registry.sealed_password not in page
    registry.refresh_from_db()
    assert registry.open_password() == OLD


def test_a_new_registry_needs_one(sign_in, root):
    values = {"name": "east", "interface": "key", "registrar_id": "console", "session_limit": "10"}
    client = sign_in(root)
    assert 'class="errorlist"' in client.post("/admin/domains/registry/add/", values).content.decode()
    client.post("/admin/domains/registry/add/", values | {"new_password": NEW})
    assert Registry.objects.get().open_password() == NEW


def test_what_workers_write_meanwhile_stays(sign_in, root, registry, monkeypatch):
    seal = Registry.set_password

    def answered_meanwhile(row, password):
        Registry.objects.update(last_failure="It was away.")
        seal(row, password)

    monkeypatch.setattr(Registry, "set_password", answered_meanwhile)
    post(sign_in(root), registry, new_password=NEW)
    registry.refresh_from_db()
    assert (registry.last_failure, registry.open_password()) == ("It was away.", NEW)
