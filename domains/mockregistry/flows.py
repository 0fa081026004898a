"""What the commands do, one flow each, in the order of the RFC's prose: domain commands (RFC 5731), secDNS updates
(RFC 5910), poll (RFC 5730, section 2.9.2.3), and the decisions on what was left pending. A flow runs inside one
transaction of the store; a refusal undoes all of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domains.epp import xml
from domains.epp.codes import ResultCode
from domains.epp.responses import MessageQueue, PendingResult
from domains.epp.secdns import DsData, KeyData, Record, SecDnsInfo, SecDnsUpdate
from domains.epp.xml import DOMAIN, SECDNS
from domains.mockregistry import answers, refusals
from domains.mockregistry.answers import Reply
from domains.mockregistry.policy import TldPolicy, describe
from domains.mockregistry.requests import Request, domain_name, sequence
from domains.mockregistry.store import HeldDomain, PendingChange, Store

PROHIBITING = ("pendingUpdate", "pendingDelete", "clientUpdateProhibited", "serverUpdateProhibited")


@dataclass(frozen=True)
class Account:
    """Who is logged in: the registrar, the registries that know it, and the extensions it announced."""

    registrar_id: str
    registries: frozenset[str]
    extension_uris: tuple[str, ...]


@dataclass(frozen=True)
class Occasion:
    """What a flow may need to know beside its command: who asks, when, and the names of the transaction."""

    account: Account
    now: datetime
    cl_trid: str | None
    sv_trid: str


def check(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Says which names are free (RFC 5731, section 3.1.1)."""
    names = [domain_name(element) for element in sequence(request.body, DOMAIN, "name+")["name"]]

    def taken(name: str) -> str | None:
        if _policy(store, occasion.account, name) is None:
            return "No TLD of this server"
        return "In use" if store.domain(name) else None

    return Reply(ResultCode.DONE, data=answers.checked((name, taken(name)) for name in names))


def info(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Tells what is held about a domain, also to who does not sponsor it (RFC 5731, section 3.1.2).

    Its DNSSEC data comes along when secDNS was announced at login and there is any (RFC 5910, section 5.1.2).
    """
    name = sequence(request.body, DOMAIN, "name", "authInfo?")["name"][0]
    domain = _domain(store, occasion.account, domain_name(name))
    records = store.records(domain) if SECDNS in occasion.account.extension_uris else ()
    held = SecDnsInfo(
        ds=tuple(record for record in records if isinstance(record, DsData)),
        keys=tuple(record for record in records if isinstance(record, KeyData)),
    )
    return Reply(
        ResultCode.DONE,
        data=answers.domain_info(domain, hosts=name.get("hosts", "all") in ("all", "del")),
        extension=held.to_xml() if records else None,
    )


def update(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Changes the DNSSEC data of a domain (RFC 5731, section 3.2.5; RFC 5910, section 5.2.5), at once or pending."""
    parts = sequence(request.body, DOMAIN, "name", "add?", "rem?", "chg?")
    domain = _domain(store, occasion.account, domain_name(parts["name"][0]))
    if domain.sponsor != occasion.account.registrar_id:
        raise refusals.NotTheSponsor(name=domain.name)
    for status in PROHIBITING:
        if status in domain.statuses:
            raise refusals.StatusProhibits(name=domain.name, status=status)
    if any(len(element) for part in ("add", "rem", "chg") for element in parts[part]):
        raise refusals.OptionNotOffered(option="changes of name servers, contacts, statuses or authorization")
    policy = store.policies()[domain.tld]
    change = _asked_change(request, policy, occasion.account)
    records = changed(store.records(domain), change, policy, domain.name)
    if domain.decide is None:
        store.replace_records(domain, records, occasion.account.registrar_id, occasion.now)
        return Reply(ResultCode.DONE)
    octets = xml.write(change.to_xml())
    pending = PendingChange(
        domain.name, domain.decide, occasion.account.registrar_id, octets, occasion.cl_trid, occasion.sv_trid
    )
    store.add_pending(pending, occasion.now + timedelta(seconds=domain.decide_after))
    store.set_statuses(domain.name, (*domain.statuses, "pendingUpdate"))
    return Reply(ResultCode.DONE_PENDING)


def poll(store: Store, occasion: Occasion, request: Request) -> Reply:
    """Shows the oldest message or takes it off the queue (RFC 5730, section 2.9.2.3)."""
    registrar_id = occasion.account.registrar_id
    sequence(request.body, xml.EPP)
    oldest = store.oldest_message(registrar_id)
    match request.body.get("op"), request.body.get("msgID"):
        case "req", _:
            if oldest is None:
                return Reply(ResultCode.NO_MESSAGES)
            count = store.count_messages(registrar_id)
            return Reply(
                ResultCode.ACK_TO_DEQUEUE,
                data=answers.pending_result(oldest.result),
                queue=MessageQueue(count, str(oldest.id), oldest.queued, oldest.text),
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
        store.set_statuses(domain.name, tuple(status for status in domain.statuses if status != "pendingUpdate"))
        text = _decide(store, pending, domain, now)
        if pending.decide != "silent":
            accepted = text is None
            result = PendingResult(domain.name, accepted, pending.cl_trid, pending.sv_trid, now)
            store.add_message(pending.registrar_id, text or "The pending update was carried out.", result, now)


def changed(held: tuple[Record, ...], change: SecDnsUpdate, policy: TldPolicy, name: str) -> tuple[Record, ...]:
    """Returns the records after a change: first removals, then additions (RFC 5910, section 5.2.5), or refuses it."""
    for record in (*change.remove, *change.add):
        policy.check_interface(record)
    records = [] if change.remove_all else list(held)
    for record in change.remove:
        if record not in records:
            raise refusals.RecordAbsent(record=describe(record), name=name)
        records.remove(record)
    for record in change.add:
        policy.check_addition(record, name)
        if record in records:
            raise refusals.RecordPresent(record=describe(record), name=name)
        records.append(record)
    if change.add:
        policy.check_count(len(records))
    return tuple(records)


def _decide(store: Store, pending: PendingChange, domain: HeldDomain, now: datetime) -> str | None:
    """Carries a pending change out, or returns why not. What was possible when it was asked may no longer be."""
    if pending.decide == "reject":
        return "The pending update was rejected by the registry."
    change = SecDnsUpdate.from_xml(xml.parse_fragment(pending.change))
    try:
        records = changed(store.records(domain), change, store.policies()[domain.tld], domain.name)
    except refusals.Refusal as refusal:
        return f"The pending update was not possible: {refusal.reason}"
    store.replace_records(domain, records, pending.registrar_id, now)
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


def _asked_change(request: Request, policy: TldPolicy, account: Account) -> SecDnsUpdate:
    """Reads the secDNS part of an update and refuses the options that no TLD here supports."""
    if not request.extensions:
        raise refusals.NothingToDo
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
    if change.urgent:
        raise refusals.OptionNotOffered(option="urgent")
    if change.max_sig_life is not None:
        raise refusals.OptionNotOffered(option="maxSigLife")
    return change
