"""What a unit had answered before it was lost: to another driver that won its transaction, or with its own driver.

The journals of its tasks hold it, so no model is asked twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from bubblenet.kernel.journal import saved_batches, saved_folders, saved_units
from bubblenet.kernel.scans import few_rows
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from bubblenet.kernel.warehouse import Warehouse

_MOST_TASKS = 256
_SEEN = "salvaged"


def saved_answers(spark: SparkSession, scratch: str, unit: int, schema: StructType) -> DataFrame:
    """The rows that the tasks of a unit saved in a scratch folder, read by as many tasks.

    schema: that of the stage's target. Rows that a task had yielded without saving them, in its first windows, are missing, and those of
    a release whose table had other columns.
    """
    folders, names = saved_folders(scratch, unit), schema.names

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for folder in batch["folder"].to_pylist():
                yield from (saved for saved in saved_batches(scratch, folder) if saved.schema.names == names)

    listed = few_rows(spark, ((folder,) for folder in folders), "folder STRING")
    return listed.repartition(max(1, min(len(folders), _MOST_TASKS)), "folder").mapInArrow(read, schema)


def abandoned_units(warehouse: Warehouse, stage: str, run_id: str) -> list[tuple[str, int]]:
    """Scratch folder and number of each unit that other runs of a stage left answers of, and that nobody has seen.

    A run whose driver lives still may be among them: whoever commits its answers first wins the transaction, and the other one commits the
    rest.
    """
    found = []
    runs = Scratch(warehouse.plans)
    for run in sorted(set(runs.names()) - {run_id}):
        plan = warehouse.plan_location(run, stage)
        numbered = (f"{warehouse.plans}/{run}/{name}" for name in runs.names(run))
        for scratch in (one for one in numbered if re.fullmatch(rf"{re.escape(plan)}-\d+", one)):
            if _SEEN not in Scratch(scratch).names():
                found += [(scratch, unit) for unit in saved_units(scratch)]
    return found


def mark_seen(scratch: str) -> None:
    """Leave word that the answers in a scratch folder were looked at."""
    Scratch(scratch).write(_SEEN)
