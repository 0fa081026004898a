"""Takes the pictures of the README anew: `.venv/bin/python -m tests.pictures`.

It starts the demo and clicks through it.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from registrar.plan import ROOT
from tests import services
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.running import Run

# The keys of tests/conftest.py, which cannot be imported without Django's settings.
KEY_13 = "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
KEY_15 = "kQTgwImgthy9G6T5hTGBtrsCvEGUuM0ImadpYvZze5M="
PICTURES = ROOT / "docs" / "pictures"


def add(page: Page, key: str, algorithm: int, tag: int) -> None:
    """Add a key and wait until the registry has it."""
    page.get_by_label("Algorithm", exact=True).select_option(str(algorithm))
    page.get_by_label("Public key", exact=True).fill(key)
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_selector(f"#add-key-notice >> text=Key {tag} was added")


def main() -> None:
    """Sign in as Alice, add two keys, and keep what the pages look like."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        run = Run(ROOT, Path(folder) / "state")
        try:
            run.wait_until_ready(limit=60)
            browser = playwright.chromium.launch(executable_path=services.chromium(), args=CHROMIUM_ARGUMENTS)
            page = browser.new_page(
                base_url=f"http://127.0.0.1:{run.port}", viewport={"width": 1280, "height": 800}, device_scale_factor=1
            )
            page.goto("/accounts/login/")
            page.get_by_label("Email").fill("alice@example.net")
            page.get_by_label("Password").fill("alice-registrar")
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/domains/")
            page.screenshot(path=PICTURES / "registered-domains.png")
            page.goto("/domains/example.com/dnssec/")
            add(page, KEY_13, 13, 2371)
            add(page, KEY_15, 15, 27815)
            page.goto("/domains/")
            page.goto("/domains/example.com/dnssec/")
            page.screenshot(path=PICTURES / "manage-keys.png")
            page.goto("/requests/")
            page.screenshot(path=PICTURES / "requests.png")
            browser.close()
        finally:
            run.close()


if __name__ == "__main__":
    main()
