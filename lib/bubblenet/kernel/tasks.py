"""Distribution of a unit's requests over Spark tasks: by number, or packed by weight."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CPU_TASKS_PER_SLOT = 4
"""Tasks per slot of a stage without a model: enough that a slow one does not leave the other slots idle."""

MAX_TASK_WEIGHT = 128 * 1024 * 1024
"""Bytes per task above which a new one begins: the work lost when a task's machine dies."""


def spread_by_number(requests: DataFrame, num_tasks: int, colocate: str) -> DataFrame:
    """About equal numbers of requests per task; equal values of `colocate` are in one task."""
    return requests.repartition(num_tasks, colocate)


def pack_by_weight(requests: DataFrame, weight: str, slots: int, total: int | None = None) -> DataFrame:
    """Tasks of about equal weight, heaviest requests first; none exceeds its target by more than its heaviest request.

    weight: a column of bytes, positive; total: their sum, if it is known. For requests that are small themselves: all pass through one
    task, ordered by weight.
    Hash partitioning by as many keys as there are tasks would leave a third of the tasks (1/e) empty.
    """
    if total is None:
        total = requests.agg(F.sum(weight)).collect()[0][0]
    total = total or 1
    target = target_weight(total, slots)
    heaviest_first = Window.partitionBy(F.lit(0)).orderBy(F.col(weight).desc(), "request_id")
    before = F.sum(weight).over(heaviest_first.rowsBetween(Window.unboundedPreceding, -1))
    task = F.floor(F.coalesce(before, F.lit(0)) / F.lit(target)).cast("int")
    return requests.withColumn("task", task).repartitionById(math.ceil(total / target), "task").drop("task")


def target_weight(total: int, slots: int) -> int:
    """The weight at which a task is full: every slot gets its tasks, and none exceeds MAX_TASK_WEIGHT."""
    return min(MAX_TASK_WEIGHT, math.ceil(total / (slots * CPU_TASKS_PER_SLOT)))
