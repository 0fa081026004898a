"""`./dev test`: static checks, then pytest on SQLite, in a browser and on PostgreSQL, with the services they need."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import FrameType
from xml.etree import ElementTree

from tests import services

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
CHECKS = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "--quiet", "."],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
    "mypy": [PYTHON, "-m", "mypy", "--no-error-summary"],
    "bandit": [
        PYTHON,
        "-m",
        "bandit",
        "-c",
        "pyproject.toml",
        "-q",
        "-ll",
        "-r",
        "registrar",
        "domains",
        "dnssec",
        "dev",
    ],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
}
# The knobs of a run at the person's desk must not bend a test.
KNOBS = (
    *("PORT", "STATE_DIR", "WORLD", "DATABASE_URL", "REDIS_URL", "EPP_PORT", "DNS_PORT", "EPP_TIMEOUT", "EMAIL_URL"),
    *("EPP_POLL_INTERVAL", "OPERATION_LEASE", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "DEBUG", "ALLOWED_HOSTS", "HTTPS"),
    *("PUBLIC_URL", "CSRF_TRUSTED_ORIGINS", "DEFAULT_FROM_EMAIL", "WORKER_CONCURRENCY"),
    *("KEEP_DAYS", "METRICS_TOKEN", "TRUSTED_PROXIES", "DNS_ROOT_HINTS", "DNS_TRUST_ANCHOR", "DNS_ALLOW_PRIVATE"),
)
# With these pytest tells about itself or the tests and runs none.
TELLING = {"-h", "--help", "-V", "--version", "--co", "--collect-only", "--fixtures", "--markers"}
NOTHING_COLLECTED = 5


def stop_on_term(number: int, frame: FrameType | None) -> None:
    """A polite end: everything that was started is stopped on the way out."""
    raise SystemExit(128 + number)


def run(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end and return its exit status; when this process is to end, it and its helpers go first."""
    # A shell's background job ignores interrupts and so would pytest: a handler is not handed down, the default is.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # In a session of its own all of its processes can be told: pytest does not pass on that it is interrupted.
    process = subprocess.Popen(command, cwd=ROOT, env=environ, start_new_session=True)
    try:
        return process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def announce(what: str) -> None:
    """Say what runs now."""
    print(f"=== {what}", flush=True)


def marked(arguments: Sequence[str], expression: str) -> list[str]:
    """The pytest arguments with the expression joined to the -m that may be among them: pytest heeds only the last."""
    rest, given = list(arguments), []
    for index, argument in enumerate(arguments):
        if argument == "-m" and index + 1 < len(arguments):
            given, rest = [f"({arguments[index + 1]})"], [*arguments[:index], *arguments[index + 2 :]]
    return [*rest, "-m", " and ".join([*given, expression])]


def spread(arguments: Sequence[str]) -> list[str]:
    """The pytest arguments, spread over two processes unless they say otherwise; one group of tests stays in one."""
    chosen = any(argument.startswith(("-n", "--numprocesses", "--pdb")) for argument in arguments)
    return (
        list(arguments)
        if chosen or "no:xdist" in " ".join(arguments)
        else ["-n", "2", "--dist", "loadgroup", *arguments]
    )


def counts(report: Path) -> tuple[int, int]:
    """How many tests passed and failed, by a JUnit report; none when there is no report."""
    if not report.exists():
        return 0, 0
    suites = ElementTree.parse(report).getroot().iter("testsuite")  # noqa: S314 - pytest wrote it a moment ago.
    passed = failed = 0
    for suite in suites:
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        passed += int(suite.get("tests", 0)) - bad - int(suite.get("skipped", 0))
        failed += bad
    return passed, failed


def main(arguments: list[str]) -> int:
    """Run what was asked for. Returns 0 when all of it went well."""
    signal.signal(signal.SIGTERM, stop_on_term)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="registrar-tests-")))
        environ = {name: value for name, value in os.environ.items() if name not in KNOBS}
        environ |= {"CHROMIUM": services.chromium(), "REDIS_URL": stack.enter_context(services.broker(folder))}
        sqlite = {**environ, "STATE_DIR": str(folder / "sqlite"), "DATABASE_URL": f"sqlite:///{folder}/sqlite/test.db"}
        Path(sqlite["STATE_DIR"]).mkdir()
        failed_checks = []
        for name, command in {} if arguments else CHECKS.items():
            announce(name)
            if run(command, sqlite):
                failed_checks.append(name)

        pytest = [PYTHON, "-m", "pytest"]
        if TELLING & set(arguments):
            return run([*pytest, *arguments], sqlite)
        # Playwright runs an event loop in its process, in which Django's database refuses to be used: a pass of its
        # own.
        address = stack.enter_context(services.postgres(folder))
        postgres = {**environ, "STATE_DIR": str(folder / "postgresql"), "DATABASE_URL": address}
        Path(postgres["STATE_DIR"]).mkdir()
        passes = [
            ("pytest on SQLite", sqlite, "not browser"),
            ("pytest in a browser", sqlite, "browser"),
            ("pytest on PostgreSQL (all but what runs once)", postgres, "not browser and not slow_once"),
        ]
        reports, failed_passes = [], 0
        for number, (name, variables, expression) in enumerate(passes):
            announce(name)
            reports.append(folder / f"report{number}.xml")
            status = run([*pytest, *marked(spread(arguments), expression), f"--junitxml={reports[-1]}"], variables)
            failed_passes += status not in ({0, NOTHING_COLLECTED} if arguments else {0})
        if failed_checks:
            print(f"checks failed: {', '.join(failed_checks)}")
        passed, failed = (sum(column) for column in zip(*map(counts, reports), strict=True))
        print(f"{passed} passed, {failed} failed", flush=True)
        return 1 if failed_checks or failed_passes or not passed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except services.Unavailable as reason:
        sys.exit(f"./dev test: {reason}")
    except KeyboardInterrupt:
        sys.exit(130)
