"""Measure the proposed pairs of the snapshot, in every mode of `scoring.modes`: passage_scores, scores.

The ranking mode measures all candidates that passed the gates; only the best of each passage, and every extracted question, goes on to the
other modes. Each mode is a stage with its own fingerprint.

spark-submit --properties-file conf/spark/local.conf jobs/score.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.engines.roles import forward_engine
from bubblenet.judging.modes import MODES, RANKING
from bubblenet.kernel.stage import StageReport, run_stage
from bubblenet.method import measuring, passages
from bubblenet.method.recipe import full_recipe
from bubblenet.udfs.scoring import MeasurePair, MeasurePassage

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(context: Context) -> list[StageReport]:
    """Bring all scores up to date with the instructions of the snapshot."""
    settings, recipe = context.settings, full_recipe(context.settings)
    engine, scoring = forward_engine(settings), settings.scoring
    pairs = passages.proposed_pairs(context, recipe).persist()
    reports = [run_stage(measuring.pair_stage(MeasurePair(engine, scoring, RANKING.name), recipe, pairs), context)]
    best = passages.best_candidates(pairs, passages.ranks(context, recipe)).persist()
    others = [mode for mode in scoring.modes if mode != RANKING.name]
    if any(MODES[mode].needs_alone for mode in others):
        reports.append(run_stage(measuring.passage_stage(recipe, best, MeasurePassage(engine, scoring)), context))
    for mode in others:
        asked = measuring.with_needs(mode, best, context, recipe)
        reports.append(run_stage(measuring.pair_stage(MeasurePair(engine, scoring, mode), recipe, asked), context))
    best.unpersist()
    pairs.unpersist()
    return reports


JOB = job_of_steps("score", __doc__, [run], follows="backtranslate")


if __name__ == "__main__":
    sys.exit(JOB.main())
