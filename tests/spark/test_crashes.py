"""SIGKILL of the driver at named moments, two drivers at once: nothing lost, nothing doubled, nothing finished paid for twice."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import functions as F
from rich.console import Console

from bubblenet import settings
from bubblenet.app.job import Step
from bubblenet.jobs import backtranslate, pipeline
from bubblenet.kernel import ledger
from bubblenet.kernel.budget import resumed
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import DOCUMENTS, DUPLICATES, FILES, INSTRUCTIONS, MINHASH_INDEX, RUNS, SEGMENTS, TABLES
from tests.conftest import SCRIPTED
from tests.corpora import page, ten_pages, write_pages
from tests.spark import drivers

pytestmark = [pytest.mark.spark, pytest.mark.timeout(900)]

AFTER_PASSAGES = pipeline.STEPS[pipeline.STEPS.index(backtranslate.run) :]
THROUGH_BACKTRANSLATION = (FILES, DOCUMENTS, SEGMENTS, MINHASH_INDEX, DUPLICATES, INSTRUCTIONS)
OF_THE_RUN = {"run_id", "unit", "attempts", "judgements_version", "created_at"}


@pytest.fixture(scope="module")
def prepared(spark, tmp_path_factory) -> Path:
    """A folder with ten pages and a warehouse that has their passages; tests copy the warehouse and go on from there."""
    folder = tmp_path_factory.mktemp("prepared")
    ten_pages(folder / "pages")
    (folder / "calls").mkdir()
    context = open_context(spark, folder, folder)
    for step in pipeline.STEPS[: pipeline.STEPS.index(backtranslate.run)]:
        step(context)
    return folder


@pytest.fixture(scope="module")
def undisturbed(spark, prepared, tmp_path_factory) -> dict[str, str]:
    """Content hash of every table after a run that nobody disturbed."""
    folder = copy(prepared, tmp_path_factory.mktemp("undisturbed"))
    return resume(spark, prepared, folder)


def copy(prepared: Path, to: Path) -> Path:
    shutil.copytree(prepared / "warehouse", to / "warehouse")
    (to / "calls").mkdir()
    return to


def options(folder: Path) -> list[str]:
    return [*SCRIPTED, f"engine.call_log={folder / 'calls'}", "execution.unit_rows=24"]


def open_context(spark, prepared: Path, folder: Path) -> Context:
    """What a new start of the job sees: the ledger is rebuilt first."""
    warehouse = Warehouse(spark, str(folder / "warehouse"))
    ledger.rebuild(warehouse)
    return Context(spark, settings.load(None, options(folder)), warehouse, "A", Console(quiet=True), (str(prepared / "pages"),))


def resume(spark, prepared: Path, folder: Path, steps: Sequence[Step] = AFTER_PASSAGES) -> dict[str, str]:
    """Run the steps, default those that the prepared warehouse lacks, and return the content of all tables."""
    context = open_context(spark, prepared, folder)
    for step in steps:
        step(context)
    context.ledger.flush(context.warehouse)
    return content(context.warehouse)


def arguments(pages: Path, snapshot: str, folder: Path, settings_of_run: list[str]) -> list[str]:
    given = ["--input", str(pages), "--snapshot", snapshot, "--warehouse", str(folder / "warehouse")]
    return given + [part for setting in settings_of_run for part in ("--set", setting)]


def kill(point: str, prepared: Path, folder: Path, settings_of_run: list[str], *extra: str) -> None:
    """Start a driver that dies at the point, and wait until it did."""
    driver = drivers.start("backtranslate", point, *arguments(prepared / "pages", "A", folder, settings_of_run), *extra)
    output, _ = driver.communicate()
    assert driver.returncode == -signal.SIGKILL, output[-3000:]


def content(warehouse: Warehouse) -> dict[str, str]:
    """A hash of each table's rows, without what names the run that wrote them."""
    hashes = {}
    for table in TABLES:
        if table is not RUNS:
            columns = [F.col(name).cast("string") for name in table.column_names if name not in OF_THE_RUN]
            rows = sorted(str(tuple(row)) for row in warehouse.read(table).select(*columns).collect())
            hashes[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return hashes


def generated(folder: Path) -> Counter:
    """How often each candidate was asked of the engine."""
    lines = [json.loads(line) for file in (folder / "calls").glob("*.jsonl") for line in file.read_text().splitlines()]
    return Counter(line["key"] for line in lines if line["op"] == "generate")


def committed(warehouse: Warehouse) -> set[str]:
    return {row[0] for row in warehouse.read(INSTRUCTIONS).where("origin = 'generated'").select("request_id").collect()}


@pytest.mark.parametrize(
    "point", [*(pytest.param(point, marks=pytest.mark.nightly) for point in ("between_units", "before_the_ledger")), "inside_a_unit"]
)
def test_a_killed_driver_is_resumed_without_loss_or_second_payment(point, spark, prepared, undisturbed, tmp_path):
    folder = copy(prepared, tmp_path)
    kill(point, prepared, folder, options(folder))
    warehouse = Warehouse(spark, str(folder / "warehouse"))
    done, paid = committed(warehouse), generated(folder)
    assert 0 < len(done) < 80
    assert (set(paid) > done) == (point == "inside_a_unit")

    resumed = resume(spark, prepared, folder, [backtranslate.run])
    assert {table.name: resumed[table.name] for table in THROUGH_BACKTRANSLATION} == {
        table.name: undisturbed[table.name] for table in THROUGH_BACKTRANSLATION
    }

    twice = {key for key, number in generated(folder).items() if number > 1}
    assert twice.isdisjoint(done)
    assert twice <= set(paid)
    units = warehouse.read(RUNS).where("stage = 'backtranslate'")
    assert units.agg(F.sum("num_rows")).first()[0] == 80
    rebuilt = units.where("seconds IS NULL").count()  # rows of the ledger are gathered for half a minute, so a kill may cost any of them
    assert rebuilt <= (2 if point == "between_units" else 1)
    assert rebuilt or point != "before_the_ledger"
    if point == "inside_a_unit":
        assert resume(spark, prepared, folder) == undisturbed


@pytest.mark.nightly
def test_the_budget_of_a_killed_run_is_that_of_the_next_one(spark, prepared, tmp_path):
    folder = copy(prepared, tmp_path)
    kill("between_units", prepared, folder, [*options(folder), "budget.rows=60"])
    context = open_context(spark, prepared, folder)
    done = len(committed(context.warehouse))
    again = resumed(context.warehouse, context.run_id, "A")
    limited = settings.load(None, [*options(folder), f"budget.rows={done}"])

    [_, report] = backtranslate.run(replace(context, settings=limited, spent=again))

    assert again.rows == done > 0
    assert (report.num_requests, report.stopped_by) == (0, "rows")


@pytest.mark.nightly
def test_two_drivers_at_once_double_nothing(spark, prepared, undisturbed, tmp_path):
    folder = copy(prepared, tmp_path)
    pair = [drivers.start("pipeline", "undisturbed", *arguments(prepared / "pages", "A", folder, options(folder))) for _ in range(2)]
    outputs = [driver.communicate()[0] for driver in pair]

    for driver, output in zip(pair, outputs, strict=True):
        assert driver.returncode == 0, output[-3000:]
    assert resume(spark, prepared, folder) == undisturbed


@pytest.mark.nightly
def test_two_drivers_on_two_snapshots_at_once_ask_the_model_once_and_end_as_one_after_the_other(spark, empty_warehouse, tmp_path):
    pages = {name: write_pages(tmp_path / name, {f"{name}{n}": page(f"{name}{n}") for n in range(8)}) for name in ("first", "second")}
    for folder in ("at_once", "in_turn"):
        shutil.copytree(empty_warehouse, tmp_path / folder / "warehouse")
        (tmp_path / folder / "calls").mkdir()

    def start(name: str, folder: Path) -> subprocess.Popen:
        return drivers.start("pipeline", "undisturbed", *arguments(pages[name], name, folder, options(folder)))

    pair = [start(name, tmp_path / "at_once") for name in pages]
    outputs = [driver.communicate()[0] for driver in pair]
    for name in pages:
        start(name, tmp_path / "in_turn").communicate()

    assert [driver.returncode for driver in pair] == [0, 0], "\n".join(output[-3000:] for output in outputs)
    calls = generated(tmp_path / "at_once")
    assert set(calls.values()) == {1}
    assert calls == generated(tmp_path / "in_turn")
    at_once, in_turn = (content(Warehouse(spark, str(tmp_path / folder / "warehouse"))) for folder in ("at_once", "in_turn"))
    assert at_once == in_turn


@pytest.mark.nightly
@pytest.mark.model
def test_with_the_real_model_a_killed_driver_ends_with_the_same_keys(spark, prepared, tmp_path):
    folder = copy(prepared, tmp_path)
    real = [
        f"engine.call_log={folder / 'calls'}",
        "execution.unit_rows=8",
        "backtranslation.candidates=2",
        "backtranslation.max_new_tokens=16",
    ]
    kill("inside_a_unit", prepared, folder, real, "--limit", "8")
    warehouse = Warehouse(spark, str(folder / "warehouse"))
    done = committed(warehouse)
    assert done

    chosen = settings.load(None, real)
    ledger.rebuild(warehouse)
    context = Context(spark, chosen, warehouse, "A", Console(quiet=True), (str(prepared / "pages"),), 8)
    reports = {report.name: report for report in backtranslate.run(context)}

    keys, asked = committed(warehouse), generated(folder)
    assert set(asked) == keys
    assert all(asked[key] == 1 for key in done)
    assert len(keys) == 2 * (8 - reports["extract"].counts.kept)
