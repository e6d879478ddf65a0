"""How the requests of a unit are spread over Spark tasks: by number, or packed by weight."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CPU_TASKS_PER_SLOT = 4
"""Tasks for each slot of a stage without a model: enough that a slow one does not leave the others idle."""

MAX_TASK_WEIGHT = 128 * 1024 * 1024
"""Bytes in one task beyond which another one begins: what a task loses when its machine dies."""


def spread_by_number(requests: DataFrame, num_tasks: int, colocate: str) -> DataFrame:
    """About equal numbers of requests a task; equal values of `colocate` lie together."""
    return requests.repartition(num_tasks, colocate)


def pack_by_weight(requests: DataFrame, weight: str, slots: int) -> DataFrame:
    """Tasks of about equal weight, the heaviest requests first; none above its target by more than its heaviest request.

    weight: a column of bytes, positive. For requests that are light themselves: all pass through one task, in the order of their weight.
    Hashing as many keys as there are tasks would leave a third of the tasks (1/e) without any.
    """
    total = requests.agg(F.sum(weight)).collect()[0][0] or 1
    target = target_weight(total, slots)
    heaviest_first = Window.partitionBy(F.lit(0)).orderBy(F.col(weight).desc(), "request_id")
    before = F.sum(weight).over(heaviest_first.rowsBetween(Window.unboundedPreceding, -1))
    task = F.floor(F.coalesce(before, F.lit(0)) / F.lit(target)).cast("int")
    return requests.withColumn("task", task).repartitionById(math.ceil(total / target), "task").drop("task")


def target_weight(total: int, slots: int) -> int:
    """The weight at which a task is full: so that every slot gets its tasks, and none is above MAX_TASK_WEIGHT."""
    return min(MAX_TASK_WEIGHT, math.ceil(total / (slots * CPU_TASKS_PER_SLOT)))
