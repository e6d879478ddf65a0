"""All stages on real Delta tables with the scripted engine: what is done, what is not done again, and what the tables say."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pyspark.sql import functions as F
from rich.console import Console

from bubblenet import prompts, settings
from bubblenet.engines.kinds import KINDS
from bubblenet.jobs import backtranslate, deduplicate, pipeline, score
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import CURATED, DOCUMENTS, FILES, INSTRUCTIONS, JUDGEMENTS, RUNS, SCORES, SEGMENTS, TABLES
from bubblenet.viewing.views import register_views
from tests.conftest import ROOT, SCRIPTED
from tests.corpora import page, passage, ten_pages, write_pages
from tests.spark.pipelines import run_all, run_from, run_through

pytestmark = pytest.mark.spark

JUDGED_MODES = 'scoring.modes=["reverse_gain","likelihood","contrast","five_level_v1"]'
MODEL_STAGES = ("backtranslate", "score/reverse_gain", "score/passage", "score/likelihood", "score/contrast", "score/five_level_v1")


def calls(folder: Path) -> Counter:
    """Engine calls by (operation, key), loads left out."""
    lines = [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]
    return Counter((line["op"], line["key"]) for line in lines if line["op"] != "load")


@dataclass(frozen=True)
class Done:
    """A finished run of snapshot A: its pages, and a folder with warehouse and engine calls that tests copy before they go on.

    unasked: the same when no model had been asked anything.
    """

    pages: Path
    folder: Path
    unasked: Path
    reports: dict

    def copy(self, to: Path) -> Path:
        """A copy with the same content; Delta tables may be moved as they are."""
        return _copy(self.folder, to)

    def copy_unasked(self, to: Path) -> Path:
        """The same of the warehouse whose passages are known, and nothing more."""
        return _copy(self.unasked, to)


def _copy(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to, dirs_exist_ok=True)
    return to / "calls"


@pytest.fixture(scope="module")
def done(spark, tmp_path_factory) -> Done:
    folder = tmp_path_factory.mktemp("done")
    pages = ten_pages(tmp_path_factory.mktemp("corpus") / "pages")
    (folder / "calls").mkdir()
    chosen = settings.load(None, [*SCRIPTED, JUDGED_MODES, f"engine.call_log={folder / 'calls'}"])
    context = Context(spark, chosen, Warehouse(spark, str(folder / "warehouse")), "A", Console(quiet=True), (str(pages),))
    known = run_through(context, deduplicate.run)
    unasked = tmp_path_factory.mktemp("unasked")
    _copy(folder, unasked)
    return Done(pages, folder, unasked, known | run_from(context, backtranslate.run))


@pytest.fixture
def make_context(make_context):
    """As everywhere, but with mode contrast, which needs the page besides."""

    def make(snapshot: str = "A", *overrides: str, **rest) -> Context:
        return make_context(snapshot, JUDGED_MODES, *overrides, **rest)

    return make


@pytest.fixture
def log(done, tmp_path) -> Path:
    """The engine calls of this test's own copy of the finished run."""
    return done.copy(tmp_path)


def test_from_pages_to_curated_pairs(done, log, make_context):
    reports, warehouse = done.reports, make_context().warehouse

    assert reports["ingest"].counts.kept == 10
    assert warehouse.read(SEGMENTS).where("kept").count() == 22
    assert reports["backtranslate"].counts.seen == 20 * 4
    assert reports["extract"].counts.seen == 2
    assert all(report.counts.is_balanced for report in reports.values())
    curated = warehouse.read(CURATED).collect()
    assert {row["origin"] for row in curated} == {"generated", "extracted"}
    texts = {passage(f"page{n}", topic).strip() for n in range(10) for topic in ("purpose", "structure", "answer")}
    assert {row["response"] for row in curated} <= texts


def test_the_engine_is_called_once_for_each_key(done, log, make_context):
    counted = calls(log)

    assert sum(1 for operation, _ in counted if operation == "generate") == 80
    # Reverse gain asks twice for a pair by its nature: once with the passage before the instruction, once without. Contrast asks for
    # the other passages of the page alone: one or two here.
    rows = make_context().warehouse.read(SCORES).select("mode", "request_id").collect()
    reverse, contrast = ({row["request_id"] for row in rows if row["mode"] == mode} for mode in ("reverse_gain", "contrast"))
    assert {number for (operation, key), number in counted.items() if key not in reverse | contrast} == {1}
    assert {number for (operation, key), number in counted.items() if key in reverse} == {2}
    assert {number for (operation, key), number in counted.items() if key in contrast} == {1, 2}


def test_the_starting_model_is_not_asked_again_for_what_it_measured_as_the_judge(done, log, make_context, monkeypatch):
    known = settings.load(None, []).models.start
    told_apart = replace(KINDS["scripted"], identify=lambda model, options: "scripted" if model == known else model)
    monkeypatch.setitem(KINDS, "scripted", told_apart)
    modes, before = 'scoring.modes=["reverse_gain","likelihood","loss_reduction"]', calls(log)
    context = make_context("A", modes, "models.forward=trained", f"engine.call_log={log}")

    reports = score.run(context)

    assert [report.name for report in reports][-5:] == [
        "score/passage", "score/likelihood", "score/passage/start", "score/likelihood/start", "score/loss_reduction",
    ]  # fmt: skip
    assert [report.num_rows for report in reports][-3:-1] == [0, 0]
    measured = {"label_distribution", "generate"}
    contrasted = {row["request_id"] for row in context.warehouse.read(SCORES).where("mode = 'contrast'").select("request_id").collect()}
    again = {call: number for call, number in before.items() if call[0] not in measured and call[1] not in contrasted}
    assert calls(log) - before == again
    rows = context.warehouse.read(SCORES).where("mode = 'loss_reduction'").collect()
    assert len(rows) == reports[-4].counts.kept > 0
    assert {row["signals"]["loss_reduction"] for row in rows} == {0.0}  # the scripted engine is the same whatever it is called
    assert [report.num_rows for report in score.run(context)] == [0] * 6
    alone = score.run(make_context("A", modes, f"engine.call_log={log}"))  # the judge is the starting model
    assert [(report.name, report.num_rows) for report in alone] == [
        ("score/reverse_gain", 0),
        ("score/passage", 0),
        ("score/likelihood", 0),
    ]


def test_the_same_run_again_calls_no_model_and_writes_no_row(done, log, make_context):
    before = sum(calls(log).values())
    context = make_context("A", f"engine.call_log={log}", inputs=(str(done.pages),))
    versions = {table.name: context.warehouse.version(table) for table in TABLES}

    reports = run_all(context)

    assert sum(calls(log).values()) == before
    assert {report.num_rows for report in reports.values()} == {0}
    assert {table.name: context.warehouse.version(table) for table in TABLES} == versions


def test_a_second_snapshot_pays_only_for_new_text_and_occurrences_follow_it(done, log, make_context, tmp_path, spark):
    second = ten_pages(tmp_path / "second")
    write_pages(second, {"page0": page("page0", ("purpose", "future")), "page10": page("page10")})  # one changed, one new
    (second / "page9.html").unlink()
    before = set(calls(log))

    context = make_context("B", f"engine.call_log={log}", inputs=(str(second),))
    reports = run_all(context)

    new = {key for operation, key in set(calls(log)) - before if operation == "generate"}
    assert len(new) == 3 * 4  # the future of page0, two passages of page10; the purpose of page0 stands on a changed page and costs nothing
    assert reports["backtranslate"].num_requests == 12

    register_views(context.warehouse)
    present = {
        snapshot: {row[0] for row in spark.sql(f"SELECT instruction_id FROM curated_occurrences WHERE snapshot = '{snapshot}'").collect()}
        for snapshot in ("A", "B")
    }
    accepted = context.warehouse.read(CURATED).select("instruction_id", "response").collect()
    gone = ("of package page9 ", "The structure of package page0 ")
    assert any(text in row["response"] for row in accepted for text in gone), "the corpus must hold an accepted pair that B lacks"
    assert present["B"] == {row["instruction_id"] for row in accepted if not any(text in row["response"] for text in gone)}
    added = ("of package page10 ", "The future of package page0 ")
    assert present["A"] == {row["instruction_id"] for row in accepted if not any(text in row["response"] for text in added)}

    for table in (FILES, DOCUMENTS, SEGMENTS):  # a one-snapshot query reads only that snapshot's files
        scan = context.warehouse.read(table).where("snapshot = 'B'")
        files = {row[0] for row in scan.select(F.input_file_name()).distinct().collect()}
        assert files
        assert all("snapshot=B" in name for name in files)
        assert "PartitionFilters: [isnotnull(snapshot" in scan._jdf.queryExecution().executedPlan().toString()


def test_curated_holds_accepted_pairs_only_and_rejects_the_others(done, log, make_context, spark):
    context = make_context()
    register_views(context.warehouse)

    kept = {row[0] for row in context.warehouse.read(JUDGEMENTS).where("kept").select("instruction_id").collect()}
    refused = {row[0] for row in context.warehouse.read(JUDGEMENTS).where("NOT kept").select("instruction_id").collect()}
    assert kept
    assert refused
    assert {row[0] for row in spark.sql("SELECT instruction_id FROM curated").collect()} == kept
    assert {row[0] for row in spark.sql("SELECT instruction_id FROM rejects").collect()} == refused


def test_a_changed_prompt_redoes_what_depends_on_it_and_old_rows_stay(done, log, make_context, monkeypatch):
    changed = replace(prompts.get_prompts("varied_v1"), digest="another wording")
    monkeypatch.setattr(prompts, "read_set", lambda name: changed)
    context = make_context("A", inputs=(str(done.pages),))

    reports = run_all(context)

    redone = {name for name, report in reports.items() if report.num_requests}
    assert "backtranslate" in redone
    assert redone.isdisjoint({"list", "ingest", "segment", "deduplicate", "extract", "score/passage"})
    instructions = context.warehouse.read(INSTRUCTIONS).where("origin = 'generated'").groupBy("fingerprint").count().collect()
    assert sorted(row["count"] for row in instructions) == [80, 80]


def test_other_shares_ask_every_candidate_anew_and_the_old_ones_stand_aside(done, log, make_context):
    """Nothing is lost, nothing of another draw is taken for this one, and what was asked for once is not asked for again."""
    inputs = (str(done.pages),)
    other = "backtranslation.command_share=0.9", "backtranslation.search_query_share=0.0", "backtranslation.constrained_share=0.5"

    _, there = backtranslate.run(make_context("A", *other, inputs=inputs))
    rows = make_context().warehouse.read(INSTRUCTIONS).where("origin = 'generated'").collect()
    _, back = backtranslate.run(make_context("A", inputs=inputs))

    assert (there.counts.seen, there.num_requests, there.num_rows, there.counts.pending) == (80, 80, 80, 0)
    assert (back.counts.seen, back.num_requests, back.num_rows) == (80, 0, 0)
    draws = {
        fingerprint: [row for row in rows if row["fingerprint"] == fingerprint] for fingerprint in {row["fingerprint"] for row in rows}
    }
    (first, second) = sorted(draws.values(), key=lambda rows: sum(row["style"] == "command" for row in rows))
    assert len(first) == len(second) == 80
    assert {row["request_id"] for row in first}.isdisjoint({row["request_id"] for row in second})
    assert sum(row["style"] == "command" for row in second) > 60
    asked = {(row["segment_id"], row["sample_index"]): row for row in first}
    for row in second:  # one seed and one opening: asked for in the same way, it is written in the same way
        before = asked[row["segment_id"], row["sample_index"]]
        if all(row[name] == before[name] for name in ("template", "opening")):
            assert row["raw_output"] == before["raw_output"]


def test_a_candidate_does_not_depend_on_batches_or_on_what_else_is_asked(done, make_context, tmp_path):
    """The same 80 candidates: in windows of 32, one by one, and with the pages in another order and other passages missing."""
    columns = ("segment_id", "sample_index", "template", "opening", "closing", "raw_output", "instruction", "reason")

    def proposed(context) -> set[tuple]:
        rows = context.warehouse.read(INSTRUCTIONS).where("origin = 'generated'").select(*columns).collect()
        return {tuple(row) for row in rows}

    few = tmp_path / "few"
    few.mkdir()
    for name in ("page8", "page2", "page5"):
        shutil.copy(done.pages / f"{name}.html", few)
    whole = make_context("A", inputs=(str(done.pages),), location=done.folder / "warehouse")
    part = make_context("Z", "engine.window_rows=1", "execution.unit_rows=7", inputs=(str(few),), location=tmp_path / "part")
    run_through(part, backtranslate.run)

    alone = proposed(part)
    assert len(alone) == 3 * 2 * 4
    assert alone < proposed(whole)
    assert len({row[2] for row in alone}) > 2


def test_a_row_says_how_it_was_asked_for(done, log, make_context, spark):
    context = make_context()
    register_views(context.warehouse)
    rows = context.warehouse.read(INSTRUCTIONS).collect()

    asked = [row for row in rows if row["origin"] == "generated"]
    taken = [row for row in rows if row["origin"] == "extracted"]
    assert {row["prompt"] for row in asked} == {"varied_v1"}
    assert {row["style"] for row in asked} == {"question", "command", "search_query"}
    assert {(row["source_type"], row["asked_language"]) for row in asked} == {("prose", "en")}
    assert all(row["instruction"].startswith(row["opening"] or "") for row in asked if row["kept"])
    assert all(row["instruction"].endswith(row["closing"]) for row in asked if row["closing"])
    assert {(row["prompt"], row["style"], row["source_type"]) for row in taken} == {(None, None, None)}
    counted = {(row["style"], row["reason"]): row["num_instructions"] for row in spark.sql("SELECT * FROM instruction_yield").collect()}
    assert counted == Counter((row["style"] or "extracted", row["reason"] or "kept") for row in rows)


def test_a_changed_threshold_redoes_curate_alone(done, log, make_context):
    before = sum(calls(log).values())

    reports = run_all(make_context("A", f"engine.call_log={log}", "curation.grade_4=0.0", inputs=(str(done.pages),)))

    assert sum(calls(log).values()) == before
    assert {name for name, report in reports.items() if report.num_rows} == {"curate"}
    assert "low_quality" not in reports["curate"].counts.filtered


def test_a_bounded_run_then_an_unbounded_one_ends_with_all_rows(done, make_context, tmp_path):
    log = done.copy_unasked(tmp_path)
    inputs = (str(done.pages),)
    given = f"engine.call_log={log}", 'scoring.modes=["reverse_gain"]'
    bounded = run_from(make_context("A", *given, inputs=inputs, limit=5), backtranslate.run)
    assert bounded["backtranslate"].counts.pending > 0
    assert (
        bounded["backtranslate"].counts.pending + bounded["extract"].counts.pending
        == 82 - bounded["backtranslate"].num_rows - bounded["extract"].num_rows
    )
    again = run_all(make_context("A", *given, inputs=inputs, limit=5))
    assert {report.num_rows for report in again.values()} == {0}

    whole = run_all(make_context("A", *given, inputs=inputs))

    assert {report.counts.pending for report in whole.values()} == {0}
    assert sum(1 for operation, _ in calls(log) if operation == "generate") == 80


def test_equal_text_is_paid_for_once(make_context, tmp_path):
    log = tmp_path / "calls"
    log.mkdir()
    shout = page("page1").replace("is described", "IS  DESCRIBED")
    pages = write_pages(tmp_path / "pages", {"a": page("page1"), "b": page("page1"), "c": shout})
    context = make_context("A", f"engine.call_log={log}", inputs=(str(pages),))

    reports = run_through(context, backtranslate.run)

    assert context.warehouse.read(SEGMENTS).where("kept").count() == 6
    assert reports["deduplicate"].counts.filtered == {"exact_duplicate": 2}
    assert sum(1 for operation, _ in calls(log) if operation == "generate") == 2 * 4


def test_the_plan_of_a_model_stage_holds_one_map_and_nothing_above_it(done, make_context, tmp_path, monkeypatch):
    plans = []
    done.copy_unasked(tmp_path)
    context = make_context("A", inputs=(str(done.pages),))
    real = type(context.warehouse).append

    def spy(self, rows, table, note, transaction=None):
        if note.get("stage") in MODEL_STAGES:
            plans.append(rows._jdf.queryExecution().executedPlan().toString())
        return real(self, rows, table, note, transaction)

    monkeypatch.setattr(type(context.warehouse), "append", spy)
    run_from(context, backtranslate.run)

    assert len(plans) == len(MODEL_STAGES)
    for plan in plans:
        assert plan.count("MapInArrow") == 1
        assert not any(node in plan for node in ("ArrowEvalPython", "BatchEvalPython", "Union", "InMemoryTableScan"))
        above = plan[: plan.index("MapInArrow")]
        assert not any(node in above for node in ("Sort", "Filter", "Exchange", "Join"))


def test_every_table_and_column_has_a_comment(make_context, spark):
    context = make_context()
    for table in TABLES:
        described = {
            row["col_name"]: row["comment"] for row in spark.sql(f"DESCRIBE TABLE {context.warehouse.identifier(table)}").collect()
        }
        assert all(described[column.name] == column.comment for column in table.columns)
        detail = spark.sql(f"DESCRIBE DETAIL {context.warehouse.identifier(table)}").first()
        assert detail["description"] == table.comment


def test_readers_without_a_jvm_see_the_same_rows(done, log, make_context):
    import duckdb
    from deltalake import DeltaTable

    context = make_context()
    for table in (SEGMENTS, INSTRUCTIONS, SCORES, JUDGEMENTS, CURATED, RUNS):
        rows = context.warehouse.read(table).count()
        arrow = DeltaTable(f"{context.warehouse.location}/{table.name}").to_pyarrow_dataset()
        assert arrow.count_rows() == rows
        assert duckdb.sql("SELECT count(*) FROM arrow").fetchall()[0][0] == rows
    grades = duckdb.sql(
        "SELECT DISTINCT grade FROM arrow_curated", connection=_with(duckdb, DeltaTable(f"{context.warehouse.location}/curated"))
    )
    assert {row[0] for row in grades.fetchall()} <= {4, 5}


def _with(duckdb, table):
    connection = duckdb.connect()
    connection.register("arrow_curated", table.to_pyarrow_dataset())
    return connection


def test_catalog_tables_work_as_path_tables_do(done, spark, tmp_path):
    spark.sql("DROP SCHEMA IF EXISTS bubblenet_test CASCADE")
    chosen = settings.load(None, [*SCRIPTED, "tables.schema=bubblenet_test"])
    warehouse = Warehouse(spark, str(tmp_path / "plans"), schema="bubblenet_test")
    context = Context(spark, chosen, warehouse, "A", Console(quiet=True), (str(done.pages),))

    reports = run_all(context)

    assert reports["curate"].counts == done.reports["curate"].counts
    assert spark.table("bubblenet_test.curated").count() == reports["curate"].counts.kept
    assert spark.catalog.getTable("bubblenet_test.curated").description == CURATED.comment
    spark.sql("DROP SCHEMA bubblenet_test CASCADE")


def test_the_readme_says_what_the_stages_of_each_job_write(done, log, make_context):
    told = dict(re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    context = make_context("A", inputs=(str(done.pages),))

    assert list(told)[: len(pipeline.STAGES)] == list(pipeline.STAGES)
    for verb, stages_of in pipeline.STAGES.items():
        with closing(stages_of(context)) as stages:
            assert {stage.target.name for stage in stages} <= set(re.findall(r"`(\w+)`", told[verb])), verb
