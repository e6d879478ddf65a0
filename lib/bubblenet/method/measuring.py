"""The stages that measure pairs: one per mode, and one for measurements of the passage alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.engines.kinds import kind_of
from bubblenet.engines.roles import as_start, forward_engine
from bubblenet.judging.grading import grader_of
from bubblenet.judging.modes import FREE, MODES, check
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage
from bubblenet.method import passages
from bubblenet.method.recipe import full_recipe
from bubblenet.method.rows import current, found_in, narrowed
from bubblenet.tables import PASSAGE_SCORES, SCORES
from bubblenet.udfs.scoring import MeasurePair, MeasurePassage

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.judging.declaration import Mode
    from bubblenet.judging.grading import Grader
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stages import Stages
    from bubblenet.method.recipe import Recipe
    from bubblenet.settings import Settings


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
    if mode.compares:
        pairs = found_in(pairs, _of_both(context, recipe, mode.compares), "instruction_id")
    requests = pairs.withColumn("mode", F.lit(mode_name)).withColumn("request_id", content_id("instruction_id", "mode"))

    def payload(rows: DataFrame) -> DataFrame:
        rows = passages.with_texts(rows, context, recipe).drop("language")
        rows = passages.with_instructions(rows, context, recipe)
        if mode.needs_alone:
            rows = passages.with_likelihoods(rows, context, recipe)
        if mode.needs_neighbours:
            beside = passages.neighbours(context, recipe, rows, context.settings.scoring.neighbours)
            rows = rows.join(beside, on="segment_id", how="inner")
        if mode.compares:
            rows = rows.join(_of_both(context, recipe, mode.compares, among=rows), on="instruction_id", how="inner")
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


def stages_by_start(context: Context, mode: Mode, pairs: DataFrame) -> Stages:
    """What a mode compares, by the starting model, as stages with names of their own.

    What that model has measured as the judge has the same fingerprint, so it is not asked for that again.
    """
    context = replace(context, settings=as_start(context.settings))
    recipe = full_recipe(context.settings)
    if MODES[mode.compares].needs_alone:
        yield _of_start(passage_stage(context, recipe, pairs))
    yield _of_start(pair_stage(context, recipe, mode.compares, pairs))


def _of_start(stage: Stage) -> Stage:
    return replace(stage, name=f"{stage.name}/start", lane=stage.name)


def check_judge(settings: Settings) -> None:
    """Raises what `modes.check` and an engine's own check raise where the judge, or the starting model, lacks what is asked of it."""
    judge, chosen = forward_engine(settings), [MODES[name] for name in settings.scoring.modes]
    check(judge, settings.scoring)
    kind_of(judge).check(judge, {ability for mode in chosen for ability in mode.asks})
    for compared in {mode.compares for mode in chosen if mode.compares and compares_two(settings)}:
        start = forward_engine(as_start(settings))
        kind_of(start).check(start, MODES[compared].asks)


def compares_two(settings: Settings) -> bool:
    """Whether the judge is another model than the starting one."""
    return forward_engine(settings).weights_digest != forward_engine(as_start(settings)).weights_digest


def _of_both(context: Context, recipe: Recipe, compared: str, among: DataFrame | None = None) -> DataFrame:
    """The pairs that both have measured: instruction_id, judge_log_likelihood, judge_num_tokens, start_log_likelihood."""
    by_start = full_recipe(as_start(context.settings))[f"score/{compared}"].id

    def measured(fingerprint: str) -> DataFrame:
        rows = current(context, SCORES, fingerprint).where("kept")
        return rows if among is None else narrowed(rows, among, context, SCORES, key="instruction_id")

    judged = measured(recipe[f"score/{compared}"].id).select(
        "instruction_id", *(F.col(name).alias(f"judge_{name}") for name in ("log_likelihood", "num_tokens"))
    )
    started = measured(by_start).select("instruction_id", F.col("log_likelihood").alias("start_log_likelihood"))
    return judged.join(started, on="instruction_id", how="inner")
