"""Compares the schema of a stored table with its declaration.

A missing declared column can be added. Any other difference is an error that names it, before a row is read or written: another schema
version, another partition column, a column of another type (a struct with a new field is another type), a column that is not nullable.
Undeclared columns stay: they belong to a newer release, or to the owner, and are null in rows written here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn, cast

from pyspark.sql.types import StructType

from bubblenet import __version__
from bubblenet.errors import SchemaVersionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deltalake import DeltaTable as DeltaLog

    from bubblenet.tables import Column, Table

_VERSION_KEY = "bubblenet.schema_version"
_RELEASE_KEY = "bubblenet.release"
_NOT_NULL = " NOT NULL"


def properties(table: Table) -> dict[str, str]:
    """The properties of a new table.

    The release is the one that created the table. Adding columns later does not change it: releases that could read the table still can.
    """
    chosen = {
        "delta.enableDeletionVectors": "false",  # any reader works, and take-downs rewrite files
        _VERSION_KEY: str(table.schema_version),
        _RELEASE_KEY: __version__,
    }
    return chosen | ({"delta.dataSkippingStatsColumns": ",".join(table.statistics)} if table.statistics else {})


def declared(table: Table) -> StructType:
    """The declared schema with its comments. Spark parses the types, so a session must exist."""
    schema = cast(StructType, StructType.fromDDL(table.ddl))
    for field, column in zip(schema.fields, table.columns, strict=True):
        field.metadata = {"comment": column.comment}
    return schema


def ddl(columns: Sequence[Column]) -> str:
    """The columns as Spark SQL declares them, with their comments."""
    return ", ".join(f"`{column.name}` {column.type} COMMENT {_literal(column.comment)}" for column in columns)


def missing_columns(table: Table, log: DeltaLog) -> tuple[Column, ...]:
    """The declared columns that the stored table lacks. Raises SchemaVersionError for any other difference."""
    metadata = log.metadata()
    found = metadata.configuration.get(_VERSION_KEY, "none")
    if found != str(table.schema_version):
        _refuse(table, f"schema version {table.schema_version}", f"version {found}", metadata.configuration)
    if tuple(metadata.partition_columns) != table.partitioned_by:
        got = _partitions(metadata.partition_columns)
        _refuse(table, _partitions(table.partitioned_by), got, metadata.configuration)
    types, declared = _stored_types(log), {column.name: column.type for column in table.columns}
    for name, found_type in types.items():
        wanted_type = declared.get(name, found_type.removesuffix(_NOT_NULL))
        if found_type.lower() != wanted_type.lower():
            _refuse(table, f"column {name} {wanted_type}", f"{name} {found_type}", metadata.configuration)
    return tuple(column for column in table.columns if column.name not in types)


def stored(log: DeltaLog) -> StructType:
    """The stored schema. Delta keeps it in Spark's format, so no query is needed."""
    return StructType.fromJson(json.loads(log.schema().to_json()))


def _stored_types(log: DeltaLog) -> dict[str, str]:
    """Column -> Spark SQL type."""
    return {field.name: field.dataType.simpleString() + ("" if field.nullable else _NOT_NULL) for field in stored(log).fields}


def _literal(text: str) -> str:
    """The text as a Spark SQL literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _partitions(names: tuple[str, ...] | list[str]) -> str:
    return f"partitions by {', '.join(names) or 'nothing'}"


def _refuse(table: Table, wanted: str, got: str, found: Mapping[str, str | None]) -> NoReturn:
    release = found.get(_RELEASE_KEY)
    maker = f"bubblenet {release}" if release else f"a bubblenet release with schema version {found.get(_VERSION_KEY, 'none')}"
    raise SchemaVersionError(
        f"{wanted} in table {table.name}, as bubblenet {__version__} writes it",
        f"{got}, in a table made by {maker}",
        f"Use {maker} here, or start a new warehouse.",
    )
