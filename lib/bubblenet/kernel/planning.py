"""The plan of a stage's start: which requests are open, written once and cut into units."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.kernel import accounting
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.budget import Budget
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stage import Stage


_FILES_A_UNIT = 8
"""Files of a plan in one unit, which is made of whole files, so it exceeds what is wanted by an eighth at most. The number of tasks says
nothing about them: a unit's requests are spread anew.
"""


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


def make_plan(stage: Stage, context: Context, budget: Budget, replan: int) -> Plan:
    """Compare source and target once, and write the missing requests."""
    version = context.warehouse.version(stage.target)
    stored = context.warehouse.stored_transaction(stage.target, stage.app_id, version)
    location = context.warehouse.plan_location(context.run_id, f"{stage.name}-{replan}")
    requests = stage.requests if stage.only is None else stage.requests.join(stage.only, on=stage.colocate, how="left_semi")
    units: tuple[PlannedUnit, ...] = ()
    if budget.exhausted():  # nothing will be asked, so nothing is written
        return Plan(location, units, accounting.count_verdicts(stage.requests, answers_of(stage, context, version)), version, stored + 1)
    if _may_hold_answers(stage, context, version, stored):
        answers = answers_of(stage, context, version)
        before = accounting.count_verdicts(stage.requests, answers)
        if before.pending:
            pending = requests.join(answers.select("request_id").distinct(), on="request_id", how="left_anti")
            units = _write_units(stage, context, pending, budget, location)
    else:
        units = _write_units(stage, context, requests, budget, location)
        num_open = 0 if stage.only is None else accounting.count_requests(stage.requests)
        before = accounting.Counts(seen=num_open, kept=0, pending=num_open)
    if stage.only is None:  # the plan is the truth: what cannot be pinned, such as a listing, may have grown since it was counted
        num_planned = sum(unit.num_requests for unit in units)
        before = replace(before, seen=before.seen - before.pending + num_planned, pending=num_planned)
    return Plan(location, units, before, version, stored + 1)


def _may_hold_answers(stage: Stage, context: Context, version: int, stored: int) -> bool:
    """Whether a request can have been answered already. The first start of a stage, or in a partition, finds no answers and asks nothing.

    A copied table may have lost its transactions, so file statistics are checked, too.
    """
    if stage.scope and not context.warehouse.has_partition(stage.target, *stage.scope, version):
        return False
    return stored >= 0 or context.warehouse.may_hold(stage.target, "fingerprint", stage.fingerprint.id, version)


def answers_of(stage: Stage, context: Context, version: int) -> DataFrame:
    """Rows of the target with the stage's fingerprint, within its scope."""
    rows = context.warehouse.read(stage.target, version).where(F.col("fingerprint") == stage.fingerprint.id)
    return rows.where(F.col(stage.scope[0]) == stage.scope[1]) if stage.scope else rows


def _write_units(stage: Stage, context: Context, pending: DataFrame, budget: Budget, location: str) -> tuple[PlannedUnit, ...]:
    """Write each request once, in files of equal row counts, and group whole files into units."""
    execution = context.settings.execution
    unit_rows = budget.unit_rows(execution.unit_rows if stage.is_model_stage else execution.cpu_unit_rows)
    rows_per_file = math.ceil(unit_rows / _FILES_A_UNIT)
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
