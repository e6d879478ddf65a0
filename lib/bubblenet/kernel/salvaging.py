"""What a unit had answered when another driver won its transaction: the journals of its tasks hold it, so no model is asked twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from bubblenet.kernel.journal import saved_batches, saved_folders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

_MOST_TASKS = 256


def saved_answers(spark: SparkSession, scratch: str, unit: int, schema: StructType) -> DataFrame:
    """The rows that the tasks of a unit saved in a scratch folder, read by as many tasks.

    schema: that of the stage's target. Rows that a task had yielded without saving them, in its first windows, are missing.
    """
    folders = saved_folders(scratch, unit)

    def read(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for folder in batch["folder"].to_pylist():
                yield from saved_batches(scratch, folder)

    listed = spark.createDataFrame([(folder,) for folder in folders], "folder STRING")
    return listed.repartition(max(1, min(len(folders), _MOST_TASKS)), "folder").mapInArrow(read, schema)
