"""List the input files and read every page of every new one, large files in parts: files, documents.

spark-submit --properties-file conf/spark/local.conf jobs/ingest.py --input pages/ --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.app.job import job_of_steps
from bubblenet.corpus.reading import formats
from bubblenet.errors import InputError
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage
from bubblenet.kernel.stages import Stages, run_stages
from bubblenet.method.listing import file_parts, list_files
from bubblenet.method.recipe import corpus_recipe
from bubblenet.method.rows import current
from bubblenet.tables import DOCUMENTS, FILES
from bubblenet.udfs.corpus import KnowFile, ReadFile

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def stages(context: Context) -> Stages:
    """The listing, where inputs are given, and the reading of what is listed. Raises InputError when there is nothing to read."""
    if context.inputs:
        listed = yield _listing(context)
        if listed and not listed.counts.kept:
            raise InputError(f"files of {formats.in_words()}", f"none among {listed.counts.seen} files", "Mend --input.")
    yield _reading(context)


run = partial(run_stages, stages, verb="ingest")


def _listing(context: Context) -> Stage:
    files = list_files(context.spark, context.inputs).withColumn("snapshot", F.lit(context.snapshot))
    key = content_id("path", F.col("size").cast("string"), F.col("modified_at").cast("string"), "snapshot")
    requests, know = files.withColumn("request_id", key), KnowFile(formats.suffix_table())
    return Stage("list", FILES, corpus_recipe(context.settings)["list"], requests, know, scope=("snapshot", context.snapshot))


def _reading(context: Context) -> Stage:
    recipe, settings = corpus_recipe(context.settings), context.settings
    files = current(context, FILES, recipe["list"].id).where((F.col("snapshot") == context.snapshot) & F.col("kept"))
    parts, scope = file_parts(files, settings.corpus.split_bytes), ("snapshot", context.snapshot)
    return Stage("ingest", DOCUMENTS, recipe["ingest"], parts, ReadFile(settings.corpus, settings.privacy), scope=scope, weight="num_bytes")


JOB = job_of_steps("ingest", __doc__, [run], follows="run", makes_warehouse=True, needs_input=True)


if __name__ == "__main__":
    sys.exit(JOB.main())
