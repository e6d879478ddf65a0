"""Cut every document of the snapshot at its headings into passages: segments.

spark-submit --properties-file conf/spark/local.conf jobs/segment.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.app.job import job_of_steps
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage
from bubblenet.kernel.stages import Stages, run_stages
from bubblenet.method.address_lists import lists_location, publish_lists
from bubblenet.method.recipe import corpus_recipe
from bubblenet.method.rights import PAGE
from bubblenet.method.rows import current
from bubblenet.tables import DOCUMENTS, SEGMENTS
from bubblenet.udfs.corpus import CutPage

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context


def stages(context: Context) -> Stages:
    """Cutting. The pages themselves are read where they were not cut yet."""
    settings, recipe = context.settings, corpus_recipe(context.settings)
    in_snapshot = F.col("snapshot") == context.snapshot
    documents = current(context, DOCUMENTS, recipe["ingest"].id).where(in_snapshot & F.col("kept"))
    requests = documents.select(content_id(*PAGE).alias("request_id"), *PAGE)

    def payload(rows: DataFrame) -> DataFrame:
        pages = documents.select(*PAGE, "url", "declared_language", "content", "content_type", "personal").join(
            rows.select(*PAGE), PAGE, "left_semi"
        )
        return rows.join(pages.dropDuplicates(PAGE), on=PAGE, how="inner")

    cut = CutPage(settings.segmentation, settings.corpus.languages, settings.privacy, lists_location(context))
    prepare, scope = partial(publish_lists, context), ("snapshot", context.snapshot)
    yield Stage("segment", SEGMENTS, recipe["segment"], requests, cut, scope=scope, payload=payload, prepare=prepare)


run = partial(run_stages, stages, verb="segment")


JOB = job_of_steps("segment", __doc__, [run], follows="rights")


if __name__ == "__main__":
    sys.exit(JOB.main())
