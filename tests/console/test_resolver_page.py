"""The page What a resolver sees: each outcome with its title, asking again, and that showing it asks nobody."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dnssec import answers, checks, tasks
from dnssec.answers import Told
from dnssec.kept_chains import to_json
from dnssec.models import DelegationCheck
from domains.models import Domain
from tests.chain.signing import KSK, make_key
from tests.chain.world import UNSIGNED, World, ds_of, make_world

pytestmark = pytest.mark.django_db

ADDRESS = "/domains/example.test/dnssec/resolver/"
TOLD = [Told("example.test", "SOA", "NOERROR", "SOA", ("ns. host. 1",), 300, proved=True, milliseconds=1500)]


@pytest.fixture
def domain(make_domain: Any) -> Domain:
    return make_domain("example.test")


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The checks that went to the queue."""
    queue: list[int] = []
    monkeypatch.setattr(tasks.check_delegation, "apply_async", lambda args, **_options: queue.append(args[0]))
    return queue


def kept(domain: Domain, world: World, told: list[Told] | None = None) -> DelegationCheck:
    """A check of the chain as it is that has its result."""
    chain = world.check()
    return DelegationCheck.objects.create(
        domain=domain,
        checked_at=timezone.now(),
        verdict=chain.verdict.value,
        chain=to_json(chain) | {"answers": answers.to_json(TOLD if told is None else told)},
    )


def title(text: str) -> str:
    found = re.search("<title>(.+?)</title>", text, re.DOTALL)
    assert found
    return found[1].strip()


@pytest.mark.parametrize(
    ("world", "start", "words"),
    [
        (make_world(), "Validated: what a resolver sees of example.test", "says that it is genuine (flag AD)"),
        (make_world(UNSIGNED), "SERVFAIL: what a resolver sees of example.test", "EDE: 9 (DNSKEY Missing)"),
        (make_world(ds=[]), "Not validated: what a resolver sees of example.test", "nobody checks the signatures"),
    ],
)
def test_each_outcome_has_its_title_and_its_words(domain, sign_in, world, start, words):
    kept(domain, world)
    page = sign_in(domain.owner).get(ADDRESS)
    assert page.status_code == 200
    assert title(page.text).startswith(start)
    assert words in page.text
    assert "after 1500 ms" in page.text


def test_before_the_first_check_it_offers_to_ask(domain, sign_in):
    page = sign_in(domain.owner).get(ADDRESS).text
    assert "Not asked yet" in page
    assert "Ask now" in page
    assert "data-poll" not in page


def test_a_check_that_could_ask_nobody_is_told_as_that(domain, sign_in):
    DelegationCheck.objects.create(domain=domain, checked_at=timezone.now(), verdict="indeterminate")
    assert "Nothing could be asked" in sign_in(domain.owner).get(ADDRESS).text


def test_a_row_from_before_the_answers_were_kept_is_shown_without_them(domain, sign_in):
    chain = make_world().check()
    row = DelegationCheck(domain=domain, checked_at=timezone.now(), verdict="secure", chain=to_json(chain))
    row.save()
    page = sign_in(domain.owner).get(ADDRESS).text
    assert "Validated" in page
    assert "table-answers" not in page


def test_what_the_dns_says_is_no_html(domain, sign_in):
    kept(domain, make_world(), [Told("example.test", "SOA", "NOERROR", "SOA", ("<script>alert(1)</script>",))])
    page = sign_in(domain.owner).get(ADDRESS).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_somebody_else_s_domain_is_not_there(domain, sign_in, mallory, handed_over):
    stranger: Client = sign_in(mallory)
    for address in (ADDRESS, ADDRESS + "live/"):
        assert stranger.get(address).status_code == 404
    assert stranger.post(ADDRESS + "ask/").status_code == 404
    assert (handed_over, DelegationCheck.objects.count()) == ([], 0)


def test_asking_again_without_scripts_comes_back_to_the_page_and_asks_once(domain, sign_in, handed_over):
    client: Client = sign_in(domain.owner)
    for _ in range(2):
        answer = client.post(ADDRESS + "ask/")
        assert (answer.status_code, answer["Location"]) == (303, ADDRESS)
    [row] = DelegationCheck.objects.all()
    assert handed_over == [row.pk]
    page = client.get(ADDRESS).text
    assert title(page).startswith("Asking…")
    assert "Reload to see the answer" in page


def test_who_asks_again_at_once_sees_what_is_there(domain, sign_in, handed_over):
    kept(domain, make_world())
    answer = sign_in(domain.owner).post(ADDRESS + "ask/", headers={"HX-Request": "true"})
    assert title(answer.text).startswith("Validated")
    assert handed_over == []


def test_the_page_follows_until_there_is_an_answer(domain, sign_in, handed_over, look_at):
    client: Client = sign_in(domain.owner)
    asking = client.post(ADDRESS + "ask/", headers={"HX-Request": "true"})
    assert asking.status_code == 200
    [following] = re.findall(r'hx-get="([^"]+)"', asking.text)
    assert client.get(following).status_code == 204
    look_at(make_world(ds=ds_of(make_key(13, KSK, 7))))
    checks.carry_out(handed_over[0])
    found = client.get(following)
    assert found.status_code == 286
    assert title(found.text).startswith("SERVFAIL")
    assert "Asked again: a validating resolver answers with SERVFAIL." in found.text
    assert "data-poll" not in found.text
    assert client.get(re.sub("version=.*", "version=0-0", following)).status_code == 286


def test_a_check_that_nobody_is_at_any_more_is_not_waited_for(domain, sign_in):
    DelegationCheck.objects.create(domain=domain, asked_at=timezone.now() - timezone.timedelta(seconds=31))
    page = sign_in(domain.owner).get(ADDRESS).text
    assert "data-poll" not in page
    assert "Ask now" in page


def test_only_the_chain_as_it_is_counts(domain, sign_in):
    row = kept(domain, make_world())
    row.pk, row.candidate, row.chain = None, [], to_json(make_world(UNSIGNED).check())
    row.save(force_insert=True)
    assert title(sign_in(domain.owner).get(ADDRESS).text).startswith("Validated")


def test_a_check_keeps_the_answers_only_for_the_chain_as_it_is(domain, look_at, monkeypatch):
    asked = []
    monkeypatch.setattr(answers, "ask", lambda chain: asked.append(chain.name) or tuple(TOLD))
    look_at(make_world())
    now = DelegationCheck.objects.create(domain=domain)
    then = DelegationCheck.objects.create(domain=domain, candidate=[])
    for row in (now, then):
        checks.carry_out(row.pk)
        row.refresh_from_db()
    assert asked == ["example.test"]
    assert checks.answers_of(now) == tuple(TOLD)
    assert checks.answers_of(then) == ()


def test_the_page_takes_few_queries_and_asks_nobody(domain, sign_in, django_assert_num_queries, monkeypatch):
    kept(domain, make_world())
    client: Client = sign_in(domain.owner)
    monkeypatch.setattr("socket.socket.sendto", lambda *_arguments: pytest.fail("A page asks nobody."))
    client.get(ADDRESS)
    with django_assert_num_queries(4):
        client.get(ADDRESS)


def test_the_commands_are_those_of_the_real_dns_or_of_the_demo(domain, sign_in, settings, tmp_path):
    kept(domain, make_world())
    client: Client = sign_in(domain.owner)
    settings.DNS_PORT = 53
    assert "<code>delv www.example.test A +vtrace</code>" in client.get(ADDRESS).text
    settings.DNS_PORT, settings.DNS_TRUST_ANCHOR = 7753, str(tmp_path / "trust-anchor")
    command = f"delv @127.0.0.1 -p 7753 -a {tmp_path}/anchors +root=. www.example.test A +vtrace"
    assert f"<code>{command}</code>" in client.get(ADDRESS).text


def test_the_way_to_the_page_is_where_the_chain_is_and_in_the_help(domain, sign_in):
    client: Client = sign_in(domain.owner)
    assert f'href="{ADDRESS}"' in client.get("/domains/example.test/dnssec/").text
    assert f'href="{ADDRESS}"' in client.get("/help/resolver/?domain=example.test").text
    assert "/dnssec/resolver/" not in client.get("/help/resolver/").text
