"""The demo's mailbox: what is written into it, who sees which mail, and that odd files harm nobody."""

import mailbox as maildir
import os
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, mailers

from domains import mailbox
from domains.models import Operation
from tests.console.page import Page


@pytest.fixture
def path(settings, tmp_path) -> Path:
    """The Maildir that mails go to."""
    path = tmp_path / "state" / "mail"
    settings.MAILERS = {
        "default": {"BACKEND": "domains.mailbox.MaildirBackend", "OPTIONS": {"path": str(path)}},
    }
    return path


@pytest.fixture
def make_operation():
    """Makes a request on the domain."""

    def make(domain) -> Operation:
        return Operation.objects.create(domain=domain, type="ADD_DNSSEC", subject={"key_tag": 1})

    return make


def send(operation: Operation | None, subject: str = "Key added") -> None:
    headers = {"X-Operation": operation.reference} if operation else {}
    message = EmailMultiAlternatives(
        subject, "The text: größer.", "console@registrar.example", ["registrant@example.net"], headers=headers
    )
    html = '<html><head><title>x</title></head><body><p>größer</p><a href="/">x</a></body></html>'
    message.attach_alternative(html, "text/html")
    assert mailers.default.send_messages([message]) == 1


def subjects(client) -> list[str]:
    return [row[0] for row in Page(client.get("/mailbox/")).rows()]


def test_each_mail_is_a_message_in_the_maildir(path, alice, make_domain, make_operation):
    operation = make_operation(make_domain("a.com"))
    send(operation, "Schlüssel hinzugefügt")
    (message,) = maildir.Maildir(path, create=False)
    assert message["X-Operation"] == operation.reference
    assert message["To"] == "registrant@example.net"
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert os.listdir(path / "tmp") == []


def test_an_owner_sees_the_mails_about_own_domains_newest_first(path, sign_in, alice, bob, make_domain, make_operation):
    own, foreign = make_operation(make_domain("a.com")), make_operation(make_domain("b.com", owner=bob))
    for operation, subject in ((own, "first"), (foreign, "bob's"), (own, "second"), (None, "password")):
        send(operation, subject)
    assert subjects(sign_in(alice)) == ["second", "first"]


def test_staff_sees_all_of_them_but_no_account_mail(path, sign_in, sam, alice, bob, make_domain, make_operation):
    send(make_operation(make_domain("a.com")), "a")
    send(make_operation(make_domain("b.com", owner=bob)), "b")
    send(None, "password")
    assert subjects(sign_in(sam)) == ["b", "a"]


def test_a_mail_opens_only_for_who_may_see_it(path, sign_in, alice, mallory, make_domain, make_operation):
    send(make_operation(make_domain("a.com")))
    (about_key,) = os.listdir(path / "new")
    send(None, "password")
    (about_password,) = set(os.listdir(path / "new")) - {about_key}
    for tail in ("", "html/"):
        assert sign_in(alice).get(f"/mailbox/{about_key}/{tail}").status_code == 200
        assert sign_in(mallory).get(f"/mailbox/{about_key}/{tail}").status_code == 404
        assert sign_in(alice).get(f"/mailbox/{about_password}/{tail}").status_code == 404


def test_a_mail_shows_text_headers_and_its_request(path, sign_in, alice, make_domain, make_operation):
    operation = make_operation(make_domain("a.com"))
    send(operation, "Schlüssel hinzugefügt")
    (key,) = os.listdir(path / "new")
    page = Page(sign_in(alice).get(f"/mailbox/{key}/"))
    assert page.text("//h1") == "Schlüssel hinzugefügt"
    assert page.text("//pre") == "The text: größer."
    assert page.fact("To") == "registrant@example.net"
    assert page.link("Request") == f"/requests/{operation.reference}/"


def test_staff_comes_from_a_mail_to_its_request_in_the_admin(path, sign_in, sam, alice, make_domain, make_operation):
    operation = make_operation(make_domain("a.com"))
    send(operation)
    client = sign_in(sam)
    (key,) = os.listdir(path / "new")
    support = f"/admin/domains/operation/?q={operation.reference}"
    assert Page(client.get("/mailbox/")).link(operation.reference) == support
    assert Page(client.get(f"/mailbox/{key}/")).link("Request") == support


def test_names_in_the_text_are_no_links(path, sign_in, alice, make_domain, make_operation):
    send(make_operation(make_domain("a.com")))
    (key,) = os.listdir(path / "new")
    assert Page(sign_in(alice).get(f"/mailbox/{key}/")).tree.xpath("//pre//a") == []


def test_the_html_part_may_neither_run_scripts_nor_load_anything(path, sign_in, alice, make_domain, make_operation):
    send(make_operation(make_domain("a.com")))
    (key,) = os.listdir(path / "new")
    client = sign_in(alice)
    (frame,) = Page(client.get(f"/mailbox/{key}/")).tree.xpath("//iframe")
    assert (frame.get("src"), frame.get("sandbox")) == (
        f"/mailbox/{key}/html/",
        "allow-top-navigation-by-user-activation",
    )
    response = client.get(frame.get("src"))
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert policy.endswith("sandbox allow-top-navigation-by-user-activation")
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in response.content.decode()
    assert "größer" in response.content.decode()


def test_only_the_mail_page_may_hold_a_frame(path, sign_in, alice, make_domain, make_operation):
    send(make_operation(make_domain("a.com")))
    (key,) = os.listdir(path / "new")
    client = sign_in(alice)
    assert "frame-src 'self'" in client.get(f"/mailbox/{key}/")["Content-Security-Policy"]
    assert "frame-src" not in client.get("/mailbox/")["Content-Security-Policy"]


@pytest.mark.parametrize("key", ["..", "%2e%2e", "nonsense", "1.M1P1Q1.x", "..%00"])
def test_a_name_that_is_no_mail_is_not_found(path, sign_in, alice, make_domain, make_operation, key):
    send(make_operation(make_domain("a.com")))
    assert sign_in(alice).get(f"/mailbox/{key}/").status_code == 404


def test_odd_files_are_passed_over_or_shown_as_far_as_they_go(path, sign_in, alice, make_domain, make_operation):
    operation = make_operation(make_domain("a.com"))
    send(operation, "good")
    new = path / "new"
    mine = f"X-Operation: {operation.reference}\n".encode()
    (new / "2000000001.M1P1Q1.x").write_bytes(b"\xff\xfe\x00 no mail at all")
    (new / "2000000002.M1P1Q1.x").write_bytes(
        mine + b"Subject: =?nonsense?q?=FF?=\nContent-Type: text/plain; charset=xyzzy\n\n\xff"
    )
    (new / "2000000003.M1P1Q1.x").write_bytes(mine + b"Subject: huge\n\n" + b"x" * 1_100_000)
    (new / "2000000004.M1P1Q1.x").symlink_to("/etc/hostname")
    (new / "2000000005.M1P1Q1.x").mkdir()
    (new / ".hidden").write_bytes(mine)
    client = sign_in(alice)
    assert subjects(client) == ["=?nonsense?q?=FF?=", "good"]
    assert client.get("/mailbox/2000000002.M1P1Q1.x/").status_code == 200


def test_many_mails_come_in_pages_of_fifty(path, sign_in, alice, make_domain, make_operation):
    operation = make_operation(make_domain("a.com"))
    (path / "new").mkdir(parents=True)
    for number in range(60):
        (path / "new" / f"1700000000.M{number}P1Q1.x").write_text(
            f"X-Operation: {operation.reference}\nSubject: {number}\n\n"
        )
    client = sign_in(alice)
    first = Page(client.get("/mailbox/"))
    second = Page(client.get("/mailbox/" + first.link("Next page")))
    assert [row[0] for row in first.rows()] == [str(number) for number in range(59, 9, -1)]
    assert [row[0] for row in second.rows()] == [str(number) for number in range(9, -1, -1)]
    assert not second.has_link("Next page")


def test_a_page_reads_a_bounded_number_of_files(path, sign_in, alice, make_domain, make_operation, monkeypatch):
    monkeypatch.setattr(mailbox, "LOOKED_AT", 3)
    for subject in ("1", "2", "3", "4"):
        send(make_operation(make_domain(f"d{subject}.com")), subject)
    client = sign_in(alice)
    first = Page(client.get("/mailbox/"))
    assert [row[0] for row in first.rows()] == ["4", "3", "2"]
    assert [row[0] for row in Page(client.get("/mailbox/" + first.link("Next page"))).rows()] == ["1"]


def test_there_is_no_mailbox_where_mails_are_really_sent(settings, sign_in, alice):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}}
    client = sign_in(alice)
    for address in ("/mailbox/", "/mailbox/x/", "/mailbox/x/html/"):
        assert client.get(address).status_code == 404
    assert not Page(client.get("/domains/")).has_link("Mailbox")


def test_an_empty_mailbox_says_what_will_come(path, sign_in, alice):
    page = Page(sign_in(alice).get("/mailbox/"))
    assert page.text("//*[@class='empty']/strong") == "No mails yet"


def test_a_mail_about_a_change_at_the_registry_is_seen_by_the_owner_and_names_no_request(
    path, sign_in, alice, mallory, make_domain
):
    make_domain("a.com")
    message = EmailMultiAlternatives("a.com: locked", "The text.", to=["r@example.net"], headers={"X-Domain": "a.com"})
    mailers.default.send_messages([message])
    assert Page(sign_in(alice).get("/mailbox/")).rows()[0][-1] == "– no request"
    (key,) = os.listdir(path / "new")
    assert sign_in(alice).get(f"/mailbox/{key}/").status_code == 200
    assert sign_in(mallory).get(f"/mailbox/{key}/").status_code == 404
