"""Rows of the stage tables at the versions that a run reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.kernel import planning

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.tables import Table


def current(context: Context, table: Table, *fingerprints: str) -> DataFrame:
    """Rows of a stage table with one of the given fingerprints, at the version that the context pins, or else pinned to the newest."""
    rows = context.warehouse.read(table, context.version(table))
    return rows.where(F.col("fingerprint").isin(*fingerprints))


def is_large(context: Context, table: Table) -> bool:
    """Whether it pays to find out by ids which part of a table is wanted before that part is read: a query more."""
    version = context.version(table)
    return version >= 0 and context.warehouse.num_rows(table, version) >= planning.MANY_ROWS


def narrowed(rows: DataFrame, ids: DataFrame, context: Context, table: Table, *, key: str = "segment_id", by: str = "run_id") -> DataFrame:
    """Of a large table, the rows of those runs (or other values of `by`) that have one of the ids: files of the others are not read.

    rows: of that table. Finding out reads the key alone, and nothing is shuffled but the ids. A small table is as it is.
    """
    if not is_large(context, table):
        return rows
    return rows.where(F.col(by).isin(values(rows.select(key, by).join(ids.select(key), on=key, how="left_semi"), by)))


Hold = Callable[["DataFrame", "Table"], "DataFrame"]
"""What `holding` gives."""


@contextmanager
def holding(context: Context) -> Iterator[Hold]:
    """A function that has rows computed once for all that is asked of them in the block.

    Its second argument is the table that they are looked up in. If that is large they are computed at once: Spark then knows how few they
    are, and sends them to where the table's rows lie. Else it would shuffle the table.
    """
    with ExitStack() as stack:

        def hold(rows: DataFrame, beside: Table) -> DataFrame:
            rows = rows.persist()
            stack.callback(rows.unpersist)
            if is_large(context, beside):
                rows.count()
            return rows

        yield hold


def only(rows: DataFrame, among: DataFrame | None) -> DataFrame:
    """The rows about some passages; None: about all."""
    return rows if among is None else rows.join(among.select("segment_id"), on="segment_id", how="left_semi")


def found_in(rows: DataFrame, large: DataFrame, key: str = "segment_id") -> DataFrame:
    """The rows whose key a large frame has. It is not shuffled, as it would be on the right of a semi-join."""
    return rows.join(large.select(key).join(rows.select(key), on=key, how="left_semi"), on=key, how="left_semi")


def values(rows: DataFrame, column: str) -> list[str]:
    """The distinct values of a column with few: names of snapshots or runs, never ids of rows."""
    return sorted(row[column] for row in rows.select(column).distinct().collect())
