"""What a person pastes is explained before anything is sent: in the panel while it is typed, and without a script."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dnssec.models import DelegationSigner
from dnssec.operations import add_key
from domains.models import Domain, Operation, OutgoingEmail
from tests.conftest import KEY_13, KEY_13_OTHER, KEY_15
from tests.console.page import HTMX, Page
from tests.console.test_manage_keys import ADD, PAGE, add_button, make_dns_key, typed
from tests.pastes import DIG, DIGEST, DS_RECORD, KEY_8_WEAK, LONGER_DIGEST, PEM, PRIVATE, PRIVATE_KEY, RECORD

UNDERSTAND = f"{ADD}understand/"


@pytest.fixture
def domain(make_domain) -> Domain:
    return make_domain("example.com")


@pytest.fixture
def browser(sign_in, alice):
    return sign_in(alice)


@pytest.fixture
def pasted(browser, domain):
    """The answer to a paste, as htmx puts it into the page."""

    def paste(text: str, **form: object) -> Page:
        response = browser.post(UNDERSTAND, typed(text, **form), headers=HTMX)
        assert (response.status_code, response["Cache-Control"]) == (200, "no-store")
        assert (Operation.objects.count(), OutgoingEmail.objects.count()) == (0, 0)
        return Page(response)

    return paste


def errors(page: Page) -> dict[str, str]:
    return {
        slot.get("id").removeprefix("id_").removesuffix("_error"): " ".join(slot.text_content().split())
        for slot in page.tree.xpath("//*[@data-errors-of]")
    }


NO_ERRORS = {"key_type": "", "algorithm": "", "public_key": ""}


def test_a_key_is_shown_with_its_tag_and_the_records_it_makes(pasted):
    page = pasted(KEY_13_OTHER)
    assert errors(page) == NO_ERRORS
    assert page.text("//h3") == "This is a public key"
    assert page.text("//section//p") == (
        "Nothing has been sent yet. Compare the key tag with the one at your DNS service."
    )
    facts = [page.fact(term) for term in ("Key tag", "Key type", "Algorithm", "Size")]
    assert facts == ["17179", "KSK 257", "13 - ECDSAP256SHA256", "256 bits"]
    records = [
        f"example.com. IN DS 17179 13 2 {DIGEST}",
        f"example.com. IN DS 17179 13 4 {LONGER_DIGEST}",
        f"example.com. IN DNSKEY 257 3 13 {KEY_13_OTHER}",
    ]
    assert page.texts("//code") == records
    assert page.tree.xpath("//button/@data-copy") == records


def test_the_errors_are_put_beside_the_fields_without_replacing_them(pasted):
    page = pasted("?")
    assert page.tree.xpath("//*[@hx-swap-oob='innerHTML']/@id") == [
        "id_key_type_error",
        "id_algorithm_error",
        "id_public_key_error",
    ]
    assert page.tree.xpath("//textarea | //select") == []


def test_says_what_was_repaired(pasted):
    page = pasted(RECORD)
    assert errors(page) == NO_ERRORS
    assert page.text("//section//p").startswith(
        "The key was taken out of the DNSKEY record. Nothing has been sent yet."
    )


def test_a_warning_stands_with_the_key(pasted):
    page = pasted(KEY_8_WEAK, algorithm=8)
    assert errors(page) == NO_ERRORS
    assert page.text("//h3") == "This is a public key, with a warning"
    assert page.text("//li[@class='warn']").startswith("This RSA key has only 1280 bits.")


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_emptied_field_is_no_mistake(pasted, text):
    page = pasted(text, algorithm=99)
    assert errors(page) == NO_ERRORS
    assert page.tree.xpath("//section") == []


def test_a_mistake_without_a_way_on_is_an_error_alone(pasted):
    page = pasted(KEY_13_OTHER[:-3])
    assert errors(page)["public_key"].startswith("A part of the key is missing")
    assert page.tree.xpath("//section") == []


@pytest.mark.parametrize("paste", [DIGEST, DS_RECORD])
def test_who_has_only_a_digest_learns_where_the_key_is(pasted, paste):
    page = pasted(paste)
    assert "fingerprint of the key" in errors(page)["public_key"]
    assert page.text("//h3") == "Where to find the key itself"
    assert page.tree.xpath("//button/@data-copy") == ["dig example.com DNSKEY"]
    assert page.fact("Knot DNS") == "keymgr example.com dnskey"


def test_a_file_offers_the_key_inside(pasted):
    page = pasted(PEM)
    assert errors(page)["public_key"].startswith("This is a public key in a PEM file")
    assert page.text("//h3") == "Use the key that was found"
    (button,) = page.tree.xpath("//button[@name='use']")
    assert (button.text, button.get("value")) == ("Use this key", f"257 13 {KEY_13_OTHER}")
    assert page.text(f"//*[@id='{button.get('aria-describedby')}']") == "17179"


def test_the_answer_of_dig_offers_each_key_the_key_signing_key_first(pasted):
    page = pasted(DIG)
    assert page.text("//h3") == "Choose a key"
    assert page.tree.xpath("//button[@name='use']/@value") == [f"257 13 {KEY_13_OTHER}", f"256 15 {KEY_15}"]
    assert page.texts("//li//dd") == [
        *("17179", "KSK 257", "13 - ECDSAP256SHA256", "256 bits"),
        *("27814", "ZSK 256", "15 - ED25519", "256 bits"),
    ]


def test_a_key_of_another_algorithm_offers_to_change_the_algorithm(pasted):
    page = pasted(KEY_15)
    assert errors(page)["algorithm"].startswith("This key fits algorithm 15 - ED25519, but 13 - ECDSAP256SHA256 is")
    assert page.text("//h3") == "Let the form follow the key"
    assert page.texts("//button[@name='use']") == ["Change to 15 - ED25519"]


def test_a_key_that_is_there_already_is_said_before_it_is_sent(pasted, domain, make_key):
    make_key(domain, KEY_13)
    page = pasted(KEY_13)
    assert errors(page)["public_key"] == "This key is on example.com already: its key tag is 2371."
    assert page.fact("Key tag") == "2371"


def test_a_limit_that_is_reached_is_said_and_the_key_is_explained(pasted, domain, make_key):
    domain.tld.max_keys = 1
    domain.tld.save()
    make_key(domain, KEY_13)
    page = pasted(KEY_13_OTHER)
    assert errors(page)["public_key"].startswith("The limit of keys at the registry of example.com, 1, is reached.")
    assert page.fact("Key tag") == "17179"


def test_the_next_key_is_explained_while_a_change_is_open(browser, domain, alice):
    add_key(domain, make_dns_key(), requested_by=alice)
    page = Page(browser.post(UNDERSTAND, typed(KEY_15, algorithm=15), headers=HTMX))
    assert (page.fact("Key tag"), errors(page)) == ("27815", NO_ERRORS)


def test_a_tld_without_a_usable_algorithm_says_so_to_every_paste(browser, make_tld, make_domain):
    make_tld("au", algorithms=[5])
    make_domain("example.au")
    form = {"key_type": 257, "public_key": KEY_13_OTHER}
    page = Page(browser.post("/domains/example.au/dnssec/keys/understand/", form, headers=HTMX))
    assert errors(page)["algorithm"].startswith("The registry of example.au takes no algorithm that may be used")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_choosing_a_key_fills_in_the_form(browser, domain, headers):
    response = browser.post(UNDERSTAND, typed(PEM) | {"use": f"256 15 {KEY_15}"}, headers=headers)
    assert (response.status_code, Operation.objects.count()) == (200, 0)
    page = Page(response)
    assert page.labelled("Key type").xpath("option[@selected]/@value") == ["256"]
    assert page.labelled("Algorithm").xpath("option[@selected]/@value") == ["15"]
    assert page.labelled("Public key").text_content().strip() == KEY_15
    assert (page.text("//section//h3[@id='understood-title']"), errors(page)) == ("This is a public key", NO_ERRORS)
    assert page.tree.xpath("//*[@autofocus]") == [add_button(page)]
    assert ("HX-Retarget" in response) == bool(headers)


def test_what_asks_for_care_has_the_focus_after_the_choice(browser, domain, alice):
    choice = {"use": f"257 8 {KEY_8_WEAK}"}
    assert Page(browser.post(UNDERSTAND, choice)).tree.xpath("//*[@autofocus]/@id") == ["understood-key"]
    add_key(domain, make_dns_key(), requested_by=alice)
    choice = {"use": f"257 15 {KEY_15}"}
    assert Page(browser.post(UNDERSTAND, choice)).tree.xpath("//*[@autofocus]/@id") == ["understood-key"]


@pytest.mark.parametrize("use", ["", "257 13", "13 257 x y", f"١٣ ١٣ {KEY_15}", "257 13 <script>alert(1)</script>"])
def test_a_choice_is_judged_like_any_other_input(browser, domain, use):
    response = browser.post(UNDERSTAND, typed(KEY_13_OTHER) | {"use": use})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    page = Page(response)
    if "script" in use:
        assert page.labelled("Public key").get("aria-invalid") == "true"
    else:
        assert page.labelled("Public key").text_content().strip() == KEY_13_OTHER


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize("form", [{"public_key": PRIVATE_KEY}, {"use": f"257 13 {PRIVATE_KEY.replace(' ', '')}"}])
def test_nothing_of_a_private_key_stays_in_the_page(browser, domain, headers, form):
    response = browser.post(UNDERSTAND, typed(PRIVATE_KEY) | form, headers=headers)
    assert response.status_code == 200
    page = Page(response)
    assert page.labelled("Public key").text_content().strip() == ""
    assert errors(page)["public_key"].startswith("This is a private key, so it was thrown away here")
    assert PRIVATE not in response.content.decode()
    assert page.tree.xpath("//*[@autofocus]/@id") == ["id_public_key"]
    assert ("HX-Retarget" in response) == bool(headers)


def test_what_is_said_of_a_private_key_waits_beside_the_field(browser, domain):
    page = Page(browser.get(PAGE))
    alert = page.tree.get_element_by_id(page.labelled("Public key").get("data-no-private-key"))
    assert (alert.get("role"), "hidden" in alert.attrib) == ("alert", True)
    assert page.text("//*[@id='private-key-alert']").startswith("This is a private key, so it was thrown away here")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "</textarea><script>alert(1)</script>",
        "<script>alert(1)</script>. IN DNSKEY 257 3 13 " + KEY_13_OTHER,
        "www.<script>alert(1)</script>.com. IN DNSKEY 257 3 13 " + KEY_13_OTHER,
        '257 3 "><script>alert(1)</script> ' + KEY_13_OTHER,
        KEY_13_OTHER + "<script>alert(1)</script>",
    ],
)
def test_markup_in_a_paste_is_only_text(browser, domain, text):
    for response in (
        browser.post(UNDERSTAND, typed(text), headers=HTMX),
        browser.post(UNDERSTAND, typed(text)),
        browser.post(ADD, typed(text)),
        browser.post(UNDERSTAND, {"use": f"257 13 {text}"}),
    ):
        assert b"<script>alert" not in response.content


def test_a_text_too_long_for_a_key_is_not_sent_back(browser, domain):
    for headers in ({}, HTMX):
        response = browser.post(UNDERSTAND, typed("A" * 32_769), headers=headers)
        assert errors(Page(response))["public_key"].startswith("This is longer than 32768 characters")
        assert b"AAAAAAAA" not in response.content


def test_takes_at_most_ten_queries(browser, domain, make_key):
    for text, algorithm, flags in [(KEY_13, 13, 257), (KEY_13, 13, 256), (KEY_15, 15, 257)]:
        make_key(domain, text, algorithm=algorithm, flags=flags)
    for form in (typed(), {"use": f"257 13 {KEY_13_OTHER}"}):
        with CaptureQueriesContext(connection) as queries:
            assert browser.post(UNDERSTAND, form, headers=HTMX).status_code == 200
        assert len(queries) <= 10  # With the row of the check that it asks for, and its savepoint.


def test_a_stranger_learns_nothing(sign_in, mallory, domain, make_key):
    make_key(domain, KEY_13)
    assert sign_in(mallory).post(UNDERSTAND, typed(KEY_13), headers=HTMX).status_code == 404
    assert DelegationSigner.objects.count() == 1


def test_who_comes_back_from_signing_in_finds_the_form(browser, domain):
    response = browser.get(UNDERSTAND)
    assert (response.status_code, response["Location"]) == (302, PAGE)


def test_the_log_names_the_class_of_a_refused_paste_and_nothing_of_it(browser, domain, caplog):
    caplog.set_level("INFO")
    assert browser.post(ADD, typed(DIGEST)).status_code == 422
    assert caplog.messages[0] == f"a paste on domain {domain.pk} was refused: ds-digest"
    assert DIGEST not in caplog.text
