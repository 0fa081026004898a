"""Each list of the admin takes at most ten queries, however many rows it shows."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec.models import Publication
from domains.models import Attempt, Domain, PollMessage
from tests.admin.test_who_may import OURS, path_of
from tests.conftest import KEY_13, KEY_13_OTHER

BUDGET = 10


@pytest.fixture
def thirty_of_everything(make_person, make_registry, make_tld, make_domain, make_key, make_operation) -> None:
    for number in range(30):
        owner = make_person(f"owner{number}@example.net")
        make_tld(f"tld{number}", registry=make_registry(f"registry{number}"))
        domain: Domain = make_domain(f"xn--mller-kva.tld{number}", owner=owner, registrant=f"r{number}@example.net")
        domain.nameservers.create(name=f"ns1.example{number}.com", addresses=["127.0.3.1"])
        make_key(domain, KEY_13_OTHER)
        domain.checks.create(candidate=None, verdict="secure", checked_at=timezone.now())
        domain.conditions.create(kind="BROKEN")
        operation = make_operation(domain, ("SUCCESSFUL", "FAILED", "ERROR")[number % 3], text=KEY_13)
        Publication.objects.get_or_create(operation=operation)
        domain.sightings.create(kind="DS", record=f"2371 13 2 {number}")
        Attempt.objects.create(operation=operation, command="domain:update", cl_trid=f"RC-{number}")
        PollMessage.objects.create(
            registry=domain.tld.registry, message_id=str(number), queued_at=operation.submitted_at, operation=operation
        )


def test_thirty_rows_of_each_are_listed_and_found_within_the_budget(sign_in, sam, thirty_of_everything):
    client = sign_in(sam)
    for model in OURS:
        for query in ("", "?q=example", "?q=2371"):
            with CaptureQueriesContext(connection) as queries:
                answer = client.get(path_of(model) + query)
            assert answer.status_code == 200
            assert len(queries) <= BUDGET, (model, query, [row["sql"] for row in queries.captured_queries])
            if not query:
                assert answer.context["cl"].result_count >= 30


def test_an_operations_page_takes_no_more_queries_for_a_longer_history(sign_in, sam, failed):
    client = sign_in(sam)
    page = f"/admin/domains/operation/{failed.pk}/change/"

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page).status_code == 200
        return len(queries)

    count()  # The first look fills the cache of content types.
    before = count()
    for number in range(30):
        Attempt.objects.create(operation=failed, command="domain:update", cl_trid=f"RC-{number}")
    assert count() == before
