"""How long a chain of trust takes to be judged, and whether the verdict is right: ours beside other people's tools on
the same zones in the same run. Tools that are not installed are left out; a table goes to standard error.

The zones are the mock registry's; what each ought to come to is said here.
"""

import base64
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode

from dnssec.anchors import read_anchors, read_hints
from dnssec.checking import Start, check
from dnssec.lookups import Resolution
from domains.mockregistry.zonekeys import ZoneKeys, ensure_keys
from domains.world import read_world
from tests.mockregistry.naming import Served, serving
from tests.running import free_port

LOOPBACK = "127.0.0.1"
ROUNDS = 5
SECURE, INSECURE, BOGUS, UNKNOWN = "secure", "insecure", "bogus", "indeterminate"

FOREIGN = "KDAJfPGWgvNAEHUMzmmSa+c3gHfoGIsXnhIO1iAYGTAyVBo+CLTyIk3wxDtt4Yn3eCrCiYsEAHBJgQvA3pwJ8w=="
# How the zone is, which keys the parent has for it, and what that comes to. "lame": nobody serves it.
ZONES = {
    "healthy": ("healthy", "ksk", SECURE),
    "not-enabled": ("healthy", "", INSECURE),
    "unsigned": ("unsigned", "", INSECURE),
    "ds-but-unsigned": ("unsigned", "ksk", BOGUS),
    "rollover-old-ds": ("rollover", "ksk", SECURE),
    "rollover-both": ("rollover", "ksk second", SECURE),
    "rolled-old-ds": ("rolled", "ksk", BOGUS),
    "rolled-new-ds": ("rolled", "second", SECURE),
    "rolled-both": ("rolled", "ksk second", SECURE),
    "foreign-ds": ("healthy", "foreign", BOGUS),
    "own-and-foreign-ds": ("healthy", "ksk foreign", SECURE),
    "ds-of-zsk": ("healthy", "zsk", BOGUS),
    "ds-of-both": ("healthy", "ksk zsk", SECURE),
    "wrongly-signed": ("bogus", "ksk", BOGUS),
    "wrongly-signed-no-ds": ("bogus", "", INSECURE),
    "expired": ("expired", "ksk", BOGUS),
    "expired-no-ds": ("expired", "", INSECURE),
    "lame": ("", "ksk", UNKNOWN),
}
TLDS = ("com", "net")  # The one denies with NSEC3, the other with NSEC.

HEAD = """
registry = [{ name = "north", interface = "ds", registrar_id = "console", password = "north-password" }]
tld = [{ name = "com", registry = "north" }, { name = "net", registry = "north" }]
"""
UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  port: {port}
  username: ""
  chroot: ""
  directory: "{folder}"
  pidfile: ""
  use-syslog: no
  logfile: "{folder}/unbound.log"
  do-not-query-localhost: no
  do-ip6: no
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  infra-host-ttl: 0
  trust-anchor-file: "{anchor}"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@{dns}
remote-control:
  control-enable: no
"""

# What a tool makes of a name; empty where it breaks.
Judge = Callable[[str], str]


@dataclass(frozen=True)
class Figures:
    """Of one tool: the median of its times in seconds, how many verdicts were right, and what it said of each zone."""

    seconds: float
    right: int
    verdicts: dict[str, str]


def measure() -> dict[str, float]:
    """Zones and, of each tool, median seconds a zone, right verdicts and how many times our time it takes."""
    expected = {f"{label}.{tld}": told for tld in TLDS for label, (_state, _keys, told) in ZONES.items()}
    with tempfile.TemporaryDirectory(prefix="chain-") as folder, ExitStack() as stack:
        served = stack.enter_context(serving(_world(Path(folder)), Path(folder)))
        figures = {"ours": _figures(_ours(served), expected, ROUNDS)}
        for name, judge in _peers(served, Path(folder), stack):
            figures[name] = _figures(judge, expected, 1 if name == "dnsviz" else 3)
    _table(expected, figures)
    result: dict[str, float] = {"zones": len(expected)}
    for name, one in figures.items():
        result |= {f"{name}_seconds": one.seconds, f"{name}_right": one.right}
        if name != "ours":
            result[f"{name}_ratio"] = one.seconds / figures["ours"].seconds
    return result


def _world(folder: Path) -> object:
    tables = []
    for number, (name, (state, keys, _expected)) in enumerate(
        ((f"{label}.{tld}", told) for tld in TLDS for label, told in ZONES.items()), start=1
    ):
        seed = f"the bench's {name}"
        made = ensure_keys(folder / f"{name}.seed", seed)
        zone = f'zone = {{ state = "{state}", seed = "{seed}" }}' if state else ""
        own = ", ".join(_key(made, which) for which in keys.split())
        tables.append(
            f'[[domain]]\nname = "{name}"\nnameservers = ["ns1.{name} 127.0.4.{number}"]\n{zone}\nkeys = [{own}]\n'
        )
    (folder / "world.toml").write_text(HEAD + "".join(tables))
    return read_world(folder / "world.toml")


def _key(made: ZoneKeys, which: str) -> str:
    if which == "foreign":
        return f'{{ flags = 257, algorithm = 13, public_key = "{FOREIGN}" }}'
    public = {"ksk": made.ksk, "zsk": made.zsk, "second": made.second_ksk}[which].public
    return f'{{ flags = {public.flags}, algorithm = 13, public_key = "{base64.b64encode(public.key).decode()}" }}'


def _figures(judge: Judge, expected: dict[str, str], rounds: int) -> Figures:
    verdicts, times = {}, []
    for name in expected:
        own = []
        for _round in range(rounds):
            start = time.perf_counter()
            verdicts[name] = judge(name)
            own.append(time.perf_counter() - start)
        times.append(statistics.median(own))
    right = sum(verdicts[name] == told for name, told in expected.items())
    return Figures(statistics.median(times), right, verdicts)


def _ours(served: Served) -> Judge:
    hints, anchors = read_hints(served.directory / "root.hints"), read_anchors(served.directory / "trust-anchor")
    start = Start(Resolution(hints, served.dns_port, allow_private=True), anchors)
    return lambda name: check(name, start=start).verdict.value


def _peers(served: Served, folder: Path, stack: ExitStack) -> Iterator[tuple[str, Judge]]:
    """The tools that are installed."""
    if shutil.which("delv"):
        yield "delv", _delv(served)
    if shutil.which("drill"):
        yield "drill", _drill(served)
    if shutil.which("unbound"):
        yield "unbound", _unbound(stack.enter_context(_resolver(served, folder)))
    if shutil.which("dnsviz"):
        yield "dnsviz", _dnsviz(served)


def _delv(served: Served) -> Judge:
    command = ["delv", f"@{LOOPBACK}", "-p", str(served.dns_port), "-a", str(served.directory / "anchors")]

    def judge(name: str) -> str:
        said = _said([*command, "+root=.", name, "SOA"])
        if "; fully validated" in said:
            return SECURE
        if "; unsigned answer" in said:
            return INSECURE
        # It says "failure" where no answer came, and what is wrong where one did.
        return UNKNOWN if "resolution failed: failure" in said or "timed out" in said else BOGUS

    return judge


def _drill(served: Served) -> Judge:
    command = ["drill", "-S", "-p", str(served.dns_port), "-k", str(served.directory / "trust-anchor")]

    def judge(name: str) -> str:
        said = _said([*command, name, f"@{LOOPBACK}", "SOA"])
        return SECURE if "Chase successful" in said else BOGUS

    return judge


@contextmanager
def _resolver(served: Served, folder: Path) -> Iterator[int]:
    """A validating unbound that remembers nothing, and its port."""
    port = free_port()
    (folder / "unbound.conf").write_text(
        UNBOUND.format(port=port, folder=folder, anchor=served.directory / "trust-anchor", dns=served.dns_port)
    )
    command = ["unbound", "-d", "-c", str(folder / "unbound.conf")]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        query = dns.message.make_query(".", "SOA")
        for _attempt in range(50):
            with suppress(OSError, dns.exception.Timeout):
                dns.query.udp(query, LOOPBACK, 0.2, port)
                break
        yield port
    finally:
        process.terminate()
        process.wait()


def _unbound(port: int) -> Judge:
    def judge(name: str) -> str:
        query = dns.message.make_query(name, "SOA", want_dnssec=True)
        try:
            answer = dns.query.udp(query, LOOPBACK, 15, port)
            if answer.rcode() == dns.rcode.SERVFAIL:
                query.flags |= dns.flags.CD
                unchecked = dns.query.udp(query, LOOPBACK, 15, port)
                return BOGUS if unchecked.rcode() == dns.rcode.NOERROR and unchecked.answer else UNKNOWN
        except dns.exception.Timeout:
            return UNKNOWN
        return SECURE if answer.flags & dns.flags.AD else INSECURE

    return judge


def _dnsviz(served: Served) -> Judge:
    probe = ["dnsviz", "probe", "-s", f"{LOOPBACK}:{served.dns_port}", "-a", "."]
    grok = ["dnsviz", "grok", "-t", str(served.directory / "trust-anchor"), "-l", "info"]

    def judge(name: str) -> str:
        said = subprocess.run(grok, input=_said([*probe, name]), capture_output=True, text=True).stdout
        try:
            zone = json.loads(said)[f"{name}."]
        except (ValueError, KeyError):
            return ""
        told = [zone.get("delegation", {}).get("status", "")]
        told += [answer["status"] for answer in zone["queries"].get(f"{name}./IN/SOA", {}).get("answer", [])]
        words = {status.lower() for status in told}
        return next((verdict for verdict in (BOGUS, INSECURE, SECURE) if verdict in words), UNKNOWN)

    return judge


def _said(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if command[1] == "probe" else done.stdout + done.stderr


def _table(expected: dict[str, str], figures: dict[str, Figures]) -> None:
    """Every zone with what it is and what each tool says of it; a tick stands for the same."""
    lines = [f"{'zone':26}{'is':15}" + "".join(f"{name:>15}" for name in figures)]
    for name, told in expected.items():
        said = [one.verdicts[name] for one in figures.values()]
        lines.append(f"{name:26}{told:15}" + "".join(f"{'-' if v == told else v or 'breaks':>15}" for v in said))
    lines.append(f"{'right':41}" + "".join(f"{one.right:>15}" for one in figures.values()))
    lines.append(f"{'ms a zone':41}" + "".join(f"{1000 * one.seconds:>15.1f}" for one in figures.values()))
    print("\n".join(lines), file=sys.stderr, flush=True)
