"""The command by which support switches faults of the running mock registry on and off."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from domains.mockregistry.server import RunningRegistry
from tests.mockregistry.keys import some_ds
from tests.mockregistry.peer import Peer


def fault(registry: RunningRegistry, *arguments: str, **options: Any) -> list[str]:
    """What the command prints, without times."""
    printed = io.StringIO()
    call_command("fault", *arguments, f"--dir={registry.directory}", stdout=printed, **options)
    return re.sub(r"\(since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)", "(since)", printed.getvalue()).splitlines()


def test_a_fault_is_switched_on_shown_and_switched_off(registry: RunningRegistry, peer: Peer):
    assert fault(registry, "--list") == []
    on = fault(registry, "Example.com.", "refuse", "--commands=update,info", "--code=2304", "--reason=a", "--reason=b")
    assert on == ["domain example.com: kind=refuse commands=['update', 'info'] code=2304 reason=['a', 'b'] (since)"]
    refused = peer.update("example.com", add=(some_ds(1),))
    assert (refused.code, refused.reasons) == (2304, ("a", "b"))
    assert fault(registry, "example.com", "--off") == ["domain example.com: none (since)"]
    assert peer.update("example.com", add=(some_ds(1),)).code == 1000
    assert fault(registry, "--reset") == []


def test_a_new_one_takes_the_place_of_the_old_one(registry: RunningRegistry):
    fault(registry, "com", "late", "--seconds=2", "--times=1")
    fault(registry, "south", "maintenance", "--seconds=90")
    assert fault(registry, "com", "dropped-after-commit") == [
        "registry south: kind=maintenance seconds=90.0 (since)",
        "tld com: kind=dropped-after-commit (since)",
    ]


def test_of_a_tld_and_a_registry_of_one_name_the_one_is_meant_that_takes_the_fault(registry: RunningRegistry):
    assert fault(registry, "west", "late") == ["tld west: kind=late (since)"]
    assert fault(registry, "west", "no-greeting") == [
        "tld west: kind=late (since)",
        "registry west: kind=no-greeting (since)",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("free.com", "late"), "The mock registry knows no domain, TLD or registry 'free.com'."),
        (("example.com", "lost"), "The fault has the kind 'lost'; the kinds are late, "),
        (("example.com", "2502"), "The fault of the kind '2502' cannot meet 'login' here; possible commands are "),
        (("example.com", "late", "--code=2306"), "The fault has the key 'code', which one of the kind 'late' does"),
        (("example.com",), "Say NAME KIND and its options, or NAME --off, or --list, or --reset."),
        ((), "Say NAME KIND and its options"),
        (("example.com", "late", "--off"), "Say NAME KIND and its options"),
        (("--list", "--times=1"), "Say NAME KIND and its options"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_switched(
    registry: RunningRegistry, arguments: tuple[str, ...], sentence: str
):
    with pytest.raises(CommandError) as caught:
        fault(registry, *arguments)
    assert str(caught.value).startswith(sentence)
    assert fault(registry, "--list") == []


def test_a_directory_without_a_registry_is_named(tmp_path: Path):
    with pytest.raises(CommandError, match=r"There is no mock registry in .*: unable to open database file"):
        call_command("fault", "example.com", "late", f"--dir={tmp_path}")
