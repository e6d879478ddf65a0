"""Measure the proposed pairs of the snapshot, cheap signals first: passage_scores, scores.

Reverse gain ranks all candidates that passed the gates; only the best of each passage, and every extracted question, goes on to the
likelihood and to the judge. Each mode is a stage with its own fingerprint.

spark-submit --properties-file conf/spark/local.conf jobs/score.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet import passages
from bubblenet.job import main_of
from bubblenet.recipe import forward_engine, full_recipe
from bubblenet.stage import Stage, StageReport, run_stage
from bubblenet.tables import PASSAGE_SCORES, SCORES
from bubblenet.udfs.scoring import MeasureLikelihood, MeasurePassage, MeasureReverseGain, RatePair

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.context import Context
    from bubblenet.recipe import Recipe
    from bubblenet.udfs.batches import RowTransform


def run(context: Context) -> list[StageReport]:
    """Bring all scores up to date with the instructions of the snapshot."""
    settings, recipe = context.settings, full_recipe(context.settings)
    engine, scoring, rubric = forward_engine(settings), settings.scoring, settings.scoring.rubric
    pairs = passages.proposed_pairs(context, recipe).persist()
    reverse_gain = MeasureReverseGain(engine, scoring, prompt=settings.backtranslation.prompt)
    reports = [run_stage(_pair_stage("reverse_gain", recipe, pairs, reverse_gain), context)]
    best = passages.best_candidates(pairs, passages.reverse_gains(context, recipe)).persist()
    reports.append(run_stage(_passage_stage(recipe, best, MeasurePassage(engine, scoring)), context))
    with_passage = best.join(passages.passage_likelihoods(context, recipe), on="segment_id", how="inner")
    reports.append(run_stage(_pair_stage("likelihood", recipe, with_passage, MeasureLikelihood(engine, scoring)), context))
    reports.append(run_stage(_pair_stage(rubric, recipe, best, RatePair(engine, scoring)), context))
    best.unpersist()
    pairs.unpersist()
    return reports


def _pair_stage(mode: str, recipe: Recipe, pairs: DataFrame, transform: RowTransform) -> Stage:
    requests = pairs.withColumn("mode", F.lit(mode)).withColumn("request_id", passages.content_id("instruction_id", "mode"))
    in_mode = F.col("mode") == mode
    name = f"score/{mode}"
    return Stage(name, SCORES, recipe[name], requests, transform, scope=in_mode, colocate="segment_id", is_model_stage=True)


def _passage_stage(recipe: Recipe, pairs: DataFrame, transform: RowTransform) -> Stage:
    requests = pairs.select(F.col("segment_id").alias("request_id"), "segment_id", "text")
    return Stage("score/passage", PASSAGE_SCORES, recipe["score/passage"], requests, transform, is_model_stage=True)


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return main_of([run], argv)


if __name__ == "__main__":
    sys.exit(main())
