"""What is changed at the registry without us is taken over, and told to the registrant once; what is learnt is not."""

import re
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from dnssec.keys import DnsKey
from dnssec.mail import mail_again
from dnssec.models import DelegationSigner
from dnssec.operations import add_key
from dnssec.outcomes import Outcome, settle
from dnssec.polling import NO_DATE, handle
from dnssec.provisioning import carry_out
from dnssec.reconciliation import reconcile
from domains import registry as door
from domains.delivery import deliver
from domains.epp.secdns import DsData, SecDnsUpdate
from domains.mockregistry.registry_changes import change
from domains.mockregistry.requests import DomainUpdate, Parts
from domains.mockregistry.server import STORE_FILE
from domains.mockregistry.store import Store
from domains.models import Contact, Domain, Operation, OutgoingEmail, Person, PollMessage, Registry
from domains.sentences import Sentence
from domains.world import World
from tests.conftest import KEY_13_OTHER
from tests.dnssec.conftest import MockRegistry

pytestmark = pytest.mark.django_db(transaction=True)

FOREIGN = DsData(4711, 13, 2, bytes(range(32)))
LOCK = "serverUpdateProhibited"


def registry_changes(
    mock: MockRegistry,
    name: str,
    secdns: SecDnsUpdate | None = None,
    *,
    lock: str = "",
    unlock: str = "",
) -> None:
    asked = DomainUpdate(
        name,
        add=Parts(statuses=(lock,) if lock else ()),
        remove=Parts(statuses=(unlock,) if unlock else ()),
    )
    now = datetime.now(UTC)
    store = Store.open(mock.directory / STORE_FILE, World((), (), (), ()), now)
    try:
        with store.transaction():
            change(store, asked, secdns, now)
    finally:
        store.close()


def look(name: str) -> Domain:
    Domain.objects.filter(name=name).update(looked_at=NO_DATE)
    reconcile(Domain.objects.get(name=name).pk)
    domain: Domain = Domain.objects.get(name=name)
    return domain


def told() -> list[str]:
    return list(OutgoingEmail.objects.filter(kind="changed").order_by("pk").values_list("subject", flat=True))


def test_a_key_that_was_removed_is_told_with_its_ds_and_when_it_was_seen(mock_registry: MockRegistry) -> None:
    digest = DelegationSigner.objects.get(domain__name="keyed.com").ds["2"]
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(remove_all=True))
    domain = look("keyed.com")
    assert (domain.keys.count(), domain.dnssec_status) == (0, "NOT_CONFIGURED")
    mail = OutgoingEmail.objects.get()
    assert (mail.domain, mail.operation, mail.outcome) == (domain, None, "")
    assert (mail.recipient, mail.status) == ("registrant@example.net", "WAITING")
    assert mail.subject == "keyed.com: key 2371 was removed at the registry"
    for part in (mail.text, mail.html):
        assert "It was not asked for in this console." in part
        assert f"We saw it on {mail.created_at:%-d %b %Y, %H:%M} UTC" in part
        assert re.search(rf"keyed\.com\. IN DS 2371 13 2\s+{digest}", part)
        assert "No key is left at the registry" in part
        assert "/domains/keyed.com/dnssec/" in part
        assert "KSK, 257" in part
    assert not re.search(r"</?\w+>|&\w+;|\{[{%]|\n\n\n", mail.text)


def test_it_is_told_once_however_often_the_domain_is_looked_at(mock_registry: MockRegistry) -> None:
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(add=(FOREIGN,)))
    look("keyed.com")
    look("keyed.com")
    assert told() == ["keyed.com: key 4711 was added at the registry"]


def test_one_mail_tells_all_that_was_changed(mock_registry: MockRegistry) -> None:
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(remove_all=True, add=(FOREIGN,)), lock=LOCK)
    look("keyed.com")
    assert told() == ["keyed.com: keys were changed at the registry"]
    text = OutgoingEmail.objects.get().text
    assert f"Keys now: 1\n  Locked by: {LOCK}\n\nRemoved key\n\n  Key tag 2371, key-signing key (KSK, 257)" in text
    assert "Added key\n\n  Key tag 4711, type not known, algorithm 13" in text


def test_a_lock_and_its_end_are_told_and_other_statuses_are_not(mock_registry: MockRegistry) -> None:
    registry_changes(mock_registry, "example.com", lock="serverHold")
    assert "serverHold" in look("example.com").statuses
    registry_changes(mock_registry, "example.com", lock=LOCK)
    look("example.com")
    registry_changes(mock_registry, "example.com", unlock=LOCK)
    look("example.com")
    assert told() == ["example.com: locked at the registry", "example.com: a lock was lifted at the registry"]
    assert "Changes of its keys can be asked for again." in OutgoingEmail.objects.latest("pk").text


def test_a_domain_that_left_is_told_once(mock_registry: MockRegistry) -> None:
    Domain.objects.filter(name="moved.com").update(known_since=timezone.now())
    assert look("moved.com").state == "LEFT"
    look("moved.com")
    assert told() == ["moved.com: no longer managed here"]
    assert "gone or with another registrar" in OutgoingEmail.objects.get().text


def test_the_first_look_learns_and_tells_nothing(mock_registry: MockRegistry) -> None:
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(add=(FOREIGN,)), lock=LOCK)
    Domain.objects.filter(name="keyed.com").update(known_since=None)
    assert look("keyed.com").known_since is not None
    assert look("moved.com").state == "LEFT"  # The file says who its registrar is; the console has to ask.
    assert (DelegationSigner.objects.filter(domain__name="keyed.com").count(), told()) == (2, [])


def test_what_an_operation_asked_for_is_told_by_its_own_mail_alone(mock_registry: MockRegistry) -> None:
    carry_out(ours("example.com").pk)
    look("example.com")
    assert list(OutgoingEmail.objects.values_list("kind", flat=True)) == ["added"]


def test_what_somebody_else_changed_is_told_too_when_an_operation_finds_it(mock_registry: MockRegistry) -> None:
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(remove_all=True, add=(FOREIGN,)), lock=LOCK)
    operation = ours("keyed.com")
    carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.result_code) == ("FAILED", 2304)
    assert [mail.kind for mail in OutgoingEmail.objects.order_by("pk")] == ["not_added", "changed"]
    assert "Locked by" not in OutgoingEmail.objects.get(kind="changed").text  # The other one names the lock.


def test_a_late_consequence_of_a_request_that_failed_names_it(mock_registry: MockRegistry) -> None:
    operation = ours("example.com")
    Operation.objects.filter(pk=operation.pk).update(update_sent_at=timezone.now())
    settle(operation, Outcome(Operation.Status.FAILED, Sentence("Nothing was changed.")))
    ds = DelegationSigner(ds=operation.subject["ds"])
    record = DsData(operation.subject["key_tag"], 13, 2, bytes.fromhex(ds.ds["2"]))
    registry_changes(mock_registry, "example.com", SecDnsUpdate(add=(record,)))
    look("example.com")
    mail = OutgoingEmail.objects.get(kind="changed")
    assert "It was not asked for in this console." not in mail.text
    assert f"the request had ended as failed:\n  {operation.reference} http" in mail.text


def test_a_look_that_another_one_or_a_request_overtook_changes_nothing(mock_registry: MockRegistry) -> None:
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(remove_all=True))
    pk = Domain.objects.get(name="keyed.com").pk
    info = door.Session.info

    def overtaken(how: str) -> None:
        def slow(self: door.Session, name: str, *, cl_trid: str) -> object:
            answer = info(self, name, cl_trid=cl_trid)
            if how == "message":
                handle(message())
            else:
                settle(ours("keyed.com"), Outcome(Operation.Status.FAILED, Sentence("Nothing was changed.")))
            return answer

        Domain.objects.filter(pk=pk).update(looked_at=NO_DATE)
        with patch.object(door.Session, "info", slow):
            reconcile(pk)

    for how in ("message", "request"):
        overtaken(how)
        domain = Domain.objects.get(pk=pk)
        assert (domain.looked_at, domain.looking_since, domain.keys.count(), told()) == (NO_DATE, None, 1, [])
    look("keyed.com")
    assert told() == ["keyed.com: key 2371 was removed at the registry"]


def test_a_registry_that_does_not_offer_secdns_has_not_removed_any_key(
    mock_registry: MockRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(remove_all=True))
    monkeypatch.setattr(door.Session, "speaks_secdns", False)
    assert look("keyed.com").keys.count() == 1
    operation = ours("keyed.com")
    carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.result_code) == ("FAILED", 2103)
    assert (operation.domain.keys.count(), told()) == (1, [])


def test_a_registrant_without_an_address_leaves_a_mail_for_support_to_see(mock_registry: MockRegistry) -> None:
    Contact.objects.update(email="")
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(remove_all=True))
    look("keyed.com")
    assert OutgoingEmail.objects.get().status == "UNDELIVERABLE"


def test_it_is_sent_under_its_message_id_and_names_the_domain(mock_registry: MockRegistry, mailoutbox: list) -> None:
    registry_changes(mock_registry, "keyed.com", SecDnsUpdate(remove_all=True))
    look("keyed.com")
    mail = OutgoingEmail.objects.get()
    deliver(mail.pk)
    deliver(mail.pk)
    (sent,) = mailoutbox
    assert (sent.extra_headers["Message-ID"], sent.extra_headers["X-Domain"]) == (mail.message_id, "keyed.com")
    assert "X-Operation" not in sent.extra_headers
    again = mail_again(mail, requested_by=Person.objects.get())
    assert (again.about().name, again.kind, again.message_id == mail.message_id) == ("keyed.com", "changed", False)
    assert list(OutgoingEmail.objects.visible_to(Person.objects.get())) == [mail]


def ours(name: str) -> Operation:
    key = DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13)
    return add_key(Domain.objects.get(name=name), key, requested_by=Person.objects.get())


def message() -> PollMessage:
    row: PollMessage = PollMessage.objects.create(
        registry=Registry.objects.get(name="north"),
        message_id="9",
        queued_at=timezone.now() - timedelta(seconds=1),
        domain_name="keyed.com",
    )
    return row
