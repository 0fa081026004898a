"""What `./dev run` refuses before it starts anything, and the sentence it does so with."""

import json
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from registrar import env
from registrar.plan import CannotStart, Ports, private_folder, read_plan
from tests.running import Run, free_port, processes_of

Start = Callable[..., Run]


@pytest.fixture
def world(tmp_path: Path) -> str:
    path = tmp_path / "world.toml"
    path.touch()
    return str(path)


def refusal(**environ: str) -> str:
    with closing(Ports()) as ports, pytest.raises((CannotStart, env.MalformedSetting)) as caught:
        read_plan(environ, ports)
    return str(caught.value)


@pytest.mark.parametrize("name", ["PORT", "EPP_PORT", "DNS_PORT"])
@pytest.mark.parametrize("value", ["x", "0", "65536", "-1", "80.5", "٣"])
def test_a_malformed_port_is_named(world: str, name: str, value: str) -> None:
    assert refusal(WORLD=world, **{name: value}) == f"{name} must be a whole number from 1 to 65535, not {value!r}."


def test_a_world_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refusal(WORLD=str(tmp_path / "no.toml")) == f"WORLD: there is no file {tmp_path}/no.toml."


def test_two_services_on_one_port_are_refused(world: str) -> None:
    assert refusal(WORLD=world, PORT="7701", EPP_PORT="7701") == (
        "PORT, EPP_PORT and DNS_PORT must be different numbers."
    )


@pytest.mark.parametrize("name", ["PORT", "EPP_PORT", "DNS_PORT"])
def test_a_port_that_is_given_and_taken_is_refused(world: str, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        number = str(somebody.getsockname()[1])
        given = {"PORT": str(free_port()), name: number}
        assert refusal(WORLD=world, **given) == f"{name}: port {number} is taken; set {name} to a free one."


def test_a_dns_port_that_is_taken_for_udp_alone_is_refused(world: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as somebody:
        somebody.bind(("127.0.0.1", 0))
        number = str(somebody.getsockname()[1])
        given = {"PORT": str(free_port()), "DNS_PORT": number}
        assert refusal(WORLD=world, **given) == f"DNS_PORT: port {number} is taken; set DNS_PORT to a free one."


def test_two_starts_at_once_choose_different_ports_for_their_registries(world: str) -> None:
    with closing(Ports()) as ours, closing(Ports()) as theirs:
        plans = [read_plan({"WORLD": world, "PORT": str(free_port())}, ports) for ports in (ours, theirs)]
    chosen = [number for plan in plans for number in (plan.web, plan.epp, plan.dns)]
    assert len(set(chosen)) == 6


def test_a_run_reacts_within_seconds_unless_told_otherwise(world: str) -> None:
    environ = {"WORLD": world, "PORT": str(free_port()), "EPP_TIMEOUT": "3"}
    with closing(Ports()) as ports:
        told = read_plan(environ, ports).environ
    assert (told["EPP_TIMEOUT"], told["EPP_POLL_INTERVAL"], told["OPERATION_LEASE"]) == ("3", "2", "30")


CHAIN_SETTINGS = ("DNS_ROOT_HINTS", "DNS_TRUST_ANCHOR", "DNS_PORT", "DNS_ALLOW_PRIVATE")


def settings_of_chains(world: str, **environ: str) -> tuple[str | None, ...]:
    """What a run tells the console of where chains of trust begin."""
    with closing(Ports()) as ports:
        plan = read_plan({"WORLD": world, "PORT": str(free_port()), **environ}, ports)
    told = plan.environ
    return tuple(str(plan.dns) if told.get(name) == str(plan.dns) else told.get(name) for name in CHAIN_SETTINGS)


def test_chains_are_checked_from_the_mock_registry_s_root_unless_told_otherwise(world: str, tmp_path: Path) -> None:
    state, port = str(tmp_path / "state"), str(free_port())
    hints, anchor = f"{state}/registry/root.hints", f"{state}/registry/trust-anchor"
    assert settings_of_chains(world, STATE_DIR=state, DNS_PORT=port) == (hints, anchor, port, "1")
    given = {"DNS_ROOT_HINTS": "/given/hints", "DNS_TRUST_ANCHOR": "/given/anchor", "DNS_ALLOW_PRIVATE": "no"}
    told = settings_of_chains(world, STATE_DIR=state, DNS_PORT=port, **given)
    assert told == ("/given/hints", "/given/anchor", port, "no")


@pytest.mark.parametrize(
    ("registries", "is_played_here"),
    [
        ('[[registry]]\nname = "a"\nhost = "epp.example.net"\n', False),
        ('[[registry]]\nname = "a"\nhost = "epp.example.net"\n[[registry]]\nname = "b"\n', True),
        ('[[registry]]\nname = "b"\n', True),
        ("registry = 3\n", True),
        ("this is no TOML", True),
    ],
    ids=["all somebody else's", "one of two", "all ours", "no tables", "no TOML"],
)
def test_a_world_of_other_people_s_registries_leaves_chains_to_the_real_root(
    world: str, registries: str, is_played_here: bool
) -> None:
    Path(world).write_text(registries)
    port = str(free_port())
    hints, anchor, dns, private = settings_of_chains(world, DNS_PORT=port)
    if is_played_here:
        assert (hints is not None, anchor is not None, dns, private) == (True, True, port, "1")
    else:
        assert (hints, anchor, dns, private) == (None, None, None, None)


def test_a_folder_that_leads_elsewhere_is_not_taken_for_a_private_one(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CannotStart, match="belongs to somebody else"):
        private_folder(tmp_path / "link")


def test_ends_with_status_two_and_nothing_started(start: Start) -> None:
    run = start(DNS_PORT="nought")
    assert run.end() == (
        2,
        "The console cannot start: DNS_PORT must be a whole number from 1 to 65535, not 'nought'.\n",
    )
    assert run.lines() == []
    assert not run.state_dir.exists()


def test_what_only_the_settings_judge_is_refused_before_anything_is_started(start: Start) -> None:
    run = start(DEBUG="maybe")
    assert run.end() == (2, "The console cannot start: DEBUG must be one of yes and no.\n")
    assert run.lines() == []


def test_a_state_directory_is_used_by_one_run_at_a_time(start: Start) -> None:
    first = start()
    first.wait_until_ready()
    second = start()
    assert second.end() == (
        2,
        f"The console cannot start: Another ./dev run uses {first.state_dir}: "
        "stop it, or set STATE_DIR to another folder.\n",
    )
    ports = json.loads((first.state_dir / "ports.json").read_text())
    assert ports["web"] == first.port


def test_a_state_directory_that_cannot_be_made_is_named(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = start(state="file/state", PORT=str(free_port()))
    assert run.end() == (1, f"The console cannot start: {tmp_path}/file/state: Not a directory.\n")


def test_two_copies_run_beside_each_other(start: Start) -> None:
    runs = [start("one"), start("two")]
    for run in runs:
        run.wait_until_ready()
    used = [json.loads((run.state_dir / "ports.json").read_text()) for run in runs]
    assert len({number for ports in used for number in ports.values()}) == 6
    assert runs[0].stop() == 0
    assert processes_of(runs[0].state_dir) == set()
    assert len(processes_of(runs[1].state_dir)) == 8
