"""The list: every page of the console in every state, and how to get there."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.chains import K1
from tests.looks.world import CHAINS, KEY_13, KEY_13_OTHER, KEY_15, LONG_NAME

HELP = ["algorithm", "changes", "disable", "dnssec", "ds", "enable", "glossary", "key-type", "keys", "lock", "mails"]
HELP += ["public-key", "resolver", "rotate"]
MAILS = ["added", "added-later", "added-idn", "not-added", "not-added-unconfirmed", "deleted", "deleted-last"]
MAILS += ["not-deleted", "not-deleted-unconfirmed", "changed-added", "changed-removed", "changed-swapped"]
MAILS += ["changed-asked", "changed-locked", "changed-left"]
MAILS += ["warned-broken", "warned-broken-again", "warned-expiring", "warned-mismatch", "warned-unpublished"]
MAILS += ["recovered", "recovered-unprotected"]
MAILS += ["password_reset_key", "unknown_account", "password_reset", "password_changed"]
DIG = "".join(f"empty.com. 3600 IN DNSKEY {key}\n" for key in (f"256 3 15 {KEY_15}", f"257 3 13 {KEY_13_OTHER}"))
DS_RECORD = "example.com. 3600 IN DS 2371 13 2 " + "A1" * 32


@dataclass(frozen=True)
class Look:
    """How wide the window is, and which colours the system asks for."""

    width: int
    theme: str


# Taken in turn: two states that follow each other differ in both.
LOOKS = [Look(390, "light"), Look(768, "dark"), Look(1280, "light"), Look(390, "dark"), Look(768, "light")]
LOOKS += [Look(1280, "dark")]


@dataclass(frozen=True)
class State:
    """
    A page in a state: who opens which address, with what status, and what is done then.

    `path` may name places of world.py. `scripted`: it is only there with JavaScript. `ajar`: something modal lies over
    the page.
    """

    name: str
    path: str
    person: str = ""
    status: int = 200
    then: Callable[[Page], None] | None = None
    scripted: bool = False
    ajar: bool = False


def _wrong_password(page: Page) -> None:
    page.get_by_label("Email").fill("nobody@example.net")
    page.get_by_label("Password").fill("not it")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def _weak_password(page: Page) -> None:
    for label in ("Current password", "New password", "New password again"):
        page.get_by_label(label, exact=True).fill("short")
    page.get_by_role("button", name="Change password").click()
    expect(page.locator(".field-error").first).to_be_visible()


def _paste(text: str, algorithm: str = "13") -> Callable[[Page], None]:
    def paste(page: Page) -> None:
        page.get_by_label("Algorithm", exact=True).select_option(algorithm)
        page.get_by_label("Public key", exact=True).fill(text)
        expect(page.locator("#understood section, .field-error").first).to_be_visible()
        page.locator("#understood details").evaluate_all("all => all.forEach((one) => { one.open = true; })")

    return paste


def _add(text: str) -> Callable[[Page], None]:
    def add(page: Page) -> None:
        page.get_by_label("Public key", exact=True).fill(text)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator(".field-error, #understood section").first).to_be_visible()

    return add


def _delete(page: Page) -> None:
    page.get_by_role("button", name="Delete", exact=True).first.click()
    expect(page.get_by_role("heading", name="Delete key")).to_be_visible()


def _help(page: Page) -> None:
    page.get_by_role("link", name="Help", exact=True).first.click()
    expect(page.locator("aside.help h2")).to_be_visible()


def _columns(page: Page) -> None:
    page.get_by_role("button", name="Columns").click()
    expect(page.get_by_role("dialog", name="Columns")).to_be_visible()


def _private_key(page: Page) -> None:
    page.get_by_label("Public key", exact=True).fill("-----BEGIN PRIVATE KEY-----\nMC4CAQ\n-----END PRIVATE KEY-----")
    expect(page.locator("#private-key-alert")).to_be_visible()


def _unfold(page: Page) -> None:
    page.get_by_text("Records and note").first.click()
    page.get_by_text("All keys as DS and DNSKEY records").click()
    expect(page.get_by_role("link", name="Download as a text file")).to_be_visible()


def _unfold_chain(page: Page) -> None:
    for part in ("further-findings", "chain-in-words", "found-rest"):
        page.locator(f"#{part} > summary").click()
    expect(page.locator("#chain-in-words li").last).to_be_visible()


def _unfold_experts(page: Page) -> None:
    page.locator("#experts > summary").click()
    expect(page.locator(".header-lines")).to_be_visible()


def _paste_ds(page: Page) -> None:
    digest = K1.ds("ready.com").digest.hex().upper()
    page.get_by_label("Public key", exact=True).fill(f"ready.com. IN DS {K1.tag} 13 2 {digest}")
    expect(page.locator("#understood").get_by_role("button", name="Use this key")).to_be_visible()


def _offline(page: Page) -> None:
    page.context.set_offline(True)
    expect(page.locator("[data-offline]")).to_be_visible()


def _viewed_only(page: Page) -> None:
    page.get_by_label("Send me a copy").click()
    expect(page.locator("#flashbar")).to_contain_text("Nothing was changed")


def _keys(name: str) -> str:
    return f"/domains/{name}/dnssec/"


STATES = [
    State("sign in", "/accounts/login/"),
    State("sign in, wrong password", "/accounts/login/", then=_wrong_password),
    State("forgot the password", "/accounts/password/reset/"),
    State("forgot the password, sent", "/accounts/password/reset/done/"),
    State("new password", "/accounts/password/reset/key/{reset}/"),
    State("new password, old link", "/accounts/password/reset/key/1-nonsense/"),
    State("new password, done", "/accounts/password/reset/key/done/"),
    State("account", "/accounts/", "alice"),
    State("change the password", "/accounts/password/change/", "alice"),
    State("change the password, too weak", "/accounts/password/change/", "alice", then=_weak_password),
    State("sign out", "/accounts/logout/", "alice"),
    State("domains", "/domains/", "alice"),
    State("domains, none", "/domains/", "carol"),
    State("domains, many", "/domains/", "bob"),
    State("domains, choosing columns", "/domains/", "alice", then=_columns, ajar=True),
    State("domains, none found", "/domains/?q=nothing-of-this-name", "alice"),
    State("domains, sorted", "/domains/?sort=-expires&status=CONFIGURED", "alice"),
    State("domains, what needs attention first", "/domains/?sort=health", "alice"),
    State("domains, broken", "/domains/?health=BROKEN", "alice"),
    State("domain", "/domains/example.com/", "alice"),
    State("domain, broken", "/domains/wrong-ds.com/", "alice"),
    State("domain, not reached", "/domains/unreachable.com/", "alice"),
    State("domain, bare", "/domains/empty.com/", "alice"),
    State("domain, left", "/domains/gone.com/", "alice"),
    State("domain, silent registry", "/domains/silent.org/", "alice"),
    State("domain, long name", f"/domains/{LONG_NAME}/", "alice"),
    State("domain, other letters", "/domains/xn--bcher-kva.com/", "alice"),
    State("history", "/domains/example.com/history/", "alice"),
    State("history, trouble", "/domains/wrong-ds.com/history/", "alice"),
    State("history, none", "/domains/empty.com/history/", "alice"),
    State("keys", _keys("example.com"), "alice"),
    State("keys, unfolded", _keys("example.com"), "alice", then=_unfold),
    State("keys, none", _keys("empty.com"), "alice"),
    State("keys, no mail", _keys("nobody.com"), "alice"),
    State("keys, other letters", _keys("xn--bcher-kva.com"), "alice"),
    State("keys, understood", _keys("empty.com"), "alice", then=_paste(KEY_13), scripted=True),
    State("keys, another algorithm", _keys("empty.com"), "alice", then=_paste(KEY_15, "13"), scripted=True),
    State("keys, a digest", _keys("empty.com"), "alice", then=_paste(DS_RECORD), scripted=True),
    State("keys, several found", _keys("empty.com"), "alice", then=_paste(DIG), scripted=True),
    State("keys, a private key", _keys("empty.com"), "alice", then=_private_key, scripted=True),
    State("keys, refused form", _keys("empty.com"), "alice", then=_add("not a key")),
    State("keys, empty form", _keys("empty.com"), "alice", then=_add("")),
    State("keys, waiting", _keys("waiting.com"), "alice"),
    State("keys, deciding", _keys("deciding.com"), "alice"),
    State("keys, deleting", _keys("leaving.com"), "alice"),
    State("keys, refused", _keys("refused.com"), "alice"),
    State("keys, unconfirmed", _keys("unsure.com"), "alice"),
    State("keys, locked", _keys("locked.com"), "alice"),
    State("keys, not supported", _keys("example.cz"), "alice"),
    State("keys, silent registry", _keys("silent.org"), "alice"),
    State("keys, limit", _keys("full.net"), "alice"),
    State("keys, left", _keys("gone.com"), "alice"),
    State("keys, long name", _keys(LONG_NAME), "alice"),
    State("keys, chain never checked", _keys("gone.com"), "alice"),
    State("keys, chain being checked", _keys("checking.com"), "alice"),
    State("keys, chain of four", _keys("example.co.uk"), "alice"),
    State("keys, chain of many", _keys("many.com"), "alice", then=_unfold_chain),
    State("keys, chain with an old DS", _keys("stale.com"), "alice"),
    *(State(f"keys, chain {which}", _keys(f"{name}.com"), "alice") for name, which in CHAINS.items()),
    State("keys, a digest of a key that is there", _keys("ready.com"), "alice", then=_paste_ds, scripted=True),
    State("resolver, validated", _keys(LONG_NAME) + "resolver/", "alice", then=_unfold_experts),
    State("resolver, unsigned", _keys("empty.com") + "resolver/", "alice"),
    State("resolver, never asked", _keys("gone.com") + "resolver/", "alice"),
    State("resolver, asking", _keys("checking.com") + "resolver/", "alice"),
    State("resolver, other letters", _keys("xn--bcher-kva.com") + "resolver/", "alice"),
    *(State(f"resolver, {which}", _keys(f"{name}.com") + "resolver/", "alice") for name, which in CHAINS.items()),
    State("keys, next step asked", _keys("example.com"), "alice"),
    State("keys, next step arriving", _keys("arriving.com"), "alice"),
    State("keys, next step lost", _keys("lost.com"), "alice"),
    State("keys, next step waiting", _keys("rolling.com"), "alice"),
    State("keys, next step safe", _keys("rolled.com"), "alice"),
    State("replace a key, none", _keys("empty.com") + "rollover/", "alice"),
    State("replace a key, step 1", _keys(LONG_NAME) + "rollover/", "alice"),
    State("replace a key, step 2", _keys("rolling-soon.com") + "rollover/", "alice"),
    State("replace a key, step 3, arriving", _keys("arriving.com") + "rollover/", "alice"),
    State("replace a key, step 3", _keys("rolling.com") + "rollover/", "alice"),
    State("replace a key, step 4", _keys("rolled.com") + "rollover/", "alice"),
    State("replace a key, step 5", _keys("rolled-out.com") + "rollover/", "alice"),
    State("replace a key, done", _keys("rolled-over.com") + "rollover/", "alice"),
    State("switch off, none", _keys("empty.com") + "switch-off/", "alice"),
    State("switch off, step 1", _keys("example.com") + "switch-off/", "alice"),
    State("switch off, step 2", _keys("off-soon.com") + "switch-off/", "alice"),
    State("switch off, too early", _keys("off-early.com") + "switch-off/", "alice"),
    State("switch off, done", _keys("off.com") + "switch-off/", "alice"),
    State("delete a key, too early", _keys("rolling.com") + "keys/{early_key}/delete/", "alice"),
    State("delete a key, safe", _keys("rolled.com") + "keys/{safe_key}/delete/", "alice"),
    State("delete a key, dialog", _keys("example.com"), "alice", then=_delete, scripted=True, ajar=True),
    State("delete the last key, dialog", _keys(LONG_NAME), "alice", then=_delete, scripted=True, ajar=True),
    State("delete a key", _keys("example.com") + "keys/{key}/delete/", "alice"),
    State("delete the last key", _keys(LONG_NAME) + "keys/{last_key}/delete/", "alice"),
    State("delete a key, gone", _keys("example.com") + "keys/999999/delete/", "alice", status=409),
    State("requests", "/requests/", "alice"),
    State("requests, none", "/requests/", "carol"),
    State("requests, many", "/requests/", "bob"),
    State("requests, none found", "/requests/?status=ERROR&domain=nothing", "alice"),
    State("request, waiting", "/requests/{waiting}/", "alice"),
    State("request, deciding", "/requests/{deciding}/", "alice"),
    State("request, deleting", "/requests/{deleting}/", "alice"),
    State("request, successful", "/requests/{successful}/", "alice"),
    State("request, refused", "/requests/{refused}/", "alice"),
    State("request, error", "/requests/{unsure}/", "alice"),
    State("mailbox", "/mailbox/", "alice"),
    State("mailbox, none", "/mailbox/", "carol"),
    State("mail", "/mailbox/{mail}/", "alice"),
    State("TLDs", "/tlds/", "alice"),
    State("TLDs, none found", "/tlds/?q=nothing-of-this-name", "alice"),
    State("help", "/help/", "alice"),
    *(State(f"help, {topic}", f"/help/{topic}/", "alice") for topic in HELP),
    State("domains, in German", "/domains/", "gerda"),
    State("domain, in German", "/domains/beispiel.com/", "gerda"),
    State("history, in German", "/domains/beispiel.com/history/", "gerda"),
    State("keys, refused, in German", _keys("beispiel.com"), "gerda"),
    State("keys, being added, in German", _keys("xn--prfung-4ya.com"), "gerda"),
    State("requests, in German", "/requests/", "gerda"),
    State("TLDs, in German", "/tlds/", "gerda"),
    State("account, in German", "/accounts/", "gerda"),
    State("help, in German", "/help/enable/", "gerda"),
    State("keys, help beside them", _keys("example.com"), "alice", then=_help, scripted=True, ajar=True),
    State("offline", _keys("waiting.com"), "alice", then=_offline, scripted=True),
    State("viewing as an owner", "/domains/", "viewer"),
    State("viewing as an owner, keys", _keys("example.com"), "viewer"),
    State("viewing as an owner, nothing changed", _keys("example.com"), "viewer", then=_viewed_only, scripted=True),
    State("support", "/admin/", "sam"),
    State("support, found", "/admin/find/?q=alice", "sam"),
    State("support, nothing found", "/admin/find/?q=nothing-of-this-name", "sam"),
    State("support, request", "/admin/domains/operation/{refused_pk}/change/", "sam"),
    State("support, story", "/admin/domains/domain/{refused_domain}/story/", "sam"),
    State("support, story of trouble", "/admin/domains/domain/{broken_domain}/story/", "sam"),
    State("support, story of nothing", "/admin/domains/domain/{empty_domain}/story/", "sam"),
    State("support, why", "/admin/domains/person/{alice}/view-as/", "sam"),
    State("support, mails", "/admin/mails/?mail=not-added", "sam"),
    # Its buttons are examples, which do nothing.
    State("components", "/components/", "sam", scripted=True),
    State("not found", "/no/such/page/", "alice", status=404),
    State("not found, signed out", "/no/such/page/", status=404),
    State("cannot be read", "/trouble/400/", "alice", status=400),
    State("not allowed", "/trouble/403/", "alice", status=403),
    State("form open for too long", "/trouble/403_csrf/", "alice", status=403),
    State("too many attempts", "/trouble/429/", status=429),
    State("broken", "/trouble/500/", "alice", status=500),
    State("not available", "/trouble/503/", status=503),
]
