"""What is known to do harm is asked about before it is submitted: in the form, in the confirmation, by script alike."""

import re

import pytest

from dnssec import checks
from dnssec.keys import DnsKey
from dnssec.models import DelegationCheck
from domains.models import Domain, Operation
from tests.chain.signing import KSK
from tests.chain.signing import make_key as new_key
from tests.chain.world import KEY, ds_of, make_world
from tests.console.page import HTMX, Page

OTHER, THIRD = new_key(13, KSK, 7), new_key(13, KSK, 9)
PAGE = "/domains/example.test/dnssec/"
ADD = PAGE + "keys/"


def text_of(key) -> str:
    return DnsKey(257, 3, 13, key.dnskey.key).base64


def typed(key, **more: str) -> dict[str, str]:
    return {"key_type": "257", "algorithm": "13", "public_key": text_of(key), **more}


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.test")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


@pytest.fixture
def worker(monkeypatch):
    """Checks that are asked for are made at once."""
    monkeypatch.setattr("dnssec.asking.hand_over", lambda _task, pk, **_options: checks.carry_out(pk))


def alert(page: Page) -> str:
    return page.text("//*[@id='question']")


def anyway(page: Page) -> str:
    (value,) = page.tree.xpath("//button[@name='anyway']/@value")
    return str(value)


def test_a_paste_is_looked_into_while_the_person_still_reads(browser, domain, look_at, worker):
    look_at(make_world(ds=[]))
    browser.post(ADD + "understand/", typed(KEY), headers=HTMX)
    check = DelegationCheck.objects.get()
    assert (check.effect, check.candidate) == ("fine", [f"{KEY.tag} 13 2 {ds_of(KEY)[0].digest.hex().upper()}"])
    assert Operation.objects.count() == 0


def test_what_is_known_to_be_fine_goes_on(browser, domain, look_at, worker):
    look_at(make_world(ds=[]))
    browser.post(ADD + "understand/", typed(KEY), headers=HTMX)
    assert browser.post(ADD, typed(KEY)).status_code == 303
    assert Operation.objects.get().precheck == "FINE"


def test_what_is_not_known_yet_is_accepted_at_once_and_left_to_the_worker(browser, domain):
    assert browser.post(ADD, typed(KEY)).status_code == 303
    assert Operation.objects.get().precheck == ""


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_an_outage_is_asked_about_with_its_reason_and_nothing_is_written(browser, domain, look_at, worker, headers):
    look_at(make_world(ds=[]))
    browser.post(ADD + "understand/", typed(OTHER), headers=HTMX)
    response = browser.post(ADD, typed(OTHER), headers=headers)
    page = Page(response)
    assert response.status_code == 200
    assert "This would take example.test off the internet" in alert(page)
    assert f"None of the DS records of example.test (key tags {OTHER.tag}) belongs to a key" in alert(page)
    assert page.text("//button[@name='anyway']") == "Add anyway"
    assert page.tree.xpath("//textarea")[0].text.strip() == text_of(OTHER)
    assert (Operation.objects.count(), domain.keys.count()) == (0, 0)


def test_an_outage_wants_the_name_typed_and_then_goes_on(browser, domain, look_at, worker):
    look_at(make_world(ds=[]))
    browser.post(ADD + "understand/", typed(OTHER), headers=HTMX)
    accept = anyway(Page(browser.post(ADD, typed(OTHER))))
    for name in ("", "example.org", "example"):
        page = Page(browser.post(ADD, typed(OTHER, anyway=accept, domain_name=name)))
        assert "This is not example.test. Nothing was sent." in alert(page)
        assert page.labelled("To do it all the same, type example.test").get("aria-invalid") == "true"
    assert Operation.objects.count() == 0
    assert browser.post(ADD, typed(OTHER, anyway=accept, domain_name="Example.TEST. ")).status_code == 303
    assert Operation.objects.get().precheck == "ACCEPTED"


def test_a_standby_key_is_asked_about_once_without_a_name(browser, domain, make_key, look_at, worker):
    look_at(make_world())
    make_key(domain, text_of(KEY))
    browser.post(ADD + "understand/", typed(OTHER), headers=HTMX)
    page = Page(browser.post(ADD, typed(OTHER)))
    assert "This works, but know this first" in alert(page)
    assert f"key tag {OTHER.tag}" in alert(page)
    assert page.tree.xpath("//input[@name='domain_name']") == []
    assert browser.post(ADD, typed(OTHER, anyway=anyway(page))).status_code == 303
    assert Operation.objects.get().precheck == "WORKS"


def test_an_answer_holds_for_its_change_alone(browser, domain, make_key, look_at, worker):
    look_at(make_world())
    make_key(domain, text_of(KEY))
    for key in (OTHER, THIRD):
        browser.post(ADD + "understand/", typed(key), headers=HTMX)
    accept = anyway(Page(browser.post(ADD, typed(OTHER))))
    response = browser.post(ADD, typed(THIRD, anyway=accept))
    assert (response.status_code, Operation.objects.count()) == (200, 0)
    assert f"key tag {THIRD.tag}" in alert(Page(response))


def test_the_confirmation_of_a_deletion_looks_ahead_and_asks(browser, domain, make_key, look_at, worker):
    look_at(make_world(ds=ds_of(KEY, OTHER)))
    live, dead = make_key(domain, text_of(KEY)), make_key(domain, text_of(OTHER))
    confirmation = Page(browser.get(f"{PAGE}keys/{live.pk}/delete/"))
    assert "Delete key" in confirmation.texts("//button")
    assert DelegationCheck.objects.get().effect == "outage"
    page = Page(browser.post(f"{PAGE}keys/{live.pk}/remove/"))
    assert "This would take example.test off the internet" in alert(page)
    assert "Delete anyway" in page.texts("//button")
    assert Operation.objects.count() == 0
    browser.get(f"{PAGE}keys/{dead.pk}/delete/")
    assert browser.post(f"{PAGE}keys/{dead.pk}/remove/").status_code == 303
    assert Operation.objects.get().precheck == "FINE"


def test_deleting_the_last_key_says_what_is_lost_and_the_order_to_keep(browser, domain, make_key, look_at, worker):
    look_at(make_world())
    key = make_key(domain, text_of(KEY))
    browser.get(f"{PAGE}keys/{key.pk}/delete/")
    page = Page(browser.post(f"{PAGE}keys/{key.pk}/remove/"))
    assert "example.test would not be protected any more" in alert(page)
    assert "as long as you keep signing until caches have forgotten the DS record" in alert(page)
    assert Operation.objects.count() == 0
    answer = {"anyway": anyway(page)}
    assert browser.post(f"{PAGE}keys/{key.pk}/remove/", answer).status_code == 303


def test_what_stands_against_any_change_is_said_before_what_this_one_would_do(
    browser, domain, make_key, look_at, worker
):
    look_at(make_world(ds=[]))
    browser.post(ADD + "understand/", typed(OTHER), headers=HTMX)
    Domain.objects.filter(pk=domain.pk).update(state="LEFT")
    response = browser.post(ADD, typed(OTHER))
    assert response.status_code == 409
    assert Page(response).tree.xpath("//*[@id='question']") == []


def test_the_question_quotes_nothing_that_is_not_escaped(browser, domain, look_at, worker):
    look_at(make_world(ds=[]))
    browser.post(ADD + "understand/", typed(OTHER), headers=HTMX)
    check = DelegationCheck.objects.get()
    check.findings[0]["params"]["tags"] = "<script>alert(1)</script>"
    check.save()
    body = browser.post(ADD, typed(OTHER)).content.decode()
    assert not re.search(r"<script>alert", body)
    assert "&lt;script&gt;alert(1)" in body
