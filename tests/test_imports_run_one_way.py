"""Imports run one way: registrar -> dnssec -> domains -> domains.epp, and the mock registry knows no rule of the
console.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("registrar", "dnssec", "domains")

# What each room may import of ours. A room is the longest prefix that fits.
MAY_IMPORT = {
    "registrar": ("registrar", "dnssec", "domains"),
    "dnssec": ("dnssec", "domains"),
    "domains": ("domains",),
    "domains.epp": ("domains.epp",),
    "domains.faults": ("domains.faults",),
    "domains.world": ("domains.world", "domains.faults"),
    "domains.mockregistry": ("domains.mockregistry", "domains.epp", "domains.world", "domains.faults"),
}
# Rooms within `domains` that its other modules must not reach into.
NOT_FROM_OUTSIDE = {
    "domains.mockregistry": {
        f"domains.management.commands.{name}" for name in ("fault", "mockregistry", "registry_change", "zone")
    },
}
# Pure modules: no Django, no sockets, no settings.
PURE = (
    "domains.epp",
    "domains.faults",
    "domains.world",
    "dnssec.keys",
    "dnssec.structure",
    "dnssec.algorithms",
    "dnssec.messages",
    "dnssec.paste",
    "dnssec.picture",
    "dnssec.timing",
    "dnssec.ics",
    "dnssec.chain",
)
NO_DJANGO = (*PURE, "domains.mockregistry")
# The order inside the apps: a module may import only what stands further right.
BEFORE_THE_QUEUE = ("dnssec.views", "dnssec.admin", "dnssec.forms", "dnssec.operations")
AFTER_THE_QUEUE = (
    "dnssec.provisioning",
    "dnssec.polling",
    "dnssec.reconciliation",
    "dnssec.outcomes",
    "dnssec.publications",
    "dnssec.checking",
    "dnssec.lookups",
    "domains.delivery",
    "domains.registry",
    "domains.outbox",
)


def modules() -> Iterator[tuple[str, ast.Module]]:
    for top in OURS:
        for path in sorted((ROOT / top).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


ALL = list(modules())


@pytest.mark.parametrize(("name", "tree"), ALL, ids=[name for name, _tree in ALL])
def test_a_module_imports_only_what_its_room_may(name: str, tree: ast.Module) -> None:
    room = max((prefix for prefix in MAY_IMPORT if within(name, prefix)), key=len)
    for target in imported(tree):
        if not any(within(target, top) for top in OURS):
            continue
        # `from domains import x` names the package too; only what is below it tells the room.
        assert target in OURS or any(within(target, allowed) for allowed in MAY_IMPORT[room]), (
            f"{name} imports {target}"
        )
        for closed, exceptions in NOT_FROM_OUTSIDE.items():
            if within(target, closed):
                assert within(name, closed) or name in exceptions, f"{name} imports {target}"


@pytest.mark.parametrize(("name", "tree"), ALL, ids=[name for name, _tree in ALL])
def test_pure_modules_stay_pure(name: str, tree: ast.Module) -> None:
    targets = list(imported(tree))
    if any(within(name, room) for room in NO_DJANGO):
        assert not [target for target in targets if within(target, "django") or within(target, "celery")]
    if any(within(name, room) for room in PURE) and not within(name, "domains.epp"):
        assert not [target for target in targets if target in {"socket", "ssl", "os", "requests"}]


@pytest.mark.parametrize(("name", "tree"), ALL, ids=[name for name, _tree in ALL])
def test_the_queue_is_the_watershed(name: str, tree: ast.Module) -> None:
    targets = list(imported(tree))
    if any(within(name, room) for room in AFTER_THE_QUEUE):
        assert not [target for target in targets if any(within(target, room) for room in BEFORE_THE_QUEUE)]
        assert not [target for target in targets if within(target, "django.http") or within(target, "django.forms")]
    if name.endswith((".views", ".forms", ".urls")):
        forbidden = ("domains.registry", "domains.epp", "domains.delivery", "dnssec.provisioning", "dnssec.polling")
        forbidden += ("dnssec.lookups", "dnssec.checking")
        assert not [target for target in targets if any(within(target, room) for room in forbidden)]


@pytest.mark.parametrize(("name", "tree"), ALL, ids=[name for name, _tree in ALL])
def test_no_module_hides_behind_a_name_that_says_nothing(name: str, tree: ast.Module) -> None:
    assert name.rpartition(".")[2] not in {"utils", "helpers", "common", "services", "manager", "misc"}
    assert ast.get_docstring(tree), f"{name} does not say what belongs in it"
