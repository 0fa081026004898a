"""What a chain holds besides findings: enough to draw it, to list the keys, and to tell when the next step is safe."""

import dataclasses

import dns.rrset

from dnssec.chain import Times
from dnssec.chain.findings import CAUSES, Rule
from tests.chain.signing import DAY, KSK, NOW, Signing, make_key
from tests.chain.world import (
    CHILDREN,
    DATA_KEY,
    HEALTHY,
    KEY,
    PARENT_KEY,
    PARENTS,
    ROOT_KEY,
    ds_of,
    make_world,
)

OTHER = make_key(13, KSK, 7)


def test_each_link_names_its_servers_its_ds_records_and_its_keys() -> None:
    chain = make_world().check()
    assert [link.zone for link in chain.links] == [".", "test", "example.test"]
    root, test, example = chain.links
    assert [(ds.key_tag, ds.servers) for ds in root.ds] == [(ROOT_KEY.tag, ("trust anchor",))]
    assert [(ds.key_tag, ds.digest_type, ds.signs) for ds in test.ds] == [(PARENT_KEY.tag, 2, True)]
    assert [(s.name, s.address, s.trouble) for s in example.servers] == [
        ("ns1.example.test", CHILDREN[0], None),
        ("ns2.example.test", CHILDREN[1], None),
    ]
    [ds] = example.ds
    assert (ds.digest, ds.servers) == (KEY.ds("example.test").digest.hex().upper(), PARENTS)
    assert [example.keys[place].key_tag for place in ds.keys] == [KEY.tag]


def test_each_key_says_where_it_is_and_what_it_signs() -> None:
    chain = make_world([Signing([KEY, DATA_KEY, OTHER], signs_keys=[KEY]), HEALTHY]).check()
    keys = {key.key_tag: key for key in chain.links[-1].keys}
    ksk, zsk, idle = keys[KEY.tag], keys[DATA_KEY.tag], keys[OTHER.tag]
    assert (ksk.key_type, ksk.servers, ksk.signs_keys_on, ksk.signs_data_on, ksk.has_ds) == (
        "KSK",
        CHILDREN,
        CHILDREN,
        (),
        True,
    )
    assert (zsk.key_type, zsk.signs_keys_on, zsk.signs_data_on, zsk.has_ds) == ("ZSK", (), CHILDREN, False)
    assert (idle.servers, idle.signs_keys_on, idle.signs_data_on) == ((CHILDREN[0],), (), ())
    assert (ksk.algorithm, ksk.flags, ksk.protocol, ksk.public_key) == (13, 257, 3, KEY.dnskey.key)


def test_the_keys_of_an_unsigned_delegation_are_listed_with_what_they_sign() -> None:
    chain = make_world(ds=[]).check()
    [ksk] = [key for key in chain.links[-1].keys if key.key_type == "KSK"]
    assert (ksk.signs_keys_on, ksk.has_ds) == (CHILDREN, False)


def test_the_times_are_those_of_the_records() -> None:
    chain = make_world().check()
    # DS 86400 at the parent; SOA TTL 3600 and minimum 300; DNSKEY, SOA and NS 3600.
    assert chain.links[-1].times == Times(ds=86400, parent_negative=300, dnskey=3600, soa=3600, ns=3600, negative=300)
    assert make_world(ds=[]).check().links[-1].times.ds is None


def test_a_link_knows_when_the_signatures_over_its_keys_end() -> None:
    chain = make_world([HEALTHY, dataclasses.replace(HEALTHY, expiration=NOW + 3 * DAY)]).check()
    assert chain.links[-1].keys_expire == NOW + 3 * DAY


def test_a_candidate_stands_in_the_place_of_the_ds_records() -> None:
    chain = make_world(ds=[]).check(candidate=ds_of(KEY, OTHER))
    assert chain.candidate
    assert sorted((ds.key_tag, ds.signs) for ds in chain.links[-1].ds) == sorted([(KEY.tag, True), (OTHER.tag, False)])


def test_a_chain_is_the_same_whoever_looks_at_it_twice() -> None:
    world = make_world()
    one, two = world.check(), world.check()
    assert one == two


def test_every_rule_has_its_place_among_the_causes_and_every_sentence_its_parameters() -> None:
    from dnssec.chain import findings

    rules = [value for value in vars(findings).values() if isinstance(value, Rule)]
    assert {rule.id for rule in rules} == set(CAUSES)
    assert {f"D{number:02}" for number in range(1, 31)} | {f"C{number:02}" for number in range(1, 10)} == set(CAUSES)
    for rule in rules:
        assert rule.template.endswith((".", "%(why)s")), rule.template
        assert rule.advice.endswith("."), rule.advice


def test_several_addresses_of_one_server_are_one_server_each() -> None:
    records = dns.rrset.from_text("ns1.example.test.", 3600, "IN", "A", CHILDREN[0], "192.0.2.29")
    world = make_world()
    for address in PARENTS:
        world.zones[address][0].records[records.name, records.rdtype] = records
    chain = world.check()
    assert ("ns1.example.test", "192.0.2.29", "silent") in [
        (server.name, server.address, server.trouble) for server in chain.links[-1].servers
    ]
