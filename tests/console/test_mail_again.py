"""An owner has the mail of a request sent once more, from the request's page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dnssec import operations
from dnssec.keys import DnsKey
from dnssec.operations import add_key, have_copies
from dnssec.outcomes import Outcome, done, settle
from domains.errors import MailOnItsWay, NobodyToTell
from domains.models import Contact, Operation, OutgoingEmail
from domains.sentences import Sentence
from tests.conftest import KEY_13
from tests.console.page import Page

FORMS = "//*[@class='timeline']//form"


@pytest.fixture
def operation(make_domain, alice, transactional_db) -> Operation:
    """Alice's key is added; the registrant has the mail and alice a copy."""
    have_copies(True, requested_by=alice)
    asked = add_key(make_domain("example.com"), DnsKey.parse(KEY_13, flags=257, algorithm=13), requested_by=alice)
    settle(asked, done(asked))
    _all_sent()
    asked.refresh_from_db()
    return asked


def _all_sent(ago: timedelta = timedelta()) -> None:
    then = timezone.now() - ago
    OutgoingEmail.objects.update(status="SENT", sent_at=then, created_at=then)


def page_of(client, operation: Operation) -> Page:
    return Page(client.get(f"/requests/{operation.reference}/"))


def mail_of(operation: Operation) -> OutgoingEmail:
    mail: OutgoingEmail = operation.mails.earliest("pk")
    return mail


def copy_of(operation: Operation) -> OutgoingEmail:
    copy: OutgoingEmail = operation.mails.get(is_copy=True)
    return copy


def test_the_mail_goes_to_the_registrants_present_address(sign_in, alice, operation):
    Contact.objects.update(email="new@example.net")
    client = sign_in(alice)
    (address,) = page_of(client, operation).tree.xpath(f"{FORMS}/@action")[:1]
    response = client.post(address)
    assert (response.status_code, response["Location"]) == (303, f"/requests/{operation.reference}/")
    again = OutgoingEmail.objects.latest("pk")
    assert (again.recipient, again.resend_of, again.is_copy, again.requested_by) == (
        "new@example.net",
        mail_of(operation),
        False,
        alice,
    )
    page = page_of(client, operation)
    assert page.text("//*[@id='flashbar']").startswith("The mail goes to new@example.net once more.")
    assert page.texts("//*[@class='timeline']/li/div")[-1] == "Mail to new@example.net It is on its way."
    assert page.tree.xpath("//*[@id='request-state']/@hx-get") != []


def test_a_copy_is_called_one_and_goes_to_whom_it_went(sign_in, alice, operation):
    client = sign_in(alice)
    page = page_of(client, operation)
    assert page.texts("//*[@class='timeline']/li/div/strong")[-2:] == [
        "Mail to registrant@example.net",
        "Copy to alice@example.net",
    ]
    client.post(page.tree.xpath(f"{FORMS}/@action")[1])
    again = OutgoingEmail.objects.latest("pk")
    assert (again.recipient, again.is_copy) == ("alice@example.net", True)
    listed = Page(client.get("/requests/")).text("//table")
    assert "A copy to alice@example.net is on its way." in listed


def test_support_sends_a_copy_to_whom_it_went_however_often(sam, operation):
    copy = copy_of(operation)
    for _once in range(3):
        again = operations.send_mail_again(copy, requested_by=sam)
        assert (again.recipient, again.is_copy) == ("alice@example.net", True)
        _all_sent(ago=timedelta(minutes=10))
    assert OutgoingEmail.objects.filter(recipient="registrant@example.net").count() == 1


def test_only_the_last_mail_of_each_kind_has_the_button(sign_in, alice, operation):
    operations.send_mail_again(mail_of(operation), requested_by=alice)
    _all_sent()
    client = sign_in(alice)
    last = OutgoingEmail.objects.latest("pk")
    assert page_of(client, operation).tree.xpath(f"{FORMS}/@action") == [
        f"/requests/{operation.reference}/mails/{pk}/again/" for pk in (copy_of(operation).pk, last.pk)
    ]


def test_a_mail_that_waits_has_no_button(sign_in, alice, operation):
    OutgoingEmail.objects.update(status="WAITING", sent_at=None)
    assert page_of(sign_in(alice), operation).tree.xpath(FORMS) == []


def test_without_an_address_there_is_no_button_and_nothing_is_sent(sign_in, alice, operation):
    OutgoingEmail.objects.filter(is_copy=True).delete()
    OutgoingEmail.objects.update(recipient="", status="UNDELIVERABLE", sent_at=None)
    Contact.objects.update(email="")
    client = sign_in(alice)
    page = page_of(client, operation)
    assert page.texts("//*[@class='timeline']/li/div")[-1] == "No mail The registrant contact had no email address."
    assert page.tree.xpath(FORMS) == []
    with pytest.raises(NobodyToTell):
        operations.send_mail_again(mail_of(operation), requested_by=alice)
    client.post(f"/requests/{operation.reference}/mails/{mail_of(operation).pk}/again/")
    assert OutgoingEmail.objects.count() == 1


def test_once_there_is_an_address_the_mail_that_had_none_can_be_sent(sign_in, alice, operation):
    OutgoingEmail.objects.filter(is_copy=True).delete()
    OutgoingEmail.objects.update(recipient="", status="UNDELIVERABLE", sent_at=None)
    client = sign_in(alice)
    client.post(page_of(client, operation).tree.xpath(f"{FORMS}/@action")[0])
    assert OutgoingEmail.objects.latest("pk").recipient == "registrant@example.net"


def test_what_was_sent_again_a_moment_ago_is_not_sent_once_more(alice, operation):
    again = operations.send_mail_again(mail_of(operation), requested_by=alice)
    with pytest.raises(MailOnItsWay, match="on its way already"):
        operations.send_mail_again(again, requested_by=alice)
    _all_sent()
    for mail in (again, mail_of(operation)):
        with pytest.raises(MailOnItsWay, match="sent again a moment ago"):
            operations.send_mail_again(mail, requested_by=alice)
    _all_sent(ago=timedelta(minutes=6))
    operations.send_mail_again(again, requested_by=alice)
    assert OutgoingEmail.objects.filter(is_copy=False).count() == 3


def test_a_later_outcome_has_a_mail_of_its_own(alice, make_domain, transactional_db):
    asked = add_key(make_domain("late.com"), DnsKey.parse(KEY_13, flags=257, algorithm=13), requested_by=alice)
    settle(asked, Outcome("ERROR", Sentence("Not known.")))
    settle(asked, done(asked))
    _all_sent()
    error, success = asked.mails.order_by("pk")
    operations.send_mail_again(error, requested_by=alice)
    assert operations.send_mail_again(success, requested_by=alice).outcome == "SUCCESSFUL"


def test_others_see_no_such_mail(sign_in, mallory, alice, operation):
    address = f"/requests/{operation.reference}/mails/{mail_of(operation).pk}/again/"
    assert sign_in(mallory).post(address).status_code == 404
    assert sign_in(alice).post(f"/requests/{'0' * 10}/mails/{mail_of(operation).pk}/again/").status_code == 404
    assert OutgoingEmail.objects.count() == 2


def test_an_address_that_is_opened_leads_to_the_request(sign_in, alice, operation):
    response = sign_in(alice).get(f"/requests/{operation.reference}/mails/{mail_of(operation).pk}/again/")
    assert (response.status_code, response["Location"]) == (303, f"/requests/{operation.reference}/")
    assert OutgoingEmail.objects.count() == 2
