"""The catalogues of translations: `python -m tests.translations` brings each in line with the texts of the code and
compiles it. What is new stands in the .po file without a translation then, and a test fails until it has one.
"""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "registrar" / "locale"
ROOMS = ("registrar", "domains", "dnssec", "templates")
FUNCTIONS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def texts() -> Catalog:
    """Every text of the code and the templates that is meant for translation."""
    catalog = Catalog(project="Registrar console", fuzzy=False)
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*") if _is_source(path)):
        source = path.read_text()
        if path.suffix != ".py":
            # What is no text of ours is blanked out by Django, but keeps its indentation, which means nothing here.
            source = "\n".join(line.strip() for line in templatize(source).splitlines())
        for _line, found, _comments, context in extract("python", io.BytesIO(source.encode()), FUNCTIONS):
            # Locations without lines: an edit above a text is no change of the catalogue.
            catalog.add(found, locations=[(str(path.relative_to(ROOT)), None)], context=context)
    return catalog


def kept(language: str) -> Catalog:
    """The catalogue of a language as it stands in its .po file."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def po_file(language: str) -> Path:
    """Where the translations into a language are written by people."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def compiled(catalog: Catalog) -> bytes:
    """The .mo file of a catalogue, which is what a console reads."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def languages() -> list[str]:
    """The languages beside English."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def bring_in_line(language: str) -> Catalog:
    """Take over new texts and drop old ones; write both files."""
    catalog = kept(language)
    made = catalog.creation_date
    catalog.update(texts(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.creation_date = made  # Else each run would be a change.
    with po_file(language).open("wb") as file:
        write_po(file, catalog, width=120, sort_by_file=True)
    po_file(language).with_suffix(".mo").write_bytes(compiled(catalog))
    return catalog


def untranslated(catalog: Catalog) -> Iterator[str]:
    """The texts that have no translation."""
    for message in catalog:
        if message.id and not all(message.string if isinstance(message.string, tuple | list) else [message.string]):
            yield message.id if isinstance(message.id, str) else message.id[0]


def _is_source(path: Path) -> bool:
    return path.suffix in (".py", ".html", ".txt", ".svg") and "__pycache__" not in path.parts


if __name__ == "__main__":
    for language in languages():
        left = list(untranslated(bring_in_line(language)))
        print(f"{language}: {len(left)} without a translation", *map(repr, left[:20]), sep="\n  ")
