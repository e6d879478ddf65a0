"""The remaining work for a snapshot under the given settings: counts of unanswered requests, without loading a model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.engines.roles import forward_engine
from bubblenet.judging.grading import grader_of
from bubblenet.judging.modes import FREE, MODES, RANKING
from bubblenet.method import measuring, passages, proposing, snapshots
from bubblenet.method.rows import current
from bubblenet.tables import INSTRUCTIONS, PASSAGE_SCORES, SCORES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe
    from bubblenet.tables import Table


@dataclass(frozen=True, slots=True)
class Pending:
    """The number of items of a snapshot that wait for the next stage."""

    what: str
    next_job: str
    count: int


def pending_passages(context: Context, recipe: Recipe) -> int:
    """The number of distinct passages of the snapshot for which instructions are still to be asked for."""
    return proposing.open_passages(context, recipe, _wanted(context, recipe)).count()


def pending_work(context: Context, recipe: Recipe) -> list[Pending]:
    """All pending work, in the order of the jobs; empty if the snapshot is complete."""
    wanted = _wanted(context, recipe).cache()  # ids only; queried several times below
    pairs = _pairs(wanted, context, recipe).cache()
    try:
        waiting = _corpus_work(context, recipe) | _model_work(wanted, pairs, context, recipe)
        counts = (frame.agg(F.count("*").alias("num")).withColumn("what", F.lit(what)) for what, (_, frame) in waiting.items())
        found = {row["what"]: row["num"] for row in reduce(lambda left, right: left.unionByName(right), counts).collect()}
    finally:
        pairs.unpersist()
        wanted.unpersist()
    return [Pending(what, job, found[what]) for what, (job, _) in waiting.items() if found[what]]


def _corpus_work(context: Context, recipe: Recipe) -> dict[str, tuple[str, DataFrame]]:
    """Possible pending work before the models -> the job that would do it, and what is waiting."""
    here = F.col("snapshot") == context.snapshot
    return {what: (job, frame.where(here)) for what, (job, frame) in snapshots.waiting(context, recipe).items()}


def _model_work(wanted: DataFrame, pairs: DataFrame, context: Context, recipe: Recipe) -> dict[str, tuple[str, DataFrame]]:
    """Possible pending work for a model -> the job that would do it, and what is waiting."""
    grader = grader_of(context.settings, forward_engine(context.settings).weights_digest)
    hopeful = measuring.hopeful(pairs, context, recipe, grader)
    best = passages.best_candidates(hopeful, passages.ranks(context, recipe)).select("instruction_id", "segment_id")
    best_passages = best.select("segment_id").distinct()
    work = {
        "passages without all their instructions": ("backtranslate", proposing.open_passages(context, recipe, wanted)),
    }
    modes = context.settings.scoring.modes
    work |= {f"pairs without {mode}": ("score", _unmeasured(pairs, context, recipe, mode)) for mode in modes if mode in FREE}
    work[f"pairs without {RANKING.name}"] = ("score", _unmeasured(hopeful, context, recipe, RANKING.name))
    modes = tuple(mode for mode in modes if mode not in (RANKING.name, *FREE))
    if any(MODES[mode].needs_alone for mode in modes):
        alone = _unanswered(best_passages, context, PASSAGE_SCORES, recipe["score/passage"].id, "segment_id")
        work["passages without a likelihood"] = ("score", alone)
    return work | {f"best pairs without {mode}": ("score", _unmeasured(best, context, recipe, mode)) for mode in modes}


def _wanted(context: Context, recipe: Recipe) -> DataFrame:
    """The ids of the distinct passages of the snapshot."""
    return passages.occurrences(context, recipe).select(F.col("representative_id").alias("segment_id")).distinct()


def _pairs(wanted: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The pairs of these passages that passed the gates, by id."""
    instructions = current(context, INSTRUCTIONS, *recipe.instructions()).where("kept")
    pairs = instructions.select("instruction_id", "segment_id", "origin").dropDuplicates(["instruction_id"])
    return pairs.join(wanted, on="segment_id", how="left_semi")


def _unmeasured(pairs: DataFrame, context: Context, recipe: Recipe, mode: str) -> DataFrame:
    return _unanswered(pairs.select("instruction_id"), context, SCORES, recipe[f"score/{mode}"].id, "instruction_id")


def _unanswered(asked: DataFrame, context: Context, table: Table, fingerprint: str, *keys: str) -> DataFrame:
    return asked.join(current(context, table, fingerprint).select(*keys), on=list(keys), how="left_anti")
