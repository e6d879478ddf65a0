"""Cut every document of the snapshot at its headings into passages: segments.

spark-submit --properties-file conf/spark/local.conf jobs/segment.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.app.job import job_of_steps
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage, StageReport, run_stage
from bubblenet.method.address_lists import publish_lists
from bubblenet.method.recipe import corpus_recipe
from bubblenet.method.rows import current
from bubblenet.tables import DOCUMENTS, SEGMENTS
from bubblenet.udfs.corpus import CutPage

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(context: Context) -> list[StageReport]:
    """Bring segments up to date with the documents of the snapshot."""
    settings, recipe = context.settings, corpus_recipe(context.settings)
    in_snapshot = F.col("snapshot") == context.snapshot
    documents = current(context, DOCUMENTS, recipe["ingest"].id).where(in_snapshot & F.col("kept"))
    columns = ("document_id", "snapshot", "url", "declared_language", "content", "content_type", "personal")
    requests = documents.select(content_id("document_id", "snapshot").alias("request_id"), *columns)
    cut = CutPage(settings.segmentation, settings.corpus.languages, settings.privacy, publish_lists(context))
    return [run_stage(Stage("segment", SEGMENTS, recipe["segment"], requests, cut, scope=("snapshot", context.snapshot)), context)]


JOB = job_of_steps("segment", __doc__, [run], follows="rights")


if __name__ == "__main__":
    sys.exit(JOB.main())
