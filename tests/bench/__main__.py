"""`./dev bench [NAME] [--json]`: how fast things are, as ratios measured in one run, for machines differ."""

import argparse
import importlib
import json
import os

import django

BENCHMARKS = ("inspect",)


def main() -> None:
    """Run one benchmark, or all, and print a line for each; with --json an object a line."""
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("name", nargs="?", choices=BENCHMARKS, metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--json", action="store_true", help="an object a line")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registrar.settings")
    django.setup()
    for name in [arguments.name] if arguments.name else BENCHMARKS:
        result = importlib.import_module(f"tests.bench.{name}").measure()
        facts = ", ".join(f"{fact} {value:.3g}" for fact, value in result.items())
        print(json.dumps({"name": name, **result}) if arguments.json else f"{name}: {facts}", flush=True)


main()
