"""A portfolio comes in by a CSV file: tried first, then entered, and completed by what a real registry tells."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from dnssec.management.commands import import_domains
from dnssec.models import DelegationSigner
from dnssec.reconciliation import due_for_reconciliation, fill, reconcile
from domains import registry as door
from domains.models import Contact, Domain, Nameserver, Operation, OutgoingEmail, Person, Registry
from domains.portfolio import NEVER
from tests.conftest import KEY_13, KEY_13_OTHER
from tests.dnssec.conftest import MockRegistry

pytestmark = pytest.mark.django_db

# Only the registries know these domains; one of them is somebody else's there.
WORLD = f"""
registry = [
    {{ name = "north", interface = "ds", registrar_id = "console", password = "north-secret" }},
    {{ name = "south", interface = "key", registrar_id = "console2", password = "south-secret" }},
]
tld = [ {{ name = "com", registry = "north" }}, {{ name = "de", registry = "south" }} ]

[[domain]]
name = "example.com"
nameservers = ["ns1.example.com 127.0.3.1", "ns2.example.net"]
statuses = ["clientTransferProhibited"]
created = 2019-04-05
expires = 2027-04-05
keys = [ {{ flags = 257, algorithm = 13, public_key = "{KEY_13}" }} ]

[[domain]]
name = "example.de"
keys = [ {{ flags = 257, algorithm = 13, public_key = "{KEY_13_OTHER}" }} ]

[[domain]]
name = "plain.com"

[[domain]]
name = "moved.com"
registrar = "other"
"""
HEADER = "domain,owner_email,owner_name,registrant_name,registrant_email"


@pytest.fixture
def far_side(tmp_path: Path, settings: Any, db: None) -> Iterator[MockRegistry]:
    """The world above, listening; the console knows its registries and TLDs."""
    world = tmp_path / "world.toml"
    world.write_text(WORLD)
    call_command("seed", world=world, verbosity=0)
    mock = MockRegistry(world, tmp_path / "registry")
    settings.MOCK_REGISTRY_DIR = mock.directory
    settings.EPP_PORT = mock.start()
    settings.EPP_TIMEOUT = 5
    yield mock
    door.close_all()
    mock.stop()


@pytest.fixture
def run(
    tmp_path: Path, far_side: MockRegistry, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[list[str], int]]:
    """Runs the command on a file with these domains; gives what it says and its exit code."""

    def run_it(*domains: str, owner: str = "alice@example.net", **options: Any) -> tuple[list[str], int]:
        path = tmp_path / "portfolio.csv"
        path.write_text("\n".join([HEADER, *(f"{name},{owner},Alice,Alice,r@example.net" for name in domains)]))
        code = 0
        try:
            call_command("import_domains", path, **options)
        except SystemExit as stopped:
            code = int(str(stopped.code))
        return capsys.readouterr().out.splitlines(), code

    return run_it


def everything() -> list[Any]:
    return [
        list(model.objects.order_by("pk").values()) for model in (Person, Contact, Domain, Nameserver, DelegationSigner)
    ]


def test_a_trial_says_what_would_be_and_changes_nothing(run):
    before = everything()
    said, code = run("example.com", "exa_mple.com", "example.test", "plain.com")
    assert said == [
        "Line 3: 'exa_mple.com' is not a domain name (Codepoint U+005F at position 4 of 'exa_mple' not allowed).",
        "Line 4: No TLD that is known here fits example.test.",
        "4 lines: 2 new, 0 already here, 2 bad.",
        "Nothing was changed. With --commit the new ones are entered.",
    ]
    assert code == 1
    assert everything() == before
    assert not Registry.objects.filter(last_answer_at__isnull=False).exists()


def test_a_trial_of_a_good_file_ends_with_exit_code_0(run):
    assert run("example.com") == (
        ["1 line: 1 new, 0 already here, 0 bad.", "Nothing was changed. With --commit the new ones are entered."],
        0,
    )


def test_commit_enters_the_good_lines_and_fills_them_from_the_registry(run):
    said, code = run("Example.COM.", "nothing", "example.de", commit=True)
    assert said == [
        "Line 3: No TLD that is known here fits nothing.",
        "3 lines: 2 new, 0 already here, 1 bad.",
        "2 filled by their registry, 0 left, 0 waiting.",
    ]
    assert code == 1
    com, de = Domain.objects.order_by("name")
    assert (com.name, com.owner.email, com.registrant.email) == ("example.com", "alice@example.net", "r@example.net")
    assert (com.registered_on, com.expires_on) == (date(2019, 4, 5), date(2027, 4, 5))
    assert (com.statuses, com.transfer_lock, de.transfer_lock) == (["clientTransferProhibited"], True, False)
    assert sorted(com.nameservers.values_list("name", flat=True)) == ["ns1.example.com", "ns2.example.net"]
    # A DS registry tells no public key, a key registry does.
    assert [(key.key_tag, key.algorithm, key.public_key, key.state) for key in com.keys.all()] == [
        (2371, 13, "", "PRESENT")
    ]
    assert [(key.flags, key.algorithm, key.public_key) for key in de.keys.all()] == [(257, 13, KEY_13_OTHER)]
    assert [(d.state, d.dnssec_status, d.dnssec_keys) for d in (com, de)] == [("ACTIVE", "CONFIGURED", 1)] * 2
    assert com.looked_at > datetime(2020, 1, 1, tzinfo=UTC)
    assert (Operation.objects.count(), OutgoingEmail.objects.count()) == (0, 0)


def test_a_second_run_changes_nothing_and_names_what_is_there(run):
    run("example.com", "plain.com", commit=True)
    before = everything()
    said, code = run("example.com", "plain.com", owner="bob@example.net", commit=True)
    assert said == [
        "Line 2: example.com is here already; it is not changed.",
        "Line 3: plain.com is here already; it is not changed.",
        "2 lines: 0 new, 2 already here, 0 bad.",
        "0 filled by their registry, 0 left, 0 waiting.",
    ]
    assert code == 0
    assert everything() == before


def test_a_domain_that_is_not_ours_at_the_registry_is_reported_and_left(run):
    said, code = run("moved.com", "unheard-of.com", "plain.com", commit=True)
    assert said == [
        "Line 2: Another registrar sponsors moved.com at the registry north. It is marked as left.",
        "Line 3: The registry north does not know unheard-of.com. It is marked as left.",
        "3 lines: 3 new, 0 already here, 0 bad.",
        "1 filled by their registry, 2 left, 0 waiting.",
    ]
    assert code == 0
    assert dict(Domain.objects.values_list("name", "state")) == {
        "moved.com": "LEFT",
        "unheard-of.com": "LEFT",
        "plain.com": "ACTIVE",
    }
    assert Domain.objects.get(name="moved.com").registered_on is None


def test_a_registry_that_is_down_leaves_its_domains_waiting_for_the_next_look(run, far_side):
    far_side.stop()
    names = ["a.com", "b.com", "c.com", "example.com", "example.de"]
    said, code = run(*names, commit=True)
    assert said[0].startswith("Line 2: The registry north could not be asked: No connection to 127.0.0.1 port ")
    assert said[0].endswith(" a.com is kept and filled when its registry answers.")
    # After three in a row it is not asked any more; the other registry is asked for itself.
    assert said[3] == (
        "Line 5: The registry north does not answer and was not asked. "
        "example.com is kept and filled when its registry answers."
    )
    assert said[4].startswith("Line 6: The registry south could not be asked: ")
    assert said[5:] == [
        "5 lines: 5 new, 0 already here, 0 bad.",
        "0 filled by their registry, 0 left, 5 waiting.",
    ]
    assert code == 0
    waiting = Domain.objects.order_by("name")
    assert {(domain.looked_at, domain.state) for domain in waiting} == {(NEVER, "ACTIVE")}
    assert sorted(due_for_reconciliation(50)) == sorted(domain.pk for domain in waiting)


def test_what_waits_is_filled_by_looking_again(run, far_side, settings):
    far_side.stop()
    run("example.com", commit=True)
    settings.EPP_PORT = far_side.start()
    reconcile(Domain.objects.get().pk)
    domain = Domain.objects.get()
    assert (domain.dnssec_status, domain.statuses) == ("CONFIGURED", ["clientTransferProhibited"])
    assert domain.looked_at > NEVER


def test_a_run_that_was_killed_half_way_is_gone_on_with(run, monkeypatch):
    monkeypatch.setattr(import_domains, "BATCH", 1)
    monkeypatch.setattr(import_domains.Command, "_complete", killed)
    with pytest.raises(KeyboardInterrupt):
        run("example.com", "plain.com", commit=True)
    assert list(Domain.objects.values_list("name", "looked_at")) == [("example.com", NEVER)]
    monkeypatch.undo()
    said, code = run("example.com", "plain.com", commit=True)
    assert said == [
        "Line 2: example.com was entered before, and is to be filled.",
        "2 lines: 1 new, 1 already here, 0 bad.",
        "2 filled by their registry, 0 left, 0 waiting.",
    ]
    assert code == 0
    assert Domain.objects.get(name="example.com").expires_on == date(2027, 4, 5)


def test_a_domain_with_an_open_request_is_left_to_it(run, far_side, monkeypatch):
    ask = door.Session.info

    def meanwhile(self: door.Session, name: str, *, cl_trid: str) -> Any:
        Operation.objects.create(domain=Domain.objects.get(name=name), type=Operation.Type.ADD_DNSSEC)
        return ask(self, name, cl_trid=cl_trid)

    monkeypatch.setattr(door.Session, "info", meanwhile)
    said, _code = run("example.com", commit=True)
    assert said[0] == (
        "Line 2: A request on example.com is open. example.com is kept and filled when its registry answers."
    )
    assert (Domain.objects.get().looked_at, DelegationSigner.objects.count()) == (NEVER, 0)


def test_no_transaction_is_open_while_a_registry_is_asked(run, monkeypatch, transactional_db):
    ask, seen = door.Session.info, []

    def looking(self: door.Session, name: str, *, cl_trid: str) -> Any:
        seen.append((name, connection.in_atomic_block))
        return ask(self, name, cl_trid=cl_trid)

    monkeypatch.setattr(door.Session, "info", looking)
    run("example.com", "plain.com", commit=True)
    assert seen == [("example.com", False), ("plain.com", False)]


def test_json_is_an_object_a_line_and_the_counts_last(run):
    said, code = run("example.com", "moved.com", "nothing", "Bücher.com", commit=True, json=True)
    assert [json.loads(line) for line in said] == [
        {"line": 4, "domain": "nothing", "result": "bad", "message": "No TLD that is known here fits nothing."},
        {
            "line": 3,
            "domain": "moved.com",
            "result": "left",
            "message": "Another registrar sponsors moved.com at the registry north. It is marked as left.",
        },
        {
            "line": 5,
            "domain": "xn--bcher-kva.com",
            "result": "left",
            "message": "The registry north does not know xn--bcher-kva.com. It is marked as left.",
        },
        {"committed": True, "lines": 4, "new": 3, "present": 0, "bad": 1, "filled": 1, "left": 2, "waiting": 0},
    ]
    assert code == 1


def test_a_file_that_cannot_be_used_stops_with_one_sentence(far_side, tmp_path):
    path = tmp_path / "portfolio.csv"
    path.write_text("name\nexample.com\n")
    with pytest.raises(CommandError, match=r"^The column 'name' is not known here\.") as stopped:
        call_command("import_domains", path, commit=True)
    assert stopped.value.returncode == 2
    assert not Domain.objects.exists()


def test_filling_again_drops_what_the_registry_no_longer_tells_and_keeps_addresses(run, far_side):
    run("example.com", commit=True)
    domain = Domain.objects.get()
    domain.nameservers.filter(name="ns1.example.com").update(addresses=["127.0.3.1"])
    Nameserver.objects.create(domain=domain, name="ns9.example.net")
    domain.nameservers.filter(name="ns2.example.net").delete()
    seen = far_side.info("example.com")
    assert seen
    fill(domain, seen)
    assert sorted(domain.nameservers.values_list("name", "addresses")) == [
        ("ns1.example.com", ["127.0.3.1"]),
        ("ns2.example.net", []),
    ]
    assert domain.keys.count() == 1


def killed(_self: import_domains.Command, _domain: Domain) -> tuple[str, str]:
    raise KeyboardInterrupt
