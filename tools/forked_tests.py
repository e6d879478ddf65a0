"""Runs of pytest in processes forked from one that holds the libraries, and which functions of the package each quick test enters."""

from __future__ import annotations

import ast
import builtins
import functools
import hashlib
import importlib
import json
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lib" / "bubblenet"
TESTS = ROOT / "tests" / "unit"
BUILD = ROOT / "build"

LIBRARIES = ("fastwarc", "jinja2", "numpy", "orjson", "pandas", "plotly.graph_objects", "pyarrow.parquet", "pydantic", "rich.console")
LIBRARIES += ("pyspark.sql.functions", "resiliparse.parse.html", "scipy.optimize", "sklearn.metrics", "sklearn.model_selection", "torch")
"""Imported once, before the first fork; none of them is ours."""

QUICK = "not model and not spark and not slow and not nightly and not gpu and not cluster"
OPTIONS = ["-q", "-x", "--no-header", "--disable-warnings", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "-m", QUICK]
MOST_SECONDS = 5.0
"""Of tests for one fault, as measured without one; the quickest are taken."""

MOST_FILE_SECONDS = 200
"""Of the processor, for one file of tests; what takes longer runs a model."""

NOTE = "__note_function__"
"""A builtin of the processes that note."""

MOST_BYTES = 6 << 30
"""Of one process: a fault can make a loop endless."""


@dataclass(frozen=True)
class Suite:
    """What is known of the quick tests: the functions that each enters, as `module:qualified name`, and its seconds."""

    entered: dict[str, list[str]]
    seconds: dict[str, float]

    def for_fault(self, module: str, function: str) -> list[str]:
        """The tests that enter a function, the quickest first. Outside functions: those of files that import the module and of those that
        enter it; where there is none, those that enter its package."""
        own, package = f"{module}:", f"{module.rpartition('.')[0]}."
        if function != "<module>":
            return self._quickest([test for test, names in self.entered.items() if own + function in names])
        named = [test for test in self.entered if module in _imported(test.partition("::")[0])]
        entering = [test for test, names in self.entered.items() if _begins(names, own)]
        if not named and not entering:
            return self._quickest([test for test, names in self.entered.items() if _begins(names, package)])
        return list(dict.fromkeys(self._quickest(named) + self._quickest(entering)))

    def _quickest(self, tests: list[str]) -> list[str]:
        total, chosen = 0.0, []
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            total += self.seconds[test]
            if chosen and total > MOST_SECONDS:
                break
            chosen.append(test)
        return chosen


def _begins(names: list[str], beginning: str) -> bool:
    return any(name.startswith(beginning) for name in names)


@functools.cache
def _imported(file: str) -> set[str]:
    """The modules of ours that a test file imports something from, without `bubblenet.`."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bubblenet"):
            whole = (node.module or "").removeprefix("bubblenet").removeprefix(".")
            found |= {whole} | {f"{whole}.{name.name}".removeprefix(".") for name in node.names}
    return found


class Notes:
    """A plugin of pytest that notes which functions of ours each test enters. What a file or a shared fixture enters, its tests do."""

    def __init__(self) -> None:
        self.entered: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []
        self._shared: set[str] = set()
        self._now = self._shared

    def note(self, function: str) -> None:
        """Called by every function of the package as it begins."""
        self._now.add(function)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._now, started = set(), time.process_time()
        result = yield
        self.entered[item.nodeid], self.seconds[item.nodeid] = self._now, time.process_time() - started
        self._now = self._shared
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        own, self._now = self._now, self._now if fixturedef.scope == "function" else self._shared
        result = yield
        self._now = own
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.append(report.nodeid)

    def found(self) -> dict[str, Any]:
        """What was noted, for JSON."""
        entered = {test: sorted(functions | self._shared) for test, functions in self.entered.items()}
        return {"entered": entered, "seconds": self.seconds, "failed": self.failed}


def import_as(change: Callable[[str, str], ast.Module | None]) -> None:
    """Let this process import modules otherwise than they stand. change: of a name and its file, the tree to be run; None: as it is."""
    get_code = SourceFileLoader.get_code

    def changed(loader: SourceFileLoader, name: str) -> CodeType | None:
        tree = change(name, loader.path) if name.partition(".")[0] == "bubblenet" else None
        return compile(tree, loader.path, "exec") if tree else get_code(loader, name)

    SourceFileLoader.get_code = changed  # type: ignore[method-assign]


def _noting(name: str, path: str) -> ast.Module:
    """A module whose functions note that they are entered."""
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    for function, qualified in functions(tree):
        note = ast.parse(f"{NOTE}({name.removeprefix('bubblenet.') + ':' + qualified!r})").body[0]
        function.body.insert(1 if ast.get_docstring(function) else 0, note)
    return ast.fix_missing_locations(tree)


def functions(node: ast.AST, prefix: str = "") -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    """The functions below a node with their qualified names."""
    for child in ast.iter_child_nodes(node):
        inner = prefix
        if isinstance(child, ast.ClassDef):
            inner = f"{prefix}{child.name}."
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child, prefix + child.name
            inner = f"{prefix}{child.name}.<locals>."
        yield from functions(child, inner)


def module_name(path: Path) -> str:
    """The name of a module of the package, without `bubblenet.`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def in_child(work: Callable[[], int]) -> int:
    """Start a process that holds what this one has imported; its id. It writes nowhere, and cannot eat up the machine."""
    child = os.fork()
    if child:
        return child
    code = 3
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
        hypothesis.settings.register_profile("mutation", database=None, derandomize=True, deadline=None, phases=list(hypothesis.Phase)[:3])
        hypothesis.settings.load_profile("mutation")
        code = work()
    finally:
        os._exit(code)


def run_all(jobs: Iterable[tuple[Any, Callable[[], int]]], processes: int) -> Iterator[tuple[Any, int]]:
    """Run each job in a process of its own, some at a time; its key, and 0 where its tests passed."""
    running: dict[int, Any] = {}
    for key, work in jobs:
        running[in_child(work)] = key
        if len(running) >= processes:
            child, status = os.wait()
            yield running.pop(child), status
    while running:
        child, status = os.wait()
        yield running.pop(child), status


def import_libraries() -> None:
    """To be called once, before anything is forked."""
    for name in LIBRARIES:
        importlib.import_module(name)


def quick_tests(processes: int) -> Suite:
    """Which functions each quick test enters; asked anew where the package or the test file changed."""
    kept = BUILD / "mutation-tests.json"
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    package = _digest(sorted([*PACKAGE.rglob("*.py"), *TESTS.rglob("conftest.py"), ROOT / "tests" / "conftest.py"]))
    keys = {path: f"{path.relative_to(ROOT)} {_digest([path])} {package}" for path in sorted(TESTS.rglob("test_*.py"))}
    parts = {path: BUILD / f"mutation-{number}.json" for number, path in enumerate(keys)}
    jobs = ((path, functools.partial(_note_file, path, parts[path])) for path, key in keys.items() if key not in known)
    for path, status in run_all(jobs, processes):
        if os.WIFSIGNALED(status):
            print(f"left out, since it takes more than {MOST_FILE_SECONDS} s: {path.relative_to(ROOT)}", flush=True)
            parts[path].write_text('{"entered": {}, "seconds": {}, "failed": []}', encoding="utf-8")
        if not parts[path].exists():
            raise SystemExit(f"mutation: wanted tests that run; got none from {path.relative_to(ROOT)}. See what pytest says of it.")
        known[keys[path]] = json.loads(parts[path].read_text(encoding="utf-8"))
        parts[path].unlink()
        kept.write_text(json.dumps(known), encoding="utf-8")
    known = {key: known[key] for key in keys.values()}
    kept.write_text(json.dumps(known), encoding="utf-8")
    if failed := [test for found in known.values() for test in found["failed"]]:
        raise SystemExit(f"mutation: wanted tests that pass without a fault; got failures: {', '.join(failed)}")
    return Suite(*({test: value for found in known.values() for test, value in found[name].items()} for name in ("entered", "seconds")))


def _note_file(path: Path, out: Path) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_FILE_SECONDS, MOST_FILE_SECONDS))
    notes = Notes()
    setattr(builtins, NOTE, notes.note)
    import_as(_noting)
    code = pytest.main([*OPTIONS, str(path)], plugins=[notes])
    if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.TESTS_FAILED):
        out.write_text(json.dumps(notes.found()), encoding="utf-8")
    return 0


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]
