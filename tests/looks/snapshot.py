"""The look of the components, kept: `python -m tests.looks.snapshot` writes it anew after a change that was meant.

It is what the browser computes, not pixels (docs/decisions/looks-are-computed-styles.md).
"""

import json
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests import services
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.looks.checks import Visitor
from tests.looks.server import Server, running_server
from tests.looks.states import STATES
from tests.looks.states import Look as Window

KEPT = Path(__file__).parent / "snapshots"
SCRIPT = (Path(__file__).parent / "snapshot.js").read_text()
WINDOWS = {
    "light": (Window(1280, "light"), "comfortable"),
    "dark": (Window(1280, "dark"), "comfortable"),
    "compact": (Window(1280, "light"), "compact"),
    "narrow": (Window(390, "light"), "comfortable"),
}

type Look = dict[str, str | int]  # By property.
type Looks = dict[str, dict[str, Look]]  # By part of the page and element.
type Snapshot = dict[str, dict[str, str]]  # The same, written in a line for each element.


def take(browser: Browser, server: Server) -> dict[str, Snapshot]:
    """Each component as it looks now. Of all looks but the first only what differs from the first is kept."""
    components = next(state for state in STATES if state.name == "components")
    visitor = Visitor(browser, server, components.person)
    taken: dict[str, Looks] = {}
    for name, (window, density) in WINDOWS.items():
        visitor.open(components, window)
        visitor.page.evaluate("density => { document.documentElement.dataset.density = density; }", density)
        taken[name] = visitor.page.evaluate(f"() => {{ {SCRIPT}; return snapshot(); }}")
    visitor.close()
    first = taken["light"]
    return {name: _written(one, {} if one is first else first) for name, one in taken.items()}


def kept(name: str) -> Snapshot:
    """What was kept of a look."""
    snapshot: Snapshot = json.loads((KEPT / f"{name}.json").read_text())
    return snapshot


def _written(looks: Looks, beside: Looks) -> Snapshot:
    """What is otherwise than beside it, as text; an element's property that is not there any more is None."""
    found: Snapshot = {}
    for part, elements in looks.items():
        for element, look in elements.items():
            before = beside.get(part, {}).get(element, {})
            changed = {name: look.get(name) for name in sorted(look.keys() | before.keys())}
            line = "; ".join(f"{name}: {value}" for name, value in changed.items() if value != before.get(name))
            if line:
                found.setdefault(part, {})[element] = line
    return found


def main() -> None:
    """Take the components anew."""
    with tempfile.TemporaryDirectory(prefix="looks-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=services.chromium(), args=CHROMIUM_ARGUMENTS)
        with running_server(Path(folder)) as server:
            for name, snapshot in take(browser, server).items():
                (KEPT / f"{name}.json").write_text(json.dumps(snapshot, indent=1, sort_keys=True) + "\n")
        browser.close()


if __name__ == "__main__":
    main()
