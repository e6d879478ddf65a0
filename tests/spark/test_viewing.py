"""The views and what is printed from them, on handmade rows of a real warehouse: two snapshots, a duplicate, a reject, a broken page."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from rich.console import Console

from bubblenet import settings
from bubblenet.errors import ModelError, QueryError
from bubblenet.jobs import backtranslate, pipeline
from bubblenet.kernel.accounting import Counts
from bubblenet.kernel.context import Context
from bubblenet.kernel.stage import StageReport
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import (
    CURATED,
    DOCUMENTS,
    DUPLICATES,
    EVALUATIONS,
    FILES,
    INSTRUCTIONS,
    JUDGEMENTS,
    MINHASH_INDEX,
    MODELS,
    PASSAGE_SCORES,
    RECIPES,
    RIGHTS,
    ROUNDS,
    RUNS,
    SCORES,
    SEGMENTS,
    SELECTIONS,
)
from bubblenet.viewing import query, report, status, summary
from bubblenet.viewing.pairs import Accepted, Scope, judged_pairs, sample_pairs
from bubblenet.viewing.rounds import collect_rounds
from bubblenet.viewing.views import register_views, views

pytestmark = pytest.mark.spark

RECIPE = {
    "ingest": "ingest1", "segment": "segment1", "deduplicate": "dedup1", "extract": "extract1", "backtranslate": "back1",
    "score/reverse_gain": "gain1", "score/passage": "passage1",
}  # fmt: skip
OK = {"status": "ok", "kept": True, "run_id": "run1", "unit": 0, "attempts": 1, "request_id": "r"}
BROKEN = OK | {"status": "quarantined", "kept": False}


def segment(segment_id, page, snapshot, fingerprint="segment1", **changes):
    where = {
        "document_id": f"doc-{page}",
        "snapshot": snapshot,
        "url": f"https://example.org/{page}",
        "heading_path": [page],
        "position": 0,
    }
    return OK | where | {"segment_id": segment_id, "text": f"text of {segment_id}", "fingerprint": fingerprint} | changes


def document(page, snapshot):
    where = {"document_id": f"doc-{page}", "snapshot": snapshot, "url": f"https://example.org/{page}", "path": f"/in/{page}.html"}
    return OK | where | {"declared_licence": "CC-BY" if page == "one" else None, "fingerprint": "ingest1"}


def signal(page, name, says):
    where = {"document_id": f"doc-{page}", "snapshot": "A", "url": f"https://example.org/{page}", "host": "example.org"}
    return (
        OK | where | {"form": "x_robots_tag", "signal": name, "says": says, "place": "http_header", "agent": "*", "fingerprint": "rights1"}
    )


def duplicate(segment_id, representative_id):
    is_own = segment_id == representative_id
    return OK | {"segment_id": segment_id, "representative_id": representative_id, "kept": is_own, "fingerprint": "dedup1"}


def proposal(name, segment_id, origin="generated", **changes):
    fingerprint = "back1" if origin == "generated" else "extract1"
    return (
        OK
        | {
            "instruction_id": name,
            "segment_id": segment_id,
            "instruction": f"What is {name}?",
            "origin": origin,
            "fingerprint": fingerprint,
        }
        | changes
    )


def judgement(name, segment_id, grade, reason=None, quality=0.5, origin="generated"):
    verdict = {
        "grade": grade,
        "kept": grade is not None,
        "reason": reason,
        "quality": quality,
        "is_calibrated": True,
        "expected_score": 3.0,
        "reverse_gain": 1.0,
    }
    return verdict | {
        "instruction_id": name,
        "segment_id": segment_id,
        "origin": origin,
        "round": 0,
        "policy": "default",
        "recipe_id": "rec1",
        "run_id": "run1",
    }


def pair(name, segment_id, page, grade):
    names = {"instruction": f"What is {name}?", "response": f"text of {segment_id}", "url": f"https://example.org/{page}"}
    return names | {
        "instruction_id": name,
        "segment_id": segment_id,
        "grade": grade,
        "quality": 0.9,
        "round": 0,
        "policy": "default",
        "recipe_id": "rec1",
    }


def selected(selection, name, **verdict):
    named = {"selection": selection, "instruction_id": name, "segment_id": name.replace("i", "s"), "round": 0, "policy": "default"}
    return named | {"kept": True} | verdict


ROWS = {
    FILES: [OK | {"path": "/in/one.html", "snapshot": snapshot, "fingerprint": "list1"} for snapshot in "AB"],
    DOCUMENTS: [
        document("one", "A"), document("two", "A"), document("one", "B"), document("three", "B"),
        BROKEN | {"path": "/in/cut.warc.gz", "record_offset": 7, "snapshot": "B", "reason": "truncated", "detail": "cut"},
    ],
    RIGHTS: [
        signal("one", "noai", "no"), signal("two", "noai", "no"), signal("two", "search", "yes"), signal("three", "license", "unknown"),
        BROKEN | {"url": "https://example.org/four", "reason": "failed", "detail": "bad", "fingerprint": "rights1"},
    ],
    SEGMENTS: [
        segment("s1", "one", "A"), segment("s2", "two", "A"), segment("s1", "one", "B"), segment("s1-copy", "three", "B"),
        segment("s3", "three", "B"), segment("s1", "older-rules", "B", "segment0"),
        segment("s2", "filtered", "B", kept=False, reason="too_short"),
    ],
    MINHASH_INDEX: [OK | {"segment_id": f"m{n}", "band_keys": [7, 100 + n], "fingerprint": "minhash1"} for n in range(21)],
    DUPLICATES: [duplicate("s1", "s1"), duplicate("s2", "s2"), duplicate("s1-copy", "s1"), duplicate("s3", "s3")],
    INSTRUCTIONS: [
        proposal("i1", "s1", style="question"), proposal("i2", "s2", "extracted"), proposal("i3", "s3", style="command"),
        proposal("i1", "s1", sample_index=3, style="question", kept=False, reason="task_talk"),
        BROKEN | {"segment_id": "s3", "reason": "engine_error", "detail": "TooLong", "fingerprint": "back1"},
    ],
    SCORES: [
        OK | {"instruction_id": "i1", "segment_id": "s1", "mode": "reverse_gain", "fingerprint": "gain1", "run_id": "run2"},
        OK | {"instruction_id": "i1", "segment_id": "s1", "mode": "reverse_gain", "fingerprint": "gain0", "run_id": "run0"},
    ],
    PASSAGE_SCORES: [OK | {"segment_id": "s1", "fingerprint": "passage1"}],
    RECIPES: [{"recipe_id": "rec1", "stage": stage, "fingerprint": fingerprint, "parts": "{}"} for stage, fingerprint in RECIPE.items()],
    JUDGEMENTS: [
        judgement("i1", "s1", 5, quality=0.9), judgement("i2", "s2", 4, origin="extracted"),
        judgement("i3", "s3", None, "low_quality", 0.2),
    ],
    CURATED: [pair("i1", "s1", "one", 5), pair("i2", "s2", "two", 4)],
    SELECTIONS: [
        selected("main", "i1", rank=1, gain=2.5), selected("main", "i2", kept=False, reason="size"), selected("worst_0", "i2", rank=1),
    ],
    RUNS: [
        {"run_id": "run1", "stage": "segment", "unit": unit, "snapshot": "A", "fingerprint": "segment1", "target": "segments",
         "target_version": unit, "num_requests": 4, "num_rows": 5, "num_kept": 3, "filtered": {"too_short": 1},
         "quarantined": {"failed": 1}, "prompt_tokens": 100,
         "output_tokens": 0, "seconds": seconds, "finished_at": datetime(2026, 11, 1, tzinfo=UTC), "versions": '{"pyspark": "4.2.0"}'}
        for unit, seconds in ((0, 2.0), (1, None))
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(spark, tmp_path_factory):
    """A warehouse with the rows above, its views registered."""
    warehouse = Warehouse(spark, str(tmp_path_factory.mktemp("viewing") / "warehouse"))
    for table, rows in ROWS.items():
        complete = [{name: row.get(name) for name in table.column_names} for row in rows]
        warehouse.append(
            spark.createDataFrame([tuple(row.values()) for row in complete], table.ddl).coalesce(1), table, {"made": table.name}
        )
    register_views(warehouse)
    return warehouse


def rows_of(warehouse, statement):
    return [tuple(row) for row in warehouse.spark.sql(statement).collect()]


def screen(width=200):
    return Console(file=io.StringIO(), width=width, highlight=False, color_system=None, soft_wrap=True)


def test_occurrences_of_a_snapshot_hold_every_accepted_pair_in_it_and_no_other(warehouse):
    found = rows_of(warehouse, "SELECT instruction_id, url FROM curated_occurrences WHERE snapshot = 'B' ORDER BY url")
    assert found == [("i1", "https://example.org/one"), ("i1", "https://example.org/three")]


def test_occurrences_of_the_first_snapshot_are_still_there(warehouse):
    found = rows_of(warehouse, "SELECT instruction_id, document_id, heading_path FROM curated_occurrences WHERE snapshot = 'A' ORDER BY 1")
    assert found == [("i1", "doc-one", ["one"]), ("i2", "doc-two", ["two"])]


def test_snapshot_predicate_prunes_the_partitions_of_segments(warehouse):
    warehouse.spark.conf.set("spark.sql.maxMetadataStringLength", 10_000)  # else the path of a table is cut off
    frame = warehouse.spark.sql("SELECT * FROM curated_occurrences WHERE snapshot = 'B'")
    plan = frame._jdf.queryExecution().toString()
    (scan,) = [line for line in plan.splitlines() if "FileScan" in line and "/segments]" in line]
    assert "(snapshot#" in scan.split("PartitionFilters: [")[1].split("]")[0]
    assert "text#" not in scan


def test_grades_are_views_of_curated(warehouse):
    assert rows_of(warehouse, "SELECT instruction_id FROM curated_5") == [("i1",)]
    assert rows_of(warehouse, "SELECT instruction_id FROM curated_4 ORDER BY 1") == [("i1",), ("i2",)]


def test_selected_pairs_have_their_texts_and_a_place(warehouse):
    found = rows_of(warehouse, "SELECT selection, rank, gain, instruction, response FROM selected ORDER BY selection")
    assert found == [("main", 1, 2.5, "What is i1?", "text of s1"), ("worst_0", 1, None, "What is i2?", "text of s2")]


def test_yield_of_a_selection_is_counted_by_reason(warehouse):
    found = rows_of(warehouse, "SELECT reason, num_pairs, share FROM selection_yield WHERE selection = 'main' ORDER BY reason")
    assert found == [("size", 1, 0.5), ("taken", 1, 0.5)]


def test_rejects_carry_both_texts(warehouse):
    found = rows_of(warehouse, "SELECT instruction_id, reason, instruction, response, url FROM rejects")
    assert found == [("i3", "low_quality", "What is i3?", "text of s3", "https://example.org/three")]


def test_quarantine_names_table_subject_and_detail(warehouse):
    found = rows_of(warehouse, "SELECT table_name, snapshot, subject, reason, detail FROM quarantine ORDER BY table_name")
    assert found == [
        ("documents", "B", "/in/cut.warc.gz#7", "truncated", "cut"),
        ("instructions", None, "s3", "engine_error", "TooLong"),
        ("rights", None, "https://example.org/four", "failed", "bad"),
    ]


def test_opt_outs_are_counted_by_signal(warehouse):
    found = rows_of(warehouse, "SELECT signal, place, num_pages, num_hosts, fingerprint FROM opt_outs")
    assert found == [("noai", "http_header", 2, 1, "rights1")]


def test_lineage_names_all_sources_and_the_runs_of_the_recipe(warehouse):
    (row,) = warehouse.spark.sql("SELECT * FROM lineage WHERE instruction_id = 'i1'").collect()
    assert row["urls"] == ["https://example.org/one", "https://example.org/three"]
    assert (row["snapshots"], row["licences"], row["paths"]) == (["A", "B"], ["CC-BY"], ["/in/one.html", "/in/three.html"])
    steps = {step["stage"]: (step["fingerprint"], step["run_id"]) for step in row["steps"]}
    assert steps["score/reverse_gain"] == ("gain1", "run2")
    assert set(steps) == {"ingest", "segment", "deduplicate", "backtranslate", "score/reverse_gain", "score/passage"}


def test_lineage_has_one_row_for_each_judged_pair(warehouse):
    assert rows_of(warehouse, "SELECT instruction_id FROM lineage ORDER BY 1") == [("i1",), ("i2",), ("i3",)]


def test_yield_shares_add_up_for_each_snapshot_rules_and_language(warehouse):
    found = rows_of(warehouse, "SELECT reason, num_segments, share FROM segment_yield WHERE snapshot = 'B' AND fingerprint = 'segment1'")
    assert sorted(found) == [("kept", 3, 0.75), ("too_short", 1, 0.25)]


def test_yield_of_instructions_is_counted_by_style_and_reason(warehouse):
    found = rows_of(warehouse, "SELECT style, reason, num_instructions, share FROM instruction_yield WHERE style IS NOT NULL")
    assert sorted(found) == [
        ("command", "kept", 1, 1.0),
        ("extracted", "kept", 1, 1.0),
        ("question", "kept", 1, 0.5),
        ("question", "task_talk", 1, 0.5),
    ]


def test_hot_bands_show_what_many_passages_share(warehouse):
    assert rows_of(warehouse, "SELECT band_key, num_passages, segment_id FROM hot_bands") == [(7, 21, "m0")]


EMPTY_HERE = ("recipe_fingerprints", "translation_yield")  # no recipe, nothing in other languages; tests/spark/test_languages.py reads it


def test_every_view_can_be_read_and_keeps_the_comments_of_its_columns(warehouse):
    for view in views():
        assert warehouse.spark.sql(f"SELECT * FROM {view.name}").collect() or view.name in EMPTY_HERE
    described = {row["col_name"]: row["comment"] for row in warehouse.spark.sql("DESCRIBE curated_4").collect()}
    assert described["instruction"] == "what is asked"


def test_views_see_what_is_written_later(spark, tmp_path):
    warehouse = Warehouse(spark, str(tmp_path / "warehouse"))
    register_views(warehouse)
    assert rows_of(warehouse, "SELECT count(*) FROM curated_5") == [(0,)]
    row = {name: pair("i1", "s1", "one", 5).get(name) for name in CURATED.column_names}
    warehouse.append(spark.createDataFrame([tuple(row.values())], CURATED.ddl), CURATED, {"made": "later"})
    assert rows_of(warehouse, "SELECT count(*) FROM curated_5") == [(1,)]


def test_views_of_now_see_nothing_that_is_written_later(spark, tmp_path):
    warehouse = Warehouse(spark, str(tmp_path / "warehouse"))
    row = {name: pair("i1", "s1", "one", 5).get(name) for name in CURATED.column_names}
    pairs = spark.createDataFrame([tuple(row.values())], CURATED.ddl)
    warehouse.append(pairs, CURATED, {"made": "before"})
    register_views(warehouse, as_of_now=True)
    warehouse.append(pairs, CURATED, {"made": "later"})
    assert rows_of(warehouse, "SELECT count(*) FROM curated_5") == [(1,)]


def test_samples_are_drawn_from_one_snapshot_with_their_texts(warehouse):
    register_views(warehouse)
    with judged_pairs(warehouse.spark, Scope(0, "default", "B")) as judged:
        samples = sample_pairs(judged, {"generated": 10}, 10)
    assert samples.counts == {"generated": Accepted(1, 1, num_good=0.9)}
    (accepted,), (rejected,) = samples.accepted["generated"], samples.rejected
    assert (accepted.instruction, accepted.response, accepted.grade) == ("What is i1?", "text of s1", 5)
    assert (rejected.reason, rejected.response) == ("low_quality", "text of s3")


def test_query_is_printed_and_a_wrong_one_is_a_named_error(warehouse):
    console = screen()
    query.print_query(settings.Settings(), warehouse, "SELECT instruction FROM curated ORDER BY 1", 1, console)
    assert "What is i1?" in console.file.getvalue()
    assert "the first 1 rows; there are more" in console.file.getvalue()
    for statement, expected in (
        ("SELECT * FROM pages", r"`pages` cannot be found.*There are files, .*lineage"),
        ("SELECT nothing FROM curated", "`nothing` cannot be resolved"),
        ("SELEC", "Syntax error"),
        ("SELECT 1 / 0", "Division by zero"),
    ):
        with pytest.raises(QueryError, match=expected) as found:
            query.print_query(settings.Settings(), warehouse, statement, 1, console)
        assert "\n" not in str(found.value)
        assert "SQLSTATE" not in str(found.value)


def test_status_adds_up_units_and_leaves_unknown_times_out_of_the_speed(warehouse):
    console = screen()
    status.print_status(settings.load(None, ["engine.kind=scripted"]), warehouse, pipeline.STAGES, console)
    shown = " ".join(console.file.getvalue().split())
    assert "segment A 8 10 6 too_short 2 failed 2 200 2.0 50 2026-11-01" in shown
    assert "3 pairs = 2 accepted (grade 4 1, grade 5 1) + 1 rejected (low_quality 1)" in shown
    assert "no finished run used it" in shown


def test_status_without_the_model_says_why_pending_is_unknown(warehouse, monkeypatch):
    def refuse(_settings):
        raise ModelError("a model folder", "nothing there", "Mend models.backward.")

    monkeypatch.setattr("bubblenet.method.recipe.full_recipe", refuse)
    console = screen()
    status.print_status(settings.Settings(), warehouse, pipeline.STAGES, console)
    assert "Pending unknown: wanted a model folder; got nothing there. Mend models.backward." in console.file.getvalue()


def summary_of(warehouse, num_rows, pending=0, limit=0, path=None):
    console = screen()
    context = Context(warehouse.spark, settings.load(None, ["engine.kind=scripted"]), warehouse, "B", console, limit=limit)
    stage = StageReport("backtranslate", Counts(3 + pending, 2, pending, {"task_talk": 1}), num_rows, num_rows, 2, 50 * num_rows, 2.0)
    summary.print_summary(context, [stage], backtranslate.stages, 12.5, path)
    return console.file.getvalue()


def test_summary_shows_accounting_pairs_reasons_and_the_next_command(warehouse, tmp_path):
    shown = summary_of(warehouse, 3, path=tmp_path / "report.html")
    for expected in (
        "task_talk 1",
        "What is i1?",
        "grade 5, about 1 good by the calibration; shown",
        "quality 0.90, grade 5",
        "https://example.org/one",
        "low_quality",
        warehouse.location,
        "12.5 s",
    ):
        assert expected in shown
    assert "135M" not in shown
    assert f"Report    {tmp_path / 'report.html'}" in shown
    assert "What is i1?" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_command_that_the_summary_suggests_works(warehouse):
    (line,) = [line for line in summary_of(warehouse, 3).splitlines() if line.startswith("Try next")]
    statement = line.split('"')[1]
    console = screen()
    query.print_query(settings.Settings(), warehouse, statement, 20, console)
    assert "2 rows" in console.file.getvalue()
    assert line.endswith(f"--warehouse {warehouse.location}")


def test_summary_of_a_run_without_news_is_short(warehouse):
    shown = summary_of(warehouse, 0)
    assert shown.startswith("Nothing to do: 0 model calls")
    assert len(shown.splitlines()) <= 6


def test_summary_of_a_bounded_run_counts_what_waits(warehouse):
    assert "The same command without --limit does them." in summary_of(warehouse, 0, pending=5, limit=2)


def test_summary_names_the_setting_for_a_larger_model_only_where_the_small_one_runs(warehouse):
    console = screen()
    chosen = settings.Settings()
    summary._print_model_hint(SimpleNamespace(settings=chosen, console=console))
    assert "--set models.backward=" in console.file.getvalue()
    larger = settings.load(None, ["models.backward=/models/a", "models.forward=/models/a"])
    console = screen()
    summary._print_model_hint(SimpleNamespace(settings=larger, console=console))
    assert console.file.getvalue() == ""


def test_the_report_tells_of_one_loop_and_what_it_was_decided_on(spark, tmp_path, empty_warehouse):
    shutil.copytree(empty_warehouse, tmp_path / "warehouse")
    opened = Warehouse(spark, str(tmp_path / "warehouse"))
    common = {"policy": "default", "start": "package:s", "backward": "model:back", "num_curated": 3, "decision": "promoted"}
    times = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3)]

    def finished(number, model, parent, when, **changes):
        return common | {"round": number, "model": model, "parent": parent, "run_id": f"run{when.day}", "created_at": when} | changes

    def compared(model, when, value, run_id, half="reports"):
        row = {"model": model, "baseline": "package:s", "metric": "log_likelihood", "kind": "all", "direction": "forward", "num_items": 60}
        row["half"] = half
        return row | {"value": value, "low": value - 0.1, "high": value + 0.1, "run_id": run_id, "created_at": when}

    rows = {
        ROUNDS: [
            finished(0, "model:old", "package:s", times[0]),
            finished(1, "model:child", "model:old", times[0]),  # of the older loop
            finished(0, "model:new", "package:s", times[1]),
        ],
        EVALUATIONS: [
            compared("model:new", times[1], 0.3, "run2"),
            compared("model:new", times[1], 0.5, "run2", "decides"),
            compared("model:new", times[1], 0.4, "run2", None),
            compared("model:new", times[2], 0.9, "later"),
        ],
        MODELS: [{"model_id": name, "loss_curve": [(1, 100, 3.0), (2, 200, 2.5)], "created_at": times[0]} for name in ("back", "new")],
    }
    for table, values in rows.items():
        blank = dict.fromkeys(table.column_names)
        opened.append(spark.createDataFrame([blank | value for value in values], table.ddl), table, {"of": table.name})

    register_views(opened)
    found = collect_rounds(spark, "default")

    assert [(line.name, line.model) for line in found.lines] == [("M0", "model:new")]
    assert found.lines[0].gain == found.lines[0].on_parent == pytest.approx((0.3, 0.2, 0.4))
    assert found.lines[0].deciding == pytest.approx((0.5, 0.4, 0.6))
    assert found.num_items == 60
    assert [line.label for line in found.losses.lines] == ["backward", "M0"]
    assert [whisker.label for whisker in found.gains.whiskers] == ["start", "M0"]
    assert collect_rounds(spark, "another") is None


def test_report_of_a_new_warehouse_is_a_page(spark, tmp_path):
    report.write_report(settings.Settings(), Warehouse(spark, str(tmp_path / "warehouse")), tmp_path / "report.html")
    assert "No stage has run yet." in (tmp_path / "report.html").read_text(encoding="utf-8")
