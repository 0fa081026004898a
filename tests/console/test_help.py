"""The help: every topic, as a page and as what htmx loads into the panel; the links to it; and the providers."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from dnssec.algorithms import ALGORITHMS
from dnssec.circumstances import circumstances_of
from dnssec.help import DEMO_KEY, GROUPS, TOPICS, Help
from dnssec.keys import DnsKey
from dnssec.locks import LOCKS
from dnssec.paste import understand
from dnssec.providers import PROGRAMS, PROVIDERS, SERVICES, provider_of
from domains.models import Nameserver

HTMX = {"HX-Request": "true"}
TEMPLATES = Path(settings.BASE_DIR) / "templates"


class Page(HTMLParser):
    """What a test asks about a page: its headings, ids, pictures, and the addresses that it links to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.help_links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take down what is asked about."""
        values = dict(attrs)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if values.get("id"):
            self.ids.append(str(values["id"]))
        for name in ("aria-labelledby", "aria-describedby"):
            self.references += (values.get(name) or "").split()
        if tag == "svg" and values.get("role") == "img":
            self.pictures.append(values)
        if tag == "a" and "data-help" in values:
            self.help_links.append(str(values["href"]))


def jumps(levels: list[int]) -> list[tuple[int, int]]:
    """Where a heading leaves out a level."""
    return [(above, below) for above, below in zip(levels, levels[1:], strict=False) if below > above + 1]


@pytest.mark.parametrize("slug", TOPICS)
def test_a_topic_is_a_page_that_needs_no_script_and_no_account(client: Any, db: Any, slug: str) -> None:
    response = client.get(f"/help/{slug}/")
    page = Page(response.content.decode())
    assert response.status_code == 200
    assert (page.headings[:2], page.headings.count(1), page.headings.count(2)) == ([1, 2], 1, 1)
    assert jumps(page.headings) == []
    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)
    assert f"<title>{TOPICS[slug].title} - Help - Registrar console</title>" in response.content.decode()
    assert "data-help-close" not in response.content.decode()


@pytest.mark.parametrize("slug", TOPICS)
def test_htmx_gets_the_same_words_for_the_panel(client: Any, db: Any, slug: str) -> None:
    page, panel = client.get(f"/help/{slug}/"), client.get(f"/help/{slug}/", headers=HTMX)
    assert panel["Vary"].find("HX-Request") >= 0
    words = panel.content.decode().strip()
    assert words.startswith('<article class="help-topic" id="help-topic"')
    assert Page(words).headings[0] == 2
    without_button = re.sub(r"<button[^>]*data-help-close.*?</button>", "", words, flags=re.DOTALL)
    assert "".join(without_button.split()) in "".join(page.content.decode().split())


@pytest.mark.parametrize("slug", TOPICS)
def test_every_picture_says_in_words_what_it_shows(client: Any, db: Any, slug: str) -> None:
    html = client.get(f"/help/{slug}/", headers=HTMX).content.decode()
    page = Page(html)
    for picture in page.pictures:
        title, words = str(picture["aria-labelledby"]).split()
        assert re.search(rf'<title id="{title}">[^<]+</title>', html)
        assert re.search(rf'<desc id="{words}">[^<]+</desc>', html)
    assert "style=" not in html
    assert "<script" not in html


@pytest.mark.parametrize("slug", [*TOPICS, ""])
def test_every_link_in_the_help_leads_to_a_topic_and_a_term_that_exist(client: Any, db: Any, slug: str) -> None:
    links = Page(client.get(f"/help/{slug}/" if slug else "/help/", headers=HTMX).content.decode()).help_links
    terms = Page(client.get("/help/glossary/", headers=HTMX).content.decode()).ids
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        assert client.get(path, headers=HTMX).status_code == 200, link
        assert not anchor or ("/glossary/" in path and anchor in terms), link


def test_every_info_link_of_the_templates_names_a_topic() -> None:
    named = {
        topic
        for file in TEMPLATES.rglob("*.html")
        for topic in re.findall(r'components/info\.html" with topic="([^"]*)"', file.read_text())
    }
    assert named == {"keys", "public-key", "key-type", "algorithm", "ds", "mails", "changes", "lock", "dnssec"}
    assert named <= set(TOPICS)


def test_the_list_names_every_topic_once(client: Any, db: Any) -> None:
    links = Page(client.get("/help/", headers=HTMX).content.decode()).help_links
    assert links == [f"/help/{topic.slug}/" for _, topics in GROUPS for topic in topics]


def test_there_is_no_other_topic(client: Any, db: Any) -> None:
    assert client.get("/help/nothing/").status_code == 404


def test_a_topic_leads_back_to_where_its_reader_came_from(client: Any, db: Any) -> None:
    html = client.get("/help/glossary/?from=enable", headers=HTMX).content.decode()
    assert "Back to “Switch DNSSEC on”" in html
    assert '<a href="/help/enable/" data-help>' in html
    assert "Back to" not in client.get("/help/glossary/?from=nonsense", headers=HTMX).content.decode()


def test_the_help_speaks_of_the_domain_that_it_was_opened_for(
    client: Any, alice: Any, make_domain: Any, django_assert_num_queries: Any
) -> None:
    make_domain("example.com", owner=alice)
    client.force_login(alice)
    with django_assert_num_queries(4):  # session, person, domain, name servers
        html = client.get("/help/public-key/?domain=example.com", headers=HTMX).content.decode()
    assert "dig example.com DNSKEY" in html
    assert 'href="/help/key-type/?domain=example.com&amp;from=public-key"' in html
    assert "a day at .com, up to three days" in client.get("/help/rotate/?domain=example.com").content.decode()
    assert "Wait three days" in client.get("/help/rotate/").content.decode()


def test_the_help_says_nothing_of_another_persons_domain(
    client: Any, alice: Any, mallory: Any, make_domain: Any
) -> None:
    make_domain("example.org", owner=alice)
    client.force_login(mallory)
    assert client.get("/help/enable/?domain=example.org").status_code == 404
    assert client.get("/help/enable/?domain=nowhere.org").status_code == 404


def test_who_is_signed_out_meanwhile_reads_what_is_true_of_every_domain(
    client: Any, alice: Any, make_domain: Any
) -> None:
    make_domain("alices.org", owner=alice)
    response = client.get("/help/public-key/?domain=alices.org", headers=HTMX)
    assert response.status_code == 200
    assert "alices.org" not in response.content.decode()


def test_manage_keys_has_the_panel_from_the_start_without_a_query_more(
    client: Any, alice: Any, make_domain: Any
) -> None:
    make_domain("example.com", owner=alice)
    client.force_login(alice)
    html = client.get("/domains/example.com/dnssec/").content.decode()
    assert 'data-help-path="/help/keys/"' in html
    assert 'data-help-query="?domain=example.com"' in html
    assert (
        '<a class="info" href="/help/algorithm/?domain=example.com" data-help>Info<span class="vh"> Algorithm</span>'
        in html
    )


def test_every_page_with_a_frame_has_the_place_that_help_opens_in(client: Any, alice: Any) -> None:
    client.force_login(alice)
    html = client.get("/domains/").content.decode()
    assert '<aside class="help" id="help-panel"' in html
    assert 'href="/help/" data-help aria-label="Help"' in html
    assert 'id="help-topic"' not in html


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)
def test_every_provider_says_where_since_when_and_after_which_page(client: Any, db: Any, provider: Any) -> None:
    html = client.get(f"/help/public-key/?at={provider.slug}", headers=HTMX).content.decode()
    assert f"<h4>{provider.name}</h4>" in html
    assert f'<option value="{provider.slug}" selected>' in html
    assert f"As of {provider.as_of.day} Nov 2026, after: " in html
    assert provider.steps
    assert provider.source
    assert "{domain}" not in html


@pytest.mark.parametrize(
    ("names", "slug"),
    [
        (["ns-2048.awsdns-64.com.", "ns-2049.awsdns-65.net", "NS-2051.awsdns-67.CO.UK"], "route53"),
        (["ada.ns.cloudflare.com", "rob.ns.cloudflare.com"], "cloudflare"),
        (["ns-cloud-a1.googledomains.com", "ns-cloud-a4.googledomains.com"], "google"),
        (["ns1-03.azure-dns.com", "ns4-03.azure-dns.info"], "azure"),
        (["ns1.desec.io", "ns2.desec.org"], "desec"),
        (["ns1.desec.io", "ns1.example.net"], "desec"),
        (["ns1.desec.io", "ada.ns.cloudflare.com"], None),
        (["ns1.example.com", "ada.ns.cloudflare.com.example.net"], None),
        ([], None),
    ],
)
def test_name_servers_give_their_service_away(names: list[str], slug: str | None) -> None:
    found = provider_of(names)
    assert (found.slug if found else None) == slug


def test_the_service_of_the_domains_name_servers_is_chosen_beforehand(
    client: Any, alice: Any, make_domain: Any
) -> None:
    domain = make_domain("example.com", owner=alice)
    for name in ("ada.ns.cloudflare.com", "rob.ns.cloudflare.com"):
        Nameserver.objects.create(domain=domain, name=name)
    client.force_login(alice)
    address = "/help/public-key/?domain=example.com"
    html = client.get(address, headers=HTMX).content.decode()
    assert '<option value="cloudflare" selected>' in html
    assert "So the name servers of example.com say." in html
    other = client.get(f"{address}&at=bind", headers=HTMX).content.decode()
    assert '<option value="bind" selected>' in other
    assert "grep -h 257 Kexample.com.+*.key" in other
    assert "So the name servers" not in other
    assert " selected>" not in client.get(f"{address}&at=other", headers=HTMX).content.decode()


def test_programs_run_under_anybodys_name() -> None:
    assert [provider.name_servers for provider in PROGRAMS] == [None] * len(PROGRAMS)
    assert all(provider.name_servers for provider in SERVICES)


def test_the_key_of_the_demo_can_be_added_as_it_stands(make_domain: Any, alice: Any) -> None:
    domain = make_domain("example.com", owner=alice)
    found = understand(DEMO_KEY, circumstances_of(domain, [], flags=257, algorithm=13))
    assert found.key is not None
    assert found.key == DnsKey.parse(DEMO_KEY, flags=257, algorithm=13)
    assert found.key.key_tag == 55648  # RFC 6605 section 6.1 prints it.


def test_the_key_to_try_is_offered_in_the_demo_alone(settings: Any, client: Any, db: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("dnssec.help.mailbox.directory", lambda: None)
    assert DEMO_KEY not in client.get("/help/enable/").content.decode()
    monkeypatch.setattr("dnssec.help.mailbox.directory", lambda: Path("mailbox"))
    assert DEMO_KEY in client.get("/help/enable/").content.decode()


def test_the_help_about_algorithms_and_locks_names_what_the_console_knows() -> None:
    algorithms = render_to_string("help/algorithm.html", {"help": Help(TOPICS["algorithm"])})
    for number in (8, 13, 15):
        assert ALGORITHMS[number].label.replace(" - ", " – ") in algorithms
    locks = render_to_string("help/lock.html", {"help": Help(TOPICS["lock"])})
    assert set(re.findall(r"<code>(\w+)</code>", locks)) == set(LOCKS)
