"""Measure the proposed pairs of the snapshot, in every mode of `scoring.modes`: passage_scores, scores.

Modes that ask no model measure all candidates that passed the gates, and a calibration may set hopeless ones aside by them. The ranking
mode measures the others; only the best of each passage, and every extracted question, goes on to the other modes. Each mode is a stage with
its own fingerprint.

spark-submit --properties-file conf/spark/local.conf jobs/score.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.engines.roles import forward_engine
from bubblenet.judging.grading import grader_of
from bubblenet.judging.modes import FREE, MODES, RANKING, check
from bubblenet.kernel.stage import StageReport, run_stage
from bubblenet.method import measuring, passages
from bubblenet.method.recipe import full_recipe
from bubblenet.udfs.scoring import MeasurePair, MeasurePassage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context


def run(context: Context) -> list[StageReport]:
    """Bring all scores up to date with the instructions of the snapshot."""
    settings, recipe = context.settings, full_recipe(context.settings)
    engine, scoring = forward_engine(settings), settings.scoring
    check(engine, scoring)
    pairs = passages.proposed_pairs(context, recipe).persist()

    def measured(mode: str, asked: DataFrame) -> StageReport:
        return run_stage(measuring.pair_stage(MeasurePair(engine, scoring, mode), recipe, asked), context)

    reports = [measured(mode, pairs) for mode in scoring.modes if mode in FREE]
    hopeful = measuring.hopeful(pairs, context, recipe, grader_of(settings, engine.weights_digest)).persist()
    reports.append(measured(RANKING.name, hopeful))
    best = passages.best_candidates(hopeful, passages.ranks(context, recipe)).persist()
    others = [mode for mode in scoring.modes if mode not in (RANKING.name, *FREE)]
    if any(MODES[mode].needs_alone for mode in others):
        reports.append(run_stage(measuring.passage_stage(recipe, best, MeasurePassage(engine, scoring)), context))
    for mode in others:
        reports.append(measured(mode, measuring.with_needs(mode, best, context, recipe)))
    best.unpersist()
    hopeful.unpersist()
    pairs.unpersist()
    return reports


JOB = job_of_steps("score", __doc__, [run], follows="backtranslate")


if __name__ == "__main__":
    sys.exit(JOB.main())
