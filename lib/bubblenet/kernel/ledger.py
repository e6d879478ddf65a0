"""The ledger: one row of `runs` per unit of work.

The tables are the source of truth, not the ledger. A unit's note is stored in its commit, its counts in the rows it wrote, so a ledger
row lost in a crash is rebuilt from the table at the next start.
"""

from __future__ import annotations

import importlib.metadata
import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from bubblenet.errors import ConcurrentRunError
from bubblenet.kernel import accounting
from bubblenet.kernel.table_log import Transaction
from bubblenet.tables import RUNS, TABLES, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.kernel.accounting import UnitVerdicts
    from bubblenet.kernel.table_log import Commit
    from bubblenet.kernel.warehouse import Warehouse


_WRITE_SECONDS = 30.0
_MOST_TRIES = 3
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
    """The note stored in a unit's commit as userMetadata. num_requests: 0 of a set stage, which answers none."""
    return {
        "run_id": run_id,
        "stage": stage,
        "unit": unit,
        "snapshot": snapshot,
        "fingerprint": fingerprint,
        "num_requests": num_requests,
        "versions": versions(),
    }


class Ledger:
    """The driver's end of `runs`: rows are gathered, and written together when a unit ends some time after the last writing."""

    def __init__(self) -> None:
        self._waiting: list[Entry] = []
        self._written = time.monotonic()

    def record(self, entry: Entry, warehouse: Warehouse) -> None:
        """Add the row of one committed unit. If the driver dies before it is written, `rebuild` writes it."""
        self._waiting.append(entry)
        if time.monotonic() - self._written > _WRITE_SECONDS:
            self.flush(warehouse)

    def flush(self, warehouse: Warehouse) -> None:
        """Write the gathered rows. A run ends with it."""
        _insert(warehouse, self._waiting)
        self._waiting, self._written = [], time.monotonic()


def rebuild(warehouse: Warehouse) -> int:
    """Write the rows lost in a crash, for all tables; returns their number."""
    known: dict[str, set[int]] = {}
    for row in warehouse.rows_at_hand(RUNS, "target", "target_version"):
        known.setdefault(row["target"], set()).add(row["target_version"])
    lost = [
        _rebuilt(warehouse, target, commit)
        for target in TABLES
        for commit in warehouse.commits_since(target, max(known.get(target.name, ()), default=0) - _LOOK_BACK)
        if "unit" in commit.note and commit.version not in known.get(target.name, ())
    ]
    _insert(warehouse, lost)
    return len(lost)


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


def entry_of(target: Table, note: dict[str, Any], version: int, verdicts: UnitVerdicts, seconds: float | None, finished: datetime) -> Entry:
    """The row of one committed unit."""
    return Entry(
        **{name: note[name] for name in ("run_id", "stage", "unit", "snapshot", "fingerprint", "num_requests")},
        target=target.name,
        target_version=version,
        num_rows=verdicts.num_rows,
        num_kept=verdicts.num_kept_rows,
        filtered=verdicts.filtered_rows,
        quarantined=verdicts.quarantined_rows,
        prompt_tokens=verdicts.prompt_tokens,
        output_tokens=verdicts.output_tokens,
        seconds=seconds,
        finished_at=finished,
        versions=json.dumps(note["versions"]),
    )


def _rebuilt(warehouse: Warehouse, target: Table, commit: Commit) -> Entry:
    if "mark" in commit.note:
        verdicts = accounting.count_part(warehouse, target, commit.version, commit.note)
    else:
        verdicts = accounting.count_unit(warehouse, target, commit.version)
    return entry_of(target, commit.note, commit.version, verdicts, None, datetime.fromtimestamp(commit.timestamp / 1000, UTC))


def _insert(warehouse: Warehouse, entries: Sequence[Entry]) -> None:
    """Append the rows that are not there yet, in one commit. Versions of a table ascend, so the newest serves as transaction version.

    Another driver may be rebuilding the same rows; what is missing after some tries is rebuilt at the next start.
    """
    for _ in range(_MOST_TRIES):
        version = warehouse.version(RUNS)
        stored = {lane: warehouse.stored_transaction(RUNS, lane, version) for lane in {_lane(entry) for entry in entries}}
        missing = [entry for entry in entries if stored[_lane(entry)] < entry.target_version]
        if not missing:
            return
        newest = {_lane(entry): entry.target_version for entry in sorted(missing, key=lambda entry: entry.target_version)}
        note = {"ledger": [f"{entry.run_id}/{entry.stage}/{entry.unit}" for entry in missing]}
        try:
            warehouse.append_rows(RUNS, [asdict(entry) for entry in missing], note, [Transaction(*lane) for lane in newest.items()])
            return
        except ConcurrentRunError:
            continue


def _lane(entry: Entry) -> str:
    return f"{entry.run_id}/{entry.stage}/{entry.target}"
