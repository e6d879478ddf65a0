"""From signals to verdicts: judge every proposed pair under the current recipe, and publish the accepted pairs.

A round and policy is computed from all snapshots and replaced in one commit of `judgements`; `curated` is derived from it and records the
version it was derived from, so a crash between the two commits is repaired by the next run.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.engines.roles import forward_engine
from bubblenet.errors import ConcurrentRunError
from bubblenet.judging.grading import grader_of
from bubblenet.judging.modes import RANKING
from bubblenet.judging.origins import JUDGED_AS
from bubblenet.kernel import ledger
from bubblenet.kernel.checkpointing import counted
from bubblenet.kernel.table_log import Transaction
from bubblenet.method import measuring, passages, rights, snapshots
from bubblenet.method.capping import accepted_before, capped, domains_of, flooded, may_cap
from bubblenet.method.changes import INPUTS, changes_since
from bubblenet.method.rows import current, is_large, narrowed, only
from bubblenet.method.set_stages import judging, part_of
from bubblenet.tables import FILES, INSTRUCTIONS, JUDGEMENTS, RECIPES, SCORES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.judging.grading import Grader
    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.set_stage import OpenPart
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.method.recipe import Recipe
    from bubblenet.settings import Curation

_COLUMNS = ("reverse_gain", "forward_gain", "instruction_following_difficulty")
"""The columns of `scores` that are copied to `judgements`."""

NOT_IN_CORPUS = "not_in_corpus"
"""The reason of a pair whose passage no page has any more, as the rules cut pages now."""

NOT_MEASURED = "not_measured"
"""The reason of a pair that lacks a signal of the calibration: it was not measured in each of the modes."""

HOPELESS = "hopeless"
"""The reason of a candidate that the first cut of the calibration set aside, by signals that cost nothing."""


def write_recipe(context: Context, recipe: Recipe) -> None:
    """Record once which fingerprints belong together."""
    now = datetime.now(UTC)
    rows = [
        {"recipe_id": recipe.id, "stage": stage, "fingerprint": made.id, "parts": json.dumps(made.parts, sort_keys=True), "created_at": now}
        for stage, made in recipe.fingerprints.items()
    ]
    with suppress(ConcurrentRunError):  # then another driver wrote the same
        note = {"run_id": context.run_id, "stage": "curate", "recipe": recipe.id, "versions": ledger.versions()}
        context.warehouse.append_rows(RECIPES, rows, note, [Transaction(f"recipe/{recipe.id}", 0)])


def every_pair(context: Context, recipe: Recipe, among: DataFrame | None = None) -> DataFrame:
    """Every instruction of the current recipe once: instruction_id, segment_id, origin, language (of the passage), passed, gate.

    among: only those about these passages.
    """
    instructions = current(context, INSTRUCTIONS, *recipe.instructions())
    if among is not None:
        instructions = only(narrowed(instructions, among, context, INSTRUCTIONS), among)
    has_text = instructions.where(F.col("instruction_id").isNotNull())
    pairs = has_text.groupBy("instruction_id", "segment_id").agg(
        F.min("origin").alias("origin"),
        F.min("language").alias("language"),
        F.max("kept").alias("passed"),
        F.min("reason").alias("gate"),
    )
    compared = only(snapshots.compared(context, recipe), among).groupBy("segment_id")
    standing = compared.agg(F.min("reason").alias("standing"), F.lit(True).alias("is_here"))
    joined = pairs.join(standing, on="segment_id", how="left")
    barred = rights.barred(context, recipe, among)
    withdrawn = F.lit(None).cast("string").alias("withdrawn")
    joined = (
        joined.select("*", withdrawn)
        if barred is None
        else joined.join(barred.withColumnRenamed("reason", "withdrawn"), on="segment_id", how="left")
    )
    gate = (
        F.when(~F.col("passed"), F.col("gate"))
        .when(F.col("is_here").isNull(), NOT_IN_CORPUS)
        .otherwise(F.coalesce("withdrawn", "standing"))
        .alias("gate")
    )
    return joined.withColumn("gate", gate).withColumn("passed", F.col("gate").isNull()).drop("standing", "is_here", "withdrawn")


def judge(pairs: DataFrame, signals: DataFrame, grader: Grader) -> DataFrame:
    """Give each pair its quality, grade, kept and reason. Reasons are tried in the order in which the signals are computed.

    signals: instruction_id, the columns of `judgements`, and struct `signals` with those of the grader.
    """
    reason = (
        F.when(~F.col("passed"), F.col("gate"))
        .when(F.col("is_hopeless"), HOPELESS)
        .when(F.col(RANKING.ranks_by).isNull(), NOT_MEASURED)
        .when(~F.col("is_best"), "not_best_candidate")
        .when(F.col("quality").isNull(), NOT_MEASURED)
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


def _signals(context: Context, recipe: Recipe, grader: Grader, among: DataFrame | None) -> DataFrame:
    """One row per measured pair, with its modes joined: the columns of `judgements`, and the signals of the grader."""
    fingerprints = (recipe[f"score/{mode}"].id for mode in context.settings.scoring.modes)
    scores = current(context, SCORES, *fingerprints).where("kept")
    if among is not None:
        scores = only(narrowed(scores, among, context, SCORES), among)
    return scores.groupBy("instruction_id").agg(
        *(F.max(name).alias(name) for name in dict.fromkeys((RANKING.ranks_by, *_COLUMNS))),
        F.max(F.when(F.col("mode") == F.lit(grader.rating), F.col("expected_score"))).alias("expected_score"),
        measuring.signals_of(grader),
    )


@dataclass(frozen=True, slots=True)
class Work:
    """What a curation does. note: of what it judges from; unfinished: snapshots that lack something and are not published yet.

    pairs: to be judged; None: nothing moved. among: their passages, with is_moved; None: all. stored: the judgements before, of these and
    all others. domains: of the passages of the pairs; None where no cap can be reached.
    """

    note: dict[str, Any]
    unfinished: list[str]
    grader: Grader
    pairs: DataFrame | None
    among: DataFrame | None = None
    stored: DataFrame | None = None
    domains: DataFrame | None = None

    @property
    def others(self) -> DataFrame | None:
        """instruction_id of the pairs that were accepted before any cap, and are not judged anew."""
        if self.among is None or self.stored is None:
            return None
        return accepted_before(self.stored).join(self.among, on="segment_id", how="left_anti").select("instruction_id")


def find_work(context: Context, recipe: Recipe, checkpoint: Checkpoint) -> Work:
    """What is to be judged: nothing where no input moved; all under other rules or where pairs are few; else what was touched since then.

    Raises StaleSnapshotError if a snapshot was made under other rules than the pairs are to be published under.
    """
    grader = grader_of(context.settings, forward_engine(context.settings).weights_digest)
    grades = {origin: [grader.threshold(grade, origin) for grade in (5, 4)] for origin in JUDGED_AS}
    calibration_id = grader.calibration.id if grader.calibration else None
    rule: dict[str, Any] = {
        "settings": grader.curation.model_dump(mode="json"),
        "calibration": calibration_id,
        "grades": grades,
        "bounds": {origin: [list(step) for step in steps] for origin, steps in grader.bounds().items()},  # as the note is read again
    }
    allowed = context.settings.rights.model_dump(mode="json")
    inputs = {table.name: context.version(table) for table in INPUTS}
    note = {"inputs": inputs, "rule": rule, "recipe": recipe.id, "rights": allowed, "capped": may_cap(context)}
    stage = judging(context.settings.curation)
    last = stage.last_note(context.warehouse)
    made_from = last.get("made_from", {})
    if made_from == note:
        return Work(note, last.get("unfinished", []), grader, None)
    is_same_rule = made_from and made_from | {"inputs": inputs} == note and "unfinished" in last
    before = made_from.get("inputs", {}) | {FILES.name: last.get("files", -1)}
    stored = context.warehouse.read(JUDGEMENTS).where(stage.where)
    is_part = is_same_rule and is_large(context, INSTRUCTIONS)
    changes = changes_since(context, recipe, before, stored, checkpoint) if is_part else None
    grown = None if changes is None else sorted({*changes.snapshots, *last["unfinished"]})
    unfinished = [] if context.settings.curation.leave_out_stale else snapshots.check_up_to_date(context, recipe, grown)
    if changes is None:
        domains = domains_of(rights.places(context, recipe), context, recipe) if may_cap(context) else None
        return Work(note, unfinished, grader, every_pair(context, recipe), domains=domains)
    among, domains = checkpoint(changes.passages), None
    if may_cap(context):
        domains = checkpoint(domains_of(checkpoint(rights.places(context, recipe, among)), context, recipe))
        met = flooded(stored, among, domains, context, recipe).join(among, on="segment_id", how="left_anti")
        met = checkpoint(met.select("segment_id", "registered_domain").distinct())
        domains = domains.unionByName(met)
        among = checkpoint(among.unionByName(met.select("segment_id", F.lit(False).alias("is_moved"))))
    return Work(note, unfinished, grader, checkpoint(every_pair(context, recipe, among)), among, stored, domains)


def write_judgements(context: Context, recipe: Recipe, work: Work, judgements: OpenPart, checkpoint: Checkpoint) -> int:
    """Judge the pairs, and write the verdicts that are new; return their number.

    Raises ConcurrentRunError if another driver was faster: its inputs may be newer.
    """
    if work.pairs is None:
        return 0
    grader, curation = work.grader, context.settings.curation
    calibrated = {
        "is_calibrated": F.lit(grader.calibration is not None),
        "calibration_id": F.lit(grader.calibration.id if grader.calibration else None).cast("string"),
    }
    constants = {name: F.lit(value) for name, value in part_of(curation).items()} | {"recipe_id": F.lit(recipe.id)}
    judged = judge(work.pairs, _signals(context, recipe, grader, work.among), grader)
    if work.among is not None:  # the caps look at it several times
        judged = checkpoint(judged)
    judged = capped(judged, work.domains, context, work.others).withColumns(constants | calibrated | {"run_id": F.lit(context.run_id)})
    note = {"made_from": work.note, "unfinished": work.unfinished, "files": context.version(FILES), "is_part": work.among is not None}
    if work.among is None or work.stored is None:
        return judgements.replace(judged, context, recipe.id, note)
    compared = F.struct(*(name for name in JUDGEMENTS.column_names if name != "run_id"))
    old = only(narrowed(work.stored, work.among, context, JUDGEMENTS), work.among).select("instruction_id", compared.alias("old"))
    new = judged.select(*JUDGEMENTS.column_names).join(work.among, on="segment_id", how="inner").join(old, on="instruction_id", how="left")
    is_new = F.col("is_moved") | ~F.col("old").eqNullSafe(compared)
    changed, number = counted(new.where(is_new).select(*JUDGEMENTS.column_names, F.lit(False).alias("is_gone")), checkpoint)
    return judgements.update(changed, context, recipe.id, note) if number else judgements.confirm(context, recipe.id, note)


def grades_in_use(warehouse: Warehouse, settings: Curation) -> dict[str, tuple[float, float]]:
    """The thresholds of grade 5 and grade 4 in the newest judgements, by origin; empty before the first."""
    rule = judging(settings).last_note(warehouse).get("made_from", {}).get("rule", {})
    return {origin: tuple(limits) for origin, limits in rule.get("grades", {}).items()}
