"""Every page in every state, and every mail, in every look: what is wrong with it, and what it looks like.

A table goes to standard error; the pictures are kept in var/looks.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from registrar.plan import ROOT
from tests import services
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.looks.checks import Visitor, cold, complaints_about, complaints_about_mail, complaints_without_scripts
from tests.looks.server import Server, running_server
from tests.looks.states import LOOKS, MAILS, STATES

PICTURES = ROOT / "var" / "looks"
FIRST_VISITS = {
    "sign in": ("", "/accounts/login/"),
    "domains": ("alice", "/domains/"),
    "keys": ("alice", "/domains/example.com/dnssec/"),
    "requests": ("alice", "/requests/"),
}


def measure() -> dict[str, float]:
    """States, looks, complaints and seconds; requests and kilobytes of the first visit of Manage keys."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    expect.set_options(timeout=10_000)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="looks-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=services.chromium(), args=CHROMIUM_ARGUMENTS)
        with running_server(Path(folder)) as server:
            complaints = _matrix(browser, server)
            figures = {name: cold(browser, server, *visit) for name, visit in FIRST_VISITS.items()}
        browser.close()
    for name, one in figures.items():
        _say(f"first visit of {name}: {one.requests} requests, {one.kilobytes:.1f} kB, layout shift {one.shift:.3f}")
    keys = figures["keys"]
    return {
        "states": len(STATES),
        "looks": len(LOOKS),
        "complaints": complaints,
        "seconds": time.perf_counter() - start,
        "requests": keys.requests,
        "kilobytes": keys.kilobytes,
        "shift": keys.shift,
    }


def _matrix(browser: Browser, server: Server) -> int:
    """Take every state in every look, print a line for each state, and count the complaints."""
    heads = [f"{look.width} {look.theme}" for look in LOOKS]
    _say(f"{'state':32}" + "".join(f"{head:>12}" for head in heads))
    visitors: dict[tuple[str, bool], Visitor] = {}
    total = 0
    for state in STATES:
        counts, sentences = [], []
        for look in LOOKS:
            found = []
            for scripts in [True] if state.scripted else [True, False]:
                if (state.person, scripts) not in visitors:
                    visitors[state.person, scripts] = Visitor(
                        browser, server, state.person, java_script_enabled=scripts
                    )
                visitor = visitors[state.person, scripts]
                visitor.open(state, look)
                if scripts:
                    name = f"{state.name.replace(', ', '-').replace(' ', '_')}-{look.width}-{look.theme}.png"
                    visitor.page.screenshot(path=PICTURES / name, full_page=not state.ajar)
                found += (complaints_about if scripts else complaints_without_scripts)(visitor, state)
            counts.append(len(found))
            sentences += [f"    {look.width} {look.theme}: {one}" for one in found]
        total += sum(counts)
        _say(f"{state.name:32}" + "".join(f"{count or '-':>12}" for count in counts))
        for sentence in sentences:
            _say(sentence)
    for mail in MAILS:
        visitor, counts = visitors["sam", True], []
        for look in LOOKS:
            found = complaints_about_mail(visitor, mail, look)
            visitor.page.screenshot(path=PICTURES / f"mail_{mail}-{look.width}-{look.theme}.png", full_page=True)
            counts.append(len(found))
            for one in found:
                _say(f"    {mail}, {look.width} {look.theme}: {one}")
        total += sum(counts)
        _say(f"{'mail, ' + mail:32}" + "".join(f"{count or '-':>12}" for count in counts))
    for visitor in visitors.values():
        visitor.close()
    return total


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
