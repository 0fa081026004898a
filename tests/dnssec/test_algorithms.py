"""The table of algorithms: complete, and narrowed by what a registry takes."""

from dnssec.algorithms import ALGORITHMS, USUAL, Use, by_name, label, offered, refusal, standing


def test_knows_each_number_of_the_registry() -> None:
    assert set(ALGORITHMS) == set(range(256))


def test_takes_no_new_key_that_must_not_sign() -> None:
    for row in ALGORITHMS.values():
        if row.signing in (Use.MUST_NOT, Use.NONE):
            assert refusal(row.number) is not None, row
    assert [number for number in ALGORITHMS if refusal(number) is None] == [8, 10, 13, 14, 15, 16, 17, 18, 23]


def test_offers_what_the_registry_takes_less_what_is_refused() -> None:
    assert [row.number for row in offered(None)] == list(USUAL)
    assert [row.number for row in offered([15, 5, 13, 2, 300])] == [13, 15]
    assert offered([2]) == []


def test_says_of_each_refused_algorithm_why() -> None:
    classes = {
        number: finding.code
        for number in (0, 1, 2, 3, 4, 5, 7, 12, 19, 200, 252, 253, 254, 255)
        if (finding := refusal(number))
    }
    assert classes == {
        0: "algorithm-unusable",
        1: "algorithm-must-not",
        2: "algorithm-unusable",
        3: "algorithm-must-not",
        4: "algorithm-unusable",
        5: "algorithm-sha1",
        7: "algorithm-sha1",
        12: "algorithm-must-not",
        19: "algorithm-unusable",
        200: "algorithm-unusable",
        252: "algorithm-unusable",
        253: "algorithm-private",
        254: "algorithm-private",
        255: "algorithm-unusable",
    }


def test_an_algorithm_that_the_registry_does_not_take_names_those_it_takes() -> None:
    finding = standing(8, domain="example.eu", taken=[13, 14])
    assert finding is not None
    assert finding.sentence == (
        "The registry of example.eu does not take algorithm 8 - RSASHA256. It takes 13 - ECDSAP256SHA256, "
        "14 - ECDSAP384SHA384."
    )


def test_reads_numbers_and_the_mnemonics_of_different_makers() -> None:
    words = ["13", "ECDSAP256SHA256", "ecdsap256sha256", "RSASHA1-NSEC3-SHA1", "NSEC3RSASHA1", "ED25519", "MLDSA44"]
    assert [by_name(word) for word in words] == [13, 13, 13, 7, 7, 15, 18]
    assert [by_name(word) for word in ("", "256", "NONSENSE", "-1", "reserved", "²")] == [None] * 6


def test_writes_an_algorithm_as_people_do() -> None:
    assert (label(13), label(999)) == ("13 - ECDSAP256SHA256", "999")
