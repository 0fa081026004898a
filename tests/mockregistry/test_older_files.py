"""A store that an earlier version wrote is brought to the present shape: domains, records and passwords stay, what was
pending or waiting is dropped, and no message number is given twice."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from domains.mockregistry.server import STORE_FILE, running
from domains.world import World
from tests.mockregistry.clock import Clock
from tests.mockregistry.frames import domain_update, status
from tests.mockregistry.keys import some_ds
from tests.mockregistry.peer import Peer

BACK_TO_SHAPE_0 = """
DROP TABLE host;
DROP TABLE contact;
ALTER TABLE domain DROP COLUMN auth_info;
ALTER TABLE domain DROP COLUMN max_sig_life;
DROP TABLE message;
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT, registrar_id TEXT NOT NULL, queued TEXT NOT NULL, text TEXT NOT NULL,
    domain TEXT NOT NULL, accepted INTEGER NOT NULL, cl_trid TEXT, sv_trid TEXT NOT NULL, decided TEXT NOT NULL);
CREATE INDEX message_queue ON message (registrar_id, id);
INSERT INTO message VALUES (7, 'console', '2030-01-01T00:00:00+00:00', 'Done.', 'example.com', 1, NULL, 'MOCK-1', '');
PRAGMA user_version = 0;
"""


def test_an_older_file_keeps_what_is_held_and_goes_on(world: World, tmp_path: Path):
    clock = Clock()
    with running(world, tmp_path, now=clock) as registry, Peer(registry) as peer:
        peer.log_in().update("example.com", add=(some_ds(1),))
        peer.update("never.com", add=(some_ds(2),))
        peer.say(domain_update("example.com", add=status("clientHold")))
    with closing(sqlite3.connect(tmp_path / STORE_FILE, isolation_level=None)) as connection:
        connection.executescript(BACK_TO_SHAPE_0)
    with running(world, tmp_path, now=clock) as registry, Peer(registry) as peer:
        peer.log_in()
        assert peer.records("example.com") == (some_ds(1),)
        assert peer.info("example.com").statuses == ("clientHold",)
        assert peer.info("never.com").statuses == ("ok",)
        assert peer.poll().code == 1300
        assert peer.update("slow.com", add=(some_ds(3),)).code == 1001
    clock.time += timedelta(seconds=1)
    with running(world, tmp_path, now=clock) as registry, Peer(registry) as peer:
        answer = peer.log_in().poll()
        assert answer.queue is not None
        assert (answer.code, answer.queue.id) == (1301, "8")
