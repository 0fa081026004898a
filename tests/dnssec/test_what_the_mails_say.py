"""The four mails: what they say, for whom, and that they can be read anywhere."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from dnssec.mail import outcome_mail
from dnssec.models import DelegationSigner
from dnssec.snapshots import subject_of_row
from domains.models import Domain, Operation, OutgoingEmail

ADD, DELETE = "ADD_DNSSEC", "REMOVE_DNSSEC"
FINISHED = datetime(2026, 11, 24, 3, 11, tzinfo=UTC)

MailAbout = Callable[..., OutgoingEmail]


@pytest.fixture
def key(make_domain, make_key) -> DelegationSigner:
    return make_key(make_domain("example.com"))


@pytest.fixture
def mail_about(key: DelegationSigner) -> MailAbout:
    def make(
        type: str = ADD,
        status: str = "SUCCESSFUL",
        *,
        message: str = "The key was added at the registry.",
        domain: Domain | None = None,
        resolved_later: bool = False,
        ds_ttl: int | None = None,
        **fields: object,
    ) -> OutgoingEmail:
        operation = Operation(
            domain=domain or key.domain,
            type=type,
            status=status,
            subject=subject_of_row(key),
            message=message,
            reference="7K2M9Q0ABC",
            submitted_at=datetime(2026, 11, 24, 3, 10, tzinfo=UTC),
            finished_at=FINISHED,
            **fields,
        )
        return outcome_mail(operation, domain or key.domain, resolved_later=resolved_later, ds_ttl=ds_ttl)

    return make


@pytest.mark.parametrize(
    ("type", "status", "subject"),
    [
        (ADD, "SUCCESSFUL", "example.com: DNSSEC key 2371 is added"),
        (ADD, "FAILED", "example.com: DNSSEC key 2371 was not added"),
        (ADD, "ERROR", "example.com: not confirmed whether DNSSEC key 2371 was added"),
        (DELETE, "SUCCESSFUL", "example.com: DNSSEC key 2371 is deleted"),
        (DELETE, "FAILED", "example.com: DNSSEC key 2371 was not deleted"),
        (DELETE, "ERROR", "example.com: not confirmed whether DNSSEC key 2371 was deleted"),
    ],
)
def test_the_subject_names_the_domain_the_key_and_the_outcome(mail_about, type, status, subject):
    mail = mail_about(type, status)

    assert mail.subject == subject
    assert "Key tag: 2371" in mail.text
    assert "Request 7K2M9Q0ABC" in mail.text


def test_both_parts_carry_the_ds_record_the_times_and_the_way_back(mail_about, key, settings):
    settings.PUBLIC_URL = "https://console.example"

    mail = mail_about()

    digest = key.ds["2"]
    for part in (mail.text, mail.html):
        assert re.search(rf"example\.com\. IN DS 2371 13 2\s+{digest}", part)
        assert "confirmed it on 24 Nov 2026, 03:11 UTC" in part
        assert "asked for on 24 Nov 2026, 03:10 UTC" in part
        assert "https://console.example/domains/example.com/dnssec/" in part
        assert "https://console.example/requests/7K2M9Q0ABC/" in part


def test_a_refusal_gives_the_reason_and_quotes_the_registry_unharmed(mail_about):
    mail = mail_about(ADD, "FAILED", message="The limit's reached.", registry_words='<b>"4"</b> & no more')

    assert "The limit's reached." in mail.text
    assert '> <b>"4"</b> & no more' in mail.text
    assert "Nothing was changed" in mail.text
    assert "<b>&quot;4&quot;</b>" not in mail.html
    assert "&lt;b&gt;" in mail.html


def test_an_outcome_that_is_not_known_promises_a_further_mail(mail_about):
    mail = mail_about(DELETE, "ERROR")

    assert "you get a further mail" in mail.text
    assert "Until then keep the zone signed with this key" in mail.text


def test_the_further_mail_says_that_it_follows_up(mail_about):
    assert "An earlier mail said that this could not be confirmed." in mail_about(resolved_later=True).text
    assert "An earlier mail" not in mail_about().text


def test_who_adds_a_key_is_told_how_long_caches_hold_the_old_one_and_from_when_that_counts(mail_about):
    text = " ".join(mail_about(ds_ttl=3600).text.split())

    assert "Caches hold the DS records of example.com for 1 h." in text
    assert "They are counted from the moment when all .com name servers show the new one" in text
    assert "1. Leave the old key in the zone and at the registry until then." in text


def test_where_nobody_has_seen_a_ttl_the_usual_one_of_the_tld_is_named(mail_about):
    assert "Caches hold the DS records of example.com for 24 h." in " ".join(mail_about().text.split())


def test_where_nothing_is_known_of_the_tld_a_cautious_time_is_named(mail_about, make_domain):
    text = " ".join(mail_about(domain=make_domain("example.org")).text.split())

    assert "Manage keys names the time, which is 3 days later at the most." in text
    assert "Caches hold" not in text


def test_who_deletes_a_key_is_told_from_when_the_wait_counts(mail_about):
    text = " ".join(mail_about(DELETE, ds_ttl=7200).text.split())

    assert "Caches hold the DS records of example.com for 2 h." in text
    assert "when no .com name server shows the deleted one" in text


def test_who_deletes_the_last_key_is_told_to_stop_signing_last(mail_about, key):
    key.delete()
    text = mail_about(DELETE, message="The key was deleted at the registry.").text

    assert "This was the last key of example.com" in text
    assert text.index("1. Keep the zone signed until then.") < text.index("2. Then stop signing")


def test_who_deletes_one_of_several_keys_is_told_to_leave_it_in_the_zone_for_a_while(mail_about):
    text = mail_about(DELETE).text

    assert "Other keys of example.com are still at the registry." in text
    assert "last key" not in text


def test_the_html_fetches_nothing_runs_nothing_and_has_a_dark_side(mail_about):
    html = mail_about().html

    assert not re.search(r"<(img|link|script|iframe)\b|url\(|@import", html)
    assert "prefers-color-scheme: dark" in html
    assert re.search(r'<pre style="[^"]*monospace', html)
    assert 'lang="en"' in html


def test_the_text_has_no_markup_and_no_gaps(mail_about):
    for type in (ADD, DELETE):
        for status in ("SUCCESSFUL", "FAILED", "ERROR"):
            text = mail_about(type, status).text
            assert not re.search(r"</?\w+>|&\w+;|\{[{%]", text)
            assert "\n\n\n" not in text


def test_a_name_with_other_letters_is_shown_both_ways(mail_about, make_domain, make_tld):
    make_tld("xn--p1ai")
    mail = mail_about(domain=make_domain("xn--e1afmkfd.xn--p1ai"))

    assert "Domain: пример.рф (xn--e1afmkfd.xn--p1ai)" in mail.text
    assert mail.subject.startswith("xn--e1afmkfd.xn--p1ai: ")
