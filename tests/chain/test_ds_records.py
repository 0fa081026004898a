"""D01 to D07 and D13 to D18: what the parent says, against the keys that the zone shows."""

import pytest
from dns.rdtypes.ANY.DS import DS

from dnssec.chain import Verdict
from tests.chain.signing import KSK, ZSK, Signing, make_key
from tests.chain.world import (
    CHILDREN,
    DATA_KEY,
    HEALTHY,
    KEY,
    PARENT_KEY,
    PARENTS,
    UNSIGNED,
    ds_of,
    make_world,
    told,
)

OTHER = make_key(13, KSK, 7)


def test_a_healthy_zone_is_secure_and_nothing_is_said() -> None:
    chain = make_world().check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])
    assert [link.verdict for link in chain.links] == [Verdict.SECURE] * 3


def test_d01_says_that_the_parents_servers_do_not_agree() -> None:
    both = make_world(Signing([KEY, OTHER, DATA_KEY]), {PARENTS[0]: ds_of(KEY), PARENTS[1]: ds_of(KEY, OTHER)}).check()
    assert (both.verdict, told(both)) == (Verdict.SECURE, [("D01", "notice", None)])


def test_d01_with_a_server_that_has_no_ds_yet_is_as_insecure_as_that_server_makes_it() -> None:
    chain = make_world(ds={PARENTS[0]: ds_of(KEY)}).check()
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [("D01", "notice", None), ("D02", "notice", None)])


def test_d02_says_that_a_signed_zone_has_no_ds() -> None:
    chain = make_world(ds=[]).check()
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [("D02", "notice", None)])


def test_a_plainly_unsigned_zone_is_insecure_without_a_word() -> None:
    chain = make_world(UNSIGNED, ds=[]).check()
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [])


def test_d03_says_that_a_zone_with_ds_is_not_signed() -> None:
    chain = make_world(UNSIGNED).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D03", "error", None)])


def test_d03_names_the_one_server_that_is_not_signed() -> None:
    chain = make_world([HEALTHY, UNSIGNED]).check()
    assert chain.verdict is Verdict.BOGUS
    assert told(chain) == [("D03", "error", CHILDREN[1]), ("D21", "error", CHILDREN[1])]


def test_d04_says_that_no_ds_fits_a_key() -> None:
    chain = make_world(ds=ds_of(OTHER)).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D04", "error", None)])
    assert str(OTHER.tag) in chain.findings[0].sentence


def test_d05_says_that_one_ds_fits_no_key_and_the_zone_stays_secure() -> None:
    chain = make_world(ds=ds_of(KEY, OTHER)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D05", "warning", None)])
    assert f"key tag {OTHER.tag}" in chain.findings[0].sentence


def with_digest(ds: DS, digest: bytes) -> DS:
    changed = ds.replace(digest=digest)
    assert isinstance(changed, DS)
    return changed


def test_d06_says_that_a_digest_is_wrong() -> None:
    [right] = ds_of(KEY)
    chain = make_world(ds=[with_digest(right, bytes(32))]).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D06", "error", None)])


def test_d06_is_a_warning_where_another_ds_is_right() -> None:
    [right] = ds_of(KEY)
    chain = make_world(ds=[right, with_digest(right, bytes(32))]).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D06", "warning", None)])


def test_d07_says_that_the_key_of_the_ds_does_not_sign_the_keys() -> None:
    chain = make_world(Signing([KEY, DATA_KEY], signs_keys=[DATA_KEY])).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D07", "error", None)])


def test_d07_is_a_warning_where_another_key_of_a_ds_signs() -> None:
    signing = Signing([KEY, OTHER, DATA_KEY], signs_keys=[KEY])
    chain = make_world(signing, ds_of(KEY, OTHER)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D07", "warning", None)])


def test_d13_says_that_a_ds_names_a_key_that_may_not_sign_zones() -> None:
    no_zone_key = KEY.with_flags(1)
    chain = make_world(Signing([no_zone_key, DATA_KEY], signs_keys=[no_zone_key]), ds_of(no_zone_key)).check()
    assert (chain.verdict, told(chain)[0]) == (Verdict.BOGUS, ("D13", "error", None))


def test_d14_notes_that_a_ds_names_a_zone_signing_key() -> None:
    chain = make_world(Signing([DATA_KEY]), ds_of(DATA_KEY)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D14", "notice", None)])


def test_d15_says_that_a_ds_names_a_revoked_key() -> None:
    revoked = KEY.with_flags(385)
    signing = Signing([revoked, DATA_KEY], signs_keys=[revoked, DATA_KEY], signs_data=[DATA_KEY])
    chain = make_world(signing, ds_of(revoked)).check()
    assert (chain.verdict, told(chain)) == (Verdict.BOGUS, [("D15", "error", None)])


def test_d15_is_an_error_though_another_key_carries() -> None:
    revoked = OTHER.with_flags(385)
    signing = Signing([KEY, revoked, DATA_KEY], signs_keys=[KEY, revoked], signs_data=[DATA_KEY])
    chain = make_world(signing, ds_of(KEY, revoked)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D15", "error", None)])


def test_d16_says_that_a_key_is_known_by_sha1_alone_and_it_is_secure_still() -> None:
    chain = make_world(ds=ds_of(KEY, digest="SHA1")).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D16", "error", None)])


def test_d16_is_a_warning_where_a_better_digest_is_there_too() -> None:
    chain = make_world(ds=[*ds_of(KEY, digest="SHA1"), *ds_of(KEY)]).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D16", "warning", None)])


def test_a_sha1_digest_is_ignored_beside_a_better_one_that_is_stale() -> None:
    chain = make_world(ds=[*ds_of(KEY, digest="SHA1"), *ds_of(OTHER)]).check()
    assert (chain.verdict, told(chain)[0]) == (Verdict.BOGUS, ("D04", "error", None))


@pytest.mark.parametrize("number", [3, 5, 6, 77])
def test_d16_says_that_nobody_knows_the_digest_type_and_the_zone_counts_as_unsigned(number: int) -> None:
    [right] = ds_of(KEY)
    unknown = right.replace(digest_type=number)
    assert isinstance(unknown, DS)
    chain = make_world(ds=[unknown]).check()
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [("D16", "error", None)])


@pytest.mark.parametrize("digest", ["SHA256", "SHA384"])
def test_digests_in_general_use_are_fine(digest: str) -> None:
    chain = make_world(ds=ds_of(KEY, digest=digest)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


@pytest.mark.parametrize("algorithm", [8, 13, 14, 15, 16])
def test_algorithms_in_general_use_are_secure_and_nothing_is_said(algorithm: int) -> None:
    ksk, zsk = make_key(algorithm, KSK, 1), make_key(algorithm, ZSK, 1)
    chain = make_world(Signing([ksk, zsk]), ds_of(ksk)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


@pytest.mark.parametrize(("algorithm", "severity"), [(5, "error"), (7, "error"), (10, "warning")])
def test_d17_says_that_an_algorithm_has_had_its_day(algorithm: int, severity: str) -> None:
    ksk = make_key(algorithm, KSK, 1)
    chain = make_world(Signing([ksk]), ds_of(ksk)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D17", severity, None)])


@pytest.mark.parametrize(("algorithm", "severity"), [(1, "error"), (12, "error"), (18, "error"), (253, "error")])
def test_d17_says_that_resolvers_cannot_check_the_algorithm(algorithm: int, severity: str) -> None:
    [right] = ds_of(KEY)
    strange = right.replace(algorithm=algorithm)
    assert isinstance(strange, DS)
    chain = make_world(ds=[strange]).check()
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [("D17", severity, None)])


def test_d18_says_that_an_algorithm_of_the_ds_records_signs_nothing() -> None:
    other = make_key(15, KSK, 3)
    chain = make_world(ds=ds_of(KEY, other)).check()
    assert chain.verdict is Verdict.SECURE
    assert told(chain) == [("D18", "error", None), ("D05", "warning", None)]


def test_d18_is_quiet_where_each_algorithm_signs() -> None:
    other = make_key(15, KSK, 3)
    signing = Signing([KEY, other, DATA_KEY], signs_data=[DATA_KEY, other])
    chain = make_world(signing, ds_of(KEY, other)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [])


def test_thirteen_ds_records_of_thirteen_keys_are_secure() -> None:
    keys = [make_key(13, KSK, 100 + number) for number in range(13)]
    chain = make_world(Signing([*keys, DATA_KEY]), ds_of(*keys)).check()
    assert (chain.verdict, told(chain)) == (Verdict.SECURE, [("D23", "warning", None)])


# ---- the parent itself ----


def test_a_zone_under_an_unsigned_parent_is_insecure() -> None:
    chain = make_world(parent=UNSIGNED, parent_ds=[]).check()
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [("D02", "notice", None)])
    assert "its parent test is not secure itself" in chain.findings[0].sentence


def test_a_parent_whose_algorithm_nobody_knows_is_named_as_the_cause() -> None:
    strange = PARENT_KEY.ds("test").replace(algorithm=12)
    assert isinstance(strange, DS)
    chain = make_world(parent_ds=[strange]).check()
    assert (chain.verdict, told(chain)) == (Verdict.INSECURE, [("D17", "error", None), ("D02", "notice", None)])
    assert chain.findings[0].zone == "test"


def test_a_bogus_parent_makes_the_zone_bogus_and_is_named_as_the_cause() -> None:
    chain = make_world(parent_ds=[OTHER.ds("test")]).check()
    assert [link.verdict for link in chain.links] == [Verdict.SECURE, Verdict.BOGUS, Verdict.BOGUS]
    assert [(finding.id, finding.zone) for finding in chain.findings] == [("D04", "test")]


@pytest.mark.parametrize("nsec3", [None, (0, b"", False), (0, b"", True), (5, b"salt", False)])
@pytest.mark.parametrize("signed", [True, False])
def test_a_parent_proves_the_absence_of_ds_records(nsec3: tuple[int, bytes, bool] | None, signed: bool) -> None:
    parent = Signing([PARENT_KEY], nsec3=nsec3)
    assert make_world(HEALTHY if signed else UNSIGNED, ds=[], parent=parent).check().verdict is Verdict.INSECURE
    assert make_world(parent=parent).check().verdict is Verdict.SECURE
