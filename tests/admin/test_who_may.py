"""Owners stay outside, support looks and acts, administrators edit; what the console writes is edited by nobody."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry

from domains.models import Domain, Operation, Person, Registry, Tld
from tests.conftest import KEY_13_OTHER

OURS = [*apps.get_app_config("domains").get_models(), *apps.get_app_config("dnssec").get_models()]
WRITTEN = ["domains/operation", "domains/attempt", "domains/pollmessage", "domains/outgoingemail"]
WRITTEN += ["dnssec/delegationsigner", "dnssec/delegationcheck", "dnssec/condition"]
WRITTEN += ["dnssec/publication", "dnssec/sighting"]

# What a domain's page sends of the tables on it when there is nothing to change in them.
NO_ROWS = {f"{rows}-{n}_FORMS": 0 for rows in ("keys", "nameservers", "operations") for n in ("TOTAL", "INITIAL")}


def path_of(model: Any) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_model_is_there_with_search_and_filters(model):
    shown = admin.site.get_model_admin(model)
    assert shown.search_fields
    assert shown.list_filter


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_reference_that_can_be_edited_is_completed_and_not_listed_whole(model):
    shown = admin.site.get_model_admin(model)
    if model._meta.label_lower.split(".")[1] not in {path.split("/")[1] for path in WRITTEN}:
        references = {field.name for field in model._meta.fields if field.remote_field and field.editable}
        assert references == set(shown.autocomplete_fields)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_an_owner_gets_in_nowhere(sign_in, mallory, model):
    assert sign_in(mallory).get(path_of(model), follow=True).status_code == 403


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_support_sees_every_list(sign_in, sam, model):
    assert sign_in(sam).get(path_of(model)).status_code == 200


@pytest.mark.parametrize("path", ["domains/person", "domains/registry", "domains/contact", "domains/domain"])
def test_support_adds_and_deletes_nothing_of_these(sign_in, sam, alice, make_domain, path):
    make_domain("example.com")
    row = apps.get_model(path.replace("/", ".")).objects.first()
    client = sign_in(sam)
    assert client.get(f"/admin/{path}/{row.pk}/change/").status_code == 200
    assert client.post(f"/admin/{path}/{row.pk}/change/", {"name": "other"}).status_code == 403
    assert client.post(f"/admin/{path}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"/admin/{path}/add/").status_code == 403
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("path", WRITTEN)
def test_what_the_console_writes_is_edited_by_no_administrator(sign_in, root, failed, path):
    row = apps.get_model(path.replace("/", ".")).objects.first()
    client = sign_in(root)
    assert client.get(f"/admin/{path}/add/").status_code == 403
    if row is not None:
        assert client.post(f"/admin/{path}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_status_is_not_changed_by_hand_even_by_a_superuser(sign_in, make_person, failed):
    client = sign_in(make_person("super@example.net", is_staff=True, is_superuser=True))
    client.post(f"/admin/domains/operation/{failed.pk}/change/", {"status": "SUCCESSFUL", "_save": "Save"})
    assert Operation.objects.get().status == "FAILED"


def test_support_keeps_the_tld_table_up_to_date(sign_in, sam, make_tld):
    tld = make_tld("com")
    page = f"/admin/domains/tld/{tld.pk}/change/"
    values = {"name": "com", "registry": tld.registry.pk, "dnssec": "on", "max_keys": 6, "algorithms": "[8, 13]"}
    assert sign_in(sam).post(page, values)["Location"] == "/admin/domains/tld/"
    tld = Tld.objects.get(name="com")
    assert (tld.max_keys, tld.algorithms) == (6, [8, 13])
    assert LogEntry.objects.get().user == sam


@pytest.mark.parametrize("nonsense", ['"8, 13"', "[8, 300]", "[true]", '{"8": 13}', "eight"])
def test_algorithms_that_are_no_numbers_are_not_kept(sign_in, sam, make_tld, nonsense):
    tld = make_tld("com")
    values = {"name": "com", "registry": tld.registry.pk, "max_keys": 6, "algorithms": nonsense}
    page = sign_in(sam).post(f"/admin/domains/tld/{tld.pk}/change/", values)
    assert 'class="errorlist"' in page.content.decode()
    assert Tld.objects.get(name="com").max_keys == 13


def test_an_administrator_adds_a_domain_in_either_form_of_its_name(sign_in, root, alice, make_tld):
    tld = make_tld("cz", dnssec=False)
    values = {"name": "MÜLLER.cz.", "tld": tld.pk, "owner": alice.pk, **NO_ROWS}
    assert sign_in(root).post("/admin/domains/domain/add/", values).status_code == 302
    domain = Domain.objects.get()
    assert (domain.name, domain.unicode_name) == ("xn--mller-kva.cz", "müller.cz")
    assert domain.dnssec_status == "NOT_SUPPORTED"
    refused = sign_in(root).post("/admin/domains/domain/add/", values | {"name": "other.com"})
    assert "The name does not end in this TLD." in refused.content.decode()


def test_editing_a_domain_leaves_what_workers_write_alone(sign_in, root, bob, make_domain, make_key, monkeypatch):
    domain = make_domain("example.com")
    written = Domain.objects.filter(pk=domain.pk)
    save = Domain.save

    def saved_late(row, *args, **kwargs):
        written.update(dnssec_status="CHANGING")
        save(row, *args, **kwargs)

    monkeypatch.setattr(Domain, "save", saved_late)
    sign_in(root).post(f"/admin/domains/domain/{domain.pk}/change/", {"owner": bob.pk, **NO_ROWS})
    domain.refresh_from_db()
    assert (domain.owner, domain.dnssec_status) == (bob, "CHANGING")


def test_a_domains_page_shows_keys_operations_contacts_and_name_servers(sign_in, sam, make_domain, make_key, failed):
    make_key(failed.domain, KEY_13_OTHER)
    failed.domain.nameservers.create(name="ns1.example.com", addresses=["127.0.3.1"])
    page = sign_in(sam).get(f"/admin/domains/domain/{failed.domain_id}/change/").content.decode()
    for shown in ("17179", "13 - ECDSAP256SHA256", failed.reference, "registrant@example.net", "ns1.example.com"):
        assert shown in page


def test_an_operations_page_shows_its_history(sign_in, sam, failed):
    failed.attempts.create(command="domain:update", cl_trid="RC-1", sv_trid="SV-1", code=2306, message="No room")
    registry = failed.domain.tld.registry
    failed.poll_messages.create(registry=registry, message_id="77", queued_at=failed.submitted_at, text="Decided")
    page = sign_in(sam).get(f"/admin/domains/operation/{failed.pk}/change/").content.decode()
    for shown in ("domain:update", "RC-1", "SV-1", "2306", "No room", "77", "Decided", "registrant@example.net"):
        assert shown in page
    assert 'name="_save"' not in page


def test_the_registries_password_has_no_field_for_who_may_not_set_it(sign_in, sam, make_registry):
    registry: Registry = make_registry()
    page = sign_in(sam).get(f"/admin/domains/registry/{registry.pk}/change/").content.decode()
    assert "password" not in page.split('id="content"')[1].lower()


def test_people_of_no_group_see_nothing_although_they_are_staff(sign_in, make_person):
    nobody: Person = make_person("new@example.net", is_staff=True)
    assert sign_in(nobody).get("/admin/domains/domain/").status_code == 403
