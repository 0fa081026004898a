"""The watch over the domains in the DNS: what is told to whom and how often, what never, and how much is asked for."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from dnssec import checks, noticing, tasks, watch
from dnssec.chain import Chain, DsRecord, Finding, Link, ServerState, Times, Verdict, ZoneKey
from dnssec.chain.findings import (
    DS_MATCHES_NO_KEY,
    ENDS_SOON,
    NSEC3_PARAMETERS,
    REGISTRY_DIFFERS,
    SIGNATURE_EXPIRED,
    SIGNED_WITHOUT_DS,
    Rule,
)
from dnssec.kept_chains import to_json
from dnssec.mail import mail_again
from dnssec.models import Condition, DelegationCheck
from dnssec.operations import send_mail_again
from dnssec.outcomes import show_status
from domains.models import Contact, Domain, Operation, OutgoingEmail, Tld

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NO_TIMES = Times(None, None, None, None, None, None)
OWNER, TECH = "alice@example.net", "tech@dns.example"
EXPIRED = {"what": "DNSKEY", "date": "2026-11-24 01:00 UTC"}


def found(rule: Rule, *, fatal: bool = False, **params: object) -> Finding:
    return Finding(rule, rule.severity, "example.com", fatal=fatal, params=params)


def ds(tag: int = 2371, *, matches: bool = True) -> DsRecord:
    return DsRecord(tag, 13, 2, f"{tag:064X}", ("192.0.2.1",), (0,) if matches else (), matches)


def link(zone: str, verdict: Verdict, records: tuple[DsRecord, ...] = (), *told: Finding) -> Link:
    key = ZoneKey(257, 3, 13, b"key", 2371, (), (), (), True)
    servers = (ServerState("ns1.example.", "192.0.2.1", None),)
    return Link(zone, verdict, servers, records, (key,), NO_TIMES, told)


def chain(
    verdict: str = "secure",
    *told: Finding,
    records: tuple[DsRecord, ...] = (ds(),),
    above: str = "secure",
    is_zone: bool = True,
) -> Chain:
    links = (
        link(".", Verdict.SECURE),
        link("com", Verdict(above)),
        link("example.com", Verdict(verdict), records, *told),
    )
    return Chain("example.com", "example.com", is_zone, Verdict(verdict), links, told, START.timestamp())


GOOD = chain()
BROKEN = chain("bogus", found(SIGNATURE_EXPIRED, fatal=True, **EXPIRED))
UNREACHABLE = chain("indeterminate")


def see(domain: Domain, seen: Chain | None, at: datetime) -> Domain:
    """Let a check have found this chain at that time."""
    verdict, kept = (seen.verdict.value, to_json(seen)) if seen else ("indeterminate", {})
    row = DelegationCheck.objects.create(domain=domain, asked_at=at, checked_at=at, verdict=verdict, chain=kept)
    with transaction.atomic():
        noticing.take_note(row)
    return Domain.objects.get(pk=domain.pk)


def told() -> list[tuple[str, str]]:
    """Who got which mail, without the domain's name."""
    rows = OutgoingEmail.objects.order_by("pk").values_list("recipient", "subject")
    return [(recipient, subject.removeprefix("example.com: ")) for recipient, subject in rows]


@pytest.fixture
def domain(make_domain: Any, make_key: Any) -> Domain:
    """Alice's, with a key since long ago and a technical contact."""
    made: Domain = make_domain("example.com", tech=Contact.objects.create(name="Theo", email=TECH))
    make_key(made)
    Domain.objects.filter(pk=made.pk).update(looked_at=START - DAY)
    return Domain.objects.get(pk=made.pk)


class TestHealth:
    @pytest.mark.parametrize(
        ("seen", "health"),
        [
            (GOOD, "SECURE"),
            (chain("secure", found(SIGNED_WITHOUT_DS)), "SECURE"),
            (chain("secure", found(NSEC3_PARAMETERS, iterations=5, salt=8)), "FAULTY"),
            (chain("insecure", found(NSEC3_PARAMETERS, iterations=5, salt=8)), "INSECURE"),
            (BROKEN, "BROKEN"),
            (chain("bogus", above="bogus"), "BROKEN"),
            (UNREACHABLE, "UNKNOWN"),
            (chain(is_zone=False), "UNKNOWN"),
            (None, "UNKNOWN"),
        ],
    )
    def test_each_result_is_a_health(self, domain: Domain, seen: Chain | None, health: str) -> None:
        after = see(domain, seen, START)
        assert (after.health, after.health_since, after.checked_at) == (health, START, START)

    def test_it_is_known_since_when(self, domain: Domain) -> None:
        for hours, seen in enumerate((GOOD, BROKEN, BROKEN)):
            after = see(domain, seen, START + hours * HOUR)
        assert (after.health, after.health_since) == ("BROKEN", START + HOUR)
        assert after.checked_at == START + 2 * HOUR

    def test_a_result_that_comes_late_changes_nothing(self, domain: Domain) -> None:
        see(domain, GOOD, START + HOUR)
        after = see(domain, BROKEN, START)
        assert (after.health, after.checked_at, Condition.objects.count()) == ("SECURE", START + HOUR, 0)

    def test_a_domain_that_left_is_watched_no_more(self, domain: Domain) -> None:
        after = see(domain, BROKEN, START)
        after.state = Domain.State.LEFT
        after.save(update_fields=["state"])
        show_status(after)
        after = see(domain, BROKEN, START + HOUR)
        assert (after.health, after.checked_at, after.watch_at) == ("UNKNOWN", None, None)
        watch.tidy()
        assert list(Condition.objects.open()) == []
        assert told() == []


class TestABrokenDomain:
    def test_is_told_to_owner_and_technical_contact_when_a_second_check_says_so(self, domain: Domain) -> None:
        see(domain, BROKEN, START)
        assert told() == []
        see(domain, BROKEN, START + timedelta(minutes=10))
        assert told() == [(OWNER, "DNSSEC is broken"), (TECH, "DNSSEC is broken")]
        mail, copy = OutgoingEmail.objects.order_by("pk")
        assert (mail.kind, mail.domain, mail.operation, mail.resend_of) == ("warned", domain, None, None)
        assert (copy.kind, copy.is_copy, copy.resend_of, copy.message_id != mail.message_id) == (
            "warned",
            True,
            mail,
            True,
        )
        assert "The signature over the DNSKEY records of example.com ended on 2026-11-24 01:00 UTC." in mail.text
        assert "1. Ask the DNS service of example.com to sign the zone anew" in mail.text
        assert "Seen since: 24 Nov 2026, 03:10 UTC" in mail.text
        assert "/domains/example.com/dnssec/" in mail.text
        assert "because you manage example.com in this console" in mail.text
        assert "because you are the technical contact of example.com" in copy.text

    def test_is_told_twice_and_then_no_more(self, domain: Domain) -> None:
        for hours in range(0, 24 * 30, 6):
            see(domain, BROKEN, START + hours * HOUR)
        assert told() == [
            (OWNER, "DNSSEC is broken"),
            (TECH, "DNSSEC is broken"),
            (OWNER, "DNSSEC is still broken"),
            (TECH, "DNSSEC is still broken"),
        ]
        assert "This is the second and last mail about it." in OutgoingEmail.objects.latest("pk").text
        condition = Condition.objects.get()
        assert (condition.told, condition.told_at, condition.over) == (2, START + 30 * HOUR, 0)

    def test_is_told_to_be_over_once_two_checks_say_so(self, domain: Domain) -> None:
        for minutes, seen in ((0, BROKEN), (10, BROKEN), (20, GOOD)):
            see(domain, seen, START + timedelta(minutes=minutes))
        assert len(told()) == 2
        for minutes in (30, 40, 50):
            see(domain, GOOD, START + timedelta(minutes=minutes))
        over = (OWNER, "the trouble with DNSSEC is over"), (TECH, "the trouble with DNSSEC is over")
        assert told()[2:] == [*over]
        condition = Condition.objects.get()
        assert condition.ended_at == START + timedelta(minutes=30)
        text = OutgoingEmail.objects.latest("pk").text
        assert "Resolvers that check DNSSEC accept example.com again." in text
        assert "Over at: 24 Nov 2026, 03:40 UTC" in text

    def test_that_was_so_for_one_check_is_told_to_nobody_and_neither_is_its_end(self, domain: Domain) -> None:
        for minutes, seen in ((0, BROKEN), (10, GOOD), (20, BROKEN), (30, GOOD), (40, GOOD)):
            see(domain, seen, START + timedelta(minutes=minutes))
        assert told() == []
        assert [condition.ended_at for condition in Condition.objects.all()] == [START + timedelta(minutes=40)]

    def test_that_goes_to_and_fro_is_told_twice_a_day_apart(self, domain: Domain) -> None:
        for cycle in range(20):  # Two checks bad, two good, ten minutes apart; then again after two hours.
            for step, seen in enumerate((BROKEN, BROKEN, GOOD, GOOD)):
                see(domain, seen, START + cycle * 2 * HOUR + step * timedelta(minutes=10))
        to_owner = [subject for recipient, subject in told() if recipient == OWNER]
        assert to_owner == ["DNSSEC is broken", "the trouble with DNSSEC is over"] + [
            "DNSSEC is still broken",
            "the trouble with DNSSEC is over",
        ]
        assert Condition.objects.count() == 1

    def test_is_a_new_condition_when_it_comes_back_after_more_than_a_day(self, domain: Domain) -> None:
        for days in (0, 3):
            for step, seen in enumerate((BROKEN, BROKEN, GOOD, GOOD)):
                see(domain, seen, START + days * DAY + step * timedelta(minutes=10))
        assert [subject for recipient, subject in told() if recipient == OWNER] == 2 * [
            "DNSSEC is broken",
            "the trouble with DNSSEC is over",
        ]
        assert Condition.objects.count() == 2

    def test_below_a_broken_tld_is_not_its_owners_affair(self, domain: Domain) -> None:
        for hours in range(4):
            after = see(domain, chain("bogus", above="bogus"), START + hours * HOUR)
        assert (after.health, told(), Condition.objects.count()) == ("BROKEN", [], 0)


class TestWhatIsNeverTold:
    @pytest.mark.parametrize("nothing", [UNREACHABLE, None, chain(is_zone=False)])
    def test_what_could_not_be_checked(self, domain: Domain, nothing: Chain | None) -> None:
        for hours in range(5):
            see(domain, nothing, START + hours * HOUR)
        assert (told(), Condition.objects.count()) == ([], 0)

    def test_a_check_that_came_to_nothing_neither_begins_nor_ends_anything(self, domain: Domain) -> None:
        for minutes, seen in ((0, BROKEN), (10, UNREACHABLE), (20, UNREACHABLE)):
            see(domain, seen, START + timedelta(minutes=minutes))
        assert told() == []
        see(domain, BROKEN, START + timedelta(minutes=30))
        assert len(told()) == 2
        for minutes in (40, 50, 60):
            see(domain, UNREACHABLE, START + timedelta(minutes=minutes))
        assert (len(told()), Condition.objects.open().count()) == (2, 1)

    def test_anything_in_the_first_hour_after_a_request_ended(self, domain: Domain, alice: Any) -> None:
        Operation.objects.create(
            domain=domain, type="ADD_DNSSEC", status="SUCCESSFUL", subject={}, requested_by=alice, finished_at=START
        )
        for minutes in (10, 20, 40, 59):
            after = see(domain, BROKEN, START + timedelta(minutes=minutes))
        assert (after.health, told()) == ("BROKEN", [])
        see(domain, BROKEN, START + timedelta(minutes=61))
        assert len(told()) == 2

    def test_anything_while_a_request_is_open(self, domain: Domain, alice: Any) -> None:
        Operation.objects.create(domain=domain, type="ADD_DNSSEC", subject={}, requested_by=alice)
        for minutes in (0, 10, 20):
            see(domain, BROKEN, START + timedelta(minutes=minutes))
        assert told() == []

    def test_anything_in_the_first_hour_after_the_parents_records_were_seen_to_change(self, domain: Domain) -> None:
        see(domain, GOOD, START)
        other = chain("bogus", found(SIGNATURE_EXPIRED, fatal=True, **EXPIRED), records=(ds(4711),))
        for minutes in (10, 20, 40, 60):
            see(domain, other, START + timedelta(minutes=minutes))
        assert told() == []
        see(domain, other, START + timedelta(minutes=75))
        assert len(told()) == 2

    def test_that_it_is_over_in_the_first_hour_after_a_change_but_then(self, domain: Domain, alice: Any) -> None:
        for minutes in (0, 10):
            see(domain, BROKEN, START + timedelta(minutes=minutes))
        at = START + timedelta(minutes=15)
        Operation.objects.create(
            domain=domain, type="REMOVE_DNSSEC", status="SUCCESSFUL", subject={}, requested_by=alice, finished_at=at
        )
        for minutes in (20, 30, 60):
            see(domain, GOOD, START + timedelta(minutes=minutes))
        assert len(told()) == 2
        see(domain, GOOD, START + timedelta(minutes=80))
        assert told()[2:] == [(OWNER, "the trouble with DNSSEC is over"), (TECH, "the trouble with DNSSEC is over")]

    def test_the_registrant(self, domain: Domain) -> None:
        for hours in range(0, 48, 6):
            see(domain, BROKEN, START + hours * HOUR)
        assert "registrant@example.net" not in {recipient for recipient, _subject in told()}

    def test_one_address_twice(self, domain: Domain) -> None:
        Contact.objects.filter(pk=domain.tech_id).update(email="Alice@Example.net")
        for hours in range(2):
            see(domain, BROKEN, START + hours * HOUR)
        assert told() == [(OWNER, "DNSSEC is broken")]

    def test_who_may_not_sign_in_any_more(self, domain: Domain) -> None:
        domain.owner.is_active = False
        domain.owner.save()
        for hours in range(2):
            see(domain, BROKEN, START + hours * HOUR)
        assert told() == [(TECH, "DNSSEC is broken")]


class TestASignatureThatEndsSoon:
    SOON = chain("secure", found(ENDS_SOON, what="DNSKEY", date="2026-11-24 14:00 UTC"))

    def test_is_told_before_it_ends(self, domain: Domain) -> None:
        see(domain, self.SOON, START)
        see(domain, self.SOON, START + timedelta(minutes=10))
        assert told()[0] == (OWNER, "a DNSSEC signature ends soon")
        assert "Ends: 24 Nov 2026, 14:00 UTC" in OutgoingEmail.objects.earliest("pk").text

    def test_is_nothing_where_it_is_renewed_for_each_day(self, domain: Domain) -> None:
        for hours in range(0, 48, 6):
            moving = chain("secure", found(ENDS_SOON, what="SOA", date=f"in {hours} hours"))
            see(domain, moving, START + hours * HOUR)
        assert told() == []

    def test_that_ends_is_told_as_broken_and_both_are_over_together(self, domain: Domain) -> None:
        at = START
        for seen in (self.SOON, self.SOON, BROKEN, BROKEN, GOOD, GOOD):
            see(domain, seen, at := at + timedelta(minutes=10))
        assert [subject for recipient, subject in told() if recipient == OWNER] == [
            "a DNSSEC signature ends soon",
            "DNSSEC is broken",
            "the trouble with DNSSEC is over",
        ]
        text = OutgoingEmail.objects.latest("pk").text
        assert "DNSSEC accept example.com again. The signature that was about to end was renewed." in text


class TestAKeyThatIsGoneFromTheZone:
    BOTH = chain(records=(ds(), ds(4711)))
    ONE = chain("secure", found(DS_MATCHES_NO_KEY, tag=4711, algorithm="13"), records=(ds(), ds(4711, matches=False)))

    def test_is_told_where_it_was_there_before(self, domain: Domain) -> None:
        for minutes, seen in ((0, self.BOTH), (10, self.ONE), (20, self.ONE)):
            see(domain, seen, START + timedelta(minutes=minutes))
        assert told()[0] == (OWNER, "key 4711 is no longer in the zone")
        assert "The DS record with key tag 4711" in OutgoingEmail.objects.earliest("pk").text

    def test_is_nothing_where_it_never_was_there(self, domain: Domain) -> None:
        for hours in range(10):
            see(domain, self.ONE, START + hours * HOUR)
        assert (told(), Condition.objects.count()) == ([], 0)

    def test_is_remembered_over_checks_that_came_to_nothing(self, domain: Domain) -> None:
        lame = chain(is_zone=False)
        for minutes, seen in ((0, self.BOTH), (5, UNREACHABLE), (10, lame), (20, self.ONE), (30, lame), (40, self.ONE)):
            see(domain, seen, START + timedelta(minutes=minutes))
        assert len(told()) == 2

    def test_rows_that_another_version_wrote_are_passed_over(self, domain: Domain) -> None:
        see(domain, self.BOTH, START)
        at = START + timedelta(minutes=5)
        DelegationCheck.objects.create(domain=domain, checked_at=at, verdict="secure", chain={"links": "of old"})
        for minutes in (10, 20):
            see(domain, self.ONE, START + timedelta(minutes=minutes))
        assert len(told()) == 2

    def test_is_over_when_its_record_is_gone_from_the_parent_too(self, domain: Domain) -> None:
        for minutes, seen in ((0, self.BOTH), (10, self.ONE), (20, self.ONE), (90, GOOD), (100, GOOD), (170, GOOD)):
            see(domain, seen, START + timedelta(minutes=minutes))
        assert told()[2] == (OWNER, "the trouble with DNSSEC is over")


class TestWhatTheRegistryDoesNotPublish:
    OTHER = chain("secure", found(REGISTRY_DIFFERS))

    def test_is_told_after_hours_and_when_our_own_record_was_compared(self, domain: Domain) -> None:
        after = see(domain, self.OTHER, START)
        assert after.looked_at < START - DAY + HOUR  # It is due to be compared.
        for hours in range(1, 8):
            see(domain, self.OTHER, START + hours * HOUR)
        assert told() == []
        Domain.objects.update(looked_at=START + 2 * HOUR)
        see(domain, self.OTHER, START + 8 * HOUR)
        assert told()[0] == (OWNER, "the registry does not publish what it has on record")

    def test_is_not_told_while_it_may_be_on_its_way(self, domain: Domain) -> None:
        Domain.objects.update(looked_at=START + HOUR)
        for hours in range(4):
            see(domain, self.OTHER, START + hours * HOUR)
        assert told() == []

    def test_a_day_old_record_is_moved_back_no_further(self, domain: Domain) -> None:
        Domain.objects.update(looked_at=START - 3 * DAY)
        assert see(domain, self.OTHER, START).looked_at == START - 3 * DAY


class TestTwiceAndBesideItself:
    def test_a_domain_has_one_open_condition_of_a_kind(self, domain: Domain) -> None:
        Condition.objects.create(domain=domain, kind="BROKEN")
        with pytest.raises(IntegrityError), transaction.atomic():
            Condition.objects.create(domain=domain, kind="BROKEN")
        Condition.objects.update(ended_at=START)
        Condition.objects.create(domain=domain, kind="BROKEN")

    def test_nothing_is_told_a_third_time(self, domain: Domain) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Condition.objects.create(domain=domain, kind="BROKEN", told=3)

    @pytest.mark.django_db(transaction=True)
    def test_two_results_at_once_are_one_mail(self, domain: Domain) -> None:
        see(domain, BROKEN, START)
        rows = [
            DelegationCheck.objects.create(
                domain=domain, asked_at=START, checked_at=START + HOUR, verdict="bogus", chain=to_json(BROKEN)
            )
            for _number in range(2)
        ]
        together = threading.Barrier(2)

        def note(row: DelegationCheck) -> None:
            together.wait(5)
            with transaction.atomic():
                noticing.take_note(row)
            connection.close()

        threads = [threading.Thread(target=note, args=(row,)) for row in rows]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert told() == [(OWNER, "DNSSEC is broken"), (TECH, "DNSSEC is broken")]
        assert Condition.objects.get().told == 1

    def test_a_check_of_the_chain_as_it_is_is_noted_and_one_of_a_change_is_not(
        self, domain: Domain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dnssec.checks.compare", lambda *_args, candidate, **_more: (GOOD, candidate and BROKEN))
        monkeypatch.setattr("dnssec.checks.answers.ask", lambda _chain: ())
        for candidate in ([f"4711 13 2 {'AA' * 32}"], None):
            row = DelegationCheck.objects.create(domain=domain, candidate=candidate)
            checks.carry_out(row.pk)
        domain.refresh_from_db()
        assert (domain.health, Condition.objects.count()) == ("SECURE", 0)
        assert domain.checked_at == row.__class__.objects.get(pk=row.pk).checked_at


class TestMailsAgain:
    def test_they_go_where_they_went(self, domain: Domain, sam: Any) -> None:
        for hours in range(2):
            see(domain, BROKEN, START + hours * HOUR)
        mail, copy = OutgoingEmail.objects.order_by("pk")
        OutgoingEmail.objects.update(status="UNDELIVERABLE")
        assert mail_again(mail, requested_by=sam).recipient == OWNER
        assert send_mail_again(mail, requested_by=sam).recipient == OWNER
        assert send_mail_again(copy, requested_by=sam).recipient == TECH

    def test_they_are_in_the_owners_language(self, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
        domain.owner.language = "de"
        domain.owner.save()
        spoken: list[str] = []
        made = noticing.watch_mail.mail.rendered

        def listen(*args: Any, **fields: Any) -> OutgoingEmail:
            from django.utils.translation import get_language

            spoken.append(str(get_language()))
            return made(*args, **fields)

        monkeypatch.setattr("dnssec.watch_mail.mail.rendered", listen)
        for hours in range(2):
            see(domain, BROKEN, START + hours * HOUR)
        assert spoken == ["de", "de"]


class TestTurns:
    @pytest.fixture
    def handed(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The checks that were handed to the broker."""
        found: list[int] = []
        monkeypatch.setattr(tasks.check_delegation, "apply_async", lambda args, **_options: found.append(args[0]))
        return found

    def test_a_domain_with_keys_has_its_turn_and_comes_back_soon_where_nothing_becomes_of_it(
        self, domain: Domain, handed: list[int]
    ) -> None:
        assert domain.watch_at is not None
        tasks.watch_domains()
        row = DelegationCheck.objects.get()
        assert (handed, row.domain, row.candidate, row.checked_at) == ([row.pk], domain, None, None)
        domain.refresh_from_db()
        assert timedelta(minutes=8) < domain.watch_at - timezone.now() < timedelta(minutes=12)
        tasks.watch_domains()
        assert len(handed) == 1

    def test_one_without_keys_has_none(self, make_domain: Any, handed: list[int]) -> None:
        assert make_domain("empty.com").watch_at is None
        tasks.watch_domains()
        assert handed == []

    def test_a_result_is_followed_by_the_next_after_the_usual_time(self, domain: Domain, settings: Any) -> None:
        settings.WATCH_EVERY = 6 * 3600
        after = see(domain, GOOD, START)
        assert 5.3 * HOUR < after.watch_at - timezone.now() < 6.7 * HOUR

    def test_what_is_new_is_looked_at_again_soon_and_what_is_old_is_not(self, domain: Domain) -> None:
        soon = timezone.now() + timedelta(minutes=12)
        assert see(domain, BROKEN, START).watch_at < soon
        assert see(domain, BROKEN, START + 2 * DAY).watch_at > soon
        assert see(domain, GOOD, START + 3 * DAY).watch_at < soon

    def test_the_aftermath_of_the_last_key_is_watched_until_nothing_is_left_of_it(self, domain: Domain) -> None:
        see(domain, GOOD, START)
        domain.keys.all().delete()
        domain.refresh_from_db()
        domain.dnssec_status = Domain.DnssecStatus.CHANGING  # The request that deleted it has just ended.
        show_status(domain)
        assert domain.watch_at <= timezone.now()
        assert see(domain, GOOD, START + HOUR).watch_at is not None
        assert see(domain, chain("insecure", records=()), START + 2 * HOUR).watch_at is None

    def test_one_check_is_made_where_somebody_is_at_it_already(self, domain: Domain, handed: list[int]) -> None:
        DelegationCheck.objects.create(domain=domain, asked_at=timezone.now())
        Domain.objects.update(watch_at=timezone.now())
        settings_room = watch.take_turns()
        assert (settings_room, DelegationCheck.objects.count()) == ([], 1)

    def test_a_check_that_nobody_came_back_from_is_made_anew(self, domain: Domain, handed: list[int]) -> None:
        DelegationCheck.objects.create(domain=domain, asked_at=timezone.now() - timedelta(minutes=1))
        tasks.watch_domains()
        assert DelegationCheck.objects.values_list("pk", flat=True).get() == handed[0]

    def test_half_of_the_workers_stay_free(self, domain: Domain, alice: Any, handed: list[int], settings: Any) -> None:
        many(domain.tld, alice, 20)
        settings.WORKER_CONCURRENCY = 8
        for _tick in range(3):
            tasks.watch_domains()
        assert len(handed) == 4
        DelegationCheck.objects.update(checked_at=timezone.now())
        tasks.watch_domains()
        assert len(handed) == 8

    def test_a_tld_is_asked_no_more_than_so_often_a_minute_and_keeps_nobody_else_waiting(
        self, domain: Domain, make_tld: Any, alice: Any, handed: list[int], settings: Any
    ) -> None:
        settings.WORKER_CONCURRENCY = 64
        many(domain.tld, alice, 2 * watch.PER_TLD)
        many(make_tld("org"), alice, 5, later=True)
        for _tick in range(10):
            tasks.watch_domains()
            DelegationCheck.objects.update(checked_at=timezone.now())
        asked = DelegationCheck.objects.values_list("domain__tld__name", flat=True)
        assert {tld: list(asked).count(tld) for tld in set(asked)} == {"com": watch.PER_TLD, "org": 5}


class TestWhatIsKept:
    def test_checks_of_a_day_but_the_last_that_told_something(self, domain: Domain) -> None:
        now = timezone.now()
        for hours, verdict, candidate in (
            (60, "secure", None),
            (54, "secure", None),
            (48, "indeterminate", None),
            (47, "secure", ["1 13 2 AA"]),
            (1, "indeterminate", None),
            (1, "secure", ["1 13 2 AA"]),
        ):
            at = now - hours * HOUR
            DelegationCheck.objects.create(
                domain=domain, candidate=candidate, asked_at=at, checked_at=at, verdict=verdict
            )
        watch.tidy()
        kept = DelegationCheck.objects.order_by("pk")
        assert [round((now - row.asked_at) / HOUR) for row in kept] == [54, 1, 1]

    def test_conditions_that_ended_long_ago_go(self, domain: Domain, settings: Any) -> None:
        settings.KEEP_DAYS = 10
        now = timezone.now()
        for days in (11, 9):
            Condition.objects.create(domain=domain, kind="BROKEN", ended_at=now - days * DAY)
        Condition.objects.create(domain=domain, kind="BROKEN", since=now - 90 * DAY)
        watch.tidy()
        assert [condition.ended_at is None for condition in Condition.objects.order_by("pk")] == [False, True]


def many(tld: Tld, owner: Any, count: int, *, later: bool = False) -> None:
    """Domains with keys whose turn it is."""
    at = timezone.now() - (timedelta(0) if later else HOUR)
    Domain.objects.bulk_create(
        Domain(name=f"d{number}.{tld.name}", tld=tld, owner=owner, dnssec_keys=1, watch_at=at)
        for number in range(count)
    )
