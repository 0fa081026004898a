"""Sessions side by side: whatever they do at once, the registry's rules hold."""

import threading
from collections.abc import Callable

from tests.mockregistry.keys import some_ds
from tests.mockregistry.peer import Peer


def at_once(*deeds: Callable[[], int]) -> list[int]:
    """The codes of deeds that begin together, sorted."""
    codes: list[int] = []
    barrier = threading.Barrier(len(deeds))

    def act(deed: Callable[[], int]) -> None:
        barrier.wait(5)
        codes.append(deed())

    threads = [threading.Thread(target=act, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(codes)


def adding(peer: Peer, name: str, number: int) -> Callable[[], int]:
    return lambda: int(peer.update(name, add=(some_ds(number),)).code)


def test_of_six_sessions_that_race_for_the_last_place_exactly_one_wins(connect: Callable[[], Peer]):
    peers = [connect().log_in() for _ in range(6)]
    assert peers[0].update("example.org", add=(some_ds(100),)).code == 1000
    deeds = [adding(peer, "example.org", number) for number, peer in enumerate(peers, start=1)]
    assert at_once(*deeds) == [1000, 2308, 2308, 2308, 2308, 2308]
    assert len(peers[0].records("example.org")) == 2


def test_of_two_sessions_that_add_the_same_record_one_is_told_it_is_there(connect: Callable[[], Peer]):
    first, second = connect().log_in(), connect().log_in()
    assert at_once(adding(first, "example.com", 1), adding(second, "example.com", 1)) == [1000, 2302]
    assert first.records("example.com") == (some_ds(1),)


def test_of_two_updates_of_a_pending_kind_one_waits_and_one_is_refused(connect: Callable[[], Peer]):
    first, second = connect().log_in(), connect().log_in()
    assert at_once(adding(first, "never.com", 1), adding(second, "never.com", 2)) == [1001, 2304]
