"""The plan of a stage's start: which requests are open, written once and cut into units."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pyspark.sql import functions as F

from bubblenet.errors import AccountingError
from bubblenet.kernel import accounting
from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType

    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.budget import Budget
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stage import Stage


_FILES_A_UNIT = 8
"""Files of a plan in one unit, which is made of whole files, so it exceeds what is wanted by an eighth at most. The number of tasks says
nothing about them: a unit's requests are spread anew.
"""

MANY_ROWS = 10_000
"""Rows of a table from which it pays to find out by ids which part of it is wanted before that part is read: a query more."""


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
    schema: StructType
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
    written = _Written((), stage.requests.schema)
    with _compared(stage, context, version, stored) as (requests, answers):
        if budget.exhausted():  # nothing will be asked, so nothing is written
            before = accounting.count_verdicts(requests, answers_of(stage, context, version) if answers is None else answers)
            return Plan(location, *written, before, version, stored + 1)
        wanted = requests if stage.only is None else requests.join(stage.only, on=stage.colocate, how="left_semi")
        if answers is not None:
            before = accounting.count_verdicts(requests, answers)
            if before.pending:
                written = _write_units(stage, context, _open(wanted, answers), budget, location)
                _check_payload(stage, before.pending, written.units)
        else:
            written = _write_units(stage, context, wanted, budget, location)
            num_open = 0 if stage.only is None else accounting.count_requests(requests)
            before = accounting.Counts(seen=num_open, kept=0, pending=num_open)
    if stage.only is None:  # the plan is the truth: what cannot be pinned, such as a listing, may have grown since it was counted
        num_planned = sum(unit.num_requests for unit in written.units)
        before = replace(before, seen=before.seen - before.pending + num_planned, pending=num_planned)
    return Plan(location, *written, before, version, stored + 1)


def open_requests(stage: Stage, context: Context) -> DataFrame:
    """The requests that the next run of the stage would answer, each once, without their payload."""
    answers = answers_of(stage, context, context.warehouse.version(stage.target))
    return _open(stage.requests, answers).dropDuplicates(["request_id"])


def _open(requests: DataFrame, answers: DataFrame) -> DataFrame:
    return requests.join(answers.select("request_id"), on="request_id", how="left_anti")


@contextmanager
def _compared(stage: Stage, context: Context, version: int, stored: int) -> Iterator[tuple[DataFrame, DataFrame | None]]:
    """The requests, and the answers to compare them with; None if there can be none.

    A large target is read once, and not shuffled: the requests are written before, so that Spark knows their size and sends them to where
    the answers lie, unless they are many themselves.
    """
    if not _may_hold_answers(stage, context, version, stored):
        yield stage.requests, None
        return
    answers = answers_of(stage, context, version)
    if context.warehouse.num_rows(stage.target, version) < MANY_ROWS:
        yield stage.requests, answers
        return
    folder = context.warehouse.plan_location(context.run_id, f"{stage.name}-asked")
    requests = checkpoint_under(folder)(stage.requests)
    found = answers.select(*accounting.VERDICT).join(requests.select("request_id"), on="request_id", how="left_semi").persist()
    try:
        yield requests, found
    finally:
        found.unpersist()
        Scratch(folder).delete_everything()


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


def _check_payload(stage: Stage, num_open: int, units: tuple[PlannedUnit, ...]) -> None:
    """Raise AccountingError if an open request got no payload, which would leave it out without a word."""
    num_planned = sum(unit.num_requests for unit in units)
    if stage.payload and stage.only is None and num_planned != num_open:
        todo = "Please report this with the versions of the tables in `runs`."
        raise AccountingError(f"a payload for each of {num_open:,} requests of {stage.name}", f"{num_planned:,}", todo)


class _Written(NamedTuple):
    """The units of a plan, and the schema of its files."""

    units: tuple[PlannedUnit, ...]
    schema: StructType


def _write_units(stage: Stage, context: Context, pending: DataFrame, budget: Budget, location: str) -> _Written:
    """Write each request once, with its payload, in files of equal row counts, and group whole files into units."""
    execution = context.settings.execution
    unit_rows = budget.unit_rows(execution.unit_rows if stage.is_model_stage else execution.cpu_unit_rows)
    rows_per_file = math.ceil(unit_rows / _FILES_A_UNIT)
    distinct = pending.repartition("request_id").dropDuplicates(["request_id"])  # in this order a payload that is there is sorted once
    whole = stage.payload(distinct) if stage.payload else distinct
    ordered = whole.repartition(stage.colocate).sortWithinPartitions(stage.colocate)
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
    return _Written(tuple(units), whole.schema)
