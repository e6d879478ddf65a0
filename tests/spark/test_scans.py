"""A small table is read by its files: the same rows as through Delta, and without Delta."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bubblenet.kernel import scans
from bubblenet.kernel.table_log import TableLog

pytestmark = pytest.mark.spark

ROWS = [("a", 1, (1, "x"), "2026-11"), ("b", None, None, "of Spain, 50% *[x]"), ("c", 3, (3, None), "2026-11")]
SCHEMA = "id STRING, value BIGINT, part STRUCT<num: INT, name: STRING>, snapshot STRING"


def write(spark, folder: Path, rows: list[tuple], *partitions: str) -> None:
    spark.createDataFrame(rows, SCHEMA).write.format("delta").mode("append").partitionBy(*partitions).save(str(folder))


def through_delta(spark, folder: Path, version: int = -1) -> list[tuple]:
    reader = spark.read.format("delta").option("versionAsOf", version) if version >= 0 else spark.read.format("delta")
    return sorted(reader.load(str(folder)).collect(), key=str)


def by_files(spark, folder: Path, version: int | None = None) -> list[tuple]:
    """The rows, sorted. Fails where they go through Delta."""
    rows = scans.rows(spark, TableLog(str(folder), version))
    assert not goes_through_delta(rows)
    return sorted(rows.collect(), key=str)


def goes_through_delta(rows) -> bool:
    return "DeltaFileIndex" in rows._jdf.queryExecution().executedPlan().toString()


def test_rows_of_the_driver_need_no_worker_of_python(spark):
    at = datetime(2026, 12, 1, 10, 30, tzinfo=UTC)
    columns = "id STRING, value BIGINT, at TIMESTAMP"
    rows = [("a", 1, at), ("b", None, None)]

    found, copied = scans.few_rows(spark, rows, columns), spark.createDataFrame(rows, columns)

    assert found.schema == copied.schema
    assert found.collect() == copied.collect()
    assert "Python" in copied._jdf.rdd().toDebugString()
    assert "Python" not in found._jdf.rdd().toDebugString()
    assert scans.few_rows(spark, (), columns).schema == copied.schema
    assert scans.few_rows(spark, (), columns).count() == 0


@pytest.mark.parametrize("partitions", [(), ("snapshot",), ("snapshot", "id")])
def test_the_rows_and_columns_are_those_of_delta(spark, tmp_path, partitions):
    folder = tmp_path / "50% [of] {it}"
    write(spark, folder, ROWS, *partitions)
    assert all(".zstd." in file.name for file in folder.rglob("part-*.parquet"))
    spark.sql(f"ALTER TABLE delta.`{folder}` ADD COLUMNS (added INT)")
    write(spark, folder, [("d", 4, None, "x=y/z")], *partitions)

    assert by_files(spark, folder) == through_delta(spark, folder)
    assert by_files(spark, folder, 0) == through_delta(spark, folder, 0)
    rows = scans.rows(spark, TableLog(str(folder)))
    assert rows.dtypes == spark.read.format("delta").load(str(folder)).dtypes
    assert {row.id for row in rows.where("snapshot = '2026-11'").collect()} == {"a", "c"}
    assert rows.where("snapshot = '2026-11'").select("id").distinct().count() == 2


def test_rows_that_were_deleted_or_replaced_stay_away(spark, tmp_path):
    folder = tmp_path / "table"
    write(spark, folder, ROWS)
    spark.sql(f"DELETE FROM delta.`{folder}` WHERE id = 'a'")
    assert [row.id for row in by_files(spark, folder)] == ["b", "c"]
    assert [row.id for row in by_files(spark, folder, 0)] == ["a", "b", "c"]


def test_an_empty_table_has_no_rows_and_its_columns(spark, tmp_path):
    folder = tmp_path / "table"
    write(spark, folder, [])
    rows = scans.rows(spark, TableLog(str(folder)))
    assert rows.dtypes == spark.read.format("delta").load(str(folder)).dtypes
    assert rows.collect() == []


def test_delta_reads_where_files_alone_say_too_little(spark, tmp_path, monkeypatch):
    marked, many = tmp_path / "marked", tmp_path / "many"
    write(spark, marked, [(str(number), number, None, "x") for number in range(20)])
    spark.sql(f"ALTER TABLE delta.`{marked}` SET TBLPROPERTIES ('delta.enableDeletionVectors' = true)")
    spark.sql(f"DELETE FROM delta.`{marked}` WHERE id = '3'")
    rows = scans.rows(spark, TableLog(str(marked)))
    assert goes_through_delta(rows)
    assert rows.count() == 19

    write(spark, many, ROWS, "snapshot")
    write(spark, many, [("d", 4, None, None)], "snapshot")  # no value is no folder's name
    assert goes_through_delta(scans.rows(spark, TableLog(str(many), 1)))
    assert not goes_through_delta(scans.rows(spark, TableLog(str(many), 0)))
    monkeypatch.setattr(scans, "MOST_FILES", 1)
    assert goes_through_delta(scans.rows(spark, TableLog(str(many), 0)))
