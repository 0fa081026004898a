"""One box finds by whatever a caller can name, and leads straight there where it is one thing only."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dnssec.finding import find
from domains.models import Attempt, PollMessage
from tests.conftest import KEY_13_OTHER


@pytest.fixture
def said(failed, make_domain, make_key, bob):
    Attempt.objects.create(operation=failed, command="domain:update", cl_trid="RC-X-1", sv_trid="SV-X-1")
    PollMessage.objects.create(
        registry=failed.domain.tld.registry, message_id="1", queued_at=failed.submitted_at, operation=failed,
        cl_trid="RC-X-2", sv_trid="SV-X-2",
    )  # fmt: skip
    make_key(make_domain("xn--mller-kva.net", owner=bob, registrant="billing@example.org"), KEY_13_OTHER)
    return failed


@pytest.mark.parametrize("term", ["{reference}", "{lower}", " RC-X-1 ", "SV-X-1", "RC-X-2", "SV-X-2"])
def test_a_reference_or_a_transaction_id_leads_to_the_request(sign_in, sam, said, term):
    term = term.format(reference=said.reference, lower=said.reference.lower())
    answer = sign_in(sam).get("/admin/find/", {"q": term})
    assert answer["Location"] == f"/admin/domains/operation/{said.pk}/change/"


@pytest.mark.parametrize("term", ["example.com", "EXAMPLE.com."])
def test_a_name_leads_to_the_domains_story(sign_in, sam, said, term):
    answer = sign_in(sam).get("/admin/find/", {"q": term})
    assert answer["Location"] == f"/admin/domains/domain/{said.domain_id}/story/"


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("müller", ["müller.net"]),
        ("17179", ["müller.net"]),
        ("billing@example.org", ["müller.net"]),
        ("bob@example.net", ["müller.net", "bob@example.net"]),
        ("Bob", ["bob@example.net"]),
        ("99999999", []),
        ("nothing of the kind", []),
        ("", []),
        ("\0", []),
    ],
)
def test_names_addresses_and_key_tags_are_found(said, sam, term, names):
    assert [hit.name for hits in find(term, sam) for hit in hits.hits] == names


def test_a_key_tag_finds_requests_too(said, sam):
    assert [hit.name for hits in find("2371", sam) for hit in hits.hits] == [said.reference]


def test_what_nobody_answers_to_says_so(sign_in, sam):
    page = sign_in(sam).get("/admin/find/", {"q": "<b>nobody</b>"}).content.decode()
    assert "Nothing answers to “&lt;b&gt;nobody&lt;/b&gt;”." in page


def test_ten_are_shown_and_the_rest_is_a_link_away(sign_in, sam, make_domain):
    for number in range(12):
        make_domain(f"same{number}.com")
    with CaptureQueriesContext(connection) as queries:
        (hits,) = find("same", sam)
    assert (len(hits.hits), hits.more) == (10, "/admin/domains/domain/?q=same")
    assert len(queries) <= 8
    assert sign_in(sam).get(hits.more).context["cl"].result_count == 12


def test_who_may_see_no_people_finds_none(said, make_person):
    assert find("bob@example.net", make_person("new@example.net", is_staff=True)) == []
