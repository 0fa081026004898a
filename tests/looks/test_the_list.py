"""The list of states has every page, and its titles tell the pages apart."""

import re
from collections import defaultdict

import pytest
from django.urls import get_resolver, resolve

from dnssec.examples import NAMES
from dnssec.help import TOPICS
from registrar.plan import ROOT
from tests.looks.checks import ask
from tests.looks.conftest import Opens
from tests.looks.states import HELP, LOOKS, MAILS, STATES

# What nobody opens as a page: parts of pages, files, what machines ask for, and what only sends a form.
NO_PAGES = {
    *("home", "healthz", "metrics", "set_language"),
    *("domains:requests_live", "domains:request_live", "domains:mail_html", "domains:stop_viewing"),
    *("domains:export", "domains:choose_columns"),
    "dnssec:send_mail_again",
    *("dnssec:records", "dnssec:note", "dnssec:mail_copy"),
    *("dnssec:chain", "dnssec:check_chain"),
    *("dnssec:next_step", "dnssec:next_step_file"),
    *("dnssec:resolver_live", "dnssec:resolver_ask"),
    *("dnssec:live", "dnssec:check_again", "dnssec:add_key", "dnssec:understand", "dnssec:remove_key", "dnssec:cancel"),
}
PLACES = defaultdict(lambda: "1", dict.fromkeys(("waiting", "deciding", "deleting", "refused", "unsure"), "0" * 10))
OF_SUPPORT = {"index", "find", "mails", "domains_operation_change"}
OF_SUPPORT |= {"domains_domain_story", "domains_person_view_as"}
PLACES |= {"successful": "0" * 10, "reset": "1-abc"}


def names(resolver, prefix=""):
    """The names of all addresses but the admin's."""
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            if pattern.namespace != "admin":
                yield from names(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        elif pattern.name:
            yield prefix + pattern.name


def test_every_page_is_in_the_list():
    listed = {
        resolve(state.path.format_map(PLACES).partition("?")[0]).view_name
        for state in STATES
        if not re.match("/(no/such|trouble)/", state.path)
    }
    of_support = {name for name in listed if name.startswith("admin:")}
    assert set(names(get_resolver())) - NO_PAGES == listed - of_support
    assert of_support == {f"admin:{name}" for name in OF_SUPPORT}


def test_every_page_of_trouble_is_in_the_list():
    pages = {path.stem for path in (ROOT / "templates").glob("[45]*.html")} - {"404"}  # That one is found by itself.
    assert pages == {found[1] for state in STATES if (found := re.match(r"/trouble/(\w+)/", state.path))}


def test_every_topic_of_the_help_is_in_the_list():
    assert sorted(TOPICS) == sorted(HELP)


def test_every_mail_is_in_the_list():
    assert sorted(NAMES) == sorted(MAILS)


def test_no_two_states_have_one_name():
    assert len({state.name for state in STATES}) == len(STATES)


@pytest.mark.browser
@pytest.mark.xdist_group("looks")
def test_each_title_is_one_page_s_own(visitor_of: Opens):
    pages = defaultdict(set)
    for state in STATES:
        if not state.then:
            visitor = visitor_of(state.person)
            text = visitor.context.request.get(state.path.format(**visitor.server.places)).text()
            title = re.search("<title>(.+?)</title>", text, re.DOTALL)
            pages[title and title[1]].add(state.path.partition("?")[0])
    # An address that leads nowhere has the title of all that do.
    assert {title: paths for title, paths in pages.items() if len(paths) > 1} == {}


@pytest.mark.browser
@pytest.mark.xdist_group("looks")
def test_the_first_stop_of_the_keyboard_leads_to_the_content(visitor_of: Opens):
    visitor = visitor_of("alice")
    state = next(state for state in STATES if state.name == "keys")
    visitor.open(state, LOOKS[0])
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.locator(".skip")
    assert skip.evaluate("link => link === document.activeElement && link.getBoundingClientRect().top >= 0")
    visitor.page.keyboard.press("Enter")
    assert visitor.page.evaluate("document.activeElement.id") == "main"


@pytest.mark.browser
@pytest.mark.xdist_group("looks")
def test_on_paper_there_is_the_content_and_nothing_to_press(visitor_of: Opens):
    visitor = visitor_of("alice")
    state = next(state for state in STATES if state.name == "keys")
    visitor.open(state, LOOKS[2])
    visitor.page.emulate_media(media="print")
    shown = visitor.page.locator("header, nav, button, .input, .textarea, .flashbar").evaluate_all(
        "elements => elements.filter((element) => element.checkVisibility()).map((element) => element.className)"
    )
    assert shown == []
    assert visitor.page.get_by_role("table").is_visible()
    assert ask(visitor.page, "overflow") == []
    visitor.page.emulate_media(media="screen")
