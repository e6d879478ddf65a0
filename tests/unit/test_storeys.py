"""The storeys of the package: a room imports rooms below its own, never one above, and none beside it.

Imports inside functions count: they are made when the function runs. Those under TYPE_CHECKING do not: they name types, and nothing is
loaded for them.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "lib" / "bubblenet"
STOREYS = (
    ("", "errors", "identity", "locations", "remote_files", "section", "stores", "terminal"),  # "": the package, which knows its version
    ("storage",),
    ("corpus", "engines"),
    ("prompts",),
    ("evaluation", "judging", "selection"),
    ("translation",),
    ("settings", "tables"),
    ("kernel",),
    ("udfs",),
    ("method",),
    ("export",),
    ("training",),
    ("assessment",),
    ("rounds",),
    ("viewing",),
    ("app",),
    ("jobs",),
    ("cli",),
)
"""From the ground up; CONTRIBUTING.md draws them."""


def modules() -> dict[str, Path]:
    """Every module of the package by its name without `bubblenet.`; that of a package's own file is the package's."""
    files = list(PACKAGE.rglob("*.py"))
    files += [path for name in ("jobs", "udfs", "conf") for path in (PACKAGE / name).rglob("*.py")]  # rglob follows no links
    return {".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path for path in files}


def imported(name: str, known: dict[str, Path]) -> Iterator[str]:
    """Modules of ours that a module loads."""
    for node in _loaded(ast.parse(known[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "bubblenet":
            base = node.module.removeprefix("bubblenet").removeprefix(".")
            for alias in node.names:
                member = f"{base}.{alias.name}".lstrip(".")
                yield member if member in known else base
        elif isinstance(node, ast.Import):
            yield from (alias.name.removeprefix("bubblenet.") for alias in node.names if alias.name.startswith("bubblenet."))


def _loaded(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below one, without those under TYPE_CHECKING."""
    yield node
    if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
        return
    for child in ast.iter_child_nodes(node):
        yield from _loaded(child)


def room(module: str) -> str:
    return module.split(".")[0]


def test_every_room_stands_in_one_storey():
    listed = [name for storey in STOREYS for name in storey]

    assert sorted(listed) == sorted({room(name) for name in modules()} - {"conf"})


def test_a_room_imports_only_what_is_below_it():
    known = modules()
    storey_of = {name: number for number, storey in enumerate(STOREYS) for name in storey} | {"conf": 0}
    upward = [
        f"{name} imports {other}"
        for name in known
        for other in imported(name, known)
        if room(other) != room(name) and storey_of[room(other)] >= storey_of[room(name)] > 0
    ]

    assert upward == []


def test_no_module_comes_round_to_itself():
    known = modules()
    graph = {name: {other for other in imported(name, known) if other != name} for name in known}

    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the way


def test_the_kernel_knows_neither_the_method_nor_the_door():
    known = modules()
    allowed = {"", "engines", "errors", "kernel", "locations", "settings", "stores", "tables"}

    assert {room(other) for name in known if room(name) == "kernel" for other in imported(name, known)} <= allowed
