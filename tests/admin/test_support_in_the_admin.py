"""Staff sees everything and acts on requests and mails; nobody edits what the life of an operation writes."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dnssec.keys import DnsKey
from dnssec.operations import add_key, cancel
from domains.models import Operation, OutgoingEmail, Registry
from tests.conftest import KEY_13_OTHER

LISTS = [
    "domains/person",
    "domains/registry",
    "domains/tld",
    "domains/domain",
    "domains/contact",
    "domains/nameserver",
    "domains/operation",
    "domains/attempt",
    "domains/pollmessage",
    "domains/outgoingemail",
    "dnssec/delegationsigner",
]


@pytest.fixture
def failed(make_domain, alice) -> Operation:
    domain = make_domain("example.com")
    operation = add_key(domain, DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13), requested_by=alice)
    cancel(operation, requested_by=alice)
    operation.refresh_from_db()
    return operation


@pytest.fixture
def root(make_person, sam):
    root = make_person("root@example.net", is_staff=True)
    root.groups.add(Group.objects.get(name="administrators"))
    return root


def act(client, action: str, *rows, model: str = "operation", **more: str):
    data = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    return client.post(f"/admin/domains/{model}/", data, follow=True)


@pytest.mark.parametrize("path", LISTS)
def test_each_list_takes_at_most_ten_queries_and_can_be_searched(path, sign_in, sam, make_domain, alice):
    for i in range(12):
        domain = make_domain(f"example{i}.com")
        operation = add_key(domain, DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13), requested_by=alice)
        cancel(operation, requested_by=alice)
    client = sign_in(sam)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"/admin/{path}/").status_code == 200
    assert len(queries) <= 10
    assert client.get(f"/admin/{path}/?q=17179").status_code == 200
    assert client.get(f"/admin/{path}/?q=%00").status_code == 200


def test_an_owner_has_no_admin(sign_in, alice):
    assert sign_in(alice).get("/admin/").status_code in (302, 403)


def test_support_finds_a_domain_by_key_tag_and_a_request_by_its_transaction_id(sign_in, sam, failed):
    client = sign_in(sam)
    for path, text in [
        ("domains/operation", failed.reference),
        ("domains/operation", "17179"),
        ("domains/operation", "example.com"),
        ("domains/domain", "registrant@example.net"),
    ]:
        assert "example.com" in client.get(f"/admin/{path}/?q={text}").content.decode()
    assert "0 operations" in client.get("/admin/domains/operation/?q=12345").content.decode()


def test_a_requests_page_shows_its_history_and_has_nothing_to_edit(sign_in, sam, failed):
    response = sign_in(sam).get(f"/admin/domains/operation/{failed.pk}/change/")
    assert response.status_code == 200
    assert 'name="_save"' not in response.content.decode()
    assert "not_added" in response.content.decode() or "Key not added" in response.content.decode()


def test_support_edits_tlds_but_neither_people_nor_registries(sign_in, sam, make_tld):
    client = sign_in(sam)
    tld = make_tld("com")
    assert 'name="_save"' in client.get(f"/admin/domains/tld/{tld.pk}/change/").content.decode()
    assert 'name="_save"' not in client.get(f"/admin/domains/registry/{tld.registry.pk}/change/").content.decode()
    assert 'name="_save"' not in client.get(f"/admin/domains/person/{sam.pk}/change/").content.decode()


def test_a_failed_request_is_tried_again(sign_in, sam, failed):
    act(sign_in(sam), "try_again", failed)
    new = Operation.objects.get(retry_of=failed)
    assert (new.status, new.requested_by) == ("SUBMITTED", sam)
    assert LogEntry.objects.filter(object_id=str(failed.pk), user=sam).count() == 1


def test_what_cannot_be_tried_again_says_why_and_writes_nothing(sign_in, sam, failed):
    client = sign_in(sam)
    act(client, "try_again", failed)
    response = act(client, "try_again", failed)
    assert "Another change of this domain is in progress." in response.content.decode()
    assert Operation.objects.count() == 2


def test_giving_up_asks_for_a_reason_first(sign_in, sam, make_domain, alice):
    operation = add_key(
        make_domain("example.com"), DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13), requested_by=alice
    )
    client = sign_in(sam)
    assert 'name="reason"' in act(client, "give_up", operation).content.decode()
    act(client, "give_up", operation, reason=" ")
    operation.refresh_from_db()
    assert operation.closed_by is None
    act(client, "give_up", operation, reason="Asked for by phone.")
    operation.refresh_from_db()
    assert (operation.closed_by, operation.closed_because) == (sam, "Asked for by phone.")


def test_a_mail_is_sent_again_to_the_present_address(sign_in, sam, failed):
    registrant = failed.domain.registrant
    registrant.email = "new@example.net"
    registrant.save()
    first = OutgoingEmail.objects.get()
    act(sign_in(sam), "send_again", first, model="outgoingemail")
    again = OutgoingEmail.objects.get(resend_of=first)
    assert (again.recipient, again.status, again.requested_by) == ("new@example.net", "WAITING", sam)
    assert again.message_id != first.message_id


def test_a_registrys_password_is_written_and_never_read(sign_in, root, make_registry, capsys):
    registry = make_registry("north", needs_staff="The login was refused: 2200")
    client = sign_in(root)
    page = client.get(f"/admin/domains/registry/{registry.pk}/change/")
    fields = {
        name: value
        for name, value in page.context["adminform"].form.initial.items()
        if value is not None and name != "new_password"
    }
    secret = "a-fresh-registry-secret"
    response = client.post(f"/admin/domains/registry/{registry.pk}/change/", {**fields, "new_password": secret})
    assert response.status_code == 302
    registry = Registry.objects.get()
    assert registry.open_password() == secret
    assert registry.needs_staff == ""
    call_command("dumpdata")
    seen = capsys.readouterr().out + client.get(f"/admin/domains/registry/{registry.pk}/change/").content.decode()
    seen += "".join(LogEntry.objects.values_list("change_message", flat=True))
    assert secret not in seen
