"""A calendar file with one event and its alarm (RFC 5545; pure)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LONGEST_LINE = 75  # Octets, without the line break (RFC 5545 section 3.1).
LASTS = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Event:
    """What is to be remembered: `uid` is the event's for ever, and `changed_at` says which of its versions is newer."""

    uid: str
    at: datetime
    changed_at: datetime
    summary: str
    description: str
    url: str


def calendar(event: Event) -> str:
    """The file: lines end in CRLF, text is escaped, long lines are folded. Times are in UTC."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Registrar console//DNSSEC keys//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"DTSTAMP:{_time(event.changed_at)}",
        f"SEQUENCE:{int(event.changed_at.timestamp()) % 2**31}",
        f"DTSTART:{_time(event.at)}",
        f"DTEND:{_time(event.at + LASTS)}",
        f"SUMMARY:{_text(event.summary)}",
        f"DESCRIPTION:{_text(event.description)}",
        f"URL:{event.url}",
        "TRANSP:TRANSPARENT",  # Nobody is busy for it.
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:PT0S",
        f"DESCRIPTION:{_text(event.summary)}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Escaped as section 3.3.11 asks; other control characters have no place in it (section 3.3.11, TSAFE-CHAR)."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\n"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return "".join(character for character in text if character >= " " or character == "\t")


def _folded(line: str) -> str:
    """Lines of at most 75 octets, none of which cuts a character in two; each but the first begins with a space."""
    parts, part, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LONGEST_LINE:
            parts.append(part)
            part, size = " ", 1
        part, size = part + character, size + octets
    return "\r\n".join([*parts, part])
