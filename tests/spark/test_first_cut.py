"""What is set aside before a model is asked, and what a model is asked for because the page's question was refused."""

from __future__ import annotations

import pytest

from bubblenet.jobs import pipeline
from bubblenet.judging.calibration import Calibration, Curve, FirstCut, QualityModel, judge_of
from bubblenet.judging.modes import RANKING
from bubblenet.settings import Scoring
from bubblenet.tables import INSTRUCTIONS, JUDGEMENTS, SCORES
from bubblenet.viewing.pending import pending_work
from tests.corpora import page, write_pages
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

FOREIGN = "Wie werden alle diese Pakete auf meinem Rechner denn richtig installiert?"


def calibration(scoring: Scoring) -> Calibration:
    """A judge that accepts everything, and whose first cut sets generated questions of few words aside."""
    model = QualityModel(
        intercept=0.0, curves={"reverse_gain": Curve(knots=(0.0,), values=(0.0,))}, thresholds={5: 0.9, 4: 0.1}, data={}, figures={}
    )
    words = {"content_words": Curve(knots=(2.0, 3.0), values=(-3.0, 3.0))}
    cut = FirstCut(intercept=0.0, curves=words, threshold=0.5, figures={})
    judge = judge_of("scripted", ["text", RANKING.name], scoring)
    return Calibration(version=1, judge=judge, labels="", models={"generated": model}, first_cuts={"generated": cut})


def test_hopeless_candidates_cost_no_call_and_a_refused_question_goes_to_the_model(make_context, tmp_path):
    pages = write_pages(
        tmp_path / "pages", {"page0": page("page0", question=FOREIGN), "page1": page("page1", question="How is page1 made?")}
    )
    calibration(Scoring()).save(tmp_path / "model.json")
    chosen = ('scoring.modes=["text","reverse_gain"]', f"curation.calibration={tmp_path / 'model.json'}")
    context = make_context("A", *chosen, inputs=(str(pages),))

    reports = run_all(context)

    instructions = context.warehouse.read(INSTRUCTIONS)
    refused = instructions.where("origin = 'extracted' AND NOT kept").collect()
    assert [(row["raw_output"], row["reason"]) for row in refused] == [(FOREIGN, "wrong_language")]
    asked = instructions.where("origin = 'generated'").where(f"segment_id = '{refused[0]['segment_id']}'")
    assert asked.count() == context.settings.backtranslation.candidates

    scores = {(row["mode"], row["instruction_id"]): row["signals"] for row in context.warehouse.read(SCORES).collect()}
    judged = {row["instruction_id"]: row for row in context.warehouse.read(JUDGEMENTS).collect()}
    measured = {name for mode, name in scores if mode == RANKING.name}
    few = {name for mode, name in scores if mode == "text" and scores[mode, name]["content_words"] < 2.5}
    hopeless = {name for name, row in judged.items() if row["reason"] == "hopeless"}
    assert hopeless == few - {name for name, row in judged.items() if row["origin"] == "extracted"}
    assert hopeless
    assert not hopeless & measured
    assert any(row["kept"] for row in judged.values())
    assert reports["score/text"].counts.seen > reports[f"score/{RANKING.name}"].counts.seen
    assert pending_work(context, pipeline.STAGES) == []
