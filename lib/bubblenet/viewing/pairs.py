"""Small, fair samples of pairs for people to look at.

Pairs are selected by ids and signals alone, with the limit in SQL; only then are the texts of the few looked up by id, so that Delta can
skip files. Needs the views registered.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.tables import CURATED, JUDGEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pyspark.sql import DataFrame, Row, SparkSession

RESPONSE_CHARACTERS = 1200
_PAIRS_A_PAGE = 2
_SIGNALS = ("origin", "quality", "grade", "expected_score", "reverse_gain", "forward_gain", "reason")

# Values are arguments of spark.sql, which writes them as escaped literals; `args=` does not get past Delta's parser.
# An empty snapshot means all.
_JUDGED = """
SELECT j.instruction_id, j.segment_id, j.kept, j.origin, j.quality, j.is_calibrated, j.grade, j.expected_score, j.reverse_gain,
  j.forward_gain, j.reason, coalesce(c.url, j.reason) AS kin
FROM {judgements} AS j LEFT JOIN {curated} AS c ON c.instruction_id = j.instruction_id
WHERE {snapshot} = '' OR j.segment_id IN (
  SELECT d.representative_id FROM duplicates AS d JOIN segments AS s ON s.segment_id = d.segment_id
  WHERE s.kept AND s.snapshot = {snapshot}
)
"""
# Losing candidates of a passage are the least informative; for every reason the nearest misses are the most informative.
_CHOSEN = f"""
WITH ranked AS (
  SELECT *, row_number() OVER (PARTITION BY kept, IF(kept, origin, ''), kin ORDER BY quality DESC NULLS LAST, instruction_id) AS rank,
    count(*) OVER (PARTITION BY kept, origin) AS num, count_if(grade = 5) OVER (PARTITION BY kept, origin) AS num_5,
    IF(bool_and(is_calibrated) OVER (PARTITION BY kept, origin), sum(quality) OVER (PARTITION BY kept, origin), NULL) AS num_good
  FROM {{judged}}
),
accepted AS (
  SELECT *, row_number() OVER (PARTITION BY origin ORDER BY quality DESC, instruction_id) AS place
  FROM ranked WHERE kept AND rank <= {_PAIRS_A_PAGE}
),
rejected AS (
  SELECT *, rank + IF(reason = 'not_best_candidate', 1, 0) AS place FROM ranked WHERE NOT kept AND rank <= {{num_rejected}}
  ORDER BY place, reason, instruction_id LIMIT {{num_rejected}}
)
SELECT * FROM accepted WHERE place <= {{num_accepted}} UNION ALL SELECT * FROM rejected
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """The judgements that a sample is drawn from; an empty snapshot means all snapshots."""

    round: int
    policy: str
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class SamplePair:
    """One pair with its signals; as in the tables, but the response is truncated to RESPONSE_CHARACTERS."""

    instruction: str
    response: str
    url: str | None
    origin: str
    quality: float | None
    grade: int | None
    expected_score: float | None
    reverse_gain: float | None
    forward_gain: float | None
    reason: str | None
    instruction_id: str


@contextmanager
def judged_pairs(spark: SparkSession, scope: Scope) -> Iterator[DataFrame]:
    """The judgements of a scope by id, without texts; cached by Spark while samples are drawn."""
    judgements, curated = (spark.table(table.name).where(table.of_round(scope.round, scope.policy)) for table in (JUDGEMENTS, CURATED))
    judged = spark.sql(_JUDGED, snapshot=scope.snapshot, judgements=judgements, curated=curated).cache()
    try:
        yield judged
    finally:
        judged.unpersist()


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many pairs of an origin are accepted, how many of them with grade 5, and how many a careful reader would accept, as their
    qualities say together; None where a quality is of no calibration.
    """

    num: int = 0
    num_5: int = 0
    num_good: float | None = None


@dataclass(frozen=True, slots=True)
class Samples:
    """Pairs to look at: accepted ones by origin, best quality first, at most two per page; rejected ones, alternating between reasons, the
    nearest misses of each first. counts: of all accepted pairs, by origin.
    """

    counts: dict[str, Accepted]
    accepted: dict[str, list[SamplePair]]
    rejected: list[SamplePair]


def sample_pairs(judged: DataFrame, num_accepted: Mapping[str, int], num_rejected: int) -> Samples:
    """Draw the samples. num_accepted: at least 1, at most so many of each origin; origins that are not named are left out."""
    most = max(num_accepted.values())
    chosen = judged.sparkSession.sql(_CHOSEN, judged=judged, num_accepted=most, num_rejected=num_rejected).collect()
    ordered = sorted(chosen, key=lambda row: (row["place"], row["reason"] or "", row["instruction_id"]))
    accepted = {
        origin: [row for row in ordered if row["kept"] and row["origin"] == origin][:number] for origin, number in num_accepted.items()
    }
    rejected = [row for row in ordered if not row["kept"]]
    pairs = _with_texts(judged.sparkSession, [*rejected, *(row for rows in accepted.values() for row in rows)])
    return Samples(
        {row["origin"]: Accepted(row["num"], row["num_5"], row["num_good"]) for row in ordered if row["kept"]},
        {origin: [pairs[row["instruction_id"]] for row in rows] for origin, rows in accepted.items()},
        [pairs[row["instruction_id"]] for row in rejected],
    )


def _with_texts(spark: SparkSession, chosen: list[Row]) -> dict[str, SamplePair]:
    """Look up instruction, response and page of the selected pairs, by id; equal ids mean equal text, so any row of an id will do."""
    if not chosen:
        return {}
    instructions = _by_id(spark, "instructions", "instruction_id", chosen, F.any_value("instruction").alias("instruction"))
    text = F.left(F.any_value("text"), F.lit(RESPONSE_CHARACTERS)).alias("response")
    responses = _by_id(spark, "segments", "segment_id", chosen, text, F.min_by("url", "run_id").alias("url"))
    return {
        row["instruction_id"]: SamplePair(
            instruction=instructions[row["instruction_id"]]["instruction"],
            response=responses[row["segment_id"]]["response"],
            url=responses[row["segment_id"]]["url"],
            instruction_id=row["instruction_id"],
            **{name: row[name] for name in _SIGNALS},
        )
        for row in chosen
    }


def _by_id(spark: SparkSession, table: str, key: str, chosen: list[Row], *values: Any) -> dict[str, Row]:
    """The rows of a table with the given keys: key -> values."""
    rows = spark.table(table).where(F.col(key).isin(sorted({row[key] for row in chosen})))
    return {row[key]: row for row in rows.groupBy(key).agg(*values).collect()}
