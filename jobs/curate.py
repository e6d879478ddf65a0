"""Judge every proposed pair under the current recipe and publish the accepted ones: judgements, curated, recipes.

No model is called: a new threshold or weight redoes this job alone. It sees all snapshots, computes a whole and replaces its round and
policy in one commit; when no input moved it does nothing.

spark-submit --properties-file conf/spark/local.conf jobs/curate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet import accounting, ledger, passages
from bubblenet.errors import AccountingError
from bubblenet.job import main_of
from bubblenet.judging import quality
from bubblenet.recipe import full_recipe
from bubblenet.stage import StageReport
from bubblenet.tables import CURATED, DOCUMENTS, DUPLICATES, INSTRUCTIONS, JUDGEMENTS, MINHASH_INDEX, RECIPES, SCORES, SEGMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.accounting import Counts
    from bubblenet.context import Context
    from bubblenet.recipe import Recipe

_INPUTS = (DOCUMENTS, SEGMENTS, MINHASH_INDEX, DUPLICATES, INSTRUCTIONS, SCORES)


def run(context: Context) -> list[StageReport]:
    """Bring judgements and curated up to date. Raises AccountingError when a pair has no verdict."""
    started = time.monotonic()
    recipe = full_recipe(context.settings)
    _write_recipe(context, recipe)
    pairs = _pairs(context, recipe)
    is_judged, is_published = _write_judgements(context, recipe, pairs), _write_curated(context, recipe)
    counts = _verdicts(context, pairs)
    if not counts.is_balanced:
        raise AccountingError("one verdict for each proposed pair", str(counts), "Do not use this round; please report it.")
    num_judged, num_published = counts.seen * is_judged, counts.kept * is_published
    seconds = time.monotonic() - started
    report = StageReport("curate", counts, num_judged, num_judged + num_published, num_published, tokens=0, seconds=seconds)
    report.show(context.console)
    return [report]


def _pairs(context: Context, recipe: Recipe) -> DataFrame:
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


def _write_judgements(context: Context, recipe: Recipe, pairs: DataFrame) -> bool:
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


def _write_curated(context: Context, recipe: Recipe) -> bool:
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


def _verdicts(context: Context, pairs: DataFrame) -> Counts:
    """Count the verdicts of the table against the pairs of the source."""
    judgements = context.warehouse.read(JUDGEMENTS).where(_where(context))
    counted = (
        judgements.join(pairs.select("instruction_id"), on="instruction_id", how="left_semi").groupBy("kept", "reason").count().collect()
    )
    filtered = {row["reason"]: row["count"] for row in counted if not row["kept"]}
    return accounting.Counts(pairs.count(), sum(row["count"] for row in counted if row["kept"]), 0, filtered)


def _write_recipe(context: Context, recipe: Recipe) -> None:
    known = context.warehouse.read(RECIPES).where(F.col("recipe_id") == recipe.id)
    if known.isEmpty():
        rows = [
            (recipe.id, stage, f.id, json.dumps(f.parts, sort_keys=True), datetime.now(UTC)) for stage, f in recipe.fingerprints.items()
        ]
        context.warehouse.append(
            context.spark.createDataFrame(rows, RECIPES.ddl).coalesce(1), RECIPES, _note(context, {"recipe": recipe.id})
        )


def _constants(context: Context, recipe: Recipe) -> dict[str, Column]:
    curation = context.settings.curation
    return {"round": F.lit(curation.round), "policy": F.lit(curation.policy), "recipe_id": F.lit(recipe.id)}


def _where(context: Context) -> str:
    curation = context.settings.curation
    return f"round = {curation.round} AND policy = '{curation.policy}'"  # both were validated by the settings


def _note(context: Context, extra: dict[str, Any]) -> dict[str, Any]:
    return {"run_id": context.run_id, "stage": "curate", "scope": _where(context), "versions": ledger.versions()} | extra


def _last_note(context: Context, table: Any) -> dict[str, Any]:
    """The note of the newest commit for this round and policy."""
    notes = [commit.note for commit in context.warehouse.commits_since(table, 0) if commit.note.get("scope") == _where(context)]
    return notes[-1] if notes else {}


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return main_of([run], argv)


if __name__ == "__main__":
    sys.exit(main())
