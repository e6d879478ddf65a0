"""Checkpoints of DataFrames: write a frame and read it back, so that it is computed once and its lineage is cut."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from bubblenet.locations import literal_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame

    Checkpoint = Callable[[DataFrame], DataFrame]


def checkpoint_under(folder: str) -> Checkpoint:
    """A function that checkpoints frames below a folder: each is computed once, and survives the loss of an executor."""
    numbers = itertools.count()

    def checkpoint(frame: DataFrame) -> DataFrame:
        location = f"{folder}/checkpoint-{next(numbers)}"
        frame.write.parquet(location)
        return frame.sparkSession.read.schema(frame.schema).parquet(literal_path(location))

    return checkpoint
