"""A successful change is watched until every server of the parent shows it; by one worker at a time, and for three
days."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from dnssec import publications, tasks
from dnssec.chain import Chain, Verdict
from dnssec.models import DelegationCheck, Publication, Sighting
from dnssec.operations import add_key, remove_key
from dnssec.outcomes import Outcome, done, settle
from dnssec.publications import Arrival, arrival_of
from domains.models import Domain, Operation, OutgoingEmail
from domains.sentences import Sentence
from tests.dnssec.chains import (
    CHILDREN,
    KEY_13,
    KEY_13_OTHER,
    NOTHING,
    PARENTS,
    TIMES,
    chain_of,
    dns_key,
    keep,
    subject,
)


class Servers:
    """What the next looks find; each look is noted."""

    def __init__(self, chain: Chain) -> None:
        self.chain, self.looks = chain, 0

    def check(self, name: str, **_options: Any) -> Chain:
        self.looks += 1
        return self.chain


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def servers(domain, monkeypatch) -> Servers:
    found = Servers(chain_of(domain))
    monkeypatch.setattr(publications, "check", found.check)
    monkeypatch.setattr(publications.checks, "compare", lambda *_args, **_options: (found.chain, None))
    return found


def added(domain: Domain, text: str = KEY_13) -> Operation:
    operation = add_key(domain, dns_key(text), requested_by=domain.owner)
    assert settle(operation, done(operation))
    return operation


def deleted(domain: Domain) -> Operation:
    operation = remove_key(domain.keys.get(), requested_by=domain.owner)
    assert settle(operation, done(operation))
    return operation


def make_due(publication: Publication, *, age: timedelta = timedelta(0)) -> None:
    now = timezone.now()
    Publication.objects.filter(pk=publication.pk).update(look_at=now, began_at=now - age)


def test_a_successful_change_is_watched_from_its_outcome_on(domain):
    operation = added(domain)
    publication = Publication.objects.get()
    assert (publication.operation, publication.seen_at, publication.looks) == (operation, None, 0)
    assert publications.due() == [publication.pk]


@pytest.mark.parametrize("status", ["FAILED", "ERROR"])
def test_what_changed_nothing_for_sure_is_not_watched(domain, status):
    operation = add_key(domain, dns_key(), requested_by=domain.owner)
    settle(operation, Outcome(status, Sentence("Nothing.")))
    assert Publication.objects.count() == 0
    assert OutgoingEmail.objects.count() == 1


def test_the_ttls_from_before_the_change_are_kept(domain):
    keep(domain, chain_of(domain, ds=[KEY_13_OTHER], zone=[KEY_13_OTHER]))
    added(domain)
    publication = Publication.objects.get()
    assert (publication.ds_ttl, publication.negative_ttl, publication.key_ttl) == (86400, 900, 3600)
    assert "for 24 h" in " ".join(OutgoingEmail.objects.get().text.split())


def test_it_is_seen_when_every_server_of_the_parent_shows_it(domain, servers):
    added(domain)
    publication = Publication.objects.get()
    servers.chain = chain_of(domain, ds={KEY_13: PARENTS[:1]}, zone=[KEY_13])
    publications.look(publication.pk)
    publication.refresh_from_db()
    assert (publication.arrived, publication.servers, publication.seen_at) == (1, 2, None)
    assert publication.look_at is not None
    assert DelegationCheck.objects.count() == 0

    make_due(publication)
    servers.chain = chain_of(domain, ds=[KEY_13], zone=[KEY_13])
    before = timezone.now()
    publications.look(publication.pk)
    publication.refresh_from_db()
    assert (publication.arrived, publication.servers, publication.looks) == (2, 2, 2)
    assert publication.seen_at is not None
    assert publication.seen_at >= before
    assert publication.look_at is None
    assert publications.due() == []
    # Whoever opens the page sees the chain as it is now.
    assert DelegationCheck.objects.get().verdict == "secure"


def test_a_deleted_key_is_seen_to_be_gone_when_no_server_shows_it(domain, servers, make_key):
    make_key(domain, KEY_13)
    deleted(domain)
    publication = Publication.objects.get()
    servers.chain = chain_of(domain, ds={KEY_13: PARENTS[:1]}, zone=[KEY_13])
    publications.look(publication.pk)
    publication.refresh_from_db()
    assert (publication.arrived, publication.servers, publication.seen_at) == (1, 2, None)
    make_due(publication)
    servers.chain = chain_of(domain, zone=[KEY_13], times=NOTHING, verdict=Verdict.INSECURE)
    publications.look(publication.pk)
    publication.refresh_from_db()
    assert publication.seen_at is not None
    # From an absent DS record no TTL can be read; what was seen of it before stays.
    assert publication.ds_ttl == 86400


def test_two_workers_make_one_look(domain, servers, monkeypatch):
    added(domain)
    pk = Publication.objects.get().pk
    asked: list[str] = []

    def check(name: str, **_options: Any) -> Chain:
        asked.append(name)
        publications.look(pk)  # Somebody else, while the servers are being asked.
        return servers.chain

    monkeypatch.setattr(publications, "check", check)
    publications.look(pk)
    assert asked == ["example.com"]
    assert Publication.objects.get().looks == 1


def test_a_look_that_is_not_due_asks_nobody(domain, servers):
    added(domain)
    publication = Publication.objects.get()
    Publication.objects.update(look_at=timezone.now() + timedelta(seconds=9))
    publications.look(publication.pk)
    publications.look(987654321)
    assert (servers.looks, Publication.objects.get().looks) == (0, 0)


def test_an_overtaken_worker_changes_nothing_that_was_seen(domain, servers):
    added(domain)
    publication = Publication.objects.get()
    seen = timezone.now() - timedelta(seconds=1)
    Publication.objects.update(seen_at=seen, look_at=None, arrived=2, servers=2)
    assert publications._record(publication, chain_of(domain), Arrival(0, 2)) is False
    publication.refresh_from_db()
    assert (publication.seen_at, publication.arrived) == (seen, 2)


@pytest.mark.parametrize(
    ("age", "low", "high"),
    [
        (timedelta(seconds=2), 3, 3),
        (timedelta(minutes=1), 10, 11),
        (timedelta(minutes=10), 100, 101),
        (timedelta(hours=9), 300, 300),
    ],
)
def test_looks_come_every_few_seconds_at_first_and_then_with_growing_gaps(domain, servers, age, low, high):
    added(domain)
    publication = Publication.objects.get()
    make_due(publication, age=age)
    publications.look(publication.pk)
    publication.refresh_from_db()
    assert publication.looked_at is not None
    assert publication.look_at is not None
    gap = (publication.look_at - publication.looked_at).total_seconds()
    assert low <= gap <= high


def test_after_three_days_nobody_looks_any_more(domain, servers):
    added(domain)
    publication = Publication.objects.get()
    make_due(publication, age=timedelta(days=3))
    publications.look(publication.pk)
    publication.refresh_from_db()
    assert (publication.look_at, publication.seen_at) == (None, None)


def test_undoing_a_change_ends_its_watch(domain):
    added(domain)
    deleted(domain)
    first, second = Publication.objects.order_by("pk")
    assert (first.look_at, first.seen_at) == (None, None)
    assert second.look_at is not None


def test_a_change_of_another_key_leaves_the_watch_alone(domain):
    added(domain, KEY_13)
    added(domain, KEY_13_OTHER)
    assert Publication.objects.filter(look_at__isnull=False).count() == 2


def test_a_change_is_watched_once_however_often_it_is_settled(domain):
    operation = added(domain)
    assert publications.begin(operation).pk == Publication.objects.get().pk
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.create(operation=operation)


def test_the_database_keeps_what_was_seen_from_being_looked_for(domain):
    added(domain)
    with pytest.raises(IntegrityError), transaction.atomic():
        Publication.objects.update(seen_at=timezone.now())


def test_a_ttl_that_grows_while_it_is_watched_counts(domain, servers):
    added(domain)
    servers.chain = chain_of(domain, ds={KEY_13: PARENTS[:1]}, times=TIMES)
    publications.look(Publication.objects.get().pk)
    assert Publication.objects.get().ds_ttl == 86400


def test_half_of_the_workers_stay_free(make_domain, settings):
    settings.WORKER_CONCURRENCY = 4
    for number in range(3):
        added(make_domain(f"example-{number}.com"))
    first, second, _third = Publication.objects.order_by("look_at")
    assert publications.due() == [first.pk, second.pk]
    Publication.objects.filter(pk=first.pk).update(
        look_at=timezone.now() + timedelta(seconds=9), lease_until=timezone.now() + timedelta(seconds=9)
    )
    assert publications.due() == [second.pk]
    Publication.objects.filter(pk=second.pk).update(lease_until=timezone.now() + timedelta(seconds=9))
    assert publications.due() == []
    # A worker that is gone keeps its place for the lease alone.
    Publication.objects.update(look_at=timezone.now(), lease_until=timezone.now() - timedelta(seconds=1))
    assert len(publications.due()) == 2


def test_the_clock_hands_out_what_is_due(domain, monkeypatch):
    added(domain)
    handed: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks, "hand_over", lambda task, *args, **_options: handed.append((task.name, *args)))
    tasks.watch_publications()
    assert handed == [("dnssec.tasks.look_for_publication", Publication.objects.get().pk)]


# ---- what counts as arrived ----


def test_servers_that_do_not_answer_are_not_waited_for(domain):
    chain = chain_of(domain, ds={KEY_13: PARENTS[:1]}, silent=PARENTS[1:])
    assert arrival_of(chain, subject(domain), present=True) == Arrival(1, 1)
    assert Arrival(1, 1).is_everywhere


def test_where_no_server_answers_nothing_has_arrived(domain):
    chain = chain_of(domain, silent=PARENTS)
    assert arrival_of(chain, subject(domain), present=True) == Arrival(0, 0)
    assert arrival_of(chain, subject(domain), present=False) == Arrival(0, 0)
    assert not Arrival(0, 0).is_everywhere


def test_a_name_that_is_not_delegated_has_no_servers_to_look_at(domain):
    chain = chain_of(domain, ds=[KEY_13], is_zone=False)
    assert arrival_of(chain, subject(domain), present=True) == Arrival(0, 0)


def test_a_server_that_shows_none_of_the_others_has_not_shown_that_one_is_gone(domain):
    chain = chain_of(domain, ds={KEY_13_OTHER: PARENTS[:1]})
    assert arrival_of(chain, subject(domain, KEY_13), present=False) == Arrival(1, 2)


def test_a_chain_that_could_not_be_judged_shows_no_absence(domain):
    chain = chain_of(domain, verdict=Verdict.INDETERMINATE)
    assert arrival_of(chain, subject(domain), present=False) == Arrival(0, 2)


# ---- sightings ----


def sighted(kind: str) -> list[int]:
    return [int(row.record.split()[0]) for row in Sighting.objects.filter(kind=kind).order_by("record")]


def test_what_all_servers_show_is_sighted_and_keeps_its_first_time(domain):
    keep(domain, chain_of(domain, ds=[KEY_13], zone={KEY_13: CHILDREN, KEY_13_OTHER: CHILDREN[:1]}))
    assert (sighted("DS"), sighted("KEY")) == ([2371], [2371])
    since = Sighting.objects.get(kind="KEY").since
    keep(domain, chain_of(domain, ds=[KEY_13], zone=[KEY_13, KEY_13_OTHER]))
    assert sighted("KEY") == [17179, 2371]
    assert Sighting.objects.get(kind="KEY", record__startswith="2371").since == since


def test_a_key_that_is_missing_anywhere_begins_anew(domain):
    keep(domain, chain_of(domain, zone=[KEY_13]))
    keep(domain, chain_of(domain, zone={KEY_13: CHILDREN[:1]}))
    assert sighted("KEY") == []


def test_a_key_that_signs_nothing_carries_nothing(domain):
    keep(domain, chain_of(domain, zone=[KEY_13], signing=False))
    assert sighted("KEY") == []


def test_while_nobody_answers_what_was_seen_stands(domain):
    keep(domain, chain_of(domain, ds=[KEY_13], zone=[KEY_13]))
    keep(domain, chain_of(domain, silent=(*PARENTS, *CHILDREN)))
    assert (sighted("DS"), sighted("KEY")) == ([2371], [2371])
