"""Plant one-token faults in the pure modules and count how many the quick tests notice: `make mutation`.

    python -m tools.mutation --module 'corpus.quality.*' --share 0.5     # what survives there, with each line's difference
    python -m tools.mutation --seed 1                                    # another draw

tools/mutants.py lists the kinds of faults. Each fault runs in a process forked from one that holds the libraries, so that only our own modules
are imported again; it gets the tests that enter the faulty function (found by tracing each test file once, kept in
build/mutation-tests.json), the quickest first. A test that fails or takes far too long has noticed.

Why not a library: mutmut 3 leaves out constants, class bodies and functions with a decorator, where the limits of our rules stand;
cosmic-ray edits the files themselves and starts pytest anew for each fault.
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import hashlib
import importlib
import json
import math
import os
import random
import resource
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
import pytest

from tools.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "lib" / "bubblenet"
TESTS = ROOT / "tests" / "unit"
BUILD = ROOT / "build"
PURE = (
    *("identity", "locations", "terminal", "corpus.*", "prompts", "prompts.*", "evaluation.*", "settings.*", "rounds.decisions"),
    *(f"judging.{name}" for name in ("calibration", "cleaning", "contrast", "faults", "fitting", "gates", "grading", "labels.*")),
    *(f"judging.{name}" for name in ("likelihood", "measure", "modes", "pair_files", "ratings", "text_signals", "wording", "written")),
    *(f"translation.{name}" for name in ("corruption", "finishing", "masking", "native", "paraphrasing", "signals", "trips", "trust")),
    *(f"engines.{name}" for name in ("batching", "completions", "planning", "sampling")),
    *("kernel.accounting", "kernel.budget", "kernel.tasks"),
)
"""Modules, below `bubblenet.`, whose quick tests must notice a fault: no Spark, no model."""

LIBRARIES = (
    "hypothesis",
    "orjson",
    "pandas",
    "plotly.graph_objects",
    "pyarrow.parquet",
    "pydantic",
    "pyspark.sql.functions",
    "rich.console",
)
LIBRARIES += (
    "fastwarc",
    "jinja2",
    "numpy",
    "resiliparse.parse.html",
    "scipy.optimize",
    "sklearn.linear_model",
    "torch",
    "transformers",
    "typer",
)
QUICK = "not model and not spark and not slow and not nightly and not gpu and not cluster"
OPTIONS = ["-q", "-x", "--no-header", "--disable-warnings", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "-m", QUICK]
MOST_SECONDS = 8.0
"""Of tests for one fault, as measured without one; the quickest are taken."""

MOST_BYTES = 6 << 30
"""Of one process: a fault can make a loop endless."""


@dataclass(frozen=True)
class Suite:
    """What is known of the quick tests: the functions that each enters, as `module:qualified name`, and its seconds."""

    entered: dict[str, list[str]]
    seconds: dict[str, float]

    def for_fault(self, module: str, function: str) -> list[str]:
        """The tests that enter a function, the quickest first. What stands outside functions: those that enter the module, else its package."""
        own, package = f"{module}:", f"{module.rpartition('.')[0]}."
        for begins in (own, package) if function == "<module>" else (own + function,):
            found = [test for test, names in self.entered.items() if _holds(names, begins, is_whole=function != "<module>")]
            if found:
                return self._quickest(found)
        return []

    def _quickest(self, tests: list[str]) -> list[str]:
        total, chosen = 0.0, []
        for test in sorted(tests, key=lambda test: (self.seconds[test], test)):
            total += self.seconds[test]
            if chosen and total > MOST_SECONDS:
                break
            chosen.append(test)
        return chosen


def _holds(names: list[str], wanted: str, *, is_whole: bool) -> bool:
    return wanted in names if is_whole else any(name.startswith(wanted) for name in names)


class Tracer:
    """A plugin of pytest that notes which functions of ours each test enters. What a file or a shared fixture enters, its tests do."""

    def __init__(self) -> None:
        self.entered: dict[str, set[str]] = {}
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []
        self._shared: set[tuple[str, str]] = set()
        self._now = self._shared

    def trace(self, frame: FrameType, _event: str, _argument: object) -> None:
        """Note a call."""
        self._now.add((frame.f_code.co_filename, frame.f_code.co_qualname))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._now, started = set(), time.monotonic()
        result = yield
        self.entered[item.nodeid], self.seconds[item.nodeid] = self._now, time.monotonic() - started
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
        entered = {
            test: sorted(set(filter(None, (_function(*place) for place in places | self._shared)))) for test, places in self.entered.items()
        }
        return {"entered": entered, "seconds": self.seconds, "failed": self.failed}


def _function(file: str, name: str) -> str | None:
    """`module:name`; None for code that is not the package's."""
    path = Path(file)
    return f"{_module(path)}:{name}" if path.is_relative_to(PACKAGE) else None


def _module(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def _in_child(work: Callable[[], int]) -> int:
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


def _all(jobs: Iterable[tuple[Any, Callable[[], int]]], processes: int) -> Iterator[tuple[Any, int]]:
    """Run each job in a process of its own, some at a time; its key, and 0 where its tests passed."""
    running: dict[int, Any] = {}
    for key, work in jobs:
        running[_in_child(work)] = key
        if len(running) >= processes:
            child, status = os.wait()
            yield running.pop(child), status
    while running:
        child, status = os.wait()
        yield running.pop(child), status


def trace(processes: int) -> Suite:
    """Which functions each quick test enters; asked anew where the package or the test file changed."""
    kept = BUILD / "mutation-tests.json"
    known = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    package = _digest(sorted([*PACKAGE.rglob("*.py"), *TESTS.rglob("conftest.py"), ROOT / "tests" / "conftest.py"]))
    keys = {path: f"{path.relative_to(ROOT)} {_digest([path])} {package}" for path in sorted(TESTS.rglob("test_*.py"))}
    parts = {path: BUILD / f"mutation-{number}.json" for number, path in enumerate(keys)}
    for path, _ in _all(
        ((path, functools.partial(_trace_file, path, parts[path])) for path, key in keys.items() if key not in known), processes
    ):
        if not parts[path].exists():
            raise SystemExit(f"mutation: wanted tests that run; got none from {path.relative_to(ROOT)}. See what pytest says of it.")
        known[keys[path]] = json.loads(parts[path].read_text(encoding="utf-8"))
        parts[path].unlink()
    known = {key: known[key] for key in keys.values()}
    kept.write_text(json.dumps(known), encoding="utf-8")
    if failed := [test for found in known.values() for test in found["failed"]]:
        raise SystemExit(f"mutation: wanted tests that pass without a fault; got failures: {', '.join(failed)}")
    return Suite(*({test: value for found in known.values() for test, value in found[name].items()} for name in ("entered", "seconds")))


def _trace_file(path: Path, out: Path) -> int:
    tracer = Tracer()
    threading.settrace(tracer.trace)
    sys.settrace(tracer.trace)
    code = pytest.main([*OPTIONS, str(path)], plugins=[tracer])
    sys.settrace(None)
    if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.TESTS_FAILED):
        out.write_text(json.dumps(tracer.found()), encoding="utf-8")
    return 0


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


def notice(tests: list[str], module: str, fault: Mutant | None, path: Path) -> int:
    """Run tests with a fault in the module, in a process of its own; 0 where they pass."""
    code = compile(fault.plant() if fault else path.read_text(encoding="utf-8"), str(path), "exec")
    name, get_code = f"bubblenet.{module}", SourceFileLoader.get_code
    SourceFileLoader.get_code = lambda loader, fullname: code if fullname == name else get_code(loader, fullname)
    limit = int(10 + 4 * MOST_SECONDS)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    return int(pytest.main([*OPTIONS, f"--timeout={limit}", "--timeout-method=thread", *tests]))


@dataclass
class Result:
    """Of one module."""

    num_faults: int = 0
    survivors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of its faults, those that a test noticed."""
        return 1 - len(self.survivors) / self.num_faults if self.num_faults else 1.0


def plan(suite: Suite, wanted: str, share: float, seed: int) -> Iterator[tuple[tuple[str, Mutant | None, list[str]], Callable[[], int]]]:
    """For each module: its tests without a fault, then with each of the drawn ones."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = _module(path)
        if not any(fnmatch.fnmatchcase(module, pattern) for pattern in PURE) or not fnmatch.fnmatchcase(module, wanted):
            continue
        faults = mutants(path.read_text(encoding="utf-8"))
        drawn = random.Random(f"{seed} {module}").sample(range(len(faults)), math.ceil(share * len(faults)))
        tests = {number: suite.for_fault(module, faults[number].function) for number in sorted(drawn)}
        for fault, chosen in [
            (None, sorted({test for some in tests.values() for test in some})),
            *((faults[n], t) for n, t in tests.items()),
        ]:
            yield (module, fault, chosen), functools.partial(notice, chosen, module, fault, path) if chosen else lambda: 0


def judge(outcomes: Iterable[tuple[tuple[str, Mutant | None, list[str]], int]]) -> dict[str, Result]:
    """What became of the faults of each module."""
    results: dict[str, Result] = defaultdict(Result)
    for (module, fault, tests), status in outcomes:
        if fault is None:
            if status:
                raise SystemExit(
                    f"mutation: wanted tests of {module} that pass without a fault; got status {status} from {' '.join(tests)}"
                )
            continue
        results[module].num_faults += 1
        if not status:
            before, after = fault.difference()
            place = {"line": fault.line, "function": fault.function, "tests": len(tests)}
            results[module].survivors.append(place | {"before": before, "after": after})
    return dict(sorted(results.items()))


def show(results: dict[str, Result]) -> float:
    """Print a table and the survivors; the share of all faults that were noticed."""
    total = Result(sum(one.num_faults for one in results.values()), [place for one in results.values() for place in one.survivors])
    print(f"{'module':36} faults noticed survived  share")
    for name, one in [*results.items(), ("all", total)]:
        print(f"{name:36} {one.num_faults:6} {one.num_faults - len(one.survivors):7} {len(one.survivors):8} {one.share:6.1%}")
    for name, one in results.items():
        for place in sorted(one.survivors, key=lambda place: place["line"]):
            print(f"\n{name.replace('.', '/')}.py:{place['line']} {place['function']} ({place['tests']} tests)")
            print(f"- {place['before']}\n+ {place['after']}")
    return total.share


def main() -> int:
    """Read the options, run the tests, print what survived; 1 where that is too much."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--module", default="*", help="below bubblenet., as a pattern: 'corpus.*'")
    parser.add_argument("--share", type=float, default=0.25, help="of the faults of each module")
    parser.add_argument("--seed", type=int, default=0, help="of the draw")
    parser.add_argument("--min", type=float, default=0.85, help="share that must be noticed")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--out", type=Path, default=BUILD / "mutation.json")
    options = parser.parse_args()
    os.chdir(ROOT)
    BUILD.mkdir(exist_ok=True)
    for name in LIBRARIES:
        importlib.import_module(name)
    suite = trace(options.processes)
    results = judge(_all(plan(suite, options.module, options.share, options.seed), options.processes))
    options.out.write_text(json.dumps({name: vars(one) for name, one in results.items()}, indent=1), encoding="utf-8")
    return 0 if show(results) >= options.min else 1


if __name__ == "__main__":
    sys.exit(main())
