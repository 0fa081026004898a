"""One console for the looks, and browsers for the people who look at it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests import services
from tests.browser.conftest import CHROMIUM_ARGUMENTS
from tests.looks.checks import Visitor
from tests.looks.server import Server, running_server

type Opens = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The browser that is there, as it runs anywhere."""
    return {"executable_path": services.chromium(), "args": CHROMIUM_ARGUMENTS}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The console with every state in it."""
    expect.set_options(timeout=10_000)
    with running_server(tmp_path_factory.mktemp("looks")) as server:
        yield server


@pytest.fixture(scope="session")
def visitor_of(server: Server, browser: Browser) -> Iterator[Opens]:
    """Gives a person's browser, with scripts or without, the same one each time."""
    visitors: dict[tuple[str, bool], Visitor] = {}

    def opens(person: str, *, scripts: bool = True) -> Visitor:
        if (person, scripts) not in visitors:
            visitors[person, scripts] = Visitor(browser, server, person, java_script_enabled=scripts)
        return visitors[person, scripts]

    yield opens
    for visitor in visitors.values():
        visitor.close()
