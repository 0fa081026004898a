"""One domain: its details, who may see it, and its recent requests."""

import datetime

import pytest

from domains.models import Contact, Nameserver, Operation
from tests.console.page import Page


@pytest.fixture
def domain(make_domain):
    """example.com with everything known about it."""
    domain = make_domain(
        "example.com",
        registered_on=datetime.date(2019, 8, 14),
        expires_on=datetime.date(2027, 8, 13),
        statuses=["clientTransferProhibited", "serverHold", "pendingDelete", "xyzzy"],
        admin=Contact.objects.create(name="Ada", organization="Example Ltd"),
    )
    Nameserver.objects.create(domain=domain, name="ns1.example.com", addresses=["192.0.2.53", "2001:db8::53"])
    Nameserver.objects.create(domain=domain, name="ns.elsewhere.net")
    return domain


def test_the_details_are_there_in_words(sign_in, alice, domain):
    page = Page(sign_in(alice).get("/domains/example.com/"))
    assert page.text("//h1") == "example.com"
    assert page.fact("DNSSEC status") == "Not configured Manage keys"
    assert page.link("Manage keys") == "/domains/example.com/dnssec/"
    assert page.fact("Registered on") == "14 Aug 2019"
    assert page.fact("Expires on") == "13 Aug 2027"
    assert (page.fact("Auto renew"), page.fact("Transfer lock")) == ("On", "On")
    assert page.fact("Registry") == ".com takes DS records, up to 13 keys"


def test_status_codes_are_explained_and_unknown_ones_still_shown(sign_in, alice, domain):
    page = Page(sign_in(alice).get("/domains/example.com/"))
    assert page.texts("//*[@class='codes']/li") == [
        "clientTransferProhibited The domain cannot be moved to another registrar (set by this registrar).",
        "serverHold The domain is not published in the DNS (set by the registry).",
        "pendingDelete The domain is about to be deleted.",
        "xyzzy",
    ]


def test_name_servers_and_contacts_are_listed(sign_in, alice, domain):
    page = Page(sign_in(alice).get("/domains/example.com/"))
    assert page.fact("ns1.example.com") == "192.0.2.53 2001:db8::53"
    assert page.fact("ns.elsewhere.net") == "no address at the registry"
    assert page.fact("Registrant") == "Registrant registrant@example.net"
    assert page.fact("Administrative") == "Ada Example Ltd no email address"
    assert (page.fact("Technical"), page.fact("Billing")) == ("not known here", "not known here")


def test_recent_requests_lead_to_their_pages_and_to_all_of_them(sign_in, alice, domain):
    operation = Operation.objects.create(domain=domain, type="ADD_DNSSEC", subject={"key_tag": 17179})
    page = Page(sign_in(alice).get("/domains/example.com/"))
    assert page.rows()[0][:3] == ["example.com", "Add key 17179", "Submitted"]
    assert page.link("example.com") == f"/requests/{operation.reference}/"
    assert page.link("All requests") == "/requests/?domain=example.com"


def test_an_internationalised_domain_is_found_by_its_a_label_and_shown_in_both_forms(sign_in, alice, make_domain):
    make_domain("xn--mller-kva.com")
    page = Page(sign_in(alice).get("/domains/xn--mller-kva.com/"))
    assert page.text("//h1") == "müller.com"
    assert "xn--mller-kva.com" in page.texts("//code")


def test_a_strangers_domain_answers_as_one_that_is_not_there(sign_in, mallory, domain):
    client = sign_in(mallory)
    foreign, unknown = client.get("/domains/example.com/"), client.get("/domains/no-such-name.com/")
    assert foreign.status_code == unknown.status_code == 404
    assert Page(foreign).text("//main") == Page(unknown).text("//main")


def test_staff_watches_in_the_admin_and_owns_nothing_here(sign_in, sam, domain):
    assert sign_in(sam).get("/domains/example.com/").status_code == 404


def test_a_domain_that_left_says_so_first(sign_in, alice, domain):
    domain.state = "LEFT"
    domain.save()
    page = Page(sign_in(alice).get("/domains/example.com/"))
    assert page.text("//*[contains(@class, 'alert')]//h2") == "This domain is no longer managed here"


def test_it_only_reads(sign_in, alice, domain):
    assert sign_in(alice).post("/domains/example.com/").status_code == 405


def test_it_takes_six_queries_however_much_there_is(sign_in, alice, domain, django_assert_num_queries):
    now = domain.updated_at
    Operation.objects.bulk_create(
        Operation(domain=domain, type="ADD_DNSSEC", status="FAILED", subject={"key_tag": i}, finished_at=now)
        for i in range(10)
    )
    client = sign_in(alice)
    with django_assert_num_queries(6):  # Session, person, domain, name servers, requests, their mails.
        page = Page(client.get("/domains/example.com/"))
    assert len(page.rows()) == 5
