"""Selects the passages and pairs of a snapshot that go through the models; every frame is read at one pinned version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.tables import DUPLICATES, INSTRUCTIONS, PASSAGE_SCORES, SCORES, SEGMENTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe
    from bubblenet.tables import Table


CHOSEN_ORIGINS = ("extracted", "paraphrase")
"""Instructions of these origins do not compete with each other: each goes on to the judge."""


def current(context: Context, table: Table, *fingerprints: str) -> DataFrame:
    """Rows of a stage table with one of the given fingerprints, pinned to the newest version."""
    rows = context.warehouse.read(table, context.warehouse.version(table))
    return rows.where(F.col("fingerprint").isin(*fingerprints))


def kept_in_snapshot(context: Context, recipe: Recipe) -> DataFrame:
    """Kept passages of the context's snapshot."""
    return current(context, SEGMENTS, recipe["segment"].id).where((F.col("snapshot") == context.snapshot) & F.col("kept"))


def occurrences(context: Context, recipe: Recipe) -> DataFrame:
    """Kept passages of the context's snapshot without evaluation items, each with its `representative_id`."""
    segments = kept_in_snapshot(context, recipe)
    stands_for = current(context, DUPLICATES, recipe["deduplicate"].id).select("segment_id", "representative_id")
    return segments.join(stands_for, on="segment_id", how="inner")


def representatives(context: Context, recipe: Recipe) -> DataFrame:
    """One row per distinct passage of the snapshot: segment_id, text, language.

    If its representative is from an older snapshot, that passage's text is used.
    """
    here = occurrences(context, recipe)
    wanted = here.select(F.col("representative_id").alias("segment_id")).distinct()
    own = (
        here.where(F.col("segment_id") == F.col("representative_id"))
        .select("segment_id", "text", "language")
        .dropDuplicates(["segment_id"])
    )
    elsewhere = wanted.join(own, on="segment_id", how="left_anti")
    older = current(context, SEGMENTS, recipe["segment"].id).select("segment_id", "text", "language")
    return own.unionByName(older.join(elsewhere, on="segment_id", how="left_semi").dropDuplicates(["segment_id"]))


def questions(context: Context, recipe: Recipe) -> DataFrame:
    """Questions stated above passages of the snapshot: segment_id, question; distinct."""
    here = occurrences(context, recipe).where(F.col("question").isNotNull())
    return here.select(F.col("representative_id").alias("segment_id"), "question").distinct()


def sample(passages: DataFrame, limit: int) -> DataFrame | None:
    """The first `limit` passages by hash, as segment_id; None without a limit. The same passages on every start."""
    if not limit:
        return None
    return passages.select("segment_id").distinct().orderBy(F.xxhash64("segment_id"), "segment_id").limit(limit)


def proposed_pairs(context: Context, recipe: Recipe) -> DataFrame:
    """Pairs of the snapshot that passed the gates, one row each.

    Columns: instruction_id, segment_id, instruction, origin, closing, style, language (of the instruction), text.
    """
    instructions = current(context, INSTRUCTIONS, *recipe.instructions()).where(F.col("kept"))
    pairs = instructions.groupBy("instruction_id", "segment_id", "instruction").agg(
        F.min("origin").alias("origin"),
        F.max("closing").alias("closing"),
        F.min("style").alias("style"),
        F.min(F.coalesce("asked_language", "language")).alias("language"),
    )
    texts = representatives(context, recipe).select("segment_id", "text")
    return pairs.join(texts, on="segment_id", how="inner")


def best_candidates(pairs: DataFrame, reverse_gains: DataFrame) -> DataFrame:
    """The pairs that go on to the judge: all extracted ones and paraphrases, and the best generated one of each passage.

    The best has the largest reverse gain. Ties are broken by instruction_id, so that the choice never depends on row order.
    reverse_gains: instruction_id, reverse_gain.
    """
    ranked = pairs.join(reverse_gains.where(F.col("reverse_gain").isNotNull()), on="instruction_id", how="inner")
    order = Window.partitionBy("segment_id", "origin").orderBy(F.col("reverse_gain").desc(), "instruction_id")
    is_best = F.col("origin").isin(*CHOSEN_ORIGINS) | (F.row_number().over(order) == 1)
    return ranked.withColumn("is_best", is_best).where("is_best").drop("is_best")


def parents(context: Context, recipe: Recipe) -> DataFrame:
    """The inputs of paraphrasing: the pairs that went on to the judge, each instruction once.

    Columns: parent_id, segment_id, instruction, closing, style, language, text.
    """
    proposed = proposed_pairs(context, recipe).where(F.col("origin").isin("extracted", "generated"))
    return best_candidates(proposed, reverse_gains(context, recipe)).select(
        F.col("instruction_id").alias("parent_id"), "segment_id", "instruction", "closing", "style", "language", "text"
    )


def reverse_gains(context: Context, recipe: Recipe) -> DataFrame:
    """instruction_id and reverse_gain under the current fingerprint, with the numbers it was computed from."""
    scores = current(context, SCORES, recipe["score/reverse_gain"].id).where(F.col("mode") == "reverse_gain")
    parts = (F.col(name).alias(f"reverse_gain_{name}") for name in ("log_likelihood", "num_tokens"))
    return scores.select("instruction_id", "reverse_gain", *parts)


def passage_likelihoods(context: Context, recipe: Recipe) -> DataFrame:
    """The measurements of each passage under the current fingerprint, by segment_id; names begin with `passage_`."""
    measured = current(context, PASSAGE_SCORES, recipe["score/passage"].id).where("kept")
    return measured.select("segment_id", *(F.col(name).alias(f"passage_{name}") for name in ("log_likelihood", "token_log_likelihoods")))


def neighbours(context: Context, recipe: Recipe, pairs: DataFrame, reach: int) -> DataFrame:
    """Neighbouring passages at the first occurrence of the passages of these pairs: segment_id, document_id, neighbours (texts).

    Run ids sort by time, so later snapshots change neither the first occurrence nor its neighbours.
    A passage on which a model failed is excluded as a neighbour, so that it does not fail others.
    """
    failed = current(context, INSTRUCTIONS, recipe["extract"].id, recipe["backtranslate"].id).where("status = 'quarantined'")
    kept = current(context, SEGMENTS, recipe["segment"].id).where(F.col("kept")).join(failed, on="segment_id", how="left_anti")
    wanted = pairs.select("segment_id").distinct()
    pages = kept.join(wanted, on="segment_id", how="left_semi").select("document_id", "snapshot").distinct()
    order = Window.partitionBy("document_id", "snapshot").orderBy("position")
    beside = [F.lag("text", -offset).over(order) for offset in range(-reach, reach + 1) if offset]
    placed = kept.join(pages, on=["document_id", "snapshot"], how="left_semi").withColumn(
        "neighbours", F.array_compact(F.array(*beside).cast("array<string>"))
    )
    first = F.min(F.struct("run_id", "url", "position", "document_id", "neighbours")).alias("first")
    return (
        placed.join(wanted, on="segment_id", how="left_semi")
        .groupBy("segment_id")
        .agg(first)
        .select("segment_id", "first.document_id", "first.neighbours")
    )
