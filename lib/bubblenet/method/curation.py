"""From signals to verdicts: judge every proposed pair under the current recipe, and publish the accepted pairs.

A round and policy is computed from all snapshots and replaced in one commit of `judgements`; `curated` is derived from it and records the
version it was derived from, so a crash between the two commits is repaired by the next run.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.engines.roles import forward_engine
from bubblenet.errors import AccountingError, ConcurrentRunError
from bubblenet.judging.grading import grader_of
from bubblenet.judging.modes import RANKING
from bubblenet.judging.origins import JUDGED_AS
from bubblenet.kernel import accounting, ledger
from bubblenet.kernel.table_log import Transaction
from bubblenet.method import measuring, passages, rights, snapshots
from bubblenet.method.capping import capped
from bubblenet.method.rows import current
from bubblenet.tables import CURATED, DOCUMENTS, DUPLICATES, INSTRUCTIONS, JUDGEMENTS, MINHASH_INDEX, RECIPES, RIGHTS, SCORES, SEGMENTS

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.judging.grading import Grader
    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.method.recipe import Recipe
    from bubblenet.settings import Curation
    from bubblenet.tables import Table

_COLUMNS = ("reverse_gain", "forward_gain", "instruction_following_difficulty")
"""The columns of `scores` that are copied to `judgements`."""

NOT_IN_CORPUS = "not_in_corpus"
"""The reason of a pair whose passage no page has any more, as the rules cut pages now."""

HOPELESS = "hopeless"
"""The reason of a candidate that the first cut of the calibration set aside, by signals that cost nothing."""

INPUTS = (DOCUMENTS, RIGHTS, SEGMENTS, MINHASH_INDEX, DUPLICATES, INSTRUCTIONS, SCORES)


def write_recipe(context: Context, recipe: Recipe) -> None:
    """Record once which fingerprints belong together."""
    now = datetime.now(UTC)
    rows = [
        {"recipe_id": recipe.id, "stage": stage, "fingerprint": made.id, "parts": json.dumps(made.parts, sort_keys=True), "created_at": now}
        for stage, made in recipe.fingerprints.items()
    ]
    with suppress(ConcurrentRunError):  # then another driver wrote the same
        context.warehouse.append_rows(RECIPES, rows, _note(context, {"recipe": recipe.id}), [Transaction(f"recipe/{recipe.id}", 0)])


def every_pair(context: Context, recipe: Recipe) -> DataFrame:
    """Every instruction of the current recipe once: instruction_id, segment_id, origin, language (of the passage), passed, gate."""
    instructions = current(context, INSTRUCTIONS, *recipe.instructions())
    has_text = instructions.where(F.col("instruction_id").isNotNull())
    pairs = has_text.groupBy("instruction_id", "segment_id").agg(
        F.min("origin").alias("origin"),
        F.min("language").alias("language"),
        F.max("kept").alias("passed"),
        F.min("reason").alias("gate"),
    )
    standing = (
        snapshots.compared(context, recipe).groupBy("segment_id").agg(F.min("reason").alias("standing"), F.lit(True).alias("is_here"))
    )
    joined = _with_withdrawal(pairs.join(standing, on="segment_id", how="left"), context, recipe)
    gate = (
        F.when(~F.col("passed"), F.col("gate"))
        .when(F.col("is_here").isNull(), NOT_IN_CORPUS)
        .otherwise(F.coalesce("withdrawn", "standing"))
        .alias("gate")
    )
    return joined.withColumn("gate", gate).withColumn("passed", F.col("gate").isNull()).drop("standing", "is_here", "withdrawn")


def _with_withdrawal(pairs: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The pairs with `withdrawn`: why no page of their passage may be used any more; null where one may."""
    barred = rights.barred(context, recipe)
    if barred is None:
        return pairs.withColumn("withdrawn", F.lit(None).cast("string"))
    return pairs.join(barred.withColumnRenamed("reason", "withdrawn"), on="segment_id", how="left")


def judge(pairs: DataFrame, signals: DataFrame, grader: Grader) -> DataFrame:
    """Give each pair its quality, grade, kept and reason. Reasons are tried in the order in which the signals are computed.

    signals: instruction_id, the columns of `judgements`, and struct `signals` with those of the grader.
    """
    reason = (
        F.when(~F.col("passed"), F.col("gate"))
        .when(F.col("is_hopeless"), HOPELESS)
        .when(F.col(RANKING.ranks_by).isNull(), "not_measured")
        .when(~F.col("is_best"), "not_best_candidate")
        .when(F.col("quality").isNull(), "not_measured")
        .when(F.col("grade").isNull(), "low_quality")
    )
    named = {name: F.col("signals")[name] for name in grader.signal_names()}
    return (
        pairs.join(signals, on="instruction_id", how="left")
        .withColumn("is_hopeless", grader.hopeless_column(named, F.col("origin")))
        .withColumn("is_best", passages.is_best("passed", "is_hopeless"))
        .withColumn("quality", grader.column(named, F.col("origin")))
        .withColumn("quality_bound", grader.bound_column(F.col("quality"), F.col("origin")))
        .withColumn("grade", grader.grade_column(F.col("quality"), F.col("origin"), F.col("language")))
        .withColumn("reason", reason)
        .withColumn("kept", F.col("reason").isNull())
        .withColumn("grade", F.when(F.col("kept"), F.col("grade")))
        .drop("is_hopeless")
    )


def _signals(context: Context, recipe: Recipe, grader: Grader) -> DataFrame:
    """One row per measured pair, with its modes joined: the columns of `judgements`, and the signals of the grader."""
    fingerprints = (recipe[f"score/{mode}"].id for mode in context.settings.scoring.modes)
    scores = current(context, SCORES, *fingerprints).where("kept")
    return scores.groupBy("instruction_id").agg(
        *(F.max(name).alias(name) for name in dict.fromkeys((RANKING.ranks_by, *_COLUMNS))),
        F.max(F.when(F.col("mode") == F.lit(grader.rating), F.col("expected_score"))).alias("expected_score"),
        measuring.signals_of(grader),
    )


def next_transaction(context: Context) -> Transaction:
    """The transaction of a curation whose inputs are pinned from now on: it fails if another driver curates before it is committed."""
    lane = f"curate/{_where(context.settings.curation)}"
    stored = context.warehouse.stored_transaction(JUDGEMENTS, lane, context.warehouse.version(JUDGEMENTS))
    return Transaction(lane, stored + 1)


def write_judgements(context: Context, recipe: Recipe, pairs: DataFrame, transaction: Transaction) -> bool:
    """Judge all pairs unless neither the inputs nor the grader changed; return whether it did.

    Raises StaleSnapshotError if a snapshot was made under other rules than the pairs are to be published under, ConcurrentRunError if
    another driver was faster: its inputs may be newer.
    """
    grader = grader_of(context.settings, forward_engine(context.settings).weights_digest)
    calibration_id = grader.calibration.id if grader.calibration else None
    versions = {table.name: context.version(table) for table in INPUTS}
    grades = {origin: [grader.threshold(grade, origin) for grade in (5, 4)] for origin in JUDGED_AS}
    stated = {
        "settings": grader.curation.model_dump(mode="json"),
        "calibration": calibration_id,
        "grades": grades,
        "bounds": grader.bounds(),
    }
    allowed = context.settings.rights.model_dump(mode="json")
    note = {"inputs": versions, "rule": stated, "recipe": recipe.id, "rights": allowed}
    if _last_note(context.warehouse, JUDGEMENTS, context.settings.curation).get("made_from") == note:
        return False
    if not context.settings.curation.leave_out_stale:
        snapshots.check_up_to_date(context, recipe)
    calibrated = {"is_calibrated": F.lit(grader.calibration is not None), "calibration_id": F.lit(calibration_id).cast("string")}
    judged = capped(judge(pairs, _signals(context, recipe, grader), grader), context, recipe).withColumns(
        _constants(context, recipe) | calibrated | {"run_id": F.lit(context.run_id)}
    )
    context.warehouse.replace(judged, JUDGEMENTS, _where(context.settings.curation), _note(context, {"made_from": note}), transaction)
    return True


def write_curated(context: Context, recipe: Recipe) -> bool:
    """Publish the accepted pairs of the newest judgements unless already published; return whether it did."""
    version = context.warehouse.version(JUDGEMENTS)
    if _last_note(context.warehouse, CURATED, context.settings.curation).get("judgements_version") == version:
        return False
    judged = context.warehouse.read(JUDGEMENTS, version).where(_where(context.settings.curation))
    rows = with_texts(context, recipe, judged.where("kept"), version)
    context.warehouse.replace(rows, CURATED, _where(context.settings.curation), _note(context, {"judgements_version": version}))
    return True


def with_texts(context: Context, recipe: Recipe, judged: DataFrame, version: int) -> DataFrame:
    """Rows of `curated` from rows of `judgements` at a version: adds both texts, and the first occurrence of the passage."""
    instructions = current(context, INSTRUCTIONS, *recipe.instructions())
    asked_in = F.coalesce("asked_language", "language").alias("instruction_language")
    texts = instructions.select("instruction_id", "instruction", asked_in).dropDuplicates(["instruction_id"])
    return (
        judged.join(texts, on="instruction_id", how="inner")
        .join(_earliest_occurrences(context, recipe), on="segment_id", how="inner")
        .withColumn("judgements_version", F.lit(version).cast("bigint"))
    )


def _earliest_occurrences(context: Context, recipe: Recipe) -> DataFrame:
    """The first occurrence of each passage on a page that is not withheld: run ids sort by time, so the oldest snapshot wins."""
    segments = current(context, SEGMENTS, recipe["segment"].id).where("kept")
    segments = rights.without_withheld(segments, context, recipe)
    where = F.struct("run_id", "url", "position", "document_id", "snapshot", "heading_path", "text", "language")
    first = segments.groupBy("segment_id").agg(F.min(where).alias("first")).select("segment_id", "first.*")
    documents = current(context, DOCUMENTS, *recipe.readings()).where("kept")
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


def count_own_verdicts(context: Context, pairs: DataFrame, transaction: Transaction, *, is_judged: bool) -> Counts:
    """As count_verdicts. Raises ConcurrentRunError where another driver has curated since the transaction was made."""
    try:
        return count_verdicts(context, pairs)
    except AccountingError:
        if next_transaction(context).version != transaction.version + is_judged:
            got = "a commit of another driver"
            raise ConcurrentRunError("to be the only one that curates", got, "Run `bubblenet curate` once more.") from None
        raise


def count_verdicts(context: Context, pairs: DataFrame) -> Counts:
    """Count the verdicts in the table for these pairs.

    Raises AccountingError unless each has one, and exactly the kept ones are published, each once.
    """
    where = _where(context.settings.curation)
    judgements, published = (context.warehouse.read(table).where(where) for table in (JUDGEMENTS, CURATED))
    judged = judgements.join(pairs.select("instruction_id"), on="instruction_id", how="left_semi")
    sides = judgements.where("kept").select("instruction_id", F.lit(1).alias("judged"), F.lit(0).alias("published"))
    sides = sides.unionByName(published.select("instruction_id", F.lit(0).alias("judged"), F.lit(1).alias("published")))
    per_pair = sides.groupBy("instruction_id").agg(F.sum("judged").alias("judged"), F.sum("published").alias("published"))
    count = F.count("*").alias("num")
    counted = (
        judged.groupBy("kept", "reason").agg(count).withColumn("of", F.lit("verdicts")),
        pairs.agg(count).withColumn("of", F.lit("pairs")),
        per_pair.where("judged <> 1 OR published <> 1").agg(count).withColumn("of", F.lit("differing")),
    )
    found = reduce(lambda left, right: left.unionByName(right, allowMissingColumns=True), counted).collect()
    numbers = {row["of"]: row["num"] for row in found if row["of"] != "verdicts"}
    if numbers["differing"]:
        got = f"{numbers['differing']:,} that are in one of them only"
        raise AccountingError("the kept pairs of judgements, and no others, in curated", got, "Do not use this round; please report it.")
    verdicts = [row for row in found if row["of"] == "verdicts"]
    filtered = {row["reason"]: row["num"] for row in verdicts if not row["kept"]}
    counts = accounting.Counts(numbers["pairs"], sum(row["num"] for row in verdicts if row["kept"]), 0, filtered)
    if not counts.is_balanced:
        raise AccountingError("one verdict for each proposed pair", str(counts), "Do not use this round; please report it.")
    return counts


def _constants(context: Context, recipe: Recipe) -> dict[str, Column]:
    curation = context.settings.curation
    return {"round": F.lit(curation.round), "policy": F.lit(curation.policy), "recipe_id": F.lit(recipe.id)}


def grades_in_use(warehouse: Warehouse, settings: Curation) -> dict[str, tuple[float, float]]:
    """The thresholds of grade 5 and grade 4 in the newest judgements, by origin; empty before the first."""
    rule = _last_note(warehouse, JUDGEMENTS, settings).get("made_from", {}).get("rule", {})
    return {origin: tuple(limits) for origin, limits in rule.get("grades", {}).items()}


def _where(curation: Curation) -> str:
    """The predicate that selects the rows to replace in `judgements` and `curated`, and that identifies their commits."""
    return JUDGEMENTS.of_round(curation.round, curation.policy)


def _note(context: Context, extra: dict[str, Any]) -> dict[str, Any]:
    scope = _where(context.settings.curation)
    return {"run_id": context.run_id, "stage": "curate", "scope": scope, "versions": ledger.versions()} | extra


def _last_note(warehouse: Warehouse, table: Table, curation: Curation) -> dict[str, Any]:
    """The note of the newest commit for this round and policy."""
    notes = [commit.note for commit in warehouse.commits_since(table, 0) if commit.note.get("scope") == _where(curation)]
    return notes[-1] if notes else {}
