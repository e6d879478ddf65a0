"""Plant one-token faults in the pure modules and count how many the quick tests notice: `make mutation`.

    python -m tools.mutation --module 'corpus.quality.*' --share 0.5     # what survives there, with each line's difference
    python -m tools.mutation --seed 1                                    # another draw

Kinds of faults: tools/mutants.py. Each fault runs in a process forked from one that holds the libraries (tools/forked_tests.py), so that
only our own modules are imported again; it gets the tests that enter the faulty function (found by one run of each test file, kept in
build/mutation-tests.json), the quickest first. A test that fails or takes far too long has noticed.

Why not a library: mutmut 3 leaves out constants, class bodies and functions with a decorator, where the limits of our rules stand;
cosmic-ray edits the files themselves and starts pytest anew for each fault.
"""

from __future__ import annotations

import argparse
import fnmatch
import functools
import json
import math
import os
import random
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tools.forked_tests import (
    BUILD,
    OPTIONS,
    PACKAGE,
    ROOT,
    Suite,
    import_as,
    import_libraries,
    module_name,
    quick_tests,
    run_all,
)
from tools.mutants import Mutant, mutants

PURE = (
    *("identity", "locations", "terminal", "corpus.*", "prompts", "prompts.*", "evaluation.*", "settings.*", "rounds.decisions"),
    *(f"judging.{name}" for name in ("calibration", "cleaning", "contrast", "faults", "fitting", "gates", "grading", "labels.*")),
    *(f"judging.{name}" for name in ("declaration", "likelihood", "measure", "modes", "modes.*", "origins", "pair_files", "ratings")),
    *(f"judging.{name}" for name in ("text_signals", "wording", "written")),
    *(f"translation.{name}" for name in ("corruption", "finishing", "masking", "native", "paraphrasing", "signals", "trips", "trust")),
    *(f"engines.{name}" for name in ("batching", "completions", "planning", "sampling")),
    *("kernel.accounting", "kernel.budget", "kernel.tasks"),
)
"""Modules, below `bubblenet.`, whose quick tests must notice a fault: no Spark, no model."""


def notice(tests: list[str], module: str, fault: Mutant, seconds: float) -> int:
    """Run tests with a fault in the module, in a process of its own; 0 where they pass. seconds: of the processor, without a fault."""
    import_as(lambda name, _: fault.plant() if name == f"bubblenet.{module}" else None)
    limit = int(20 + 4 * seconds)
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


def plan(suite: Suite, wanted: str, share: float, seed: int) -> Iterator[tuple[tuple[str, Mutant, list[str]], Callable[[], int]]]:
    """For each module: the tests of each drawn fault. They pass without a fault, or `quick_tests` would have stopped."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = module_name(path)
        if not any(fnmatch.fnmatchcase(module, pattern) for pattern in PURE) or not fnmatch.fnmatchcase(module, wanted):
            continue
        faults = mutants(path.read_text(encoding="utf-8"))
        drawn = random.Random(f"{seed} {module}").sample(range(len(faults)), math.ceil(share * len(faults)))
        for fault in (faults[number] for number in sorted(drawn)):
            chosen = suite.for_fault(module, fault.function)
            seconds = sum(suite.seconds[test] for test in chosen)
            yield (module, fault, chosen), functools.partial(notice, chosen, module, fault, seconds) if chosen else lambda: 0


def judge(outcomes: Iterable[tuple[tuple[str, Mutant, list[str]], int]]) -> dict[str, Result]:
    """What became of the faults of each module. Survivors are also told at once, on standard error."""
    results: dict[str, Result] = defaultdict(Result)
    for (module, fault, tests), status in outcomes:
        if not results[module].num_faults:
            print(f"{len(results):3}  {module}", file=sys.stderr, flush=True)
        results[module].num_faults += 1
        if not status:
            before, after = fault.difference()
            place = {"line": fault.line, "function": fault.function, "tests": len(tests)}
            results[module].survivors.append(place | {"before": before, "after": after})
            print(f"survived: {module}:{fault.line}: {before} -> {after}", file=sys.stderr, flush=True)
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
    import_libraries()
    suite = quick_tests(options.processes)
    results = judge(run_all(plan(suite, options.module, options.share, options.seed), options.processes))
    options.out.write_text(json.dumps({name: vars(one) for name, one in results.items()}, indent=1), encoding="utf-8")
    return 0 if show(results) >= options.min else 1


if __name__ == "__main__":
    sys.exit(main())
