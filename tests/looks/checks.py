"""What is wrong with a page that is open in a browser: by axe, and by what a machine can see beyond it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response
from playwright.sync_api import TimeoutError as Slow

from tests.looks.server import Server
from tests.looks.states import Look, State

CHECKS = (Path(__file__).parent / "checks.js").read_text()
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},  # 24 pixels or room around it (WCAG 2.2, 2.5.8); off by itself.
    "resultTypes": ["violations"],
}
# What is modal makes the rest inert, and axe then misses what a page has to have.
BEHIND = {"landmark-one-main": {"enabled": False}, "page-has-heading-one": {"enabled": False}}
AXE = f"""async (rules) => {{
  {AXE_SCRIPT};
  const options = {json.dumps(OPTIONS)};
  Object.assign(options.rules, rules);
  const results = await axe.run(options);
  return results.violations.flatMap((one) => one.nodes.map((node) => `axe ${{one.id}}: ${{node.target.join(" ")}}`));
}}"""
OFFLINE = "net::ERR_INTERNET_DISCONNECTED"  # What only a state that asks for it meets.
ABORTED = "net::ERR_ABORTED"  # The page was left while it asked whether anything is new.
HEIGHTS = {390: 844, 768: 1024, 1280: 850}


MOVED = """() => new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; })).observe(
    { type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => resolve(sum), 0));
})"""


@dataclass(frozen=True)
class Figures:
    """What a first visit costs: requests, thousands of octets as they come over the wire, layout shift."""

    requests: int
    kilobytes: float
    shift: float


class Visitor:
    """Somebody's browser that keeps a list of what it complains about."""

    def __init__(self, browser: Browser, server: Server, person: str, **options: Any) -> None:
        self.server, self.complaints, self._status = server, list[str](), 200
        self.context: BrowserContext = browser.new_context(base_url=server.url, reduced_motion="reduce", **options)
        if person:
            cookie = {"name": "console_session", "value": server.places[f"session of {person}"], "url": server.url}
            self.context.add_cookies([cookie])  # type: ignore[list-item]  # Playwright wants its own kind of dict.
        # What one state leaves behind is no part of the next; a mail in its frame has no storage at all.
        self.context.add_init_script("try { sessionStorage.clear(); } catch {}")
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("console", self._listen)
        self.page.on("requestfailed", self._miss)
        self.page.on("response", self._look_at)

    def open(self, state: State, look: Look) -> None:
        """Show the state in this look. What is not as it should be is complained about."""
        self.complaints.clear()
        self.context.set_offline(False)
        self._status = state.status
        theme: Literal["dark", "light"] = "dark" if look.theme == "dark" else "light"
        self.page.emulate_media(color_scheme=theme, forced_colors="none")
        self.page.set_viewport_size({"width": look.width, "height": HEIGHTS[look.width]})
        answer = self.page.goto(state.path.format(**self.server.places))
        if answer is None or answer.status != state.status:
            self.complaints.append(f"status {answer and answer.status}")
        if state.then:
            self._status = 0  # What a form is answered with is the state itself.
            try:
                state.then(self.page)
            except (Slow, AssertionError) as trouble:
                self.complaints.append(f"not reached: {str(trouble).splitlines()[0]}")

    def close(self) -> None:
        """Let the browser go."""
        self.context.close()

    def _listen(self, message: ConsoleMessage) -> None:
        # What htmx and the browser say of a status, the status itself is judged for.
        statuses = ("the server responded with a status of", "Response Status Error Code", OFFLINE)
        expected = any(said in message.text for said in statuses)
        if message.type in ("error", "warning") and not expected:
            self.complaints.append(f"console: {message.text}")

    def _miss(self, request: Request) -> None:
        if request.failure not in (OFFLINE, ABORTED):
            self.complaints.append(f"failed: {request.url}")

    def _look_at(self, response: Response) -> None:
        expected = response.request.is_navigation_request() or not self._status
        if response.status >= 400 and not expected:
            self.complaints.append(f"status {response.status}: {response.url}")


def ask(page: Page, check: str, **facts: object) -> list[str]:
    """What one of the functions of checks.js finds."""
    script = f"async (facts) => {{ {CHECKS}; return checks.{check}(facts); }}"
    found: list[str] = page.evaluate(script, facts)
    return found


def complaints_about(visitor: Visitor, state: State) -> list[str]:
    """Everything that is wrong with the state that the visitor has open."""
    page = visitor.page
    found = [] if state.then else ask(page, "shift")
    found += ask(page, "structure", ajar=state.ajar) + ask(page, "overflow") + ask(page, "motion")
    found += page.evaluate(AXE, BEHIND if state.ajar else {})
    with turned(page):
        found += [f"right to left: {one}" for one in ask(page, "overflow")]
    page.emulate_media(forced_colors="active")
    found += ask(page, "forced")
    page.emulate_media(forced_colors="none")
    page.keyboard.press("Tab")
    found += ask(page, "focus")
    return [*visitor.complaints, *found]


def complaints_about_mail(visitor: Visitor, mail: str, look: Look) -> list[str]:
    """What is wrong with an example of a mail as a mail program shows it; the visitor is of the staff."""
    visitor.complaints.clear()
    page = visitor.page
    page.set_viewport_size({"width": look.width, "height": HEIGHTS[look.width]})
    page.goto("about:blank")  # The policy of a page of ours would hold for the mail too.
    page.set_content(visitor.context.request.get(f"/admin/mails/{mail}/{look.theme}/").text())
    found = ask(page, "overflow") + page.evaluate(AXE, {})
    with turned(page):
        found += [f"right to left: {one}" for one in ask(page, "overflow")]
    return [*visitor.complaints, *found]


def complaints_without_scripts(visitor: Visitor, state: State) -> list[str]:
    """What is wrong with the state, which the visitor, whose browser runs no scripts, has open."""
    return [f"without scripts: {one}" for one in visitor.complaints + ask(visitor.page, "scriptless")]


def cold(browser: Browser, server: Server, person: str, path: str) -> Figures:
    """What the first visit of an address costs, with nothing in the browser's cache."""
    visitor = Visitor(browser, server, person)
    answers: list[Response] = []
    visitor.page.on("response", lambda answer: answers.append(answer))
    visitor.page.goto(path, wait_until="networkidle")
    moved = visitor.page.evaluate(MOVED)
    sizes = [answer.request.sizes() for answer in answers]
    visitor.close()
    octets = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    return Figures(len(answers), octets / 1000, moved)


@contextmanager
def turned(page: Page) -> Iterator[None]:
    """The page as a language that is written from right to left would have it."""
    page.evaluate("document.documentElement.dir = 'rtl'")
    yield
    with suppress(Slow):
        page.evaluate("document.documentElement.dir = 'ltr'")
