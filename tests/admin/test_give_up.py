"""Give up: not without a reason, and never the last word, for the worker looks at the registry first."""

import lxml.html
import pytest
from django.contrib.admin.models import LogEntry

from domains.models import Operation
from tests.conftest import MakeDomain

REASON = "The registry has been away for a day."


@pytest.fixture
def stuck(make_domain: MakeDomain, make_operation) -> Operation:
    return make_operation(make_domain("example.com"))


@pytest.mark.parametrize("from_page", [False, True])
def test_a_page_asks_for_the_reason_first(sign_in, sam, stuck, act, from_page):
    page = act(sign_in(sam), "give_up", stuck, from_page=from_page, reason=None).content.decode()
    assert "Give up this request?" in page
    assert stuck.reference in page
    assert "<script>" not in page
    assert "style=" not in page
    stuck.refresh_from_db()
    assert (stuck.closed_by, LogEntry.objects.count()) == (None, 0)


@pytest.mark.parametrize("from_page", [False, True])
def test_with_a_reason_the_worker_is_asked_to_end_it(sign_in, sam, stuck, act, from_page):
    page = act(sign_in(sam), "give_up", stuck, from_page=from_page, reason=REASON).content.decode()
    stuck.refresh_from_db()
    assert (stuck.closed_by, stuck.closed_because, stuck.is_open) == (sam, REASON, True)
    assert f"{stuck.reference}: The registry is looked at once more, then the request ends." in page
    assert LogEntry.objects.get().get_change_message() == f"Asked to be given up: {REASON}"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_no_reason_is_no_reason(sign_in, sam, stuck, act, reason):
    page = act(sign_in(sam), "give_up", stuck, reason=reason)
    assert 'class="errorlist"' in page.content.decode()
    stuck.refresh_from_db()
    assert (stuck.closed_by, LogEntry.objects.count()) == (None, 0)


def test_the_pages_own_form_brings_it_to_the_end(sign_in, sam, stuck, act, make_domain, make_operation):
    other = make_operation(make_domain("other.com"))
    client = sign_in(sam)
    page = act(client, "give_up", stuck, other, reason=None)
    form = lxml.html.fromstring(page.content).get_element_by_id("content").forms[0]
    values = [pair for pair in form.form_values() if pair[0] != "reason"]
    data: dict[str, list[str]] = {}
    for name, value in [*values, ("reason", REASON)]:
        data.setdefault(name, []).append(value)
    client.post("/admin/domains/operation/", data)
    assert Operation.objects.filter(closed_because=REASON).count() == 2


def test_what_has_an_outcome_cannot_be_given_up(sign_in, sam, failed, act):
    page = act(sign_in(sam), "give_up", failed, reason=REASON).content.decode()
    assert f"{failed.reference}: This request already has an outcome." in page
    failed.refresh_from_db()
    assert (failed.closed_because, LogEntry.objects.count()) == ("", 0)
