"""The command that plays the DNS service of a domain while the mock registry runs: it signs, stops signing, changes the
key; what a resolver finds follows at once."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from domains.mockregistry.childzones import STATES_FILE
from domains.mockregistry.zonekeys import ensure_keys
from domains.world import World, read_world
from tests.mockregistry.naming import ZONES, Served, serving
from tests.mockregistry.walker import Walker


@pytest.fixture(scope="module")
def zoned_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    path = tmp_path_factory.mktemp("world") / "world.toml"
    path.write_text(ZONES)
    return read_world(path)


@pytest.fixture
def served(zoned_world: World, tmp_path: Path) -> Iterator[Served]:
    with serving(zoned_world, tmp_path) as served:
        yield served


def zone(served: Served, *arguments: str) -> list[str]:
    """What the command prints."""
    printed = io.StringIO()
    call_command("zone", *arguments, f"--dir={served.directory}", stdout=printed)
    return printed.getvalue().splitlines()


def keys(served: Served, name: str = "example.com") -> list[int] | None:
    """The flags of the keys that the zone shows, in the order of the records."""
    found = Walker(served.directory, served.dns_port).find(name, "DNSKEY").records
    return None if found is None else sorted(key.flags for key in found)


def test_a_zone_is_switched_while_it_is_served_and_back(served: Served):
    assert zone(served) == []
    assert keys(served) == [256, 257]
    before = (served.directory / "zones" / "example.com.dnskey").read_text()
    assert zone(served, "Example.com.", "unsigned") == ["example.com: unsigned"]
    assert keys(served) is None
    assert zone(served, "example.com", "rollover") == ["example.com: rollover"]
    assert keys(served) == [256, 257, 257]
    assert (served.directory / "zones" / "example.com.dnskey").read_text().count("DNSKEY 257") == 2
    zone(served, "plain.com", "healthy")
    assert zone(served) == ["example.com: rollover", "plain.com: healthy"]
    assert keys(served, "plain.com") == [256, 257]
    assert zone(served, "example.com", "--reset") == []
    assert keys(served) == [256, 257]
    assert (served.directory / "zones" / "example.com.dnskey").read_text() == before
    zone(served, "--reset")
    assert keys(served, "plain.com") is None


def test_a_rolled_zone_shows_the_second_key_alone(served: Served):
    made = ensure_keys(served.directory / "zones" / "example.com.pem")
    zone(served, "example.com", "rolled")
    found = Walker(served.directory, served.dns_port).find("example.com", "DNSKEY").records
    assert found is not None
    assert {key.key for key in found} == {made.second_ksk.public.key, made.zsk.public.key}


def test_what_is_switched_outlasts_a_start(zoned_world: World, tmp_path: Path):
    with serving(zoned_world, tmp_path) as served:
        zone(served, "example.com", "unsigned")
    with serving(zoned_world, tmp_path) as served:
        assert keys(served) is None


def test_the_serial_number_grows_when_a_zone_is_switched(served: Served):
    def serial() -> int:
        found = Walker(served.directory, served.dns_port).find("example.com", "SOA").records
        assert found is not None
        return int(found[0].serial)

    before = serial()
    zone(served, "example.com", "rollover")
    assert serial() > before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nothing.com", "healthy"), "serves no zone 'nothing.com'"),
        (("../root", "healthy"), "serves no zone '../root'"),
        (("com", "bogus"), "serves no zone 'com'"),
        (("example.com", "healthy", "--reset"), "Say NAME STATE, or NAME --reset"),
        (("example.com", "odd"), "invalid choice: 'odd'"),
    ],
)
def test_what_cannot_be_switched_is_refused_and_nothing_is_written(
    served: Served, arguments: tuple[str, ...], sentence: str
):
    with pytest.raises(CommandError, match=sentence):
        zone(served, *arguments)
    assert not (served.directory / STATES_FILE).exists()


def test_a_file_that_holds_something_else_is_not_served_from(served: Served):
    (served.directory / STATES_FILE).write_text('{"example.com": "odd"}')
    with pytest.raises(CommandError, match="does not hold the states of zones"):
        zone(served)


def test_equal_seeds_make_equal_keys_and_others_others(tmp_path: Path):
    one, same = ensure_keys(tmp_path / "one.pem", "a seed"), ensure_keys(tmp_path / "same.pem", "a seed")
    other, chance = ensure_keys(tmp_path / "other.pem", "another"), ensure_keys(tmp_path / "chance.pem")
    assert one.ksk.public == same.ksk.public
    assert len({keys.ksk.public.key for keys in (one, other, chance)}) == 3
    assert len({one.ksk.public.key, one.zsk.public.key, one.second_ksk.public.key}) == 3
