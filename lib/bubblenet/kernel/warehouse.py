"""The warehouse: where the tables lie, how one version of them is read, and how a commit is made and found again.

Tables are Delta tables at DIR/<table>, or catalog tables when `tables.schema` is set. Metadata (versions, transactions, commit notes) is
read with delta-rs, which needs no Spark job; rows are read and written by Spark alone.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet import tables
from bubblenet.errors import ConcurrentRunError, SchemaVersionError, WarehouseError
from bubblenet.tables import SCHEMA_VERSION, TABLES, Table

if TYPE_CHECKING:
    from deltalake import DeltaTable as DeltaLog
    from pyspark.sql import DataFrame, DataFrameWriter, SparkSession

_SCHEMA_VERSION_KEY = "bubblenet.schema_version"
_PROPERTIES = {
    "delta.enableDeletionVectors": "false",  # any reader works, and take-downs rewrite files
    _SCHEMA_VERSION_KEY: str(SCHEMA_VERSION),
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """A Delta transaction id: a commit whose version is not above the stored one does nothing, and of two at once one fails."""

    app_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a table, with the note its writer left."""

    version: int
    timestamp: int
    note: dict[str, Any]


class Warehouse:
    """All tables under one folder, or in one catalog schema.

    Opening it creates missing tables. Raises SchemaVersionError when a table was made by another schema version and WarehouseError when a
    folder holds something that is not a Delta table.
    """

    def __init__(self, spark: SparkSession, location: str, *, catalog: str = "", schema: str = "", create: bool = True) -> None:
        self.spark = spark
        self.location = location if "://" in location else str(Path(location).resolve())
        if "%" in self.location:  # delta-rs decodes a path twice, and would look for the tables elsewhere
            raise WarehouseError("a warehouse path without a percent sign", self.location, "Give another --warehouse.")
        self._namespace = ".".join(f"`{part}`" for part in (catalog, schema) if part) if schema else ""
        self._locations: dict[str, str] = {}
        if create:
            self._create_missing()
        elif not self.exists(tables.RUNS):
            raise WarehouseError(
                "a warehouse", f"no tables at {self.location}", "Run `bubblenet run --warehouse DIR` first, or mend --warehouse."
            )

    def plan_location(self, run_id: str, stage: str) -> str:
        """Folder of the materialised plan of one stage in one run; removed when the stage ends."""
        return f"{self.location}/_plans/{run_id}/{stage.replace('/', '-')}"

    def identifier(self, table: Table) -> str:
        """How SQL names the table: delta.`path` or catalog.schema.table."""
        return f"{self._namespace}.`{table.name}`" if self._namespace else f"delta.`{self.location}/{table.name}`"

    def read(self, table: Table, version: int | None = None) -> DataFrame:
        """The rows of a table at one version (default: the newest)."""
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        return reader.table(self.identifier(table)) if self._namespace else reader.load(f"{self.location}/{table.name}")

    def version(self, table: Table) -> int:
        """The newest version number."""
        return self._log(table).version()

    def stored_transaction(self, table: Table, app_id: str, version: int) -> int:
        """The transaction version stored for app_id at a table version; -1 when there is none."""
        stored = self._log(table, version).transaction_version(app_id)
        return -1 if stored is None else stored

    def may_hold(self, table: Table, column: str, value: str, version: int) -> bool:
        """Whether the files of a version can have the value, by the least and greatest value that the log stores of each file."""
        import pyarrow as pa

        files = pa.table(self._log(table, version).get_add_actions(flatten=True))
        bounds = [f"min.{column}", f"max.{column}"]
        if not set(bounds) <= set(files.column_names):
            return files.num_rows > 0
        return any(None in pair or pair[0] <= value <= pair[1] for pair in zip(*files.select(bounds).to_pydict().values(), strict=True))

    def commits_since(self, table: Table, version: int) -> list[Commit]:
        """Commits with our notes above a version, oldest first."""
        log, version = self._log(table), max(version, 0)
        entries = log.history(log.version() - version) if log.version() > version else []
        commits = [Commit(entry["version"], entry["timestamp"], _parse_note(entry)) for entry in entries]
        return sorted((commit for commit in commits if commit.note), key=lambda commit: commit.version)

    def append(self, rows: DataFrame, table: Table, note: dict[str, Any], transaction: Transaction | None = None) -> int:
        """Append rows as one commit and return its version.

        Raises ConcurrentRunError when another writer holds the transaction: nothing was written then.
        """
        return self._commit(rows.select(table.column_names), table, note, transaction, {})

    def append_once(self, rows: DataFrame, table: Table, note: dict[str, Any], transaction: Transaction) -> None:
        """Append rows unless the transaction was committed before, by this driver or by another one."""
        try:
            self.append(rows, table, note, transaction)
        except ConcurrentRunError:
            return

    def replace(self, rows: DataFrame, table: Table, where: str, note: dict[str, Any]) -> int:
        """Replace the rows that match a predicate on partition columns, in one commit."""
        return self._commit(rows.select(table.column_names), table, note, None, {"replaceWhere": where})

    def _commit(self, rows: DataFrame, table: Table, note: dict[str, Any], transaction: Transaction | None, options: dict[str, str]) -> int:
        before = self.version(table)
        mode = "overwrite" if options else "append"
        writer = rows.write.format("delta").mode(mode).options(**options).option("userMetadata", json.dumps(note))
        if transaction is not None:
            writer = writer.option("txnAppId", transaction.app_id).option("txnVersion", transaction.version)
        self._save(writer, table)
        # Delta skips a stale transaction with no more than a log line, so only our own note proves that the rows are in.
        for commit in self.commits_since(table, before):
            if commit.note == note:
                return commit.version
        if transaction is None:  # Delta makes no commit when nothing replaces nothing
            return before
        raise _concurrent(table)

    def _save(self, writer: DataFrameWriter, table: Table) -> None:
        try:
            writer.saveAsTable(self.identifier(table)) if self._namespace else writer.save(f"{self.location}/{table.name}")
        except Exception as error:
            if "DELTA_CONCURRENT" in str(error) or "ConcurrentTransactionException" in str(error):
                raise _concurrent(table) from None
            raise

    def exists(self, table: Table) -> bool:
        """Whether the table is there. Raises WarehouseError for a folder that is not a Delta table."""
        from deltalake import DeltaTable

        if self._namespace:
            return self.spark.catalog.tableExists(self.identifier(table))
        folder = f"{self.location}/{table.name}"
        if DeltaTable.is_deltatable(_delta_rs_uri(folder)):
            return True
        if "://" not in folder and Path(folder).exists() and any(Path(folder).iterdir()):
            raise WarehouseError(f"a Delta table at {folder}", "a folder with other files", "Give another --warehouse.")
        return False

    def _create_missing(self) -> None:
        if self._namespace:
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {self._namespace}")
        elif "://" not in self.location:
            self._make_folder()
        present = [table for table in TABLES if self.exists(table)]
        for table in present:
            self._check_schema_version(table)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self._create, [table for table in TABLES if table not in present]))

    def _make_folder(self) -> None:
        try:
            Path(self.location).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WarehouseError(
                "a folder that can be written", f"{self.location}: {error.strerror}", "Give another --warehouse."
            ) from None

    def _check_schema_version(self, table: Table) -> None:
        found = self._log(table).metadata().configuration.get(_SCHEMA_VERSION_KEY, "none")
        if found != str(SCHEMA_VERSION):
            raise SchemaVersionError(
                f"tables of schema version {SCHEMA_VERSION}",
                f"version {found} in {table.name} at {self.location}",
                "Use the bubblenet release that made them, or start a new warehouse.",
            )

    def _create(self, table: Table) -> None:
        from delta.tables import DeltaTable

        builder = DeltaTable.createIfNotExists(self.spark).comment(table.comment)
        builder = builder.tableName(self.identifier(table)) if self._namespace else builder.location(f"{self.location}/{table.name}")
        for column in table.columns:
            builder = builder.addColumn(column.name, column.type, comment=column.comment)
        for key, value in _PROPERTIES.items():
            builder = builder.property(key, value)
        if table.statistics:
            builder = builder.property("delta.dataSkippingStatsColumns", ",".join(table.statistics))
        try:
            builder.partitionedBy(*table.partitioned_by).execute()
        except Exception:
            if not self.exists(table):  # else another driver made it at the same moment
                raise

    def _log(self, table: Table, version: int | None = None) -> DeltaLog:
        from deltalake import DeltaTable

        return DeltaTable(_delta_rs_uri(self._table_location(table)), version=version)

    def _table_location(self, table: Table) -> str:
        if not self._namespace:
            return f"{self.location}/{table.name}"
        if table.name not in self._locations:
            detail = self.spark.sql(f"DESCRIBE DETAIL {self.identifier(table)}").first()
            self._locations[table.name] = detail["location"].removeprefix("file:") if detail else ""
        return self._locations[table.name]


def _parse_note(entry: dict[str, Any]) -> dict[str, Any]:
    """The JSON note of one history entry; empty for commits that are not ours (maintenance by other tools)."""
    try:
        note = json.loads(entry.get("userMetadata") or "{}")
    except json.JSONDecodeError:
        return {}
    return note if isinstance(note, dict) else {}


def _delta_rs_uri(location: str) -> str:
    """delta-rs takes URLs, so a local path is quoted, and object stores are spelt without Hadoop's suffixes."""
    if "://" not in location:
        return Path(location).as_uri()
    return location.replace("s3a://", "s3://", 1).replace("wasbs://", "az://", 1)


def _concurrent(table: Table) -> ConcurrentRunError:
    return ConcurrentRunError(
        f"to be the only writer of this stage of {table.name}",
        "a commit of another driver",
        "Wait for the other run, then start this one again.",
    )
