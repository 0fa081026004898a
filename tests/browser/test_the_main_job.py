"""Sign in, add a key, see it become active without reloading, read the mail, delete it: a browser, a worker, a
registry.
"""

import mailbox
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Console
from tests.conftest import KEY_13_OTHER, KEY_15

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# The key-signing key of .se: RSA of 2048 bits (tests/dnssec/data/dnskeys.json).
KEY_8 = (
    "AwEAAaw5/EVELuakk5srRepPzmDsF0doS/HpE9QBEn0xqRteeRFENh74WZjO7Zc8QeH0uKDeVXLhG0akgbjnwlAu3P225pZN4ovq0ep3MRU3Wm5t"
    "nvsD43D7QH3UdYe6I04aH+8TtAUBDiiKX5IQq6qcYIPk+xXzd3kk4kmQwV7OnAeZBqHA2ezViSL2p+h14oZ+zvFSd2ohFN3T5RJIlCfT0mNVa+Xh"
    "V2dORjR9/gTd9WPdZj/mmLlpw4tf0HBnCRVjryvAeXgy33WZMChLVwmiVe3FGKBgkYYjxyBVpgFvIgLPmpJiC28XSleNzfYIAU+3ntti+zCIcI7y"
    "eKYmT8mQFB0="
)


def open_keys(page: Page, name: str) -> None:
    page.goto("/domains/")
    page.get_by_role("link", name=name, exact=True).click()
    page.get_by_role("link", name="Manage keys").first.click()
    expect(page.get_by_role("heading", name="Manage keys")).to_be_visible()


def add(page: Page, key: str, algorithm: int) -> None:
    page.get_by_label("Algorithm", exact=True).select_option(str(algorithm))
    page.get_by_label("Public key", exact=True).fill(key)
    page.get_by_role("button", name="Add", exact=True).click()


def row(page: Page, key_tag: int) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_text(str(key_tag), exact=True))


def mails(state_dir: Path) -> list[str]:
    return [message["Subject"] for message in mailbox.Maildir(state_dir / "mail", create=False)]


def test_keys_of_three_algorithms_travel_to_the_registry_and_back(
    console: Console, signed_in: Callable[..., Page]
) -> None:
    page = signed_in()
    open_keys(page, "example.com")
    for algorithm, key, tag in [(8, KEY_8, 17002), (13, KEY_13_OTHER, 17179), (15, KEY_15, 27815)]:
        add(page, key, algorithm)
        expect(page.get_by_role("button", name="Add", exact=True)).to_be_disabled()
        expect(row(page, tag)).to_contain_text("Present")
        expect(page.get_by_role("button", name="Add", exact=True)).to_be_enabled()
        expect(page.locator("#flashbar")).to_contain_text(f"Key {tag} is added to example.com.")
    seen = console.at_registry("example.com")
    assert seen.secdns is not None
    assert {(ds.key_tag, ds.algorithm, ds.digest_type) for ds in seen.secdns.ds} == {
        (17002, 8, 2),
        (17179, 13, 2),
        (27815, 15, 2),
    }

    for tag in (17002, 17179, 27815):
        row(page, tag).get_by_role("button", name="Delete", exact=True).click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(f"Delete key {tag}?")
        dialog.get_by_role("button", name="Delete key").click()
        expect(row(page, tag)).to_have_count(0)
        expect(page.get_by_role("button", name="Add", exact=True)).to_be_enabled()
    assert console.at_registry("example.com").secdns is None

    page.goto("/requests/")
    expect(page.get_by_text("The key was deleted at the registry.")).to_have_count(3)
    page.goto("/mailbox/")
    expect(page.get_by_role("main")).to_contain_text("17179")


def test_the_registrant_gets_one_mail_of_each_kind(console: Console, signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    # The console is shared: other tests may have had mails about these domains before.
    before = Counter(mails(console.state_dir))
    open_keys(page, "example.de")
    add(page, KEY_15, 15)
    expect(row(page, 27815)).to_contain_text("Present")
    expect(page.locator("#add-key-notice")).to_contain_text("Mail sent to registrant@example.net")
    open_keys(page, "refused.com")
    add(page, KEY_15, 15)
    expect(page.locator("#flashbar")).to_contain_text("was not added to refused.com.")
    expect(page.locator("#add-key-notice")).to_contain_text("Mail sent to registrant@example.net")
    new = (Counter(mails(console.state_dir)) - before).elements()
    subjects = sorted(subject for subject in new if "example.de" in subject or "refused.com" in subject)
    assert subjects == ["example.de: DNSSEC key 27815 is added", "refused.com: DNSSEC key 27815 was not added"]


def test_a_change_that_the_registry_decides_later_appears_by_itself(
    console: Console, signed_in: Callable[..., Page]
) -> None:
    page = signed_in()
    open_keys(page, "slow.com")
    add(page, KEY_15, 15)
    expect(page.locator("#add-key-notice")).to_contain_text("decides later")
    expect(row(page, 27815)).to_contain_text("Present")
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_enabled()


def test_what_is_typed_meanwhile_and_the_focus_stay(console: Console, signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    open_keys(page, "keyed.com")
    add(page, KEY_13_OTHER, 13)
    field = page.get_by_label("Public key", exact=True)
    expect(field).to_have_value("")
    field.fill("the next key")
    field.focus()
    expect(page.get_by_role("button", name="Add", exact=True)).to_be_enabled()
    expect(field).to_have_value("the next key")
    expect(field).to_be_focused()


def test_two_tabs_ask_at_once_and_the_second_is_told(console: Console, signed_in: Callable[..., Page]) -> None:
    first = signed_in()
    open_keys(first, "waiting.com")
    second = first.context.new_page()
    second.goto("/domains/waiting.com/dnssec/")
    add(first, KEY_13_OTHER, 13)
    expect(row(first, 17179)).to_contain_text("Adding")
    add(second, KEY_15, 15)
    expect(second.get_by_role("alert")).to_contain_text("Another change of this domain is in progress.")
    expect(second.get_by_label("Public key", exact=True)).to_have_value(KEY_15)
    expect(second.get_by_role("button", name="Add", exact=True)).to_be_disabled()


def test_a_mistake_is_explained_at_the_field_which_has_the_focus(
    console: Console, signed_in: Callable[..., Page]
) -> None:
    page = signed_in()
    open_keys(page, "example.com")
    add(page, "D08E564D5690B47FB5AD9D53E6FD6D56E2BF96832D1D34AB7DFF6CF712EA43AA", 13)
    field = page.get_by_label("Public key", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.get_by_text("This is the digest from a DS record")).to_be_visible()


def test_two_people_do_not_see_each_others_domains(console: Console, signed_in: Callable[..., Page]) -> None:
    alice, bob = signed_in(), signed_in("bob@example.net")
    expect(alice.get_by_role("link", name="example.com", exact=True)).to_be_visible()
    expect(alice.get_by_text("bobs.com")).to_have_count(0)
    expect(bob.get_by_role("link", name="bobs.com", exact=True)).to_be_visible()
    response = bob.goto("/domains/example.com/dnssec/")
    assert response is not None
    assert response.status == 404


def test_all_of_it_works_without_javascript(console: Console, signed_in: Callable[..., Page]) -> None:
    page = signed_in(java_script_enabled=False)
    page.goto("/domains/example.de/dnssec/")
    add(page, KEY_13_OTHER, 13)
    expect(row(page, 17179)).to_be_visible()
    for _round in range(50):
        page.reload()
        if page.get_by_role("button", name="Add", exact=True).is_enabled():
            break
        page.wait_for_timeout(100)
    row(page, 17179).get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Delete key 17179?")).to_be_visible()
    page.get_by_role("button", name="Delete key").click()
    page.wait_for_url("**/dnssec/")
    expect(page.get_by_role("main")).to_contain_text("Deleting key 17179 of example.de.")


def test_by_the_keyboard_alone(console: Console, signed_in: Callable[..., Page]) -> None:
    page = signed_in()
    page.goto("/domains/keyed.com/dnssec/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the main content")
    delete = row(page, 2371).get_by_role("button", name="Delete", exact=True)
    delete.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(delete).to_be_focused()
