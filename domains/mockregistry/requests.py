"""Reads what a registrar sends: the frame's form as the schemas of RFC 5730 to RFC 5733 demand it, before anybody asks
what it means."""

from dataclasses import dataclass, field

from domains.epp import xml
from domains.epp.xml import CONTACT, DOMAIN, EPP, HOST, LOGIN_SECURITY, Element
from domains.mockregistry import refusals

OBJECT_COMMANDS = ("check", "info", "update")
COMMANDS = (*OBJECT_COMMANDS, "login", "logout", "poll")
NOT_OFFERED = ("create", "delete", "renew", "transfer")
CONTACT_TYPES = ("admin", "billing", "tech")
CLIENT_STATUSES = (
    *(f"client{what}Prohibited" for what in ("Delete", "Renew", "Transfer", "Update")),
    "clientHold",
)
STATUSES = (
    *CLIENT_STATUSES,
    *(f"server{what}Prohibited" for what in ("Delete", "Renew", "Transfer", "Update")),
    *(f"pending{what}" for what in ("Create", "Delete", "Renew", "Transfer", "Update")),
    *("serverHold", "inactive", "ok"),
)
# The marker of RFC 8807 for a password that stands in the extension, and no password itself.
PASSWORD_ELSEWHERE = "[LOGIN-SECURITY]"  # noqa: S105 # nosec B105


@dataclass(frozen=True)
class Request:
    """A command: its name, the element that says what it is about, and its extensions."""

    name: str
    body: Element
    extensions: tuple[Element, ...]


@dataclass(frozen=True)
class LoginRequest:
    """What a login says (RFC 5730, section 2.9.1.1), passwords taken from wherever they stand (RFC 8807)."""

    client_id: str
    password: str = field(repr=False)
    new_password: str | None = field(repr=False)
    version: str
    lang: str
    object_uris: tuple[str, ...]
    extension_uris: tuple[str, ...]


@dataclass(frozen=True)
class Parts:
    """What an update adds to a domain or removes from it, DNSSEC data apart (RFC 5731, section 3.2.5)."""

    name_servers: tuple[str, ...] = ()
    contacts: tuple[tuple[str, str], ...] = ()
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True)
class DomainUpdate:
    """What an update asks for, DNSSEC data apart. ``registrant`` and ``auth_info`` are None where they stay."""

    name: str
    add: Parts = Parts()
    remove: Parts = Parts()
    registrant: str | None = None
    auth_info: str | None = field(default=None, repr=False)

    @property
    def is_empty(self) -> bool:
        """True when it asks for nothing."""
        return self == DomainUpdate(self.name)


def is_hello(root: Element) -> bool:
    """True when the frame asks for the greeting (RFC 5730, section 2.3)."""
    return [child.tag for child in root] == [f"{{{EPP}}}hello"]


def transaction_id(root: Element) -> str | None:
    """Returns the client transaction id of a command, even of one that is wrong otherwise; None when it has none."""
    for command in xml.children(root, EPP, "command"):
        for found in xml.children(command, EPP, "clTRID"):
            written = " ".join((found.text or "").split())
            return written if 3 <= len(written) <= 64 else None
    return None


def read(root: Element) -> Request:
    """Returns the command of a frame; refuses what is no command or none that this server carries out."""
    if _has_stray_text(root):
        raise refusals.Misbuilt(complaint="Text stands between the elements of the command.")
    parts = sequence(root, EPP, "command?", "extension?")
    if parts["extension"]:
        raise refusals.ExtensionNotOffered(uri=", ".join(xml.namespace(child) for child in parts["extension"][0]))
    if not parts["command"]:
        raise refusals.Misbuilt(complaint="The frame holds no command.")
    command = parts["command"][0]
    name = xml.local_name(command[0]) if len(command) and xml.namespace(command[0]) == EPP else ""
    if name in NOT_OFFERED:
        raise refusals.CommandNotOffered(name=name)
    if name not in COMMANDS:
        raise refusals.UnknownCommand(name=name or "without a name")
    parts = sequence(command, EPP, name, "extension?", "clTRID?")
    if parts["clTRID"] and transaction_id(root) is None:
        raise refusals.Misbuilt(complaint="A clTRID has 3 to 64 characters.")
    body = parts[name][0]
    if name in OBJECT_COMMANDS:
        body = _object(body, name)
    return Request(name, body, tuple(child for extension in parts["extension"] for child in extension))


def read_login(request: Request) -> LoginRequest:
    """Returns what a login says, or refuses its form."""
    parts = sequence(request.body, EPP, "clID", "pw", "newPW?", "options", "svcs")
    options = sequence(parts["options"][0], EPP, "version", "lang")
    services = sequence(parts["svcs"][0], EPP, "objURI+", "svcExtension?")
    extensions = [uri for found in services["svcExtension"] for uri in sequence(found, EPP, "extURI+")["extURI"]]
    apart: dict[str, list[Element]] = {}
    for extension in request.extensions:
        if extension.tag != f"{{{LOGIN_SECURITY}}}loginSec":
            raise refusals.ExtensionNotOffered(uri=xml.namespace(extension))
        apart = sequence(extension, LOGIN_SECURITY, "userAgent?", "pw?", "newPW?")
        if apart["userAgent"]:
            sequence(apart["userAgent"][0], LOGIN_SECURITY, "app?", "tech?", "os?")

    def password(name: str) -> str | None:
        written = [xml.token(found) for found in parts[name]]
        if written == [PASSWORD_ELSEWHERE]:
            if not apart.get(name):
                raise refusals.PasswordMissing(name=name)
            written = [xml.token(apart[name][0])]
            if name == "newPW" and len(written[0]) < 6:
                raise refusals.ValueMalformed(complaint="A new password has at least 6 characters.")
            return written[0]
        if apart.get(name):
            # RFC 8807, section 3.1: the element is only used where the marker stands for it.
            raise refusals.Misbuilt(complaint=f"{name} of the login security extension is used with its marker only.")
        if name == "newPW" and written and not 6 <= len(written[0]) <= 16:
            raise refusals.ValueMalformed(complaint="A new password has 6 to 16 characters.")
        return written[0] if written else None

    return LoginRequest(
        client_id=xml.token(parts["clID"][0]),
        password=password("pw") or "",
        new_password=password("newPW"),
        version=xml.token(options["version"][0]),
        lang=xml.token(options["lang"][0]),
        object_uris=tuple(xml.token(uri) for uri in services["objURI"]),
        extension_uris=tuple(xml.token(uri) for uri in extensions),
    )


def read_update(body: Element) -> DomainUpdate:
    """Returns what an update of a domain asks for, or refuses its form (RFC 5731, section 3.2.5)."""
    parts = sequence(body, DOMAIN, "name", "add?", "rem?", "chg?")
    registrant = auth_info = None
    for chg in parts["chg"]:
        changes = sequence(chg, DOMAIN, "registrant?", "authInfo?")
        registrant = next((xml.token(found) for found in changes["registrant"]), None)
        auth_info = authorization(changes["authInfo"], may_be_null=True)
    return DomainUpdate(
        domain_name(parts["name"][0]), _parts(parts["add"]), _parts(parts["rem"]), registrant, auth_info
    )


def authorization(found: list[Element], *, may_be_null: bool = False) -> str | None:
    """Returns the password that authInfo holds, empty for null; None when there is no authInfo."""
    if not found:
        return None
    kinds = sequence(found[0], DOMAIN, "pw?", "ext?", *(["null?"] if may_be_null else []))
    if [len(kind) for kind in kinds.values()].count(1) != 1:
        raise refusals.Misbuilt(complaint="authInfo holds one of its kinds.")
    if kinds["ext"]:
        raise refusals.OptionNotOffered(option="authorization information other than a password")
    return xml.token(kinds["pw"][0]) if kinds["pw"] else ""


def domain_name(element: Element) -> str:
    """Returns the name an element holds, in lower case, or refuses it."""
    name = xml.token(element).lower()
    if not 0 < len(name) <= 255:
        raise refusals.ValueMalformed(complaint="A domain name has 1 to 255 characters.")
    return name


def contact_id(element: Element) -> str:
    """Returns the contact's id an element holds, or refuses it."""
    written = xml.token(element)
    if not 3 <= len(written) <= 16:
        raise refusals.ValueMalformed(complaint="The id of a contact has 3 to 16 characters.")
    return written


def sequence(element: Element, ns: str, *parts: str) -> dict[str, list[Element]]:
    """Returns the children of an element by name, or refuses them when they are not as ``parts`` say.

    A part is a name, alone for exactly one, or with ? for none or one, * for any number, + for at least one.
    """
    children = list(element)
    found: dict[str, list[Element]] = {}
    for part in parts:
        name, often = part.rstrip("?*+"), part[-1]
        run = found[name] = []
        while children and children[0].tag == f"{{{ns}}}{name}" and (often in "*+" or not run):
            run.append(children.pop(0))
        if not run and often not in "?*":
            raise refusals.Misbuilt(complaint=f"{xml.local_name(element)} lacks {name}.")
    if children:
        complaint = f"{xml.local_name(children[0])} does not belong at this place of {xml.local_name(element)}."
        raise refusals.Misbuilt(complaint=complaint)
    return found


def _has_stray_text(root: Element) -> bool:
    """True when an element holds text beside elements, which the schemas allow nowhere in a command."""
    return any(
        (len(element) and element.text and not element.text.isspace()) or (element.tail and not element.tail.isspace())
        for element in root.iter()
    )


def _object(body: Element, name: str) -> Element:
    if len(body) != 1:
        raise refusals.Misbuilt(complaint=f"{name} concerns one object.")
    if xml.namespace(body[0]) not in (DOMAIN, HOST, CONTACT):
        raise refusals.ServiceNotOffered(uri=xml.namespace(body[0]) or "an object without a namespace")
    if name == "update" and xml.namespace(body[0]) != DOMAIN:
        raise refusals.CommandNotOffered(name="update of hosts and contacts")
    if xml.local_name(body[0]) != name:
        raise refusals.Misbuilt(complaint=f"{name} holds {xml.local_name(body[0])}.")
    return body[0]


def _parts(found: list[Element]) -> Parts:
    if not found:
        return Parts()
    parts = sequence(found[0], DOMAIN, "ns?", "contact*", "status*")
    servers: list[Element] = []
    for ns in parts["ns"]:
        kinds = sequence(ns, DOMAIN, "hostObj*", "hostAttr*")
        if kinds["hostAttr"]:
            raise refusals.OptionNotOffered(option="name servers as attributes; they are objects here")
        if not kinds["hostObj"]:
            raise refusals.Misbuilt(complaint="ns holds at least one hostObj.")
        servers = kinds["hostObj"]
    return Parts(
        tuple(domain_name(server) for server in servers),
        tuple((_contact_type(contact), contact_id(contact)) for contact in parts["contact"]),
        tuple(_status(status) for status in parts["status"]),
    )


def _contact_type(element: Element) -> str:
    written = element.get("type")
    if written is None:
        raise refusals.ContactTypeMissing
    if written not in CONTACT_TYPES:
        raise refusals.Misbuilt(complaint=f"A contact is of type {', '.join(CONTACT_TYPES)}.")
    return written


def _status(element: Element) -> str:
    written = element.get("s", "")
    if written not in STATUSES:
        raise refusals.Misbuilt(complaint="A status is none of RFC 5731, section 2.3.")
    return written
