"""Selects the passages and pairs of a snapshot that go through the models; every frame is read at one pinned version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.judging.modes import RANKING
from bubblenet.judging.origins import CANDIDATES, PARAPHRASED
from bubblenet.method import rights
from bubblenet.method.rows import current, is_large, narrowed, values
from bubblenet.tables import DUPLICATES, INSTRUCTIONS, MINHASH_INDEX, PASSAGE_SCORES, SCORES, SEGMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe
    from bubblenet.method.rows import Hold


def kept_in_snapshot(context: Context, recipe: Recipe) -> DataFrame:
    """Kept passages of the context's snapshot."""
    return kept(context, recipe).where(F.col("snapshot") == context.snapshot)


def signed(context: Context, recipe: Recipe) -> DataFrame:
    """Passages of all snapshots with their MinHash bands, without those that hold an evaluation item."""
    return current(context, MINHASH_INDEX, recipe["minhash"].id).where("kept")


def occurrences(context: Context, recipe: Recipe, hold: Hold) -> DataFrame:
    """representative_id and question of the kept passages of the context's snapshot without evaluation items.

    Those on pages that the policy on rights withholds are left out, and those whose representative stands on no other page. A passage that
    is its own representative stands here, so only the others are looked for elsewhere.
    """
    segments = rights.without_withheld(kept_in_snapshot(context, recipe), context, recipe).select("segment_id", "question")
    stands_for = current(context, DUPLICATES, recipe["deduplicate"].id).select("segment_id", "representative_id")
    found = segments.join(stands_for, on="segment_id", how="inner")
    if rights.withheld(context, recipe) is not None:  # it is asked twice
        found = hold(found, SEGMENTS)
    others = found.where("representative_id != segment_id").select(F.col("representative_id").alias("segment_id"))
    barred = rights.barred(context, recipe, others)
    if barred is not None:
        found = found.join(barred.select(F.col("segment_id").alias("representative_id")), on="representative_id", how="left_anti")
    return found.select("representative_id", "question")


def with_texts(rows: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The rows with text and language of their passages.

    A representative may stand in older snapshots only. Of those no text is read but of the snapshots in which one was found by its id.
    """
    texts = current(context, SEGMENTS, recipe["segment"].id).select("segment_id", "snapshot", "kept", "text", "language")
    own = texts.where((F.col("snapshot") == context.snapshot) & F.col("kept"))
    elsewhere = rows.select("segment_id").distinct().join(own.select("segment_id"), on="segment_id", how="left_anti")
    older = narrowed(texts, elsewhere, context, SEGMENTS, by="snapshot").join(elsewhere, on="segment_id", how="left_semi")
    found = own.unionByName(older).select("segment_id", "text", "language").dropDuplicates(["segment_id"])
    return rows.join(found, on="segment_id", how="inner")


def questions(here: DataFrame) -> DataFrame:
    """Questions stated above these occurrences: segment_id (of the representative), question; distinct."""
    asked = here.where(F.col("question").isNotNull())
    return asked.select(F.col("representative_id").alias("segment_id"), "question").distinct()


def first_by_hash(passages: DataFrame, limit: int) -> DataFrame | None:
    """The first `limit` passages by hash, as segment_id; None without a limit. The same passages on every start."""
    if not limit:
        return None
    return passages.select("segment_id").distinct().orderBy(F.xxhash64("segment_id"), "segment_id").limit(limit)


def represented(context: Context, recipe: Recipe, hold: Hold) -> DataFrame:
    """segment_id of the distinct passages of the snapshot: those that stand for its occurrences."""
    return hold(occurrences(context, recipe, hold).select(F.col("representative_id").alias("segment_id")).distinct(), INSTRUCTIONS)


def proposed_pairs(wanted: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """Pairs of these passages that passed the gates, one row each: instruction_id, segment_id, origin, and run_ids that proposed them."""
    instructions = current(context, INSTRUCTIONS, *recipe.instructions()).where("kept")
    pairs = instructions.select("instruction_id", "segment_id", "origin", "run_id").join(wanted, on="segment_id", how="left_semi")
    by_pair = pairs.groupBy("instruction_id", "segment_id")
    return by_pair.agg(F.min("origin").alias("origin"), F.collect_set("run_id").alias("run_ids"))


def with_instructions(pairs: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The pairs with instruction, closing, style, and language (of the instruction). Only what their runs wrote is read."""
    instructions = current(context, INSTRUCTIONS, *recipe.instructions()).where("kept")
    if is_large(context, INSTRUCTIONS):
        instructions = instructions.where(F.col("run_id").isin(values(pairs.select(F.explode("run_ids").alias("run_id")), "run_id")))
    wanted = instructions.join(pairs.select("instruction_id"), on="instruction_id", how="left_semi")
    asked = wanted.groupBy("instruction_id", "instruction").agg(
        F.max("closing").alias("closing"),
        F.min("style").alias("style"),
        F.min(F.coalesce("asked_language", "language")).alias("language"),
    )
    return pairs.join(asked, on="instruction_id", how="inner")


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


def parents(wanted: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The inputs of paraphrasing by id: the pairs of these passages that went on to the judge."""
    proposed = proposed_pairs(wanted, context, recipe).where(F.col("origin").isin(*PARAPHRASED))
    return best_candidates(proposed, ranks(context, recipe))


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
    return measured.select(
        "segment_id", *(F.col(name).alias(f"passage_{name}") for name in ("run_id", "log_likelihood", "token_log_likelihoods"))
    )


def with_likelihoods(pairs: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The pairs, of passages that were measured alone, with what was measured."""
    measured = passage_likelihoods(context, recipe)
    measured = narrowed(measured, pairs, context, PASSAGE_SCORES, by="passage_run_id").drop("passage_run_id")
    return pairs.join(measured, on="segment_id", how="inner")


def neighbours(context: Context, recipe: Recipe, pairs: DataFrame, reach: int) -> DataFrame:
    """Neighbouring passages at the first occurrence of the passages of these pairs: segment_id, document_id, neighbours (texts).

    Run ids sort by time, so later snapshots change neither the first occurrence nor its neighbours.
    A passage on which a model failed is no neighbour, so that it does not fail others; it has neighbours itself, since other candidates
    of it may have been answered.
    """
    asked = current(context, INSTRUCTIONS, recipe["extract"].id, recipe["backtranslate"].id)
    failed = asked.where("status = 'quarantined'").select("segment_id", F.lit(True).alias("has_failed")).distinct()
    wanted = pairs.select("segment_id").distinct()
    segments = where_first(wanted, rights.without_withheld(kept(context, recipe), context, recipe), context)
    there = segments.join(failed, on="segment_id", how="left").withColumn("shown", F.when(F.col("has_failed").isNull(), F.col("text")))
    pages = there.join(wanted, on="segment_id", how="left_semi").select("document_id", "snapshot").distinct()
    order = Window.partitionBy("document_id", "snapshot").orderBy("position")
    beside = [F.lag("shown", -offset).over(order) for offset in range(-reach, reach + 1) if offset]
    placed = there.join(pages, on=["document_id", "snapshot"], how="left_semi").withColumn(
        "neighbours", F.array_compact(F.array(*beside).cast("array<string>"))
    )
    first = F.min(F.struct("run_id", "url", "position", "document_id", "neighbours")).alias("first")
    return (
        placed.join(wanted, on="segment_id", how="left_semi")
        .groupBy("segment_id")
        .agg(first)
        .select("segment_id", "first.document_id", "first.neighbours")
    )


def kept(context: Context, recipe: Recipe) -> DataFrame:
    """The kept passages of all snapshots, a row for each place."""
    return current(context, SEGMENTS, recipe["segment"].id).where("kept")


def where_first(wanted: DataFrame, segments: DataFrame, context: Context) -> DataFrame:
    """Those of the segments that are in a snapshot in which the first run found a wanted passage; of a small table all."""
    if not is_large(context, SEGMENTS):
        return segments
    places = segments.select("segment_id", "run_id", "snapshot").join(wanted, on="segment_id", how="left_semi")
    by_passage = places.groupBy("segment_id").agg(
        F.min("run_id").alias("first"), F.collect_set(F.struct("run_id", "snapshot")).alias("all")
    )
    first = by_passage.select(F.inline("all"), "first").where("run_id = first")
    return segments.where(F.col("snapshot").isin(values(first, "snapshot")))
