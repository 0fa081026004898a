"""What a change would do to the domain is known before it is sent: from real zones, asked for and judged."""

import pytest

from dnssec import checks
from dnssec.asking import ask_for_check
from dnssec.chain import Verdict
from dnssec.effects import Effect, consequence
from dnssec.kept_chains import from_json, to_json
from dnssec.keys import DnsKey
from dnssec.models import DelegationCheck
from dnssec.operations import add_key, remove_key
from dnssec.provisioning import carry_out
from domains.models import Operation, OutgoingEmail
from tests.chain.signing import KSK, Key, make_key
from tests.chain.world import CHILDREN, HEALTHY, KEY, UNSIGNED, World, ds_of, make_world, silent

OTHER = make_key(13, KSK, 7)
WITHOUT_DS: list = []

pytestmark = pytest.mark.django_db(transaction=True)


def as_key(key: Key) -> DnsKey:
    return DnsKey(key.dnskey.flags, 3, key.dnskey.algorithm, key.dnskey.key)


def effect(world: World, *keys: Key) -> Effect:
    return consequence(world.check(), world.check(candidate=ds_of(*keys))).effect


@pytest.mark.parametrize(
    ("world", "keys", "expected"),
    [
        (make_world(ds=WITHOUT_DS), [KEY], Effect.FINE),
        (make_world(ds=WITHOUT_DS), [OTHER], Effect.OUTAGE),
        (make_world(UNSIGNED, ds=WITHOUT_DS), [KEY], Effect.OUTAGE),
        (make_world(), [KEY, OTHER], Effect.WORKS),
        (make_world(), [OTHER], Effect.OUTAGE),
        (make_world(), [], Effect.WORKS),
        (make_world(ds=ds_of(KEY, OTHER)), [OTHER], Effect.OUTAGE),
        (make_world(ds=ds_of(KEY, OTHER)), [KEY], Effect.FINE),
        (make_world(ds=ds_of(OTHER)), [OTHER, KEY], Effect.FINE),
        (make_world(ds=ds_of(OTHER)), [], Effect.FINE),
        (make_world(ds=ds_of(OTHER)), [make_key(13, KSK, 8)], Effect.WORKS),
    ],
    ids=[
        "the right key on a signed zone",
        "a key that is not in the zone",
        "a key on an unsigned zone",
        "a standby key beside the right one",
        "the right key exchanged for a dead one",
        "the last key away",
        "the only live key away from beside a dead one",
        "a dead key away from beside the live one",
        "the right key added to a broken domain",
        "the dead key away from a broken domain",
        "a dead key exchanged for another",
    ],
)
def test_the_effect_of_a_change_follows_from_the_zone(world: World, keys: list[Key], expected: Effect) -> None:
    assert effect(world, *keys) is expected


def test_what_cannot_be_asked_is_not_judged() -> None:
    world = make_world(ds=WITHOUT_DS)
    world.habits |= dict.fromkeys(CHILDREN, silent)
    assert effect(world, KEY) is Effect.UNKNOWN


def test_a_chain_is_kept_with_all_that_is_shown_of_it() -> None:
    chain = make_world(ds=ds_of(KEY, OTHER)).check()
    assert chain.verdict is Verdict.SECURE
    kept = from_json(to_json(chain))
    assert (kept.links[-1].keys, kept.links[-1].ds, kept.links[-1].times) == (
        chain.links[-1].keys,
        chain.links[-1].ds,
        chain.links[-1].times,
    )
    assert [found.sentence for found in kept.findings] == [found.sentence for found in chain.findings]
    assert to_json(kept) == to_json(chain)


def test_a_key_that_would_end_in_an_outage_is_stopped_and_nothing_is_sent(make_domain, look_at) -> None:
    asked = look_at(make_world(ds=WITHOUT_DS))
    domain = make_domain("example.test")
    operation = add_key(domain, as_key(OTHER), requested_by=domain.owner)
    carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.precheck) == ("FAILED", "OUTAGE")
    assert operation.message.startswith(
        "Stopped before sending, for the change would have taken example.test off the internet."
    )
    assert operation.message.endswith("Nothing was sent to the registry.")
    assert str(OTHER.tag) in operation.message
    assert operation.attempts.count() == domain.keys.count() == 0
    assert asked == [checks.PATIENCE_BEFORE_SENDING]
    mail = OutgoingEmail.objects.get(operation=operation)
    assert "Stopped before sending" in mail.text


def test_deleting_the_only_live_key_is_stopped_and_the_key_stays(make_domain, make_key, look_at) -> None:
    look_at(make_world(ds=ds_of(KEY, OTHER)))
    domain = make_domain("example.test")
    for key in (KEY, OTHER):
        make_key(domain, as_key(key).base64)
    operation = remove_key(domain.keys.get(key_tag=KEY.tag), requested_by=domain.owner)
    carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, operation.precheck, operation.attempts.count()) == ("FAILED", "OUTAGE", 0)
    assert sorted(domain.keys.values_list("key_tag", "state")) == sorted([(KEY.tag, "PRESENT"), (OTHER.tag, "PRESENT")])


def test_a_result_that_is_fresh_is_not_asked_for_again(make_domain, look_at) -> None:
    asked = look_at(make_world(ds=WITHOUT_DS))
    domain = make_domain("example.test")
    operation = add_key(domain, as_key(OTHER), requested_by=domain.owner)
    row = DelegationCheck.objects.create(domain=domain, candidate=checks.after(operation))
    checks.carry_out(row.pk)
    carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.status, asked) == ("FAILED", [checks.PATIENCE])


def test_an_outage_that_the_person_accepted_is_not_looked_into(make_domain, look_at) -> None:
    asked = look_at(make_world(ds=WITHOUT_DS))
    domain = make_domain("example.test")
    operation = add_key(domain, as_key(OTHER), requested_by=domain.owner, precheck=Operation.Precheck.ACCEPTED)
    carry_out(operation.pk)  # Nobody listens at this registry: it stays open.
    operation.refresh_from_db()
    assert (operation.is_open, operation.precheck, asked) == (True, "ACCEPTED", [])


def test_what_cannot_be_checked_goes_on_and_says_so(make_domain) -> None:
    domain = make_domain("example.test")
    operation = add_key(domain, as_key(KEY), requested_by=domain.owner)
    carry_out(operation.pk)
    operation.refresh_from_db()
    assert (operation.is_open, operation.precheck) == (True, "UNKNOWN")


def test_one_check_runs_at_a_time_and_a_fresh_result_is_used(make_domain, look_at, monkeypatch) -> None:
    look_at(make_world(HEALTHY))
    handed: list[int] = []
    monkeypatch.setattr("dnssec.asking.hand_over", lambda _task, pk, **_options: handed.append(pk))
    domain = make_domain("example.test")
    first = ask_for_check(domain)
    assert ask_for_check(domain).pk == first.pk
    assert handed == [first.pk]
    assert ask_for_check(domain, []).pk != first.pk
    checks.carry_out(first.pk)
    checks.carry_out(first.pk)  # A second worker finds it done.
    assert ask_for_check(domain).pk == first.pk
    last = checks.last(domain)
    assert last is not None
    assert (last.verdict, len(handed)) == ("secure", 2)


def test_a_key_that_was_rolled_is_found_whichever_of_its_digests_is_known(make_domain, make_key) -> None:
    domain = make_domain("example.test")
    row = make_key(domain, as_key(KEY).base64)
    expected = f"{KEY.tag} 13 2 {ds_of(KEY)[0].digest.hex().upper()}"
    assert checks.ds_set(domain.keys.all()) == [expected]
    row.public_key, row.ds = "", {"4": row.ds["4"], "2": row.ds["2"]}
    row.save()
    assert checks.ds_set(domain.keys.all()) == sorted(
        [expected, f"{KEY.tag} 13 4 {ds_of(KEY, digest='SHA384')[0].digest.hex().upper()}"]
    )
