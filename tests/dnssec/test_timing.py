"""When the next step is safe: each row of the table, and what holds of every wait."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from dnssec import timing
from dnssec.chain import Times
from dnssec.timing import Held, Wait
from dnssec.waits import reason, span

SEEN = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)
DAY, HOUR = 86400, 3600


def at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wait", "held", "until"),
    [
        # Enable: unsigned records are gone from every cache; then no cache holds that there is no DS record.
        (timing.zone_may_be_enabled(SEEN, 6 * HOUR), Held.ZONE, at(24, 9, 15)),
        (timing.protection_is_everywhere(SEEN, 900), Held.NO_DS, at(24, 3, 27)),
        # Rollover with two keys that both sign.
        (timing.new_key_is_known(SEEN, 6 * HOUR), Held.KEYS, at(24, 9, 15)),
        (timing.old_key_may_be_deleted(SEEN, DAY), Held.DS, at(25, 3, 15)),
        (timing.old_key_may_leave_the_zone(SEEN, DAY), Held.DS, at(25, 3, 15)),
        # A DS record that goes ahead of its key.
        (timing.new_key_may_take_over(SEEN, HOUR), Held.DS, at(24, 4, 15)),
        # A new algorithm: the longer of the zone's and the keys' TTL.
        (timing.new_algorithm_is_known(SEEN, HOUR, 2 * DAY), Held.ZONE, at(26, 3, 15)),
        (timing.new_algorithm_is_known(SEEN, 2 * DAY, HOUR), Held.KEYS, at(26, 3, 15)),
        # Going unsigned, and getting well again.
        (timing.zone_may_be_unsigned(SEEN, HOUR), Held.DS, at(24, 4, 15)),
        (timing.resolvers_recover(SEEN, HOUR), Held.DS, at(24, 4, 15)),
    ],
)
def test_a_wait_counts_the_ttl_from_when_all_servers_show_it_and_leaves_a_margin(wait, held, until):
    assert (wait.held, wait.since, wait.until, wait.is_read) == (held, SEEN, until, True)


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        (timing.old_key_may_be_deleted(SEEN, None, tld="com"), DAY),
        (timing.old_key_may_be_deleted(SEEN, None, tld="org"), 3 * DAY),
        (timing.zone_may_be_unsigned(SEEN, None, tld="se"), 3 * DAY),
        (timing.new_key_is_known(SEEN, None), DAY),
        (timing.protection_is_everywhere(SEEN, None), 3 * HOUR),
        (timing.zone_may_be_enabled(SEEN, None), DAY),
    ],
)
def test_where_no_ttl_was_seen_a_cautious_one_stands_for_it(wait, seconds):
    assert (wait.ttl, wait.is_read) == (seconds, False)


def test_the_old_key_stays_until_the_new_one_is_known_from_the_zone_as_well():
    late = SEEN + timedelta(hours=2)
    wait = timing.old_key_may_be_deleted(SEEN, HOUR, key_seen=late, key_ttl=DAY)
    assert (wait.held, wait.since, wait.ttl) == (Held.KEYS, late, DAY)
    wait = timing.old_key_may_be_deleted(SEEN, DAY, key_seen=SEEN - timedelta(days=9), key_ttl=DAY)
    assert (wait.held, wait.since) == (Held.DS, SEEN)


def test_a_ttl_that_was_shortened_after_the_change_counts_as_it_was_before():
    assert timing.longest(DAY, 300) == DAY
    assert timing.longest(None, 300) == 300
    assert timing.longest(None, None) is None


def test_the_longest_ttl_of_a_zone_is_that_of_its_apex():
    assert timing.zone_ttl(Times(ds=DAY, parent_negative=900, dnskey=3600, soa=7200, ns=172800, negative=300)) == 172800
    assert timing.zone_ttl(timing.UNSEEN) is None


def test_of_several_waits_the_last_to_end_counts():
    short, long = (timing.new_key_is_known(SEEN, ttl) for ttl in (60, 600))
    assert timing.last_of([short, None, long]) is long
    assert timing.last_of([None]) is None


@pytest.mark.parametrize(("ttl", "seconds"), [(0, 60), (60, 60), (600, 60), (1800, 180), (3000, 300), (DAY, 300)])
def test_the_margin_is_a_tenth_between_one_and_five_minutes(ttl, seconds):
    assert timing.margin(ttl) == seconds


def test_what_holds_of_every_wait():
    rng = random.Random(6)
    for _ in range(2000):
        since = SEEN + timedelta(seconds=rng.uniform(0, 9 * DAY))
        ttl = rng.randrange(0, 7 * DAY)
        wait = Wait(Held.DS, since, ttl)
        earliest = since + timedelta(seconds=ttl + timing.SHORTEST_MARGIN)
        assert wait.until >= earliest
        assert wait.until - since <= timedelta(seconds=ttl + timing.LONGEST_MARGIN + 60)
        assert (wait.until.second, wait.until.microsecond) == (0, 0)
        assert not wait.is_over(wait.until - timedelta(microseconds=1))
        assert wait.is_over(wait.until)
        # Who sees it later, or of whom more may be cached, never waits less.
        assert Wait(Held.DS, since + timedelta(seconds=1), ttl).until >= wait.until
        assert Wait(Held.DS, since, ttl + 1).until >= wait.until


def test_a_wait_that_ends_within_the_hour_is_worth_watching():
    wait = timing.zone_may_be_unsigned(SEEN, HOUR)
    assert not wait.ends_within(timing.SOON, SEEN)
    assert wait.ends_within(timing.SOON, SEEN + timedelta(minutes=10))
    assert not wait.ends_within(timing.SOON, wait.until)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *((0, "0 s"), (45, "45 s"), (119, "119 s"), (120, "2 min"), (901, "16 min"), (3600, "1 h")),
        *((5400, "1 h 30 min"), (86400, "24 h"), (172800, "48 h"), (259200, "3 days"), (345600, "4 days")),
    ],
)
def test_a_span_is_said_in_the_units_that_people_use_and_never_too_short(seconds, words):
    assert span(seconds) == words.replace(" ", "\N{NO-BREAK SPACE}")


def test_the_reason_names_the_ttl_the_moment_and_the_margin():
    said = " ".join(reason(timing.old_key_may_be_deleted(SEEN, DAY)).split())
    assert said == "DS TTL 24 h, first seen on all servers 24 Nov 2026, 03:10 UTC, and 5 min to spare"
    said = " ".join(reason(timing.zone_may_be_unsigned(SEEN, None, tld="org")).split())
    assert said.startswith("the DS TTL is not known, so 3 days are counted")
