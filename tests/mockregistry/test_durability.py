"""What was answered survives: domains, records, decisions to come, messages, passwords; and no server transaction id is
given twice. The world is loaded once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from domains.epp.commands import InfoDomain, Login
from domains.mockregistry.server import running
from domains.world import World
from tests.mockregistry.clock import Clock
from tests.mockregistry.keys import some_ds
from tests.mockregistry.peer import PASSWORD, Peer


def test_a_restart_forgets_nothing(world: World, tmp_path: Path):
    clock = Clock()
    with running(world, tmp_path, now=clock) as registry, Peer(registry) as peer:
        peer.log_in()
        peer.update("example.com", add=(some_ds(1),))
        peer.update("slow.com", add=(some_ds(2),))
        promised = peer.update("no.com", add=(some_ds(3),))
        before = peer.info("example.com")
    clock.time += timedelta(hours=1)
    with running(world, tmp_path, now=clock) as registry, Peer(registry) as peer:
        peer.log_in()
        assert peer.info("example.com") == before
        assert peer.records("slow.com") == (some_ds(2),)
        first = peer.poll()
        assert first.pending is not None
        assert (first.pending.name, first.pending.accepted) == ("slow.com", True)
        peer.acknowledge("1")
    with running(world, tmp_path, now=clock) as registry, Peer(registry) as peer:
        second = peer.log_in().poll()
        assert second.queue is not None
        assert second.pending is not None
        assert (second.queue.count, second.queue.id) == (1, "2")
        assert (second.pending.name, second.pending.accepted) == ("no.com", False)
        assert second.pending.sv_trid == promised.sv_trid


def test_a_decision_still_to_come_is_pending_after_a_restart(world: World, tmp_path: Path):
    with running(world, tmp_path) as registry, Peer(registry) as peer:
        peer.log_in().update("never.com", add=(some_ds(1),))
    with running(world, tmp_path) as registry, Peer(registry) as peer:
        peer.log_in()
        assert peer.info("never.com").statuses == ("pendingUpdate",)
        assert peer.update("never.com", add=(some_ds(2),)).code == 2304


def test_server_transaction_ids_are_never_given_twice(world: World, tmp_path: Path):
    given = []
    for _ in range(3):
        with running(world, tmp_path) as registry, Peer(registry) as peer:
            peer.log_in()
            given += [peer.ask(InfoDomain(name)).sv_trid for name in ("example.com", "free.com", "example.org")]
    assert len(set(given)) == 9


def test_a_changed_password_and_the_certificates_outlive_a_restart(world: World, tmp_path: Path):
    with running(world, tmp_path) as registry, Peer(registry) as peer:
        assert peer.ask(Login("console", PASSWORD, "new-sesame")).code == 1000
        pki = {path: path.read_bytes() for path in vars(registry.pki).values()}
    with running(world, tmp_path) as registry, Peer(registry) as peer:
        assert peer.ask(Login("console", PASSWORD)).code == 2200
        peer.log_in(password="new-sesame")
        assert {path: path.read_bytes() for path in pki} == pki


def test_another_world_is_not_loaded_over_what_is_there(world: World, tmp_path: Path):
    with running(world, tmp_path) as registry, Peer(registry) as peer:
        peer.log_in().update("example.com", add=(some_ds(1),))
    other = replace(world, domains=tuple(replace(domain, name=f"new-{domain.name}") for domain in world.domains))
    with running(other, tmp_path) as registry, Peer(registry) as peer:
        peer.log_in()
        assert peer.records("example.com") == (some_ds(1),)
        assert peer.ask(InfoDomain("new-example.com")).code == 2303
