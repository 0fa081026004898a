"""Every text has its translation, and every page says only what can be translated."""

import gettext
import re
from io import BytesIO

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from domains.models import Operation
from tests import translations
from tests.console.page import Page

LANGUAGES = pytest.mark.parametrize("language", translations.languages())


def ids(catalog) -> set[object]:
    return {(message.context, message.id) for message in catalog if message.id}


@LANGUAGES
def test_the_catalogue_holds_the_texts_of_the_code_and_each_is_translated(language):
    """If this fails: `python -m tests.translations`, then translate what it names in the .po file, then once more."""
    catalog = translations.kept(language)
    assert ids(catalog) == ids(translations.texts())
    assert list(translations.untranslated(catalog)) == []


@LANGUAGES
def test_what_a_console_reads_was_compiled_from_what_people_wrote(language):
    path = translations.po_file(language).with_suffix(".mo")
    fresh = gettext.GNUTranslations(BytesIO(translations.compiled(translations.kept(language))))
    assert gettext.GNUTranslations(BytesIO(path.read_bytes()))._catalog == fresh._catalog


@LANGUAGES
def test_a_translation_keeps_the_places_for_values_and_the_markup(language):
    for message in translations.kept(language):
        if not message.id:
            continue
        # Of a plural the one form may spell out its number.
        source, said = message.id, message.string
        pairs = [(source, said)] if isinstance(source, str) else [(source[1], form) for form in said[1:]]
        for text, translated in pairs:
            assert parts(translated) == parts(text), text


def parts(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%[sd]|</?\w[^>]*>", text))


class Marked:
    """A language in which each text stands in brackets, so that what was never asked for is seen on a page."""

    plural = staticmethod(lambda number: int(number != 1))

    def gettext(self, text: str) -> str:
        return f"⟦{text}⟧"

    def pgettext(self, context: str, text: str) -> str:
        return self.gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)

    def npgettext(self, context: str, one: str, many: str, number: int) -> str:
        return self.ngettext(one, many, number)

    def to_language(self) -> str:
        return "de"

    def language(self) -> str:
        return "de"


SUBJECT = {"key_tag": 17179, "algorithm": 13, "flags": 257, "ds": {}}
PAGES = ["/domains/", "/domains/a.com/", "/domains/a.com/history/", "/domains/a.com/dnssec/", "/requests/", "/tlds/"]
PAGES += ["/help/", "/accounts/", "/accounts/password/change/", "/requests/{reference}/", "/nowhere/"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_nothing_that_cannot_be_translated(path, monkeypatch, sign_in, alice, make_domain):
    operation = Operation.objects.create(
        domain=make_domain("a.com"), type="ADD_DNSSEC", subject=SUBJECT, requested_by=alice
    )
    monkeypatch.setitem(trans_real._translations, "de", Marked())
    alice.language = "de"
    alice.save()
    with translation.override(None):
        page = Page(sign_in(alice).get(path.format(reference=operation.reference)))
    assert page.tree.get("lang") == "de"
    # A translated text may hold markup: its brackets then open in one node and close in another.
    body = page.tree.xpath("//body//text()[not(ancestor::script or ancestor::style or ancestor::optgroup)]")
    said = "\n".join(body) + "\n" + "\n".join(page.tree.xpath("//title/text() | //@aria-label | //@placeholder"))
    assert [text.strip() for text in outside_of_brackets(said).splitlines() if speaks(text)] == []


def outside_of_brackets(text: str) -> str:
    """What is left when bracketed texts are taken out, the inner ones first."""
    while (less := re.sub(r"⟦[^⟦⟧]*⟧", "|", text)) != text:
        text = less
    return text


def speaks(text: str) -> bool:
    """Whether two words stand together: a name, an address or a mnemonic is one alone."""
    return re.search(r"[A-Za-z]{2,},? [a-z]{2,}", text) is not None
