"""Changes that the registry makes by itself: done whatever locks the domain has, and told to the sponsor by a message
with the domain as it is afterwards, who did it and why (RFC 8590)."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from domains.epp.changepoll import ChangeData
from domains.epp.commands import Login
from domains.epp.secdns import SecDnsUpdate
from domains.epp.xml import SECDNS
from domains.mockregistry import refusals
from domains.mockregistry.registry_changes import change
from domains.mockregistry.requests import DomainUpdate, Parts
from domains.mockregistry.server import STORE_FILE, RunningRegistry, running
from domains.mockregistry.store import Store
from domains.world import World
from tests.mockregistry.keys import KEY, ds_of, some_ds
from tests.mockregistry.peer import PASSWORD, Peer

NOW = datetime(2030, 1, 1, 12, 30, tzinfo=UTC)
LOCKED = Parts(statuses=("serverUpdateProhibited",))


@pytest.fixture
def store(registry: RunningRegistry, world: World) -> Iterator[Store]:
    """The store of the running registry, as its staff may reach into it."""
    with closing(Store.open(registry.directory / STORE_FILE, world, NOW)) as store:
        yield store


def test_a_lock_by_the_registry_is_told_with_the_domain_as_it_is_now(peer: Peer, store: Store):
    peer.update("example.com", add=(some_ds(1),))
    with store.transaction():
        change(store, DomainUpdate("example.com", add=LOCKED), None, NOW, reason="Court order", case_id="42")
    told = peer.poll()
    assert told.code == 1301
    assert told.queue is not None
    assert (told.queue.count, told.queue.id, told.queue.queued_at) == (1, "1", NOW)
    assert told.queue.text == "The registry changed example.com."
    assert told.change is not None
    assert told.change == ChangeData(
        "update", NOW, told.change.sv_trid, "Registry staff", case_id="42", reason="Court order"
    )
    assert told.domain is not None
    assert told.domain.statuses == ("serverUpdateProhibited",)
    assert told.domain.updated_at == NOW
    assert told.domain.secdns is not None
    assert told.domain.secdns.ds == (some_ds(1),)
    assert told.domain == peer.info("example.com")
    assert peer.acknowledge("1").code == 1000
    assert peer.poll().code == 1300


def test_the_message_shows_the_domain_as_it_was_then(peer: Peer, store: Store):
    with store.transaction():
        change(store, DomainUpdate("example.com", add=Parts(statuses=("serverHold",))), None, NOW)
        change(store, DomainUpdate("example.com", remove=Parts(statuses=("serverHold",))), None, NOW)
    first = peer.poll()
    assert first.domain is not None
    assert first.domain.statuses == ("serverHold",)
    peer.acknowledge("1")
    second = peer.poll()
    assert second.domain is not None
    assert second.domain.statuses == ("ok",)


def test_a_domain_that_is_locked_is_emptied_by_the_registry_all_the_same(peer: Peer, store: Store):
    with store.transaction():
        change(store, DomainUpdate("locked.com"), SecDnsUpdate(add=(ds_of(KEY, "locked.com"),)), NOW)
        change(store, DomainUpdate("locked.com"), SecDnsUpdate(remove_all=True), NOW)
    assert peer.records("locked.com") == ()
    messages = [(peer.poll(), peer.acknowledge(str(number)).code) for number in (1, 2)]
    assert [code for _, code in messages] == [1000, 1000]
    held = [told.domain.secdns if told.domain else "?" for told, _ in messages]
    assert [bool(secdns) for secdns in held] == [True, False]


def test_who_did_not_announce_an_extension_is_not_sent_it(connect: Callable[[], Peer], store: Store):
    with store.transaction():
        change(store, DomainUpdate("example.com"), SecDnsUpdate(add=(some_ds(1),)), NOW)
    peer = connect()
    assert peer.ask(Login("console", PASSWORD, extension_uris=())).code == 1000
    told = peer.poll()
    assert (told.code, told.change) == (1301, None)
    assert told.domain is not None
    assert told.domain.secdns is None
    other = connect()
    assert other.ask(Login("console", PASSWORD, extension_uris=(SECDNS,))).code == 1000
    told = other.poll()
    assert told.change is None
    assert told.domain is not None
    assert told.domain.secdns is not None


def test_the_sponsor_is_told_and_nobody_else(connect: Callable[[], Peer], store: Store):
    with store.transaction():
        change(store, DomainUpdate("rival.com", add=LOCKED), None, NOW)
    assert connect().log_in().poll().code == 1300
    assert connect().log_in("westerly", "other-words").poll().code == 1301


@pytest.mark.parametrize(
    ("asked", "secdns", "refusal"),
    [
        (DomainUpdate("free.com", add=LOCKED), None, refusals.NoSuchDomain),
        (DomainUpdate("example.com"), None, refusals.NothingToDo),
        (DomainUpdate("locked.com", add=LOCKED), None, refusals.Present),
        (DomainUpdate("example.com"), SecDnsUpdate(remove=(some_ds(1),)), refusals.Absent),
        (DomainUpdate("example.nl"), SecDnsUpdate(add=(some_ds(1),)), refusals.WrongInterface),
    ],
)
def test_what_cannot_be_done_is_neither_done_nor_told(
    peer: Peer, store: Store, asked: DomainUpdate, secdns: SecDnsUpdate | None, refusal: type[refusals.Refusal]
):
    with pytest.raises(refusal), store.transaction():
        change(store, asked, secdns, NOW)
    assert peer.poll().code == 1300


def test_while_an_update_is_pending_the_registry_waits_too(peer: Peer, store: Store):
    peer.update("never.com", add=(some_ds(1),))
    with pytest.raises(refusals.StatusProhibits), store.transaction():
        change(store, DomainUpdate("never.com", add=LOCKED), None, NOW)


def test_the_command_changes_a_domain_while_the_registry_runs(
    peer: Peer, registry: RunningRegistry, capsys: pytest.CaptureFixture[str]
):
    ds = some_ds(7)
    call_command(
        "registry_change",
        "Example.com",
        "--add-status=serverUpdateProhibited",
        f"--add-ds={ds.key_tag} {ds.algorithm} {ds.digest_type} {ds.digest.hex()}",
        "--reason=Lock asked for",
        f"--dir={registry.directory}",
    )
    assert capsys.readouterr().out == "The registry changed example.com and told its sponsor.\n"
    assert peer.records("example.com") == (ds,)
    assert peer.update("example.com", remove=(ds,)).code == 2304
    told = peer.poll()
    assert told.change is not None
    assert told.change.reason == "Lock asked for"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("free.com", "--remove-all"), "free.com is not registered."),
        (("example.com",), "The update changes nothing."),
        (("example.com", "--remove-all", f"--reason={'x' * 33}"), "A reason has at most 32 characters"),
        (("example.com", "--add-ds=12 13"), "argument --add-ds: invalid"),
    ],
)
def test_the_command_says_what_it_cannot_do(registry: RunningRegistry, arguments: tuple[str, ...], complaint: str):
    with pytest.raises(CommandError, match=complaint):
        call_command("registry_change", *arguments, f"--dir={registry.directory}")


def test_the_command_makes_no_registry_where_there_is_none(tmp_path: Path):
    with pytest.raises(CommandError, match="There is no mock registry in"):
        call_command("registry_change", "example.com", "--remove-all", f"--dir={tmp_path}")
    assert list(tmp_path.iterdir()) == []


def test_messages_outlive_a_restart(world: World, tmp_path: Path):
    with running(world, tmp_path):
        pass
    with closing(Store.open(tmp_path / STORE_FILE, world, NOW)) as store, store.transaction():
        change(store, DomainUpdate("example.com", add=LOCKED), None, NOW + timedelta(hours=1))
    with running(world, tmp_path) as registry, Peer(registry) as peer:
        told = peer.log_in().poll()
        assert told.change is not None
        assert told.change.date == NOW + timedelta(hours=1)
