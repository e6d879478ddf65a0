"""The stages that measure pairs: one per mode, and one for measurements of the passage alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.judging.modes import FREE, MODES
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage
from bubblenet.method import passages
from bubblenet.method.rows import current
from bubblenet.tables import PASSAGE_SCORES, SCORES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.judging.grading import Grader
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe
    from bubblenet.udfs.scoring import MeasurePair, MeasurePassage


def with_needs(mode: str, pairs: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The pairs with the inputs that a mode needs besides their texts."""
    if MODES[mode].needs_alone:
        pairs = pairs.join(passages.passage_likelihoods(context, recipe), on="segment_id", how="inner")
    if MODES[mode].needs_neighbours:
        beside = passages.neighbours(context, recipe, pairs, context.settings.scoring.neighbours)
        pairs = pairs.join(beside, on="segment_id", how="inner")
    return pairs


def hopeful(pairs: DataFrame, context: Context, recipe: Recipe, grader: Grader) -> DataFrame:
    """The pairs without those that the first cut of the calibration sets aside; all of them where there is none."""
    if grader.calibration is None or not grader.calibration.first_cuts:
        return pairs
    fingerprints = (recipe[f"score/{mode}"].id for mode in context.settings.scoring.modes if mode in FREE)
    scores = current(context, SCORES, *fingerprints).where("kept")
    signals = scores.groupBy("instruction_id").agg(signals_of(grader))
    is_hopeless = grader.hopeless_column({name: F.col("signals")[name] for name in grader.signal_names()}, F.col("origin"))
    return pairs.join(signals, on="instruction_id", how="left").where(~is_hopeless).drop("signals")


def signals_of(grader: Grader) -> Column:
    """Struct `signals` with those that a grader uses, of the rows of `scores` of one pair."""
    return F.struct(*(F.max(F.col("signals")[name]).alias(name) for name in grader.signal_names())).alias("signals")


def pair_stage(transform: MeasurePair, recipe: Recipe, pairs: DataFrame) -> Stage:
    """The signals of one mode for each pair."""
    mode = transform.mode
    requests = pairs.withColumn("mode", F.lit(mode)).withColumn("request_id", content_id("instruction_id", "mode"))
    name = f"score/{mode}"
    is_model_stage = bool(MODES[mode].asks)
    together = "document_id" if MODES[mode].needs_neighbours else "segment_id"
    return Stage(name, SCORES, recipe[name], requests, transform, scope=("mode", mode), colocate=together, is_model_stage=is_model_stage)


def passage_stage(recipe: Recipe, pairs: DataFrame, transform: MeasurePassage) -> Stage:
    """Measurements of the passage alone, once for all its pairs."""
    requests = pairs.select(F.col("segment_id").alias("request_id"), "segment_id", "text")
    return Stage("score/passage", PASSAGE_SCORES, recipe["score/passage"], requests, transform, is_model_stage=True)
