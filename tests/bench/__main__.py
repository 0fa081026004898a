"""`./dev bench [NAME] [--json]`: how fast things are, as ratios measured in one run, for machines differ."""

import argparse
import importlib
import json
import os
import tempfile
from pathlib import Path

import django

from tests.services import broker

BENCHMARKS = ("inspect", "registry", "chain", "chaos", "looks")


def main() -> None:
    """Run one benchmark, or all, and print a line for each; with --json an object a line."""
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("name", nargs="?", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="an object a line")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="registrar-bench-") as folder, broker(Path(folder)) as redis_url:
        # A database, a broker and a registry of their own: whatever the console at this desk holds is left alone.
        os.environ |= {"STATE_DIR": folder, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3", "REDIS_URL": redis_url}
        os.environ["DNS_ROOT_HINTS"] = str(Path(__file__).parent.parent / "nowhere.hints")  # No real DNS is asked.
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registrar.settings")
        django.setup()
        for name in [arguments.name] if arguments.name else BENCHMARKS:
            result = importlib.import_module(f"tests.bench.{name}").measure()
            facts = ", ".join(f"{fact} {_shown(value)}" for fact, value in result.items())
            print(json.dumps({"name": name, **result}) if arguments.json else f"{name}: {facts}", flush=True)


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


main()
