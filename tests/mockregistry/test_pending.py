"""Updates that are decided later: 1001, pendingUpdate, the message with the original transaction ids, one queue per
login, first in first out (RFC 5731, section 3.3; RFC 5730, section 2.9.2.3)."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from domains.epp.commands import InfoDomain, UpdateDomain
from domains.epp.responses import Response
from domains.epp.secdns import SecDnsUpdate
from domains.mockregistry.server import running
from domains.world import World
from tests.mockregistry.clock import Clock
from tests.mockregistry.keys import some_ds
from tests.mockregistry.peer import Peer

ADD = SecDnsUpdate(add=(some_ds(1),))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def timed(world: World, tmp_path: Path, clock: Clock) -> Iterator[Peer]:
    """A connection that is logged in to a registry whose time is the clock's."""
    with running(world, tmp_path / "registry", now=clock) as registry, Peer(registry) as peer:
        yield peer.log_in()


def wait_for_message(peer: Peer) -> Response:
    deadline = time.monotonic() + 5
    while (answer := peer.poll()).code == 1300:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return answer


def test_a_pending_update_is_promised_and_not_yet_done(timed: Peer):
    answer = timed.update("never.com", add=(some_ds(1),))
    assert answer.code == 1001
    assert timed.info("never.com").statuses == ("pendingUpdate",)
    assert timed.records("never.com") == ()
    assert timed.poll().code == 1300


def test_while_one_update_is_pending_another_is_refused(timed: Peer):
    timed.update("never.com", add=(some_ds(1),))
    refused = timed.update("never.com", add=(some_ds(2),))
    assert (refused.code, refused.reasons) == (2304, ("never.com has the status pendingUpdate.",))


def test_an_impossible_update_is_refused_at_once(timed: Peer):
    assert timed.update("never.com", remove=(some_ds(1),)).code == 2303
    assert timed.info("never.com").statuses == ("ok",)


def test_an_accepted_update_is_carried_out_and_told_with_its_transaction_ids(timed: Peer, clock: Clock):
    promised = timed.update("slow.com", add=(some_ds(1),))
    clock.time += timedelta(seconds=1)
    told = timed.poll()
    assert told.code == 1301
    assert told.queue is not None
    assert (told.queue.count, told.queue.id) == (1, "1")
    assert told.queue.queued_at == clock.time
    assert told.queue.text == "The pending update was carried out."
    assert told.pending is not None
    assert (told.pending.name, told.pending.accepted, told.pending.date) == ("slow.com", True, clock.time)
    assert (told.pending.cl_trid, told.pending.sv_trid) == (promised.cl_trid, promised.sv_trid)
    assert timed.info("slow.com").statuses == ("ok",)
    assert timed.records("slow.com") == (some_ds(1),)


def test_a_rejected_update_changes_nothing_and_is_told(timed: Peer, clock: Clock):
    timed.update("no.com", add=(some_ds(1),))
    clock.time += timedelta(seconds=1)
    told = timed.poll()
    assert told.pending is not None
    assert (told.pending.name, told.pending.accepted) == ("no.com", False)
    assert timed.info("no.com").statuses == ("ok",)
    assert timed.records("no.com") == ()


def test_a_silent_registry_carries_out_without_a_message(timed: Peer, clock: Clock):
    timed.update("quiet.com", add=(some_ds(1),))
    clock.time += timedelta(seconds=1)
    assert timed.records("quiet.com") == (some_ds(1),)
    assert timed.info("quiet.com").statuses == ("ok",)
    assert timed.poll().code == 1300


def test_the_decision_comes_by_itself_when_it_is_due(peer: Peer):
    peer.update("slow.com", add=(some_ds(1),))
    told = wait_for_message(peer)
    assert told.pending is not None
    assert told.pending.accepted


def test_an_update_without_transaction_id_is_told_without_one(timed: Peer, clock: Clock):
    body = UpdateDomain("slow.com", ADD).to_xml("ABC-12345").replace(b"<clTRID>ABC-12345</clTRID>", b"")
    promised = timed.say(body)
    clock.time += timedelta(seconds=1)
    told = timed.poll()
    assert told.pending is not None
    assert (told.pending.cl_trid, told.pending.sv_trid) == (None, promised.sv_trid)


def test_messages_are_acknowledged_in_order_and_only_once(timed: Peer, clock: Clock):
    for name in ("slow.com", "slower.com"):
        timed.update(name, add=(some_ds(1),))
        clock.time += timedelta(milliseconds=1)
    clock.time += timedelta(seconds=1)
    first = timed.poll()
    assert first.queue is not None
    assert first.pending is not None
    assert (first.queue.count, first.queue.id, first.pending.name) == (2, "1", "slow.com")
    assert timed.poll().queue == first.queue
    assert [timed.acknowledge(wrong).code for wrong in ("2", "3", "01", "x")] == [2308, 2303, 2303, 2303]
    done = timed.acknowledge("1")
    assert done.queue is not None
    assert (done.code, done.queue.count, done.queue.id) == (1000, 1, "1")
    assert timed.acknowledge("1").code == 2303
    second = timed.poll()
    assert second.queue is not None
    assert second.pending is not None
    assert (second.queue.count, second.queue.id, second.pending.name) == (1, "2", "slower.com")
    last = timed.acknowledge("2")
    assert last.queue is not None
    assert (last.code, last.queue.count) == (1000, 0)
    assert timed.poll().code == 1300
    assert timed.acknowledge("2").code == 2303


def test_every_answer_tells_of_waiting_messages(timed: Peer, clock: Clock):
    timed.update("slow.com", add=(some_ds(1),))
    assert timed.ask(InfoDomain("slow.com")).queue is None
    clock.time += timedelta(seconds=1)
    for answer in (timed.ask(InfoDomain("slow.com")), timed.ask(InfoDomain("free.com")), timed.say("not xml")):
        assert answer.queue is not None
        assert (answer.queue.count, answer.queue.id, answer.queue.text) == (1, "1", None)


def test_a_queue_belongs_to_its_login(peer: Peer, connect: Callable[[], Peer]):
    peer.update("slow.com", add=(some_ds(1),))
    wait_for_message(peer)
    assert connect().log_in("westerly", "other-words").poll().code == 1300
    assert connect().log_in().poll().code == 1301
