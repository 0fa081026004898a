"""All mails, read as a set: two forms that say the same, one way on, no picture fetched, headers that are right."""

import re

import lxml.html
import pytest

from dnssec import examples
from dnssec.mail import outcome_mail
from domains import delivery, outbox
from domains.models import OutgoingEmail
from domains.sentences import Sentence

ALL = pytest.mark.parametrize("name", examples.NAMES)


def words(text: str) -> list[str]:
    return re.findall(r"[\w/:.-]+", text)


@ALL
def test_both_forms_say_the_same(name):
    mail = examples.rendered(name)
    body = lxml.html.fromstring(mail.html).find("body")
    for hidden in body.find_class("preview"):
        hidden.getparent().remove(hidden)
    html = words(" ".join(body.itertext()))
    # The text form spells out the addresses behind its links, and numbers its lists.
    text = [word for word in words(mail.text) if not word.startswith("http") and not re.fullmatch(r"\d\.", word)]
    missing = [word for word in text if word.strip(":.") not in {other.strip(":.") for other in html}]
    assert missing == []


@ALL
def test_each_has_a_subject_a_heading_and_at_most_one_button(name):
    mail = examples.rendered(name)
    page = lxml.html.fromstring(mail.html)
    assert mail.subject
    assert "\n" not in mail.subject
    assert len(page.findall(".//h1")) == 1
    buttons = page.find_class("button")
    assert len(buttons) == (0 if name in {"unknown_account", "password_reset", "password_changed"} else 1)
    for button in buttons:
        assert button.get("href") in mail.text
    assert mail.text.startswith(page.find(".//h1").text_content())


@ALL
def test_none_fetches_anything_or_is_left_half_made(name):
    mail = examples.rendered(name)
    assert not re.search(r"<(img|link|script|iframe)\b|url\(|@import", mail.html)
    assert "prefers-color-scheme: dark" in mail.html
    assert not re.search(r"</?\w+>|&\w+;|\{[{%]|\n\n\n| \n", mail.text)
    assert not re.search(r"\{[{%]|None", mail.html + mail.text)


@ALL
def test_a_ds_record_is_in_monospace(name):
    page = lxml.html.fromstring(examples.rendered(name).html)
    for record in page.findall(".//pre"):
        assert "monospace" in record.get("style")
        assert re.fullmatch(r"[\w.-]+\. IN DS \d+ 13 2 [0-9A-F]{64}", record.text_content())


@ALL
def test_where_support_can_be_written_to_all_of_them_say_so_alike(name, settings):
    assert "reply to this mail" not in examples.rendered(name).text
    settings.SUPPORT_EMAIL = "support@registrar.example"
    text = examples.rendered(name).text
    assert "support at once" not in text
    assert ("reply to this mail" in text) == (name not in {"password_reset_key", "unknown_account"})


def test_an_example_of_another_name_does_not_exist():
    assert examples.rendered("nonsense") is None


@pytest.fixture
def sent(make_domain, make_key, mailoutbox, settings):
    """A mail about a request and one about an account, as they went out."""
    from dnssec.operations import remove_key
    from dnssec.outcomes import Outcome, settle

    settings.SUPPORT_EMAIL = "support@registrar.example"
    settings.DEFAULT_FROM_EMAIL = "Registrar console <noreply@mail.registrar.example>"
    domain = make_domain("example.com")
    operation = remove_key(make_key(domain), requested_by=domain.owner)
    settle(operation, Outcome("SUCCESSFUL", Sentence("The key was deleted at the registry.")))
    row = OutgoingEmail.objects.get()
    delivery.deliver(row.pk)
    delivery.deliver_account_mail("Subject", "Text", "<p>Text</p>", "alice@example.net", outbox.new_message_id())
    return [message.message() for message in mailoutbox]


def test_the_headers_let_readers_sort_and_answer_and_robots_be_silent(sent):
    for message, kind in zip(sent, ("dnssec", "accounts"), strict=True):
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Reply-To"] == "support@registrar.example"
        assert message["List-Id"] == f"<{kind}.console.mail.registrar.example>"
        assert re.fullmatch(r"<[^<>@\s]+@mail\.registrar\.example>", message["Message-ID"])
        assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]


def test_without_an_address_of_support_nobody_is_asked_to_answer(make_domain, make_key, mailoutbox):
    delivery.deliver_account_mail("Subject", "Text", "<p>Text</p>", "alice@example.net", outbox.new_message_id())
    assert mailoutbox[0].message()["Reply-To"] is None


def test_the_last_key_is_told_of_by_the_domains_own_rows(make_domain, make_key):
    from dnssec.operations import remove_key

    domain = make_domain("example.com")
    operation = remove_key(make_key(domain), requested_by=domain.owner)
    operation.status, operation.message = "SUCCESSFUL", "The key was deleted at the registry."
    assert "This was the last key" not in outcome_mail(operation, domain).text
    domain.keys.all().delete()
    assert "This was the last key" in outcome_mail(operation, domain).text


def test_the_preview_shows_each_in_both_forms_light_and_dark(sign_in, sam):
    client = sign_in(sam)
    for name in examples.NAMES:
        page = client.get("/admin/mails/", {"mail": name, "scheme": "dark", "width": "390"})
        assert page.status_code == 200
        assert f"/admin/mails/{name}/dark/" in page.content.decode()
    light, dark = (client.get(f"/admin/mails/added/{scheme}/") for scheme in ("light", "dark"))
    assert "@media not all" in light.content.decode()
    assert "@media all" in dark.content.decode()
    assert "default-src 'none'" in dark["Content-Security-Policy"]
    assert client.get("/admin/mails/", {"mail": "x", "scheme": "y", "width": "z"}).status_code == 200
    assert client.get("/admin/mails/added/sepia/").status_code == 404
    assert client.get("/admin/mails/nonsense/dark/").status_code == 404


def test_the_preview_is_for_who_may_see_mails(sign_in, make_person):
    client = sign_in(make_person("new@example.net", is_staff=True))
    assert client.get("/admin/mails/").status_code == 403
    assert client.get("/admin/mails/added/dark/").status_code == 403


@pytest.mark.parametrize("value", ["support", "a@b@c", "Support <support@registrar.example>", "a@b, c@d"])
def test_an_address_of_support_that_is_none_stops_the_start(value):
    from registrar import env

    with pytest.raises(env.MalformedSetting, match="SUPPORT_EMAIL must be one mail address"):
        env.address({"SUPPORT_EMAIL": value}, "SUPPORT_EMAIL")
