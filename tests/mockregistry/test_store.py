"""The store by itself: the DS records to publish, the world's keys, all or nothing, and decisions that are no longer
possible."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domains.mockregistry.server import STORE_FILE, running
from domains.mockregistry.store import Store
from domains.world import World, read_world
from tests.mockregistry.clock import Clock
from tests.mockregistry.keys import KEY, OTHER_KEY, ds_of, some_ds
from tests.mockregistry.peer import Peer

NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(world: World, tmp_path: Path) -> Iterator[Store]:
    store = Store.open(tmp_path / STORE_FILE, world, NOW)
    yield store
    store.close()


def test_of_each_key_one_ds_record_with_sha_256_is_published(store: Store):
    domain = store.domain("example.nl")
    assert domain is not None
    with store.transaction():
        store.replace_records(domain, (KEY, OTHER_KEY), "console", NOW)
    assert store.records(domain) == (KEY, OTHER_KEY)
    assert store.ds("example.nl") == (ds_of(KEY, "example.nl"), ds_of(OTHER_KEY, "example.nl"))


def test_a_record_cannot_be_there_twice_and_a_transaction_that_fails_leaves_nothing(store: Store):
    domain = store.domain("example.com")
    assert domain is not None
    with pytest.raises(sqlite3.IntegrityError), store.transaction():
        store.replace_records(domain, (some_ds(1), some_ds(1)), "console", NOW)
    assert store.records(domain) == ()
    assert store.domain("example.com") == domain


def test_the_file_is_flushed_at_every_commit(store: Store):
    assert store._connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert store._connection.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_the_world_s_keys_are_there_from_the_start(tmp_path: Path):
    people = 'tech = { name = "Tess" }, billing = { name = "Bill" }'
    key = '{ flags = 257, algorithm = 13, public_key = "%s" }'
    written = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
    path = tmp_path / "world.toml"
    path.write_text(f"""
registry = [
    {{ name = "north", interface = "ds", registrar_id = "console", password = "open-sesame" }},
    {{ name = "south", interface = "key", registrar_id = "console", password = "open-sesame" }},
]
tld = [{{ name = "com", registry = "north" }}, {{ name = "nl", registry = "south" }}]
domain = [
    {{ name = "example.com", keys = [{key % written}], expires = 2040-05-06, {people} }},
    {{ name = "example.nl", keys = [{key % written}] }},
]
""")
    with running(read_world(path), tmp_path) as registry, Peer(registry) as peer:
        peer.log_in()
        assert peer.records("example.com") == (ds_of(KEY, "example.com"),)
        assert peer.records("example.nl") == (KEY,)
        info = peer.info("example.com")
        assert info.contacts == (("admin", "C000001R"), ("tech", "C000001T"), ("billing", "C000001B"))
        assert info.expires_at == datetime(2040, 5, 6, tzinfo=UTC)


def test_a_decision_to_accept_what_is_no_longer_possible_is_told_as_a_refusal(world: World, tmp_path: Path):
    clock = Clock()
    with running(world, tmp_path, now=clock) as registry, Peer(registry) as peer:
        assert peer.log_in().update("slow.com", add=(some_ds(1),)).code == 1001
    store = Store.open(tmp_path / STORE_FILE, world, clock.time)
    domain = store.domain("slow.com")
    assert domain is not None
    with store.transaction():
        store.replace_records(domain, (some_ds(1), some_ds(2)), "staff", clock.time)
    store.close()
    clock.time += timedelta(seconds=1)
    with running(world, tmp_path, now=clock) as registry, Peer(registry) as peer:
        told = peer.log_in().poll()
        assert told.queue is not None
        assert told.pending is not None
        assert not told.pending.accepted
        assert told.queue.text is not None
        assert told.queue.text.startswith("The pending update was not possible: The DS record with key tag 1 ")
        assert peer.records("slow.com") == (some_ds(1), some_ds(2))
        assert peer.info("slow.com").statuses == ("ok",)
