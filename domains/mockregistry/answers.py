"""Writes what the registry says: greeting, responses and the domain data in them (RFC 5730, sections 2.4 and 2.6;
RFC 5731). What old clients read without asking whether it is there is always sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domains.epp import xml
from domains.epp.codes import ResultCode
from domains.epp.responses import MessageQueue, PendingResult
from domains.epp.xml import DOMAIN, LOGIN_SECURITY, SECDNS, Element
from domains.mockregistry.store import HeldDomain

SERVER_ID = "Mock registry"


@dataclass(frozen=True)
class Reply:
    """What a command comes to, before it is written as a response."""

    code: ResultCode
    reason: str | None = None
    data: Element | None = None
    extension: Element | None = None
    queue: MessageQueue | None = None


def greeting(now: datetime, *, secdns: bool) -> bytes:
    """Returns the greeting's octets; secDNS is announced only where some TLD supports it."""
    extensions = (*([SECDNS] if secdns else []), LOGIN_SECURITY)
    e = xml.epp
    menu = e(
        "svcMenu",
        e("version", "1.0"),
        e("lang", "en"),
        e("objURI", DOMAIN),
        e("svcExtension", *(e("extURI", uri) for uri in extensions)),
    )
    statement = e(
        "statement",
        e("purpose", e("admin"), e("prov")),
        e("recipient", e("ours"), e("public")),
        e("retention", e("stated")),
    )
    policy = e("dcp", e("access", e("all")), statement)
    body = e("greeting", e("svID", SERVER_ID), e("svDate", timestamp(now)), menu, policy)
    return xml.write(e("epp", body))


def response(reply: Reply, cl_trid: str | None, sv_trid: str) -> bytes:
    """Returns a response's octets."""
    e = xml.epp
    result = e("result", e("msg", reply.code.text), code=str(int(reply.code)))
    if reply.reason is not None:
        # The schema wants one element in a value; this one says that no value is given.
        result.append(e("extValue", e("value", e("undef")), e("reason", reply.reason)))
    body = e("response", result)
    if reply.queue is not None:
        body.append(_queue(reply.queue))
    if reply.data is not None:
        body.append(e("resData", reply.data))
    if reply.extension is not None:
        body.append(e("extension", reply.extension))
    body.append(e("trID", *([] if cl_trid is None else [e("clTRID", cl_trid)]), e("svTRID", sv_trid)))
    return xml.write(e("epp", body))


def checked(names: Iterable[tuple[str, str | None]]) -> Element:
    """Returns chkData for pairs of a name and the reason why it is taken, None when it is free."""
    d = xml.domain
    data = d("chkData")
    for name, reason in names:
        found = d("cd", d("name", name, avail="0" if reason else "1"))
        if reason:
            found.append(d("reason", reason))
        data.append(found)
    return data


def domain_info(domain: HeldDomain, *, hosts: bool) -> Element:
    """Returns infData for a domain, with its name servers when ``hosts`` is true."""
    d = xml.domain
    data = d("infData", d("name", domain.name), d("roid", domain.roid))
    data.extend(d("status", s=status) for status in domain.statuses or ("ok",))
    data.append(d("registrant", domain.registrant))
    data.extend(d("contact", contact, type=kind) for kind, contact in domain.contacts)
    if hosts and domain.name_servers:
        data.append(d("ns", *(d("hostObj", name) for name in domain.name_servers)))
    data.append(d("clID", domain.sponsor))
    data.append(d("crID", domain.creator))
    data.append(d("crDate", timestamp(domain.created)))
    data.append(d("upID", domain.updater))
    data.append(d("upDate", timestamp(domain.updated)))
    data.append(d("exDate", timestamp(domain.expires)))
    return data


def pending_result(result: PendingResult) -> Element:
    """Returns panData, which names the transaction ids of the original command (RFC 5731, section 3.3)."""
    d = xml.domain
    first = [] if result.cl_trid is None else [xml.epp("clTRID", result.cl_trid)]
    return d(
        "panData",
        d("name", result.name, paResult="1" if result.accepted else "0"),
        d("paTRID", *first, xml.epp("svTRID", result.sv_trid)),
        d("paDate", timestamp(result.date)),
    )


def timestamp(moment: datetime) -> str:
    """Returns a UTC date and time as RFC 5730, section 2.4, writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def _queue(queue: MessageQueue) -> Element:
    element = xml.epp("msgQ", count=str(queue.count), id=queue.id)
    if queue.queued_at is not None:
        element.append(xml.epp("qDate", timestamp(queue.queued_at)))
    if queue.text is not None:
        element.append(xml.epp("msg", queue.text))
    return element
