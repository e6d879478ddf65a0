"""The stages that measure pairs: one per mode, and one for measurements of the passage alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.engines.roles import forward_engine
from bubblenet.judging.grading import grader_of
from bubblenet.judging.modes import FREE, MODES
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage
from bubblenet.method import passages
from bubblenet.method.rows import current, found_in, narrowed
from bubblenet.tables import PASSAGE_SCORES, SCORES
from bubblenet.udfs.scoring import MeasurePair, MeasurePassage

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.judging.grading import Grader
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe


def hopeful(pairs: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The pairs without those that the first cut of the calibration sets aside; all of them where there is none."""
    grader = grader_of(context.settings, forward_engine(context.settings).weights_digest)
    if grader.calibration is None or not grader.calibration.first_cuts:
        return pairs
    fingerprints = (recipe[f"score/{mode}"].id for mode in context.settings.scoring.modes if mode in FREE)
    scores = current(context, SCORES, *fingerprints).where("kept")
    scores = narrowed(scores, pairs, context, SCORES, key="instruction_id")
    scores = scores.join(pairs.select("instruction_id"), on="instruction_id", how="left_semi")
    signals = scores.groupBy("instruction_id").agg(signals_of(grader))
    is_hopeless = grader.hopeless_column({name: F.col("signals")[name] for name in grader.signal_names()}, F.col("origin"))
    return pairs.join(signals, on="instruction_id", how="left").where(~is_hopeless).drop("signals")


def signals_of(grader: Grader) -> Column:
    """Struct `signals` with those that a grader uses, of the rows of `scores` of one pair."""
    return F.struct(*(F.max(F.col("signals")[name]).alias(name) for name in grader.signal_names())).alias("signals")


def pair_stage(context: Context, recipe: Recipe, mode_name: str, pairs: DataFrame) -> Stage:
    """The signals of one mode for each pair. pairs: as passages.proposed_pairs; with the ranks, where the mode needs neighbours."""
    name, mode = f"score/{mode_name}", MODES[mode_name]
    if mode.needs_alone:
        pairs = found_in(pairs, passages.passage_likelihoods(context, recipe))
    requests = pairs.withColumn("mode", F.lit(mode_name)).withColumn("request_id", content_id("instruction_id", "mode"))

    def payload(rows: DataFrame) -> DataFrame:
        rows = passages.with_texts(rows, context, recipe).drop("language")
        rows = passages.with_instructions(rows, context, recipe)
        if mode.needs_alone:
            rows = passages.with_likelihoods(rows, context, recipe)
        if mode.needs_neighbours:
            beside = passages.neighbours(context, recipe, rows, context.settings.scoring.neighbours)
            rows = rows.join(beside, on="segment_id", how="inner")
        return rows.drop("run_ids")

    return Stage(
        name,
        SCORES,
        recipe[name],
        requests,
        MeasurePair(forward_engine(context.settings), context.settings.scoring, mode_name),
        payload=payload,
        scope=("mode", mode_name),
        colocate="document_id" if mode.needs_neighbours else "segment_id",
        is_model_stage=bool(mode.asks),
    )


def passage_stage(context: Context, recipe: Recipe, pairs: DataFrame) -> Stage:
    """Measurements of the passage alone, once for all its pairs."""
    requests = pairs.select(F.col("segment_id").alias("request_id"), "segment_id")
    payload = partial(passages.with_texts, context=context, recipe=recipe)
    transform = MeasurePassage(forward_engine(context.settings), context.settings.scoring)
    return Stage("score/passage", PASSAGE_SCORES, recipe["score/passage"], requests, transform, payload=payload, is_model_stage=True)
