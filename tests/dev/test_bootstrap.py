"""`./dev` before anything is installed: which Python it takes, when it installs, and how it says that it cannot."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from registrar.plan import ROOT
from tests.running import processes_of

# A Python of a few lines: it makes environments of itself, "installs" and tells in a log what it was asked to do.
PYTHON = """#!/bin/sh
case "$*" in
    *sysconfig*) echo {version} {fits}; exit 0;;
    *sys.prefix*) exit 0;;
esac
echo "$*" >> "$LOG"
case "$*" in
    *"-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";;
    *"-m pip install"*) sleep "${{PIP_SECONDS:-0}}"; echo "no such package"; exit "${{PIP_STATUS:-0}}";;
    *registrar.supervisor*) echo "run in $PWD with $STATE_DIR";;
    *manage.py*) echo "manage in $PWD with $*";;
esac
"""


class Checkout:
    """A folder with `./dev` and two lock files, and a machine around it that holds what the test has put there."""

    def __init__(self, folder: Path) -> None:
        self.root, self.home, self.path = folder / "checkout", folder / "home", folder / "bin"
        for made in (self.root, self.home, self.path):
            made.mkdir()
        shutil.copy(ROOT / "dev", self.root / "dev")
        (self.root / "requirements.txt").write_text("one\n")
        (self.root / "requirements-dev.txt").write_text("one\ntwo\n")
        for tool in ("cp", "mkdir", "sleep"):
            (self.path / tool).symlink_to(shutil.which(tool) or "")
        self.environ = {"PATH": str(self.path), "HOME": str(self.home), "LOG": str(folder / "log")}

    def python(self, where: str | Path, version: str, fits: int = 1) -> Path:
        """Put a Python of this version there (a name stands for a place on PATH)."""
        return self.program(where, PYTHON.format(version=version, fits=fits))

    def program(self, where: str | Path, text: str) -> Path:
        """Put an executable script there."""
        place = self.path / where
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o755)
        return place

    def begin(self, *arguments: str, cwd: Path | None = None, **environ: str) -> subprocess.Popen[str]:
        """Start ./dev."""
        return subprocess.Popen(
            [sys.executable, str(self.root / "dev"), *arguments],
            cwd=cwd or self.root,
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def dev(self, *arguments: str, cwd: Path | None = None, **environ: str) -> tuple[int, str, list[str]]:
        """Run ./dev: the exit status, what it printed, and the lines on standard error."""
        process = self.begin(*arguments, cwd=cwd, **environ)
        printed, said = process.communicate(timeout=20)
        assert "Traceback" not in said
        return process.returncode, printed, said.splitlines()

    def asked(self) -> list[str]:
        """What the Pythons were asked to do since the last time, without where the files are."""
        log = Path(self.environ["LOG"])
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return [line.replace(f"{self.root}/", "").replace("--quiet --disable-pip-version-check ", "") for line in lines]


INSTALL = "-m pip install --no-input --require-hashes -r "


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_needs_nothing_but_an_old_python_and_its_standard_library() -> None:
    tree = ast.parse((ROOT / "dev").read_text(), feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names
    assert os.access(ROOT / "dev", os.X_OK)


def test_makes_the_environment_installs_the_lock_and_hands_over(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13")
    status, printed, said = checkout.dev("run", STATE_DIR="/state")
    assert (status, printed) == (0, f"run in {checkout.root} with /state\n")
    assert said == [f"Making .venv with {checkout.path}/python3.13.", "Installing requirements.txt."]
    assert checkout.asked() == ["-m venv .venv", INSTALL + "requirements.txt", "-m registrar.supervisor"]


def test_does_and_says_nothing_when_nothing_has_changed(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13")
    checkout.dev("run")
    checkout.asked()
    assert checkout.dev("run")[2] == []
    assert checkout.asked() == ["-m registrar.supervisor"]


def test_what_the_tests_need_is_enough_for_a_run(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13")
    checkout.dev("test", "-k", "name")
    assert checkout.asked() == ["-m venv .venv", INSTALL + "requirements-dev.txt", "-m tests -k name"]
    checkout.dev("bench", "paste", "--json")
    assert checkout.asked() == ["-m tests.bench paste --json"]


def test_what_a_run_needs_is_not_enough_for_the_tests(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13")
    checkout.dev("run")
    checkout.asked()
    checkout.dev("test")
    assert checkout.asked() == ["-I -m pip --version", INSTALL + "requirements-dev.txt", "-m tests"]


def test_installs_again_when_the_lock_has_changed(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13")
    checkout.dev("run")
    checkout.asked()
    (checkout.root / "requirements.txt").write_text("three\n")
    assert checkout.dev("run")[2] == ["Installing requirements.txt."]
    assert checkout.asked() == ["-I -m pip --version", INSTALL + "requirements.txt", "-m registrar.supervisor"]


def test_an_environment_that_was_made_by_hand_is_kept(checkout: Checkout) -> None:
    checkout.python(checkout.root / ".venv" / "bin" / "python", "3 13")
    assert checkout.dev("run")[2] == ["Installing requirements.txt."]


@pytest.mark.parametrize("damage", ["half-made", "no python", "python does not run", "no stamp to read"])
def test_a_broken_environment_is_made_anew(checkout: Checkout, damage: str) -> None:
    checkout.python("python3.13", "3 13")
    checkout.dev("run")
    checkout.asked()
    venv = checkout.root / ".venv"
    (venv / "leftover").touch()
    if damage == "no python":
        (venv / "bin" / "python").unlink()
    elif damage == "python does not run":
        checkout.program(venv / "bin" / "python", "#!/bin/sh\nexit 127\n")
    else:
        (venv / "installed.json").write_text("{}" if damage == "half-made" else '{"requi')
    status, _, said = checkout.dev("run")
    assert (status, said[0]) == (0, f"Making .venv with {checkout.path}/python3.13.")
    assert not (venv / "leftover").exists()


def test_an_installation_that_fails_ends_in_a_sentence_and_is_not_taken_for_a_good_one(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13")
    status, printed, said = checkout.dev("run", PIP_STATUS="1")
    assert (status, printed) == (1, "")
    assert said[-2:] == [
        "no such package",
        "./dev: The packages of requirements.txt could not be installed: see above, then try again.",
    ]
    assert json.loads((checkout.root / ".venv" / "installed.json").read_text()) == {}


def test_two_at_once_install_once(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13")
    both = [checkout.begin("run", PIP_SECONDS="0.3") for _ in range(2)]
    said = [process.communicate(timeout=20)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(text == "Another ./dev is preparing .venv; waiting for it.\n" for text in said) == 1
    asked = checkout.asked()
    assert asked.count(INSTALL + "requirements.txt") == 1
    assert asked.count("-m registrar.supervisor") == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_what_it_has_started_in_a_sentence(checkout: Checkout, number: signal.Signals) -> None:
    checkout.python("python3.13", "3 13")
    process = checkout.begin("run", PIP_SECONDS="2")
    deadline = time.monotonic() + 5
    while not any("pip install" in line for line in checkout.asked()) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=5)
    assert (process.returncode, said.splitlines()[-1]) == (1, "./dev: stopped.")
    assert "Traceback" not in said
    assert processes_of(checkout.root) == set()


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ({"python3.12": "3 12", "python3.13": "3 13", "python3.14": "3 14"}, "python3.13"),
        ({"python3.14": "3 14", "python3.12": "3 12", "python3": "3 11"}, "python3.12"),
        ({"python3.14": "3 14", "python3": "3 15"}, "python3.14"),
        ({"python3": "3 12"}, "python3"),
    ],
)
def test_prefers_3_13_then_3_12_then_what_is_newer(checkout: Checkout, there: dict[str, str], chosen: str) -> None:
    for name, version in there.items():
        checkout.python(name, version)
    assert checkout.dev("run")[2][0] == f"Making .venv with {checkout.path}/{chosen}."


def test_a_python_that_cannot_carry_the_console_is_passed_over(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13", fits=0)
    checkout.python("python3.12", "3 12")
    assert checkout.dev("run")[2][0] == f"Making .venv with {checkout.path}/python3.12."


@pytest.mark.parametrize(
    "place", [".pyenv/versions/3.13.1/bin/python", ".local/share/uv/python/cpython-3.13.1-linux/bin/python3"]
)
def test_looks_into_the_folders_where_shims_fail(checkout: Checkout, place: str) -> None:
    checkout.program("python3.13", "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    python = checkout.python(checkout.home / place, "3 13")
    assert checkout.dev("run")[2][0] == f"Making .venv with {python}."


def test_looks_where_the_environment_says_that_pythons_are(checkout: Checkout, tmp_path: Path) -> None:
    python = checkout.python(tmp_path / "pyenv" / "versions" / "3.12.9" / "bin" / "python", "3 12")
    better = checkout.python(tmp_path / "uv" / "cpython-3.13" / "bin" / "python3", "3 13")
    pyenv, uv = str(tmp_path / "pyenv"), str(tmp_path / "uv")
    assert checkout.dev("run", PYENV_ROOT=pyenv)[2][0] == f"Making .venv with {python}."
    shutil.rmtree(checkout.root / ".venv")
    said = checkout.dev("run", PYENV_ROOT=pyenv, UV_PYTHON_INSTALL_DIR=uv)[2]
    assert said[0] == f"Making .venv with {better}."


def test_the_python_that_is_named_is_taken_before_a_better_one(checkout: Checkout, tmp_path: Path) -> None:
    checkout.python("python3.13", "3 13")
    named = checkout.python(tmp_path / "mine" / "python", "3 14")
    assert checkout.dev("run", PYTHON=str(named))[2][0] == f"Making .venv with {named}."


def test_a_named_python_that_does_not_fit_is_told_and_passed_over(checkout: Checkout) -> None:
    checkout.python("python3.13", "3 13")
    checkout.python("old", "3 11")
    assert checkout.dev("run", PYTHON="old")[2][:2] == [
        "PYTHON=old is no Python 3.12 or newer; looking for another.",
        f"Making .venv with {checkout.path}/python3.13.",
    ]


def test_has_uv_fetch_a_python_where_there_is_none(checkout: Checkout) -> None:
    checkout.python("fetched", "3 13")
    place = '"$UV_PYTHON_INSTALL_DIR/cpython-3.13/bin"'
    checkout.program("uv", f'#!/bin/sh\nmkdir -p {place}\ncp "{checkout.path}/fetched" {place}/python3\n')
    status, _, said = checkout.dev("run")
    assert status == 0
    assert said[:2] == [
        "No Python 3.12 or newer is installed; fetching Python 3.13 with uv.",
        f"Making .venv with {checkout.home}/.local/share/uv/python/cpython-3.13/bin/python3.",
    ]


def test_no_python_to_be_had_ends_in_a_sentence(checkout: Checkout) -> None:
    checkout.program("uv", "#!/bin/sh\necho 'no route to host'\nexit 2\n")
    status, _, said = checkout.dev("run")
    assert status == 1
    assert said[-2:] == [
        "no route to host",
        "./dev: No Python 3.12 or newer was found and uv could not fetch one: install it or set PYTHON.",
    ]


def test_paths_are_meant_from_where_the_person_stands(checkout: Checkout, tmp_path: Path) -> None:
    checkout.python("python3.13", "3 13")
    status, printed, _ = checkout.dev("run", cwd=tmp_path, STATE_DIR="mine")
    assert (status, printed) == (0, f"run in {checkout.root} with {tmp_path}/mine\n")
    manage = f"manage in {tmp_path} with {checkout.root}/manage.py inspect_key --json\n"
    assert checkout.dev("manage", "inspect_key", "--json", cwd=tmp_path)[1] == manage


def test_locks_for_every_platform_with_hashes(checkout: Checkout) -> None:
    checkout.program("uv", '#!/bin/sh\necho "$*" >> "$LOG"\n')
    assert checkout.dev("lock", "--upgrade")[2] == ["Locked requirements.txt.", "Locked requirements-dev.txt."]
    options = "--quiet --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header --upgrade"
    assert checkout.asked() == [
        f"pip compile {options} requirements.in -o requirements.txt",
        f"pip compile {options} requirements-dev.in -o requirements-dev.txt",
    ]


def test_help_lists_the_commands(checkout: Checkout) -> None:
    for arguments in ([], ["help"], ["--help"]):
        status, printed, said = checkout.dev(*arguments)
        assert (status, said) == (0, [])
        assert [line.split()[0] for line in printed.splitlines()[2:]] == ["run", "test", "bench", "manage", "lock"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serve"], "./dev: ./dev knows no command 'serve'; ./dev help lists them."),
        (["run", "8000"], "./dev: ./dev run takes no arguments: it is told by the environment (PORT, STATE_DIR, ...)."),
    ],
)
def test_a_wrong_command_line_ends_in_a_sentence(checkout: Checkout, arguments: list[str], sentence: str) -> None:
    assert checkout.dev(*arguments) == (1, "", [sentence])


def test_a_missing_lock_file_ends_in_a_sentence(checkout: Checkout) -> None:
    (checkout.root / "requirements-dev.txt").unlink()
    checkout.python("python3.13", "3 13")
    missing = f"{checkout.root}/requirements-dev.txt"
    assert checkout.dev("run") == (1, "", [f"./dev: {missing}: No such file or directory."])
