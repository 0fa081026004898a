"""Look again: a worker compares the domain with its registry, once a reason is given."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from domains.models import Domain


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("müller.com".encode("idna").decode(), looked_at=timezone.now() - timedelta(seconds=30))


@pytest.mark.parametrize("from_page", [False, True])
def test_a_domain_becomes_due_for_a_look(sign_in, sam, domain, act, from_page):
    page = act(sign_in(sam), "look_again", domain, from_page=from_page)
    assert "Domain müller.com: The registry is asked again" in page.content.decode()
    before, domain.looked_at = domain.looked_at, Domain.objects.get().looked_at
    assert domain.looked_at < before
    entry = LogEntry.objects.get()
    assert (entry.user, entry.get_change_message()) == (sam, "Had the registry asked again: Asked for by phone.")


def test_a_reason_is_asked_for_first(sign_in, sam, domain, act):
    page = act(sign_in(sam), "look_again", domain, from_page=True, reason=None).content.decode()
    assert "Look at this domain again?" in page
    assert (Domain.objects.get().looked_at, LogEntry.objects.count()) == (domain.looked_at, 0)


def test_asked_twice_it_is_looked_at_once(sign_in, sam, make_domain, act):
    page = act(sign_in(sam), "look_again", make_domain("fresh.com"))
    assert "Domain fresh.com: The registry was asked just now." in page.content.decode()
    assert not LogEntry.objects.exists()


def test_without_the_permission_there_is_no_such_action(sign_in, sam, domain, act):
    support = sam.groups.get()
    support.permissions.remove(support.permissions.get(codename="act_on_operation"))
    for from_page in (False, True):
        act(sign_in(sam), "look_again", domain, from_page=from_page)
    assert (Domain.objects.get().looked_at, LogEntry.objects.count()) == (domain.looked_at, 0)


@pytest.mark.parametrize("action", ["try_again", "give_up"])
def test_a_request_is_not_acted_on_without_a_reason(sign_in, sam, failed, act, action):
    page = act(sign_in(sam), action, failed, reason=None).content.decode()
    assert "this request" in page
    assert not LogEntry.objects.exists()
