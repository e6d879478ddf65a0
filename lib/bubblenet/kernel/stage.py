"""The stage kernel: read new requests, transform them, append each result once.

A job declares a Stage; run_stage does the rest, in this order. What follows from whole tables is the other kind: kernel/set_stage.py.

1. Requests of the source, at pinned versions, are compared once with the target on (request_id, fingerprint), by ids alone; the missing
   ones get their payload and are written as the run's plan, so no process holds a list of ids and no unit's write reads its own target.
2. The plan is split into units. Each unit is one blind append under a compare-and-swap transaction: Delta lets exactly one of two
   concurrent drivers commit. The loser commits what its model answered, if that is still missing, and plans the rest again.
3. What a unit committed is counted in the files that it added: the accounting identity is checked, and the ledger gets its row. The
   commit's note and its rows suffice to rebuild that row.
4. The budget is checked between units.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet import settings as settings_module
from bubblenet.errors import ConcurrentRunError
from bubblenet.kernel import accounting, ledger
from bubblenet.kernel.batches import BatchRunner, RowTransform, Unit
from bubblenet.kernel.budget import Budget
from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.placement import lend_local_gpu, model_profile
from bubblenet.kernel.planning import PlannedUnit, answers_of, make_plan
from bubblenet.kernel.progress import StageProgress
from bubblenet.kernel.salvaging import abandoned_units, mark_seen, saved_answers
from bubblenet.kernel.scratch import Scratch
from bubblenet.kernel.table_log import Transaction, few_rows
from bubblenet.kernel.tasks import CPU_TASKS_PER_SLOT, pack_by_weight, spread_by_number
from bubblenet.locations import literal_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame
    from rich.console import Console

    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.planning import Plan
    from bubblenet.tables import Table

_FRUITLESS_STARTS = 8
"""Starts in a row in which other drivers win before a unit is committed."""

_MOST_TRIES = 5


@dataclass(frozen=True, slots=True)
class Stage:
    """Declaration of a stage: its requests, how they are answered, and the table for the answers.

    requests: request_id and the payload, from pinned versions of the source; a request_id may repeat, with equal payload.
    payload: adds to open requests what the transform reads besides, one row each: texts of answered requests are not read again.
    prepare: called before the first request is answered; a stage that is only looked at writes nothing.
    transform: answers requests on the workers, in windows. combine: instead, a function of all pending requests as one set and one unit;
    its arguments are the requests, the answers of earlier units, and a checkpoint, which materialises a frame and cuts its lineage. Rows
    are `ok` unless they have their own `status`.
    scope: the partition of the target that can answer these requests, as column and value, so that the comparison is pruned.
    colocate: column whose equal values are processed together (candidates of one passage share its prefill).
    weight: instead of `colocate`, a column with the bytes that a request makes the workers read: tasks are packed to about equal weight.
    min_task_rows: requests that a task gets at least, where it takes long to start.
    lane: the name under which its transactions are, where another stage may write rows of the same fingerprint; default, its own.
    only: with a frame of `colocate` values, only their requests are worked on now; the others stay pending.
    """

    name: str
    target: Table
    fingerprint: Fingerprint
    requests: DataFrame
    transform: RowTransform | None = None
    combine: Callable[[DataFrame, DataFrame, Checkpoint], DataFrame] | None = None
    scope: tuple[str, str] | None = None
    colocate: str = "request_id"
    weight: str | None = None
    only: DataFrame | None = None
    min_task_rows: int = 1
    is_model_stage: bool = False
    lane: str = ""
    payload: Callable[[DataFrame], DataFrame] | None = None
    prepare: Callable[[], object] | None = None

    @property
    def app_id(self) -> str:
        """Transaction id of the stage: one writer at a time per stage, fingerprint and scope, whose requests no other scope has."""
        return f"{self.lane or self.name}/{self.fingerprint.id}/{self.scope[1] if self.scope else 0}"


@dataclass(frozen=True, slots=True)
class StageReport:
    """The work of a stage in this run, and the current state of its requests."""

    name: str
    counts: Counts
    num_requests: int
    num_rows: int
    num_kept_rows: int
    tokens: int
    seconds: float
    stopped_by: str | None = None

    def show(self, console: Console) -> None:
        """Print one line: the accounting identity, rows written in this run, tokens and seconds."""
        work = f"{self.num_rows:,} new rows" if self.num_rows else "nothing to do"
        if self.tokens:
            work += f", {self.tokens:,} tokens, {self.tokens / self.seconds:,.0f} tokens/s"
        stop = f"; stopped by the budget of {self.stopped_by}" if self.stopped_by else ""
        console.print(f"[bold]{self.name:<22}[/bold] {self.counts}  [dim]({work}, {self.seconds:.1f} s{stop})[/dim]", soft_wrap=True)


@dataclass(frozen=True, slots=True)
class FinishedUnit:
    """A committed unit: its row of the ledger, and its requests by their verdict."""

    entry: ledger.Entry
    verdicts: Counts


def run_stage(stage: Stage, context: Context) -> StageReport:
    """Bring the target up to date with the requests.

    Raises AccountingError if rows were lost or duplicated, ConcurrentRunError if other drivers kept winning the transaction.
    """
    with context.described(stage.name):
        report = _run_stage(stage, context)
    report.show(context.console)
    return report


def _run_stage(stage: Stage, context: Context) -> StageReport:
    started = time.monotonic()
    budget, done = Budget(settings_module.Budget()), list[FinishedUnit]()
    if stage.is_model_stage:
        context.spent.begin(stage.name)
        budget, done = Budget(context.settings.budget, context.spent), _append_abandoned(stage, context)
    fruitless = 0
    for start in count():
        plan = make_plan(stage, context, budget, start)
        num_before = len(done)
        try:
            stopped_by = _run_units(stage, context, plan, budget, done)
            break
        except ConcurrentRunError:
            fruitless = fruitless + 1 if len(done) == num_before else 0
            if fruitless == _FRUITLESS_STARTS:
                raise
        finally:
            Scratch(plan.location).delete_everything()
    counts = plan.before
    for unit in done[num_before:]:  # a plan counts what was done before it
        counts = counts.answered(unit.verdicts)
    return StageReport(
        name=stage.name,
        counts=counts,
        num_requests=sum(unit.entry.num_requests for unit in done),
        num_rows=sum(unit.entry.num_rows for unit in done),
        num_kept_rows=sum(unit.entry.num_kept for unit in done),
        tokens=sum(unit.entry.tokens for unit in done),
        seconds=time.monotonic() - started,
        stopped_by=stopped_by,
    )


def _run_units(stage: Stage, context: Context, plan: Plan, budget: Budget, done: list[FinishedUnit]) -> str | None:
    """Append the units in order; returns the name of the budget that stopped them, or None.

    They are numbered by their transactions, so no two units of a stage and fingerprint have the same number, in this run or any other.
    """
    if not plan.units:
        return budget.exhausted() if plan.before.pending else None
    if stage.prepare:
        stage.prepare()
    with StageProgress(context.console, stage.name, plan.num_planned, Scratch(plan.location)) as progress:
        for number, planned in enumerate(plan.units, start=plan.next_transaction):
            stopped_by = budget.exhausted()
            if stopped_by:
                return stopped_by
            progress.start_unit(number)
            unit = Unit(context.run_id, number, stage.fingerprint.id, plan.location, stage.is_model_stage, context.suspect_seconds)
            try:
                finished = _append_unit(stage, context, plan, planned, unit)
            except ConcurrentRunError:
                if stage.is_model_stage and (saved := _append_saved(stage, context, unit.scratch, unit.number)):
                    _finish(saved, done, budget, progress)
                raise
            _finish(finished, done, budget, progress)
    return None


def _finish(unit: FinishedUnit, done: list[FinishedUnit], budget: Budget, progress: StageProgress) -> None:
    done.append(unit)
    budget.spend(unit.entry.num_requests, unit.entry.tokens)
    progress.finish_unit(unit.entry.num_requests, unit.entry.num_kept, unit.entry.tokens)


def _append_unit(stage: Stage, context: Context, plan: Plan, planned: PlannedUnit, unit: Unit) -> FinishedUnit:
    """Transform and commit one unit; check it and record it. Raises AccountingError if a request was lost or is there twice."""
    started = time.monotonic()
    requests = context.spark.read.schema(plan.schema).parquet(*map(literal_path, planned.files))
    if stage.combine:
        answers = answers_of(stage, context, plan.target_version)
        rows = stage.combine(requests, answers, checkpoint_under(unit.scratch))
        rows = rows.withColumns({name: value for name, value in _unit_columns(unit).items() if name not in rows.columns})
    else:
        rows = _map(stage, context, requests, planned, unit)
    return _commit(stage, context, rows, unit.number, planned, started)


def _append_abandoned(stage: Stage, context: Context) -> list[FinishedUnit]:
    """Commit what the units of drivers that died had answered."""
    done = []
    for scratch, number in abandoned_units(context.warehouse, stage.name, context.run_id):
        if saved := _append_saved(stage, context, scratch, number):
            done.append(saved)
        mark_seen(scratch)
    return done


def _append_saved(stage: Stage, context: Context, scratch: str, unit: int) -> FinishedUnit | None:
    """Commit what a unit had answered before it was lost, but for what others answered meanwhile; None if that is nothing.

    What is left of the unit is planned again. Raises ConcurrentRunError if others keep winning.
    """
    started = time.monotonic()
    saved = saved_answers(context.spark, scratch, unit, context.warehouse.read(stage.target).schema)
    saved = saved.where(F.col("fingerprint") == stage.fingerprint.id).withColumn("run_id", F.lit(context.run_id))
    for remaining in reversed(range(_MOST_TRIES)):
        version = context.warehouse.version(stage.target)
        number = context.warehouse.stored_transaction(stage.target, stage.app_id, version) + 1
        rows = saved.join(answers_of(stage, context, version).select("request_id").distinct(), on="request_id", how="left_anti")
        rows = rows.withColumn("unit", F.lit(number))
        if not (num_requests := accounting.count_requests(rows)):
            return None
        try:
            return _commit(stage, context, rows, number, PlannedUnit((), num_requests), started)
        except ConcurrentRunError:
            if not remaining:
                raise
    return None


def _commit(stage: Stage, context: Context, rows: DataFrame, number: int, planned: PlannedUnit, started: float) -> FinishedUnit:
    """Append the rows of a unit in its transaction; count them against its requests (without files, those that have rows); record them."""
    note = ledger.note_of_unit(context.run_id, stage.name, number, context.snapshot, stage.fingerprint.id, planned.num_requests)
    version = context.warehouse.append(rows, stage.target, note, Transaction(stage.app_id, number))
    verdicts = accounting.count_unit(context.warehouse, stage.target, version, planned.files)
    entry = ledger.entry_of(stage.target, note, version, verdicts, time.monotonic() - started, datetime.now(UTC))
    context.ledger.record(entry, context.warehouse)
    accounting.check(verdicts.requests, planned.num_requests, stage.name)
    return FinishedUnit(entry, verdicts.requests)


def _map(stage: Stage, context: Context, requests: DataFrame, planned: PlannedUnit, unit: Unit) -> DataFrame:
    """The narrow plan of a unit: read, repartition, map, write.

    No operator may follow the map, or Spark could run the model twice.
    """
    from pyspark.sql.pandas.types import to_arrow_schema

    if stage.transform is None:
        raise TypeError(f"stage {stage.name} declares neither transform nor combine")
    schema = context.warehouse.read(stage.target).schema
    most_tasks = context.concurrent_model_tasks if stage.is_model_stage else context.concurrent_tasks * CPU_TASKS_PER_SLOT
    num_tasks = min(math.ceil(planned.num_requests / stage.min_task_rows), most_tasks)
    if weight := stage.weight:
        few = few_rows(planned.files, accounting.MOST_AT_HAND, weight)
        total = None if few is None else sum(row[weight] or 0 for row in few)
        spread = pack_by_weight(requests, weight, context.concurrent_tasks, total)
    else:
        spread = spread_by_number(requests, num_tasks, stage.colocate)
    runner = BatchRunner(stage.transform, unit, to_arrow_schema(schema, timezone="UTC"))
    profile = model_profile(context.spark) if stage.is_model_stage else None
    if stage.is_model_stage:
        lend_local_gpu(context.spark)
    return spread.mapInArrow(runner.map_batches, schema, profile=profile)


def _unit_columns(unit: Unit) -> dict[str, Column]:
    """The columns that workers add to every row, for a `combine` stage."""
    values = {"status": "ok", "attempts": 1, "fingerprint": unit.fingerprint, "run_id": unit.run_id, "unit": unit.number}
    return {name: F.lit(value) for name, value in values.items()}
