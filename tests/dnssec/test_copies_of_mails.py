"""A copy of the outcome's mail for who asked for the change: if wanted, once, and beside the one to the registrant."""

import pytest

from dnssec.keys import DnsKey
from dnssec.operations import add_key, cancel, have_copies
from dnssec.outcomes import Outcome, done, settle
from domains.models import Domain, Operation, OutgoingEmail
from domains.sentences import Sentence
from tests.conftest import KEY_13
from tests.console.page import HTMX, Page

PAGE = "/domains/example.com/dnssec/"


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def asked(domain, alice, transactional_db) -> Operation:
    return add_key(domain, DnsKey.parse(KEY_13, flags=257, algorithm=13), requested_by=alice)


def test_nobody_gets_a_copy_unasked(asked):
    settle(asked, done(asked))
    assert list(OutgoingEmail.objects.values_list("recipient", "is_copy")) == [("registrant@example.net", False)]


def test_who_wants_one_gets_the_same_mail_under_a_message_id_of_its_own(asked, alice):
    have_copies(True, requested_by=alice)
    asked.refresh_from_db()
    settle(asked, done(asked))
    mail, copy = OutgoingEmail.objects.order_by("pk")
    assert (mail.recipient, mail.is_copy, mail.resend_of) == ("registrant@example.net", False, None)
    assert (copy.recipient, copy.is_copy, copy.resend_of) == ("alice@example.net", True, mail)
    assert (copy.subject, copy.text, copy.html, copy.kind) == (mail.subject, mail.text, mail.html, mail.kind)
    assert copy.message_id != mail.message_id


def test_every_outcome_has_its_copy_and_each_only_one(asked, alice):
    have_copies(True, requested_by=alice)
    asked.refresh_from_db()
    settle(asked, Outcome("ERROR", Sentence("Not known.")))
    assert not settle(asked, Outcome("ERROR", Sentence("Not known.")))
    settle(asked, done(asked))
    assert list(OutgoingEmail.objects.order_by("pk").values_list("outcome", "is_copy")) == [
        ("ERROR", False),
        ("ERROR", True),
        ("SUCCESSFUL", False),
        ("SUCCESSFUL", True),
    ]


def test_a_registrant_who_signs_in_gets_one_mail(asked, alice):
    have_copies(True, requested_by=alice)
    asked.domain.registrant.email = "Alice@example.net"
    asked.domain.registrant.save()
    asked.refresh_from_db()
    settle(asked, done(asked))
    assert OutgoingEmail.objects.count() == 1


def test_without_a_registrants_address_the_copy_is_sent_all_the_same(asked, alice):
    have_copies(True, requested_by=alice)
    asked.domain.registrant.email = ""
    asked.domain.registrant.save()
    asked.refresh_from_db()
    settle(asked, done(asked))
    assert list(OutgoingEmail.objects.order_by("pk").values_list("recipient", "status")) == [
        ("", "UNDELIVERABLE"),
        ("alice@example.net", "WAITING"),
    ]


def test_the_choice_is_remembered_and_can_be_taken_back(domain, alice, sign_in):
    alice.preferences = {"domain_columns": ["dnssec"]}
    alice.save()
    browser = sign_in(alice)
    box = "//input[@id='mail-copy']/@checked"
    assert Page(browser.get(PAGE)).tree.xpath(box) == []
    response = browser.post(f"{PAGE}mail-copy/", {"copy": "yes"})
    assert (response.status_code, response["Location"]) == (303, PAGE)
    alice.refresh_from_db()
    assert alice.preferences == {"domain_columns": ["dnssec"], "mail_copies": True}
    assert Page(browser.get(PAGE)).tree.xpath(box) == ["checked"]
    told = Page(browser.post(f"{PAGE}mail-copy/", {}, headers=HTMX))
    assert told.text("//*[@id='flashbar']").startswith("You get no copies of mails any more.")
    alice.refresh_from_db()
    assert alice.preferences == {"domain_columns": ["dnssec"]}


def test_only_who_sees_the_domain_is_asked(domain, mallory, sign_in):
    assert sign_in(mallory).post(f"{PAGE}mail-copy/", {"copy": "yes"}).status_code == 404
    mallory.refresh_from_db()
    assert mallory.preferences == {}


def test_the_page_tells_of_the_registrants_mail_and_of_the_copy(asked, alice, sign_in):
    have_copies(True, requested_by=alice)
    cancel(asked, requested_by=alice)
    OutgoingEmail.objects.filter(is_copy=True).update(status="UNDELIVERABLE")
    notice = Page(sign_in(alice).get(PAGE)).text("//*[@id='add-key-notice']")
    assert "The mail to registrant@example.net is on its way." in notice
    assert "The copy to alice@example.net could not be delivered." in notice
