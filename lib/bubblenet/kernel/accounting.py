"""The accounting identity: seen = kept + filtered(reason) + quarantined(reason) + pending.

It counts requests, not rows. Those without an answer are counted in the plan, those of a unit in the plan's files, the verdicts in the
files that the unit's commit added: independent counts, so a lost or duplicated row breaks the sum and fails the run. Only what is new is
read again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pyspark.sql import functions as F

from bubblenet.errors import AccountingError
from bubblenet.kernel.table_log import few_rows
from bubblenet.locations import literal_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame, Row

    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.tables import Table

TOKENS: Final = ("prompt_tokens", "output_tokens")
MOST_AT_HAND = 10_000
"""Rows of a unit up to which they are counted in this process, not by a query."""


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


def count_unit(warehouse: Warehouse, target: Table, version: int, asked: Sequence[str] = ()) -> UnitVerdicts:
    """Count the requests and rows of one committed unit, in the files that it added. For verdicts see count_verdicts.

    asked: the plan's files of the unit's requests, of which one without a row is pending; default, those that have rows.
    """
    tokens = [name for name in TOKENS if name in target.column_names]
    columns = ("request_id", "status", "kept", "reason", *tokens)
    few = warehouse.few_added(target, version, MOST_AT_HAND, *columns)
    ids = few_rows(asked, MOST_AT_HAND, "request_id") if asked and few is not None else few
    if few is None or ids is None:
        spark = warehouse.spark
        requests = spark.read.schema("request_id STRING").parquet(*map(literal_path, asked)) if asked else None
        return _counted_by_spark(warehouse.added(target, version, *columns), requests, tokens)
    return _counted_here(few, [row["request_id"] for row in ids])


def count_part(warehouse: Warehouse, target: Table, version: int, note: Mapping[str, Any]) -> UnitVerdicts:
    """Count the rows that one commit of a set stage wrote, in the files that it added: carried rows have another mark than its note."""
    mark = note["mark"]
    columns = [name for name in (mark, "kept", "reason") if name in target.column_names]
    few = warehouse.few_added(target, version, MOST_AT_HAND, *columns)
    if few is None:
        own = warehouse.added(target, version, *columns).where(F.col(mark) == note[mark])
        kept, reason = (F.col(name) if name in columns else F.lit(None) for name in ("kept", "reason"))
        grouped = own.groupBy(kept.cast("boolean").alias("kept"), reason.cast("string").alias("reason")).agg(F.count("*").alias("num"))
        found = {(row["kept"], row["reason"]): row["num"] for row in grouped.collect()}
    else:
        found = Counter((row.get("kept"), row.get("reason")) for row in few if row[mark] == note[mark])
    filtered = {reason: num for (kept, reason), num in found.items() if kept is False}
    total = sum(found.values())
    counts = Counts(total, total - sum(filtered.values()), 0, filtered)
    return _unit_verdicts(counts, counts, {})


def _counted_by_spark(rows: DataFrame, asked: DataFrame | None, tokens: Sequence[str]) -> UnitVerdicts:
    sums = [F.sum(name).alias(name) for name in tokens]
    of_rows = _by_verdict(rows.withColumn("is_ok", F.col("status") == "ok"), *sums).withColumn("of", F.lit("rows"))
    of_requests = _by_verdict(_per_request(rows if asked is None else asked, rows)).withColumn("of", F.lit("requests"))
    found = of_rows.unionByName(of_requests, allowMissingColumns=True).collect()
    row_counts, requests = (_counts([row for row in found if row["of"] == of]) for of in ("rows", "requests"))
    return _unit_verdicts(requests, row_counts, {name: sum(row[name] or 0 for row in found) for name in tokens})


def _counted_here(rows: Sequence[Mapping[str, Any]], asked: Sequence[str]) -> UnitVerdicts:
    """The same of few rows, in this process: Spark takes a second for one row."""
    answers: dict[str, list[Mapping[str, Any]]] = {name: [] for name in asked}
    for row in rows:
        answers.get(row["request_id"], []).append(row)
    of_rows = Counter(_verdict([row]) for row in rows)
    of_requests = Counter(map(_verdict, answers.values()))
    row_counts, requests = (
        _counts([{"verdict": verdict, "reason": reason, "num": num} for (verdict, reason), num in found.items()])
        for found in (of_rows, of_requests)
    )
    return _unit_verdicts(requests, row_counts, {name: sum(row.get(name) or 0 for row in rows) for name in TOKENS})


def _verdict(answers: Sequence[Mapping[str, Any]]) -> tuple[str, str | None]:
    """Verdict and reason of a request by its rows."""
    kept = [row["kept"] for row in answers if row["kept"] is not None]
    if not kept or any(kept):
        return "kept" if kept else "pending", None
    reason = min((row["reason"] for row in answers if row["reason"] is not None), default=None)
    return "filtered" if any(row["status"] == "ok" for row in answers) else "quarantined", reason


def _unit_verdicts(requests: Counts, rows: Counts, tokens: Mapping[str, int]) -> UnitVerdicts:
    return UnitVerdicts(
        requests,
        num_rows=rows.seen,
        num_kept_rows=rows.kept,
        filtered_rows=rows.filtered,
        quarantined_rows=rows.quarantined,
        **{name: tokens.get(name, 0) for name in TOKENS},
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


def _counts(rows: Sequence[Row | Mapping[str, Any]]) -> Counts:
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
