"""The picture of a chain of trust: what is drawn, where it breaks, and that all of it has its place."""

import re

import pytest

from dnssec.picture import Change, Look, expected, picture_of
from dnssec.picture.parts import Kind, Words, parts
from dnssec.picture.places import shortened
from tests.chains import K1, K2, K3, SCENES, Z1, scene

VALID, PENDING, BROKEN, UNSIGNED, UNKNOWN, IDLE = Look
EVERY = pytest.mark.parametrize("which", SCENES)


def plain(text: object) -> str:
    """The English of words."""
    if isinstance(text, Words):
        return text.template % {name: plain(value) for name, value in text.params.items()}
    return str(text)


def drawn(which: str, *changes: Change, name: str = "example.com") -> dict[str, list[tuple[str, str, Look]]]:
    """The boxes of each zone: title, note, look."""
    return {
        plain(zone.name): [(plain(item.title), plain(item.note), item.look) for item in zone.items]
        for zone in parts(scene(which, name), changes)
    }


def handed_on(which: str, *changes: Change) -> list[tuple[str, str | None, Look]]:
    """The lines into the last zone: from which box to which."""
    *_rest, above, last = parts(scene(which), changes)
    return [
        (
            plain(above.items[edge.source].title),
            None if edge.target is None else plain(last.items[edge.target].title),
            edge.look,
        )
        for edge in above.hands_on
    ]


def signed(which: str) -> list[tuple[str, str, Look]]:
    """The lines within the last zone."""
    zone = parts(scene(which))[-1]
    return [(plain(zone.items[e.source].title), plain(zone.items[e.target or 0].title), e.look) for e in zone.signs]


def words(which: str, *changes: Change) -> list[str]:
    """What is told of the last zone."""
    return [plain(sentence) for sentence in picture_of(scene(which), changes).words[-1].sentences]


def change(key, state: str) -> Change:
    return Change(key.tag, 13, {2: key.ds("example.test").digest.hex().upper()}, state)


def test_a_secure_chain_is_valid_from_the_anchor_to_the_records():
    zones = parts(scene("secure"))
    assert [(plain(zone.name), plain(zone.word), zone.look) for zone in zones] == [
        ("root zone", "Trust anchor", VALID),
        ("com", "Secure", VALID),
        ("example.com", "Secure", VALID),
    ]
    assert drawn("secure")["example.com"] == [
        (f"KSK {K1.tag}", "13 - ECDSAP256SHA256", VALID),
        (f"ZSK {Z1.tag}", "13 - ECDSAP256SHA256", VALID),
        ("Records", f"signed by {Z1.tag}", VALID),
    ]
    assert handed_on("secure") == [(f"DS {K1.tag}", f"KSK {K1.tag}", VALID)]
    assert signed("secure") == [(f"KSK {K1.tag}", f"ZSK {Z1.tag}", VALID), (f"ZSK {Z1.tag}", "Records", VALID)]
    assert picture_of(scene("secure")).looks == (VALID,)


def test_digests_of_one_key_are_one_box():
    assert drawn("two digests")["com"][-1] == (f"DS {K1.tag}", "SHA-256, SHA-384", VALID)


def test_one_key_for_all_signs_the_records_itself():
    assert signed("one key") == [(f"KSK {K1.tag}", "Records", VALID)]


def test_lines_from_zone_to_zone_do_not_cross():
    lines = [edge for zone in parts(scene("rollover")) for edge in zone.hands_on][-2:]
    assert lines[0].source < lines[1].source
    assert (lines[0].target or 0) < (lines[1].target or 0)
    assert {look for *_ends, look in handed_on("rollover")} == {VALID}


def test_a_chain_breaks_between_the_zones_where_no_ds_record_fits():
    assert handed_on("wrong ds") == [(f"DS {K1.tag}", None, BROKEN)]
    assert drawn("wrong ds")["com"][-1] == (f"DS {K1.tag}", "fits no key", BROKEN)
    assert VALID not in {look for _title, _note, look in drawn("wrong ds")["example.com"]}
    assert VALID not in {look for *_ends, look in signed("wrong ds")}


def test_it_breaks_at_the_key_that_does_not_sign():
    assert handed_on("not signing") == [(f"DS {K1.tag}", f"KSK {K1.tag}", VALID)]
    assert drawn("not signing")["example.com"][0] == (f"KSK {K1.tag}", "does not sign the keys", BROKEN)
    assert signed("not signing")[0] == (f"KSK {K1.tag}", f"KSK {K2.tag}", BROKEN)
    assert BROKEN in picture_of(scene("not signing")).looks


def test_it_breaks_at_records_that_cannot_be_verified():
    assert drawn("spoiled data")["example.com"][-1] == ("Records", "cannot be verified", BROKEN)
    assert signed("spoiled data") == [
        (f"KSK {K1.tag}", f"ZSK {Z1.tag}", VALID),
        (f"ZSK {Z1.tag}", "Records", BROKEN),
    ] or signed("spoiled data") == [
        (f"ZSK {Z1.tag}", "Records", BROKEN),
        (f"KSK {K1.tag}", f"ZSK {Z1.tag}", VALID),
    ]


def test_it_breaks_where_the_zone_is_not_signed_any_more():
    assert drawn("ds but unsigned")["example.com"] == [("Not signed", "no DNSKEY records", BROKEN)]
    assert handed_on("ds but unsigned") == [(f"DS {K1.tag}", "Not signed", BROKEN)]


def test_below_a_broken_zone_everything_is_cut_off():
    zones = parts(scene("broken above"))
    assert [zone.look for zone in zones] == [VALID, BROKEN, IDLE]
    assert plain(zones[-1].word) == "Cut off"
    assert [edge.look for edge in zones[1].hands_on] == [IDLE]


def test_an_unsigned_zone_is_told_by_the_missing_record():
    assert drawn("unsigned")["com"][-1] == ("No DS record", "for example.com", UNSIGNED)
    assert handed_on("unsigned") == [("No DS record", "Not signed", UNSIGNED)]


def test_a_signed_zone_without_a_ds_record_shows_its_keys_unused():
    assert handed_on("ready") == [("No DS record", f"KSK {K1.tag}", UNSIGNED)]
    assert {look for _title, _note, look in drawn("ready")["example.com"]} == {IDLE}


def test_a_ds_record_that_nobody_needs_leads_nowhere_and_breaks_nothing():
    assert handed_on("old ds left") == [
        (f"DS {K2.tag}", f"KSK {K2.tag}", VALID),
        (f"DS {K1.tag}", None, UNSIGNED),
    ]


def test_without_an_answer_nothing_is_known():
    assert drawn("unreachable")["example.com"] == [("No answer", "of any name server", UNKNOWN)]
    assert handed_on("unreachable") == [(f"DS {K1.tag}", "No answer", UNKNOWN)]


def test_a_name_that_is_no_zone_stands_there_empty():
    zones = parts(scene("not delegated"))
    assert plain(zones[-1].word) == "Not delegated"
    assert handed_on("not delegated") == [("No delegation", "No name servers", UNSIGNED)]
    assert plain(picture_of(scene("not delegated")).words[-1].sentences[0]) == (
        "The zone above knows no name servers for it, so there is nothing to check."
    )


def test_a_key_that_is_being_added_is_drawn_before_it_is_there():
    assert handed_on("ready", change(K1, "adding")) == [(f"DS {K1.tag}", f"KSK {K1.tag}", PENDING)]
    assert words("ready", change(K1, "adding"))[0] == f"The DS record {K1.tag} is being added at the registry."


def test_a_key_on_file_that_is_not_in_the_dns_is_on_its_way():
    assert drawn("ready", change(K1, "there"))["com"][-1] == (f"DS {K1.tag}", "On its way", PENDING)
    assert drawn("secure", change(K1, "there")) == drawn("secure")


def test_a_key_that_is_being_deleted_is_drawn_as_going():
    kept, going = change(K1, "there"), change(K2, "removing")
    assert sorted(handed_on("rollover", kept, going)) == sorted(
        [(f"DS {K1.tag}", f"KSK {K1.tag}", VALID), (f"DS {K2.tag}", f"KSK {K2.tag}", PENDING)]
    )


def test_a_key_to_come_that_the_zone_does_not_show_leads_nowhere_yet():
    assert handed_on("secure", change(K1, "there"), change(K3, "adding"))[-1] == (f"DS {K3.tag}", None, PENDING)


def test_of_many_the_first_are_drawn_and_the_rest_is_counted():
    zones = drawn("many")
    assert [title for title, _note, _look in zones["com"]][-1] == "and 9 more"
    assert "and 9 more" in [title for title, _note, _look in zones["example.com"]]
    assert zones["example.com"][-1][0] == "Records"
    assert len(zones["com"]) == 2 + 4 + 1
    assert None not in [target for _source, target, _look in handed_on("many")]


def test_among_many_stale_records_the_one_that_carries_is_drawn():
    assert (f"DS {K1.tag}", f"KSK {K1.tag}", VALID) in handed_on("many stale")
    assert [sentence for sentence in words("many stale") if "fit none" in sentence][0].count(",") == 11


def test_the_chain_is_told_zone_by_zone():
    assert [(plain(step.zone), plain(step.word)) for step in picture_of(scene("secure")).words] == [
        ("root zone", "Secure"),
        ("com", "Secure"),
        ("example.com", "Secure"),
    ]
    assert words("secure") == [
        f"The DS record {K1.tag} (SHA-256) of the zone above fits its key {K1.tag}, which signs its key set.",
        f"Its records are signed by the key {Z1.tag}.",
    ]
    assert words("unsigned") == [
        "The zone above has no DS record for it.",
        "It shows no DNSKEY records: it is not signed.",
    ]
    assert words("wrong ds")[0] == f"The DS record {K1.tag} (SHA-256) of the zone above fits none of its keys."


def test_names_stand_in_their_own_letters():
    assert list(drawn("secure", name="xn--bcher-kva.com")) == ["root zone", "com", "bücher.com"]


def test_a_tld_of_two_labels_is_four_zones_that_go_side_by_side():
    drawing = picture_of(scene("secure", "example.co.uk")).wide
    assert [plain(card.zone.name) for card in drawing.cards] == ["root zone", "uk", "co.uk", "example.co.uk"]
    keys = [box for box in drawing.boxes if box.item.kind is Kind.KEY]
    assert {plain(box.note) for box in keys} == {"ECDSAP256SHA256"}


def test_before_anything_is_known_the_usual_chain_stands_there_empty():
    picture = expected("example.com")
    assert [plain(card.zone.name) for card in picture.wide.cards] == ["root zone", "com", "example.com"]
    assert {line.look for line in picture.wide.lines if not line.is_inner} == {UNKNOWN}
    assert picture.words == ()


@EVERY
@pytest.mark.parametrize("name", ["example.com", "example.co.uk"])
def test_everything_has_a_place_of_its_own(which, name):
    picture = picture_of(scene(which, name), [change(K3, "adding")])
    for drawing in (picture.wide, picture.tall):
        for box in drawing.boxes:
            (card,) = [c for c in drawing.cards if c.x < box.x < c.x + c.width and c.y < box.y < c.y + c.height]
            assert card.x < box.end < card.x + card.width
            assert card.y + 30 < box.y < box.y + box.height < card.y + card.height
        for one, other in zip(drawing.boxes, drawing.boxes[1:], strict=False):
            assert one.x != other.x or one.y + one.height < other.y
        for card in drawing.cards:
            assert 0 < card.x < card.x + card.width <= drawing.width
            assert 0 < card.y < card.y + card.height <= drawing.height
        shapes = [line.at for line in drawing.lines if line.shape]
        for x, y in shapes:
            assert 8 < x < drawing.width - 8
            assert 8 < y < drawing.height - 8
        for place, (x, y) in enumerate(shapes):
            assert all((x - a) ** 2 + (y - b) ** 2 >= 15**2 for a, b in shapes[:place]), (which, drawing.name)


@EVERY
def test_each_line_is_drawn_with_numbers_that_a_browser_reads(which):
    for drawing in (picture_of(scene(which)).wide, picture_of(scene(which)).tall):
        for line in drawing.lines:
            assert re.fullmatch(r"(?:[MVHCa]?-?[\d.]+ ?)+", line.path.replace("V", " V").replace("H", " H")), line.path


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [("short", 5, "short"), ("a-long-name.com", 10, "a-long…com"), ("abcdef", 4, "ab…f")],
)
def test_what_is_too_long_loses_its_middle(text, room, shown):
    assert shortened(text, room) == shown
    assert len(shown) <= room
