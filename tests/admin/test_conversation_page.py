"""An operation's page: what happened step by step, what was said to the registry, what it told later, the mails."""

from collections.abc import Callable
from datetime import timedelta

import lxml.html
import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from domains.conversation import indented
from domains.models import Attempt, Operation, Person

BUDGET = 10
SENT = (
    '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><info><name>example.com</name></info>'
    "<clTRID>RC-1</clTRID></command></epp>"
)
RECEIVED = (
    '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><msg>No &lt;b&gt;room&lt;/b&gt;</msg></response></epp>'
)

Page = Callable[..., lxml.html.HtmlElement]


@pytest.fixture
def said(failed: Operation) -> Operation:
    """The request after one command, a later message of the registry and its mail."""
    failed.attempts.create(
        command="domain:update",
        cl_trid="RC-1",
        sv_trid="SV-1",
        sent_at=failed.submitted_at,
        answered_at=failed.submitted_at + timedelta(seconds=1),
        code=2306,
        duration_ms=1234,
        message="No room",
        sent=SENT,
        received=RECEIVED,
    )
    registry = failed.domain.tld.registry
    assert registry
    failed.poll_messages.create(
        registry=registry,
        message_id="77",
        queued_at=failed.submitted_at,
        text="Decided",
        sv_trid="SV-2",
        received_at=failed.submitted_at + timedelta(seconds=2),
    )
    return failed


@pytest.fixture
def read() -> Page:
    """An operation's page as somebody sees it."""

    def get(client: Client, operation: Operation) -> lxml.html.HtmlElement:
        answer = client.get(f"/admin/domains/operation/{operation.pk}/change/")
        assert answer.status_code == 200
        return lxml.html.fromstring(answer.content.decode())

    return get


def section(page: lxml.html.HtmlElement, heading: str) -> lxml.html.HtmlElement:
    return page.xpath(f'//section[@aria-labelledby="{heading}"]')[0]


def rows(page: lxml.html.HtmlElement, heading: str) -> list[list[str]]:
    found = section(page, heading).xpath(".//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td")] for row in found]


def test_shows_each_command_with_times_ids_code_and_duration(sign_in, sam, said, read: Page) -> None:
    command, _frames = rows(read(sign_in(sam), said), "conversation")
    then = said.submitted_at
    answered = then + timedelta(seconds=1)
    assert command == [
        "domain:update",
        f"{then:%Y-%m-%d %H:%M:%S}",
        f"{answered:%Y-%m-%d %H:%M:%S}",
        "1234",
        "RC-1SV-1",
        "2306",
        "No room",
    ]


def test_frames_are_closed_indented_and_escaped(sign_in, sam, said, read: Page) -> None:
    details = section(read(sign_in(sam), said), "conversation").find(".//details")
    assert details.get("open") is None
    sent, received = (frame.text for frame in details.iter("pre"))
    assert "\n      <name>example.com</name>\n" in sent
    assert "<msg>No &lt;b&gt;room&lt;/b&gt;</msg>" in received
    assert not list(details.iter("b", "msg", "epp"))


def test_a_frame_that_is_cut_off_is_shown_as_it_stands() -> None:
    assert indented(SENT[:60]) == SENT[:60]
    assert indented("(a frame that cannot be read)") == "(a frame that cannot be read)"
    assert indented("") == ""


def test_shows_the_timeline_the_registrys_messages_and_the_mails(sign_in, sam, said, read: Page) -> None:
    shown = read(sign_in(sam), said)
    assert [row[1] for row in rows(shown, "timeline")] == [
        "Submitted",
        "Sent to the .com registry",
        "Answered by the registry",
        "Decided by the registry",
        "Failed",
        "Mail to registrant@example.net",
    ]
    assert [(row[0], row[4], row[6]) for row in rows(shown, "messages")] == [("77", "SV-2", "Decided")]
    assert [row[:3] for row in rows(shown, "mails")] == [["Key not added", "registrant@example.net", "Waiting"]]
    links = [link.get("href") for link in section(shown, "mails").iter("a")]
    assert links == [f"/admin/domains/outgoingemail/{said.mails.get().pk}/change/"]


def test_says_so_when_nothing_has_been_sent(sign_in, sam, failed, read: Page) -> None:
    assert rows(read(sign_in(sam), failed), "conversation") == [["Nothing has been sent."]]


def test_a_long_conversation_shows_its_end_and_stays_within_the_budget(sign_in, sam, said, read: Page) -> None:
    client = sign_in(sam)
    read(client, said)
    Attempt.objects.bulk_create(
        Attempt(operation=said, command="domain:info", cl_trid=f"RC-X{number}", sent=SENT) for number in range(80)
    )
    with CaptureQueriesContext(connection) as queries:
        shown = read(client, said)
    assert len(queries) <= BUDGET, [row["sql"] for row in queries]
    commands = rows(shown, "conversation")[::2]
    assert [commands[0][4], commands[-1][4], len(commands)] == ["RC-X30", "RC-X79", 50]
    link = section(shown, "conversation").xpath(".//p/a/@href")[0]
    assert link == f"/admin/domains/attempt/?q={said.reference}"
    assert "81 attempts" in client.get(link).content.decode()


def test_staff_without_the_permission_see_no_frames(sign_in, make_person, said, read: Page) -> None:
    person: Person = make_person("new@example.net", is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_operation"))
    shown = read(sign_in(person), said)
    assert not shown.xpath('//*[@aria-labelledby="conversation" or @aria-labelledby="mails"]')
    assert "RC-1" not in shown.text_content()


def test_owners_and_strangers_do_not_get_there(sign_in, alice, mallory, said) -> None:
    for person in (alice, mallory):
        answer = sign_in(person).get(f"/admin/domains/operation/{said.pk}/change/", follow=True)
        assert answer.status_code == 403
