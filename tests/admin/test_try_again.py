"""Try again: a new request that names the old one."""

import pytest
from django.contrib.admin.models import LogEntry

from domains.models import Operation


@pytest.mark.parametrize("from_page", [False, True])
def test_a_failed_request_is_asked_for_once_more(sign_in, sam, failed, act, from_page):
    page = act(sign_in(sam), "try_again", failed, from_page=from_page)
    repeat = Operation.objects.get(retry_of=failed)
    assert (repeat.status, repeat.requested_by, repeat.subject) == ("SUBMITTED", sam, failed.subject)
    assert f"{failed.reference}: Tried again as request {repeat.reference}." in page.content.decode()
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.get_change_message()) == (
        sam,
        str(failed.pk),
        f"Tried again as request {repeat.reference}. Asked for by phone.",
    )


def test_of_several_each_is_answered_for_itself(sign_in, sam, failed, make_domain, make_operation, act):
    still_open = make_operation(make_domain("other.com"))
    page = act(sign_in(sam), "try_again", failed, still_open).content.decode()
    assert f"{still_open.reference}: Only a request that failed can be tried again." in page
    assert f"{failed.reference}: Tried again" in page
    assert Operation.objects.count() == 3
    assert LogEntry.objects.count() == 1


def test_nothing_is_asked_for_while_another_change_is_open(sign_in, sam, failed, act):
    act(sign_in(sam), "try_again", failed)
    page = act(sign_in(sam), "try_again", failed).content.decode()
    assert "Another change of this domain is in progress. Wait for its mail, then try again." in page
    assert (Operation.objects.count(), LogEntry.objects.count()) == (2, 1)


def test_without_the_permission_there_is_no_such_action(sign_in, sam, failed, act):
    support = sam.groups.get()
    support.permissions.remove(support.permissions.get(codename="act_on_operation"))
    for from_page in (False, True):
        page = act(sign_in(sam), "try_again", failed, from_page=from_page)
        assert page.status_code == 200
    assert (Operation.objects.count(), LogEntry.objects.count()) == (1, 0)


def test_an_owner_does_not_get_at_it(sign_in, alice, failed, act):
    assert act(sign_in(alice), "try_again", failed, from_page=True).status_code == 403
    assert Operation.objects.count() == 1
