"""What the commands do, one flow each, in the order of the RFC's prose: domain commands (RFC 5731), secDNS updates
(RFC 5910), poll (RFC 5730, section 2.9.2.3), and the decisions on what was left pending. A flow runs inside one
transaction of the store; a refusal undoes all of it."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

from domains.epp import xml
from domains.epp.codes import ResultCode
from domains.epp.responses import MessageQueue, PendingResult
from domains.epp.secdns import DsData, KeyData, Record, SecDnsInfo, SecDnsUpdate
from domains.epp.xml import DOMAIN, SECDNS, Element
from domains.mockregistry import answers, changes, linked_objects, refusals
from domains.mockregistry.answers import Reply
from domains.mockregistry.changes import LOCK
from domains.mockregistry.occasions import Account, Occasion
from domains.mockregistry.policy import TldPolicy
from domains.mockregistry.requests import (
    Request,
    authorization,
    domain_name,
    read,
    read_update,
    sequence,
)
from domains.mockregistry.store import HeldDomain, PendingChange, Store

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_REASON = 32  # The schema of chkData allows no more.


def check(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Says which names are free (RFC 5731, section 3.1.1)."""
    if xml.namespace(request.body) != DOMAIN:
        return linked_objects.check(store, request)
    names = [domain_name(element) for element in sequence(request.body, DOMAIN, "name+")["name"]]

    def taken(name: str) -> str | None:
        policy = _policy(store, occasion.account, name)
        if policy is None:
            return "No TLD of this server"
        if not LABEL.fullmatch(name.removesuffix(f".{policy.name}")):
            return f"Not one label below .{policy.name}"[:LONGEST_REASON]
        return "In use" if store.domain(name) else None

    return Reply(ResultCode.DONE, data=answers.checked(xml.domain, "name", [(name, taken(name)) for name in names]))


def info(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Tells what is held about a domain, also to who does not sponsor it (RFC 5731, section 3.1.2).

    The authorization information is for the sponsor and for who gives it. DNSSEC data comes along when secDNS was
    announced at login and there is any (RFC 5910, section 5.1.2).
    """
    if xml.namespace(request.body) != DOMAIN:
        return linked_objects.info(store, occasion, request)
    parts = sequence(request.body, DOMAIN, "name", "authInfo?")
    hosts = parts["name"][0].get("hosts", "all")
    if hosts not in ("all", "del", "sub", "none"):
        raise refusals.Misbuilt(complaint="hosts is all, del, sub or none.")
    domain = _domain(store, occasion.account, domain_name(parts["name"][0]))
    # Clients that always send the element leave it empty when they have nothing to give.
    given = authorization(parts["authInfo"]) or None
    if given is not None and given != domain.auth_info:
        raise refusals.WrongAuthInfo(name=domain.name)
    data = answers.domain_info(
        domain,
        servers=hosts in ("all", "del"),
        below=store.hosts_below(domain.name) if hosts in ("all", "sub") else (),
        auth_info=given is not None or domain.sponsor == occasion.account.registrar_id,
    )
    announced = SECDNS in occasion.account.extension_uris
    return Reply(ResultCode.DONE, data=data, extensions=held_records(store, domain) if announced else ())


def held_records(store: Store, domain: HeldDomain) -> tuple[Element, ...]:
    """Returns the secDNS infData of a domain, nothing when it has no records (RFC 5910, section 5.1.2)."""
    records = store.records(domain)
    if not records:
        return ()
    held = SecDnsInfo(
        ds=tuple(record for record in records if isinstance(record, DsData)),
        keys=tuple(record for record in records if isinstance(record, KeyData)),
        max_sig_life=domain.max_sig_life,
    )
    return (held.to_xml(),)


def update(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Changes a domain and its DNSSEC data (RFC 5731, section 3.2.5; RFC 5910, section 5.2.5), at once or pending."""
    asked = read_update(request.body)
    domain = _domain(store, occasion.account, asked.name)
    if domain.sponsor != occasion.account.registrar_id:
        raise refusals.NotTheSponsor(name=domain.name)
    changes.check_allowed(domain, asked)
    secdns = _asked_records(request, store.policies()[domain.tld], occasion.account)
    if asked.is_empty and secdns is None:
        raise refusals.NothingToDo
    after, records = changes.changed(store, domain, asked, secdns)
    if domain.decide is None:
        write(store, after, records, occasion.account.registrar_id, occasion.now)
        return Reply(ResultCode.DONE)
    if secdns is not None and secdns.urgent:
        raise refusals.UrgentNotPossible(name=domain.name)
    pending = PendingChange(
        domain.name,
        domain.decide,
        occasion.account.registrar_id,
        xml.write(request.body.getroottree().getroot()),
        occasion.cl_trid,
        occasion.sv_trid,
    )
    store.add_pending(pending, occasion.now + timedelta(seconds=domain.decide_after))
    # A lock that the change lifts goes out of sight until the decision: it may not stand beside pendingUpdate.
    store.set_statuses(domain.name, (*(status for status in domain.statuses if status != LOCK), "pendingUpdate"))
    return Reply(ResultCode.DONE_PENDING)


def write(store: Store, domain: HeldDomain, records: tuple[Record, ...] | None, by: str, now: datetime) -> None:
    """Writes a domain as a change made it, and its records unless they are None."""
    store.write_domain(replace(domain, updater=by, updated=now))
    if records is not None:
        store.replace_records(domain, records, by, now)


def poll(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Shows the oldest message or takes it off the queue (RFC 5730, section 2.9.2.3)."""
    registrar_id = occasion.account.registrar_id
    sequence(request.body, xml.EPP)
    oldest = store.oldest_message(registrar_id)
    match request.body.get("op"), request.body.get("msgID"):
        case "req", _:
            if oldest is None:
                return Reply(ResultCode.NO_MESSAGES)
            extension = [] if oldest.extension is None else xml.parse_fragment(oldest.extension)
            return Reply(
                ResultCode.ACK_TO_DEQUEUE,
                data=xml.parse_fragment(oldest.data),
                # RFC 8590, section 2: who did not announce an extension is not sent it.
                extensions=tuple(part for part in extension if xml.namespace(part) in occasion.account.extension_uris),
                queue=MessageQueue(store.count_messages(registrar_id), str(oldest.id), oldest.queued, oldest.text),
            )
        case "ack", None:
            raise refusals.NoMessageId
        case "ack", str(message_id):
            if oldest is None or not store.has_message(registrar_id, message_id):
                raise refusals.NoSuchMessage(id=message_id)
            if message_id != str(oldest.id):
                raise refusals.NotTheOldestMessage(id=oldest.id)
            store.delete_message(oldest.id)
            queue = MessageQueue(store.count_messages(registrar_id), message_id, None, None)
            return Reply(ResultCode.DONE, queue=queue)
    raise refusals.Misbuilt(complaint="op of poll is req or ack.")


def logout(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Ends the session (RFC 5730, section 2.9.1.2)."""
    sequence(request.body, xml.EPP)
    return Reply(ResultCode.ENDING_SESSION)


def waiting(store: Store, registrar_id: str) -> MessageQueue | None:
    """Returns what any answer says of a queue that is not empty (RFC 5730, section 2.6)."""
    oldest = store.oldest_message(registrar_id)
    if oldest is None:
        return None
    return MessageQueue(store.count_messages(registrar_id), str(oldest.id), None, None)


def decide_due(store: Store, now: datetime) -> None:
    """Decides on the pending changes whose time has come, and tells their registrars (RFC 5731, section 3.3)."""
    for pending in store.take_due(now):
        domain = store.domain(pending.domain)
        if domain is None:
            continue
        text = _decide(store, pending, domain, now)
        if pending.decide != "silent":
            accepted = text is None
            result = PendingResult(domain.name, accepted, pending.cl_trid, pending.sv_trid, now)
            data = xml.write(answers.pending_result(result))
            store.add_message(pending.registrar_id, text or "The pending update was carried out.", data, now)


def _decide(store: Store, pending: PendingChange, domain: HeldDomain, now: datetime) -> str | None:
    """Carries a pending change out, or returns why not. What was possible when it was asked may no longer be."""
    request = read(xml.parse(pending.change))
    asked = read_update(request.body)
    hidden = [LOCK] if LOCK in asked.remove.statuses else []
    statuses = tuple(status for status in domain.statuses if status != "pendingUpdate")
    domain = replace(domain, statuses=(*hidden, *statuses))
    store.set_statuses(domain.name, domain.statuses)
    if pending.decide == "reject":
        return "The pending update was rejected by the registry."
    secdns = SecDnsUpdate.from_xml(request.extensions[0]) if request.extensions else None
    try:
        after, records = changes.changed(store, domain, asked, secdns)
    except refusals.Refusal as refusal:
        return f"The pending update was not possible: {refusal.reason}"
    write(store, after, records, pending.registrar_id, now)
    return None


def _policy(store: Store, account: Account, name: str) -> TldPolicy | None:
    """The policy of the longest TLD that fits the name, of those that the account sees."""
    labels = name.split(".")
    for start in range(1, len(labels)):
        policy = store.policies().get(".".join(labels[start:]))
        if policy is not None:
            return policy if policy.registry in account.registries else None
    return None


def _domain(store: Store, account: Account, name: str) -> HeldDomain:
    domain = store.domain(name)
    if domain is None or store.policies()[domain.tld].registry not in account.registries:
        raise refusals.NoSuchDomain(name=name)
    return domain


def _asked_records(request: Request, policy: TldPolicy, account: Account) -> SecDnsUpdate | None:
    """Reads the secDNS part of an update, None when it has none, and refuses the options that the TLD lacks."""
    if not request.extensions:
        return None
    if not policy.dnssec:
        raise refusals.NoDnssec(tld=policy.name)
    if SECDNS not in account.extension_uris:
        raise refusals.NotAnnounced(uri=SECDNS)
    if [xml.local_name(extension) for extension in request.extensions] != ["update"]:
        raise refusals.Misbuilt(complaint="An update is extended by one secDNS update.")
    element = request.extensions[0]
    change = SecDnsUpdate.from_xml(element)
    if not any(len(part) for part in element):
        raise refusals.NothingToDo
    if change.urgent and not policy.urgent:
        raise refusals.OptionNotOffered(option="urgent")
    if change.max_sig_life is not None and not policy.max_sig_life:
        raise refusals.OptionNotOffered(option="maxSigLife")
    return change
