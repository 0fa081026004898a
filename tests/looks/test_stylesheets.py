"""The stylesheets keep to the design language: values are tokens, directions are logical, and each file is used."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from registrar.plan import ROOT
from registrar.staticfiles import IMPORT, HashedFilesStorage, joined

STATIC = ROOT / "static"
SHEETS = sorted(path for path in (STATIC / "css").glob("*/*.css"))
OF_THE_ADMIN = {"conversation.css", "admin.css", "viewing.css"}  # They take the colours of Django's admin.
COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgba?|hsla?|oklch)\(", re.IGNORECASE)
PHYSICAL = re.compile(
    r"(?<![\w-])(?:left|right|float|clear|(?:margin|padding|border)-(?:left|right)[\w-]*)\s*:"
    r"|text-align:\s*(?:left|right)\b|border-(?:top|bottom)-(?:left|right)-radius"
)
FOUR_SIDES = re.compile(r"(?<![\w-])(?:margin|padding|inset):\s*([^\s;]+) ([^\s;]+) ([^\s;]+) ([^\s;]+);")


def rules(path: Path) -> str:
    """The text without comments."""
    return re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_colours_are_tokens(path):
    assert path.name in OF_THE_ADMIN or COLOUR.findall(rules(path)) == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_directions_are_those_of_the_text(path):
    text = "" if path.name in OF_THE_ADMIN else rules(path)
    assert PHYSICAL.findall(text) == []
    assert [found for found in FOUR_SIDES.findall(text) if found[1] != found[3]] == []


def test_every_token_that_is_used_is_there():
    given = set(re.findall(r"(--[\w-]+):", (STATIC / "css" / "tokens.css").read_text()))
    used = {
        name for path in SHEETS if path.name not in OF_THE_ADMIN for name in re.findall(r"var\((--[\w-]+)", rules(path))
    }
    assert used - given == set()


def imports(name: str) -> list[str]:
    """What the file lists, by the names of files."""
    return [Path(found["path"]).name for found in IMPORT.finditer((STATIC / name).read_text())]


def test_every_stylesheet_and_module_is_in_the_list_that_is_sent_as_one_file():
    sheets = {path.name for path in (STATIC / "css").rglob("*.css")} - {"console.css"}
    assert sheets - OF_THE_ADMIN <= set(imports("css/console.css")) <= sheets
    modules = {path.name for path in (STATIC / "js").glob("*.js")}
    assert modules - set(imports("js/console.js")) == {"console.js", "appearance.js"}


@pytest.mark.parametrize("name", ["css/console.css", "js/console.js"])
def test_a_joined_file_is_what_it_imports_in_this_order(name):
    class Here:
        def open(self, path: str):
            return (STATIC / path).open("rb")

    everything = {
        str(path.relative_to(STATIC)): (Here(), str(path.relative_to(STATIC))) for path in STATIC.rglob("*.*")
    }
    text = joined(name, everything).decode()
    places = [
        text.index((STATIC / Path(name).parent / found["path"]).read_text())
        for found in IMPORT.finditer((STATIC / name).read_text())
    ]
    assert places == sorted(places)
    assert not IMPORT.search(text)


def test_what_is_joined_stands_on_its_own():
    for path in (STATIC / "js").glob("*.js"):
        if path.name != "console.js":
            assert re.findall(r"^(?:import|export)\b.*", path.read_text(), re.MULTILINE) == [], path.name
    for path in SHEETS:
        assert "url(" not in rules(path), path.name  # It would be looked for beside console.css.


def test_files_are_collected_joined_hashed_and_compressed(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "registrar.staticfiles.HashedFilesStorage"}}
    for _twice in range(2):  # The second time everything is there already, and what it finds must not be joined again.
        call_command("collectstatic", verbosity=0, interactive=False)
        storage = HashedFilesStorage(location=tmp_path, base_url="/static/")
        for name in ("css/console.css", "js/console.js"):
            hashed = storage.stored_name(name)
            assert hashed != name
            assert (tmp_path / f"{hashed}.gz").exists()
            assert "color-scheme" in (tmp_path / hashed).read_text() or "data-copy" in (tmp_path / hashed).read_text()
            assert not IMPORT.search((tmp_path / hashed).read_text())
