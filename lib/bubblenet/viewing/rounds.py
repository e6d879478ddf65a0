"""The rounds of self-alignment in the report: decisions, held-out gains with intervals, and training losses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.rounds.decisions import PROMOTED
from bubblenet.training.registry import PREFIX
from bubblenet.viewing.charts import Plot, curves, intervals

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession

_MOST_ROUNDS = 20
_ROUNDS = f"""
SELECT newest.* FROM (
  SELECT max_by(struct(round, model, parent, start, backward, num_curated, agreement, decision, reason, run_id), created_at) AS newest
  FROM rounds WHERE policy = {{policy}} GROUP BY round
) ORDER BY newest.round LIMIT {_MOST_ROUNDS}
"""


@dataclass(frozen=True, slots=True)
class RoundLine:
    """One round. gain: over the starting model, in nats per token, with its interval; None if it was not compared."""

    name: str
    model: str
    num_curated: int
    gain: tuple[float, float, float] | None
    agreement: float | None
    decision: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Rounds:
    """Data of the section. start: the model that is fine-tuned; num_items: held-out seeds."""

    start: str
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
    lines = tuple(_line(row, gains.get(row["model"])) for row in rows)
    whiskers = [("start", 0.0, 0.0, 0.0)] + [(line.name, line.gain[1], line.gain[0], line.gain[2]) for line in lines if line.gain]
    return Rounds(
        start=rows[0]["start"],
        num_items=max((row["num_items"] for row in gains.values()), default=0),
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


def _gains(spark: SparkSession, rows: list[Row]) -> dict[str, Row]:
    """By model, the comparison with the starting model behind the decision: from the run that wrote the round."""
    wanted = spark.createDataFrame(
        [(row["run_id"], row["model"], row["start"]) for row in rows], "run_id STRING, model STRING, baseline STRING"
    )
    compared = spark.table("evaluations").where("metric = 'log_likelihood' AND kind = 'all' AND direction = 'forward'")
    newest = F.max_by(F.struct("value", "low", "high", "num_items"), "created_at").alias("newest")
    found = compared.join(F.broadcast(wanted), on=["run_id", "model", "baseline"], how="left_semi").groupBy("model").agg(newest)
    return {row["model"]: row["newest"] for row in found.collect()}


def _line(row: Row, gain: Row | None) -> RoundLine:
    values = (gain["value"], gain["low"], gain["high"]) if gain and gain["low"] is not None else None
    return RoundLine(f"M{row['round']}", row["model"], row["num_curated"], values, row["agreement"], row["decision"], row["reason"])


def _losses(spark: SparkSession, rows: list[Row]) -> dict[str, list[tuple[float, float]]]:
    """Loss curves of the backward model and of each round. Rounds trained on the same examples are one model."""
    labels: dict[str, list[str]] = {rows[0]["backward"].removeprefix(PREFIX): ["backward"]}
    for row in rows:
        labels.setdefault(row["model"].removeprefix(PREFIX), []).append(f"M{row['round']}")
    trained = spark.table("models").where(F.col("model_id").isin(list(labels)))
    newest = trained.groupBy("model_id").agg(F.max_by("loss_curve", "created_at").alias("losses")).collect()
    found = {row["model_id"]: [(point["tokens"], point["loss"]) for point in row["losses"]] for row in newest}
    return {", ".join(names): found[model] for model, names in labels.items() if model in found}
