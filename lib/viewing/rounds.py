"""The rounds of self-alignment in the report: what was decided, held-out gains with intervals, and how each model learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.training.models import PREFIX
from bubblenet.viewing.charts import Plot, curves, intervals

if TYPE_CHECKING:
    from pyspark.sql import Row, SparkSession

_MOST_ROUNDS = 20
_ROUNDS = f"""
SELECT newest.* FROM (
  SELECT max_by(struct(round, model, start, backward, num_curated, agreement, decision, reason), created_at) AS newest
  FROM rounds WHERE policy = {{policy}} GROUP BY round
) ORDER BY newest.round LIMIT {_MOST_ROUNDS}
"""
_GAINS = """
SELECT model, newest.* FROM (
  SELECT model, max_by(struct(value, low, high, num_items), created_at) AS newest FROM evaluations
  WHERE metric = 'log_likelihood' AND kind = 'all' AND direction = 'forward' AND baseline = {start} GROUP BY model)
"""
_LOSSES = """
SELECT model_id, max_by(loss_curve, created_at) AS losses FROM models GROUP BY model_id HAVING array_contains({models}, model_id)
"""


@dataclass(frozen=True, slots=True)
class RoundLine:
    """One round. gain: above the starting model, in nats a token, with its interval; None where it was not compared."""

    name: str
    model: str
    num_curated: int
    gain: tuple[float, float, float] | None
    agreement: float | None
    decision: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Rounds:
    """What the section shows. start: the model that is fine-tuned; num_items: held-out seeds."""

    start: str
    num_items: int
    lines: tuple[RoundLine, ...]
    gains: Plot
    losses: Plot


def collect_rounds(spark: SparkSession, policy: str) -> Rounds | None:
    """The newest row of each round of a policy; None before the first."""
    rows = spark.sql(_ROUNDS, policy=policy).collect()
    if not rows:
        return None
    start = rows[0]["start"]
    gains = {row["model"]: row for row in spark.sql(_GAINS, start=start).limit(_MOST_ROUNDS * _MOST_ROUNDS).collect()}
    lines = tuple(_line(row, gains.get(row["model"])) for row in rows)
    whiskers = [("start", 0.0, 0.0, 0.0)] + [(line.name, line.gain[1], line.gain[0], line.gain[2]) for line in lines if line.gain]
    return Rounds(
        start=start,
        num_items=max((row["num_items"] for row in gains.values()), default=0),
        lines=lines,
        gains=intervals(whiskers, "held-out log-likelihood above the starting model, nats a token"),
        losses=curves(_losses(spark, rows), "tokens read in training", "loss, nats a token"),
    )


def _line(row: Row, gain: Row | None) -> RoundLine:
    values = (gain["value"], gain["low"], gain["high"]) if gain and gain["low"] is not None else None
    return RoundLine(f"M{row['round']}", row["model"], row["num_curated"], values, row["agreement"], row["decision"], row["reason"])


def _losses(spark: SparkSession, rows: list[Row]) -> dict[str, list[tuple[float, float]]]:
    """Of the backward model and of each round."""
    names = {rows[0]["backward"].removeprefix(PREFIX): "backward"} | {row["model"].removeprefix(PREFIX): f"M{row['round']}" for row in rows}
    found = {row["model_id"]: row["losses"] for row in spark.sql(_LOSSES, models=list(names)).collect()}
    return {names[model]: [(point["tokens"], point["loss"]) for point in found[model]] for model in names if model in found}
