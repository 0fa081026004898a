"""D20 to D23, D28 and D30: servers that are away, lame or different, weak keys, and who disagrees with whom."""

import dataclasses

import dns.flags
import dns.name
import dns.rdatatype
import dns.rrset
import pytest
from dns.message import Message

from dnssec.chain import Answer, End, RecordedZone, Server, Trouble, Verdict, Walk, judge
from tests.chain.signing import KSK, NOW, ZSK, Signing, make_key, rrset
from tests.chain.world import (
    CHILDREN,
    DATA_KEY,
    EXAMPLE,
    HEALTHY,
    KEY,
    PARENTS,
    ROOT_SERVER,
    UNSIGNED,
    Habit,
    ds_of,
    example_records,
    lame,
    make_world,
    refusing,
    silent,
    told,
    without_edns,
    zone_of,
)

OTHER, OTHER_DATA = make_key(13, KSK, 7), make_key(13, ZSK, 7)


@pytest.mark.parametrize(("bits", "severity"), [(1024, "warning"), (2048, None)])
def test_d20_warns_of_short_rsa_keys(bits: int, severity: str | None) -> None:
    key = make_key(8, KSK, 20, bits)
    chain = make_world(Signing([key]), ds_of(key)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D20", severity, None)] if severity else [])


def test_d20_says_that_a_key_is_no_sound_key() -> None:
    broken = make_key(13, ZSK, 21)
    broken = type(broken)(broken.private, broken.dnskey.replace(key=bytes(64)))
    chain = make_world(Signing([KEY, DATA_KEY], shown=[KEY, DATA_KEY, broken])).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D20", "error", None)])


def test_d21_names_the_server_with_the_stale_zone() -> None:
    chain = make_world([HEALTHY, Signing([OTHER, OTHER_DATA])]).check()
    assert chain.verdict is Verdict.BOGUS
    assert told(chain) == [("D21", "error", CHILDREN[1]), ("D04", "error", CHILDREN[1])]


def test_d21_names_a_server_that_lacks_a_key_and_the_zone_stays_secure() -> None:
    chain = make_world([Signing([KEY, DATA_KEY, OTHER_DATA], signs_data=[DATA_KEY]), HEALTHY]).check()
    assert chain.verdict is Verdict.SECURE
    assert [(f.id, f.severity) for f in chain.findings] == [("D21", "error")]


def test_d21_says_that_what_one_server_signs_cannot_be_checked_with_the_keys_of_another() -> None:
    chain = make_world([HEALTHY, Signing([KEY, OTHER_DATA])]).check()
    assert chain.verdict is Verdict.BOGUS
    assert {finding.id for finding in chain.findings} == {"D21"}


def test_two_signers_that_show_the_keys_of_both_are_secure() -> None:
    both = [KEY, OTHER, DATA_KEY, OTHER_DATA]
    one = Signing(both, signs_keys=[KEY], signs_data=[DATA_KEY])
    two = Signing(both, signs_keys=[OTHER], signs_data=[OTHER_DATA])
    chain = make_world([one, two], ds_of(KEY, OTHER)).check()
    assert chain.verdict is Verdict.SECURE
    assert {finding.severity for finding in chain.findings} == {"warning"}


@pytest.mark.parametrize("habit", [silent, refusing, lame])
def test_d22_names_a_server_that_gives_no_answer_and_the_others_carry(habit: Habit) -> None:
    world = make_world()
    world.habits[CHILDREN[0]] = habit
    chain = world.check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D22", "error", CHILDREN[0])])


def test_d22_makes_a_server_without_edns_bogus_where_signatures_are_expected() -> None:
    world = make_world()
    world.habits[CHILDREN[0]] = without_edns
    chain = world.check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D22", "error", CHILDREN[0])])
    plain = make_world(UNSIGNED, ds=[])
    plain.habits[CHILDREN[0]] = without_edns
    assert (plain.check().verdict, told(plain.check())) == (Verdict.INSECURE, [])


@pytest.mark.parametrize("habit", [silent, refusing, lame])
def test_a_zone_of_which_no_server_answers_cannot_be_judged(habit: Habit) -> None:
    world = make_world()
    world.habits |= dict.fromkeys(CHILDREN, habit)
    chain = world.check()
    assert (chain.verdict, told(chain)) == (
        Verdict.INDETERMINATE,
        [("D22", "error", address) for address in CHILDREN],
    )


def test_a_server_of_the_parent_that_is_away_is_a_warning() -> None:
    world = make_world()
    world.habits[PARENTS[0]] = silent
    chain = world.check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D22", "warning", PARENTS[0])])


@pytest.mark.parametrize("away", [PARENTS, (ROOT_SERVER,)])
def test_a_way_that_ends_before_the_zone_cannot_be_judged(away: tuple[str, ...]) -> None:
    world = make_world()
    world.habits |= dict.fromkeys(away, silent)
    assert world.check().verdict is Verdict.INDETERMINATE


def test_d22_says_that_a_name_server_has_no_address() -> None:
    world = make_world(records=_with_servers("ns1.example.test.", "ns2.example.test.", "ns3.example.test."))
    chain = world.check()
    assert chain.verdict is Verdict.SECURE
    assert told(chain) == [("D22", "error", None), ("D28", "warning", None)]
    assert "ns3.example.test" in chain.findings[0].sentence


def _with_servers(*names: str) -> list[dns.rrset.RRset]:
    own = [one for one in example_records() if one.rdtype != dns.rdatatype.NS]
    return [*own, rrset(EXAMPLE, "NS", *names)]


def test_d28_says_which_servers_only_the_parent_names() -> None:
    chain = make_world(records=_with_servers("ns1.example.test.")).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D28", "warning", None)])
    assert "only at the parent: ns2.example.test; only in the zone: -" in chain.findings[0].sentence


def test_a_server_that_only_the_zone_names_is_asked_too() -> None:
    third = "192.0.2.23"
    records = [*_with_servers("ns1.example.test.", "ns2.example.test.", "ns3.example.test.")]
    records.append(rrset("ns3.example.test.", "A", third))
    world = make_world(records=records)
    world.serve([third], EXAMPLE, [])
    world.habits[third] = refusing
    assert ("D22", "error", third) in told(world.check())


def test_name_servers_in_other_zones_are_found() -> None:
    beside = [rrset("other.test.", "NS", "ns.other.test."), rrset("ns.other.test.", "A", "192.0.2.31")]
    world = make_world(records=_with_servers("ns1.example.test.", "ns9.other.test."), beside=beside)
    other = dns.name.from_text("other.test.")
    hosts = rrset("ns9.other.test.", "A", CHILDREN[1])
    world.serve(["192.0.2.31"], other, zone_of(other, {"ns.other.test.": "192.0.2.31"}, hosts))
    chain = world.check()
    assert [server.name for server in chain.links[-1].servers] == [
        "ns1.example.test",
        "ns2.example.test",
        "ns9.other.test",
    ]
    assert told(chain) == [("D28", "warning", None)]


def test_name_servers_that_lead_back_to_themselves_are_given_up() -> None:
    """a.loop.test is a server of loop2.test, whose server is a server of loop.test, and so on round."""
    beside = [rrset("loop.test.", "NS", "a.loop2.test."), rrset("loop2.test.", "NS", "a.loop.test.")]
    world = make_world(beside=beside)
    chain = world.check("loop.test")
    assert chain.verdict is Verdict.INSECURE
    assert [(f.id, f.severity) for f in chain.findings] == [("D22", "error")]
    assert len(world.queries) < 60


def test_a_name_that_is_no_zone_is_judged_by_the_zone_it_lies_in() -> None:
    chain = make_world().check("www.example.test")
    assert (chain.verdict, chain.zone, chain.is_zone) == (Verdict.SECURE, "example.test", False)
    assert told(chain) == [("D28", "notice", None)]


def test_a_name_that_does_not_exist_cannot_be_judged() -> None:
    chain = make_world().check("nothing.test")
    assert (chain.verdict, chain.zone, told(chain)) == (Verdict.INDETERMINATE, "test", [("D28", "notice", None)])


def test_ds_records_without_a_delegation_cannot_be_judged() -> None:
    alone = dns.rrset.from_rdata_list(dns.name.from_text("alone.test."), 60, ds_of(KEY, owner="alone.test"))
    chain = make_world(beside=[alone]).check("alone.test")
    assert (chain.verdict, chain.zone, told(chain)) == (Verdict.INDETERMINATE, "test", [("D28", "notice", None)])


def test_zones_on_one_server_with_their_parent_are_told_apart() -> None:
    world = make_world()
    for address in PARENTS:
        world.zones[address] += world.zones[CHILDREN[0]]
    chain = world.check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_a_zone_three_labels_below_its_parent_is_found() -> None:
    deep = dns.name.from_text("a.b.deep.test.")
    beside = [rrset(deep, "NS", "ns.a.b.deep.test."), rrset("ns.a.b.deep.test.", "A", "192.0.2.41")]
    world = make_world(beside=beside)
    world.serve(["192.0.2.41"], deep, zone_of(deep, {"ns.a.b.deep.test.": "192.0.2.41"}))
    chain = world.check("a.b.deep.test")
    assert (chain.verdict, [link.zone for link in chain.links]) == (Verdict.INSECURE, [".", "test", "a.b.deep.test"])


# ---- what only the recorded answers tell ----


def _changed(world_walk: Walk, **fields: object) -> Walk:
    """The walk with other marks on the answers of the zone's first server."""
    zone = world_walk.zones[-1]
    answers = {
        question: dataclasses.replace(answer, **fields) if question[0] == CHILDREN[0] else answer
        for question, answer in zone.answers.items()
    }
    return dataclasses.replace(world_walk, zones=(*world_walk.zones[:-1], dataclasses.replace(zone, answers=answers)))


@pytest.mark.parametrize("fields", [{"message": None, "trouble": Trouble.CUT_SHORT}, {"udp_lost": True}])
def test_d23_says_that_udp_or_tcp_fails(fields: dict[str, object]) -> None:
    world = make_world()
    chain = judge(_changed(world.walk("example.test"), **fields), world.anchors, NOW)
    assert chain.verdict is Verdict.SECURE
    assert ("D23", "warning", CHILDREN[0]) in told(chain)


def test_d23_says_that_the_keys_fill_more_than_one_packet() -> None:
    world = make_world()
    walk = world.walk("example.test")
    assert told(judge(_changed(walk, octets=1232), world.anchors, NOW)) == []
    assert told(judge(_changed(walk, octets=1233), world.anchors, NOW)) == [("D23", "warning", None)]


def test_an_address_that_is_not_public_is_told_and_does_not_count() -> None:
    world = make_world()
    walk = _changed(world.walk("example.test"), message=None, trouble=Trouble.NOT_PUBLIC)
    chain = judge(walk, world.anchors, NOW)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D22", "error", CHILDREN[0])])
    assert "not public" in chain.findings[0].sentence


@pytest.mark.parametrize("trouble", [Trouble.NO_ROUTE, Trouble.SILENT])
def test_a_machine_without_ipv6_finds_no_fault_with_those_who_have_it(trouble: Trouble) -> None:
    world = make_world()
    walk = world.walk("example.test")
    zone = walk.zones[-1]
    address = "2001:db8::53"
    more = Server(dns.name.from_text("ns1.example.test."), (address,))
    answers = dict(zone.answers)
    for _server, name, rdtype in list(answers):
        answers[address, name, rdtype] = Answer(address, name, rdtype, trouble=trouble)
    last = RecordedZone(zone.name, (*zone.servers, more), answers, zone.probe)
    chain = judge(Walk(walk.name, (*walk.zones[:-1], last), End.ZONE), world.anchors, NOW)
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_d30_compares_with_what_the_registry_has_on_file() -> None:
    assert told(make_world().check(registry=ds_of(KEY))) == []
    assert told(make_world().check(registry=ds_of(KEY, OTHER))) == [("D30", "error", None)]
    changing = make_world(ds={PARENTS[0]: ds_of(KEY), PARENTS[1]: ds_of(KEY, OTHER)})
    assert ("D30", "notice", None) in told(changing.check(registry=ds_of(KEY, OTHER)))


def test_the_parent_that_answers_about_the_child_without_authority_is_not_believed() -> None:
    def forged(query: Message, respond: object) -> Message:
        response = respond(query)  # type: ignore[operator]
        assert isinstance(response, Message)
        response.flags &= ~dns.flags.AA
        return response

    world = make_world()
    world.habits |= dict.fromkeys(PARENTS, forged)
    assert world.check().verdict is Verdict.INDETERMINATE
