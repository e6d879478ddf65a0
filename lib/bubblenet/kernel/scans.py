"""The rows of one version of a table, by its files where they are few.

Delta plans and runs queries of its own log for each read. Of a small table they cost more than the rows: a pipeline of ten pages takes 68 s
of the JVM's CPU through Delta and 46 s by the files (warm session, 2 cores, 2026-11-29). A table with many files is read through
Delta, which then skips files by their statistics.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pyspark.sql import functions as F

from bubblenet.locations import has_scheme, literal_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from bubblenet.kernel.table_log import TableLog
    from bubblenet.tables import Table

MOST_FILES = 32
"""Spark lists more paths than this by a job of its own (spark.sql.sources.parallelPartitionDiscovery.threshold)."""

_GLOB = frozenset("*?[]{}\\")
"""Of a path, Spark reads these as they are where they are escaped; in a URL it always takes them for patterns."""


def rows(spark: SparkSession, log: TableLog) -> DataFrame:
    """The rows at the log's version, with the columns that it declares."""
    files = None if has_scheme(log.location) and _GLOB & set(log.location) else log.plain_files(MOST_FILES)
    if files is None:
        return spark.read.format("delta").option("versionAsOf", log.version).load(log.location)
    if not files:
        return no_rows(spark, log.schema)
    found = spark.read.schema(log.schema).option("basePath", log.location).parquet(*map(literal_path, files))
    return found.select(*(f"`{name}`" for name in log.schema.names))  # Spark has put partition columns last


def completed(rows: DataFrame, table: Table) -> DataFrame:
    """The rows with the declared columns that they lack, as nulls."""
    lacking = [column for column in table.columns if column.name not in rows.columns]
    return rows.withColumns({column.name: F.lit(None).cast(column.type) for column in lacking}) if lacking else rows


def few_rows(spark: SparkSession, rows: Iterable[tuple[Any, ...]], columns: str) -> DataFrame:
    """Rows of the driver; columns: their names and types, as Spark declares them. A time without a zone is one of UTC.

    Through Arrow: Spark copies tuples by a job of Python workers, which take seconds to start.
    """
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema
    from pyspark.sql.types import StructType

    schema = cast(StructType, StructType.fromDDL(columns))
    names = schema.fieldNames()
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], to_arrow_schema(schema, timezone="UTC"))
    return spark.createDataFrame(table, schema) if table.num_rows else no_rows(spark, schema)


def no_rows(spark: SparkSession, schema: StructType) -> DataFrame:
    """No rows with these columns and their comments; Spark leaves out of a plan what depends on them."""
    columns = (f"CAST(NULL AS {field.dataType.simpleString()}) AS `{field.name}`" for field in schema)
    rows = spark.sql(f"SELECT {', '.join(columns)} WHERE false")
    if not any(field.metadata for field in schema):
        return rows
    return rows.select(*(F.col(f"`{field.name}`").alias(field.name, metadata=field.metadata) for field in schema))
