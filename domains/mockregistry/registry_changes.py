"""Changes that the registry makes on its own behalf, such as a lock or an emergency removal of keys, and the message
that tells the sponsor of it (RFC 8590)."""

from datetime import datetime

from domains.epp import xml
from domains.epp.changepoll import ChangeData
from domains.epp.secdns import SecDnsUpdate
from domains.mockregistry import answers, flows, refusals
from domains.mockregistry.changes import changed
from domains.mockregistry.requests import DomainUpdate
from domains.mockregistry.store import Store

REGISTRY_ID = "registry"


def change(
    store: Store,
    asked: DomainUpdate,
    secdns: SecDnsUpdate | None,
    now: datetime,
    *,
    who: str = "Registry staff",
    reason: str | None = None,
    case_id: str | None = None,
) -> None:
    """Changes a domain, whatever locks it has, and queues a message with its data afterwards for its sponsor.

    Runs inside one transaction of the store. Raises Refusal when there is no such domain, when an update of it is
    pending, or when it cannot be changed like that.
    """
    domain = store.domain(asked.name)
    if domain is None:
        raise refusals.NoSuchDomain(name=asked.name)
    if "pendingUpdate" in domain.statuses:
        raise refusals.StatusProhibits(name=domain.name, status="pendingUpdate")
    if asked.is_empty and secdns is None:
        raise refusals.NothingToDo
    after, records = changed(store, domain, asked, secdns)
    flows.write(store, after, records, REGISTRY_ID, now)
    after = store.domain(asked.name) or after
    data = answers.domain_info(after, servers=True, below=store.hosts_below(after.name), auth_info=False)
    told = ChangeData("update", now, store.next_sv_trid(), who, case_id=case_id, reason=reason)
    # The data of the object comes with the extensions that its info answer would have (RFC 8590, section 2.1).
    extension = xml.epp("extension", told.to_xml(), *flows.held_records(store, after))
    text = f"The registry changed {after.name}."
    store.add_message(after.sponsor, text, xml.write(data), now, xml.write(extension))
