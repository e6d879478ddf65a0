"""Commits that change or delete rows by key: files without one of the keys stay as they are."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bubblenet.kernel.conflicts import conflicts_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from delta.tables import DeltaMergeBuilder
    from pyspark.sql import DataFrame

    from bubblenet.kernel.table_log import Transaction
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.tables import Table

_NOTE = "spark.databricks.delta.commitInfo.userMetadata"
_LANE = "spark.databricks.delta.write.txnAppId"
_NUMBER = "spark.databricks.delta.write.txnVersion"


def update(
    warehouse: Warehouse, rows: DataFrame, table: Table, key: str, within: Mapping[str, Any], note: dict[str, Any], transaction: Transaction
) -> int:
    """Replace, add or delete rows, in one commit; returns its version. Errors as of Warehouse.append.

    rows: at least one, with a column is_gone: true for a row that is deleted. within: values of columns to which the keys belong.
    """
    before, columns = warehouse.version(table), {f"`{name}`": f"new.`{name}`" for name in table.column_names}
    same = " AND ".join([f"stored.`{key}` = new.`{key}`", *(f"stored.`{name}` = {value!r}" for name, value in within.items())])
    merge = _into(warehouse, table, rows.alias("new"), same).whenMatchedDelete("new.is_gone").whenMatchedUpdate(set=dict(columns))
    with _as_one_commit(warehouse, table, note, {_LANE: transaction.app_id, _NUMBER: str(transaction.version)}):
        merge.whenNotMatchedInsert("NOT new.is_gone", values=dict(columns)).execute()
    return warehouse.committed(table, before, note, transaction)


def delete(warehouse: Warehouse, rows: DataFrame, table: Table, keys: Sequence[str], note: dict[str, Any]) -> None:
    """Delete the rows with these keys, in one commit. rows: each combination of keys once."""
    same = " AND ".join(f"stored.`{key}` = new.`{key}`" for key in keys)
    with _as_one_commit(warehouse, table, note, {}):
        _into(warehouse, table, rows.select(*keys).alias("new"), same).whenMatchedDelete().execute()


def _into(warehouse: Warehouse, table: Table, rows: DataFrame, same: str) -> DeltaMergeBuilder:
    from delta.tables import DeltaTable

    return DeltaTable.forName(warehouse.spark, warehouse.identifier(table)).alias("stored").merge(rows, same)


@contextmanager
def _as_one_commit(warehouse: Warehouse, table: Table, note: dict[str, Any], lane: Mapping[str, str]) -> Iterator[None]:
    """Give the merge in this block a note and a transaction, which it can only be told by the session."""
    settings = {_NOTE: json.dumps(note), **lane}
    for name, value in settings.items():
        warehouse.spark.conf.set(name, value)
    try:
        with conflicts_named(table):
            yield
    finally:
        for name in settings:
            warehouse.spark.conf.unset(name)
