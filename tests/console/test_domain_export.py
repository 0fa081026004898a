"""The list of domains as a file: what is in it, whose, and that it is written while it is read."""

import csv
import datetime
import io
import json

import pytest

from domains import export, paging
from domains.models import Contact, Domain, Nameserver
from tests.console.page import Page


def content(response):
    return b"".join(response.streaming_content).decode()


def table(response):
    text = content(response)
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.fixture
def domain(alice, make_domain):
    made = make_domain(
        "xn--mller-kva.com",
        expires_on=datetime.date(2027, 5, 1),
        auto_renew=False,
        statuses=["ok", "autoRenewPeriod"],
    )
    Domain.objects.update(updated_at=datetime.datetime(2026, 11, 24, 9, 30, 5, 123, tzinfo=datetime.UTC))
    Nameserver.objects.create(domain=made, name="ns1.example.net")
    Nameserver.objects.create(domain=made, name="ns2.example.net")
    return made


def test_csv_has_a_head_and_all_that_is_known(sign_in, alice, domain):
    response = sign_in(alice).get("/domains.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    today = datetime.datetime.now(datetime.UTC).date()
    assert response["Content-Disposition"] == f'attachment; filename="domains-{today}.csv"'
    assert table(response) == [
        {
            "name": "xn--mller-kva.com",
            "unicode_name": "müller.com",
            "tld": "com",
            "state": "ACTIVE",
            "dnssec_status": "NOT_CONFIGURED",
            "dnssec_keys": "0",
            "health": "UNKNOWN",
            "checked_at": "",
            "registered_on": "",
            "expires_on": "2027-05-01",
            "auto_renew": "no",
            "transfer_lock": "yes",
            "statuses": "ok autoRenewPeriod",
            "name_servers": "ns1.example.net ns2.example.net",
            "registrant_name": "Registrant",
            "registrant_organization": "",
            "registrant_email": "registrant@example.net",
            "updated_at": "2026-11-24T09:30:05+00:00",
        }
    ]


def test_json_has_the_same_with_its_types(sign_in, alice, domain):
    response = sign_in(alice).get("/domains.json")
    assert response["Content-Type"] == "application/json"
    (found,) = json.loads(content(response))
    assert found["unicode_name"] == "müller.com"
    assert (found["dnssec_keys"], found["registered_on"], found["auto_renew"]) == (0, None, False)
    assert found["name_servers"] == ["ns1.example.net", "ns2.example.net"]
    assert list(found) == list(export.Fact.__dataclass_fields__)


def test_no_domains_make_a_head_and_an_empty_array(sign_in, mallory):
    client = sign_in(mallory)
    assert table(client.get("/domains.csv")) == []
    assert json.loads(content(client.get("/domains.json"))) == []


def test_it_holds_the_rows_of_the_filter_and_only_the_own(sign_in, alice, bob, make_domain):
    for name in ("a.com", "ab.com", "c.com"):
        make_domain(name)
    make_domain("abc.com", owner=bob)
    Domain.objects.filter(name="ab.com").update(dnssec_status="ATTENTION")
    client = sign_in(alice)
    for query, names in [
        ("", ["a.com", "ab.com", "c.com"]),
        ("?q=a", ["a.com", "ab.com"]),
        ("?q=a&status=ATTENTION&sort=-expires&page=x", ["ab.com"]),
    ]:
        assert [row["name"] for row in table(client.get(f"/domains.csv{query}"))] == names


def test_the_pages_links_lead_to_the_filtered_file(sign_in, alice, make_domain):
    make_domain("a.com")
    page = Page(sign_in(alice).get("/domains/?q=a&page=x"))
    assert page.link("Export CSV") == "/domains.csv?q=a"
    assert page.link("Export JSON") == "/domains.json?q=a"
    assert not Page(sign_in(alice).get("/domains/?q=nothing")).has_link("Export CSV")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1"])
def test_what_a_spreadsheet_would_calculate_is_text(sign_in, alice, domain, name):
    Contact.objects.update(name=name)
    client = sign_in(alice)
    assert table(client.get("/domains.csv"))[0]["registrant_name"] == "'" + name
    assert json.loads(content(client.get("/domains.json")))[0]["registrant_name"] == name


def test_commas_quotes_and_line_breaks_stay_within_their_cell(sign_in, alice, domain):
    Contact.objects.update(name='A "B", C\r\nD')
    assert table(sign_in(alice).get("/domains.csv"))[0]["registrant_name"] == 'A "B", C\r\nD'


def test_each_chunk_is_two_queries_and_is_read_when_its_turn_comes(
    sign_in, alice, make_domain, django_assert_num_queries, monkeypatch
):
    first = make_domain("d000.com")
    Domain.objects.bulk_create(
        Domain(name=f"d{i:03}.com", unicode_name=f"d{i:03}.com", tld=first.tld, owner=alice) for i in range(1, 25)
    )
    monkeypatch.setattr(paging, "CHUNK", 10)
    client = sign_in(alice)
    with django_assert_num_queries(2):  # Session and person.
        response = client.get("/domains.csv")
    pieces = iter(response.streaming_content)
    with django_assert_num_queries(2):  # A chunk, and its name servers.
        beginning = [next(pieces) for _ in range(11)]
    with django_assert_num_queries(4):
        rest = list(pieces)
    lines = b"".join(beginning + rest).decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [f"d{i:03}.com" for i in range(25)]


def test_the_columns_that_are_shown_and_the_language_change_nothing(sign_in, alice, domain):
    client = sign_in(alice)
    before = content(client.get("/domains.csv"))
    alice.preferences, alice.time_zone = {"domain_columns": []}, "Asia/Tokyo"
    alice.save()
    assert content(client.get("/domains.csv")) == before


def test_nobody_gets_it_without_signing_in_and_nothing_is_posted(client, sign_in, alice):
    assert client.get("/domains.csv")["Location"].startswith("/accounts/login/")
    assert sign_in(alice).post("/domains.csv").status_code == 405
    assert sign_in(alice).get("/domains.xml").status_code == 404
