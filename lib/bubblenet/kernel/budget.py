"""The budget of a run; checked between the units of its model stages, so that a stage stops cleanly with valid tables.

A run that was killed, or ended with an error, goes on in the next one on its snapshot, and so does its budget: a note beside its plans
says that it has not ended, and the ledger what it spent.
"""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from bubblenet import settings
from bubblenet.kernel.scratch import Scratch
from bubblenet.tables import RUNS

if TYPE_CHECKING:
    from bubblenet.kernel.warehouse import Warehouse

_FOLDER = "budgets"  # beside the plans


@dataclass(slots=True)
class Spent:
    """What the model stages of a run have spent so far, together. note: of the run, kept while it lasts; None where there is no limit."""

    rows: int = 0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)
    note: Note | None = None

    def begin(self, stage: str) -> None:
        """Remember a model stage, before it spends anything."""
        if self.note and stage not in self.note.stages:
            self.note.stages.append(stage)
            self.note.write()


@dataclass(slots=True)
class Note:
    """What is known of a run that has not ended. runs: its starts, with the time of each, in seconds since 1970; the last is its own."""

    plans: str
    snapshot: str
    runs: dict[str, float]
    stages: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Create or replace the note."""
        Scratch(self.plans).write_whole(self._name, json.dumps(asdict(self)).encode())

    def end(self) -> None:
        """The run has ended, or another one goes on with it."""
        with suppress(FileNotFoundError):  # then another driver goes on with it, too
            Scratch(self.plans).delete(self._name)

    @property
    def _name(self) -> str:
        return f"{_FOLDER}/{list(self.runs)[-1]}"


def resumed(warehouse: Warehouse, run_id: str, snapshot: str) -> Spent:
    """What runs on the snapshot that did not end have spent, with a note that this one goes on with it. The ledger must be complete.

    A driver that still runs on this snapshot is among them.
    """
    before = _unfinished(warehouse.plans, snapshot)
    starts = {name: started for note in before for name, started in note.runs.items()}
    stages = sorted({stage for note in before for stage in note.stages})
    note = Note(warehouse.plans, snapshot, starts | {run_id: time.time()}, stages)
    note.write()
    for old in before:  # this one names their runs, so that a kill between the two counts none twice
        old.end()
    columns = ("run_id", "stage", "num_requests", "prompt_tokens", "output_tokens", "finished_at")
    units = [row for row in warehouse.rows_at_hand(RUNS, *columns) if row["run_id"] in starts] if starts else []
    own = [row for row in units if row["stage"] in stages]
    ends = {row["run_id"]: row["finished_at"].timestamp() for row in sorted(units, key=lambda row: row["finished_at"])}
    seconds = sum(max(0.0, end - starts[name]) for name, end in ends.items())
    rows, tokens = sum(row["num_requests"] for row in own), sum(row["prompt_tokens"] + row["output_tokens"] for row in own)
    return Spent(rows, tokens, time.monotonic() - seconds, note)


def _unfinished(plans: str, snapshot: str) -> list[Note]:
    notes = (Note(**json.loads(content)) for content in Scratch(plans).read_all(_FOLDER))
    return [note for note in notes if note.snapshot == snapshot]


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits and amounts spent. A limit of 0 means no limit."""

    limits: settings.Budget
    spent: Spent = field(default_factory=Spent)

    def spend(self, rows: int, tokens: int) -> None:
        """Record the cost of a finished unit."""
        self.spent.rows += rows
        self.spent.tokens += tokens

    def exhausted(self) -> str | None:
        """The name of the first limit reached, or None."""
        spent = {"rows": self.spent.rows, "tokens": self.spent.tokens, "seconds": time.monotonic() - self.spent.started}
        for name, amount in spent.items():
            limit = getattr(self.limits, name)
            if limit and amount >= limit:
                return name
        return None

    def unit_rows(self, wanted: int) -> int:
        """Cap a unit at what is left of the row budget, but for a hundredth of it: a stage can stop only between units."""
        if not self.limits.rows:
            return wanted
        return min(wanted, max(self.limits.rows - self.spent.rows, math.ceil(self.limits.rows / 100)))
