"""Say which passage stands for which, so that text is paid for once, and leave out what holds evaluation items: minhash_index, duplicates.

spark-submit --properties-file conf/spark/local.conf jobs/deduplicate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.app.job import job_of_steps
from bubblenet.corpus.similarity.minhash import min_hasher
from bubblenet.kernel.stage import Stage, StageReport, run_stage
from bubblenet.method import clusters, passages
from bubblenet.method.clusters import ClusterRules
from bubblenet.method.decontamination import publish_index
from bubblenet.method.recipe import corpus_recipe
from bubblenet.tables import DUPLICATES, MINHASH_INDEX
from bubblenet.udfs.corpus import SignPassage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context


def run(context: Context) -> list[StageReport]:
    """Bring minhash_index and duplicates up to date with the kept passages of the snapshot; older rows are probed, never rewritten."""
    return [run_stage(_signing(context), context), run_stage(_comparing(context), context)]


def _signing(context: Context) -> Stage:
    recipe, settings = corpus_recipe(context.settings), context.settings
    requests = passages.kept_in_snapshot(context, recipe).select(F.col("segment_id").alias("request_id"), "segment_id", "text")
    sign = SignPassage(min_hasher(settings.deduplication), publish_index(context), settings.decontamination.min_share)
    return Stage("minhash", MINHASH_INDEX, recipe["minhash"], requests, sign)


def _comparing(context: Context) -> Stage:
    recipe, rules = corpus_recipe(context.settings), context.settings.deduplication
    near = ClusterRules(rules.min_similarity, rules.max_band_rows) if rules.near else None

    def combine(pending: DataFrame, known: DataFrame, checkpoint: Checkpoint) -> DataFrame:
        # Read anew: when another driver was faster, the index must hold what `known` holds.
        return clusters.represent(pending, known, passages.signed(context, recipe), near, checkpoint)

    signed = passages.signed(context, recipe).select("segment_id")
    segments = passages.kept_in_snapshot(context, recipe).join(signed, on="segment_id", how="left_semi")
    requests = segments.select(F.col("segment_id").alias("request_id"), "segment_id", "normalised_hash", "num_characters")
    return Stage("deduplicate", DUPLICATES, recipe["deduplicate"], requests, combine=combine)


JOB = job_of_steps("deduplicate", __doc__, [run], follows="segment")


if __name__ == "__main__":
    sys.exit(JOB.main())
