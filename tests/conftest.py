"""Named people, domains and keys for every test: alice owns, bob owns others, mallory must not, sam is staff."""

import fcntl
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from dnssec.keys import DnsKey
from dnssec.models import DelegationSigner
from dnssec.outcomes import create_row, show_status
from dnssec.snapshots import subject_of
from domains.installation import ensure_roles
from domains.models import Contact, Domain, Person, Registry, Tld
from domains.tasks import deliver_account_email

# Real keys; tags and digests were computed with ldns and BIND (see tests/dnssec/data/dnskeys.json for sources).
KEY_13 = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
KEY_13_OTHER = "M1jizbcdK5IBt7d4lRIiFTx+N06BJzaeScK215EOfa8efd2akkUWmxD5OhodZCIiRMvL5ZnStUP5UReIeUmBeA=="
KEY_15 = "kQTgwImgthy9G6T5hTGBtrsCvEGUuM0ImadpYvZze5M="

MakeDomain = Callable[..., Domain]
MakeKey = Callable[..., DelegationSigner]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """SQLite in a file, as in earnest: one in memory is one connection that all threads share."""
    from django.db import connections

    database = connections["default"].settings_dict
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def _quick_and_separate(settings: Any) -> None:
    # No test asks the real DNS: its only root server is one that may not be asked.
    settings.DNS_ROOT_HINTS, settings.DNS_ALLOW_PRIVATE = str(Path(__file__).parent / "nowhere.hints"), False
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # Nothing is collected for tests; whitenoise looks here.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def empty_cache(settings: Any) -> Iterator[None]:
    """For tests of rate limits: nobody has tried anything yet. All test processes share the cache, so one at a time."""
    name = f"registrar-tests-{hashlib.sha256(settings.CACHE_URL.encode()).hexdigest()[:16]}.lock"
    with open(Path(tempfile.gettempdir()) / name, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cache.clear()
        yield
        cache.clear()


@pytest.fixture
def account_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker sends the mails about accounts: its task carried as the broker would carry it, and done at once.

    What should come back later does not.
    """

    def take(args: tuple[str, ...], countdown: float = 0, **_options: Any) -> None:
        if not countdown:
            deliver_account_email(*json.loads(json.dumps(args)))

    monkeypatch.setattr(deliver_account_email, "apply_async", take)


@pytest.fixture
def make_person(db: None) -> Callable[..., Person]:
    """Makes somebody who signs in."""

    def make(email: str, **fields: Any) -> Person:
        return Person.objects.create_user(email, fields.pop("password", "correct horse"), **fields)

    return make


@pytest.fixture
def alice(make_person: Callable[..., Person]) -> Person:
    """Owns the domains under test."""
    return make_person("alice@example.net", name="Alice")


@pytest.fixture
def bob(make_person: Callable[..., Person]) -> Person:
    """Owns other domains."""
    return make_person("bob@example.net", name="Bob")


@pytest.fixture
def mallory(make_person: Callable[..., Person]) -> Person:
    """Owns nothing and must not get at anything."""
    return make_person("mallory@example.net", name="Mallory")


@pytest.fixture
def sam(make_person: Callable[..., Person]) -> Person:
    """Is support staff."""
    ensure_roles()
    sam = make_person("sam@example.net", name="Sam", is_staff=True)
    sam.groups.add(Group.objects.get(name="support"))
    return sam


@pytest.fixture
def sign_in() -> Callable[[Person], Client]:
    """A browser in which the person has signed in."""

    def make(person: Person) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return make


@pytest.fixture
def make_registry(db: None) -> Callable[..., Registry]:
    """Makes a registry row; one that nobody listens for, unless a test says where."""

    def make(
        name: str = "north", *, interface: str = "ds", password: str = "north-password", **fields: Any
    ) -> Registry:
        registry = Registry.objects.filter(name=name).first() or Registry(
            name=name, interface=interface, registrar_id="console"
        )
        registry.set_password(password)
        for field, value in fields.items():
            setattr(registry, field, value)
        registry.save()
        return registry

    return make


@pytest.fixture
def make_tld(make_registry: Callable[..., Registry]) -> Callable[..., Tld]:
    """Makes a TLD with a registry, or returns the one that is there."""

    def make(name: str, **fields: Any) -> Tld:
        found = Tld.objects.filter(name=name).first()
        if found:
            return found
        fields.setdefault("registry", make_registry())
        fields.setdefault("max_keys", 13 if name in {"com", "net"} else 4)
        return Tld.objects.create(name=name, **fields)

    return make


@pytest.fixture
def make_domain(make_tld: Callable[..., Tld], request: pytest.FixtureRequest) -> MakeDomain:
    """Makes a domain of alice's, or of `owner`, with a registrant whose address is registrant@NAME's owner."""

    def make(
        name: str, *, owner: Person | None = None, registrant: str | None = "registrant@example.net", **fields: Any
    ) -> Domain:
        owner = owner or request.getfixturevalue("alice")
        fields.setdefault("tld", make_tld(name.split(".", 1)[1]))
        contact = Contact.objects.create(name="Registrant", email=registrant) if registrant is not None else None
        domain: Domain = Domain.objects.create(name=name, owner=owner, registrant=contact, **fields)
        show_status(domain)
        return domain

    return make


@pytest.fixture
def make_key() -> MakeKey:
    """Puts a key on a domain, PRESENT unless said otherwise."""

    def make(
        domain: Domain, text: str = KEY_13, *, flags: int = 257, algorithm: int = 13, state: str = "PRESENT"
    ) -> DelegationSigner:
        row = create_row(domain, subject_of(domain, DnsKey.parse(text, flags=flags, algorithm=algorithm)), state)
        show_status(domain)
        return row

    return make


@pytest.fixture
def look_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[float]]:
    """Has the checks of chains ask a world of tests/chain; gives how long each might have taken."""
    asked: list[float] = []

    def look(world: Any) -> list[float]:
        def compare(name: str, *, candidate: Any = None, registry: Any = None, patience: float) -> Any:
            asked.append(patience)
            now = world.check(name, registry=registry)
            return now, None if candidate is None else world.check(name, candidate=candidate)

        monkeypatch.setattr("dnssec.checks.compare", compare)
        return asked

    return look
