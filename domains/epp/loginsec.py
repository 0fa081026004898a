"""What a server says about the security of a login, such as that a password or a certificate expires soon (RFC 8807,
section 3.1)."""

from dataclasses import dataclass
from typing import Self

from domains.epp import xml
from domains.epp.xml import LOGIN_SECURITY, Element

MOST_EVENTS = 20
LONGEST_TEXT = 300


@dataclass(frozen=True)
class SecurityEvent:
    """One event, each part as bounded plain text and empty where it is not given: a login must not fail over them."""

    type: str
    level: str
    name: str
    expires_at: str
    value: str
    duration: str
    text: str

    def __str__(self) -> str:
        """The event on one line."""
        parts = {"type": self.type, "name": self.name, "expires": self.expires_at, "value": self.value}
        said = " ".join(f"{name}={part}" for name, part in (parts | {"within": self.duration}).items() if part)
        return f"{said}: {self.text}"

    @classmethod
    def all_from_xml(cls, element: Element) -> tuple[Self, ...]:
        """Reads the events of a loginSecData element, the first twenty of them."""
        events = list(xml.children(element, LOGIN_SECURITY, "event"))[:MOST_EVENTS]
        return tuple(
            cls(
                type=_attribute(event, "type"),
                level=_attribute(event, "level"),
                name=_attribute(event, "name"),
                expires_at=_attribute(event, "exDate"),
                value=_attribute(event, "value"),
                duration=_attribute(event, "duration"),
                text=xml.text_of(event)[:LONGEST_TEXT],
            )
            for event in events
        )


def _attribute(element: Element, name: str) -> str:
    return " ".join(element.get(name, "").split())[:LONGEST_TEXT]
