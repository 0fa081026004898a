"""Support finds a domain or a request by whatever a caller can name."""

import pytest

from domains.models import Attempt, PollMessage
from tests.admin.conftest import MakeOperation
from tests.conftest import KEY_13, KEY_13_OTHER, MakeDomain


def found(client, model: str, q: str) -> list[str]:
    return [str(row) for row in client.get(f"/admin/domains/{model}/", {"q": q}).context["cl"].result_list]


@pytest.fixture
def domains(make_domain: MakeDomain, make_key, bob) -> None:
    make_key(make_domain("xn--mller-kva.com"), KEY_13)
    make_domain("bobs.com", owner=bob, registrant="billing@example.org")


@pytest.mark.parametrize(
    "q", ["müller", "MÜLLER.COM.", "mu\u0308ller", "xn--mller-kva.com", "2371", "alice@example.net", "registrant@"]
)
def test_a_domain_is_found_by_name_key_tag_and_the_addresses_of_its_people(sign_in, sam, domains, q):
    assert found(sign_in(sam), "domain", q) == ["xn--mller-kva.com"]


@pytest.mark.parametrize("q", ["2372", "99999", "999999999999999999999", "nobody@example.net"])
def test_what_no_domain_answers_to_finds_none(sign_in, sam, domains, q):
    assert found(sign_in(sam), "domain", q) == []


def test_a_nul_character_in_a_search_is_no_crash(sign_in, sam, domains):
    assert sign_in(sam).get("/admin/domains/domain/", {"q": "a\0"}).status_code in (200, 302)


@pytest.mark.parametrize(
    "q", ["{reference}", "{lower}", "example.com", "2371", "RC-X-1", "SV-X-1", "RC-X-2", "SV-X-2", " SV-X-2 "]
)
def test_an_operation_is_found_by_reference_domain_tag_and_transaction_ids(
    sign_in, sam, failed, make_domain, make_operation: MakeOperation, q
):
    make_operation(make_domain("bobs.net"), "FAILED", text=KEY_13_OTHER)
    Attempt.objects.create(operation=failed, command="domain:update", cl_trid="RC-X-1", sv_trid="SV-X-1")
    Attempt.objects.create(operation=failed, command="domain:info", cl_trid="RC-X-3", sv_trid="SV-X-1")
    PollMessage.objects.create(
        registry=failed.domain.tld.registry,
        message_id="1",
        queued_at=failed.submitted_at,
        operation=failed,
        cl_trid="RC-X-2",
        sv_trid="SV-X-2",
    )
    q = q.format(reference=failed.reference, lower=failed.reference.lower())
    assert found(sign_in(sam), "operation", q) == [str(failed)]


def test_slow_requests_have_a_filter(sign_in, sam, make_domain, make_operation):
    client = sign_in(sam)
    retried, pending, fresh = (make_operation(make_domain(f"{name}.com")) for name in ("a", "b", "c"))
    type(fresh).objects.filter(pk=retried.pk).update(attempts_made=2)
    type(fresh).objects.filter(pk=pending.pk).update(pending_since=pending.submitted_at, attempts_made=9)

    def slow(value: str) -> list[str]:
        rows = client.get("/admin/domains/operation/", {"slow": value}).context["cl"].result_list
        return [row.domain.name for row in rows]

    assert (slow("retried"), slow("registry")) == (["a.com"], [])
    type(fresh).objects.filter(pk=pending.pk).update(pending_since="2020-01-01T00:00:00Z")
    assert slow("registry") == ["b.com"]
