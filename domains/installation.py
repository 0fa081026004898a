"""What an installation starts with: roles, the dated TLD table, and, for a demo or a test, a world."""

import csv
from datetime import date
from pathlib import Path

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.utils import timezone

from domains import world as worlds
from domains.models import Contact, Domain, Nameserver, Person, Registry, Tld

TLD_TABLE = Path(__file__).parent / "data" / "tlds.csv"
TLD_TABLE_AS_OF = date(2023, 5, 19)
TLD_TABLE_SOURCE = "Public registrar documentation of May 2023"

OUR_APPS = ("domains", "dnssec")
# What support may do beyond looking: act on operations and mails, and keep the TLD table up to date.
SUPPORT_MAY = ("act_on_operation", "send_mail_again", "change_tld", "add_tld")
# What nobody edits by hand, administrators included: it is written by the life of an operation.
WRITTEN_BY_THE_CONSOLE = (
    "operation",
    "attempt",
    "pollmessage",
    "outgoingemail",
    "delegationsigner",
    "delegationcheck",
    "condition",
)


def ensure_roles() -> None:
    """Make the groups *support* and *administrators*, with the permissions of today's models."""
    ours = Permission.objects.filter(content_type__app_label__in=OUR_APPS)
    support, _created = Group.objects.get_or_create(name="support")
    support.permissions.set(ours.filter(Q(codename__startswith="view_") | Q(codename__in=SUPPORT_MAY)))
    administrators, _created = Group.objects.get_or_create(name="administrators")
    by_hand = (
        Q(content_type__model__in=WRITTEN_BY_THE_CONSOLE)
        & ~Q(codename__startswith="view_")
        & ~Q(codename__in=SUPPORT_MAY)
    )
    administrators.permissions.set(ours.exclude(by_hand))


def load_tlds() -> int:
    """Add the rows of the dated TLD table that are missing; what staff has edited stays.

    Returns how many were added.
    """
    known = set(Tld.objects.values_list("name", flat=True))
    with TLD_TABLE.open(newline="") as file:
        missing = [
            Tld(
                name=row["name"],
                dnssec=row["dnssec"] == "yes",
                max_keys=int(row["max_keys"]),
                algorithms=[int(number) for number in row["algorithms"].split()] or None,
                as_of=TLD_TABLE_AS_OF,
                source=TLD_TABLE_SOURCE,
            )
            for row in csv.DictReader(file)
            if row["name"] not in known
        ]
    Tld.objects.bulk_create(missing)
    return len(missing)


def is_empty() -> bool:
    """Whether nobody and no domain is known yet: a world is loaded into nothing else."""
    return not Person.objects.exists() and not Domain.objects.exists()


def load_world(world: worlds.World) -> list[tuple[Domain, worlds.Domain]]:
    """Load the console's side of a world, inside the caller's transaction.

    Returns the domains, for their keys to be added.
    """
    for person in world.people:
        _load_person(person)
    registries = {registry.name: _load_registry(registry) for registry in world.registries}
    for tld in world.tlds:
        Tld.objects.update_or_create(
            name=tld.name,
            defaults={
                "registry": registries[tld.registry],
                "dnssec": tld.dnssec,
                "max_keys": tld.max_keys,
                "algorithms": list(tld.algorithms),
                "as_of": date.today(),
                "source": "World file",
            },
        )
    owners = {person.email: person for person in Person.objects.all()}
    tlds = {tld.name: tld for tld in Tld.objects.all()}
    by_tld = {tld.name: registries[tld.registry] for tld in world.tlds}
    # What the mock registry holds is what the file says; a server of somebody else's has to be asked first.
    registrars = {name: registry.registrar_id for name, registry in by_tld.items() if not registry.host}
    return [
        (
            _load_domain(
                domain, owners[domain.owner], tlds[domain.tld], known=registrars.get(domain.tld) == domain.registrar
            ),
            domain,
        )
        for domain in world.domains
        if domain.owner
    ]


def _load_person(person: worlds.Person) -> None:
    is_staff = person.staff or person.administrator
    made = Person.objects.create_user(person.email, person.password, name=person.name, is_staff=is_staff)
    if is_staff:
        made.groups.add(Group.objects.get(name="administrators" if person.administrator else "support"))
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)


def _load_registry(registry: worlds.Registry) -> Registry:
    row = Registry(name=registry.name, interface=registry.interface, registrar_id=registry.registrar_id)
    row.set_password(registry.password)
    if registry.host:
        row.host, row.port = registry.host, registry.port
        row.ca, row.cert, row.key = (str(path or "") for path in (registry.ca, registry.cert, registry.key))
    row.save()
    return row


def _load_domain(domain: worlds.Domain, owner: Person, tld: Tld, *, known: bool) -> Domain:
    row: Domain = Domain.objects.create(
        name=domain.name,
        tld=tld,
        owner=owner,
        registrant=_load_contact(domain.registrant),
        admin=_load_contact(domain.admin),
        tech=_load_contact(domain.tech),
        billing=_load_contact(domain.billing),
        registered_on=domain.created,
        expires_on=domain.expires,
        statuses=sorted(domain.statuses),
        auto_renew=domain.auto_renew is not False,
        transfer_lock=domain.transfer_lock is not False,
        known_since=timezone.now() if known else None,
    )
    Nameserver.objects.bulk_create(
        Nameserver(domain=row, name=server.name, addresses=[server.address] if server.address else [])
        for server in domain.name_servers
    )
    return row


def _load_contact(contact: worlds.Contact | None) -> Contact | None:
    if contact is None:
        return None
    return Contact.objects.create(name=contact.name, organization=contact.organization or "", email=contact.email or "")
