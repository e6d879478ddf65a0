"""CPU seconds of each test: those of its process and of all processes below it, Java's and the workers' too.

On a machine that others use they can be compared, wall times cannot. What a fixture of a module costs stands at the test that asked for it
first. Linux only.

    python -m pytest -p tests.cpu_seconds [-n 2 --dist loadfile] ...
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import pytest

NUM_SHOWN = 30
_NAME = "cpu_seconds"
_BEFORE = pytest.StashKey[float]()
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """CPU time of this process, of its children that have ended, and of all below it."""
    children, ticks = defaultdict[int, list[int]](list), dict[int, int]()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            children[int(fields[1])].append(int(folder.name))
            ticks[int(folder.name)] = sum(map(int, fields[11:15]))
    todo, total = [os.getpid()], 0
    while todo:
        process = todo.pop()
        total += ticks.get(process, 0)
        todo += children[process]
    return total / _TICKS


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    item.stash[_BEFORE] = cpu_seconds()
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> None:
    if call.when == "teardown":
        item.user_properties.append((_NAME, cpu_seconds() - item.stash[_BEFORE]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for some in terminalreporter.stats.values() for report in some if getattr(report, "when", "") == "teardown"]
    spent = {report.nodeid: dict(report.user_properties).get(_NAME, 0.0) for report in reports}
    files = defaultdict[str, float](float)
    for name, seconds in spent.items():
        files[name.partition("::")[0]] += seconds
    for title, costs in (("test", spent), ("file", files)):
        terminalreporter.section(f"CPU seconds by {title}; all: {sum(costs.values()):.0f}")
        for name, seconds in sorted(costs.items(), key=lambda cost: -cost[1])[:NUM_SHOWN]:
            terminalreporter.write_line(f"{seconds:8.1f} {name}")
