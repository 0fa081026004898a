"""What a person's settings do to the pages: time zone and language."""

from datetime import UTC, datetime

import pytest

from domains.models import Operation
from tests.console.page import Page


@pytest.fixture
def operation(alice, make_domain) -> Operation:
    """A request of a summer's evening."""
    at = datetime(2026, 7, 1, 22, 30, 15, tzinfo=UTC)
    return Operation.objects.create(
        domain=make_domain("a.com"), type="ADD_DNSSEC", subject={"key_tag": 1}, submitted_at=at, updated_at=at
    )


@pytest.mark.parametrize(
    ("zone", "shown", "named"),
    [
        ("UTC", "1 Jul 2026, 22:30", "Times in UTC"),
        ("Europe/Berlin", "2 Jul 2026, 00:30", "Times in CEST"),
        ("America/New_York", "1 Jul 2026, 18:30", "Times in EDT"),
        ("Nowhere/Land", "1 Jul 2026, 22:30", "Times in UTC"),
        ("../../etc/passwd", "1 Jul 2026, 22:30", "Times in UTC"),
        ("", "1 Jul 2026, 22:30", "Times in UTC"),
    ],
)
def test_times_stand_in_the_persons_zone_which_is_named(sign_in, alice, operation, time_machine, zone, shown, named):
    time_machine.move_to(datetime(2026, 7, 2, 12, tzinfo=UTC))
    alice.time_zone = zone
    alice.save()
    page = Page(sign_in(alice).get("/requests/"))
    assert page.rows()[0][3] == shown
    assert named in page.texts("//*[@class='hint']")


def test_every_time_also_says_what_it_is_in_utc(sign_in, alice, operation):
    alice.time_zone = "Europe/Berlin"
    alice.save()
    (time, *_) = Page(sign_in(alice).get("/requests/")).tree.xpath("//tbody//time")
    assert (time.get("datetime"), time.get("title")) == ("2026-07-01T22:30:15Z", "1 Jul 2026, 22:30:15 UTC")


@pytest.mark.parametrize("language", ["en", "tlh", ""])
def test_a_language_that_the_console_does_not_speak_changes_nothing(sign_in, alice, language):
    alice.language = language
    alice.save()
    response = sign_in(alice).get("/domains/")
    assert response["Content-Language"] == "en"
    assert Page(response).tree.get("lang") == "en"
