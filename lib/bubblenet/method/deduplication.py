"""The stages of deduplication: signatures of passages, and which of them stands for which. Older rows are probed, never rewritten."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.corpus.similarity.minhash import min_hasher
from bubblenet.kernel.stage import Stage
from bubblenet.method import clusters, passages
from bubblenet.method.clusters import ClusterLimits
from bubblenet.method.decontamination import index_location, publish_index
from bubblenet.method.recipe import corpus_recipe
from bubblenet.method.rows import found_in, narrowed
from bubblenet.tables import DUPLICATES, MINHASH_INDEX
from bubblenet.udfs.corpus import SignPassage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context


def signing(context: Context) -> Stage:
    """MinHash bands of the snapshot's passages, and the evaluation items that they hold."""
    recipe, settings = corpus_recipe(context.settings), context.settings
    requests = passages.kept_in_snapshot(context, recipe).select(F.col("segment_id").alias("request_id"), "segment_id")
    payload, prepare = partial(passages.with_texts, context=context, recipe=recipe), partial(publish_index, context)
    sign = SignPassage(min_hasher(settings.deduplication), index_location(context), settings.decontamination.min_share)
    return Stage("minhash", MINHASH_INDEX, recipe["minhash"], requests, sign, payload=payload, prepare=prepare)


def comparing(context: Context) -> Stage:
    """Which passage stands for which, of those that hold no evaluation item."""
    recipe, chosen = corpus_recipe(context.settings), context.settings.deduplication
    near = ClusterLimits(chosen.min_similarity, chosen.max_band_rows) if chosen.near else None

    def combine(pending: DataFrame, known: DataFrame, checkpoint: Checkpoint) -> DataFrame:
        # Read anew: when another driver was faster, the index must hold what `known` holds.
        narrow = partial(narrowed, context=context, table=MINHASH_INDEX)
        return clusters.represent(pending, known, passages.signed(context, recipe), near, checkpoint, narrow)

    segments = found_in(passages.kept_in_snapshot(context, recipe), passages.signed(context, recipe))
    requests = segments.select(F.col("segment_id").alias("request_id"), "segment_id", "normalised_hash", "num_characters")
    return Stage("deduplicate", DUPLICATES, recipe["deduplicate"], requests, combine=combine)
