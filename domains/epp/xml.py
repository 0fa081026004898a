"""XML as EPP uses it: namespaces, hardened parsing, reading of the simple types, writing, and redaction for logs."""

from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from domains.epp.errors import BadValue, MalformedFrame, OutOfRange

Element = etree._Element

EPP = "urn:ietf:params:xml:ns:epp-1.0"
DOMAIN = "urn:ietf:params:xml:ns:domain-1.0"
HOST = "urn:ietf:params:xml:ns:host-1.0"
CONTACT = "urn:ietf:params:xml:ns:contact-1.0"
SECDNS = "urn:ietf:params:xml:ns:secDNS-1.1"
LOGIN_SECURITY = "urn:ietf:params:xml:ns:epp:loginSec-1.0"
CHANGE_POLL = "urn:ietf:params:xml:ns:changePoll-1.0"


class Maker:
    """Makes the elements of one namespace: a name, then text or child elements, then attributes."""

    def __init__(self, ns: str, prefix: str | None) -> None:
        self._ns = ns
        # The stubs do not know that None stands for the default namespace.
        self._prefixes: dict[str, str] = {prefix: ns}  # type: ignore[dict-item]

    def __call__(self, name: str, *content: Element | str, **attributes: str) -> Element:
        """Returns a new element; ValueError when text holds a character that XML forbids."""
        element = etree.Element(f"{{{self._ns}}}{name}", attributes, self._prefixes)
        for part in content:
            if isinstance(part, str):
                element.text = part
            else:
                element.append(part)
        return element


epp = Maker(EPP, None)
domain = Maker(DOMAIN, "domain")
host = Maker(HOST, "host")
contact = Maker(CONTACT, "contact")
secdns = Maker(SECDNS, "secDNS")
login_security = Maker(LOGIN_SECURITY, "loginSec")
change_poll = Maker(CHANGE_POLL, "changePoll")

UNREADABLE = "(a frame that cannot be read)"
HIDDEN = "(hidden)"
SECRETS = frozenset({"pw", "newPW", "authInfo"})


def parse(frame: bytes) -> Element:
    """Returns the ``epp`` root of a frame, or raises MalformedFrame (RFC 5730, section 2: well-formed, no DTD)."""
    root = parse_fragment(frame)
    if root.tag != f"{{{EPP}}}epp":
        raise MalformedFrame("The root of the frame is not epp.")
    return root


def parse_fragment(octets: bytes) -> Element:
    """Returns the root of any document, as strictly; for parts of frames that were kept."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(octets, parser)
    except (etree.XMLSyntaxError, ValueError) as trouble:
        raise MalformedFrame("The frame is not well-formed XML.") from trouble
    # Unresolved entities would read as missing text, so a document type is refused as such.
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise MalformedFrame("The frame carries a document type declaration.")
    return root


def write(root: Element) -> bytes:
    """Returns the octets of a document, UTF-8 with an XML declaration."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def redact(frame: bytes) -> str:
    """Returns a frame as text for a log, without passwords and authorization information.

    What cannot be parsed gives a fixed text: nothing tells where a secret stands in it.
    """
    try:
        root = parse(frame)
    except MalformedFrame:
        return UNREADABLE
    for element in list(root.iter("{*}*")):
        if local_name(element) in SECRETS:
            for child in list(element):
                element.remove(child)
            element.text = HIDDEN
    return etree.tostring(root, encoding="unicode")


def local_name(element: Element) -> str:
    """The name of an element without its namespace."""
    return _tag(element).rpartition("}")[2]


def namespace(element: Element) -> str:
    """The namespace of an element, empty when it has none."""
    return _tag(element).rpartition("}")[0].removeprefix("{")


def _tag(element: Element) -> str:
    """The name of an element in full, as lxml writes it: ``{namespace}name``."""
    return str(element.tag)


def children(element: Element, ns: str, name: str) -> Iterator[Element]:
    """The children of an element that bear this name."""
    return element.iterchildren(f"{{{ns}}}{name}")


def child(element: Element, ns: str, name: str) -> Element | None:
    """The only child of this name or None; MalformedFrame when there are several."""
    found = children(element, ns, name)
    first = next(found, None)
    if first is not None and next(found, None) is not None:
        raise MalformedFrame(f"{local_name(element)} has more than one {name}.")
    return first


def required(element: Element, ns: str, name: str) -> Element:
    """The only child of this name, or MalformedFrame."""
    found = child(element, ns, name)
    if found is None:
        raise MalformedFrame(f"{local_name(element)} has no {name}.")
    return found


def token(element: Element) -> str:
    """The text of an element with its white space collapsed, as the schema type token reads it."""
    if len(element):
        raise MalformedFrame(f"{local_name(element)} holds elements where text belongs.")
    return " ".join((element.text or "").split())


def text(element: Element) -> str:
    """The text of an element as a token of 1 to 255 characters; BadValue when it is empty or longer."""
    written = token(element)
    if not 0 < len(written) <= 255:
        raise BadValue(f"{local_name(element)} is empty or too long.")
    return written


def text_of(element: Element) -> str:
    """All text of an element and of what it holds, white space collapsed: for messages with mark-up inside."""
    return " ".join("".join(str(part) for part in element.itertext()).split())


def number(element: Element, minimum: int, maximum: int) -> int:
    """The decimal number an element holds; BadValue when it is none, OutOfRange outside the limits."""
    digits = token(element)
    if not (digits.isascii() and digits.removeprefix("-").removeprefix("+").isdigit() and len(digits) <= 20):
        raise BadValue(f"{local_name(element)} is not a number.")
    if not minimum <= int(digits) <= maximum:
        raise OutOfRange(f"{local_name(element)} is not between {minimum} and {maximum}.")
    return int(digits)


def boolean(written: str) -> bool:
    """The value of the schema type boolean, or BadValue."""
    match written.strip():
        case "true" | "1":
            return True
        case "false" | "0":
            return False
    raise BadValue("A boolean is neither true nor false.")


def moment(element: Element) -> datetime:
    """The point in time an element holds, in UTC (RFC 5730, section 2.4); BadValue when it is none."""
    try:
        value = datetime.fromisoformat(token(element))
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError) as trouble:
        raise BadValue(f"{local_name(element)} is not a date and time.") from trouble


def timestamp(moment: datetime) -> str:
    """A point in time in UTC as RFC 5730, section 2.4, writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
