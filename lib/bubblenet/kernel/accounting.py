"""The accounting identity: seen = kept + filtered(reason) + quarantined(reason) + pending.

It counts requests, not rows. Those without an answer are counted in the plan, those of a unit in the plan's files, the verdicts in the
files that the unit's commit added: independent counts, so a lost or duplicated row breaks the sum and fails the run. Only what is new is
read again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import AccountingError

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, Row

    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.tables import Table


VERDICT = ("request_id", "kept", "status", "reason", "run_id", "unit")
"""The columns of an answer that are counted."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The outcome of the requests of one stage and snapshot."""

    seen: int
    kept: int
    pending: int
    filtered: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)

    def answered(self, verdicts: Counts) -> Counts:
        """These counts when some of the pending requests have got their verdicts."""
        return Counts(
            self.seen,
            self.kept + verdicts.kept,
            self.pending - verdicts.seen,
            _added(self.filtered, verdicts.filtered),
            _added(self.quarantined, verdicts.quarantined),
        )

    @property
    def is_balanced(self) -> bool:
        """Whether the identity holds."""
        return self.seen == self.kept + sum(self.filtered.values()) + sum(self.quarantined.values()) + self.pending

    def __str__(self) -> str:
        text = f"{self.seen:,} seen = {self.kept:,} kept"
        for name, reasons in (("filtered", self.filtered), ("quarantined", self.quarantined)):
            text += f" + {sum(reasons.values()):,} {name}" + (f" ({_by_count(reasons)})" if reasons else "")
        return text + (f" + {self.pending:,} pending" if self.pending else "")


def _added(some: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return dict(Counter(some) + Counter(more))


def count_verdicts(requests: DataFrame, results: DataFrame) -> Counts:
    """Count the requests by their verdict in the target.

    requests has request_id (may repeat); results is the target restricted to the stage's fingerprint. A request is kept if any of its
    rows is, filtered if none is but any row is `ok`, quarantined otherwise; the reason is the alphabetically first among its
    rows. A request without rows is pending. Raises AccountingError if one request was answered by two units.
    """
    answers = results.select("request_id", "kept", "status", "reason", F.struct("run_id", "unit").alias("unit"))
    per_request = _per_request(requests, answers, (F.min("unit") != F.max("unit")).alias("is_doubled"))
    rows = _by_verdict(per_request, F.max("is_doubled").alias("is_doubled")).collect()
    if any(row["is_doubled"] for row in rows):
        raise AccountingError("one answer to each request", "requests answered by two units", "Please report this with the table `runs`.")
    return _counts(rows)


def _per_request(asked: DataFrame, answers: DataFrame, *more: Column) -> DataFrame:
    """kept (null without an answer), is_ok, reason, and more aggregates of the answers, for each request that was asked."""
    both = asked.select("request_id", F.lit(True).alias("is_asked")).unionByName(answers, allowMissingColumns=True)
    return (
        both.groupBy("request_id")
        .agg(
            F.max("is_asked").alias("is_asked"),
            F.max("kept").alias("kept"),
            F.max(F.col("status") == "ok").alias("is_ok"),
            F.min("reason").alias("reason"),
            *more,
        )
        .where("is_asked")
    )


def count_requests(requests: DataFrame) -> int:
    """The number of distinct requests; request_id may repeat."""
    return requests.select("request_id").distinct().count()


@dataclass(frozen=True, slots=True)
class UnitVerdicts:
    """What one commit holds: requests by their verdict, and rows."""

    requests: Counts
    num_rows: int
    num_kept_rows: int
    filtered_rows: dict[str, int]
    quarantined_rows: dict[str, int]
    prompt_tokens: int
    output_tokens: int


def count_unit(warehouse: Warehouse, target: Table, version: int, asked: DataFrame | None = None) -> UnitVerdicts:
    """Count the requests and rows of one committed unit, in the files that it added. For verdicts see count_verdicts.

    asked: the unit's requests, of which one without a row is pending; default, those that have rows.
    """
    tokens = [name for name in ("prompt_tokens", "output_tokens") if name in target.column_names]
    rows = warehouse.added(target, version, "request_id", "status", "kept", "reason", *tokens)
    sums = [F.sum(name).alias(name) for name in tokens]
    of_rows = _by_verdict(rows.withColumn("is_ok", F.col("status") == "ok"), *sums).withColumn("of", F.lit("rows"))
    of_requests = _by_verdict(_per_request(rows if asked is None else asked, rows)).withColumn("of", F.lit("requests"))
    found = of_rows.unionByName(of_requests, allowMissingColumns=True).collect()
    row_counts, requests = (_counts([row for row in found if row["of"] == of]) for of in ("rows", "requests"))
    return UnitVerdicts(
        requests,
        num_rows=row_counts.seen,
        num_kept_rows=row_counts.kept,
        filtered_rows=row_counts.filtered,
        quarantined_rows=row_counts.quarantined,
        **{name: sum(row[name] or 0 for row in found) if name in tokens else 0 for name in ("prompt_tokens", "output_tokens")},
    )


def _by_verdict(frame: DataFrame, *sums: Column) -> DataFrame:
    """verdict, reason, num, and the sums; frame: kept (null: pending), is_ok, reason."""
    verdict = (
        F.when(F.col("kept").isNull(), "pending")
        .when(F.col("kept"), "kept")
        .when(F.col("is_ok"), "filtered")
        .otherwise("quarantined")
        .alias("verdict")
    )
    return frame.groupBy(verdict, F.when(~F.col("kept"), F.col("reason")).alias("reason")).agg(F.count("*").alias("num"), *sums)


def _counts(rows: list[Row]) -> Counts:
    by_verdict: dict[str, dict[str, int]] = {"pending": {}, "kept": {}, "filtered": {}, "quarantined": {}}
    for row in rows:
        by_verdict[row["verdict"]][row["reason"]] = row["num"]
    return Counts(
        seen=sum(row["num"] for row in rows),
        kept=sum(by_verdict["kept"].values()),
        pending=sum(by_verdict["pending"].values()),
        filtered=by_verdict["filtered"],
        quarantined=by_verdict["quarantined"],
    )


def check(verdicts: Counts, num_answered: int, stage: str) -> None:
    """Raise AccountingError unless a committed unit accounts for every request that it was given.

    verdicts: counted in what the unit wrote. num_answered: requests in the plan's files of the unit.
    """
    if not verdicts.is_balanced or verdicts.pending or verdicts.seen != num_answered:
        raise AccountingError(
            f"a verdict for each of {num_answered:,} requests of a unit of {stage}",
            str(verdicts),
            "Do not use this snapshot; please report it.",
        )


def _by_count(reasons: dict[str, int]) -> str:
    """`a 3, b 1`, most frequent first."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))
    return ", ".join(f"{reason} {count:,}" for reason, count in ordered)
