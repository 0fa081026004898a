"""D08 to D12, D19, D24, D25, D27 and D29: signatures that do not hold, are missing, or are too many."""

import dataclasses

import dns.dnssec
import dns.name
import dns.rrset
import pytest
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rrset import RRset

from dnssec.chain import Verdict
from dnssec.chain.signatures import Verifier
from tests.chain.signing import (
    DAY,
    KSK,
    NOW,
    ZSK,
    Signing,
    flip,
    leave_out,
    make_key,
    replaced,
    rrset,
    sign_rrset,
)
from tests.chain.world import (
    CHILDREN,
    DATA_KEY,
    EXAMPLE,
    HEALTHY,
    KEY,
    PARENT_KEY,
    PARENTS,
    ds_of,
    example_records,
    make_world,
    told,
)

OTHER = make_key(13, KSK, 7)


@pytest.mark.parametrize(
    ("rdtype", "rule"), [("DNSKEY", "D08"), ("A", "D08"), ("NS", "D08"), ("SOA", "D24"), ("NSEC", "D25")]
)
def test_d08_d24_d25_say_which_signature_does_not_fit(rdtype: str, rule: str) -> None:
    chain = make_world(dataclasses.replace(HEALTHY, change=flip(rdtype))).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [(rule, "error", None)])


def test_d08_names_the_one_server_whose_signature_does_not_fit() -> None:
    chain = make_world([HEALTHY, dataclasses.replace(HEALTHY, change=flip("DNSKEY"))]).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D08", "error", CHILDREN[1])])


def test_d08_is_a_warning_where_another_key_of_a_ds_signs_rightly() -> None:
    signing = Signing([KEY, OTHER, DATA_KEY], change=flip("DNSKEY", OTHER.tag))
    chain = make_world(signing, ds_of(KEY, OTHER)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D08", "warning", None)])


@pytest.mark.parametrize(("begins", "ends"), [(NOW - 20 * DAY, NOW - DAY), (NOW + DAY, NOW + 20 * DAY)])
def test_d09_says_that_signatures_have_ended_or_not_begun(begins: int, ends: int) -> None:
    chain = make_world(dataclasses.replace(HEALTHY, inception=begins, expiration=ends)).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D09", "error", None)])


def test_d09_says_that_the_parents_signature_over_the_ds_has_ended() -> None:
    parent = Signing([PARENT_KEY], change=replaced("DS", expiration=NOW - DAY))
    chain = make_world(parent=parent).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D09", "error", None)])
    assert "DS records of example.test" in chain.findings[0].sentence


def test_a_signature_is_good_to_its_last_second() -> None:
    world = make_world(dataclasses.replace(HEALTHY, inception=NOW - DAY, expiration=NOW))
    assert world.check(now=NOW).verdict is Verdict.SECURE
    assert world.check(now=NOW + 1).verdict is Verdict.BOGUS


@pytest.mark.parametrize(
    ("left", "since", "said"),
    [(6 * 3600, DAY, 2), (13 * 3600, DAY, 0), (13 * 3600, 200 * DAY, 2), (20 * DAY, 150 * DAY, 0)],
)
def test_d10_warns_of_signatures_that_end_soon_or_last_long(left: int, since: int, said: int) -> None:
    chain = make_world(dataclasses.replace(HEALTHY, inception=NOW - since, expiration=NOW + left)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D10", "warning", None)] * said)  # DNSKEY and SOA


def test_d10_warns_of_a_signature_that_ends_before_caches_forget() -> None:
    chain = make_world(dataclasses.replace(HEALTHY, expiration=NOW + 13 * 3600)).check()
    assert told(chain) == []
    parent = Signing([PARENT_KEY], expiration=NOW + 13 * 3600)  # The DS record has a TTL of a day.
    assert told(make_world(parent=parent).check()) == [("D10", "warning", None)]


@pytest.mark.parametrize("rdtype", ["DNSKEY", "SOA", "NS"])
def test_d11_says_that_a_signature_is_missing(rdtype: str) -> None:
    chain = make_world(dataclasses.replace(HEALTHY, change=leave_out(rdtype))).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D11", "error", None)])
    assert f"The {rdtype} records" in chain.findings[0].sentence


def test_d11_says_that_the_ds_records_are_not_signed() -> None:
    chain = make_world(parent=Signing([PARENT_KEY], change=leave_out("DS"))).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D11", "error", None)])


def test_d12_says_that_the_signing_key_is_not_in_the_zone() -> None:
    chain = make_world(Signing([KEY, DATA_KEY], shown=[KEY])).check()
    assert chain.verdict is Verdict.BOGUS
    assert {finding.id for finding in chain.findings} == {"D12", "D25"}
    assert chain.findings[0].id == "D12"


def test_d12_comes_before_d07_where_only_a_strange_key_signs_the_keys() -> None:
    chain = make_world(Signing([KEY, DATA_KEY], signs_keys=[OTHER])).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D12", "error", None), ("D07", "error", None)])


def test_d19_says_that_an_algorithm_does_not_sign_everything() -> None:
    other = make_key(15, ZSK, 3)
    chain = make_world(Signing([KEY, DATA_KEY, other], signs_data=[DATA_KEY])).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D19", "error", None)])
    assert told(make_world(Signing([KEY, DATA_KEY, other])).check()) == []


def test_d25_says_that_an_absence_is_not_proved() -> None:
    world = make_world()
    for address in CHILDREN:
        [zone] = world.zones[address]
        zone.nsec = []
        zone.records = {key: value for key, value in zone.records.items() if key[1] != RdataType.NSEC}
    chain = world.check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D25", "error", None)])


def test_d25_says_that_the_parent_does_not_prove_that_there_is_no_ds() -> None:
    world = make_world(ds=[])
    for address in PARENTS:
        world.zones[address][0].nsec = []
        records = world.zones[address][0].records
        world.zones[address][0].records = {key: v for key, v in records.items() if key[1] != RdataType.NSEC}
    chain = world.check()
    assert (chain.verdict, told(chain)[0]) == (Verdict.BOGUS, ("D25", "error", None))


def test_d27_warns_of_two_keys_with_one_tag() -> None:
    one, two = _two_keys_of_one_tag()
    chain = make_world(Signing([one, two]), ds_of(one, two)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D27", "warning", None)])


def _two_keys_of_one_tag() -> tuple:  # type: ignore[type-arg]
    seen = {}
    number = 10_000
    while True:
        key = make_key.__wrapped__(15, KSK, number)
        if key.tag in seen:
            return seen[key.tag], key
        seen[key.tag] = key
        number += 1


def _many_keys_of_one_tag(count: int) -> list[DNSKEY]:
    """The tag is a sum, so the key's halves may change places: swapped words give the same tag."""
    octets = bytearray(range(1, 65))
    keys = []
    for number in range(count):
        turned = octets[2 * number :] + octets[: 2 * number]
        keys.append(DNSKEY(1, RdataType.DNSKEY, KSK, 3, 13, bytes(turned)))  # type: ignore[no-untyped-call]
    return keys


def _trap(size: int) -> list[RRset]:
    """As many keys of one tag, and as many signatures with it over everything."""
    keys = _many_keys_of_one_tag(size)
    records = [*example_records(), dns.rrset.from_rdata_list(EXAMPLE, 3600, keys)]
    made = []
    for one in records:
        template = sign_rrset(one, KEY, EXAMPLE, NOW - DAY, NOW + DAY)
        tag = dns.dnssec.key_id(keys[0])
        forged = [template.replace(key_tag=tag, signature=bytes([number]) * 64) for number in range(size)]
        made.append(dns.rrset.from_rdata_list(one.name, one.ttl, forged))
    return records + made


def test_d27_is_an_error_where_checking_would_take_too_long_and_the_work_has_an_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trap = _trap(32)
    keys = _many_keys_of_one_tag(32)
    ds = [dns.dnssec.make_ds(EXAMPLE, key, "SHA256") for key in keys[:4]]
    world = make_world(ds=ds)
    world.serve(CHILDREN, EXAMPLE, trap)
    tries = 0
    holds = Verifier._holds

    def counted(self: Verifier, *arguments: object) -> bool:
        nonlocal tries
        tries += 1
        return holds(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Verifier, "_holds", counted)
    chain = world.check()
    assert chain.verdict is Verdict.BOGUS
    assert told(chain)[0] == ("D27", "error", None)
    assert tries < 100


@pytest.mark.parametrize("fields", [{"labels": 1}, {"labels": 3}, {"signer": dns.name.from_text("test.")}])
def test_d29_says_that_a_signature_is_not_made_for_these_records(fields: dict[str, object]) -> None:
    chain = make_world(dataclasses.replace(HEALTHY, change=replaced("SOA", **fields))).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D29", "error", None)])


def test_d29_warns_of_a_ttl_above_the_signed_one() -> None:
    world = make_world()
    for address in CHILDREN:
        world.zones[address][0].records[EXAMPLE, RdataType.SOA].update_ttl(3600)
        world.zones[address][0].records[EXAMPLE, RdataType.SOA].ttl = 9000
    chain = world.check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D29", "warning", None)])


# ---- absences of every kind ----


@pytest.mark.parametrize("nsec3", [None, (0, b"", False)])
@pytest.mark.parametrize(
    "more",
    [
        [],
        [rrset("*.example.test.", "A", "192.0.2.9")],
        [rrset("a.b.c.example.test.", "A", "192.0.2.9")],
        [rrset("zzz.example.test.", "CNAME", "www.example.test.")],
    ],
    ids=["plain", "wildcard", "empty-non-terminal", "alias"],
)
def test_absences_and_wildcards_of_a_healthy_zone_are_proved(
    nsec3: tuple[int, bytes, bool] | None, more: list[RRset]
) -> None:
    signing = dataclasses.replace(HEALTHY, nsec3=nsec3)
    chain = make_world(signing, records=example_records(*more)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_a_wildcards_answer_without_proof_that_nothing_is_closer_is_bogus() -> None:
    world = make_world(records=example_records(rrset("*.example.test.", "A", "192.0.2.9")))
    for address in CHILDREN:
        world.zones[address][0]._closest = lambda _name: []  # type: ignore[method-assign]
    chain = world.check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D25", "error", None)])


@pytest.mark.parametrize(
    ("iterations", "salt", "verdict", "count"),
    [
        (0, b"", "secure", 0),
        (1, b"", "secure", 1),
        (0, b"x", "secure", 1),
        (150, b"", "secure", 1),
        (151, b"", "insecure", 2),
    ],
)
def test_d26_warns_of_nsec3_parameters(iterations: int, salt: bytes, verdict: str, count: int) -> None:
    chain = make_world(dataclasses.replace(HEALTHY, nsec3=(iterations, salt, False))).check()
    assert (chain.verdict, told(chain)) == (verdict, [("D26", "warning", None)] * count)
