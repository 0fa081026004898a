"""Takes the pictures of the README anew: `.venv/bin/python -m tests.pictures`.

It starts the demo and clicks through it.
"""

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from registrar.plan import ROOT
from tests import services
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.running import Run

# A key of another zone.
KEY = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
PICTURES = ROOT / "docs" / "pictures"


def enable(page: Page) -> None:
    """Add the key that the zone shows, and wait until the chain is closed."""
    page.goto("/domains/example.com/dnssec/")
    page.get_by_role("button", name=re.compile("^Use key")).first.click()
    page.get_by_text("This is a public key").wait_for()
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Every link holds").wait_for()
    page.goto("/domains/example.com/dnssec/")
    page.get_by_text("Every link holds").wait_for()


def ask_for_harm(page: Page) -> None:
    """Try to add a key that the zone does not show."""
    page.goto("/domains/example-wrong-key.com/dnssec/")
    page.get_by_text("Your zone is signed").wait_for()
    with page.expect_response(re.compile("/understand/")):
        page.get_by_label("Public key", exact=True).fill(KEY)
    page.wait_for_timeout(1500)  # The worker looks ahead meanwhile.
    page.get_by_role("button", name="Add", exact=True).click()
    page.locator("#question").wait_for()
    page.locator("#question").scroll_into_view_if_needed()


def main() -> None:
    """Sign in as Alice, enable DNSSEC, try some harm, and keep what the pages look like."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = Run(ROOT, Path(folder) / "state")
        try:
            run.wait_until_ready(limit=60)
            browser = playwright.chromium.launch(executable_path=services.chromium(), args=CHROMIUM_ARGUMENTS)
            page = browser.new_page(
                base_url=f"http://127.0.0.1:{run.port}", viewport={"width": 1280, "height": 1000}, device_scale_factor=1
            )
            page.goto("/accounts/login/")
            page.get_by_label("Email").fill("alice@example.net")
            page.get_by_label("Password").fill("alice-registrar")
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/domains/")
            enable(page)
            page.screenshot(path=PICTURES / "manage-keys.png")
            ask_for_harm(page)
            page.screenshot(path=PICTURES / "question.png")
            page.goto("/domains/example-rolling.com/dnssec/rollover/")
            page.get_by_role("button", name="Check now").click()
            page.get_by_text("Publish the new key in the zone").wait_for()
            page.screenshot(path=PICTURES / "rollover.png")
            page.goto("/domains/example-broken.com/dnssec/resolver/")
            page.get_by_role("button", name=re.compile("^Ask")).click()
            page.locator("main").get_by_text("SERVFAIL").first.wait_for()
            page.screenshot(path=PICTURES / "resolver.png")
            page.goto("/requests/")
            page.screenshot(path=PICTURES / "requests.png")
            page.goto("/domains/")
            page.screenshot(path=PICTURES / "registered-domains.png")
            browser.close()
        finally:
            run.close()


if __name__ == "__main__":
    main()
