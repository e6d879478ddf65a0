"""Checkpoints of DataFrames: write a frame and read it back, so that it is computed once and its lineage is cut."""

from __future__ import annotations

import itertools
import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pyspark.sql import Observation
from pyspark.sql import functions as F

from bubblenet.kernel.scratch import Scratch
from bubblenet.locations import literal_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark.sql import DataFrame

    Checkpoint = Callable[[DataFrame], DataFrame]


def counted(frame: DataFrame, checkpoint: Checkpoint) -> tuple[DataFrame, int]:
    """The checkpointed frame and its number of rows: observed while it is written, which saves a query."""
    observation = Observation()
    written = checkpoint(frame.observe(observation, F.count(F.lit(1)).alias("rows")))
    number: int = observation.get["rows"]
    return written, number


@contextmanager
def checkpoints_of(folder: str) -> Iterator[Checkpoint]:
    """The same for a block, after which the folder is deleted."""
    try:
        yield checkpoint_under(f"{folder}/{uuid.uuid4().hex}")
    finally:
        Scratch(folder).delete_everything()


def checkpoint_under(folder: str) -> Checkpoint:
    """A function that checkpoints frames below a folder: each is computed once, and survives the loss of an executor."""
    numbers = itertools.count()

    def checkpoint(frame: DataFrame) -> DataFrame:
        location = f"{folder}/checkpoint-{next(numbers)}"
        frame.write.parquet(location)
        return frame.sparkSession.read.schema(frame.schema).parquet(literal_path(location))

    return checkpoint
