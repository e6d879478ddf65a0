"""A stored table against its declaration: what can be added, what is refused, and what the refusal says."""

from __future__ import annotations

import re
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from deltalake import DeltaTable, Field, Schema
from deltalake.schema import PrimitiveType

from bubblenet import __version__
from bubblenet.errors import SchemaVersionError
from bubblenet.kernel import warehouse
from bubblenet.kernel.schemas import missing_columns, properties
from bubblenet.kernel.warehouse import Access, Warehouse
from bubblenet.tables import INSTRUCTIONS, JUDGEMENTS, RECIPES, ROUNDS, TABLES, Table
from bubblenet.tables.declaration import columns
from tests.corpora import OLD_WAREHOUSE

TOYS = Table("toys", "One toy.", columns("name STRING its name\nsnapshot STRING where it is from\nweight INT grams"), ("snapshot",))
FIELDS = {"name": "string", "snapshot": "string", "weight": "integer"}


class NoSpark:
    """A session that must not be used."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"Spark was asked: {name}")


def stored(
    folder: Path, fields: dict[str, str], partitions: tuple[str, ...] = ("snapshot",), required: tuple[str, ...] = (), **changed: str | None
) -> DeltaTable:
    """A table without rows. changed: properties that differ from those of TOYS; None: without it."""
    schema = Schema([Field(name, PrimitiveType(kind), nullable=name not in required) for name, kind in fields.items()])
    configuration = properties(TOYS) | {f"bubblenet.{name}": value for name, value in changed.items()}
    kept = {name: value for name, value in configuration.items() if value is not None}
    return DeltaTable.create(folder.as_uri(), schema, partition_by=list(partitions), configuration=kept, raise_if_key_not_exists=False)


def refusal(log: DeltaTable) -> str:
    with pytest.raises(SchemaVersionError) as caught:
        missing_columns(TOYS, log)
    return str(caught.value)


def test_a_table_as_declared_lacks_nothing(tmp_path):
    assert missing_columns(TOYS, stored(tmp_path, FIELDS)) == ()


def test_columns_in_another_order_are_no_difference(tmp_path):
    assert missing_columns(TOYS, stored(tmp_path, dict(reversed(FIELDS.items())))) == ()


def test_declared_columns_that_are_not_stored_are_missing(tmp_path):
    assert [column.name for column in missing_columns(TOYS, stored(tmp_path, {"snapshot": "string", "weight": "integer"}))] == ["name"]


def test_a_table_of_release_0_1_0_is_used(tmp_path):
    assert missing_columns(TOYS, stored(tmp_path, FIELDS, schema_version="6", release=None)) == ()


def test_a_column_of_a_newer_release_is_left_alone(tmp_path):
    assert missing_columns(TOYS, stored(tmp_path, FIELDS | {"colour": "string"}, release="9.9.9")) == ()


def test_a_newer_schema_version_is_refused_with_the_release_that_made_it(tmp_path):
    message = refusal(stored(tmp_path, FIELDS, schema_version="7", release="9.9.9"))

    assert message == (
        f"wanted schema version 6 in table toys, as bubblenet {__version__} writes it; "
        "got version 7, in a table made by bubblenet 9.9.9. Use bubblenet 9.9.9 here, or start a new warehouse."
    )


@pytest.mark.parametrize("version", ["5", None])
def test_an_older_schema_version_without_a_release_is_named_by_itself(tmp_path, version: str | None):
    message = refusal(stored(tmp_path, FIELDS, schema_version=version, release=None))

    assert f"made by a bubblenet release with schema version {version or 'none'}" in message


def test_a_column_of_another_type_is_refused(tmp_path):
    message = refusal(stored(tmp_path, FIELDS | {"weight": "string"}, release="9.9.9"))

    assert re.search(r"wanted column weight INT in table toys.*got weight string, in a table made by bubblenet 9\.9\.9", message)


@pytest.mark.parametrize("name", ["weight", "colour"])
def test_a_column_that_takes_no_nulls_is_refused(tmp_path, name: str):
    message = refusal(stored(tmp_path, FIELDS | {name: "integer"}, required=(name,)))

    assert re.search(rf"wanted column {name} int in table toys.*got {name} int NOT NULL", message, re.IGNORECASE)


def test_other_partitions_are_refused(tmp_path):
    message = refusal(stored(tmp_path, FIELDS, partitions=()))

    assert re.search(r"wanted partitions by snapshot in table toys.*got partitions by nothing", message)


def test_a_new_table_names_its_schema_version_and_the_release_that_made_it():
    made = properties(INSTRUCTIONS)

    assert (made["bubblenet.schema_version"], made["bubblenet.release"]) == ("6", __version__)
    assert made["delta.dataSkippingStatsColumns"].startswith("instruction_id,segment_id,")
    assert "delta.dataSkippingStatsColumns" not in properties(RECIPES)


def as_stored(folder: Path) -> tuple[Table, ...]:
    """The declarations of the release that made a warehouse: without the tables and columns that came later."""
    tables = (table for table in TABLES if (folder / table.name).is_dir())
    lacking = {table: missing_columns(table, DeltaTable(str(folder / table.name))) for table in tables}
    return tuple(replace(table, columns=tuple(one for one in table.columns if one not in later)) for table, later in lacking.items())


def test_opening_a_warehouse_that_lacks_nothing_asks_spark_nothing(tmp_path, monkeypatch):
    with tarfile.open(OLD_WAREHOUSE) as archive:
        archive.extractall(tmp_path, filter="data")
    monkeypatch.setattr(warehouse, "TABLES", as_stored(tmp_path))

    for access in get_args(Access):
        Warehouse(NoSpark(), str(tmp_path), access=access)  # type: ignore[arg-type]


def test_tables_kept_by_round_say_which_rows_are_of_one():
    assert JUDGEMENTS.of_round(2, "strict") == ROUNDS.of_round(2, "strict") == "round = 2 AND policy = 'strict'"
    with pytest.raises(ValueError, match="got recipes"):
        RECIPES.of_round(2, "strict")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_columns_with_statistics_are_of_types_that_have_some(table):
    types = {column.name: column.type for column in table.columns}
    have = ("STRING", "INT", "BIGINT", "DOUBLE", "DATE", "TIMESTAMP")
    without = {name: types[name] for name in table.statistics if types[name] not in have}
    assert not without  # Delta refuses a catalog table with them: DELTA_COLUMN_DATA_SKIPPING_NOT_SUPPORTED_TYPE
