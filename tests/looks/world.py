"""The console of the looks: every state as rows in a database, and the places at which they are to be seen.

No worker and no registry runs beside it, so nothing changes while it is looked at.
`python -m tests.looks.world` fills STATE_DIR and prints the places as JSON.
"""

import json
from datetime import date, timedelta
from typing import Any

import django

KEY_13 = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
KEY_13_OTHER = "M1jizbcdK5IBt7d4lRIiFTx+N06BJzaeScK215EOfa8efd2akkUWmxD5OhodZCIiRMvL5ZnStUP5UReIeUmBeA=="
KEY_15 = "kQTgwImgthy9G6T5hTGBtrsCvEGUuM0ImadpYvZze5M="
DS_ONLY = "E" * 64
LONG_NAME = "a-name-as-long-as-a-label-may-be-to-see-whether-it-finds-a-line.com"
MANY = 60
FRAME = '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><{command}>{content}</{command}></command></epp>'

type Places = dict[str, str]


def build() -> Places:
    """Make people, domains, keys, requests and mails. Returns names of places, and a session's cookie for each person.

    Imports Django's side here: it has to be set up first.
    """
    from allauth.account.forms import default_token_generator
    from allauth.account.models import EmailAddress
    from allauth.account.utils import user_pk_to_url_str
    from django.contrib.auth.models import Group
    from django.db import transaction
    from django.test import Client
    from django.utils import timezone

    from dnssec.keys import DnsKey
    from dnssec.models import DelegationSigner
    from dnssec.outcomes import Outcome, create_row, done, settle, show_status
    from dnssec.reasons import refusal
    from dnssec.snapshots import subject_of
    from domains import delivery, mailbox, operations, viewing
    from domains.installation import ensure_roles, load_tlds
    from domains.models import Attempt, Contact, Domain, Nameserver, Operation, OutgoingEmail, Person, Registry, Tld
    from domains.sentences import Sentence

    now = timezone.now()
    ensure_roles()
    load_tlds()

    def person(name: str, **fields: Any) -> Person:
        made = Person.objects.create_user(f"{name}@example.net", "correct horse", name=name.title(), **fields)
        EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
        return made

    people = {name: person(name) for name in ("alice", "bob", "carol", "gerda")} | {"sam": person("sam", is_staff=True)}
    people["sam"].groups.add(Group.objects.get(name="support"))
    Person.objects.filter(pk=people["alice"].pk).update(time_zone="Europe/Berlin")
    Person.objects.filter(pk=people["gerda"].pk).update(time_zone="Europe/Vienna", language="de")

    north = Registry.objects.create(name="north", interface="ds", registrar_id="console", last_answer_at=now)
    silent = Registry.objects.create(
        name="silent",
        interface="key",
        registrar_id="console",
        last_answer_at=now - timedelta(hours=3),
        last_failure_at=now,
        failures=40,
        needs_staff="The certificate has expired.",
    )
    for name, fields in {
        "com": {"registry": north, "max_keys": 13},
        "net": {"registry": north, "max_keys": 1},
        "cz": {"registry": north, "dnssec": False},
        "org": {"registry": silent, "max_keys": 4},
        "xn--p1ai": {"registry": north, "max_keys": 4},
    }.items():
        Tld.objects.update_or_create(name=name, defaults={"dnssec": True, "as_of": date(2026, 3, 1)} | fields)
    tlds = {tld.name: tld for tld in Tld.objects.all()}

    def domain(name: str, owner: str = "alice", *, registrant: str = "registrant@example.net", **fields: Any) -> Domain:
        contact = Contact.objects.create(name="Renate Registrant", organization="Example AG", email=registrant)
        made: Domain = Domain.objects.create(
            name=name,
            owner=people[owner],
            tld=tlds[name.split(".", 1)[1]],
            registrant=contact,
            admin=contact,
            registered_on=date(2019, 5, 4),
            expires_on=date(2027, 5, 4),
            known_since=now,
            looked_at=now - timedelta(minutes=1),
            **fields,
        )
        show_status(made)
        return made

    def key(domain: Domain, text: str = KEY_13, state: str = "PRESENT", algorithm: int = 13) -> DelegationSigner:
        row = create_row(domain, subject_of(domain, DnsKey.parse(text, flags=257, algorithm=algorithm)), state)
        show_status(domain)
        return row

    def request(domain: Domain, text: str = KEY_13, *, algorithm: int = 13, state: str = "ADDING") -> Operation:
        subject = subject_of(domain, DnsKey.parse(text, flags=257, algorithm=algorithm))
        kind = Operation.Type.REMOVE_DNSSEC if state == "REMOVING" else Operation.Type.ADD_DNSSEC
        with transaction.atomic():
            made = operations.submit(domain, type=kind, subject=subject, requested_by=domain.owner)
            if not domain.keys.filter(fingerprint=subject["fingerprint"]).update(state=state):
                create_row(domain, subject, state)
            show_status(domain)
        return made

    def sent(operation: Operation, *, code: int | None = None, words: str = "", **fields: Any) -> Operation:
        """Let the request have been sent, and perhaps answered."""
        Operation.objects.filter(pk=operation.pk).update(status="IN_PROGRESS", update_sent_at=now, **fields)
        for number, (command, answer) in enumerate({"domain:info": 1000, "domain:update": code}.items(), 1):
            attempt = Attempt.objects.create(
                operation=operation,
                command=command,
                cl_trid=f"RC-{operation.reference}-{number}",
                sent=FRAME.format(command=command, content=operation.domain.name * 6),
            )
            if answer:
                operations.record_answer(attempt, code=answer, sv_trid=f"SV-{attempt.pk}", message=words or "Done")
        operation.refresh_from_db()
        return operation

    example = domain("example.com", statuses=["clientTransferProhibited", "ok"])
    for number in (1, 2):
        Nameserver.objects.create(domain=example, name=f"ns{number}.example.com", addresses=[f"192.0.2.{number}"])
    settle(sent(request(example), code=1000), done(request_of(example)))
    key(example, KEY_15, algorithm=15)
    ds_only = DelegationSigner.objects.create(
        domain=example, fingerprint=f"4711-13-2-{DS_ONLY}", state="PRESENT", algorithm=13, key_tag=4711,
        ds={"2": DS_ONLY},
    )  # fmt: skip
    show_status(example)

    domain("empty.com")
    domain("nobody.com", registrant="")
    domain("xn--bcher-kva.com")
    key(domain(LONG_NAME))
    waiting = request(domain("waiting.com"))
    deciding = sent(request(domain("deciding.com")), code=1001, words="Action pending", pending_since=now)
    leaving = domain("leaving.com")
    key(leaving)
    deleting = sent(request(leaving, state="REMOVING"))
    refused = sent(request(domain("refused.com")), code=2306, words="Parameter value policy error")
    settle(
        refused,
        Outcome(
            "FAILED",
            Sentence("The registry refused the key: it is not in the zone."),
            "The key is not found in the zone.",
            2306,
        ),
    )
    settle(
        sent(request(domain("beispiel.com", "gerda")), code=2308, words="Too many DS records"),
        Outcome(
            "FAILED", refusal(2308, name="beispiel.com", tld="com", limit=13, words=""), "Too many DS records", 2308
        ),
    )
    sent(request(key(domain("xn--prfung-4ya.com", "gerda"), KEY_15, algorithm=15).domain), code=1001)
    unsure = sent(request(domain("unsure.com")))
    settle(unsure, Outcome("ERROR", Sentence("The registry could not be asked what became of the change.")))
    key(domain("locked.com", statuses=["serverUpdateProhibited"]))
    key(domain("gone.com", state=Domain.State.LEFT))
    key(domain("full.net"))
    domain("example.cz")
    key(domain("silent.org"))
    for number in range(MANY):
        one = domain(f"domain-{number:02}.com", owner="bob")
        settle(sent(request(one), code=1000), done(request_of(one)))
    for mail in OutgoingEmail.objects.filter(status="WAITING").exclude(operation__domain__owner=people["bob"]):
        delivery.deliver(mail.pk)

    alice = people["alice"]
    mails, _ = mailbox.page(alice)
    places = {
        "key": str(ds_only.pk),
        "only_key": str(key_of(example).pk),
        "waiting": waiting.reference,
        "deciding": deciding.reference,
        "deleting": deleting.reference,
        "refused": refused.reference,
        "unsure": unsure.reference,
        "successful": example.operations.get().reference,
        "mail": mails[0].key,
        "last_key": str(key_of(Domain.objects.get(name=LONG_NAME)).pk),
        "long": LONG_NAME,
        "alice": str(alice.pk),
        "refused_pk": str(refused.pk),
        "refused_domain": str(refused.domain_id),
        "empty_domain": str(Domain.objects.get(name="empty.com").pk),
    }
    for name, somebody in (people | {"viewer": people["sam"]}).items():
        client = Client()
        client.force_login(somebody, "allauth.account.auth_backends.AuthenticationBackend")
        if name == "viewer":
            session = client.session
            session[viewing.KEPT] = {"owner": alice.pk, "until": (now + timedelta(days=1)).timestamp()}
            session.save()
        places[f"session of {name}"] = client.cookies["console_session"].value
    alice.refresh_from_db()  # A link made before somebody signs in does not work after it.
    places["reset"] = f"{user_pk_to_url_str(alice)}-{default_token_generator.make_token(alice)}"
    return places


def request_of(domain: Any) -> Any:
    """The domain's newest request."""
    return domain.operations.latest("id")


def key_of(domain: Any) -> Any:
    """The domain's newest key."""
    return domain.keys.latest("id")


if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    print(json.dumps(build()))
