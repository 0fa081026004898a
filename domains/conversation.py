"""What was said between the console and a registry about one request, in a form that support can read."""

from dataclasses import dataclass

from lxml import etree

from domains.epp.errors import MalformedFrame
from domains.epp.xml import parse_fragment
from domains.models import Attempt, Operation

SHOWN = 50  # A registry that is away for a day is asked some hundred times; a page holds the last frames of that.


@dataclass(frozen=True)
class Exchange:
    """One command with its answer. The frames are indented and without passwords, as they were kept."""

    attempt: Attempt
    sent: str
    received: str


def exchanges(operation: Operation) -> list[Exchange]:
    """The last commands of an operation with what was sent and received, in their order."""
    attempts = list(Attempt.objects.filter(operation=operation).order_by("-pk")[:SHOWN])
    return [Exchange(attempt, indented(attempt.sent), indented(attempt.received)) for attempt in reversed(attempts)]


def indented(frame: str) -> str:
    """A frame with an element on each line; as it stands where it is cut off or was never XML."""
    try:
        root = parse_fragment(frame.encode())
    except MalformedFrame:
        return frame
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")
