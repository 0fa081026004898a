"""The chain of trust on Manage keys: what the last check found, drawn and told; a check asked for and followed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec.kept_chains import to_json
from dnssec.models import DelegationCheck
from tests.chains import K1, base64_of, scene
from tests.console.page import HTMX, Page

PAGE = "/domains/example.com/dnssec/"
CHAIN = f"{PAGE}chain/"
CHECK = f"{PAGE}chain/check/"
SECTION = "//section[@id='chain']"


@pytest.fixture
def domain(make_domain):
    return make_domain("example.com")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


@pytest.fixture(autouse=True)
def handed_over(monkeypatch):
    """The checks that were given to a worker, who takes his time."""
    pks: list[int] = []
    monkeypatch.setattr("dnssec.asking.hand_over", lambda _task, pk, **_options: pks.append(pk))
    return pks


def checked(domain, which: str, *, ago: float = 0, of: str = "") -> DelegationCheck:
    """A check with a result."""
    at = timezone.now() - timedelta(seconds=ago)
    chain = scene(which, of or domain.name)
    return DelegationCheck.objects.create(
        domain=domain, asked_at=at, checked_at=at, verdict=chain.verdict.value, chain=to_json(chain)
    )


def on_file(make_key, domain, key, state: str = "PRESENT"):
    """A key of a scene among the domain's own."""
    return make_key(domain, base64_of(key), state=state)


def words(browser) -> str:
    return Page(browser.get(PAGE)).text(SECTION)


def live(page: Page):
    (found,) = page.tree.xpath("//*[@id='chain-live']")
    return found


# ---- what is said ----


def test_a_page_without_a_check_says_so_and_draws_what_is_to_be_checked(browser, domain):
    page = Page(browser.get(PAGE))
    assert "Not checked yet" in page.text(SECTION)
    assert page.texts("//*[local-name()='text' and @class='zone-name']") == ["root zone", "com", "example.com"] * 2
    assert page.text("//button[@id='check-chain']") == "Check now the chain of trust"


@pytest.mark.parametrize(
    ("which", "word", "sentence"),
    [
        ("secure", "Secure", "Every link holds: resolvers can check each answer from the root down to example.com."),
        ("unsigned", "Not protected", "example.com works, but nobody can check its answers: the zone is not signed."),
        ("ready", "Not protected", "Your zone is signed, but nobody checks it"),
        ("wrong ds", "Broken", "Resolvers that check signatures refuse example.com"),
        ("wrong ds", "Broken", "Add the key that the zone shows now, then delete the old one"),
        ("unreachable", "Could not be checked", "Nobody who could tell was reached"),
        ("not delegated", "Not delegated", "example.com has no name servers in the DNS"),
        ("unsigned above", "Not protected", "The chain ends above your domain: com is not signed itself"),
        ("broken above", "Broken", "The chain breaks at com, above your domain: that is for the registry to mend."),
    ],
)
def test_the_page_says_how_the_chain_is(browser, domain, which, word, sentence):
    checked(domain, which)
    page = Page(browser.get(PAGE))
    assert page.texts(f"{SECTION}//h2/following-sibling::span[contains(@class, 'status')]") == [word]
    assert sentence in page.text(SECTION)


def test_a_break_above_is_nobodys_to_mend_here(browser, domain):
    checked(domain, "broken above")
    assert "delete the old one" not in words(browser)


def test_findings_stand_beside_it_with_advice_and_server(browser, domain):
    checked(domain, "one server silent")
    page = Page(browser.get(PAGE))
    (finding,) = page.texts("//li[contains(@class, 'finding')]")
    assert finding.startswith("Error: The server ns2.example.com (192.0.2.22) of example.com does not answer.")
    assert "Ask the DNS service of example.com to repair this server" in finding


def test_many_findings_are_folded(browser, domain):
    checked(domain, "many")
    page = Page(browser.get(PAGE))
    assert len(page.tree.xpath("//details[@id='further-findings']//li")) == 10
    assert len(page.tree.xpath("//li[contains(@class, 'finding')]")) == 13


def test_the_chain_is_told_in_words_too(browser, domain):
    checked(domain, "secure")
    page = Page(browser.get(PAGE))
    assert [step.partition(" Secure ")[0] for step in page.texts("//details[@id='chain-in-words']//li")] == [
        "root zone",
        "com",
        "example.com",
    ]
    labels = page.tree.xpath("//*[local-name()='svg']/@aria-label")
    assert labels == ["The chain of trust from the root zone to example.com: Secure. It is told in words below."] * 2


def test_the_time_and_the_number_of_servers_are_told(browser, domain):
    row = checked(domain, "secure")
    page = Page(browser.get(PAGE))
    assert page.text(f"{SECTION}//*[contains(@class, 'chain-actions')]/span").endswith("· 5 servers")
    (time,) = page.tree.xpath(f"{SECTION}//time/@datetime")
    assert time == row.checked_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_names_from_the_dns_are_text(browser, domain):
    row = checked(domain, "secure")
    kept = row.chain
    kept["links"][1]["zone"] = "<b>x</b>"
    kept["findings"] = [
        {
            "id": "D22",
            "severity": "error",
            "template": "The server %(name)s.",
            "advice": "",
            "zone": "example.com",
            "server": None,
            "fatal": False,
            "params": {"name": "<script>alert(1)</script>"},
        }
    ]
    row.save()
    content = browser.get(PAGE).content.decode()
    assert "<script>alert" not in content
    assert "<b>x</b>" not in content
    assert "&lt;script&gt;alert(1)" in content


def test_a_key_that_is_being_added_is_drawn_at_once(browser, domain, make_key):
    checked(domain, "ready")
    on_file(make_key, domain, K1, "ADDING")
    page = Page(browser.get(PAGE))
    assert page.tree.xpath("//*[local-name()='path' and @class='link pending']")
    assert "Adding…" in page.texts("//*[local-name()='text' and @class='box-note']")
    assert not page.tree.xpath("//button[@id='close-chain']")


def test_a_check_of_a_supposed_change_is_not_the_chain_as_it_is(browser, domain):
    chain = scene("secure")
    DelegationCheck.objects.create(
        domain=domain, candidate=["1 13 2 AA"], checked_at=timezone.now(), verdict="secure", chain=to_json(chain)
    )
    assert "Not checked yet" in words(browser)


def test_the_newest_result_counts_and_an_open_check_does_not_hide_it(browser, domain):
    checked(domain, "wrong ds", ago=300)
    checked(domain, "secure", ago=100)
    DelegationCheck.objects.create(domain=domain)
    text = words(browser)
    assert "Secure" in text
    assert "Checking…" in text


def test_the_page_costs_one_query_for_the_chain(browser, domain):
    checked(domain, "many")
    with CaptureQueriesContext(connection) as queries:
        browser.get(PAGE)
    assert len([query for query in queries if "dnssec_delegationcheck" in query["sql"]]) == 1


# ---- what is asked for ----


def test_opening_the_page_asks_for_nothing(browser, domain, handed_over):
    browser.get(PAGE)
    assert DelegationCheck.objects.count() == 0
    assert handed_over == []


def test_an_opened_page_asks_by_itself_where_no_result_is_fresh(browser, domain, handed_over):
    page = Page(browser.get(PAGE))
    assert live(page).get("hx-trigger") == "load, every 5s"
    response = browser.get(live(page).get("hx-get"), headers=HTMX)
    assert response.status_code == 200
    (row,) = DelegationCheck.objects.all()
    assert handed_over == [row.pk]
    answer = Page(response)
    assert "Checking…" in answer.text(SECTION)
    assert "Looking…" in answer.text("//section[@id='found-keys']")
    assert live(answer).get("hx-trigger") == "every 1s"
    assert answer.text("//*[@id='chain-said']") == "The chain of trust is being checked."


def test_a_fresh_result_is_left_alone(browser, domain, handed_over):
    checked(domain, "secure", ago=30)
    page = Page(browser.get(PAGE))
    assert live(page).get("hx-get") is None
    assert live(page).get("data-poll") is None


def test_an_old_one_is_not(browser, domain, handed_over):
    old = checked(domain, "secure", ago=61)
    page = Page(browser.get(PAGE))
    assert live(page).get("hx-get") == f"{CHAIN}?seen={old.pk}"


def test_while_it_is_checked_there_is_nothing_to_say(browser, domain, handed_over):
    answer = Page(browser.get(f"{CHAIN}?seen=0", headers=HTMX))
    response = browser.get(live(answer).get("hx-get"), headers=HTMX)
    assert (response.status_code, response.content) == (204, b"")
    assert len(handed_over) == 1


def test_the_result_ends_the_asking_and_is_announced(browser, domain):
    checked(domain, "secure", ago=600)
    answer = Page(browser.get(f"{CHAIN}?seen=0", headers=HTMX))
    address = live(answer).get("hx-get")
    chain = scene("wrong ds")
    row = DelegationCheck.objects.get(checked_at=None)
    row.verdict, row.chain, row.checked_at = "bogus", to_json(chain), timezone.now()
    row.save()
    response = browser.get(address, headers=HTMX)
    assert response.status_code == 286
    page = Page(response)
    assert "Broken" in page.text(SECTION)
    assert page.text("//*[@id='chain-said']") == "The chain of trust was checked: Broken."
    assert live(page).get("hx-get") is None
    assert {"chain", "found-keys", "chain-live", "chain-said"} == set(page.tree.xpath("//*[@hx-swap-oob]/@id"))
    assert "<html" not in response.content.decode()


def test_a_check_that_does_not_come_is_given_up(browser, domain):
    DelegationCheck.objects.create(domain=domain)
    since = int((timezone.now() - timedelta(seconds=41)).timestamp())
    response = browser.get(f"{CHAIN}?seen=0&since={since}", headers=HTMX)
    assert response.status_code == 286
    page = Page(response)
    assert "Takes longer than usual" in page.text(SECTION)
    assert live(page).get("hx-get") is None


def test_nonsense_in_the_address_does_no_harm(browser, domain):
    for query in ("seen=x&since=y", "seen=&since=-1", "since=99999999999", "since=9999999999"):
        assert browser.get(f"{CHAIN}?{query}", headers=HTMX).status_code in (200, 204)


def test_without_htmx_the_address_leads_to_the_page(browser, domain, handed_over):
    response = browser.get(CHAIN)
    assert (response.status_code, response.url) == (302, f"{PAGE}#chain")
    assert handed_over == []


def test_check_again_asks_even_where_a_result_is_fresh(browser, domain, handed_over):
    checked(domain, "secure", ago=10)
    response = browser.post(CHECK, headers=HTMX)
    assert response.status_code == 200
    assert len(handed_over) == 1
    page = Page(response)
    assert "Checking…" in page.text(SECTION)
    assert live(page).get("hx-trigger") == "every 1s"


def test_two_clicks_are_one_check(browser, domain, handed_over):
    browser.post(CHECK, headers=HTMX)
    browser.post(CHECK, headers=HTMX)
    assert len(handed_over) == 1
    assert DelegationCheck.objects.count() == 1


def test_check_again_works_as_a_plain_form(browser, domain, handed_over):
    response = browser.post(CHECK)
    assert (response.status_code, response.url) == (303, f"{PAGE}#chain")
    assert len(handed_over) == 1
    page = Page(browser.get(PAGE))
    assert "Checking…" in page.text(SECTION)
    assert "Reload to see the result" in page.text(SECTION)


def test_a_lost_check_is_not_waited_for(browser, domain):
    DelegationCheck.objects.create(domain=domain, asked_at=timezone.now() - timedelta(seconds=31))
    assert "Checking…" not in words(browser)


def test_another_persons_chain_is_not_there(sign_in, mallory, domain, handed_over):
    for response in (
        sign_in(mallory).get(CHAIN, headers=HTMX),
        sign_in(mallory).post(CHECK, headers=HTMX),
        sign_in(mallory).post(CHECK),
    ):
        assert response.status_code == 404
    assert handed_over == []
    assert DelegationCheck.objects.count() == 0


def test_a_domain_that_left_is_not_checked_by_itself(browser, domain, handed_over):
    domain.state = "LEFT"
    domain.save()
    assert live(Page(browser.get(PAGE))).get("hx-get") is None


def test_a_change_makes_an_older_check_old_news(browser, domain, make_key, handed_over):
    checked(domain, "ready", ago=20)
    key = on_file(make_key, domain, K1)
    page = Page(browser.get(PAGE))
    assert "On its way" in page.texts("//*[local-name()='text' and @class='box-note']")
    assert live(page).get("hx-trigger") == "load, every 5s"
    checked(domain, "ready", ago=2)
    assert live(Page(browser.get(PAGE))).get("hx-trigger") == "every 10s"
    key.state_since = timezone.now() - timedelta(hours=1)
    key.save()
    assert live(Page(browser.get(PAGE))).get("hx-trigger") is None


def test_the_answer_to_a_change_brings_the_chain_along(browser, domain):
    checked(domain, "ready")
    typed = {"key_type": 257, "algorithm": 13, "public_key": base64_of(K1)}
    response = browser.post(f"{PAGE}keys/", typed, headers=HTMX)
    page = Page(response)
    assert "Adding…" in page.texts("//*[local-name()='text' and @class='box-note']")
    assert {"chain", "found-keys", "chain-live"} <= set(page.tree.xpath("//*[@hx-swap-oob]/@id"))
