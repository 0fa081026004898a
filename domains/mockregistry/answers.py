"""Writes what the registry says: greeting, responses and the data in them of domains (RFC 5730, sections 2.4 and 2.6;
RFC 5731), of hosts (RFC 5732) and contacts (RFC 5733). What old clients read without asking whether it is there is
always sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from domains.epp import xml
from domains.epp.codes import ResultCode
from domains.epp.responses import MessageQueue, PendingResult
from domains.epp.xml import CHANGE_POLL, CONTACT, DOMAIN, HOST, LOGIN_SECURITY, SECDNS, Element, Maker
from domains.mockregistry.store import HeldContact, HeldDomain, HeldHost

SERVER_ID = "Mock registry"
OBJECT_URIS = (DOMAIN, HOST, CONTACT)


@dataclass(frozen=True)
class Reply:
    """What a command comes to, before it is written as a response."""

    code: ResultCode
    reason: str | None = None
    data: Element | None = None
    extensions: tuple[Element, ...] = ()
    queue: MessageQueue | None = None


def extension_uris(*, secdns: bool) -> tuple[str, ...]:
    """Returns the extensions that are offered; secDNS only where some TLD supports it."""
    return (*([SECDNS] if secdns else []), LOGIN_SECURITY, CHANGE_POLL)


def greeting(now: datetime, *, secdns: bool) -> bytes:
    """Returns the greeting's octets."""
    e = xml.epp
    menu = e(
        "svcMenu",
        e("version", "1.0"),
        e("lang", "en"),
        *(e("objURI", uri) for uri in OBJECT_URIS),
        e("svcExtension", *(e("extURI", uri) for uri in extension_uris(secdns=secdns))),
    )
    statement = e(
        "statement",
        e("purpose", e("admin"), e("prov")),
        e("recipient", e("ours"), e("public")),
        e("retention", e("stated")),
    )
    policy = e("dcp", e("access", e("all")), statement)
    body = e("greeting", e("svID", SERVER_ID), e("svDate", xml.timestamp(now)), menu, policy)
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
    if reply.extensions:
        body.append(e("extension", *reply.extensions))
    body.append(e("trID", *([] if cl_trid is None else [e("clTRID", cl_trid)]), e("svTRID", sv_trid)))
    return xml.write(e("epp", body))


def checked(make: Maker, identity: str, names: Iterable[tuple[str, str | None]]) -> Element:
    """Returns chkData for pairs of a name and the reason why it is taken, None when it is free. ``make`` makes the
    elements of the kind of object, ``identity`` is what names one."""
    data = make("chkData")
    for name, reason in names:
        found = make("cd", make(identity, name, avail="0" if reason else "1"))
        if reason:
            found.append(make("reason", reason))
        data.append(found)
    return data


def domain_info(domain: HeldDomain, *, servers: bool, below: tuple[str, ...], auth_info: bool) -> Element:
    """Returns infData for a domain (RFC 5731, section 3.1.2), with its name servers when ``servers`` is true, the hosts
    that lie ``below`` it, and its authorization information when ``auth_info`` is true."""
    d = xml.domain
    data = d("infData", d("name", domain.name), d("roid", domain.roid))
    data.extend(d("status", s=status) for status in domain.statuses or ("ok",))
    data.append(d("registrant", domain.registrant))
    data.extend(d("contact", contact, type=kind) for kind, contact in domain.contacts)
    if servers and domain.name_servers:
        data.append(d("ns", *(d("hostObj", name) for name in domain.name_servers)))
    data.extend(d("host", name) for name in below)
    data.append(d("clID", domain.sponsor))
    data.append(d("crID", domain.creator))
    data.append(d("crDate", xml.timestamp(domain.created)))
    data.append(d("upID", domain.updater))
    data.append(d("upDate", xml.timestamp(domain.updated)))
    data.append(d("exDate", xml.timestamp(domain.expires)))
    if auth_info and domain.auth_info:
        data.append(d("authInfo", d("pw", domain.auth_info)))
    return data


def host_info(host: HeldHost, *, linked: bool) -> Element:
    """Returns infData for a name server (RFC 5732, section 3.1.2)."""
    h = xml.host
    return h(
        "infData",
        h("name", host.name),
        h("roid", host.roid),
        h("status", s="ok"),
        *([h("status", s="linked")] if linked else []),
        *(h("addr", address, ip="v6" if ":" in address else "v4") for address in host.addresses),
        h("clID", host.sponsor),
        h("crID", host.sponsor),
        h("crDate", xml.timestamp(host.created)),
    )


def contact_info(contact: HeldContact, *, linked: bool) -> Element:
    """Returns infData for a contact (RFC 5733, section 3.1.2). Nothing is known of where it lives; the schema wants a
    city and a country all the same, and ZZ is no country's code.
    Some clients fail without a telephone number, which may be empty."""
    c = xml.contact
    postal = c("postalInfo", c("name", contact.name), type="int")
    if contact.organization:
        postal.append(c("org", contact.organization))
    postal.append(c("addr", c("city", "Not told"), c("cc", "ZZ")))
    return c(
        "infData",
        c("id", contact.id),
        c("roid", contact.roid),
        c("status", s="ok"),
        *([c("status", s="linked")] if linked else []),
        postal,
        c("voice"),
        c("email", contact.email),
        c("clID", contact.sponsor),
        c("crID", contact.sponsor),
        c("crDate", xml.timestamp(contact.created)),
    )


def pending_result(result: PendingResult) -> Element:
    """Returns panData, which names the transaction ids of the original command (RFC 5731, section 3.3)."""
    d = xml.domain
    first = [] if result.cl_trid is None else [xml.epp("clTRID", result.cl_trid)]
    return d(
        "panData",
        d("name", result.name, paResult="1" if result.accepted else "0"),
        d("paTRID", *first, xml.epp("svTRID", result.sv_trid)),
        *([] if result.date is None else [d("paDate", xml.timestamp(result.date))]),
    )


def _queue(queue: MessageQueue) -> Element:
    element = xml.epp("msgQ", count=str(queue.count), id=queue.id)
    if queue.queued_at is not None:
        element.append(xml.epp("qDate", xml.timestamp(queue.queued_at)))
    if queue.text is not None:
        element.append(xml.epp("msg", queue.text))
    return element
