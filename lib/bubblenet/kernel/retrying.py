"""Asks quarantined requests again: their rows are deleted, so that the next run finds them unanswered.

A quarantine row is for ever otherwise: a stage asks each request once. What was the fault of a machine, of a model server or of an older
reader may be right the second time. All rows of such a request go, since a file is one request and has a row for each page.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import InputError, nearest
from bubblenet.kernel.merging import delete
from bubblenet.tables import RUNS, TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.tables import Table


def ask_again(warehouse: Warehouse, stage: str, reasons: Sequence[str] = (), snapshot: str = "") -> dict[str, int]:
    """Delete the rows of a stage's quarantined requests, in one commit a table; the number of requests by reason.

    reasons: default, all. snapshot: only what was asked in runs of this one. Raises InputError for a stage or snapshot without a run, and
    for a reason that no request was quarantined for.
    """
    runs = _runs(warehouse, stage, snapshot)
    targets = {row["target"] for row in runs.select("target").distinct().collect()}
    found = {table: _quarantined(warehouse, table, runs, reasons) for table in TABLES if table.name in targets}
    counts = {table: _by_reason(requests) for table, requests in found.items()}
    total: Counter[str] = sum(counts.values(), Counter())
    if unknown := sorted(set(reasons) - total.keys()):
        raise InputError(f"reasons for which {stage} quarantined requests", ", ".join(unknown), "See `bubblenet status`.")
    for table in (table for table, number in counts.items() if number):
        delete(warehouse, found[table], table, ["request_id", "fingerprint"], {"retry": stage, "reasons": sorted(counts[table])})
    return dict(total)


def _runs(warehouse: Warehouse, stage: str, snapshot: str) -> DataFrame:
    """The ledger rows of a stage that asks requests."""
    asked = [table.name for table in TABLES if table.answers_requests]
    ledger = warehouse.read(RUNS).where(F.col("target").isin(asked))
    runs = ledger.where(F.col("stage") == stage)
    if snapshot:
        runs = runs.where(F.col("snapshot") == snapshot)
    if runs.isEmpty():
        known = {row["stage"] for row in ledger.select("stage").distinct().collect()}
        where = f" on snapshot {snapshot}" if snapshot else ""
        todo = f"Did you mean {nearest(stage, known)}?" if known - {stage} else "Run something first."
        raise InputError("a stage that has run", f"no run of {stage}{where}", todo)
    return runs


def _quarantined(warehouse: Warehouse, table: Table, runs: DataFrame, reasons: Sequence[str]) -> DataFrame:
    """request_id, fingerprint and reason of requests that were quarantined in these runs, each once."""
    own = F.broadcast(runs.where(F.col("target") == table.name).select("run_id", "fingerprint").distinct())
    rows = warehouse.read(table).where(F.col("status") == "quarantined").join(own, on=["run_id", "fingerprint"], how="left_semi")
    chosen = rows.where(F.col("reason").isin(list(reasons))) if reasons else rows
    return chosen.groupBy("request_id", "fingerprint").agg(F.min("reason").alias("reason"))


def _by_reason(requests: DataFrame) -> Counter[str]:
    return Counter({row["reason"]: row["num"] for row in requests.groupBy("reason").agg(F.count("*").alias("num")).collect()})
