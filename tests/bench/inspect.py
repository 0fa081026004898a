"""How long a paste takes to be understood, beside what dnspython needs to read, tag and digest a plain record."""

import json
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdata

from dnssec.paste import Circumstances, understand

DATA = Path(__file__).parent.parent / "dnssec" / "data"
MANY = 1000


def measure() -> dict[str, float]:
    """Seconds for 1,000 pastes (the whole corpus, again and again; at most 5 is promised), and the ratio to plain
    reading."""
    pastes = json.loads((DATA / "bad-keys.json").read_text())["inputs"]
    keys = [entry for entry in json.loads((DATA / "dnskeys.json").read_text())["keys"] if entry["algorithm"] in (8, 13)]

    def ours() -> None:
        for paste in islice(cycle(pastes), MANY):
            form = paste["form"]
            understanding = understand(
                paste["input"] * paste.get("repeat", 1), Circumstances(form["domain"], 257, form["algorithm"])
            )
            if understanding.key:
                understanding.key.ds(form["domain"], 2)

    def plain() -> None:
        for entry in islice(cycle(keys), MANY):
            text = f"{entry['flags']} 3 {entry['algorithm']} {entry['public_key']}"
            record = dns.rdata.from_text("IN", "DNSKEY", text)
            dns.dnssec.key_id(record)  # type: ignore[arg-type]  # dnspython says Rdata, and it is a DNSKEY.
            dns.dnssec.make_ds(dns.name.from_text(entry["owner"]), record, "SHA256")

    seconds, beside = _best(ours), _best(plain)
    return {"pastes": MANY, "seconds": seconds, "plain_seconds": beside, "ratio": seconds / beside}


def _best(work: Callable[[], None]) -> float:
    """The shortest of three runs: what other processes took away is not counted."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
