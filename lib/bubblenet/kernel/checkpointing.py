"""Write a frame down and go on from what was written: computed once, its lineage cut."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from bubblenet.locations import literal_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame

    Checkpoint = Callable[[DataFrame], DataFrame]


def checkpoint_under(folder: str) -> Checkpoint:
    """A function that writes a frame to a folder of its own and reads it back: computed once, and a lost executor takes nothing along."""
    numbers = itertools.count()

    def checkpoint(frame: DataFrame) -> DataFrame:
        location = f"{folder}/checkpoint-{next(numbers)}"
        frame.write.parquet(location)
        return frame.sparkSession.read.schema(frame.schema).parquet(literal_path(location))

    return checkpoint
