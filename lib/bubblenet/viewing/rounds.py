"""The rounds of self-alignment in the report: decisions, held-out gains with intervals, and training losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.kernel.scans import few_rows
from bubblenet.method.seeds import DECIDING, REPORTING
from bubblenet.rounds.decisions import PROMOTED
from bubblenet.training.registry import PREFIX
from bubblenet.viewing.charts import Plot, curves, intervals

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession

_MOST_ROUNDS = 20
_ROUNDS = f"""
SELECT newest.* FROM (
  SELECT max_by(struct(round, model, parent, start, backward, num_curated, num_left_out, bound_on_start, bound_on_parent, num_tokens,
                       agreement, decision, reason, run_id), created_at) AS newest
  FROM rounds WHERE policy = {{policy}} GROUP BY round
) ORDER BY newest.round LIMIT {_MOST_ROUNDS}
"""


Gain = tuple[float, float, float]
"""A mean with the ends of its interval."""


@dataclass(frozen=True, slots=True)
class RoundLine:
    """One round. Gains in nats per token, with their intervals; None where there is none.

    deciding, gain: over the starting model, on the half of the held-out seeds that decided and on the half that is reported.
    on_parent: over its parent, on the half that is reported. bounds: what had to be above 0, on start and on parent.
    """

    name: str
    model: str
    num_curated: int
    num_left_out: int | None
    num_tokens: int | None
    bounds: tuple[float | None, float | None]
    deciding: Gain | None
    gain: Gain | None
    on_parent: Gain | None
    agreement: float | None
    decision: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Rounds:
    """Data of the section. start: the model that is fine-tuned; num_deciding, num_items: held-out seeds that decided, and of the gains."""

    start: str
    num_deciding: int
    num_items: int
    lines: tuple[RoundLine, ...]
    gains: Plot
    losses: Plot


def collect_rounds(spark: SparkSession, policy: str) -> Rounds | None:
    """The rounds of a policy's newest loop; None before the first."""
    rows = _one_loop(spark.sql(_ROUNDS, policy=policy).collect())
    if not rows:
        return None
    gains = _gains(spark, rows)
    lines = tuple(_line(row, gains) for row in rows)
    whiskers = [("start", 0.0, 0.0, 0.0)] + [(line.name, line.gain[1], line.gain[0], line.gain[2]) for line in lines if line.gain]
    sizes = {half: max((row["num_items"] for key, row in gains.items() if key[2] == half), default=0) for half in (DECIDING, REPORTING)}
    return Rounds(
        start=rows[0]["start"],
        num_deciding=sizes[DECIDING],
        num_items=sizes[REPORTING],
        lines=lines,
        gains=intervals(whiskers, "held-out log-likelihood above the starting model, nats a token"),
        losses=curves(_losses(spark, rows), "tokens read in training", "training loss, nats a token"),
    )


def _one_loop(rows: list[Row]) -> list[Row]:
    """M0, and each round that continues the previous one; a later round may belong to an older loop."""
    chain = rows[:1]
    for row in rows[1:]:
        last = chain[-1]
        if (row["start"], row["parent"], last["decision"]) != (last["start"], last["model"], PROMOTED):
            break
        chain.append(row)
    return chain


def _gains(spark: SparkSession, rows: list[Row]) -> dict[tuple[str, str, str], Row]:
    """By model, baseline and half, the comparisons behind the decisions: from the runs that wrote the rounds."""
    asked = {(row["run_id"], row["model"], row[baseline]) for row in rows for baseline in ("start", "parent")}
    wanted = few_rows(spark, sorted(asked), "run_id STRING, model STRING, baseline STRING")
    compared = spark.table("evaluations").where("metric = 'log_likelihood' AND kind = 'all' AND direction = 'forward' AND half IS NOT NULL")
    newest = F.max_by(F.struct("value", "low", "high", "num_items"), "created_at").alias("newest")
    found = compared.join(F.broadcast(wanted), on=["run_id", "model", "baseline"], how="left_semi")
    kept = found.groupBy("model", "baseline", "half").agg(newest).collect()
    return {(row["model"], row["baseline"], row["half"]): row["newest"] for row in kept}


def _line(row: Row, gains: dict[tuple[str, str, str], Row]) -> RoundLine:
    def gain(baseline: str, half: str) -> Gain | None:
        found = gains.get((row["model"], baseline, half))
        return (found["value"], found["low"], found["high"]) if found and found["low"] is not None else None

    return RoundLine(
        name=f"M{row['round']}",
        model=row["model"],
        num_curated=row["num_curated"],
        num_left_out=row["num_left_out"],
        num_tokens=row["num_tokens"],
        bounds=(row["bound_on_start"], row["bound_on_parent"]),
        deciding=gain(row["start"], DECIDING),
        gain=gain(row["start"], REPORTING),
        on_parent=gain(row["parent"], REPORTING),
        agreement=row["agreement"],
        decision=row["decision"],
        reason=row["reason"],
    )


def _losses(spark: SparkSession, rows: list[Row]) -> dict[str, list[tuple[float, float]]]:
    """Loss curves of the backward model and of each round. Rounds trained on the same examples are one model."""
    labels: dict[str, list[str]] = {rows[0]["backward"].removeprefix(PREFIX): ["backward"]}
    for row in rows:
        labels.setdefault(row["model"].removeprefix(PREFIX), []).append(f"M{row['round']}")
    trained = spark.table("models").where(F.col("model_id").isin(list(labels)))
    newest = trained.groupBy("model_id").agg(F.max_by("loss_curve", "created_at").alias("losses")).collect()
    found = {row["model_id"]: [(point["tokens"], point["loss"]) for point in row["losses"]] for row in newest}
    return {", ".join(names): found[model] for model, names in labels.items() if model in found}
