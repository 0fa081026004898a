"""Requests: what was asked for, what became of it, which mail went out; and the table as it changes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from domains.models import Operation, OutgoingEmail
from tests.console.page import HTMX, Page

LIVE = "/requests/live/"


@pytest.fixture
def make_operation(make_domain):
    """Makes a request on the domain, SUBMITTED unless said otherwise."""

    def make(domain, **fields) -> Operation:
        fields.setdefault("type", "ADD_DNSSEC")
        fields.setdefault("subject", {"key_tag": 17179, "algorithm": 13, "flags": 257, "ds": {}})
        if fields.get("status") in ("SUCCESSFUL", "FAILED", "ERROR"):
            fields.setdefault("finished_at", timezone.now())
        return Operation.objects.create(domain=domain, requested_by=domain.owner, **fields)

    return make


@pytest.fixture
def make_mail():
    """Makes the mail of a request's outcome, SENT unless said otherwise."""

    def make(operation, status: str = "SENT", **fields) -> OutgoingEmail:
        return OutgoingEmail.objects.create(
            operation=operation,
            kind="added",
            outcome=operation.status,
            recipient=fields.pop("recipient", "registrant@example.net"),
            subject="Key added",
            message_id=f"<{operation.reference}@test>",
            status=status,
            sent_at=timezone.now() if status == "SENT" else None,
            created_at=operation.finished_at or timezone.now(),
        )

    return make


def version_of(page: Page) -> str:
    (address,) = page.tree.xpath("//*[@id='request-table']/@hx-get")
    return str(address).rpartition("version=")[2]


def test_newest_come_first_with_the_columns_of_the_page(sign_in, alice, make_domain, make_operation):
    make_operation(make_domain("a.com"), status="FAILED", message="The registry refused the change.")
    make_operation(make_domain("b.com"), type="REMOVE_DNSSEC", subject={"key_tag": 8231})
    page = Page(sign_in(alice).get("/requests/"))
    assert page.text("//h1") == "Requests"
    assert page.texts("//thead//th") == ["Domain", "Type", "Status", "Submitted", "Updated", "Message"]
    assert [[row[0], row[1], row[2], row[5]] for row in page.rows()] == [
        ["b.com", "Delete key 8231", "Submitted", "Waiting to be sent."],
        ["a.com", "Add key 17179", "Failed", "The registry refused the change."],
    ]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("SUBMITTED", "Submitted"),
        ("IN_PROGRESS", "In progress"),
        ("SUCCESSFUL", "Successful"),
        ("FAILED", "Failed"),
        ("ERROR", "Error"),
    ],
)
def test_each_status_has_its_word(sign_in, alice, make_domain, make_operation, status, words):
    make_operation(make_domain("a.com"), status=status)
    assert Page(sign_in(alice).get("/requests/")).rows()[0][2] == words


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Waiting to be sent."),
        ({"attempts_made": 3}, "The registry could not be reached yet. We keep trying."),
        (
            {"status": "IN_PROGRESS", "update_sent_at": timezone.now()},
            "Sent to the registry; its answer is not here yet.",
        ),
        (
            {"status": "IN_PROGRESS", "update_sent_at": timezone.now(), "pending_since": timezone.now()},
            "The registry has the change and is deciding.",
        ),
    ],
)
def test_an_open_request_says_what_it_waits_for(sign_in, alice, make_domain, make_operation, fields, sentence):
    make_operation(make_domain("a.com"), **fields)
    assert Page(sign_in(alice).get("/requests/")).rows()[0][5] == sentence


def test_the_domain_stands_there_as_a_label(sign_in, alice, make_domain, make_operation):
    make_operation(make_domain("xn--mller-kva.com"))
    assert Page(sign_in(alice).get("/requests/")).rows()[0][0] == "xn--mller-kva.com müller.com"


def test_it_says_which_mail_went_to_whom(sign_in, alice, make_domain, make_operation, make_mail):
    sent, waiting, bounced, nobody = [
        make_operation(make_domain(name), status="SUCCESSFUL", message="Done.")
        for name in ("a.com", "b.com", "c.com", "d.com")
    ]
    make_mail(sent)
    make_mail(waiting, "WAITING")
    make_mail(bounced, "UNDELIVERABLE")
    make_mail(nobody, "UNDELIVERABLE", recipient="")
    messages = [row[5] for row in Page(sign_in(alice).get("/requests/")).rows()]
    assert messages[:3] == [
        "Done. No mail: the registrant contact has no email address.",
        "Done. The mail to registrant@example.net could not be delivered.",
        "Done. The mail to registrant@example.net is on its way.",
    ]
    assert messages[3].startswith("Done. Mail to registrant@example.net, ")


def test_domain_and_status_filter(sign_in, alice, make_domain, make_operation):
    make_operation(make_domain("xn--mller-kva.com"), status="FAILED")
    make_operation(make_domain("other.com"))
    client = sign_in(alice)
    assert [row[0] for row in Page(client.get("/requests/", {"domain": "MÜLLER"})).rows()] == [
        "xn--mller-kva.com müller.com"
    ]
    assert [row[0] for row in Page(client.get("/requests/", {"status": "SUBMITTED"})).rows()] == ["other.com"]
    assert len(Page(client.get("/requests/", {"status": "nonsense", "page": "nonsense"})).rows()) == 2
    nothing = Page(client.get("/requests/", {"domain": "nothing"}))
    assert nothing.text("//*[@class='empty']/strong") == "No request matches"


def test_nobody_sees_a_strangers_requests(sign_in, alice, mallory, make_domain, make_operation):
    make_operation(make_domain("a.com"))
    page = Page(sign_in(mallory).get("/requests/"))
    assert page.rows() == []
    assert page.text("//*[@class='empty']/strong") == "No requests yet"


def test_long_histories_come_in_pages_of_fifty(sign_in, alice, make_domain, make_operation):
    domain = make_domain("a.com")
    now = timezone.now()
    Operation.objects.bulk_create(
        Operation(domain=domain, type="ADD_DNSSEC", status="FAILED", finished_at=now, subject={"key_tag": i})
        for i in range(60)
    )
    client = sign_in(alice)
    first = Page(client.get("/requests/"))
    second = Page(client.get("/requests/" + first.link("Next page")))
    assert [row[1] for row in first.rows()] == [f"Add key {i}" for i in range(59, 9, -1)]
    assert [row[1] for row in second.rows()] == [f"Add key {i}" for i in range(9, -1, -1)]


def test_an_unchanged_table_is_not_sent_again(sign_in, alice, make_domain, make_operation):
    make_operation(make_domain("a.com"))
    client = sign_in(alice)
    version = version_of(Page(client.get("/requests/")))
    assert client.get(LIVE, {"version": version}, headers=HTMX).status_code == 204


def test_a_changed_table_comes_as_its_fragment_and_goes_on_polling(sign_in, alice, make_domain, make_operation):
    operation = make_operation(make_domain("a.com"))
    client = sign_in(alice)
    version = version_of(Page(client.get("/requests/")))
    Operation.objects.filter(pk=operation.pk).update(status="IN_PROGRESS", version=1)
    response = client.get(LIVE, {"version": version}, headers=HTMX)
    page = Page(response)
    assert response.status_code == 200
    assert (page.tree.tag, page.tree.get("id"), page.rows()[0][2]) == ("div", "request-table", "In progress")
    assert version_of(page) != version


def test_polling_ends_when_nothing_is_open_any_more(sign_in, alice, make_domain, make_operation):
    make_operation(make_domain("a.com"), status="SUCCESSFUL")
    client = sign_in(alice)
    assert Page(client.get("/requests/")).tree.xpath("//*[@hx-trigger='every 2s']") == []
    response = client.get(LIVE, {"version": "old"}, headers=HTMX)
    assert response.status_code == 286
    assert Page(response).rows()[0][2] == "Successful"


def test_it_goes_on_while_the_mail_of_a_fresh_outcome_is_on_its_way(
    sign_in, alice, make_domain, make_operation, make_mail
):
    operation = make_operation(make_domain("a.com"), status="SUCCESSFUL")
    mail = make_mail(operation, "WAITING")
    client = sign_in(alice)
    version = version_of(Page(client.get("/requests/")))
    assert client.get(LIVE, {"version": version}, headers=HTMX).status_code == 204
    OutgoingEmail.objects.filter(pk=mail.pk).update(status="SENT", sent_at=timezone.now())
    assert client.get(LIVE, {"version": version}, headers=HTMX).status_code == 286


def test_a_mail_that_never_leaves_does_not_keep_a_page_polling(sign_in, alice, make_domain, make_operation, make_mail):
    operation = make_operation(
        make_domain("a.com"), status="SUCCESSFUL", finished_at=timezone.now() - timedelta(minutes=2)
    )
    make_mail(operation, "WAITING")
    assert sign_in(alice).get(LIVE, {"version": "old"}, headers=HTMX).status_code == 286


def test_fifty_requests_take_six_queries(
    sign_in, alice, make_domain, make_operation, make_mail, django_assert_num_queries
):
    for number in range(10):
        make_mail(make_operation(make_domain(f"d{number}.com"), status="SUCCESSFUL"))
    client = sign_in(alice)
    with django_assert_num_queries(6):  # Session, person, page, mails, count, silent registries.
        client.get("/requests/")
