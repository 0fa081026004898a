"""Login and the session around it: who may, how often, with which services (RFC 5730, sections 2.4 and 2.9.1)."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from domains.epp.commands import Hello, InfoDomain, Login, Logout, PollRequest
from domains.epp.framing import frame
from domains.epp.xml import CHANGE_POLL, CONTACT, DOMAIN, HOST, LOGIN_SECURITY, SECDNS
from domains.mockregistry.server import Limits, running
from domains.world import World
from tests.epp.vectors import EPP
from tests.mockregistry.peer import PASSWORD, Peer

Connect = Callable[[], Peer]
ASIDE = "<s:loginSec xmlns:s='urn:ietf:params:xml:ns:epp:loginSec-1.0'>{}</s:loginSec>"


def test_the_greeting_names_the_services(connect: Connect):
    greeting = connect().greeting
    assert greeting.versions == ("1.0",)
    assert greeting.languages == ("en",)
    assert greeting.object_uris == (DOMAIN, HOST, CONTACT)
    assert greeting.extension_uris == (SECDNS, LOGIN_SECURITY, CHANGE_POLL)


def test_hello_is_answered_with_the_greeting_before_and_after_login(connect: Connect):
    peer = connect()
    peer.socket.sendall(frame(Hello().to_xml()))
    assert peer.hear_greeting().server_id == peer.greeting.server_id
    peer.log_in()
    peer.socket.sendall(frame(Hello().to_xml()))
    assert peer.hear_greeting().server_id == peer.greeting.server_id


@pytest.mark.parametrize("command", [InfoDomain("example.com"), PollRequest(), Logout()])
def test_nothing_is_carried_out_before_the_login(connect: Connect, command: InfoDomain | PollRequest | Logout):
    peer = connect()
    assert peer.ask(command).code == 2002
    peer.log_in()


def test_a_second_login_is_out_of_sequence(peer: Peer):
    assert peer.ask(Login("console", PASSWORD)).code == 2002
    assert peer.info("example.com").name == "example.com"


def test_a_login_without_transaction_id_is_fine(connect: Connect):
    body = Login("console", PASSWORD).to_xml("ABC-12345").replace(b"<clTRID>ABC-12345</clTRID>", b"")
    answer = connect().say(body)
    assert (answer.code, answer.cl_trid) == (1000, None)


def test_the_third_wrong_password_closes_the_connection_but_locks_nobody_out(connect: Connect):
    peer = connect()
    codes = [peer.ask(Login("console", f"wrong-{n}")).code for n in range(3)]
    assert codes == [2200, 2200, 2501]
    assert peer.is_closed()
    connect().log_in()


def test_two_wrong_passwords_do_not_keep_the_right_one_out(connect: Connect):
    peer = connect()
    assert [peer.ask(Login(who, "wrong-word")).code for who in ("console", "nobody")] == [2200, 2200]
    peer.log_in()


@pytest.mark.parametrize(
    ("login", "code"),
    [
        (Login("console", PASSWORD, version="2.0"), 2100),
        (Login("console", PASSWORD, lang="fr"), 2102),
        (Login("console", PASSWORD, object_uris=(DOMAIN, "urn:ietf:params:xml:ns:obj")), 2307),
        (Login("console", PASSWORD, extension_uris=("urn:ietf:params:xml:ns:rgp-1.0",)), 2103),
        (Login("console", PASSWORD, extension_uris=("urn:ietf:params:xml:ns:secDNS-1.0",)), 2103),
        (Login("console", PASSWORD, object_uris=()), 2001),
        (Login("console", PASSWORD, new_password="short"), 2005),
        (Login("console", PASSWORD, new_password="much too long for EPP"), 2005),
    ],
)
def test_a_login_that_asks_for_what_is_not_offered_is_refused(connect: Connect, login: Login, code: int):
    peer = connect()
    assert peer.ask(login).code == code
    peer.log_in()


def test_a_login_sees_the_tlds_of_every_registry_that_accepts_it(connect: Connect):
    console, westerly = connect().log_in(), connect().log_in("westerly", "other-words")
    for name in ("example.com", "example.nl"):
        assert console.info(name).name == name
        assert westerly.ask(InfoDomain(name)).code == 2303
    assert westerly.info("example.west").name == "example.west"
    assert console.ask(InfoDomain("example.west")).code == 2303


def test_a_registry_that_is_somebody_else_s_server_is_left_alone(peer: Peer, connect: Connect):
    assert peer.ask(InfoDomain("example.far")).code == 2303
    assert connect().ask(Login("console", "far-away")).code == 2200


def test_a_password_is_changed_by_the_login_that_asks_for_it(connect: Connect):
    assert connect().ask(Login("console", PASSWORD, "new-sesame")).code == 1000
    assert connect().ask(Login("console", PASSWORD)).code == 2200
    connect().log_in(password="new-sesame")


def test_a_long_password_travels_in_the_login_security_extension(connect: Connect):
    both = (SECDNS, LOGIN_SECURITY)
    long = "a much longer pass phrase"
    assert connect().ask(Login("console", PASSWORD, long, extension_uris=both)).code == 1000
    assert connect().ask(Login("console", long + "x", extension_uris=both)).code == 2200
    connect().log_in(password=long)


@pytest.mark.parametrize(
    ("replaced", "by", "code"),
    [
        ("<pw>open-sesame</pw>", "<pw>[LOGIN-SECURITY]</pw>", 2003),
        ("</pw><options>", "</pw><newPW>[LOGIN-SECURITY]</newPW><options>", 2003),
        ("<clTRID>", f"<extension>{ASIDE.format('<s:pw>open-sesame</s:pw>')}</extension><clTRID>", 2001),
        ("<clTRID>", f"<extension>{ASIDE.format('<s:userAgent><s:x/></s:userAgent>')}</extension><clTRID>", 2001),
        (
            "<clTRID>",
            f"<extension>{ASIDE.format('<s:userAgent><s:app>x</s:app></s:userAgent>')}</extension><clTRID>",
            1000,
        ),
    ],
)
def test_the_login_security_extension_and_its_marker_come_together(connect: Connect, replaced: str, by: str, code: int):
    body = Login("console", PASSWORD).to_xml("ABC-12345").decode()
    assert body.count(replaced) == 1
    assert connect().say(body.replace(replaced, by)).code == code


def test_a_new_password_in_the_extension_has_at_least_6_characters(connect: Connect):
    body = Login("console", PASSWORD, "a much longer pass phrase", extension_uris=(LOGIN_SECURITY,)).to_xml("ABC-12345")
    assert connect().say(body.replace(b"a much longer pass phrase", b"short")).code == 2005
    connect().log_in()


def test_a_refused_login_changes_no_password(connect: Connect):
    assert connect().ask(Login("console", "wrong-word", "new-sesame")).code == 2200
    connect().log_in()


def test_logout_is_answered_and_ends_the_connection(peer: Peer):
    assert peer.ask(Logout()).code == 1500
    assert peer.is_closed()


def test_the_session_limit_counts_logins_and_not_connections(world: World, tmp_path: Path):
    with running(world, tmp_path / "registry", limits=Limits(sessions=2)) as registry, ExitStack() as stack:
        idle, first, second, third, fourth = (stack.enter_context(Peer(registry)) for _ in range(5))
        first.log_in()
        second.log_in()
        refused = third.ask(Login("console", PASSWORD))
        assert (refused.code, refused.reasons) == (2502, ("At most 2 sessions may be open.",))
        assert third.is_closed()
        assert idle.ask(Login("westerly", "other-words")).code == 1000
        assert first.ask(Logout()).code == 1500
        assert first.is_closed()
        fourth.log_in()


def test_a_login_with_parts_in_the_wrong_order_is_a_syntax_error(connect: Connect):
    body = Login("console", PASSWORD).to_xml("ABC-12345").decode()
    swapped = body.replace("<clID>console</clID><pw>open-sesame</pw>", "<pw>open-sesame</pw><clID>console</clID>")
    answer = connect().say(swapped)
    assert (answer.code, answer.cl_trid) == (2001, "ABC-12345")


def test_no_answer_shows_a_password(connect: Connect):
    peer = connect()
    peer.socket.sendall(frame(f"<epp {EPP}><pw>s3cret-word</pw>".encode()))
    assert b"s3cret" not in peer.hear()
