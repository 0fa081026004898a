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
CHAINS = {
    "ready": "ready",
    "disagreeing": "ready but servers disagree",
    "wrong-ds": "wrong ds",
    "not-signing": "not signing",
    "spoiled": "spoiled data",
    "half-removed": "ds but unsigned",
    "unreachable": "unreachable",
    "undelegated": "not delegated",
    "under-unsigned": "unsigned above",
    "under-broken": "broken above",
}
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

    from dnssec import answers, noticing
    from dnssec.chain import Chain
    from dnssec.kept_chains import to_json
    from dnssec.keys import DnsKey
    from dnssec.models import DelegationCheck, DelegationSigner, Publication, Sighting
    from dnssec.next_step import record_of
    from dnssec.outcomes import Outcome, create_row, done, settle, show_status
    from dnssec.reasons import refusal
    from dnssec.snapshots import subject_of
    from domains import delivery, mailbox, operations, viewing
    from domains.installation import ensure_roles, load_tlds
    from domains.models import Attempt, Contact, Domain, Nameserver, Operation, OutgoingEmail, Person, Registry, Tld
    from domains.sentences import Sentence
    from tests.chains import checked, scene

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
        "co.uk": {"registry": north, "max_keys": 4},
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

    def check(domain: Domain, which: str, *keys: tuple[str, int]) -> None:
        """Let the chain have been checked, so that the page asks for no other check. The keys are those of the scene,
        with algorithms."""
        own = tuple(DnsKey.parse(text, flags=257, algorithm=number) for text, number in keys)
        chain = checked(scene(which, domain.name, own), now.timestamp())
        DelegationCheck.objects.create(
            domain=domain,
            asked_at=now,
            checked_at=now + timedelta(days=1),
            verdict=chain.verdict.value,
            chain=to_json(chain) | {"answers": told(chain)},
        )

    def told(chain: Chain) -> list[dict[str, Any]]:
        """What the zone's servers say to a resolver's questions; nothing where nobody is there."""
        if not chain.is_zone or all(server.trouble for server in chain.links[-1].servers):
            return []
        zone = chain.zone
        soa, hosts = f"ns1.{zone}. host.{zone}. 2026112401 7200 3600 1209600 300", (f"ns1.{zone}.", f"ns2.{zone}.")
        return answers.to_json(
            [
                answers.Told(zone, "SOA", "NOERROR", "SOA", (soa,), 3600, proved=True, milliseconds=12),
                answers.Told(zone, "NS", "NOERROR", "NS", hosts, 3600, proved=True, milliseconds=13),
                answers.Told(f"www.{zone}", "A", "NOERROR", "A", ("192.0.2.80",), 300, proved=True, milliseconds=1520),
            ]
        )

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

    # Guides, each at another step.
    def sight(domain: Domain, *texts: str, ago: timedelta) -> None:
        """Let all servers have shown these keys since then."""
        for text in texts:
            subject = subject_of(domain, DnsKey.parse(text, flags=257, algorithm=13))
            Sighting.objects.create(domain=domain, kind="KEY", record=record_of(subject), since=now - ago)

    def publish(domain: Domain, *, seen: timedelta | None = None, **fields: Any) -> None:
        """Let the parent's servers show the last change: all of them since then, or as the fields say."""
        at = None if seen is None else now - seen
        fields = {"look_at": None, "looked_at": now, "arrived": 4, "servers": 4, "ds_ttl": 86400} | fields
        Publication.objects.filter(operation=request_of(domain)).update(seen_at=at, **fields)

    def rolling(name: str, *, seen: timedelta | None = None, **fields: Any) -> Domain:
        """A domain to which a second key was added."""
        one = domain(name)
        key(one, KEY_13)
        settle(sent(request(one, KEY_13_OTHER), code=1000), done(request_of(one)))
        sight(one, KEY_13, KEY_13_OTHER, ago=timedelta(days=20))
        publish(one, seen=seen, **fields)
        check(one, "rollover", (KEY_13_OTHER, 13), (KEY_13, 13))
        return one

    def removing(one: Domain, *, seen: timedelta | None) -> Domain:
        """The same domain, from which the older key has been deleted."""
        settle(sent(request(one, KEY_13, state="REMOVING"), code=1000), done(request_of(one)))
        publish(one, seen=seen)
        return one

    early = rolling("rolling.com", seen=timedelta(hours=2))
    rolling("arriving.com", look_at=now + timedelta(days=1), arrived=2)
    rolling("lost.com", arrived=3)
    safe = rolling("rolled.com", seen=timedelta(days=2))
    removing(rolling("rolled-out.com", seen=timedelta(days=4)), seen=timedelta(hours=2))
    ready = domain("rolling-soon.com")
    key(ready, KEY_13)
    sight(ready, KEY_13, KEY_13_OTHER, ago=timedelta(days=20))
    check(ready, "rollover", (KEY_13_OTHER, 13), (KEY_13, 13))
    for name, which, seen in [
        ("rolled-over.com", "secure", timedelta(days=5)),
        ("off-soon.com", "secure", timedelta(hours=2)),
        ("off.com", "unsigned", timedelta(days=5)),
        ("off-early.com", "unsigned", timedelta(hours=2)),
    ]:
        one = domain(name)
        key(one, KEY_13)
        if name == "rolled-over.com":
            key(one, KEY_13_OTHER)
            sight(one, KEY_13_OTHER, ago=timedelta(days=20))
        removing(one, seen=seen)
        check(one, which, (KEY_13_OTHER, 13) if name == "rolled-over.com" else (KEY_13, 13))
    check(example, "rollover", (KEY_15, 15), (KEY_13, 13))
    check(waiting.domain, "ready", (KEY_13, 13))
    check(Domain.objects.get(name=LONG_NAME), "secure", (KEY_13, 13))
    for name, which in CHAINS.items():
        check(domain(f"{name}.com"), which)
    check(domain("example.co.uk"), "ready")
    check(domain("many.com"), "many")
    key(domain("stale.com"))
    check(Domain.objects.get(name="stale.com"), "old ds left", (KEY_13_OTHER, 13), (KEY_13, 13))
    DelegationCheck.objects.create(domain=domain("checking.com"), asked_at=now + timedelta(days=1))
    for one in Domain.objects.filter(owner=people["alice"], state="ACTIVE", checks=None):
        check(one, "secure" if one.keys.exists() else "unsigned", (KEY_13, 13))
    wrong_ds = Domain.objects.get(name="wrong-ds.com")
    again = wrong_ds.checks.get()
    again.pk, again.checked_at = None, again.checked_at + timedelta(minutes=10)
    again.save()
    with transaction.atomic():
        for row in DelegationCheck.objects.filter(candidate_key="", checked_at__isnull=False).order_by("checked_at"):
            noticing.take_note(row)
    for mail in OutgoingEmail.objects.filter(status="WAITING").exclude(operation__domain__owner=people["bob"]):
        delivery.deliver(mail.pk)

    alice = people["alice"]
    mails, _ = mailbox.page(alice)
    places = {
        "key": str(ds_only.pk),
        "early_key": str(early.keys.earliest("id").pk),
        "safe_key": str(safe.keys.earliest("id").pk),
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
        "broken_domain": str(wrong_ds.pk),
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
