"""The keys that the zone publishes, offered on Manage keys: the right one first, one click fills the form, and a pasted
fingerprint finds its key."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from dnssec.chain import Chain
from dnssec.found_keys import found_keys
from dnssec.kept_chains import to_json
from dnssec.models import DelegationCheck
from domains.models import Operation
from tests.chains import K1, K2, Z1, base64_of, key, scene
from tests.console.page import HTMX, Page

PAGE = "/domains/example.com/dnssec/"
UNDERSTAND = f"{PAGE}keys/understand/"
FOUND = "//section[@id='found-keys']"
BITS = "13 - ECDSAP256SHA256, 256 bits"
DS = f"{K1.tag} 13 2 {K1.ds('example.com').digest.hex().upper()}"


@pytest.fixture
def domain(make_domain):
    return make_domain("example.com")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


def checked(domain, which: str) -> None:
    at = timezone.now()
    chain = scene(which, domain.name)
    DelegationCheck.objects.create(
        domain=domain, asked_at=at, checked_at=at, verdict=chain.verdict.value, chain=to_json(chain)
    )


def offers(page: Page, under: str = FOUND) -> list[str]:
    return page.texts(f"{under}//li[@class='offer']")


def used(page: Page) -> list[str]:
    return page.tree.xpath(f"{FOUND}//button[@name='use']/@value")


def found(domain, which: str):
    return found_keys(scene(which, domain.name), domain.keys.all(), domain.tld)


def test_what_was_not_looked_up_can_be(browser, domain):
    page = Page(browser.get(PAGE))
    assert "They are looked up at the name servers of your domain" in page.text(FOUND)
    (form,) = page.tree.xpath(f"{FOUND}//form")
    assert form.get("action") == f"{PAGE}chain/check/"
    assert page.text("//button[@id='look-up-keys']") == "Look up the keys your DNS service publishes"


def test_looking_them_up_comes_back_to_them(browser, domain, monkeypatch):
    monkeypatch.setattr("dnssec.asking.hand_over", lambda *_args, **_options: None)
    response = browser.post(f"{PAGE}chain/check/", {"place": "found-keys"})
    assert (response.status_code, response.url) == (303, f"{PAGE}#found-keys")
    assert "Looking…" in Page(browser.get(PAGE)).text(FOUND)


def test_the_key_to_add_comes_first(browser, domain):
    checked(domain, "ready")
    page = Page(browser.get(PAGE))
    assert offers(page) == [
        f"KSK {K1.tag} Recommended {BITS} signs the zone’s keys on all name servers Use this key",
        f"ZSK {Z1.tag} {BITS} signs the zone’s records on all name servers Use this key",
    ]
    assert page.text("//details[@id='found-rest']/summary") == "1 other key, which is seldom added"


def test_one_click_fills_the_form_and_sends_nothing(browser, domain):
    checked(domain, "ready")
    value = used(Page(browser.get(PAGE)))[0]
    assert value == f"257 13 {base64_of(K1)}"
    response = browser.post(UNDERSTAND, {"use": value}, headers=HTMX)
    page = Page(response)
    assert page.tree.xpath("//textarea")[0].text_content().strip() == base64_of(K1)
    assert "This is a public key" in page.text("//*[@id='understood']")
    assert Operation.objects.count() == 0


def test_it_fills_the_form_without_a_script_too(browser, domain):
    checked(domain, "ready")
    (form,) = Page(browser.get(PAGE)).tree.xpath("//form[@id='found-keys-form']")
    assert (form.get("method"), form.get("action")) == ("post", UNDERSTAND)
    page = Page(browser.post(UNDERSTAND, {"use": f"257 13 {base64_of(K1)}"}))
    assert page.tree.xpath("//textarea")[0].text_content().strip() == base64_of(K1)


def test_the_button_beside_the_picture_fills_it_in_as_well(browser, domain):
    checked(domain, "ready")
    (button,) = Page(browser.get(PAGE)).tree.xpath("//button[@id='close-chain']")
    assert (button.get("name"), button.get("value")) == ("use", f"257 13 {base64_of(K1)}")


def test_a_key_that_is_added_is_not_offered_again(browser, domain, make_key):
    checked(domain, "secure")
    make_key(domain, base64_of(K1))
    page = Page(browser.get(PAGE))
    assert offers(page)[0].endswith("Already added")
    assert "The zone’s key is here already. Nothing has to be added." in page.text(FOUND)
    assert used(page) == [f"256 13 {base64_of(Z1)}"]


@pytest.mark.parametrize(("state", "words"), [("ADDING", "Being added"), ("REMOVING", "Being deleted")])
def test_a_key_on_its_way_is_not_offered_either(browser, domain, make_key, state, words):
    checked(domain, "ready")
    make_key(domain, base64_of(K1), state=state)
    page = Page(browser.get(PAGE))
    assert offers(page)[0].endswith(words)
    assert not page.tree.xpath("//button[@id='close-chain']")


def test_a_key_known_by_its_ds_alone_is_recognised(domain, make_key):
    row = make_key(domain, base64_of(K1))
    row.public_key, row.flags = "", None
    row.ds = {"2": row.ds["2"]}
    row.save()
    assert [one.state for one in found(domain, "ready").keys] == ["PRESENT", ""]


def test_the_new_key_of_a_rollover_is_recommended(domain, make_key):
    make_key(domain, base64_of(K1))
    keys = found(domain, "rollover")
    assert keys.recommended is not None
    assert keys.recommended.key.key_tag == K2.tag


def test_a_key_that_some_server_does_not_show_is_not_recommended(browser, domain):
    checked(domain, "ready but servers disagree")
    page = Page(browser.get(PAGE))
    assert offers(page)[0].startswith(f"KSK {K1.tag} Recommended")
    assert "missing at ns2.example.com (192.0.2.22)" in offers(page)[1]
    assert "Recommended" not in offers(page)[1]
    assert "The name servers do not agree on the keys." in page.text(FOUND)


def test_a_key_that_does_not_sign_the_others_is_not_recommended(domain):
    keys = found(domain, "not signing")
    assert keys.recommended is not None
    assert keys.recommended.key.key_tag == K2.tag
    assert [one.key.key_tag for one in keys.rest] == [K1.tag, Z1.tag]


def test_of_many_keys_the_first_are_shown(domain):
    keys = found(domain, "many")
    assert len(keys.first) <= 5
    assert len(keys.first) + len(keys.rest) == 14


def test_an_algorithm_that_the_registry_does_not_take_is_not_offered(domain):
    domain.tld.algorithms = [15]
    keys = found(domain, "ready")
    assert [one.refusal for one in keys.keys] == ["The registry does not take its algorithm."] * 2
    assert keys.recommended is None


def revoked() -> Chain:
    chain = scene("ready")
    own = chain.links[-1]
    keys = tuple(replace(one, flags=385) if one.flags == 257 else one for one in own.keys)
    return replace(chain, links=(*chain.links[:-1], replace(own, keys=keys)))


def test_a_revoked_key_is_not_offered(domain):
    (first, second) = found_keys(revoked(), [], domain.tld).keys
    assert (first.key.flags, second.key.flags) == (256, 385)
    assert second.refusal == "It is revoked."


@pytest.mark.parametrize(
    ("which", "sentence"),
    [
        ("unsigned", "None: the zone is not signed. Have it signed at your DNS service first, then look again."),
        ("unreachable", "None of the domain’s name servers answered."),
        ("not delegated", "The domain has no name servers in the DNS that could be asked."),
    ],
)
def test_where_there_is_none_the_page_says_why(browser, domain, which, sentence):
    checked(domain, which)
    page = Page(browser.get(PAGE))
    assert sentence in page.text(FOUND)
    assert offers(page) == []


def test_a_tld_without_dnssec_is_not_looked_at(browser, domain):
    domain.tld.dnssec = False
    domain.tld.save()
    (section,) = Page(browser.get(PAGE)).tree.xpath(FOUND)
    assert "hidden" in section.attrib


# ---- a pasted fingerprint ----


def panel(browser, text: str) -> Page:
    return Page(browser.post(UNDERSTAND, {"key_type": 257, "algorithm": 13, "public_key": text}, headers=HTMX))


@pytest.mark.parametrize("text", [DS, f"example.com. 3600 IN DS {DS}", DS.rpartition(" ")[2].lower()])
def test_a_pasted_ds_record_finds_its_key(browser, domain, text):
    checked(domain, "ready")
    page = panel(browser, text)
    assert page.text("//h3") == "The key that this is the fingerprint of"
    (button,) = page.tree.xpath("//button[@name='use']")
    assert button.get("value") == f"257 13 {base64_of(K1)}"
    assert button.get("formaction") == UNDERSTAND


def test_the_key_of_a_ds_record_that_is_added_is_only_named(browser, domain, make_key):
    checked(domain, "secure")
    make_key(domain, base64_of(K1))
    page = panel(browser, DS)
    assert page.tree.xpath("//button[@name='use']") == []


def test_a_ds_record_of_no_key_in_the_zone_says_where_to_look(browser, domain):
    checked(domain, "ready")
    page = panel(browser, f"example.com. IN DS {key(77).tag} 13 2 {key(77).ds('example.com').digest.hex()}")
    assert page.text("//h3") == "Where to find the key itself"
    assert "Of the keys that your zone publishes, none has this fingerprint." in page.text()


def test_before_anything_was_looked_up_nothing_is_said_of_the_zone(browser, domain):
    page = panel(browser, DS)
    assert page.text("//h3") == "Where to find the key itself"
    assert "Of the keys that your zone publishes" not in page.text()


def test_a_short_piece_of_a_digest_finds_nothing(browser, domain):
    checked(domain, "ready")
    page = panel(browser, DS.rpartition(" ")[2][:38])
    assert not page.tree.xpath("//button[@name='use']")


def test_another_persons_keys_are_not_there(sign_in, mallory, domain):
    checked(domain, "ready")
    assert sign_in(mallory).get(PAGE).status_code == 404
    assert sign_in(mallory).post(UNDERSTAND, {"public_key": DS}, headers=HTMX).status_code == 404


def test_a_result_stands_until_the_next_one(browser, domain):
    checked(domain, "ready")
    DelegationCheck.objects.update(checked_at=timezone.now() - timedelta(days=2))
    assert len(offers(Page(browser.get(PAGE)))) == 2
