"""What the documentation lists is what there is: settings, keys of a world file, pages that link to one another."""

import re
from pathlib import Path

import pytest

from domains.world import ACCEPTED_KEYS, read_world
from tests import documents

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def test_every_setting_is_documented_and_nothing_else():
    read = re.compile(r'env\.(?:text|flag|number|seconds|names|address)\(\s*(?:os\.)?environ, "([A-Z_]+)"')
    settings = set(read.findall((ROOT / "registrar" / "settings.py").read_text()))
    settings |= set(
        re.findall(r'(?:text\(environ, |environ\.get\()"([A-Z_]+)"', (ROOT / "registrar/env.py").read_text())
    )
    settings |= set(read.findall((ROOT / "registrar" / "plan.py").read_text())) | {"PORT", "DNS_PORT"}
    tables = (DOCS / "configuration.md").read_text().split("## `./dev` and the tests")[0]
    assert settings == set(re.findall(r"^\| `([A-Z_]+)` \|", tables, re.MULTILINE))


def test_every_key_of_a_world_file_is_documented():
    text = (DOCS / "world.md").read_text()
    missing = [
        (table, key)
        for table, keys in ACCEPTED_KEYS.items()
        for key in keys
        if f"`{key}`" not in text and f"[[{key}]]" not in text and f"{key} = " not in text
    ]
    assert missing == []


def test_the_example_of_a_world_file_is_one(tmp_path: Path):
    example = re.search(r"```toml\n(.+?)```", (DOCS / "world.md").read_text(), re.DOTALL)
    assert example
    path = tmp_path / "world.toml"
    path.write_text(example[1])
    assert [domain.name for domain in read_world(path).domains] == ["example.com"]


@pytest.mark.parametrize("name", documents.PAGES)
def test_pages_made_from_the_code_are_up_to_date(name: str):
    assert (DOCS / name).read_text() == documents.PAGES[name](), "run python -m tests.documents"


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_files_and_modules_that_are_named_exist(page: Path):
    if page.name == "CHANGELOG.md":
        return
    named = re.findall(r"`((?:registrar|domains|dnssec|tests|docs|templates|static)/[\w./-]*)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []
