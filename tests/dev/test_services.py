"""The services that the tests run on: a real broker, a real PostgreSQL server, and a browser that runs."""

import os
import subprocess
from pathlib import Path

import dj_database_url
import psycopg
import pytest
import redis

from tests import services


def program(place: Path, text: str) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(0o755)
    return place


def test_a_broker_answers_and_is_gone_afterwards(tmp_path: Path) -> None:
    with services.broker(tmp_path) as url, redis.Redis.from_url(url) as client:
        assert client.set("key", "value") is True
        assert client.info("server")["tcp_port"] == 0
        pid = client.info("server")["process_id"]
    assert not Path(f"/proc/{pid}").exists()


def test_a_broker_in_a_long_folder_has_a_short_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 120)
    folder.mkdir()
    with services.broker(folder) as url:
        assert len(url.removeprefix("unix://")) <= 100
    assert not Path(url.removeprefix("unix://")).parent.exists()


def test_a_server_that_does_not_start_is_told_with_its_words(tmp_path: Path) -> None:
    command = ["/bin/sh", "-c", "echo out of paper; exit 3"]
    unavailable = pytest.raises(services.Unavailable, match="sh did not start: out of paper")
    with (
        unavailable,
        services.running(command, answers=lambda: False, log=tmp_path / "log", stop_with=services.signal.SIGTERM),
    ):
        pass


def test_postgresql_takes_a_hundred_connections_and_is_gone_afterwards(tmp_path: Path) -> None:
    with services.postgres(tmp_path) as url:
        found = dj_database_url.parse(url)
        with psycopg.connect(host=str(found["HOST"]), user=str(found["USER"]), dbname=found["NAME"]) as connection:
            row = connection.execute("SELECT current_setting('max_connections'), pg_backend_pid()").fetchone()
        assert row is not None
        assert row[0] == "100"
    assert not Path(f"/proc/{row[1]}").exists()
    assert not (Path(str(found["HOST"])) / "data" / "postmaster.pid").exists()


def test_postgresql_is_copied_to_where_its_user_can_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(command: list[Path], **_: object) -> None:
        raise PermissionError(13, "Permission denied", command[0])

    monkeypatch.setattr(subprocess, "run", out_of_reach)
    programs = services.postgres_programs(tmp_path, None)
    assert programs == tmp_path / "pginstall" / "bin"
    assert os.access(programs / "initdb", os.X_OK)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a browser, an installer of packages or rights to use one."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("PLAYWRIGHT_BROWSERS_PATH", raising=False)
    return tmp_path


WORKS = "#!/bin/sh\necho Chromium 147\n"
STUB = "#!/bin/sh\necho install the snap first >&2\nexit 1\n"


def test_takes_the_browser_that_is_named(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(machine / "bin" / "chromium", WORKS)
    monkeypatch.setenv("CHROMIUM", str(program(machine / "mine", WORKS)))
    assert services.chromium() == f"{machine}/mine"


def test_passes_over_a_browser_that_does_not_run(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(machine / "bin" / "chromium", STUB)
    program(machine / "bin" / "google-chrome", WORKS)
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert services.chromium() == f"{machine}/bin/google-chrome"


def test_finds_what_playwright_has_downloaded(machine: Path) -> None:
    downloaded = program(machine / ".cache" / "ms-playwright" / "chromium-1200" / "chrome-linux64" / "chrome", WORKS)
    assert services.chromium() == str(downloaded)


def test_no_browser_at_all_is_told_in_a_sentence(machine: Path) -> None:
    sentence = "No browser for the tests: install chromium, or set CHROMIUM to the path of one."
    with pytest.raises(services.Unavailable) as caught:
        services.chromium()
    assert str(caught.value) == sentence
