"""What an update makes of a domain: who may ask for it, and the domain and its records afterwards. Nothing is written
here, so that what is refused, or decided later, leaves no trace."""

from collections.abc import Iterable
from dataclasses import replace

from domains.epp.secdns import Record, SecDnsUpdate
from domains.mockregistry import refusals
from domains.mockregistry.policy import TldPolicy, describe
from domains.mockregistry.requests import CLIENT_STATUSES, DomainUpdate
from domains.mockregistry.store import HeldDomain, Store

LOCK = "clientUpdateProhibited"
MOST_NAME_SERVERS = 13


def check_allowed(domain: HeldDomain, asked: DomainUpdate) -> None:
    """Refuses what the domain's statuses forbid, and statuses that are not a registrar's (RFC 5731, section 2.3)."""
    for status in domain.statuses:
        # The registrar's own lock hinders everything but an update that lifts it.
        lifted = status == LOCK and LOCK in asked.remove.statuses
        if status.startswith("pending") or (status.endswith("UpdateProhibited") and not lifted):
            raise refusals.StatusProhibits(name=domain.name, status=status)
    for status in (*asked.add.statuses, *asked.remove.statuses):
        if status not in CLIENT_STATUSES:
            raise refusals.StatusOfTheRegistry(status=status)


def changed(
    store: Store, domain: HeldDomain, asked: DomainUpdate, secdns: SecDnsUpdate | None
) -> tuple[HeldDomain, tuple[Record, ...] | None]:
    """Returns the domain after a change, and its records where the change concerns them; refuses what is impossible."""
    after = _changed_domain(store, domain, asked)
    if secdns is None:
        return after, None
    records = _changed_records(store.records(domain), secdns, store.policies()[domain.tld], domain.name)
    life = domain.max_sig_life if secdns.max_sig_life is None else secdns.max_sig_life
    return replace(after, max_sig_life=life if records else None), records


def _changed_domain(store: Store, domain: HeldDomain, asked: DomainUpdate) -> HeldDomain:
    """Returns the domain after an update, its records apart: first removals, then additions. Refuses what is present or
    absent already, and hosts and contacts that do not exist."""
    for name in asked.add.name_servers:
        if store.host(name) is None:
            raise refusals.NoSuchObject(kind="host", name=name)
    for contact in (*(contact for _, contact in asked.add.contacts), *([asked.registrant] if asked.registrant else [])):
        if store.contact(contact) is None:
            raise refusals.NoSuchObject(kind="contact", name=contact)
    if asked.registrant == "":
        raise refusals.RegistrantNeeded
    servers = _changed(
        domain.name_servers, asked.remove.name_servers, asked.add.name_servers, domain.name, "The name server {}"
    )
    if asked.add.name_servers and len(servers) > MOST_NAME_SERVERS:
        raise refusals.LimitPassed(tld=domain.tld, limit=MOST_NAME_SERVERS, kind="name servers")
    return replace(
        domain,
        name_servers=servers,
        contacts=_changed(
            domain.contacts, asked.remove.contacts, asked.add.contacts, domain.name, "The {0[0]} contact {0[1]}"
        ),
        statuses=_changed(domain.statuses, asked.remove.statuses, asked.add.statuses, domain.name, "The status {}"),
        registrant=domain.registrant if asked.registrant is None else asked.registrant,
        auth_info=domain.auth_info if asked.auth_info is None else asked.auth_info,
    )


def _changed_records(
    held: tuple[Record, ...], change: SecDnsUpdate, policy: TldPolicy, name: str
) -> tuple[Record, ...]:
    """Returns the records after a change: first removals, then additions (RFC 5910, section 5.2.5), or refuses it."""
    for record in (*change.remove, *change.add):
        policy.check_interface(record)
    records = [] if change.remove_all else list(held)
    for record in change.remove:
        if record not in records:
            raise refusals.Absent(what=describe(record), name=name)
        records.remove(record)
    for record in change.add:
        policy.check_addition(record, name)
        if record in records:
            raise refusals.Present(what=describe(record), name=name)
        records.append(record)
    if change.add:
        policy.check_count(len(records))
    return tuple(records)


def _changed[T](held: tuple[T, ...], removed: Iterable[T], added: Iterable[T], name: str, words: str) -> tuple[T, ...]:
    after = list(held)
    for part in removed:
        if part not in after:
            raise refusals.Absent(what=words.format(part), name=name)
        after.remove(part)
    for part in added:
        if part in after:
            raise refusals.Present(what=words.format(part), name=name)
        after.append(part)
    return tuple(after)
