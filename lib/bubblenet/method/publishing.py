"""Publishes the accepted pairs: `curated` is derived from `judgements` and records the version that it was derived from.

A crash between the two commits is repaired by the next run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.kernel.checkpointing import counted
from bubblenet.method import passages, rights
from bubblenet.method.rows import current, is_large, narrowed, only, values
from bubblenet.method.set_stages import judging, part_of, publishing
from bubblenet.tables import CURATED, DOCUMENTS, INSTRUCTIONS, JUDGEMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe


def write_curated(context: Context, recipe: Recipe, checkpoint: Checkpoint) -> int:
    """Publish the accepted pairs of the newest judgements; return the number of rows written.

    Where judgements were changed in part, only what those runs wrote is published anew. Raises ConcurrentRunError if another driver was
    faster.
    """
    curation, warehouse = context.settings.curation, context.warehouse
    judgements, stage = judging(curation), publishing(curation)
    curated = stage.open(context)
    version = warehouse.version(JUDGEMENTS)
    published = stage.last_note(warehouse).get("judgements_version")
    judged = warehouse.read(JUDGEMENTS, version).where(judgements.where)
    note = {"judgements_version": version}
    since = [commit.note for commit in judgements.commits(warehouse, published or 0, version)]
    if not since and published is not None:
        return 0
    if published is None or not all(made.get("is_part") for made in since):
        return curated.replace(with_texts(context, recipe, judged.where("kept"), version), context, recipe.id, note)
    changed, number = counted(judged.where(F.col("run_id").isin(sorted({made["run_id"] for made in since}))), checkpoint)
    if not number:
        return curated.confirm(context, recipe.id, note)
    kept = with_texts(context, recipe, changed.where("kept"), version).select(*CURATED.column_names, F.lit(False).alias("is_gone"))
    gone = changed.where("NOT kept").select("instruction_id", "segment_id", *part_of(curation), F.lit(True).alias("is_gone"))
    return curated.update(checkpoint(kept.unionByName(gone, allowMissingColumns=True)), context, recipe.id, note)


def with_texts(context: Context, recipe: Recipe, judged: DataFrame, version: int) -> DataFrame:
    """Rows of `curated` from rows of `judgements` at a version: adds both texts, and the first occurrence of the passage."""
    instructions = current(context, INSTRUCTIONS, *recipe.instructions())
    asked_in = F.coalesce("asked_language", "language").alias("instruction_language")
    instructions = narrowed(instructions, judged, context, INSTRUCTIONS)
    wanted = instructions.join(judged.select("instruction_id"), on="instruction_id", how="left_semi")
    texts = wanted.select("instruction_id", "instruction", asked_in).dropDuplicates(["instruction_id"])
    return (
        judged.join(texts, on="instruction_id", how="inner")
        .join(_earliest_occurrences(context, recipe, judged), on="segment_id", how="inner")
        .withColumn("judgements_version", F.lit(version).cast("bigint"))
    )


def _earliest_occurrences(context: Context, recipe: Recipe, among: DataFrame) -> DataFrame:
    """The first occurrence of each of these passages on a page that is not withheld: run ids sort by time, so the oldest snapshot wins."""
    segments = rights.without_withheld(passages.kept(context, recipe), context, recipe)
    segments = only(passages.where_first(among.select("segment_id"), segments, context), among)
    where = F.struct("run_id", "url", "position", "document_id", "snapshot", "heading_path", "text", "language")
    first = segments.groupBy("segment_id").agg(F.min(where).alias("first")).select("segment_id", "first.*")
    documents = current(context, DOCUMENTS, *recipe.readings()).where("kept")
    if is_large(context, DOCUMENTS):
        documents = documents.where(F.col("snapshot").isin(values(first, "snapshot")))
    licences = documents.groupBy("document_id", "snapshot").agg(_newest_licence(recipe).alias("declared_licence"))
    with_licence = first.join(licences, on=["document_id", "snapshot"], how="left")
    return with_licence.drop("run_id").withColumnsRenamed({"text": "response", "snapshot": "first_snapshot"})


def _newest_licence(recipe: Recipe) -> Column:
    """The licence of a page by its newest reading; pages of other snapshots may not have been read again yet."""
    licence = F.lit(None).cast("string")
    for fingerprint in reversed(recipe.readings()):
        own = F.col("fingerprint") == fingerprint
        licence = F.when(F.max(own), F.min(F.when(own, F.col("declared_licence")))).otherwise(licence)
    return licence
