"""Greetings and responses as values, read from XML: RFC 5730, sections 2.4 and 2.6, with the domain data of RFC 5731,
the secDNS data of RFC 5910 and the change data of RFC 8590. What a reader does not know is passed over, what
contradicts the RFC is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domains.epp import xml
from domains.epp.changepoll import ChangeData
from domains.epp.codes import ResultCode
from domains.epp.errors import BadValue, MalformedFrame
from domains.epp.loginsec import SecurityEvent
from domains.epp.secdns import SecDnsInfo
from domains.epp.xml import CHANGE_POLL, DOMAIN, EPP, LOGIN_SECURITY, SECDNS, Element

MOST_REASONS = 20
LONGEST_TEXT = 1000


@dataclass(frozen=True)
class Greeting:
    """What a server says first: who it is and what it offers (RFC 5730, section 2.4)."""

    server_id: str
    server_date: datetime
    versions: tuple[str, ...]
    languages: tuple[str, ...]
    object_uris: tuple[str, ...]
    extension_uris: tuple[str, ...]


@dataclass(frozen=True)
class MessageQueue:
    """How many messages wait and which is the oldest; date and text come with a poll answer only."""

    count: int
    id: str
    queued_at: datetime | None
    text: str | None


@dataclass(frozen=True)
class DomainInfo:
    """What a registry holds about a domain (RFC 5731, section 3.1.2). ``contacts`` are pairs of type and id;
    ``secdns`` is None when the registry sent no secDNS data."""

    name: str
    roid: str
    statuses: tuple[str, ...]
    registrant: str | None
    contacts: tuple[tuple[str, str], ...]
    name_servers: tuple[str, ...]
    sponsor: str
    created_at: datetime | None
    updated_at: datetime | None
    expires_at: datetime | None
    secdns: SecDnsInfo | None


@dataclass(frozen=True)
class PendingResult:
    """How an action that was pending ended; the transaction ids are those of the original command (RFC 5731,
    section 3.3). A server that leaves out ids or date is read all the same: what stands before it in the queue would
    otherwise never be acknowledged. ``sv_trid`` is then empty, ``date`` None."""

    name: str
    accepted: bool
    cl_trid: str | None
    sv_trid: str
    date: datetime | None


@dataclass(frozen=True)
class Response:
    """An answer to a command (RFC 5730, section 2.6). ``reasons`` holds every reason the server gave and what further
    results said, as bounded plain text; ``change`` comes with a poll message about a change that the registry made,
    ``events`` with the answer to a login."""

    code: ResultCode
    message: str
    lang: str
    reasons: tuple[str, ...]
    cl_trid: str | None
    sv_trid: str
    queue: MessageQueue | None
    domain: DomainInfo | None
    pending: PendingResult | None
    change: ChangeData | None = None
    events: tuple[SecurityEvent, ...] = ()


def parse_greeting(frame: bytes) -> Greeting:
    """Reads a greeting; raises MalformedFrame on anything else."""
    greeting = xml.required(xml.parse(frame), EPP, "greeting")
    menu = xml.required(greeting, EPP, "svcMenu")
    extension = xml.child(menu, EPP, "svcExtension")
    return Greeting(
        server_id=_text(greeting, EPP, "svID"),
        server_date=xml.moment(xml.required(greeting, EPP, "svDate")),
        versions=_texts(menu, "version"),
        languages=_texts(menu, "lang"),
        object_uris=_texts(menu, "objURI"),
        extension_uris=() if extension is None else _texts(extension, "extURI"),
    )


def parse_response(frame: bytes) -> Response:
    """Reads a response; raises MalformedFrame on anything else and on codes the RFC does not know."""
    response = xml.required(xml.parse(frame), EPP, "response")
    results = list(xml.children(response, EPP, "result"))
    if not results:
        raise MalformedFrame("The response has no result.")
    codes = [_code(result) for result in results]
    if len(codes) > 1 and any(code.is_success for code in codes):
        raise MalformedFrame("The response bears a success beside another result.")
    message = xml.required(results[0], EPP, "msg")
    transaction = xml.required(response, EPP, "trID")
    queue = xml.child(response, EPP, "msgQ")
    data = xml.child(response, EPP, "resData")
    info = None if data is None else xml.child(data, DOMAIN, "infData")
    pending = None if data is None else xml.child(data, DOMAIN, "panData")
    extension = xml.child(response, EPP, "extension")
    change = None if extension is None else xml.child(extension, CHANGE_POLL, "changeData")
    security = None if extension is None else xml.child(extension, LOGIN_SECURITY, "loginSecData")
    return Response(
        code=codes[0],
        message=xml.text_of(message)[:LONGEST_TEXT],
        lang=message.get("lang", "en"),
        reasons=tuple(_reasons(results))[:MOST_REASONS],
        cl_trid=_optional(transaction, EPP, "clTRID"),
        sv_trid=_text(transaction, EPP, "svTRID"),
        queue=None if queue is None else _queue(queue),
        domain=None if info is None else _domain(info, extension),
        pending=None if pending is None else _pending(pending),
        change=None if change is None else ChangeData.from_xml(change),
        events=() if security is None else SecurityEvent.all_from_xml(security),
    )


def _code(result: Element) -> ResultCode:
    xml.required(result, EPP, "msg")
    written = result.get("code", "")
    try:
        return ResultCode(int(written))  # type: ignore[call-arg]
    except ValueError as trouble:
        raise BadValue("The response bears a result code that RFC 5730 does not know.") from trouble


def _reasons(results: list[Element]) -> Iterator[str]:
    for place, result in enumerate(results):
        if place:
            yield xml.text_of(xml.required(result, EPP, "msg"))[:LONGEST_TEXT]
        for value in xml.children(result, EPP, "extValue"):
            yield xml.text_of(xml.required(value, EPP, "reason"))[:LONGEST_TEXT]


def _queue(element: Element) -> MessageQueue:
    date, message = xml.child(element, EPP, "qDate"), xml.child(element, EPP, "msg")
    count, message_id = element.get("count", ""), element.get("id", "")
    if not (count.isascii() and count.isdigit() and len(count) <= 20 and 0 < len(message_id) <= 255):
        raise BadValue("msgQ lacks a count or an id.")
    return MessageQueue(
        count=int(count),
        id=message_id,
        queued_at=None if date is None else xml.moment(date),
        text=None if message is None else xml.text_of(message)[:LONGEST_TEXT],
    )


def _domain(info: Element, extension: Element | None) -> DomainInfo:
    servers = xml.child(info, DOMAIN, "ns")
    secdns = None if extension is None else xml.child(extension, SECDNS, "infData")
    return DomainInfo(
        name=_text(info, DOMAIN, "name").lower(),
        roid=_text(info, DOMAIN, "roid"),
        statuses=tuple(status.get("s", "") for status in xml.children(info, DOMAIN, "status")),
        registrant=_optional(info, DOMAIN, "registrant"),
        contacts=tuple((found.get("type", ""), xml.token(found)) for found in xml.children(info, DOMAIN, "contact")),
        name_servers=() if servers is None else tuple(_name_servers(servers)),
        sponsor=_text(info, DOMAIN, "clID"),
        created_at=_optional_moment(info, "crDate"),
        updated_at=_optional_moment(info, "upDate"),
        expires_at=_optional_moment(info, "exDate"),
        secdns=None if secdns is None else SecDnsInfo.from_xml(secdns),
    )


def _name_servers(servers: Element) -> Iterator[str]:
    for host in xml.children(servers, DOMAIN, "hostObj"):
        yield xml.token(host).lower()
    for attributes in xml.children(servers, DOMAIN, "hostAttr"):
        yield _text(attributes, DOMAIN, "hostName").lower()


def _pending(element: Element) -> PendingResult:
    name = xml.required(element, DOMAIN, "name")
    transaction = xml.child(element, DOMAIN, "paTRID")
    return PendingResult(
        name=xml.token(name).lower(),
        accepted=xml.boolean(name.get("paResult", "")),
        cl_trid=None if transaction is None else _optional(transaction, EPP, "clTRID"),
        sv_trid="" if transaction is None else _text(transaction, EPP, "svTRID"),
        date=_optional_moment(element, "paDate"),
    )


def _text(element: Element, ns: str, name: str) -> str:
    return xml.text(xml.required(element, ns, name))


def _optional(element: Element, ns: str, name: str) -> str | None:
    found = xml.child(element, ns, name)
    return None if found is None else xml.text(found)


def _optional_moment(element: Element, name: str) -> datetime | None:
    found = xml.child(element, DOMAIN, name)
    return None if found is None else xml.moment(found)


def _texts(element: Element, name: str) -> tuple[str, ...]:
    return tuple(xml.token(found) for found in xml.children(element, EPP, name))
