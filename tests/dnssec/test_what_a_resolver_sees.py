"""What resolvers answer for a domain: worked out from zones that are right, unsigned, broken, silent or not there."""

from dataclasses import replace

import pytest

from dnssec.answers import Told, ask, from_json, to_json
from dnssec.chain import Chain, Verdict
from dnssec.checking import Start
from dnssec.kept_chains import from_json as kept
from dnssec.kept_chains import to_json as keep
from dnssec.lookups import Resolution
from dnssec.resolver import Outcome, Sight, sight_of
from tests.chain.serving import Serving
from tests.chain.signing import DAY, KSK, NOW, ZSK, Signing, make_key, rrset
from tests.chain.world import (
    CHILDREN,
    DATA_KEY,
    EXAMPLE,
    HEALTHY,
    KEY,
    PARENT_KEY,
    PARENTS,
    UNSIGNED,
    World,
    ds_of,
    example_records,
    lame,
    make_world,
    silent,
)

OTHER = make_key(13, KSK, 7)
EXPIRED = Signing([KEY, DATA_KEY], inception=NOW - 9 * DAY, expiration=NOW - DAY)
EARLY = Signing([KEY, DATA_KEY], inception=NOW + DAY, expiration=NOW + 9 * DAY)
TOLD = (
    Told("example.test", "SOA", "NOERROR", "SOA", ("ns. host. 1",), 300, proved=True),
    Told("www.example.test", "A", "NXDOMAIN", proved=True),
)
WAY = [
    "Begins at the root",
    "Asks the root for the DS records of test",
    "Asks test for its keys",
    "Asks test for the DS records of example.test",
    "Asks example.test for its keys",
    "Asks example.test for the records themselves",
]


def sight(world: World, name: str = "example.test", told: tuple[Told, ...] = TOLD) -> Sight:
    # Through what is kept in a row, as the page has it.
    return sight_of(kept(keep(world.check(name))), told)


def way(seen: Sight) -> list[tuple[str, str]]:
    return [(step.title, step.state) for step in seen.steps]


def test_a_whole_chain_is_validated_step_by_step():
    seen = sight(make_world())
    assert (seen.outcome, seen.plain, seen.rcode, seen.authentic) == ("validated", "unvalidated", "NOERROR", True)
    assert (seen.cause, seen.ede, seen.sometimes) == (None, None, False)
    assert way(seen) == [(title, "done") for title in WAY]
    assert seen.steps[4].text == f"Key {KEY.tag} fits a DS record and signs all keys of the zone: they are genuine."
    assert seen.steps[4].servers == (("ns1.example.test", True), ("ns2.example.test", True))
    assert [(row.validating, row.authentic, row.plain) for row in seen.rows] == [
        ("NOERROR", True, "NOERROR"),
        ("NXDOMAIN", True, "NXDOMAIN"),
    ]


def test_a_signed_zone_without_a_ds_record_is_answered_unvalidated():
    seen = sight(make_world(ds=[]))
    assert (seen.outcome, seen.plain, seen.rcode, seen.authentic) == ("unvalidated", "unvalidated", "NOERROR", False)
    assert (seen.cause and seen.cause.id, seen.ede) == ("D02", None)
    assert way(seen) == [
        *((title, "done") for title in WAY[:3]),
        (WAY[3], "open"),
        (WAY[5], "open"),
    ]
    assert [(row.validating, row.authentic) for row in seen.rows] == [("NOERROR", False), ("NXDOMAIN", False)]


@pytest.mark.parametrize(
    ("world", "stops_at", "ede"),
    [
        (make_world(UNSIGNED), WAY[4], (9, "DNSKEY Missing")),
        (make_world(ds=ds_of(OTHER)), WAY[4], (9, "DNSKEY Missing")),
        (make_world(EXPIRED), WAY[4], (7, "Signature Expired")),
        (make_world(EARLY), WAY[4], (8, "Signature Not Yet Valid")),
        (make_world(Signing([KEY, DATA_KEY], signs_data=[])), WAY[5], (10, "RRSIGs Missing")),
        (make_world(parent_ds=[OTHER.ds("test")]), WAY[2], (9, "DNSKEY Missing")),
        (
            make_world(parent=Signing([PARENT_KEY], change=lambda s, r: None if s.rdtype == 43 else r)),
            WAY[3],
            (10, "RRSIGs Missing"),
        ),
    ],
    ids=["unsigned", "another key", "expired", "not yet", "data unsigned", "the TLD is broken", "DS unsigned"],
)
def test_a_broken_chain_is_servfail_and_the_step_where_it_stops_is_named(
    world: World, stops_at: str, ede: tuple[int, str]
):
    seen = sight(world)
    assert (seen.outcome, seen.plain, seen.rcode, seen.authentic) == ("servfail", "unvalidated", "SERVFAIL", False)
    place = WAY.index(stops_at)
    assert [state for _title, state in way(seen)] == ["done"] * place + ["failed"] + ["next"] * (5 - place)
    assert seen.cause is not None
    assert seen.steps[place].text
    assert seen.ede == ede
    assert {(row.validating, row.authentic, row.plain) for row in seen.rows} == {
        ("SERVFAIL", False, "NOERROR"),
        ("SERVFAIL", False, "NXDOMAIN"),
    }


def test_one_broken_server_of_two_is_servfail_now_and_then():
    assert sight(make_world([HEALTHY, EXPIRED])).sometimes
    assert not sight(make_world(EXPIRED)).sometimes


def test_algorithms_that_nobody_can_check_leave_the_answer_unvalidated():
    strange = KEY.ds("example.test").replace(digest_type=250)
    seen = sight(make_world(ds=[strange]))
    assert (seen.outcome, seen.ede) == ("unvalidated", (2, "Unsupported DS Digest Type"))
    assert way(seen)[3:] == [(WAY[3], "open"), (WAY[5], "open")]


def test_silent_servers_leave_nothing_to_answer_with():
    world = make_world()
    world.habits |= dict.fromkeys(CHILDREN, silent)
    seen = sight(world, told=())
    assert (seen.outcome, seen.plain, seen.rcode) == ("unreachable", "unreachable", "SERVFAIL")
    assert seen.ede == (22, "No Reachable Authority")
    assert way(seen)[4:] == [(WAY[4], "failed"), (WAY[5], "next")]
    assert {heard for _name, heard in seen.steps[4].servers} == {False}


def test_what_has_no_name_servers_is_no_domain():
    seen = sight(make_world(), "nothing.test", told=())
    assert (seen.outcome, seen.plain, seen.rcode, seen.authentic) == ("absent", "absent", "NXDOMAIN", True)
    assert way(seen)[3:] == [("Asks test who serves nothing.test", "open")]


def test_a_parent_that_nobody_reaches_leaves_it_unknown_what_is_answered():
    world = make_world()
    world.habits |= dict.fromkeys(PARENTS, silent)
    assert sight(world, told=()).outcome in (Outcome.UNREACHABLE, Outcome.ABSENT, Outcome.UNKNOWN)


def test_a_name_whose_own_signature_fails_is_servfail_alone():
    www = Told("www.example.test", "A", "NOERROR", "A", ("192.0.2.80",), 60, proved=False)
    seen = sight(make_world(), told=(TOLD[0], www))
    assert seen.outcome is Outcome.VALIDATED
    assert [(row.validating, row.plain) for row in seen.rows] == [("NOERROR", "NOERROR"), ("SERVFAIL", "NOERROR")]
    assert way(seen)[5] == (WAY[5], "failed")


# ---- what the servers say, asked over the loopback ----


def on_loopback(world: World) -> World:
    """The same zone, its servers at addresses of this machine."""
    served = World()
    for number, address in enumerate(CHILDREN, start=91):
        served.zones[f"127.0.5.{number}"] = world.zones[address]
        if habit := world.habits.get(address):
            served.habits[f"127.0.5.{number}"] = habit
    return served


def asked(world: World, chain: Chain | None = None) -> tuple[Told, ...]:
    chain = chain or world.check()
    link = chain.links[-1]
    moved = tuple(
        replace(server, address=f"127.0.5.{CHILDREN.index(server.address) + 91}", trouble=None)
        for server in link.servers
    )
    chain = replace(chain, links=(*chain.links[:-1], replace(link, servers=moved)))
    with Serving(on_loopback(world)).running() as serving:
        return ask(chain, Start(Resolution({}, serving.port, allow_private=True), frozenset()))


def test_the_servers_are_asked_for_soa_ns_and_www():
    soa, ns, www = asked(make_world())
    assert (soa.type, soa.rcode, soa.found, soa.proved) == ("SOA", "NOERROR", "SOA", True)
    assert (ns.type, sorted(ns.records), ns.proved) == ("NS", ["ns1.example.test.", "ns2.example.test."], True)
    assert (www.name, www.type, www.records, www.ttl) == ("www.example.test", "A", ("192.0.2.80",), 3600)
    assert (www.proved, www.server) == (True, "127.0.5.91")
    assert from_json(to_json((soa, ns, www))) == (soa, ns, www)


def test_an_alias_is_told_as_what_it_is():
    records = [r for r in example_records() if r.name.to_text() != "www.example.test."]
    alias = rrset("www.example.test.", "CNAME", "web.example.net.")
    www = asked(make_world(records=[*records, alias]))[2]
    assert (www.type, www.found, www.records, www.proved) == ("A", "CNAME", ("web.example.net.",), True)


def test_a_zone_below_is_not_taken_for_an_answer():
    records = [r for r in example_records() if r.name.to_text() != "www.example.test."]
    www = asked(make_world(records=[*records, rrset("www.example.test.", "NS", "ns.elsewhere.net.")]))[2]
    assert (www.rcode, www.referred, www.records) == ("NOERROR", True, ())


def test_absence_and_its_proof_are_told():
    records = [r for r in example_records() if r.name.to_text() != "www.example.test."]
    www = asked(make_world(records=records))[2]
    assert (www.rcode, www.records, www.ttl, www.proved) == ("NXDOMAIN", (), None, True)


def test_without_signatures_nothing_is_proved():
    assert {told.proved for told in asked(make_world(UNSIGNED))} == {False}


def test_a_server_that_is_not_responsible_says_nothing():
    chain, world = make_world().check(), make_world()
    world.habits |= dict.fromkeys(CHILDREN, lame)
    assert {(told.rcode, told.records) for told in asked(world, chain)} == {("", ())}


def test_nobody_is_asked_where_nobody_was_heard():
    world = make_world()
    world.habits |= dict.fromkeys(CHILDREN, silent)
    assert ask(world.check()) == ()
    assert ask(world.check("nothing.test")) == ()


def test_addresses_that_are_not_public_are_not_asked():
    told = ask(make_world().check(), Start(Resolution({}, 9), frozenset()))
    assert [(one.rcode, one.milliseconds < 100) for one in told] == [("", True)] * 3


def test_the_zone_of_the_tests_is_what_it_is_said_to_be():
    assert make_world().check().verdict is Verdict.SECURE
    assert DATA_KEY.dnskey.flags == ZSK
    assert EXAMPLE.to_text() == "example.test."
