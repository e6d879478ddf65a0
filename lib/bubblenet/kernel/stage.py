"""The stage kernel: read new requests, transform them, append each result once.

A job declares a Stage; run_stage does the rest, in this order.

1. Requests of the source, at pinned versions, are compared once with the target on (request_id, fingerprint); the missing ones
   are written as the run's plan, so no process holds a list of ids and no unit's write reads its own target.
2. The plan is split into units. Each unit is one blind append under a compare-and-swap transaction: Delta lets exactly one of two
   concurrent drivers commit, and the loser plans again from what is then missing.
3. Counts are stored in the rows and in the commit's note; the ledger is rebuilt from them.
4. The budget is checked between units, the accounting identity at the end.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
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
from bubblenet.kernel.progress import StageProgress
from bubblenet.kernel.scratch import Scratch
from bubblenet.kernel.tasks import CPU_TASKS_PER_SLOT, pack_by_weight, spread_by_number
from bubblenet.kernel.warehouse import Transaction
from bubblenet.locations import literal_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame
    from rich.console import Console

    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context
    from bubblenet.tables import Table

_REPLANS = 3
_SUSPECT_SHARE = 0.125
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Stage:
    """Declaration of a stage: its requests, how they are answered, and the table for the answers.

    requests: request_id and the payload, from pinned versions of the source; a request_id may repeat, with equal payload.
    transform: answers requests on the workers, in windows. combine: instead, a function of all pending requests as one set and one unit;
    its arguments are the requests, the answers of earlier units, and a checkpoint, which materialises a frame and cuts its lineage. Rows
    are `ok` unless they have their own `status`.
    scope: restricts the target to rows that can answer these requests (its partition), so that the comparison is pruned.
    colocate: column whose equal values are processed together (candidates of one passage share its prefill).
    weight: instead of `colocate`, a column with the bytes that a request makes the workers read: tasks are packed to about equal weight.
    min_task_rows: requests that a task gets at least, where it takes long to start.
    only: with a frame of `colocate` values, only their requests are worked on now; the others stay pending.
    """

    name: str
    target: Table
    fingerprint: Fingerprint
    requests: DataFrame
    transform: RowTransform | None = None
    combine: Callable[[DataFrame, DataFrame, Checkpoint], DataFrame] | None = None
    scope: Column | None = None
    colocate: str = "request_id"
    weight: str | None = None
    only: DataFrame | None = None
    min_task_rows: int = 1
    is_model_stage: bool = False

    @property
    def app_id(self) -> str:
        """Transaction id of the stage: one writer at a time per stage and fingerprint."""
        return f"{self.name}/{self.fingerprint.id}/0"


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
class PlannedUnit:
    """A subset of a plan's files."""

    files: tuple[str, ...]
    num_requests: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The pending requests of one start, materialised, and the versions they were compared with."""

    location: str
    units: tuple[PlannedUnit, ...]
    before: Counts
    target_version: int
    next_transaction: int

    @property
    def num_planned(self) -> int:
        """Requests in all units."""
        return sum(unit.num_requests for unit in self.units)


def run_stage(stage: Stage, context: Context) -> StageReport:
    """Bring the target up to date with the requests.

    Raises AccountingError if rows were lost or duplicated, ConcurrentRunError if other drivers kept winning the transaction.
    """
    started = time.monotonic()
    budget = Budget(context.settings.budget if stage.is_model_stage else settings_module.Budget())
    entries: list[ledger.Entry] = []
    for replan in range(_REPLANS):
        plan = _make_plan(stage, context, budget, replan)
        done: list[ledger.Entry] = []
        try:
            stopped_by = _run_units(stage, context, plan, budget, done)
            break
        except ConcurrentRunError:
            if replan == _REPLANS - 1:
                raise
        finally:
            entries += done
            Scratch(plan.location).delete_everything()
    counts = _verify(stage, context, plan, done) if done else plan.before
    report = StageReport(
        name=stage.name,
        counts=counts,
        num_requests=sum(entry.num_requests for entry in entries),
        num_rows=sum(entry.num_rows for entry in entries),
        num_kept_rows=sum(entry.num_kept for entry in entries),
        tokens=sum(entry.tokens for entry in entries),
        seconds=time.monotonic() - started,
        stopped_by=stopped_by,
    )
    report.show(context.console)
    return report


def _make_plan(stage: Stage, context: Context, budget: Budget, replan: int) -> Plan:
    """Compare source and target once, and write the missing requests."""
    version = context.warehouse.version(stage.target)
    stored = context.warehouse.stored_transaction(stage.target, stage.app_id, version)
    location = context.warehouse.plan_location(context.run_id, f"{stage.name}-{replan}")
    requests = stage.requests if stage.only is None else stage.requests.join(stage.only, on=stage.colocate, how="left_semi")
    units: tuple[PlannedUnit, ...] = ()
    # The first start of a stage finds no answers. A copied table may have lost its transactions, so file statistics are checked, too.
    if stored < 0 and not context.warehouse.may_hold(stage.target, "fingerprint", stage.fingerprint.id, version):
        units = _write_units(stage, context, requests, budget, location)
        num_open = sum(unit.num_requests for unit in units) if stage.only is None else accounting.count_requests(stage.requests)
        before = accounting.Counts(seen=num_open, kept=0, pending=num_open)
    else:
        answers = _answers(stage, context, version)
        before = accounting.count_verdicts(stage.requests, answers)
        if before.pending:
            pending = requests.join(answers.select("request_id").distinct(), on="request_id", how="left_anti")
            units = _write_units(stage, context, pending, budget, location)
    return Plan(location, units, before, version, stored + 1)


def _answers(stage: Stage, context: Context, version: int) -> DataFrame:
    """Rows of the target with the stage's fingerprint, within its scope."""
    rows = context.warehouse.read(stage.target, version).where(F.col("fingerprint") == stage.fingerprint.id)
    return rows if stage.scope is None else rows.where(stage.scope)


def _write_units(stage: Stage, context: Context, pending: DataFrame, budget: Budget, location: str) -> tuple[PlannedUnit, ...]:
    """Write each request once, in files of equal row counts, and group whole files into units."""
    execution = context.settings.execution
    unit_rows = budget.unit_rows(execution.unit_rows if stage.is_model_stage else execution.cpu_unit_rows)
    rows_per_file = math.ceil(unit_rows / context.concurrent_tasks)
    distinct = pending.repartition("request_id").dropDuplicates(["request_id"])  # in this order the payload is sorted once
    ordered = distinct.repartition(stage.colocate).sortWithinPartitions(stage.colocate)
    ordered.write.mode("overwrite").option("maxRecordsPerFile", rows_per_file).parquet(location)
    files = Scratch(location).parquet_files()
    if stage.combine is not None:
        unit_rows = sum(num_rows for _, num_rows in files)
    units: list[PlannedUnit] = []
    names: list[str] = []
    num_requests = 0
    for name, num_rows in files:
        names.append(name)
        num_requests += num_rows
        if num_requests >= unit_rows or name == files[-1][0]:
            units.append(PlannedUnit(tuple(names), num_requests))
            names, num_requests = [], 0
    return tuple(units)


def _run_units(stage: Stage, context: Context, plan: Plan, budget: Budget, done: list[ledger.Entry]) -> str | None:
    """Append the units in order; returns the name of the budget that stopped them, or None.

    They are numbered by their transactions, so no two units of a stage and fingerprint have the same number, in this run or any other.
    """
    with StageProgress(context.console, stage.name, plan.num_planned, Scratch(plan.location)) as progress:
        for number, planned in enumerate(plan.units, start=plan.next_transaction):
            stopped_by = budget.exhausted()
            if stopped_by:
                return stopped_by
            progress.start_unit(number)
            unit = Unit(context.run_id, number, stage.fingerprint.id, plan.location, stage.is_model_stage, _suspect_seconds(context))
            entry = _append_unit(stage, context, plan, planned, unit, Transaction(stage.app_id, number))
            done.append(entry)
            budget.spend(entry.num_requests, entry.tokens)
            progress.finish_unit(entry.num_requests, entry.num_kept, entry.tokens)
    return None


def _append_unit(stage: Stage, context: Context, plan: Plan, planned: PlannedUnit, unit: Unit, transaction: Transaction) -> ledger.Entry:
    """Transform and commit one unit, then write its ledger row."""
    started = time.monotonic()
    requests = context.spark.read.schema(stage.requests.schema).parquet(*map(literal_path, planned.files))
    if stage.combine:
        answers = _answers(stage, context, plan.target_version)
        rows = stage.combine(requests, answers, checkpoint_under(unit.scratch))
        rows = rows.withColumns({name: value for name, value in _unit_columns(unit).items() if name not in rows.columns})
    else:
        rows = _map(stage, context, requests, planned, unit)
    note = ledger.note_of_unit(unit.run_id, stage.name, unit.number, context.snapshot, unit.fingerprint, planned.num_requests)
    version = context.warehouse.append(rows, stage.target, note, transaction)
    return ledger.record(context.warehouse, stage.target, note, version, time.monotonic() - started)


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
    weight, colocate = stage.weight, stage.colocate
    spread = pack_by_weight(requests, weight, context.concurrent_tasks) if weight else spread_by_number(requests, num_tasks, colocate)
    runner = BatchRunner(stage.transform, unit, to_arrow_schema(schema, timezone="UTC"))
    profile = model_profile(context.spark) if stage.is_model_stage else None
    if stage.is_model_stage:
        lend_local_gpu(context.spark)
    return spread.mapInArrow(runner.map_batches, schema, profile=profile)


def _suspect_seconds(context: Context) -> float:
    """A fraction of Spark's idle timeout for workers, since suspects run in small sets. 0 without a timeout."""
    timeout = context.spark.conf.get("spark.sql.execution.pyspark.udf.idleTimeoutSeconds", None) or "0"
    found = re.fullmatch(r"(\d+)(s|m|min|h|d)?", timeout.strip())
    return int(found[1]) * _UNITS[found[2] or "s"] * _SUSPECT_SHARE if found else 0.0


def _unit_columns(unit: Unit) -> dict[str, Column]:
    """The columns that workers add to every row, for a `combine` stage."""
    values = {"status": "ok", "attempts": 1, "fingerprint": unit.fingerprint, "run_id": unit.run_id, "unit": unit.number}
    return {name: F.lit(value) for name, value in values.items()}


def _verify(stage: Stage, context: Context, plan: Plan, done: list[ledger.Entry]) -> Counts:
    """Check the identity at the version that this run committed; the transaction id excludes other writers in between."""
    after = accounting.count_verdicts(stage.requests, _answers(stage, context, done[-1].target_version))
    accounting.check(plan.before, after, sum(entry.num_requests for entry in done), stage.name)
    return after
