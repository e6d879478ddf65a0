"""A calibration in the warehouse gives the qualities that it gives in Python; modes stand side by side; neighbours come from the page."""

from __future__ import annotations

import random

import pytest
from pyspark.sql import functions as F

from bubblenet.jobs import backtranslate, pipeline
from bubblenet.judging.calibration import Calibration, Curve, QualityModel, judge_of
from bubblenet.judging.grading import Grader
from bubblenet.method import passages
from bubblenet.method.recipe import full_recipe
from bubblenet.settings import Curation, Scoring
from bubblenet.tables import INSTRUCTIONS, JUDGEMENTS, SCORES, SEGMENTS
from tests.corpora import page, write_pages
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

CURVES = {
    "reverse_gain": Curve(knots=(-1.0, 0.5, 2.0), values=(-2.0, 0.0, 1.5)),
    "contrast": Curve(knots=(-0.5, 1.0), values=(-1.0, 1.0)),
}


def made(scoring: Scoring) -> Calibration:
    judge = judge_of("scripted", ["reverse_gain", "contrast"], scoring)
    parts = {"curves": CURVES, "data": {}}
    reliability = [{"quality": 0.25, "accepted": 0.2, "pairs": 50}, {"quality": 0.85, "accepted": 0.9, "pairs": 80}]
    extracted = QualityModel(intercept=0.2, thresholds={5: 0.7, 4: 0.4}, figures={"reliability": reliability}, **parts)
    generated = QualityModel(intercept=-0.2, thresholds={5: 0.6, 4: 0.35}, figures={}, **parts)
    return Calibration(version=1, judge=judge, labels="", models={"generated": generated, "extracted": extracted})


@pytest.mark.parametrize("calibration", [made(Scoring()), None])
def test_the_columns_of_a_grader_say_what_its_numbers_say(spark, calibration):
    grader = Grader(Curation(language_grades={"ca": (0.5, 0.2)}), None, calibration)
    draw = random.Random(1)
    names = grader.signal_names()
    kinds = [(draw.choice(("generated", "extracted")), draw.choice(("en", "ca", None))) for _ in range(200)]
    rows = [(*kind, *(draw.uniform(-3.0, 3.0) for _ in names)) for kind in kinds]
    rows += [("generated", "en", *(place for _ in names)) for place in (-1.0, 0.5, 1.0, 2.0)]
    rows += [("generated", "ca", *(None for _ in names))]
    frame = spark.createDataFrame(rows, "origin STRING, language STRING, " + ", ".join(f"{name} DOUBLE" for name in names))
    quality = grader.column({name: F.col(name) for name in names}, F.col("origin"))
    grade = grader.grade_column(F.col("quality"), F.col("origin"), F.col("language"))
    bound = grader.bound_column(F.col("quality"), F.col("origin"))
    for row in frame.withColumn("quality", quality).withColumn("grade", grade).withColumn("bound", bound).collect():
        assert row["bound"] == bound_of(grader, row)
        signals = {name: row[name] for name in names if row[name] is not None}
        wanted = grader.quality(signals, row["origin"])
        assert row["quality"] == (wanted if wanted is None else pytest.approx(wanted, abs=1e-12))
        assert row["grade"] == grader.grade(row["quality"], row["origin"], row["language"])
    assert grader.grade(0.3, "extracted", "ca") == 4
    assert grader.grade(0.3, "extracted", "en") is None


def bound_of(grader: Grader, row) -> float | None:
    steps = grader.bounds().get(row["origin"])
    if not steps or row["quality"] is None:
        return None
    return max((bound for start, bound in steps if row["quality"] >= start), default=0.0)


def test_a_calibrated_warehouse_holds_every_mode_and_the_quality_of_the_calibration(make_context, tmp_path):
    pages = write_pages(tmp_path / "pages", {f"page{n}": page(f"page{n}", question=f"How do I start page{n}?") for n in range(3)})
    modes = ("text", "page", "reverse_gain", "likelihood", "contrast", "five_level_v1", "additive_v1", "cycle", "rationale_v1")
    calibration = made(Scoring())
    calibration.save(tmp_path / "model.json")
    overrides = (f"scoring.modes={list(modes)}", f"curation.calibration={tmp_path / 'model.json'}")
    context = make_context("A", *overrides, inputs=(str(pages),))
    run_all(context)

    scores = context.warehouse.read(SCORES)
    assert {row["mode"] for row in scores.select("mode").distinct().collect()} == set(modes)
    assert scores.select("mode", "fingerprint").distinct().count() == len(modes)
    unreadable = scores.where("mode = 'rationale_v1'").collect()  # the scripted engine writes questions
    assert {(row["status"], row["kept"], row["reason"], row["expected_score"]) for row in unreadable} == {("ok", False, "unparsable", None)}
    assert all(row["written"] for row in unreadable)

    signals = {}
    for row in scores.where("kept").collect():
        signals.setdefault(row["instruction_id"], {}).update(row["signals"])
    judged = context.warehouse.read(JUDGEMENTS).where("quality IS NOT NULL").collect()
    assert {(row["is_calibrated"], row["calibration_id"]) for row in judged} == {(True, calibration.id)}
    for row in judged:
        model = calibration.of(row["origin"])
        assert row["quality"] == pytest.approx(model.quality(signals[row["instruction_id"]]), abs=1e-12)
        assert row["kept"] == (row["quality"] >= model.thresholds[4]) or row["reason"] == "not_best_candidate"
        assert row["grade"] == (5 if row["quality"] >= model.thresholds[5] else 4) or not row["kept"]
    assert {row["origin"] for row in judged} == {"generated", "extracted"}


def test_neighbours_are_the_kept_passages_beside_the_first_occurrence(make_context, tmp_path):
    pages = {"page1": page("page1", ("purpose", "structure", "history", "future", "licence")), "page2": page("page2")}
    context = make_context("A", inputs=(str(write_pages(tmp_path / "pages", pages)),))
    for step in pipeline.STEPS[: pipeline.STEPS.index(backtranslate.run)]:  # until duplicates are known
        step(context)
    recipe = full_recipe(context.settings)
    kept = context.warehouse.read(SEGMENTS).where("kept").orderBy("url", "position").collect()
    by_page: dict[str, list] = {}
    for row in kept:
        by_page.setdefault(row["document_id"], []).append(row)
    wanted = {
        row["segment_id"]: [other["text"] for other in rows[max(0, place - 2) : place] + rows[place + 1 : place + 3]]
        for rows in by_page.values()
        for place, row in enumerate(rows)
    }
    segments = context.warehouse.read(SEGMENTS).select("segment_id")
    found = {row["segment_id"]: row["neighbours"] for row in passages.neighbours(context, recipe, segments, 2).collect()}
    assert found == wanted
    assert {len(texts) for texts in found.values()} == {1, 2, 3, 4}
    none = passages.neighbours(context, recipe, segments, 0).collect()
    assert {len(row["neighbours"]) for row in none} == {0}

    # One candidate of a passage failed: it is shown beside no other, and the pairs of its other candidates keep their neighbours.
    failed = max(found, key=lambda segment_id: len(found[segment_id]))
    blank = dict.fromkeys(INSTRUCTIONS.column_names)
    row = blank | {"segment_id": failed, "status": "quarantined", "kept": False, "fingerprint": recipe["backtranslate"].id}
    context.warehouse.append_rows(INSTRUCTIONS, [row], {"by": "test"})
    text = {row["segment_id"]: row["text"] for row in kept}[failed]
    without = {row["segment_id"]: row["neighbours"] for row in passages.neighbours(context, recipe, segments, 2).collect()}
    assert without == {segment_id: [other for other in texts if other != text] for segment_id, texts in wanted.items()}
