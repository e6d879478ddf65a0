"""Measure the proposed pairs of the snapshot, in every mode of `scoring.modes`: passage_scores, scores.

The ranking mode measures all candidates that passed the gates; only the best of each passage, and every extracted question, goes on to the
other modes. Each mode is a stage with its own fingerprint.

spark-submit --properties-file conf/spark/local.conf jobs/score.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.app.job import main_of
from bubblenet.engines.roles import forward_engine
from bubblenet.judging.modes import MODES, RANKING
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage, StageReport, run_stage
from bubblenet.method import passages
from bubblenet.method.recipe import full_recipe
from bubblenet.tables import PASSAGE_SCORES, SCORES
from bubblenet.udfs.scoring import MeasurePair, MeasurePassage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe


def run(context: Context) -> list[StageReport]:
    """Bring all scores up to date with the instructions of the snapshot."""
    settings, recipe = context.settings, full_recipe(context.settings)
    engine, scoring = forward_engine(settings), settings.scoring
    pairs = passages.proposed_pairs(context, recipe).persist()
    reports = [run_stage(_pair_stage(MeasurePair(engine, scoring, RANKING.name), recipe, pairs), context)]
    best = passages.best_candidates(pairs, passages.ranks(context, recipe)).persist()
    others = [mode for mode in scoring.modes if mode != RANKING.name]
    if any(MODES[mode].needs_alone for mode in others):
        reports.append(run_stage(_passage_stage(recipe, best, MeasurePassage(engine, scoring)), context))
    for mode in others:
        reports.append(
            run_stage(_pair_stage(MeasurePair(engine, scoring, mode), recipe, _with_needs(mode, best, context, recipe)), context)
        )
    best.unpersist()
    pairs.unpersist()
    return reports


def _with_needs(mode: str, pairs: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The pairs with what a mode asks for besides their texts."""
    if MODES[mode].needs_alone:
        pairs = pairs.join(passages.passage_likelihoods(context, recipe), on="segment_id", how="inner")
    if MODES[mode].needs_neighbours:
        beside = passages.neighbours(context, recipe, pairs, context.settings.scoring.neighbours)
        pairs = pairs.join(beside, on="segment_id", how="inner")
    return pairs


def _pair_stage(transform: MeasurePair, recipe: Recipe, pairs: DataFrame) -> Stage:
    mode = transform.mode
    requests = pairs.withColumn("mode", F.lit(mode)).withColumn("request_id", content_id("instruction_id", "mode"))
    in_mode, name = F.col("mode") == mode, f"score/{mode}"
    is_model_stage = bool(MODES[mode].asks)
    together = "document_id" if MODES[mode].needs_neighbours else "segment_id"
    return Stage(name, SCORES, recipe[name], requests, transform, scope=in_mode, colocate=together, is_model_stage=is_model_stage)


def _passage_stage(recipe: Recipe, pairs: DataFrame, transform: MeasurePassage) -> Stage:
    requests = pairs.select(F.col("segment_id").alias("request_id"), "segment_id", "text")
    return Stage("score/passage", PASSAGE_SCORES, recipe["score/passage"], requests, transform, is_model_stage=True)


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return main_of([run], argv)


if __name__ == "__main__":
    sys.exit(main())
