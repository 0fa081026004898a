"""Send again: the same text to the registrant's present address, under a Message-ID of its own."""

import pytest
from django.contrib.admin.models import LogEntry

from dnssec.mail import change_mail
from dnssec.snapshots import Difference
from domains.models import Contact, OutgoingEmail
from domains.outbox import promise


@pytest.mark.parametrize("from_page", [False, True])
def test_a_mail_goes_out_once_more_to_the_present_address(sign_in, sam, sent, act, from_page):
    Contact.objects.update(email="new@example.net")
    page = act(sign_in(sam), "send_again", sent, from_page=from_page).content.decode()
    again = OutgoingEmail.objects.get(resend_of=sent)
    assert (again.recipient, again.requested_by, again.status) == ("new@example.net", sam, "WAITING")
    assert (again.subject, again.text, again.html) == (sent.subject, sent.text, sent.html)
    assert again.message_id != sent.message_id
    assert f"{sent.operation.reference}: Sent again to new@example.net." in page
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.get_change_message()) == (
        sam,
        str(sent.pk),
        "Sent again: Asked for by phone.",
    )


def test_an_undeliverable_mail_is_sent_once_there_is_an_address(sign_in, sam, sent, act):
    OutgoingEmail.objects.update(status="UNDELIVERABLE", sent_at=None, recipient="")
    act(sign_in(sam), "send_again", sent)
    assert OutgoingEmail.objects.get(resend_of=sent).recipient == "registrant@example.net"


def test_pressed_twice_it_is_sent_once(sign_in, sam, sent, act):
    client = sign_in(sam)
    act(client, "send_again", sent)
    assert "This mail is on its way already." in act(client, "send_again", sent).content.decode()
    assert (OutgoingEmail.objects.count(), LogEntry.objects.count()) == (2, 1)


def test_a_mail_that_waits_is_not_sent_twice(sign_in, sam, failed, act):
    page = act(sign_in(sam), "send_again", failed.mails.get()).content.decode()
    assert "This mail is on its way already." in page
    assert OutgoingEmail.objects.count() == 1


def test_a_mail_that_waits_for_a_wrong_address_is_sent_to_the_right_one(sign_in, sam, failed, act):
    Contact.objects.update(email="new@example.net")
    act(sign_in(sam), "send_again", failed.mails.get())
    assert OutgoingEmail.objects.get(resend_of__isnull=False).recipient == "new@example.net"


def test_without_an_address_nothing_is_kept(sign_in, sam, sent, act):
    Contact.objects.update(email="")
    page = act(sign_in(sam), "send_again", sent).content.decode()
    assert "The domain has no registrant address, so there is nobody to send this mail to." in page
    assert (OutgoingEmail.objects.count(), LogEntry.objects.count()) == (1, 0)


def test_without_the_permission_there_is_no_such_action(sign_in, sam, sent, act):
    support = sam.groups.get()
    support.permissions.remove(support.permissions.get(codename="send_mail_again"))
    for from_page in (False, True):
        act(sign_in(sam), "send_again", sent, from_page=from_page)
    assert (OutgoingEmail.objects.count(), LogEntry.objects.count()) == (1, 0)


def test_a_mail_about_a_change_at_the_registry_is_listed_found_and_sent_again(sign_in, sam, make_domain, act):
    mail = promise(change_mail(make_domain("told.com"), Difference(left=True)))
    OutgoingEmail.objects.update(status="SENT", sent_at=mail.created_at)
    client = sign_in(sam)
    page = client.get("/admin/domains/outgoingemail/", {"q": "told.com", "o": "2"}).content.decode()
    assert "Changed at the registry" in page
    assert client.get(f"/admin/domains/outgoingemail/{mail.pk}/change/").status_code == 200
    # The admin begins its messages with a capital letter, which is not the domain's.
    assert "Domain told.com: Sent again to registrant@example.net." in act(client, "send_again", mail).content.decode()
    assert OutgoingEmail.objects.get(resend_of=mail).domain == mail.domain
