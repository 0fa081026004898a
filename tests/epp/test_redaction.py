"""Frames for the log: no password, no authorization information, nothing of what cannot be parsed."""

from domains.epp import xml
from domains.epp.commands import Login
from tests.epp.vectors import DOMAIN, EPP


def test_hides_both_passwords_of_a_login():
    shown = xml.redact(Login("ClientX", "foo-BAR2", "bar-FOO2").to_xml("ABC-12345"))
    assert "foo-BAR2" not in shown
    assert "bar-FOO2" not in shown
    assert "<clID>ClientX</clID><pw>(hidden)</pw><newPW>(hidden)</newPW>" in shown
    assert "<clTRID>ABC-12345</clTRID>" in shown


def test_hides_the_passwords_of_the_login_security_extension():
    login = Login("ClientX", "a" * 20, "b" * 20, extension_uris=(xml.LOGIN_SECURITY,))
    shown = xml.redact(login.to_xml("ABC-12345"))
    assert "aaa" not in shown
    assert "bbb" not in shown


def test_hides_authorization_information_whatever_it_holds():
    frame = (
        f"<epp {EPP} {DOMAIN}><command><info><domain:info><domain:name>example.com</domain:name><domain:authInfo>"
        "<domain:pw>2fooBAR</domain:pw><domain:ext><x xmlns='urn:x'>s3cret</x></domain:ext></domain:authInfo>"
        "</domain:info></info></command></epp>"
    )
    shown = xml.redact(frame.encode())
    assert "2fooBAR" not in shown
    assert "s3cret" not in shown
    assert "<domain:name>example.com</domain:name><domain:authInfo>(hidden)</domain:authInfo>" in shown


def test_a_frame_that_cannot_be_parsed_shows_nothing_of_itself():
    assert xml.redact(b"<epp><pw>foo-BAR2</pw") == "(a frame that cannot be read)"
    assert xml.redact(b"<!DOCTYPE epp><epp><pw>foo-BAR2</pw></epp>") == "(a frame that cannot be read)"


def test_a_login_does_not_show_its_passwords_when_printed():
    assert "foo-BAR2" not in repr(Login("ClientX", "foo-BAR2", "bar-FOO2"))
    assert "bar-FOO2" not in repr(Login("ClientX", "foo-BAR2", "bar-FOO2"))
