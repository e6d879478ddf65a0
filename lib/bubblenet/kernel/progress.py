"""Progress of a running unit: workers write small counter files beside the plan, the driver sums them.

Spark reports no progress within a task, and a unit of a model stage takes minutes. One counter file per task, rewritten at
most every two seconds, works on any shared file system and never blocks the result.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from rich.console import Console

    from bubblenet.kernel.scratch import Scratch

_WORKER_SECONDS = 2.0
_DRIVER_SECONDS = 1.0
_LOG_SECONDS = 15.0


@dataclass(slots=True)
class Tally:
    """Requests done, rows kept, and tokens read and written."""

    requests: int = 0
    kept: int = 0
    tokens: int = 0


class WorkerProgress:
    """The counter of one task."""

    def __init__(self, scratch: Scratch, unit: int, task: str) -> None:
        self._scratch, self._name = scratch, f"progress-{unit}/{task}"
        self._tally, self._written = Tally(), 0.0

    def add(self, requests: int, kept: int, tokens: int) -> None:
        """Count newly answered requests, and the rows and tokens of their answers."""
        self._tally.requests += requests
        self._tally.kept += kept
        self._tally.tokens += tokens
        if time.monotonic() - self._written > _WORKER_SECONDS:
            self._scratch.write(self._name, json.dumps([self._tally.requests, self._tally.kept, self._tally.tokens]))
            self._written = time.monotonic()


class StageProgress:
    """Shows one stage on the driver: a bar in a terminal, JSON lines elsewhere. Use as a context manager around the units."""

    def __init__(self, console: Console, stage: str, num_requests: int, scratch: Scratch) -> None:
        self._console, self._stage, self._total, self._scratch = console, stage, num_requests, scratch
        self._finished, self._unit = Tally(), -1
        self._started = self._logged = time.monotonic()
        self._stop = threading.Event()
        self._bar = progress_bar(console) if console.is_terminal and num_requests else None
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> StageProgress:
        if self._bar is not None:
            self._bar.start()
            self._task = self._bar.add_task(self._stage, total=self._total, note="")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        if self._bar is not None:
            self._bar.stop()

    def start_unit(self, unit: int) -> None:
        """Show the workers' counters of this unit from now on."""
        self._unit = unit

    def finish_unit(self, requests: int, kept: int, tokens: int) -> None:
        """Replace the workers' counters by the committed counts."""
        self._unit = -1
        self._finished.requests += requests
        self._finished.kept += kept
        self._finished.tokens += tokens
        self._show(self._finished)

    def _watch(self) -> None:
        while not self._stop.wait(_DRIVER_SECONDS):
            self._show(self._sum())

    def _sum(self) -> Tally:
        """Committed counts plus the counters of the running unit; a retried task may count a row twice until it ends."""
        tally = Tally(self._finished.requests, self._finished.kept, self._finished.tokens)
        if self._unit >= 0:
            for requests, kept, tokens in self._counters():
                tally.requests, tally.kept, tally.tokens = tally.requests + requests, tally.kept + kept, tally.tokens + tokens
        tally.requests = min(tally.requests, self._total)
        return tally

    def _counters(self) -> Iterator[tuple[int, int, int]]:
        for content in self._scratch.read_all(f"progress-{self._unit}"):
            try:
                requests, kept, tokens = json.loads(content)
            except ValueError:
                continue  # partially written
            yield requests, kept, tokens

    def _show(self, tally: Tally) -> None:
        seconds = time.monotonic() - self._started
        tokens_per_second = tally.tokens / seconds if tally.tokens else 0.0
        if self._bar is not None:
            note = f"{tally.kept:,} kept" + (f", {tokens_per_second:,.0f} tokens/s" if tally.tokens else "")
            self._bar.update(self._task, completed=tally.requests, note=note)
        elif time.monotonic() - self._logged > _LOG_SECONDS:
            self._logged = time.monotonic()
            eta = seconds / tally.requests * (self._total - tally.requests) if tally.requests else None
            line = {"stage": self._stage, "requests": tally.requests, "of": self._total, "kept": tally.kept}
            line |= {"tokens_per_second": round(tokens_per_second), "eta_seconds": None if eta is None else round(eta)}
            sys.stdout.write(json.dumps(line) + "\n")
            sys.stdout.flush()


def progress_bar(console: Console) -> Any:
    """A bar that disappears when its work is done. Its tasks have a `note`."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description:<22}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)
