"""C01 to C09: CDS and CDNSKEY records, what they ask for, and whether anybody may act on it."""

import dataclasses

import dns.name
import dns.rrset
import pytest
from dns.rrset import RRset

from dnssec.chain import Verdict
from tests.chain.signing import KSK, Key, Signing, leave_out, make_key, replaced, rrset, signed
from tests.chain.world import (
    CHILDREN,
    DATA_KEY,
    EXAMPLE,
    HEALTHY,
    KEY,
    World,
    ds_of,
    example_records,
    make_world,
    silent,
    told,
    zone_of,
)

OTHER = make_key(13, KSK, 7)
DELETE = [rrset(EXAMPLE, "CDS", "0 0 0 00"), rrset(EXAMPLE, "CDNSKEY", "0 3 0 AA==")]
# The requests are signed by the key that the DS record names, as RFC 7344 section 4.1 asks.
BY_KSK = dataclasses.replace(HEALTHY, keys=[KEY, OTHER, DATA_KEY], signs_keys=[KEY, OTHER], signs_data=[KEY])


def cds(*keys: Key) -> RRset:
    return rrset(EXAMPLE, "CDS", *(ds.to_text() for ds in ds_of(*keys)))


def cdnskey(*keys: Key) -> RRset:
    return rrset(EXAMPLE, "CDNSKEY", *(key.dnskey.to_text() for key in keys))


def world_with(*more: RRset, signing: Signing = BY_KSK, ds: tuple[Key, ...] = (KEY,)) -> World:
    return make_world(signing, ds_of(*ds), records=example_records(*more))


def test_cds_and_cdnskey_that_name_the_present_keys_are_not_worth_a_word() -> None:
    chain = world_with(cds(KEY), cdnskey(KEY)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_c01_says_that_cds_and_cdnskey_name_different_keys() -> None:
    chain = world_with(cds(KEY), cdnskey(OTHER)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("C01", "error", None)])


@pytest.mark.parametrize("one", [cds(KEY), cdnskey(KEY)], ids=["cds", "cdnskey"])
def test_c01_notes_that_only_one_of_both_is_published(one: RRset) -> None:
    assert told(world_with(one).check()) == [("C01", "notice", None)]


def test_c02_says_that_the_servers_do_not_agree() -> None:
    records = [example_records(cds(KEY), cdnskey(KEY)), example_records(cds(OTHER), cdnskey(OTHER))]
    chain = make_world(BY_KSK, ds_of(KEY), records=records).check()
    assert told(chain)[:2] == [("C02", "error", None), ("C02", "error", None)]


@pytest.mark.parametrize(
    "change",
    [leave_out("CDS"), replaced("CDS", expiration=1), replaced("CDS", key_tag=1)],
    ids=["no", "old", "strange"],
)
def test_c03_says_that_a_request_is_not_validly_signed(change: object) -> None:
    signing = dataclasses.replace(BY_KSK, change=change)
    chain = world_with(cds(KEY), cdnskey(KEY), signing=signing).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("C03", "error", None)])


def test_c04_says_that_no_key_of_the_ds_records_signs_the_request() -> None:
    chain = world_with(cds(KEY), cdnskey(KEY), signing=HEALTHY).check()  # The zone-signing key signs them.
    assert told(chain) == [("C04", "error", None), ("C04", "error", None)]


def test_c05_says_that_a_request_names_a_key_that_is_not_in_the_zone() -> None:
    strange = make_key(13, KSK, 8)
    chain = world_with(cds(KEY, strange), cdnskey(KEY, strange)).check()
    assert told(chain) == [("C05", "error", None), ("C05", "error", None), ("C07", "notice", None)]


def test_c05_notes_a_zone_signing_key() -> None:
    signing = dataclasses.replace(BY_KSK, signs_keys=[KEY, DATA_KEY])
    chain = world_with(cds(KEY, DATA_KEY), cdnskey(KEY, DATA_KEY), signing=signing).check()
    assert told(chain) == [("C05", "notice", None), ("C05", "notice", None), ("C07", "notice", None)]


def test_c06_says_that_a_delete_request_is_mixed_with_others() -> None:
    mixed = rrset(EXAMPLE, "CDS", "0 0 0 00", ds_of(KEY)[0].to_text())
    assert ("C06", "error", None) in told(world_with(mixed, cdnskey(KEY)).check())


def test_c06_says_that_a_delete_request_is_malformed() -> None:
    malformed = rrset(EXAMPLE, "CDS", "7 0 0 00")
    assert ("C06", "error", None) in told(world_with(malformed, DELETE[1]).check())


def test_c07_tells_of_a_delete_request() -> None:
    chain = world_with(*DELETE).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("C07", "notice", None)])


def test_c07_tells_of_a_rollover() -> None:
    chain = world_with(cds(KEY, OTHER), cdnskey(KEY, OTHER)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("C07", "notice", None)])


def test_c08_says_that_what_the_zone_asks_for_would_leave_no_path() -> None:
    idle = dataclasses.replace(BY_KSK, signs_keys=[KEY])
    chain = world_with(cds(OTHER), cdnskey(OTHER), signing=idle).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("C08", "error", None), ("C07", "notice", None)])


# ---- candidates: the DS records as they would be ----


def test_c08_refuses_a_candidate_that_leaves_no_path_and_says_why() -> None:
    chain = make_world().check(candidate=ds_of(OTHER))
    assert chain.candidate
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("C08", "error", None), ("D04", "error", None)])


def test_a_candidate_with_a_path_is_fine() -> None:
    chain = make_world(ds=[]).check(candidate=ds_of(KEY))
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_a_candidate_heals_a_broken_zone() -> None:
    world = make_world(ds=ds_of(OTHER))
    assert world.check().verdict is Verdict.BOGUS
    assert world.check(candidate=ds_of(KEY, OTHER)).verdict is Verdict.SECURE


def test_no_ds_at_all_as_a_candidate_makes_the_zone_insecure() -> None:
    chain = make_world().check(candidate=[])
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [("D02", "notice", None)])


def test_a_candidate_for_a_zone_that_cannot_be_reached_is_not_judged() -> None:
    world = make_world()
    world.habits |= dict.fromkeys(CHILDREN, silent)
    assert world.check(candidate=ds_of(KEY)).verdict is Verdict.INDETERMINATE


def test_a_candidate_is_not_judged_where_the_parent_is_broken() -> None:
    chain = make_world(parent_ds=[OTHER.ds("test")]).check(candidate=ds_of(KEY))
    assert (chain.verdict, "C08" in [f.id for f in chain.findings]) == (Verdict.BOGUS, False)


# ---- signals for a first DS ----

PROVIDER = dns.name.from_text("provider.test.")
PROVIDER_KEY = make_key(13, KSK, 30)
PROVIDER_SERVER = "192.0.2.51"
SIGNALS = [f"_dsboot.example.test._signal.ns{number}.provider.test." for number in (1, 2)]


def bootstrapping(*signals: RRset, secure: bool = True) -> World:
    """example.test without DS on ns1 and ns2.provider.test, whose zone has these signals."""
    beside = [
        rrset(PROVIDER, "NS", "ns.provider.test."),
        rrset("ns.provider.test.", "A", PROVIDER_SERVER),
    ]
    if secure:
        beside.append(dns.rrset.from_rdata_list(PROVIDER, 3600, [PROVIDER_KEY.ds("provider.test")]))
    own = [one for one in example_records(cds(KEY), cdnskey(KEY)) if one.rdtype != dns.rdatatype.NS]
    own.append(rrset(EXAMPLE, "NS", "ns1.provider.test.", "ns2.provider.test."))
    world = make_world(
        BY_KSK, [], records=own, beside=beside, delegated_to=["ns1.provider.test.", "ns2.provider.test."]
    )
    hosts = [rrset(f"ns{n}.provider.test.", "A", CHILDREN[n - 1]) for n in (1, 2)]
    records = zone_of(PROVIDER, {"ns.provider.test.": PROVIDER_SERVER}, *hosts, *signals)
    world.serve([PROVIDER_SERVER], PROVIDER, signed(PROVIDER, records, Signing([PROVIDER_KEY])))
    return world


def signal(place: int, key: Key = KEY) -> list[RRset]:
    texts = [ds.to_text() for ds in ds_of(key)]
    return [rrset(SIGNALS[place], "CDS", *texts), rrset(SIGNALS[place], "CDNSKEY", key.dnskey.to_text())]


def test_c09_is_quiet_where_all_name_servers_signal_the_same() -> None:
    chain = bootstrapping(*signal(0), *signal(1)).check()
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [("D02", "notice", None)])


def test_c09_says_that_a_signal_is_missing() -> None:
    chain = bootstrapping(*signal(0)).check()
    assert told(chain) == [("C09", "error", None), ("D02", "notice", None)]
    assert "ns2.provider.test" in chain.findings[0].sentence


def test_c09_says_that_a_signal_differs() -> None:
    assert told(bootstrapping(*signal(0), *signal(1, OTHER)).check())[0] == ("C09", "error", None)


def test_c09_says_that_signals_are_not_secured() -> None:
    chain = bootstrapping(*signal(0), *signal(1), secure=False).check()
    assert told(chain) == [("C09", "error", None), ("C09", "error", None), ("D02", "notice", None)]


def test_c09_notes_that_nobody_signals() -> None:
    assert ("C09", "notice", None) in told(bootstrapping().check())


def test_c09_notes_that_servers_within_the_zone_cannot_signal() -> None:
    chain = make_world(BY_KSK, [], records=example_records(cds(KEY), cdnskey(KEY))).check()
    assert ("C09", "notice", None) in told(chain)
