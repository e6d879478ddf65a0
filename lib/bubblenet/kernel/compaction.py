"""Small files are joined where a table has many more than it needs: a crawl a month for years leaves some for each unit and task.

This is for the tables that stages fill. Those that a driver fills are joined where it writes them (table_log), without a Spark job.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING

from bubblenet.errors import ConcurrentRunError
from bubblenet.kernel.conflicts import conflicts_named
from bubblenet.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.tables import Table

SMALL_BYTES = 32 * 1024 * 1024
"""Files below this are joined; others stay, so that the cost follows what is new and not the history."""

WANTED_BYTES = 256 * 1024 * 1024
_LIMITS = {"spark.databricks.delta.optimize.minFileSize": SMALL_BYTES, "spark.databricks.delta.optimize.maxFileSize": WANTED_BYTES}
_MOST_SMALL_FILES = 16
_MOST_TIMES_NEEDED = 3


def is_crowded(sizes: Sequence[int]) -> bool:
    """Whether the files of a partition, by their bytes, are worth joining."""
    small = [size for size in sizes if size < SMALL_BYTES]
    return len(small) > max(_MOST_SMALL_FILES, _MOST_TIMES_NEEDED * math.ceil(sum(small) / WANTED_BYTES))


def compact(warehouse: Warehouse) -> list[str]:
    """Join the small files of crowded tables, each in one commit that changes no row; returns the tables' names.

    Where another driver changes the same files, its commit stands and the next run tries again.
    """
    of_stages = (table for table in TABLES if "request_id" in table.column_names)
    crowded = [table for table in of_stages if any(map(is_crowded, warehouse.file_sizes(table)))]
    for table in crowded:
        with suppress(ConcurrentRunError):
            _join_small_files(warehouse, table)
    return [table.name for table in crowded]


def _join_small_files(warehouse: Warehouse, table: Table) -> None:
    conf = warehouse.spark.conf
    for name, value in _LIMITS.items():
        conf.set(name, value)
    try:
        with conflicts_named(table):
            warehouse.spark.sql(f"OPTIMIZE {warehouse.identifier(table)}")
    finally:
        for name in _LIMITS:
            conf.unset(name)
