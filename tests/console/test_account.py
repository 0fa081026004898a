"""The page of who is signed in: language and time zone, and the choice of language before signing in."""

from tests.console.page import Page

ACCOUNT = "/accounts/"


def choose(client, **chosen: str):
    return client.post(ACCOUNT, {"name": "", "language": "", "time_zone": "UTC"} | chosen)


def test_language_and_time_zone_are_kept_and_the_answer_speaks_the_new_language(sign_in, alice):
    client = sign_in(alice)
    assert choose(client, name="Alice", language="de", time_zone="Europe/Berlin")["Location"] == ACCOUNT
    alice.refresh_from_db()
    assert (alice.name, alice.language, alice.time_zone) == ("Alice", "de", "Europe/Berlin")
    page = Page(client.get(ACCOUNT))
    assert page.tree.get("lang") == "de"
    assert "Ihre Einstellungen sind gespeichert." in page.text("//*[@id='flashbar']")


def test_what_is_not_offered_is_refused_and_nothing_is_stored(sign_in, alice):
    page = Page(choose(sign_in(alice), language="tlh", time_zone="Mars/Olympus"))
    assert page.labelled("Language").get("aria-invalid") == page.labelled("Time zone").get("aria-invalid") == "true"
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("", "UTC")


def test_it_leads_to_the_password_and_is_for_who_is_signed_in(client, sign_in, alice):
    assert client.get(ACCOUNT)["Location"] == "/accounts/login/?next=/accounts/"
    assert Page(sign_in(alice).get(ACCOUNT)).link("Change password") == "/accounts/password/change/"


def test_without_a_choice_the_browser_is_asked(client, sign_in, alice):
    german = {"headers": {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}}
    assert Page(client.get("/accounts/login/", **german)).text("//h1") == "Anmelden"
    assert Page(sign_in(alice).get("/domains/", **german)).text("//h1") == "Registrierte Domains"
    alice.language = "en"
    alice.save()
    assert Page(sign_in(alice).get("/domains/", **german)).text("//h1") == "Registered domains"


def test_who_is_not_signed_in_chooses_a_language_on_the_card(client, db):
    page = Page(client.get("/accounts/login/"))
    assert page.texts("//form[@class='languages']//button") == ["English", "Deutsch"]
    answer = client.post("/language/", {"language": "de"}, headers={"referer": "http://testserver/accounts/login/"})
    assert (answer.status_code, answer["Location"]) == (302, "http://testserver/accounts/login/")
    assert Page(client.get("/accounts/login/")).text("//h1") == "Anmelden"
