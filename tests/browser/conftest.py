"""One running console for the browser tests, and people who have signed in to it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from domains.epp.client import Client, client_context
from domains.epp.commands import InfoDomain, Login
from domains.epp.responses import DomainInfo
from registrar.plan import ROOT
from tests import services
from tests.running import Run, free_port

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# A registry that decides after seconds, a poll of it and one of the page add up; a slow machine adds its own.
expect.set_options(timeout=20_000)


@dataclass(frozen=True)
class Console:
    """A console that runs: where it answers, where it keeps things, and what its registry holds."""

    run: Run
    epp_port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.run.port}"

    @property
    def state_dir(self) -> Path:
        """Where it keeps everything."""
        return self.run.state_dir

    def at_registry(self, name: str, registrar: tuple[str, str] = ("console", "north-secret")) -> DomainInfo:
        """What the registry says about a domain, asked for by a session of the test's own."""
        pki = self.state_dir / "registry" / "pki"
        context = client_context(ca=pki / "ca.pem", cert=pki / "client.pem", key=pki / "client.key")
        client = Client.connect("127.0.0.1", self.epp_port, context=context, timeout=10)
        try:
            client.send(Login(*registrar), cl_trid="TEST-LOGIN")
            found = client.send(InfoDomain(name), cl_trid="TEST-INFO").domain
        finally:
            client.close()
        assert found is not None
        return found


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The browser that is there, as it runs anywhere."""
    return {"executable_path": services.chromium(), "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The whole console with the small world, started once for the process's browser tests."""
    port = free_port()
    world = Path(__file__).parent / "world.toml"
    run = Run(ROOT, tmp_path_factory.mktemp("console") / "state", WORLD=str(world), EPP_PORT=str(port))
    try:
        run.wait_until_ready(limit=60)
        yield Console(run, port)
    finally:
        run.close()


@pytest.fixture
def signed_in(console: Console, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a browser of one's own, signs in, and gives the page. What the page complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(email: str = "alice@example.net", password: str = "correct horse", **options: Any) -> Page:
        context = browser.new_context(base_url=console.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: complaints.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/domains/")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
