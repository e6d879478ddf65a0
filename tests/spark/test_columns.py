"""Columns are added to tables that are there: nothing is rewritten, nothing is asked again, and whoever only looks changes nothing."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tarfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from bubblenet import settings
from bubblenet.errors import ConcurrentRunError, WarehouseError
from bubblenet.jobs import migrate, pipeline
from bubblenet.kernel import warehouse as warehouse_module
from bubblenet.kernel.table_log import Transaction
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method import curation, recipe
from bubblenet.tables import CURATED, INSTRUCTIONS, JUDGEMENTS, ROUNDS, RUNS, SCORES, TABLES, Column, Table
from bubblenet.tables.declaration import columns
from bubblenet.viewing.report import write_report
from bubblenet.viewing.status import print_status
from tests.corpora import OLD_QUESTION, OLD_WAREHOUSE, page, write_pages
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

MOOD = Column("mood", "STRING", "whether it's asked, or told; \\ or neither")
WEIGHTS = Column("weights", "ARRAY<STRUCT<name:STRING,weight:DOUBLE>>", "what it weighs")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A warehouse of release 0.1.0 with two pages, all stages done."""
    folder = tmp_path / "warehouse"
    with tarfile.open(OLD_WAREHOUSE) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def declare() -> Iterator[Callable[..., None]]:
    """A function that declares one column more: declarations are frozen, and imported by name in many modules."""
    changed: list[tuple[Table, tuple[Column, ...]]] = []

    def add(table: Table, column: Column, place: int) -> None:
        changed.append((table, table.columns))
        object.__setattr__(table, "columns", (*table.columns[:place], column, *table.columns[place:]))

    yield add
    for table, declared in reversed(changed):
        object.__setattr__(table, "columns", declared)


@pytest.fixture
def toys(monkeypatch) -> Callable[[Table], None]:
    """A function that makes a declaration the only table of the warehouse, beside `runs`."""
    return lambda table: monkeypatch.setattr(warehouse_module, "TABLES", (RUNS, table))


TOYS = Table("toys", "One toy.", columns("name STRING its name\nround INT when\npolicy STRING how"), ("round", "policy"))
GATES_OF_0_1_0 = {
    "clean": 2, "empty": 1, "unfinished": 2, "prompt_echo": 2, "bare_title": 1, "passage_copy": 2, "task_talk": 2, "refusal": 1,
    "wrong_language": 2, "not_an_instruction": 2, "degenerate_repetition": 1, "too_short": 1, "too_long": 1, "generic": 2,
}  # fmt: skip
"""What stood in fingerprints when each gate had a version of its own."""
NEW_TOYS = dataclasses.replace(TOYS, columns=(MOOD, *TOYS.columns[:1], WEIGHTS, *TOYS.columns[1:]))


def log_of(folder: Path, table: Table) -> DeltaTable:
    return DeltaTable((folder / table.name).as_uri())


def rows_of(warehouse: Warehouse, table: Table, version: int | None = None) -> list[tuple]:
    return sorted((tuple(row) for row in warehouse.read(table, version).select(table.column_names).collect()), key=str)


def test_columns_are_added_to_the_tables_of_release_0_1_0_and_no_model_is_asked_again(make_context, old, tmp_path, declare, monkeypatch):
    pages = {"page0": page("page0"), "page1": page("page1", question=OLD_QUESTION)}
    calls = tmp_path / "calls"
    calls.mkdir()
    before = {table.name: log_of(old, table) for table in (INSTRUCTIONS, SCORES, JUDGEMENTS)}
    monkeypatch.setattr(recipe, "SHAPE_VERSION", 1)  # rules of that release; what another version redoes is seen in test_versions.py
    monkeypatch.setattr(recipe, "GATES_VERSION", GATES_OF_0_1_0)
    declare(INSTRUCTIONS, MOOD, 2)
    declare(SCORES, WEIGHTS, len(SCORES.columns))
    declare(JUDGEMENTS, MOOD, 0)

    inputs = (str(write_pages(tmp_path / "pages", pages)),)
    # The pages of that release's snapshot are gone; the same texts come again as another one.
    context = make_context("B", f"engine.call_log={calls}", "curation.leave_out_stale=true", inputs=inputs, location=old)

    for table, column in ((INSTRUCTIONS, MOOD), (SCORES, WEIGHTS), (JUDGEMENTS, MOOD)):
        log = log_of(old, table)
        assert log.version() == before[table.name].version() + 1
        assert sorted(log.file_uris()) == sorted(before[table.name].file_uris())
        assert next(field for field in log.schema().fields if field.name == column.name).metadata == {"comment": column.comment}
        assert {row[column.name] for row in context.warehouse.read(table).collect()} == {None}

    judge = curation.judge  # whoever declares a column says what fills it
    monkeypatch.setattr(curation, "judge", lambda *given: judge(*given).withColumn("mood", F.lit(None).cast("string")))
    reports = run_all(context)

    asked = [json.loads(line) for file in calls.glob("*.jsonl") for line in file.read_text().splitlines()]
    assert [line for line in asked if line["op"] != "load"] == []
    of_models = {name: report for name, report in reports.items() if name.startswith(("extract", "backtranslate", "score/"))}
    assert {name: report.num_rows for name, report in of_models.items()} == dict.fromkeys(of_models, 0)
    assert min(report.counts.kept for report in of_models.values()) > 0
    assert reports["segment"].num_rows == 5  # the pages lie elsewhere now
    assert context.warehouse.read(JUDGEMENTS).where("mood IS NULL").count() == 17
    assert context.warehouse.read(CURATED).count() == 5


def test_migrate_says_what_it_added_keeps_every_row_and_may_be_killed(spark, old, monkeypatch, capsys):
    def rows_of(table: Table) -> list[str]:
        return sorted(str(row) for row in DeltaTable(str(old / table.name)).to_pyarrow_table(columns=before[table.name]).to_pylist())

    before = {table.name: log_of(old, table).schema().to_arrow().names for table in TABLES if (old / table.name).exists()}
    kept = {table.name: rows_of(table) for table in TABLES if table.name in before}

    def killed(self, table):
        raise KeyboardInterrupt

    monkeypatch.setattr(Warehouse, "_add_columns", killed)
    with pytest.raises(KeyboardInterrupt):
        Warehouse(spark, str(old), access="update")
    monkeypatch.undo()

    arguments = ["--warehouse", str(old), "--set", "engine.kind=scripted"]
    assert [migrate.JOB.main(arguments) for _ in range(2)] == [0, 0]

    first, again = capsys.readouterr().out.split("migrate nothing was missing")
    assert ": added " in first  # what the killed one had not come to
    assert "instructions" in first
    assert "made under other rules" in again
    assert {table.name: rows_of(table) for table in TABLES if table.name in before} == kept


def test_whoever_looks_changes_nothing_and_sees_missing_columns_as_null(spark, old, tmp_path, declare):
    shutil.rmtree(old / ROUNDS.name)
    declare(SCORES, WEIGHTS, 3)
    before = {path.relative_to(old): path.stat().st_mtime_ns for path in old.rglob("*")}

    warehouse = Warehouse(spark, str(old), access="read")
    chosen = settings.load(None, ["engine.kind=scripted"])
    print_status(chosen, warehouse, pipeline.STAGES)
    write_report(chosen, warehouse, tmp_path / "report.html")

    found = spark.sql("SELECT count(*) AS num, count(weights) AS known FROM scores").first()
    assert found is not None
    assert (found["num"], found["known"]) == (19, 0)
    assert spark.sql("SELECT round, gain_on_start FROM rounds").collect() == []
    assert warehouse.version(ROUNDS) == -1
    assert warehouse.commits_since(ROUNDS, 0) == []
    assert {path.relative_to(old): path.stat().st_mtime_ns for path in old.rglob("*")} == before


def test_two_drivers_that_add_a_column_at_the_same_moment_add_it_once(spark, old, declare, monkeypatch):
    version = log_of(old, INSTRUCTIONS).version()
    declare(INSTRUCTIONS, MOOD, 2)
    together, name = threading.Barrier(2, timeout=60), Warehouse.identifier

    def name_together(warehouse: Warehouse, table: Table) -> str:
        """Both drivers have found the column missing, and each is about to add it."""
        together.wait()
        return name(warehouse, table)

    monkeypatch.setattr(Warehouse, "identifier", name_together)
    with ThreadPoolExecutor(2) as pool:
        opened = list(pool.map(lambda _: Warehouse(spark, str(old)), range(2)))

    assert log_of(old, INSTRUCTIONS).version() == version + 1
    assert [warehouse.read(INSTRUCTIONS).where("mood IS NULL").count() for warehouse in opened] == [17, 17]


@pytest.mark.parametrize("kind", ["folder", "catalog"])
def test_rows_go_by_the_names_of_columns_whatever_their_order(spark, tmp_path, toys, kind: str):
    place = {"schema": f"columns_{uuid.uuid4().hex}"} if kind == "catalog" else {}  # a run that was killed leaves its folder

    def opened(table: Table) -> Warehouse:
        toys(table)
        return Warehouse(spark, str(tmp_path / "warehouse"), **place)

    warehouse = opened(TOYS)
    warehouse.append(spark.createDataFrame([("top", 1, "p")], TOYS.ddl), TOYS, {"run": 1})
    first = warehouse.version(TOYS)
    warehouse = opened(NEW_TOYS)
    row = {"mood": "gay", "name": "kite", "weights": [("tail", 0.5)], "round": 1, "policy": "p"}
    warehouse.append(spark.createDataFrame([row], NEW_TOYS.ddl), NEW_TOYS, {"run": 2})
    old = opened(TOYS)  # the release before goes on writing
    old.append(spark.createDataFrame([("ball", 2, "p")], TOYS.ddl), TOYS, {"run": 3})

    known = [(None, "ball", None, 2, "p"), (None, "top", None, 1, "p"), ("gay", "kite", [("tail", 0.5)], 1, "p")]
    assert sorted(rows_of(warehouse, NEW_TOYS), key=str) == sorted(known, key=str)
    assert rows_of(warehouse, NEW_TOYS, first) == [(None, "top", None, 1, "p")]

    replaced = spark.createDataFrame([{"name": "doll", "round": 1, "policy": "p", "mood": "sad"}], NEW_TOYS.ddl)
    warehouse.replace(replaced, NEW_TOYS, NEW_TOYS.of_round(1, "p"), {"run": 4})
    old.replace(spark.createDataFrame([("cube", 2, "p")], TOYS.ddl), TOYS, TOYS.of_round(2, "p"), {"run": 5})

    assert sorted(rows_of(warehouse, NEW_TOYS), key=str) == [("sad", "doll", None, 1, "p"), (None, "cube", None, 2, "p")]


def test_rows_without_a_declared_column_are_refused(spark, tmp_path, toys):
    toys(NEW_TOYS)
    warehouse = Warehouse(spark, str(tmp_path / "warehouse"))

    with pytest.raises(AnalysisException, match="mood"):
        warehouse.append(spark.createDataFrame([("top", 1, "p")], TOYS.ddl), NEW_TOYS, {"run": 1})
    assert warehouse.version(NEW_TOYS) == 0


def test_an_update_needs_a_warehouse_and_makes_the_table_that_is_missing(spark, tmp_path, toys):
    toys(TOYS)
    with pytest.raises(WarehouseError, match="no tables at"):
        Warehouse(spark, str(tmp_path / "warehouse"), access="update")
    assert not (tmp_path / "warehouse").exists()
    Warehouse(spark, str(tmp_path / "warehouse"))
    shutil.rmtree(tmp_path / "warehouse" / TOYS.name)

    updated = Warehouse(spark, str(tmp_path / "warehouse"), access="update")

    assert updated.read(TOYS).count() == 0
    assert (tmp_path / "warehouse" / TOYS.name / "_delta_log").is_dir()


def test_a_unit_that_was_under_way_when_a_column_was_added_is_a_lost_race(spark, tmp_path, toys):
    toys(TOYS)
    warehouse = Warehouse(spark, str(tmp_path / "warehouse"))
    started = tmp_path / "started"

    def slowly(batches: Iterator[object]) -> Iterator[object]:
        started.touch()
        while not (tmp_path / "added").exists():
            time.sleep(0.05)
        yield from batches

    rows = spark.createDataFrame([("top", 1, "p")], TOYS.ddl).coalesce(1).mapInArrow(slowly, TOYS.ddl)
    with ThreadPoolExecutor(1) as pool:
        unit = pool.submit(warehouse.append, rows, TOYS, {"run": 1}, Transaction("lane", 1))
        while not started.exists():
            time.sleep(0.05)
        toys(NEW_TOYS)
        Warehouse(spark, str(tmp_path / "warehouse"))
        (tmp_path / "added").touch()
        with pytest.raises(ConcurrentRunError):
            unit.result()

    assert warehouse.read(TOYS).count() == 0
