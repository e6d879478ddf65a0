"""Rows of the stage tables at the versions that a run reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.tables import Table


def current(context: Context, table: Table, *fingerprints: str) -> DataFrame:
    """Rows of a stage table with one of the given fingerprints, at the version that the context pins, or else pinned to the newest."""
    rows = context.warehouse.read(table, context.version(table))
    return rows.where(F.col("fingerprint").isin(*fingerprints))
