"""The warehouse: the location of the tables, reads at one version, and commits that can be found again.

Tables are Delta tables at DIR/<table>, or catalog tables when `tables.schema` is set. What the logs say (versions, transactions, commit
notes) and the few rows that a driver holds go by kernel/table_log.py, which needs no Spark job; all other rows are read and written by
Spark.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pyspark.sql.types import StructType

from bubblenet import tables
from bubblenet.errors import WarehouseError
from bubblenet.kernel import scans, schemas, table_log
from bubblenet.kernel.conflicts import concurrent, conflicts_named
from bubblenet.kernel.table_log import TableLog
from bubblenet.locations import literal_path
from bubblenet.stores import Store, reason_of, tell_hadoop
from bubblenet.tables import TABLES, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

    from bubblenet.kernel.table_log import Commit, Transaction

Access = Literal["create", "update", "read"]
"""create: create whatever is missing. update: the warehouse must exist; missing tables and columns are added.
read: it must exist and is not changed; a missing table has no rows, a missing column is null.
"""

_MOST_TRIES = 3


class Warehouse:
    """All tables under one folder, or in one catalog schema.

    Opening it migrates the tables as far as the access allows: see Access. Raises SchemaVersionError for a table that this release cannot
    use, and WarehouseError if there is no warehouse, or a folder contains something other than a Delta table.
    """

    def __init__(self, spark: SparkSession, location: str, *, catalog: str = "", schema: str = "", access: Access = "create") -> None:
        self.spark = spark
        self._store = Store.of(location)
        self.location = self._store.spark
        self.plans = f"{self.location}/_plans"  # with a folder for each run
        if "%" in self.location:  # delta-rs decodes a path twice, and would look for the tables elsewhere
            raise WarehouseError("a warehouse path without a percent sign", self.location, "Give another --warehouse.")
        self._namespace = ".".join(f"`{part}`" for part in (catalog, schema) if part) if schema else ""
        self._locations: dict[str, str] = {}
        self._absent: frozenset[str] = frozenset()
        self.changes: tuple[str, ...] = ()  # what opening it has added, for people
        self._open(access)

    def plan_location(self, run_id: str, stage: str) -> str:
        """Folder of the materialised plan of one stage in one run; removed when the stage ends."""
        return f"{self.plans}/{run_id}/{stage.replace('/', '-')}"

    def identifier(self, table: Table) -> str:
        """The table in SQL: delta.`path` or catalog.schema.table."""
        return f"{self._namespace}.`{table.name}`" if self._namespace else f"delta.`{self.location}/{table.name}`"

    def read(self, table: Table, version: int | None = None) -> DataFrame:
        """The rows of a table at one version (default: the newest). Declared columns missing at that version are null."""
        if table.name in self._absent:
            return scans.no_rows(self.spark, schemas.declared(table))
        if not self._namespace:
            return scans.completed(scans.rows(self.spark, self._log(table, version)), table)
        reader = self.spark.read if version is None else self.spark.read.option("versionAsOf", version)
        return scans.completed(reader.table(self.identifier(table)), table)  # a catalog may have rules of its own on who reads what

    def live(self, table: Table) -> DataFrame:
        """The same of the newest version whenever it is asked for: a view of it sees what is written later."""
        if table.name in self._absent:
            return scans.no_rows(self.spark, schemas.declared(table))
        return scans.completed(self.spark.table(self.identifier(table)), table)

    def rows_at_hand(self, table: Table, *columns: str) -> list[dict[str, Any]]:
        """Some columns of a small table, without a Spark job; no rows if the table does not exist."""
        return [] if table.name in self._absent else self._log(table).rows(columns)

    def added(self, table: Table, version: int, *columns: str) -> DataFrame:
        """Some columns of the rows that one commit appended, of its files alone. Partition columns are not in files."""
        schema = StructType([field for field in schemas.declared(table).fields if field.name in columns])
        return self.spark.read.schema(schema).parquet(*map(literal_path, self._log(table).added_files(version)))

    def few_added(self, table: Table, version: int, at_most: int, *columns: str) -> list[dict[str, Any]] | None:
        """The same rows without a Spark job; None if there are more."""
        return table_log.few_rows(self._log(table).added_files(version), at_most, *columns)

    def version(self, table: Table) -> int:
        """The newest version number; -1 if the table does not exist."""
        return -1 if table.name in self._absent else self._log(table).version

    def stored_transaction(self, table: Table, app_id: str, version: int) -> int:
        """The transaction version stored for app_id at a table version; -1 if there is none."""
        return self._log(table, version).stored_transaction(app_id)

    def may_hold(self, table: Table, column: str, value: str, version: int) -> bool:
        """Whether the files of a version can contain the value, as far as the log can tell."""
        return self._log(table, version).may_hold(column, value)

    def has_partition(self, table: Table, column: str, value: str, version: int) -> bool:
        """Whether a partition has files at a version."""
        return self._log(table, version).has_partition(column, value)

    def num_rows(self, table: Table, version: int) -> int:
        """Rows at a version, as far as the log tells; no row is read for it."""
        return self._log(table, version).num_rows()

    def commits_since(self, table: Table, version: int) -> list[Commit]:
        """Commits with our notes after a version, oldest first."""
        return [] if table.name in self._absent else self._log(table).commits_since(version)

    def appends(self, table: Table, after: int, until: int) -> list[Commit] | None:
        """As TableLog.appends."""
        return self._log(table).appends(after, until)

    def append(self, rows: DataFrame, table: Table, note: dict[str, Any], transaction: Transaction | None = None) -> int:
        """Append rows as one commit and return its version. Delta matches columns by name.

        Raises ConcurrentRunError if another writer holds the transaction: then nothing was written. Rows without a declared column are
        refused by Spark, which names it: a forgotten column would be null for ever.
        """
        return self._commit(rows.select(table.column_names), table, note, transaction, {})

    def append_rows(
        self, table: Table, rows: Sequence[Mapping[str, Any]], note: Mapping[str, Any], transactions: Sequence[Transaction] = ()
    ) -> None:
        """Append rows that the driver holds, as one commit and without a Spark job; once, if transactions are given.

        Raises ValueError for a row without a declared column, or with another one.
        """
        for row in rows:
            if different := set(row) ^ set(table.column_names):
                raise ValueError(f"wanted the columns of {table.name}; missing or unknown: {', '.join(sorted(different))}")
        self._log(table).append(rows, note, transactions)

    def replace(self, rows: DataFrame, table: Table, where: str, note: dict[str, Any], transaction: Transaction | None = None) -> int:
        """Replace the rows that match a predicate on partition columns, in one commit; columns and errors as in append."""
        return self._commit(rows.select(table.column_names), table, note, transaction, {"replaceWhere": where})

    def file_sizes(self, table: Table) -> list[list[int]]:
        """Bytes of the files of the newest version, a list for each partition."""
        return [] if table.name in self._absent else self._log(table).file_sizes()

    def _commit(self, rows: DataFrame, table: Table, note: dict[str, Any], transaction: Transaction | None, options: dict[str, str]) -> int:
        before = self.version(table)
        mode = "overwrite" if options else "append"
        writer = rows.write.format("delta").mode(mode).options(**options).option("userMetadata", json.dumps(note))
        if transaction is not None:
            writer = writer.option("txnAppId", transaction.app_id).option("txnVersion", transaction.version)
        self._save(writer, table)
        return self.committed(table, before, note, transaction)

    def committed(self, table: Table, before: int, note: dict[str, Any], transaction: Transaction | None) -> int:
        """The version after another one that a commit with this note made. Raises ConcurrentRunError if its transaction was stale."""
        # For a stale transaction Delta writes only a log line, so only our own note proves that the rows were committed.
        for commit in self.commits_since(table, before):
            if commit.note == note:
                return commit.version
        if transaction is None:  # Delta makes no commit if no rows replace no rows
            return before
        raise concurrent(table)

    def _save(self, writer: DataFrameWriter, table: Table) -> None:
        with conflicts_named(table):
            writer.saveAsTable(self.identifier(table)) if self._namespace else writer.save(f"{self.location}/{table.name}")

    def exists(self, table: Table) -> bool:
        """Whether the table exists. Raises WarehouseError for a folder that is not a Delta table."""
        if self._namespace:
            return self.spark.catalog.tableExists(self.identifier(table))
        folder = f"{self.location}/{table.name}"
        if self._has_log(folder):
            return True
        if self._store.is_local and Path(folder).exists() and any(Path(folder).iterdir()):
            raise WarehouseError(f"a Delta table at {folder}", "a folder with other files", "Give another --warehouse.")
        return False

    def _has_log(self, folder: str) -> bool:
        try:
            return table_log.exists(folder)
        except OSError as error:
            todo = "Look at the address, and at the credentials in the environment (docs/storage.md)."
            raise WarehouseError("a place of tables that answers", f"{self.location}: {reason_of(error)}", todo) from None

    def _open(self, access: Access) -> None:
        """Check every table before any is created or changed."""
        tell_hadoop(self.spark, self.location)
        if access == "create":
            self._make_place()
        elif not self.exists(tables.RUNS):
            todo = "Run `bubblenet run --warehouse DIR` first, or mend --warehouse."
            raise WarehouseError("a warehouse", f"no tables at {self.location}", todo)
        with ThreadPoolExecutor(4) as pool:
            found = dict(zip(TABLES, pool.map(self._missing_columns, TABLES), strict=True))
            absent = [table for table, missing in found.items() if missing is None]
            if access == "read":
                self._absent = frozenset(table.name for table in absent)
                return
            list(pool.map(self._create, absent))
            list(pool.map(self._add_columns, [table for table, missing in found.items() if missing]))
        self.changes = tuple(_change(table, missing) for table, missing in found.items() if missing != ())

    def _missing_columns(self, table: Table) -> tuple[Column, ...] | None:
        """None if the table itself is missing."""
        return self._log(table).missing_columns(table) if self.exists(table) else None

    def _make_place(self) -> None:
        if self._namespace:
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {self._namespace}")
        elif self._store.is_local:
            self._make_folder()

    def _make_folder(self) -> None:
        try:
            Path(self.location).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            got = f"{self.location}: {error.strerror}"
            raise WarehouseError("a folder that can be written", got, "Give another --warehouse.") from None

    def _create(self, table: Table) -> None:
        try:
            self._create_in_catalog(table) if self._namespace else table_log.create(table, f"{self.location}/{table.name}")
        except Exception:
            if not self.exists(table):  # else another driver created it concurrently
                raise

    def _create_in_catalog(self, table: Table) -> None:
        from delta.tables import DeltaTable

        builder = DeltaTable.createIfNotExists(self.spark).comment(table.comment).tableName(self.identifier(table))
        for column in table.columns:
            builder = builder.addColumn(column.name, column.type, comment=column.comment)
        for key, value in schemas.properties(table).items():
            builder = builder.property(key, value)
        builder.partitionedBy(*table.partitioned_by).execute()

    def _add_columns(self, table: Table) -> None:
        """Add the missing columns in one commit of the log; data files are not touched.

        If another driver does the same concurrently, one of the two fails, checks again and finds nothing missing. Comments of existing
        columns, and the set of columns with statistics, stay unchanged.
        """
        for remaining in reversed(range(_MOST_TRIES)):
            missing = self._missing_columns(table)
            if not missing:
                return
            try:
                self.spark.sql(f"ALTER TABLE {self.identifier(table)} ADD COLUMNS ({schemas.ddl(missing)})")
            except Exception:
                if not remaining:
                    raise

    def _log(self, table: Table, version: int | None = None) -> TableLog:
        return TableLog(self._table_location(table), version)

    def _table_location(self, table: Table) -> str:
        if not self._namespace:
            return f"{self.location}/{table.name}"
        if table.name not in self._locations:
            detail = self.spark.sql(f"DESCRIBE DETAIL {self.identifier(table)}").first()
            self._locations[table.name] = detail["location"].removeprefix("file:") if detail else ""
        return self._locations[table.name]


def _change(table: Table, missing: Sequence[Column] | None) -> str:
    return f"{table.name}: made" if missing is None else f"{table.name}: added {', '.join(column.name for column in missing)}"
