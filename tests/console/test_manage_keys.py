"""Manage keys without a script: what the page shows, what its forms answer, and what is never written."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dnssec.mail import change_mail
from dnssec.models import DelegationSigner
from dnssec.operations import add_key
from dnssec.snapshots import Difference
from domains import operations
from domains.models import Domain, Operation, OutgoingEmail
from domains.outbox import promise
from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15
from tests.console.page import Page
from tests.pastes import KEY_8_WEAK

PAGE = "/domains/example.com/dnssec/"
ADD = "/domains/example.com/dnssec/keys/"


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


def typed(public_key: str = KEY_13_OTHER, *, key_type: object = 257, algorithm: object = 13) -> dict[str, object]:
    return {"key_type": key_type, "algorithm": algorithm, "public_key": public_key}


def written() -> tuple[int, int, int]:
    return Operation.objects.count(), DelegationSigner.objects.count(), OutgoingEmail.objects.count()


def add_button(page: Page):
    (button,) = [b for b in page.tree.xpath("//button") if b.text_content().strip() == "Add"]
    return button


def test_the_form_has_the_fields_that_people_and_scripts_look_for(browser, domain):
    page = Page(browser.get(PAGE))
    assert page.text("//h1") == "Manage keys"
    assert [o.get("value") for o in page.labelled("Key type").xpath("option")] == ["257", "256"]
    algorithms = page.labelled("Algorithm")
    assert [o.get("value") for o in algorithms.xpath("option")] == ["8", "10", "13", "14", "15", "16"]
    assert algorithms.xpath("option[@selected]")[0].text == "13 - ECDSAP256SHA256"
    first = page.tree.xpath("//textarea")[0]
    assert first is page.labelled("Public key")
    assert (first.get("autocomplete"), first.get("spellcheck")) == ("off", "false")
    assert "disabled" not in add_button(page).attrib


def test_names_the_address_that_the_mail_will_go_to(browser, domain):
    assert "we write to registrant@example.net" in Page(browser.get(PAGE)).text("//*[@id='add-key']")


def test_warns_when_there_is_no_address(browser, make_domain):
    make_domain("silent.com", registrant="")
    page = Page(browser.get("/domains/silent.com/dnssec/"))
    assert "the registrant contact has no email address" in page.text("//*[@id='add-key-actions']")


def test_a_key_is_shown_with_all_that_tells_it_from_another(browser, domain, make_key):
    make_key(domain, KEY_13_OTHER)
    page = Page(browser.get(PAGE))
    (row,) = page.tree.xpath("//tbody/tr")
    assert [e.text_content() for e in row.iter() if (e.text or "").strip() == "17179"] == ["17179"]
    words = " ".join(row.text_content().split())
    assert "KSK 257" in words
    assert "13 - ECDSAP256SHA256" in words
    assert "D08E564D5690B47FB5AD9D53E6FD6D56E2BF96832D1D34AB7DFF6CF712EA43AA" in words
    assert "M1jizbcdK5…eUmBeA==" in words
    assert "Present" in words
    assert row.xpath(".//button[@data-copy]/@data-copy")[:2] == [
        "D08E564D5690B47FB5AD9D53E6FD6D56E2BF96832D1D34AB7DFF6CF712EA43AA",
        KEY_13_OTHER,
    ]


def test_a_key_known_by_its_ds_alone_is_shown_and_deletable(browser, domain):
    row = DelegationSigner.objects.create(
        domain=domain, fingerprint="2371-13-4-AB", state="PRESENT", algorithm=13, key_tag=2371, ds={"4": "AB" * 48}
    )
    page = Page(browser.get(PAGE))
    assert "known by its DS record only" in page.text("//tbody/tr")
    response = browser.post(f"/domains/example.com/dnssec/keys/{row.pk}/remove/")
    assert response.status_code == 303


def test_adding_answers_303_and_the_page_says_that_it_is_under_way(browser, domain):
    response = browser.post(ADD, typed())
    assert (response.status_code, response["Location"]) == (303, PAGE)
    page = Page(browser.get(PAGE))
    assert page.texts("//*[@id='flashbar']//strong") == ["Adding key 17179 to example.com."]
    assert "Adding…" in page.text("//tbody/tr")
    assert page.text("//title") == "Adding key… example.com - Registrar console"
    assert "disabled" in add_button(page).attrib
    assert page.text("//*[@id='obstacle']").startswith("Key 17179 is being added.")
    assert written() == (1, 1, 0)


@pytest.mark.parametrize(
    ("form", "field", "sentence"),
    [
        (typed(""), "Public key", "There is no key here. Paste the public key that your DNS service shows."),
        (typed("not a key!"), "Public key", "Character 10 is “!” (exclamation mark), which no key has."),
        (typed(KEY_15), "Algorithm", "This key fits algorithm 15 - ED25519, but 13 - ECDSAP256SHA256 is chosen."),
        (typed(key_type=300), "Key type", "There is no such key type."),
        (typed(algorithm=5), "Algorithm", "This registry does not take that algorithm."),
        (typed(algorithm="thirteen"), "Algorithm", "This registry does not take that algorithm."),
        (
            typed("D08E564D5690B47FB5AD9D53E6FD6D56E2BF96832D1D34AB7DFF6CF712EA43AA"),
            "Public key",
            "This is the digest from a DS record, a fingerprint of the key (SHA-256), and not the key itself.",
        ),
    ],
)
def test_a_mistake_is_explained_at_its_field_and_nothing_is_written(browser, domain, form, field, sentence):
    response = browser.post(ADD, form)
    assert response.status_code == 422
    page = Page(response)
    control = page.labelled(field)
    assert control.get("aria-invalid") == "true"
    described = [page.tree.get_element_by_id(each) for each in control.get("aria-describedby").split()]
    assert any(sentence in " ".join(each.text_content().split()) for each in described)
    assert page.labelled("Public key").text_content().strip() == form["public_key"]
    assert written() == (0, 0, 0)


def test_a_text_too_long_for_a_key_is_not_sent_back(browser, domain):
    response = browser.post(ADD, typed("A" * 32_769))
    assert response.status_code == 422
    page = Page(response)
    assert page.text("//*[@id='id_public_key_error']") == (
        "This is longer than 32768 characters, and no public key is that long. Paste the key alone."
    )
    assert page.labelled("Public key").text_content().strip() == ""
    assert "AAAAAAAA" not in response.content.decode()
    assert written() == (0, 0, 0)


@pytest.mark.parametrize(
    "paste", [f"example.com. 3600 IN DNSKEY 257 3 13 {KEY_13_OTHER}", f"“{KEY_13_OTHER[:40]}\n {KEY_13_OTHER[40:]}”"]
)
def test_what_can_be_repaired_is_added_as_the_key_that_was_meant(browser, domain, paste):
    assert browser.post(ADD, typed(paste)).status_code == 303
    assert (domain.keys.get().public_key, domain.keys.get().key_tag) == (KEY_13_OTHER, 17179)


def test_a_key_with_a_warning_is_added(browser, domain):
    assert browser.post(ADD, typed(KEY_8_WEAK, algorithm=8)).status_code == 303
    assert domain.keys.get().algorithm == 8


def test_with_another_field_wrong_only_that_is_said(browser, domain):
    page = Page(browser.post(ADD, typed(KEY_15, algorithm=99)))
    assert page.text("//*[@id='id_algorithm_error']").startswith("This registry does not take that algorithm.")
    assert page.text("//*[@id='id_public_key_error']") == ""
    assert page.tree.xpath("//*[@id='understood']/*") == []
    assert page.labelled("Public key").text_content().strip() == KEY_15


def test_a_refused_paste_comes_back_with_a_way_on(browser, domain):
    page = Page(browser.post(ADD, typed(f"example.com. IN DNSKEY 256 3 15 {KEY_15}")))
    assert page.texts("//*[@id='understood']//button[@name='use']") == ["Change to ZSK, 15 - ED25519"]
    assert page.text("//*[@id='id_key_type_error']").startswith("The record says 256 (ZSK), but 257 (KSK) is chosen.")
    assert page.text("//*[@id='id_algorithm_error']").startswith("The record says algorithm 15 - ED25519, but 13")


def test_nothing_of_this_page_is_kept_by_a_browser_or_a_cache(browser, domain):
    assert browser.get(PAGE)["Cache-Control"] == "no-store"
    assert browser.post(ADD, typed("?"))["Cache-Control"] == "no-store"
    assert Page(browser.get(PAGE)).tree.xpath("//form[@id='add-key-form']/@autocomplete") == ["off"]


def test_a_private_key_is_thrown_away_and_never_sent_back(browser, domain):
    secret = "GU6SnQ/Ou+xC5RumuIUIuJZteXT2z0O/ok1s38Et6mQ="
    response = browser.post(ADD, typed(f"Private-key-format: v1.3\nAlgorithm: 13\nPrivateKey: {secret}"))
    assert response.status_code == 422
    assert secret not in response.content.decode()
    assert Page(response).labelled("Public key").text_content().strip() == ""
    assert "This is a private key" in response.content.decode()
    assert written() == (0, 0, 0)


def test_a_key_that_is_there_already_is_named(browser, domain, make_key):
    make_key(domain, KEY_13)
    response = browser.post(ADD, typed(KEY_13))
    assert response.status_code == 422
    assert "This key is on example.com already: its key tag is 2371." in Page(response).text(
        "//form[@id='add-key-form']"
    )
    assert written() == (0, 1, 0)


def test_a_second_request_is_refused_with_409_and_keeps_what_was_typed(browser, domain, alice):
    browser.post(ADD, typed())
    response = browser.post(ADD, typed(KEY_15, algorithm=15))
    assert response.status_code == 409
    page = Page(response)
    assert "Another change of this domain is in progress." in page.text("//*[@role='alert']")
    assert page.labelled("Public key").text_content().strip() == KEY_15
    assert page.labelled("Algorithm").xpath("option[@selected]/@value") == ["15"]
    assert written() == (1, 1, 0)


@pytest.mark.parametrize(
    ("tld", "fields", "title"),
    [
        ("cz", {"dnssec": False}, "DNSSEC is not available for .cz"),
        ("au", {"algorithms": [2]}, "No usable algorithm"),
        ("se", {"max_keys": 1}, "The limit is reached"),
    ],
)
def test_the_form_is_off_and_says_why(browser, make_tld, make_domain, make_key, tld, fields, title):
    make_tld(tld, **fields)
    domain = make_domain(f"example.{tld}")
    if tld == "se":
        make_key(domain, KEY_13)
    page = Page(browser.get(f"/domains/example.{tld}/dnssec/"))
    assert page.text("//*[@id='add-key-notice']//h3") == title
    assert "disabled" in add_button(page).attrib
    response = browser.post(f"/domains/example.{tld}/dnssec/keys/", typed())
    assert response.status_code in (409, 422)
    assert Operation.objects.count() == 0


def test_deleting_asks_first_and_then_answers_303(browser, domain, make_key):
    row = make_key(domain, KEY_13)
    page = Page(browser.get(PAGE))
    (form,) = page.tree.xpath("//tbody/tr//form")
    assert (form.get("method"), form.xpath(".//button")[0].text_content()) == ("get", "Delete")
    confirmation = Page(browser.get(form.get("action")))
    assert confirmation.text("//h1") == "Delete key 2371?"
    assert "This is the last key of example.com" in confirmation.text("//form[@method='post'][@id='delete-box']")
    (post,) = confirmation.tree.xpath("//form[@id='delete-box']")
    assert "Delete key" in [b.text_content() for b in post.xpath(".//button")]
    response = browser.post(post.get("action"))
    assert (response.status_code, response["Location"]) == (303, PAGE)
    row.refresh_from_db()
    assert row.state == "REMOVING"
    assert "Deleting…" in Page(browser.get(PAGE)).text("//tbody/tr")


def test_deleting_while_a_request_is_open_is_refused_with_409(browser, domain, make_key, alice):
    row = make_key(domain, KEY_13)
    browser.post(ADD, typed())
    assert browser.get(f"/domains/example.com/dnssec/keys/{row.pk}/delete/").status_code == 409
    assert browser.post(f"/domains/example.com/dnssec/keys/{row.pk}/remove/").status_code == 409
    row.refresh_from_db()
    assert (row.state, Operation.objects.count()) == ("PRESENT", 1)


def test_deleting_a_key_that_is_gone_says_so(browser, domain):
    response = browser.post("/domains/example.com/dnssec/keys/12345/remove/")
    assert response.status_code == 409
    assert "This key is not on the domain any more." in response.content.decode()


def test_a_request_that_was_not_sent_can_be_cancelled_here(browser, domain):
    browser.post(ADD, typed())
    page = Page(browser.get(PAGE))
    (form,) = [f for f in page.tree.xpath("//form") if f.get("action", "").endswith("/cancel/")]
    response = browser.post(form.get("action"), {"next": PAGE})
    assert (response.status_code, response["Location"]) == (303, PAGE)
    operation = Operation.objects.get()
    assert (operation.status, domain.keys.count()) == ("FAILED", 0)
    assert OutgoingEmail.objects.get().operation == operation


def test_ones_own_cancellation_is_told_calmly(browser, domain):
    browser.post(ADD, typed())
    browser.post(f"/requests/{Operation.objects.get().reference}/cancel/", {"next": PAGE})
    page = Page(browser.get(PAGE))
    (alert,) = page.tree.xpath("//*[@id='add-key-notice']/div")
    assert alert.get("class") == "alert"
    assert "Key 17179 was not added" in alert.text_content()


def test_cancelling_what_was_sent_changes_nothing(browser, domain):
    browser.post(ADD, typed())
    operation = Operation.objects.get()
    claimed = operations.claim(operation.pk)
    assert claimed is not None
    operations.record_command(claimed, "domain:update", changes=True)
    page = Page(browser.get(PAGE))
    assert not [f for f in page.tree.xpath("//form") if f.get("action", "").endswith("/cancel/")]
    browser.post(f"/requests/{operation.reference}/cancel/", {"next": PAGE})
    operation.refresh_from_db()
    assert (operation.status, OutgoingEmail.objects.count()) == ("IN_PROGRESS", 0)


def test_nobody_is_sent_to_a_strangers_site_after_a_cancellation(browser, domain):
    browser.post(ADD, typed())
    operation = Operation.objects.get()
    response = browser.post(f"/requests/{operation.reference}/cancel/", {"next": "https://evil.example/"})
    assert response["Location"] == f"/requests/{operation.reference}/"


def test_a_stranger_finds_nothing_and_changes_nothing(sign_in, mallory, domain, make_key, alice):
    row = make_key(domain, KEY_13)
    operation = add_key(domain, make_dns_key(), requested_by=alice)
    before = written()
    stranger = sign_in(mallory)
    for method, path in [
        ("get", PAGE),
        ("get", PAGE + "live/"),
        ("post", ADD),
        ("get", f"{ADD}{row.pk}/delete/"),
        ("post", f"{ADD}{row.pk}/remove/"),
        ("post", f"/requests/{operation.reference}/cancel/"),
        ("get", "/domains/nobody.com/dnssec/"),
    ]:
        assert getattr(stranger, method)(path, typed() if method == "post" else None).status_code == 404, path
    assert written() == before
    row.refresh_from_db()
    assert row.state == "PRESENT"


def make_dns_key():
    from dnssec.keys import DnsKey

    return DnsKey.parse(KEY_13_OTHER, flags=257, algorithm=13)


def test_staff_owns_nothing_here(sign_in, sam, domain):
    assert sign_in(sam).get(PAGE).status_code == 404


def test_who_is_not_signed_in_is_sent_to_sign_in(client, domain):
    response = client.post(ADD, typed())
    assert (response.status_code, written()) == (302, (0, 0, 0))
    assert response["Location"].startswith("/accounts/login/")


def test_a_form_without_its_token_is_refused(alice, domain):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(ADD, typed()).status_code == 403
    assert written() == (0, 0, 0)


def test_the_page_takes_at_most_nine_queries_however_many_keys(browser, make_domain, make_key, alice):
    domain = make_domain("example.com")
    make_key(domain, KEY_13)
    for text, algorithm, flags in [(KEY_13, 13, 256), (KEY_15, 15, 257), (KEY_15, 15, 256)]:
        make_key(domain, text, algorithm=algorithm, flags=flags)
    add_key(domain, make_dns_key(), requested_by=alice)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert browser.get(PAGE).status_code == 200
    assert len(queries) <= 9


def test_the_algorithms_of_the_tld_and_no_others_are_offered(browser, make_tld, make_domain):
    make_tld("nl", algorithms=[5, 8, 13, 18])
    make_domain("example.nl")
    options = Page(browser.get("/domains/example.nl/dnssec/")).labelled("Algorithm").xpath("option/@value")
    assert options == ["8", "13", "18"]


def test_a_change_at_the_registry_is_news_for_a_day_with_the_mail_that_told_it(sign_in, alice, make_domain):
    domain = make_domain("told.com")
    promise(change_mail(domain, Difference(left=True)))
    page = Page(sign_in(alice).get("/domains/told.com/dnssec/"))
    assert page.text("//*[@id='told']//h3") == "Changed at the registry"
    assert page.text("//*[@id='told']//p").startswith("told.com: no longer managed here. We saw it on ")
    assert "The mail to registrant@example.net is on its way." in page.text("//*[@id='told']")
    OutgoingEmail.objects.update(created_at=timezone.now() - timedelta(days=1, seconds=1))
    assert Page(sign_in(alice).get("/domains/told.com/dnssec/")).texts("//*[@id='told']") == []
