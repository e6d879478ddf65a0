"""Aggregates of the ledger per stage and snapshot, for status and report."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bubblenet.judging.modes import FREE, MODES, RANKING
from bubblenet.tables import TABLES

if TYPE_CHECKING:
    from datetime import datetime

    from pyspark.sql import SparkSession

# The order of the pipeline; all other stages come after these, by name.
_ORDER = (
    "list",
    "ingest",
    "segment",
    "deduplicate",
    "extract",
    "backtranslate",
    *(f"score/{mode}" for mode in FREE),
    f"score/{RANKING.name}",
    "score/passage",
    *(f"score/{mode}" for mode in MODES),
)

_SUMS = """
SELECT stage, snapshot, fingerprint, sum(num_requests) AS num_requests, sum(num_rows) AS num_rows, sum(num_kept) AS num_kept,
  sum(prompt_tokens) AS prompt_tokens, sum(output_tokens) AS output_tokens, sum(seconds) AS seconds,
  sum(prompt_tokens + output_tokens) FILTER (WHERE seconds IS NOT NULL) AS timed_tokens,
  max(finished_at) AS finished_at, max_by(run_id, finished_at) AS run_id, max_by(versions, finished_at) AS versions
FROM runs WHERE {of_requests} GROUP BY stage, snapshot, fingerprint
"""
_REASONS = """
SELECT stage, snapshot, fingerprint, '{verdict}' AS verdict, reason, sum(num) AS num
FROM runs LATERAL VIEW explode({verdict}) AS reason, num WHERE {of_requests} GROUP BY stage, snapshot, fingerprint, reason
"""
_ASKED = ", ".join(f"'{table.name}'" for table in TABLES if table.answers_requests)
_OF_REQUESTS = f"target IN ({_ASKED})"  # what set stages wrote replaces what they wrote before: no totals


@dataclass(frozen=True, slots=True)
class StageTotal:
    """All units of one stage, snapshot and fingerprint. is_current: no other fingerprint of the stage was used later."""

    stage: str
    snapshot: str
    fingerprint: str
    num_requests: int
    num_rows: int
    num_kept: int
    prompt_tokens: int
    output_tokens: int
    seconds: float | None
    timed_tokens: int | None
    finished_at: datetime
    run_id: str
    versions: str
    is_current: bool = True
    filtered: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.output_tokens

    @property
    def tokens_per_second(self) -> float | None:
        """Over the units with a known time: a row rebuilt after a crash has none. None for a stage without a model."""
        return self.timed_tokens / self.seconds if self.timed_tokens and self.seconds else None

    @property
    def is_balanced(self) -> bool:
        """Whether every written row is kept, filtered or quarantined."""
        return self.num_rows == self.num_kept + sum(self.filtered.values()) + sum(self.quarantined.values())


def stage_totals(spark: SparkSession) -> list[StageTotal]:
    """Totals in pipeline order, then by snapshot. Requires registered views. Spark aggregates, however long the ledger is."""
    sums = spark.sql(_SUMS.format(of_requests=_OF_REQUESTS)).collect()
    reasons: dict[tuple[str, str, str], dict[str, dict[str, int]]] = defaultdict(lambda: {"filtered": {}, "quarantined": {}})
    union = " UNION ALL ".join(_REASONS.format(verdict=verdict, of_requests=_OF_REQUESTS) for verdict in ("filtered", "quarantined"))
    for row in spark.sql(union).collect():
        reasons[row["stage"], row["snapshot"], row["fingerprint"]][row["verdict"]][row["reason"]] = row["num"]
    newest = {row["stage"]: row["fingerprint"] for row in sorted(sums, key=lambda row: row["finished_at"])}
    totals = []
    for row in sums:
        found = reasons[row["stage"], row["snapshot"], row["fingerprint"]]
        is_current = newest[row["stage"]] == row["fingerprint"]
        totals.append(StageTotal(**row.asDict(), is_current=is_current, filtered=found["filtered"], quarantined=found["quarantined"]))
    return sorted(totals, key=lambda total: (_position(total.stage), total.stage, total.snapshot, not total.is_current))


def _position(stage: str) -> int:
    return _ORDER.index(stage) if stage in _ORDER else len(_ORDER)
