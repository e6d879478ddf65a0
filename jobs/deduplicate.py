"""Say which passage stands for which, so that equal text is paid for once: duplicates.

spark-submit --properties-file conf/spark/local.conf jobs/deduplicate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet import passages
from bubblenet.job import main_of
from bubblenet.recipe import corpus_recipe
from bubblenet.stage import Stage, StageReport, run_stage
from bubblenet.tables import DUPLICATES, SEGMENTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.context import Context


def run(context: Context) -> list[StageReport]:
    """Bring duplicates up to date with the kept passages of the snapshot. Rows of older snapshots are probed, never rewritten."""
    recipe = corpus_recipe(context.settings)
    segments = passages.current(context, SEGMENTS, recipe["segment"].id).where((F.col("snapshot") == context.snapshot) & F.col("kept"))
    requests = segments.select(F.col("segment_id").alias("request_id"), "segment_id", "normalised_hash")
    known = passages.current(context, DUPLICATES, recipe["deduplicate"].id).where("kept").select("normalised_hash", "representative_id")
    stage = Stage("deduplicate", DUPLICATES, recipe["deduplicate"], requests, combine=lambda pending: represent(pending, known))
    return [run_stage(stage, context)]


def represent(pending: DataFrame, known: DataFrame) -> DataFrame:
    """Give each new passage its representative: an older one with the same hash, else the new one with the smallest id.

    pending: request_id, segment_id, normalised_hash, new ids only. known: normalised_hash, representative_id, one row a hash.
    """
    newest = pending.groupBy("normalised_hash").agg(F.min("segment_id").alias("first_id"))
    stands_for = newest.join(known, on="normalised_hash", how="left").select(
        "normalised_hash", F.coalesce("representative_id", "first_id").alias("representative_id")
    )
    is_representative = F.col("segment_id") == F.col("representative_id")
    return (
        pending.join(stands_for, on="normalised_hash", how="inner")
        .withColumn("method", F.lit("exact"))
        .withColumn("kept", is_representative)
        .withColumn("reason", F.when(~is_representative, "exact_duplicate"))
    )


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return main_of([run], argv)


if __name__ == "__main__":
    sys.exit(main())
