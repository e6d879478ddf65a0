"""The log of one table, with delta-rs: what is asked of it, and what little is written, costs no Spark job.

Spark needs a second or more for a commit of one row, and jobs of its own to read a log. Rows that a driver holds anyway (the ledger,
recipes) and empty tables are therefore committed here; what workers make is written by Spark alone.
"""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from bubblenet.errors import ConcurrentRunError
from bubblenet.kernel import schemas
from bubblenet.stores import Store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction
    from pyspark.sql.types import StructType

    from bubblenet.tables import Column, Table

_MOST_SMALL_FILES = 64
_NOT_COMPACTED = "[]^|"  # a table below a folder with one of these: deltalake panics
_CHANGE_NO_ROW = ("CREATE TABLE", "ADD COLUMNS", "SET TBLPROPERTIES", "OPTIMIZE", "VACUUM START", "VACUUM END")
_NOTE = "userMetadata"  # of a commit; Spark's name for it


@dataclass(frozen=True, slots=True)
class Transaction:
    """A Delta transaction id: a commit whose version is not above the stored one has no effect, and of two concurrent ones one fails."""

    app_id: str
    version: int


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit of a table, with its writer's note."""

    version: int
    timestamp: int
    note: dict[str, Any]


def exists(location: str) -> bool:
    """Whether there is a Delta table at a location."""
    from deltalake import DeltaTable

    return DeltaTable.is_deltatable(Store.of(location).delta)


def create(table: Table, location: str) -> None:
    """Create an empty table. Raises deltalake.exceptions.DeltaError if it exists."""
    from deltalake import DeltaTable, Schema

    DeltaTable.create(
        Store.of(location).delta,
        Schema.from_json(schemas.declared(table).json()),
        mode="error",
        partition_by=list(table.partitioned_by),
        description=table.comment,
        configuration=dict(schemas.properties(table)),
        raise_if_key_not_exists=False,  # keys of ours
    )


def few_rows(files: Sequence[str], at_most: int, *columns: str) -> list[dict[str, Any]] | None:
    """Some columns of all rows of Parquet files, at paths or URLs as Spark spells them; None if there are more rows, or many files."""
    from pyarrow import parquet

    def opened(file: str) -> parquet.ParquetFile:
        folder, _, name = file.rpartition("/")
        return parquet.ParquetFile(name, filesystem=Store.of(folder).files())

    if len(files) > _MOST_SMALL_FILES:
        return None
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(opened, files))
    if sum(file.metadata.num_rows for file in found) > at_most:
        return None
    return [row for file in found for row in file.read(columns=list(columns)).to_pylist()]


class TableLog:
    """The log of the table at a location, as far as a version (default: the newest)."""

    def __init__(self, location: str, version: int | None = None) -> None:
        from deltalake import DeltaTable

        self._store = Store.of(location)
        self._table = DeltaTable(self._store.delta, version=version)

    @property
    def version(self) -> int:
        """Number of the newest version."""
        return self._table.version()

    @property
    def location(self) -> str:
        """Path or URL of the table, as Spark spells it."""
        return self._store.spark

    @property
    def schema(self) -> StructType:
        """As schemas.stored."""
        return schemas.stored(self._table)

    def plain_files(self, at_most: int) -> list[str] | None:
        """Paths or URLs of all files, if any reader of Parquet gets the table's rows from them; None if not, or if there are more.

        It does not where a newer protocol marks rows as deleted or renames columns, and where a file is not in its partition's folder.
        """
        import pyarrow as pa

        if self._table.protocol().min_reader_version > 1:
            return None
        files = pa.table(self._table.get_add_actions())
        if files.num_rows > at_most:
            return None
        partitions = files["partition"].to_pylist() if "partition" in files.column_names else [{}] * files.num_rows
        paths = [unquote(path) for path in files["path"].to_pylist()]
        if not all(map(_is_in_folder, paths, partitions)):
            return None
        return [f"{self.location}/{path}" for path in paths]

    def missing_columns(self, table: Table) -> tuple[Column, ...]:
        """As schemas.missing_columns."""
        return schemas.missing_columns(table, self._table)

    def stored_transaction(self, app_id: str) -> int:
        """The transaction version stored for app_id; -1 if there is none."""
        stored = self._table.transaction_version(app_id)
        return -1 if stored is None else stored

    def may_hold(self, column: str, value: str) -> bool:
        """Whether the files can contain a value, by the minimum and maximum that the log stores for each file."""
        import pyarrow as pa

        files = pa.table(self._table.get_add_actions(flatten=True))
        bounds = [f"min.{column}", f"max.{column}"]
        if not set(bounds) <= set(files.column_names):
            return files.num_rows > 0
        return any(None in pair or pair[0] <= value <= pair[1] for pair in zip(*files.select(bounds).to_pydict().values(), strict=True))

    def has_partition(self, column: str, value: str) -> bool:
        """Whether there is a file in the partition."""
        return bool(self._table.file_uris(file_pruning_predicate=[(column, "=", value)]))

    def num_rows(self) -> int:
        """Rows of all files, as far as the log tells."""
        import pyarrow as pa

        return sum(number or 0 for number in pa.table(self._table.get_add_actions())["num_records"].to_pylist())

    def file_sizes(self) -> list[list[int]]:
        """Bytes of the files, a list for each partition."""
        import pyarrow as pa

        files, sizes = pa.table(self._table.get_add_actions()), dict[str, list[int]]()
        partitions = files["partition"].to_pylist() if "partition" in files.column_names else [None] * files.num_rows
        for partition, size in zip(partitions, files["size_bytes"].to_pylist(), strict=True):
            sizes.setdefault(str(partition), []).append(size)
        return list(sizes.values())

    def rows(self, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Some columns of all rows: for a table that a driver can hold."""
        found: list[dict[str, Any]] = self._table.to_pyarrow_table(columns=list(columns)).to_pylist()
        return found

    def commits_since(self, version: int) -> list[Commit]:
        """Commits with our notes after a version, oldest first."""
        newest, version = self.version, max(version, 0)
        entries = self._table.history(newest - version) if newest > version else []
        commits = [Commit(entry["version"], entry["timestamp"], _parse_note(entry)) for entry in entries]
        return sorted((commit for commit in commits if commit.note), key=lambda commit: commit.version)

    def appends(self, after: int, until: int) -> list[Commit] | None:
        """Our commits after one version and up to another, newest first; None if they did more than append, or the log tells too little."""
        entries = [entry for entry in self._table.history(max(self.version - after, 1)) if after < entry["version"] <= until]
        written = [entry for entry in entries if entry["operation"] not in _CHANGE_NO_ROW]
        commits = [Commit(entry["version"], entry["timestamp"], _parse_note(entry)) for entry in written]
        are_appends = all((entry["operation"], entry["operationParameters"].get("mode")) == ("WRITE", "Append") for entry in written)
        return commits if len(entries) == until - after and are_appends and all(commit.note for commit in commits) else None

    def added_files(self, version: int) -> list[str]:
        """Paths or URLs of the files that one commit added. Raises FileNotFoundError for a commit whose log entry was cleaned up."""
        with self._store.files().open_input_stream(f"_delta_log/{version:020}.json") as stream:
            actions = [json.loads(line) for line in stream.read().splitlines()]
        return [f"{self._store.spark}/{unquote(action['add']['path'])}" for action in actions if "add" in action]

    def append(self, rows: Sequence[Mapping[str, Any]], note: Mapping[str, Any], transactions: Sequence[Transaction]) -> None:
        """Append rows that are at hand, in one commit; no effect if there are transactions and each was committed before.

        Raises ConcurrentRunError if another writer commits one of the transactions at the same time.
        """
        from deltalake import CommitProperties
        from deltalake import Transaction as Stored
        from deltalake.exceptions import CommitFailedError

        if transactions and all(self.stored_transaction(one.app_id) >= one.version for one in transactions):
            return
        stored = [Stored(transaction.app_id, transaction.version) for transaction in transactions]
        properties = CommitProperties(custom_metadata={_NOTE: json.dumps(note)}, app_transactions=stored)
        partitions = self._table.metadata().partition_columns
        files: list[AddAction | RemoveAction] = [
            self._write_file(group, dict(zip(partitions, key, strict=True))) for key, group in _by(rows, partitions).items()
        ]
        try:
            self._table.create_write_transaction(files, "append", self._table.schema(), partitions, commit_properties=properties)
        except CommitFailedError as error:
            raise ConcurrentRunError("to be the only writer of these rows", str(error), "Start the same command again.") from None
        if not set(_NOT_COMPACTED) & set(self._store.spark):
            _compact(self._table)

    def _write_file(self, rows: Sequence[Mapping[str, Any]], partition: Mapping[str, Any]) -> AddAction:
        """Write the rows of one partition, and describe the file for the log.

        deltalake's own writer panics below a folder whose name has one of _NOT_COMPACTED.
        """
        import pyarrow as pa
        from deltalake.transaction import AddAction
        from pyarrow import parquet

        schema = pa.schema([field for field in pa.schema(self._table.schema()) if field.name not in partition])
        name, files = f"part-{uuid.uuid4()}.snappy.parquet", self._store.files()
        with files.open_output_stream(name) as stream:
            parquet.write_table(pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows], schema=schema), stream)
        values = {column: None if value is None else str(value) for column, value in partition.items()}
        now, statistics = int(time.time() * 1000), json.dumps({"numRecords": len(rows)})
        return AddAction(name, files.get_file_info(name).size, values, now, data_change=True, stats=statistics)


def _is_in_folder(path: str, partition: Mapping[str, Any]) -> bool:
    """Whether a file's folders are those of its partition, COLUMN=VALUE each."""
    folders = dict(unquote(folder).partition("=")[::2] for folder in path.split("/")[:-1])
    return folders == {column: str(value) for column, value in partition.items()}


def _by(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[tuple[Any, ...], list[Mapping[str, Any]]]:
    """The rows by their values in some columns."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[column] for column in columns), []).append(row)
    return groups


def _compact(table: DeltaTable) -> None:
    """Join the files when there are many: each append makes one. Rows, transactions and older versions stay."""
    from deltalake.exceptions import CommitFailedError

    if len(table.file_uris()) > _MOST_SMALL_FILES:
        with suppress(CommitFailedError):  # another driver commits at this moment; the next append tries again
            table.optimize.compact()


def _parse_note(entry: dict[str, Any]) -> dict[str, Any]:
    """The JSON note of one history entry; empty for commits that are not ours (maintenance by other tools)."""
    try:
        note = json.loads(entry.get(_NOTE) or "{}")
    except json.JSONDecodeError:
        return {}
    return note if isinstance(note, dict) else {}
