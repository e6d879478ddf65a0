"""Asks quarantined requests again: their rows are deleted, so that the next run finds them unanswered.

A quarantine row is for ever otherwise: a stage asks each request once. What was the fault of a machine, of a model server or of an older
reader may be right the second time. All rows of such a request go, since a file is one request and has a row for each page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import InputError, nearest
from bubblenet.tables import RUNS, TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from bubblenet.kernel.warehouse import Warehouse


def ask_again(warehouse: Warehouse, stage: str, reasons: Sequence[str] = (), snapshot: str = "") -> dict[str, int]:
    """Delete the rows of a stage's quarantined requests, in one commit a table; the number of requests by reason.

    reasons: default, all. snapshot: only what was asked in runs of this one. Raises InputError for a stage or snapshot without a run, and
    for a reason that no request was quarantined for.
    """
    runs = _runs(warehouse, stage, snapshot)
    found: dict[str, int] = {}
    for table in (table for table in TABLES if table.name in {row["target"] for row in runs.select("target").distinct().collect()}):
        own = runs.where(F.col("target") == table.name).select("run_id", "fingerprint").distinct()
        rows = warehouse.read(table).join(F.broadcast(own), on=["run_id", "fingerprint"], how="left_semi")
        requests = _quarantined(rows, reasons)
        counts = {row["reason"]: row["num"] for row in requests.groupBy("reason").agg(F.count("*").alias("num")).collect()}
        if counts:
            warehouse.delete(requests, table, ["request_id", "fingerprint"], {"retry": stage, "reasons": sorted(counts)})
        found |= {reason: found.get(reason, 0) + number for reason, number in counts.items()}
    if unknown := sorted(set(reasons) - found.keys()):
        raise InputError(f"reasons for which {stage} quarantined requests", ", ".join(unknown), "See `bubblenet status`.")
    return found


def _runs(warehouse: Warehouse, stage: str, snapshot: str) -> DataFrame:
    """The ledger rows of a stage."""
    ledger = warehouse.read(RUNS)
    runs = ledger.where(F.col("stage") == stage)
    if snapshot:
        runs = runs.where(F.col("snapshot") == snapshot)
    if runs.isEmpty():
        known = {row["stage"] for row in ledger.select("stage").distinct().collect()}
        where = f" on snapshot {snapshot}" if snapshot else ""
        todo = f"Did you mean {nearest(stage, known)}?" if known - {stage} else "Run something first."
        raise InputError("a stage that has run", f"no run of {stage}{where}", todo)
    return runs


def _quarantined(rows: DataFrame, reasons: Sequence[str]) -> DataFrame:
    """request_id, fingerprint and reason of quarantined requests, each once."""
    chosen = rows.where(F.col("status") == "quarantined")
    if reasons:
        chosen = chosen.where(F.col("reason").isin(list(reasons)))
    return chosen.groupBy("request_id", "fingerprint").agg(F.min("reason").alias("reason"))
