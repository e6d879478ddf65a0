"""The accounting identity: seen = kept + filtered(reason) + quarantined(reason) + pending.

It counts requests, not rows. `seen` is counted in the pinned source before the work (in its plan, if nothing was answered yet), the
answered requests in the committed units, the verdicts in the target afterwards: three independent counts, so a lost or duplicated row
breaks the sum and fails the run.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import AccountingError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True, slots=True)
class Counts:
    """The outcome of the requests of one stage and snapshot."""

    seen: int
    kept: int
    pending: int
    filtered: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)

    @property
    def is_balanced(self) -> bool:
        """Whether the identity holds."""
        return self.seen == self.kept + sum(self.filtered.values()) + sum(self.quarantined.values()) + self.pending

    def __str__(self) -> str:
        text = f"{self.seen:,} seen = {self.kept:,} kept"
        for name, reasons in (("filtered", self.filtered), ("quarantined", self.quarantined)):
            text += f" + {sum(reasons.values()):,} {name}" + (f" ({_by_count(reasons)})" if reasons else "")
        return text + (f" + {self.pending:,} pending" if self.pending else "")


def count_verdicts(requests: DataFrame, results: DataFrame) -> Counts:
    """Count the requests by their verdict in the target.

    requests has request_id (may repeat); results is the target restricted to the stage's fingerprint. A request is kept if any of its
    rows is, filtered if none is but any row is `ok`, quarantined otherwise; the reason is the alphabetically first among its
    rows. A request without rows is pending. Raises AccountingError if one request was answered by two units.
    """
    answers = results.select("request_id", "kept", "status", "reason", F.struct("run_id", "unit").alias("unit"))
    both = requests.select("request_id", F.lit(True).alias("is_asked")).unionByName(answers, allowMissingColumns=True)
    per_request = both.groupBy("request_id").agg(
        F.max("is_asked").alias("is_asked"),
        F.max("kept").alias("kept"),
        F.max(F.col("status") == "ok").alias("is_ok"),
        F.min("reason").alias("reason"),
        (F.min("unit") != F.max("unit")).alias("is_doubled"),
    )
    asked = per_request.where("is_asked")
    is_open = F.col("kept").isNull()
    verdict = (
        F.when(is_open, "pending").when(F.col("kept"), "kept").when(F.col("is_ok"), "filtered").otherwise("quarantined").alias("verdict")
    )
    reason = F.when(~F.col("kept"), F.col("reason")).alias("reason")
    rows = asked.groupBy(verdict, reason).agg(F.count("*").alias("num"), F.max("is_doubled").alias("is_doubled")).collect()
    if any(row["is_doubled"] for row in rows):
        raise AccountingError("one answer to each request", "requests answered by two units", "Please report this with the table `runs`.")
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


def count_requests(requests: DataFrame) -> int:
    """The number of distinct requests; request_id may repeat."""
    return requests.select("request_id").distinct().count()


def check(before: Counts, after: Counts, num_answered: int, stage: str) -> None:
    """Raise AccountingError unless the run accounts for every request.

    `before`: counts of the source when the plan was made; num_answered: requests of the committed units; `after`: verdicts now. Every
    request seen then must be kept, filtered, quarantined or pending now, and exactly the answered requests must have left the pending
    ones.
    """
    expected = Counts(before.seen, after.kept, before.pending - num_answered, after.filtered, after.quarantined)
    if not expected.is_balanced or after.seen != before.seen or after.pending != expected.pending:
        raise AccountingError(
            f"seen = kept + filtered + quarantined + pending in stage {stage}", str(expected), "Do not use this snapshot; please report it."
        )


def _by_count(reasons: dict[str, int]) -> str:
    """`a 3, b 1`, most frequent first."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))
    return ", ".join(f"{reason} {count:,}" for reason, count in ordered)
