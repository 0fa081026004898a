"""The calendar file: as RFC 5545 wants its lines."""

from datetime import UTC, datetime, timedelta, timezone

from dnssec.ics import Event, calendar

SEEN = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)


def event(**fields: str) -> Event:
    texts = {"uid": "7K2M9Q0ABC@example.com", "summary": "Key 2371 is safe to delete", "description": "Why.", **fields}
    at = datetime(2026, 11, 25, 4, 15, tzinfo=timezone(timedelta(hours=1)))
    return Event(at=at, changed_at=SEEN, url="https://console.example/", **texts)


def test_every_line_ends_in_crlf_and_none_has_more_than_75_octets():
    text = calendar(event(description="Schlüssel für " + "müller-example.com " * 20))
    assert text.endswith("END:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    lines = text.split("\r\n")
    assert max(len(line.encode()) for line in lines) <= 75
    assert "Schlüssel für " + "müller-example.com " * 20 in text.replace("\r\n ", "")


def test_no_character_is_cut_in_two():
    for shift in range(4):
        text = calendar(event(summary="x" * shift + "ü" * 200))
        assert [line.encode().decode() for line in text.split("\r\n")]
        assert "ü" * 200 in text.replace("\r\n ", "")


def test_text_is_escaped():
    lines = calendar(event(summary="a; b, c\\d\ne\x07")).replace("\r\n ", "").split("\r\n")
    assert "SUMMARY:a\\; b\\, c\\\\d\\ne" in lines


def test_nothing_that_is_said_begins_a_line_of_its_own():
    text = calendar(event(summary="x\r\nEND:VCALENDAR\rBEGIN:VEVENT", description="x\nATTENDEE:mailto:a@example.com"))
    lines = text.split("\r\n")
    assert (lines.count("END:VCALENDAR"), lines.count("BEGIN:VEVENT")) == (1, 1)
    assert not [line for line in lines if line.startswith("ATTENDEE")]


def test_times_are_in_utc_and_there_is_one_event_with_an_alarm():
    lines = calendar(event()).split("\r\n")
    assert "DTSTART:20261125T031500Z" in lines
    assert "DTEND:20261125T034500Z" in lines
    assert "DTSTAMP:20261124T031000Z" in lines
    assert [line for line in lines if line.startswith("BEGIN:")] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "BEGIN:VALARM",
    ]
