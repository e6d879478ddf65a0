"""From signals to verdicts: every proposed pair under the current recipe, judged and published as a whole.

A round and policy is computed from all snapshots and replaced in one commit of `judgements`; `curated` follows from it and records which
version it was taken from, so a crash between the two commits is mended by the next run.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet import accounting, ledger, passages
from bubblenet.judging import quality
from bubblenet.tables import CURATED, DOCUMENTS, DUPLICATES, INSTRUCTIONS, JUDGEMENTS, MINHASH_INDEX, RECIPES, SCORES, SEGMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.accounting import Counts
    from bubblenet.context import Context
    from bubblenet.recipe import Recipe
    from bubblenet.tables import Table

_INPUTS = (DOCUMENTS, SEGMENTS, MINHASH_INDEX, DUPLICATES, INSTRUCTIONS, SCORES)


def write_recipe(context: Context, recipe: Recipe) -> None:
    """Note which fingerprints belong together, once."""
    known = context.warehouse.read(RECIPES).where(F.col("recipe_id") == recipe.id)
    if known.isEmpty():
        rows = [
            (recipe.id, stage, f.id, json.dumps(f.parts, sort_keys=True), datetime.now(UTC)) for stage, f in recipe.fingerprints.items()
        ]
        context.warehouse.append(
            context.spark.createDataFrame(rows, RECIPES.ddl).coalesce(1), RECIPES, _note(context, {"recipe": recipe.id})
        )


def every_pair(context: Context, recipe: Recipe) -> DataFrame:
    """Every instruction of the current recipe once: instruction_id, segment_id, origin, passed, gate."""
    instructions = passages.current(context, INSTRUCTIONS, recipe["extract"].id, recipe["backtranslate"].id)
    has_text = instructions.where(F.col("instruction_id").isNotNull())
    pairs = has_text.groupBy("instruction_id", "segment_id").agg(
        F.min("origin").alias("origin"), F.max("kept").alias("passed"), F.min("reason").alias("gate")
    )
    fault = F.when(~F.col("passed"), F.col("gate")).otherwise(F.col("standing"))
    judged = pairs.join(_standing(context, recipe), on="segment_id", how="left").withColumn("gate", fault)
    return judged.withColumn("passed", F.col("gate").isNull()).drop("standing")


def _standing(context: Context, recipe: Recipe) -> DataFrame:
    """segment_id and why its pairs cannot count any more: rules may have changed since they were made."""
    compared = passages.current(context, DUPLICATES, recipe["deduplicate"].id).select("segment_id", "kept", "reason")
    signed = passages.current(context, MINHASH_INDEX, recipe["minhash"].id).where("NOT kept").select("segment_id", "kept", "reason")
    return compared.unionByName(signed).where("NOT kept").groupBy("segment_id").agg(F.min("reason").alias("standing"))


def judge(pairs: DataFrame, signals: DataFrame, context: Context) -> DataFrame:
    """Give each pair its quality, grade, kept and reason. The reasons are tried in the order in which the signals are bought."""
    curation = context.settings.curation
    order = Window.partitionBy("segment_id", "origin", "passed").orderBy(F.col("reverse_gain").desc_nulls_last(), "instruction_id")
    is_best = (F.col("origin") == "extracted") | (F.col("rank") == 1)
    reason = (
        F.when(~F.col("passed"), F.col("gate"))
        .when(F.col("reverse_gain").isNull(), "not_measured")
        .when(~is_best, "not_best_candidate")
        .when(F.col("quality").isNull(), "not_measured")
        .when(F.col("grade").isNull(), "low_quality")
    )
    return (
        pairs.join(signals, on="instruction_id", how="left")
        .withColumn("rank", F.row_number().over(order))
        .withColumn("quality", quality.quality(curation))
        .withColumn("grade", quality.grade(curation))
        .withColumn("reason", reason)
        .withColumn("kept", F.col("reason").isNull())
        .withColumn("grade", F.when(F.col("kept"), F.col("grade")))
    )


def _signals(context: Context, recipe: Recipe) -> DataFrame:
    """One row for each measured pair, the modes side by side."""
    modes = ("reverse_gain", "likelihood", context.settings.scoring.rubric)
    scores = passages.current(context, SCORES, *(recipe[f"score/{mode}"].id for mode in modes)).where("kept")
    names = ("reverse_gain", "forward_gain", "instruction_following_difficulty", "expected_score")
    return scores.groupBy("instruction_id").agg(*(F.max(name).alias(name) for name in names))


def write_judgements(context: Context, recipe: Recipe, pairs: DataFrame) -> bool:
    """Judge all pairs; return whether that was needed: not when neither an input nor the rule moved."""
    curation = context.settings.curation
    versions = {table.name: context.warehouse.version(table) for table in _INPUTS}
    note = {"inputs": versions, "rule": curation.model_dump(mode="json"), "recipe": recipe.id}
    if _last_note(context, JUDGEMENTS).get("made_from") == note:
        return False
    judged = judge(pairs, _signals(context, recipe), context).withColumns(
        _constants(context, recipe) | {"is_calibrated": F.lit(False), "run_id": F.lit(context.run_id)}
    )
    context.warehouse.replace(judged, JUDGEMENTS, _where(context), _note(context, {"made_from": note}))
    return True


def write_curated(context: Context, recipe: Recipe) -> bool:
    """Publish the accepted pairs of the newest judgements; return whether that was needed."""
    version = context.warehouse.version(JUDGEMENTS)
    if _last_note(context, CURATED).get("judgements_version") == version:
        return False
    accepted = context.warehouse.read(JUDGEMENTS, version).where(_where(context)).where("kept")
    instructions = passages.current(context, INSTRUCTIONS, recipe["extract"].id, recipe["backtranslate"].id)
    texts = instructions.select("instruction_id", "instruction").dropDuplicates(["instruction_id"])
    rows = (
        accepted.join(texts, on="instruction_id", how="inner")
        .join(_earliest_occurrences(context, recipe), on="segment_id", how="inner")
        .withColumn("judgements_version", F.lit(version).cast("bigint"))
    )
    context.warehouse.replace(rows, CURATED, _where(context), _note(context, {"judgements_version": version}))
    return True


def _earliest_occurrences(context: Context, recipe: Recipe) -> DataFrame:
    """Where each passage was met first: run ids sort by time, so the oldest snapshot wins whatever its name."""
    segments = passages.current(context, SEGMENTS, recipe["segment"].id).where("kept")
    where = F.struct("run_id", "url", "position", "document_id", "snapshot", "heading_path", "text", "language")
    first = segments.groupBy("segment_id").agg(F.min(where).alias("first")).select("segment_id", "first.*")
    documents = passages.current(context, DOCUMENTS, recipe["ingest"].id).where("kept")
    licences = documents.groupBy("document_id", "snapshot").agg(F.min("declared_licence").alias("declared_licence"))
    with_licence = first.join(licences, on=["document_id", "snapshot"], how="left")
    return with_licence.drop("run_id").withColumnsRenamed({"text": "response", "snapshot": "first_snapshot"})


def count_verdicts(context: Context, pairs: DataFrame) -> Counts:
    """Count the verdicts of the table against the pairs of the source."""
    judgements = context.warehouse.read(JUDGEMENTS).where(_where(context))
    counted = (
        judgements.join(pairs.select("instruction_id"), on="instruction_id", how="left_semi").groupBy("kept", "reason").count().collect()
    )
    filtered = {row["reason"]: row["count"] for row in counted if not row["kept"]}
    return accounting.Counts(pairs.count(), sum(row["count"] for row in counted if row["kept"]), 0, filtered)


def _constants(context: Context, recipe: Recipe) -> dict[str, Column]:
    curation = context.settings.curation
    return {"round": F.lit(curation.round), "policy": F.lit(curation.policy), "recipe_id": F.lit(recipe.id)}


def _where(context: Context) -> str:
    curation = context.settings.curation
    return f"round = {curation.round} AND policy = '{curation.policy}'"  # both were validated by the settings


def _note(context: Context, extra: dict[str, Any]) -> dict[str, Any]:
    return {"run_id": context.run_id, "stage": "curate", "scope": _where(context), "versions": ledger.versions()} | extra


def _last_note(context: Context, table: Table) -> dict[str, Any]:
    """The note of the newest commit for this round and policy."""
    notes = [commit.note for commit in context.warehouse.commits_since(table, 0) if commit.note.get("scope") == _where(context)]
    return notes[-1] if notes else {}
