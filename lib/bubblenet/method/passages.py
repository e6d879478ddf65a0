"""Selects the passages and pairs of a snapshot that go through the models; every frame is read at one pinned version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.judging.modes import RANKING
from bubblenet.judging.origins import CANDIDATES, PARAPHRASED
from bubblenet.method import rights
from bubblenet.method.rows import current
from bubblenet.tables import DUPLICATES, INSTRUCTIONS, MINHASH_INDEX, PASSAGE_SCORES, SCORES, SEGMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe


def kept_in_snapshot(context: Context, recipe: Recipe) -> DataFrame:
    """Kept passages of the context's snapshot."""
    return current(context, SEGMENTS, recipe["segment"].id).where((F.col("snapshot") == context.snapshot) & F.col("kept"))


def signed(context: Context, recipe: Recipe) -> DataFrame:
    """Passages of all snapshots with their MinHash bands, without those that hold an evaluation item."""
    return current(context, MINHASH_INDEX, recipe["minhash"].id).where("kept")


def occurrences(context: Context, recipe: Recipe) -> DataFrame:
    """Kept passages of the context's snapshot without evaluation items, each with its `representative_id`.

    Those on pages that the policy on rights withholds are left out, and those whose representative stands on no other page.
    """
    segments = rights.without_withheld(kept_in_snapshot(context, recipe), context, recipe)
    stands_for = current(context, DUPLICATES, recipe["deduplicate"].id).select("segment_id", "representative_id")
    found = segments.join(stands_for, on="segment_id", how="inner")
    barred = rights.barred(context, recipe)
    if barred is None:
        return found
    return found.join(barred.select(F.col("segment_id").alias("representative_id")), on="representative_id", how="left_anti")


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


def first_by_hash(passages: DataFrame, limit: int) -> DataFrame | None:
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


def is_best(*within: str) -> Column:
    """Whether a pair goes on to the judge: of candidates of one another the best, of other origins each.

    The best is first by the column of the ranking mode. Ties are broken by instruction_id, so that the choice never depends on row order.
    within: columns, besides passage and origin, whose values candidates must share.
    """
    order = Window.partitionBy("segment_id", "origin", *within).orderBy(F.col(RANKING.ranks_by).desc_nulls_last(), "instruction_id")
    return ~F.col("origin").isin(*CANDIDATES) | (F.row_number().over(order) == 1)


def best_candidates(pairs: DataFrame, ranks: DataFrame) -> DataFrame:
    """The pairs that go on to the judge, with the columns of `ranks`."""
    ranked = pairs.join(ranks.where(F.col(RANKING.ranks_by).isNotNull()), on="instruction_id", how="inner")
    return ranked.withColumn("is_best", is_best()).where("is_best").drop("is_best")


def parents(context: Context, recipe: Recipe) -> DataFrame:
    """The inputs of paraphrasing: the pairs that went on to the judge, each instruction once.

    Columns: parent_id, segment_id, instruction, closing, style, language, text.
    """
    proposed = proposed_pairs(context, recipe).where(F.col("origin").isin(*PARAPHRASED))
    return best_candidates(proposed, ranks(context, recipe)).select(
        F.col("instruction_id").alias("parent_id"), "segment_id", "instruction", "closing", "style", "language", "text"
    )


def ranks(context: Context, recipe: Recipe) -> DataFrame:
    """instruction_id and what the ranking mode measured with the current fingerprint, with the numbers that it was made of.

    The names of these begin with `ranking_`.
    """
    scores = current(context, SCORES, recipe[f"score/{RANKING.name}"].id).where(F.col("mode") == RANKING.name)
    parts = (F.col(name).alias(f"ranking_{name}") for name in ("log_likelihood", "num_tokens"))
    return scores.select("instruction_id", RANKING.ranks_by, *parts)


def passage_likelihoods(context: Context, recipe: Recipe) -> DataFrame:
    """The measurements of each passage under the current fingerprint, by segment_id; names begin with `passage_`."""
    measured = current(context, PASSAGE_SCORES, recipe["score/passage"].id).where("kept")
    return measured.select("segment_id", *(F.col(name).alias(f"passage_{name}") for name in ("log_likelihood", "token_log_likelihoods")))


def neighbours(context: Context, recipe: Recipe, pairs: DataFrame, reach: int) -> DataFrame:
    """Neighbouring passages at the first occurrence of the passages of these pairs: segment_id, document_id, neighbours (texts).

    Run ids sort by time, so later snapshots change neither the first occurrence nor its neighbours.
    A passage on which a model failed is no neighbour, so that it does not fail others; it has neighbours itself, since other candidates
    of it may have been answered.
    """
    asked = current(context, INSTRUCTIONS, recipe["extract"].id, recipe["backtranslate"].id)
    failed = asked.where("status = 'quarantined'").select("segment_id", F.lit(True).alias("has_failed")).distinct()
    segments = current(context, SEGMENTS, recipe["segment"].id).where(F.col("kept"))
    segments = rights.without_withheld(segments, context, recipe)
    kept = segments.join(failed, on="segment_id", how="left").withColumn("shown", F.when(F.col("has_failed").isNull(), F.col("text")))
    wanted = pairs.select("segment_id").distinct()
    pages = kept.join(wanted, on="segment_id", how="left_semi").select("document_id", "snapshot").distinct()
    order = Window.partitionBy("document_id", "snapshot").orderBy("position")
    beside = [F.lag("shown", -offset).over(order) for offset in range(-reach, reach + 1) if offset]
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
