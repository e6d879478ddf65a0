"""The ledger: one row of `runs` per unit of work.

The tables are the source of truth, not the ledger. A unit's note is stored in its commit, its counts in the rows it wrote, so a ledger
row lost in a crash is rebuilt from the table at the next start.
"""

from __future__ import annotations

import importlib.metadata
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.kernel.warehouse import Transaction
from bubblenet.tables import RUNS, TABLES, Table

if TYPE_CHECKING:
    from bubblenet.kernel.warehouse import Commit, Warehouse


_LOOK_BACK = 1000  # commits before the newest recorded one: enough for units that others had in flight when a driver died


@dataclass(frozen=True, slots=True)
class Entry:
    """One unit of work, with the counts of its rows. Fields as in table `runs`."""

    run_id: str
    stage: str
    unit: int
    snapshot: str
    fingerprint: str
    target: str
    target_version: int
    num_requests: int
    num_rows: int
    num_kept: int
    filtered: dict[str, int]
    quarantined: dict[str, int]
    prompt_tokens: int
    output_tokens: int
    seconds: float | None
    finished_at: datetime
    versions: str

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.output_tokens


def note_of_unit(run_id: str, stage: str, unit: int, snapshot: str, fingerprint: str, num_requests: int) -> dict[str, Any]:
    """The note stored in a unit's commit as userMetadata."""
    return {
        "run_id": run_id,
        "stage": stage,
        "unit": unit,
        "snapshot": snapshot,
        "fingerprint": fingerprint,
        "num_requests": num_requests,
        "versions": versions(),
    }


def record(warehouse: Warehouse, target: Table, note: dict[str, Any], version: int, seconds: float | None) -> Entry:
    """Write the ledger row of one committed unit and return it. Idempotent."""
    entry = _read_entry(warehouse, target, note, version, seconds, datetime.now(UTC))
    _insert(warehouse, entry)
    return entry


def rebuild(warehouse: Warehouse) -> int:
    """Write the rows lost in a crash, for all tables; returns their number."""
    known = warehouse.read(RUNS).groupBy("target").agg(F.collect_set("target_version").alias("versions"))
    recorded = {row["target"]: set(row["versions"]) for row in known.collect()}
    lost = 0
    for target in TABLES:
        known_versions = recorded.get(target.name, set())
        for commit in warehouse.commits_since(target, max(known_versions, default=0) - _LOOK_BACK):
            if "unit" in commit.note and commit.version not in known_versions:
                _insert(warehouse, _rebuilt(warehouse, target, commit))
                lost += 1
    return lost


@cache
def versions() -> dict[str, str]:
    """Versions of the components that affect results, for the record."""
    names = ("bubblenet", "pyspark", "delta-spark", "torch", "transformers")
    return {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:  # shipped by --py-files, or not part of this environment
        from bubblenet import __version__

        return __version__ if name == "bubblenet" else "not installed"


def _rebuilt(warehouse: Warehouse, target: Table, commit: Commit) -> Entry:
    finished = datetime.fromtimestamp(commit.timestamp / 1000, UTC)
    return _read_entry(warehouse, target, commit.note, commit.version, None, finished)


def _read_entry(
    warehouse: Warehouse, target: Table, note: dict[str, Any], version: int, seconds: float | None, finished: datetime
) -> Entry:
    """Count the rows of one unit in the committed table."""
    rows = warehouse.read(target, version).where((F.col("run_id") == note["run_id"]) & (F.col("unit") == note["unit"]))
    rows = rows.where(F.col("fingerprint") == note["fingerprint"])
    has_tokens = "prompt_tokens" in target.column_names
    prompt, output = (F.sum(name) if has_tokens else F.lit(0) for name in ("prompt_tokens", "output_tokens"))
    groups = (
        rows.groupBy("status", "kept", "reason").agg(F.count("*").alias("num"), prompt.alias("prompt"), output.alias("output")).collect()
    )
    reasons: dict[str, dict[str, int]] = {"filtered": {}, "quarantined": {}}
    for group in groups:
        if not group["kept"]:
            reasons["filtered" if group["status"] == "ok" else "quarantined"][group["reason"]] = group["num"]
    return Entry(
        **{name: note[name] for name in ("run_id", "stage", "unit", "snapshot", "fingerprint", "num_requests")},
        target=target.name,
        target_version=version,
        num_rows=sum(group["num"] for group in groups),
        num_kept=sum(group["num"] for group in groups if group["kept"]),
        filtered=reasons["filtered"],
        quarantined=reasons["quarantined"],
        prompt_tokens=sum(group["prompt"] or 0 for group in groups),
        output_tokens=sum(group["output"] or 0 for group in groups),
        seconds=seconds,
        finished_at=finished,
        versions=json.dumps(note["versions"]),
    )


def _insert(warehouse: Warehouse, entry: Entry) -> None:
    """Append one row unless it exists: versions of a table ascend, so the committed one serves as transaction version."""
    rows = warehouse.spark.createDataFrame([asdict(entry)], RUNS.ddl).coalesce(1)
    note = {"ledger": f"{entry.run_id}/{entry.stage}/{entry.unit}"}
    warehouse.append_once(rows, RUNS, note, Transaction(f"{entry.run_id}/{entry.stage}/{entry.target}", entry.target_version))
