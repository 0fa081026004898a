"""A private key that is pasted, dropped, typed or restored never leaves the browser: the real module in a page of its
own, beside htmx, which would send every input to the server.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Locator, Page, Route, expect

from registrar.plan import ROOT
from tests.conftest import KEY_13, KEY_15
from tests.dnssec.test_paste_private_keys import (
    ALL_PEM,
    FILES_OF_TOOLS,
    KINDS,
    PASTES,
    TALK,
    body,
    pem,
    public_texts,
    shapes_of_a_file,
)

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

HOST = "http://localhost:9"
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
PAGE = """<!doctype html><html lang="en"><head><title>Add a key</title>
<meta name="htmx-config" content='{"includeIndicatorStyles": false, "allowEval": false}'>
<script src="/htmx.js" defer></script><script type="module" src="/private-key.js"></script></head><body>
<form action="/add" method="post" hx-post="/add-by-htmx" hx-swap="none">
  <label>Public key <textarea id="key" name="key" data-no-private-key="alert" hx-post="/understand" hx-swap="none"
    hx-trigger="input">%s</textarea></label>
  <p id="alert" role="alert" hidden>This is a private key.</p><button>Add</button>
</form><label>Elsewhere <textarea id="elsewhere"></textarea></label><a href="/next">Next</a></body></html>"""


class Guarded:
    """The page, and everything that it sent."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.inside = ""
        self.sent: list[str] = []
        page.route("**/*", self._answer)
        self.open()

    def open(self) -> None:
        self.page.goto(f"{HOST}/")

    def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(HOST)
        htmx = finders.find("django_htmx/htmx-2.min.js")
        scripts = {"/htmx.js": htmx, "/private-key.js": ROOT / "static" / "js" / "private-key.js"}
        if path in scripts:
            route.fulfill(body=Path(scripts[path]).read_text(), content_type="text/javascript")
        elif path in ("/", "/next"):
            headers = {"Content-Security-Policy": POLICY}
            route.fulfill(body=PAGE % self.inside, content_type="text/html; charset=utf-8", headers=headers)
        else:
            self.sent.append(f"{path} {route.request.post_data}")
            route.fulfill(status=204)

    @property
    def field(self) -> Locator:
        return self.page.locator("#key")

    @property
    def alert(self) -> Locator:
        return self.page.get_by_role("alert")

    def copy(self, text: str) -> None:
        """Put a text on the clipboard, as people do."""
        self.page.locator("#elsewhere").fill(text)
        self.page.locator("#elsewhere").press("Control+a")
        self.page.keyboard.press("Control+c")

    def typed(self, texts: list[str]) -> list[str]:
        """Each text put into the field at once; returns those after which it is not empty, with the alert shown."""
        script = """([field], texts) => texts.filter((text) => {
            field.value = text;
            field.dispatchEvent(new InputEvent("input", { bubbles: true }));
            return field.value !== "" || document.getElementById("alert").hidden;
        })"""
        return list(self.page.evaluate(f"(texts) => ({script})(document.querySelectorAll('#key'), texts)", texts))

    def assert_silent(self) -> None:
        """Nothing was sent. Something harmless is sent at last, so that what was on its way has been seen."""
        self.field.fill("x")
        with self.page.expect_response("**/last"):
            self.page.evaluate("fetch('/last', { method: 'POST', body: '' })")
        assert [line for line in self.sent if not line.startswith("/last")] == ["/understand key=x"]


@pytest.fixture
def guarded(browser: Browser) -> Iterator[Guarded]:
    complaints: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if "Policy" in message.text else None)
        yield Guarded(page)
    assert complaints == []


def test_empties_the_field_for_every_private_key_and_sends_nothing(guarded: Guarded) -> None:
    texts = [text for which in ALL_PEM for name, text in shapes_of_a_file(pem(*which)).items() if "hex" not in name]
    texts += [f"key {body(pem(*which))}" for which in ALL_PEM]
    texts += [*FILES_OF_TOOLS, *(paste["input"] for paste in PASTES if paste["expect"] == "private-key")]
    assert guarded.typed(texts) == []
    guarded.assert_silent()


def test_lets_every_public_key_pass(guarded: Guarded) -> None:
    texts = [text for kind in KINDS for text in public_texts(kind).values()]
    texts += [paste["input"] for paste in PASTES if paste["expect"] != "private-key"]
    texts += [text for text in (*TALK, KEY_13, KEY_15) if text]
    assert guarded.typed(texts) == texts
    assert len(guarded.sent) <= len(texts)  # htmx drops what is asked while it waits for an answer.
    expect(guarded.alert).to_be_hidden()


@pytest.mark.parametrize("which", [("rsa 2048", "pkcs8"), ("p256", "traditional"), ("ed25519", "openssh")])
def test_a_paste_does_not_come_in_and_cannot_be_undone(guarded: Guarded, which: tuple[str, str]) -> None:
    guarded.copy(pem(*which))
    guarded.field.press("Control+v")
    expect(guarded.alert).to_have_text("This is a private key.")
    expect(guarded.field).to_have_value("")
    guarded.field.press("Control+z")
    expect(guarded.field).to_have_value("")
    guarded.assert_silent()
    expect(guarded.alert).to_be_hidden()


def test_a_paste_that_completes_a_private_key_empties_the_field(guarded: Guarded) -> None:
    guarded.page.evaluate("document.getElementById('key').value = '-----BEGIN PRIV'")
    guarded.copy("ATE KEY-----")
    guarded.field.press("End")
    guarded.field.press("Control+v")
    expect(guarded.alert).to_be_visible()
    expect(guarded.field).to_have_value("")
    guarded.assert_silent()


def test_a_public_key_is_pasted_and_sent_untouched(guarded: Guarded) -> None:
    guarded.copy(KEY_13)
    with guarded.page.expect_response("**/understand"):
        guarded.field.press("Control+v")
    expect(guarded.field).to_have_value(KEY_13)
    expect(guarded.alert).to_be_hidden()
    assert len(guarded.sent) == 1


def test_a_drop_does_not_come_in(guarded: Guarded) -> None:
    script = """(text) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.setData("text/plain", text);
        const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer });
        return document.getElementById("key").dispatchEvent(drop);
    }"""
    assert guarded.page.evaluate(script, pem("p256", "pkcs8")) is False
    expect(guarded.alert).to_be_visible()
    assert guarded.page.evaluate(script, KEY_13) is True
    guarded.assert_silent()


@pytest.mark.parametrize("how", ["button", "requestSubmit"])
def test_a_form_with_a_private_key_is_not_sent(guarded: Guarded, how: str) -> None:
    guarded.page.evaluate("(text) => { document.getElementById('key').value = text; }", pem("ed25519", "pkcs8"))
    if how == "button":
        guarded.page.get_by_role("button", name="Add").click()
    else:
        guarded.page.evaluate("document.querySelector('form').requestSubmit()")
    expect(guarded.alert).to_be_visible()
    expect(guarded.field).to_have_value("")
    guarded.assert_silent()


def test_a_field_that_comes_with_a_private_key_is_emptied(guarded: Guarded) -> None:
    guarded.inside = pem("rsa", "traditional")
    guarded.open()
    expect(guarded.alert).to_be_visible()
    expect(guarded.field).to_have_value("")
    guarded.assert_silent()


def test_a_field_that_the_browser_restores_is_emptied(guarded: Guarded) -> None:
    guarded.page.evaluate("(text) => { document.getElementById('key').value = text; }", pem("p384", "pkcs8"))
    guarded.page.get_by_role("link", name="Next").click()
    guarded.page.wait_for_url("**/next")
    guarded.page.go_back()
    expect(guarded.field).to_have_value("")
    guarded.assert_silent()


def test_looks_through_a_long_text_in_no_time(guarded: Guarded) -> None:
    pieces: list[Any] = [
        "A",
        "-",
        "--begin",
        "MDAw",
        "\\",
        json.dumps({"kty": "d"}),
        base64.b64encode(b"0" * 30).decode(),
    ]
    for piece in pieces:
        text = piece * (32_768 // len(piece))
        script = """(text) => {
            const field = document.getElementById("key");
            field.value = text;
            const started = performance.now();
            field.dispatchEvent(new InputEvent("change", { bubbles: true }));
            return performance.now() - started;
        }"""
        assert guarded.page.evaluate(script, text) < 500, piece
        expect(guarded.field).to_have_value(text)
