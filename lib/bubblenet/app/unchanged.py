"""Answers `bubblenet run` without a session when nothing moved since the same command ended.

A run that was not stopped leaves a note in the warehouse: a digest of all that decides what a run does, and its counts. The next start
computes that digest anew, from file listings and table logs alone; if it is the same, there is nothing to ask Spark.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bubblenet import locations
from bubblenet.kernel import table_log
from bubblenet.kernel.accounting import Counts
from bubblenet.kernel.scratch import Scratch
from bubblenet.kernel.stage import StageReport
from bubblenet.kernel.table_log import TableLog
from bubblenet.stores import Store
from bubblenet.tables import TABLES
from bubblenet.training.registry import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.settings import Settings

_FOLDER = "_finished"
_MOST_FILES = 100_000  # more take longer to list in one process than a session takes to start


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run left. num_pending: passages that wait for instructions; None if no stage left anything."""

    reports: list[StageReport]
    num_pending: int | None
    report: str | None


@dataclass(frozen=True, slots=True)
class RunState:
    """All that decides what a run does, with the input files as they were when this was made."""

    settings: Settings
    location: str
    snapshot: str
    limit: int
    inputs: tuple[str, ...]
    files: str

    @classmethod
    def now(cls, settings: Settings, location: str, snapshot: str, limit: int, inputs: tuple[str, ...]) -> RunState | None:
        """None where a session is needed to know: tables of a catalog, models of the warehouse, inputs that are not listed here."""
        if settings.tables.schema_name or any(str(name).startswith(PREFIX) for name in settings.models.model_dump().values()):
            return None
        files = _listing_digest(inputs)
        return cls(settings, Store.of(location).spark, snapshot, limit, inputs, files) if files else None

    def recall(self) -> Finished | None:
        """What the last run left, if it would do nothing now."""
        notes = Scratch(f"{self.location}/{_FOLDER}")
        if self._name not in notes.names():
            return None
        note = json.loads(notes.read(self._name))
        if note["state"] != self._digest() or note["recipe"] != self._recipe():
            return None
        return Finished([_unchanged(**stage) for stage in note["stages"]], note["num_pending"], note["report"])

    def remember(self, finished: Finished) -> None:
        """Leave a note of a run that has just ended, unless a budget stopped it."""
        if any(stage.stopped_by for stage in finished.reports):
            return
        stages = {stage.name: {"name": stage.name, "counts": asdict(stage.counts)} for stage in finished.reports}
        note = {
            "state": self._digest(),
            "recipe": self._recipe(),
            "stages": list(stages.values()),
            "num_pending": finished.num_pending,
            "report": finished.report,
        }
        Scratch(f"{self.location}/{_FOLDER}").write_whole(self._name, json.dumps(note).encode())

    @property
    def _name(self) -> str:
        return f"{self.snapshot}.json"

    def _digest(self) -> str:
        """Of all but the recipe, with the versions of the tables as they are now."""
        folders = {table.name: f"{self.location}/{table.name}" for table in TABLES}
        parts = {
            "settings": self.settings.model_dump(mode="json"),
            "versions": {name: TableLog(folder).version if table_log.exists(folder) else -1 for name, folder in folders.items()},
            "limit": self.limit,
            "inputs": self.inputs,
            "files": self.files,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _recipe(self) -> str:
        """It may have changed with the release, the model behind a name, or the device. Asked last: it takes the longest."""
        from bubblenet.method.recipe import full_recipe

        return full_recipe(self.settings).id


def _unchanged(name: str, counts: dict[str, Any]) -> StageReport:
    return StageReport(name, Counts(**counts), num_requests=0, num_rows=0, num_kept_rows=0, tokens=0, seconds=0.0)


def _listing_digest(inputs: tuple[str, ...]) -> str | None:
    """Digest of paths, sizes and times of the input files; None if they are too many, or cannot be listed from here."""
    found: list[tuple[str, int, str]] = []
    try:
        for name, size, time in (file for path in inputs for file in _files(path)):
            found.append((name, size, time))
            if len(found) > _MOST_FILES:
                return None
    except (OSError, ImportError, ValueError):
        return None  # the run itself will say so
    return hashlib.sha256(json.dumps(sorted(found)).encode()).hexdigest()


def _files(path: str) -> Iterator[tuple[str, int, str]]:
    local = locations.local_path(path)
    if local is None:
        yield from ((file.path, file.size, str(file.modified_at)) for file in locations.walk(path))
    elif Path(local).is_file():
        yield _described(os.path.abspath(local))
    else:
        for folder, _, names in os.walk(os.path.abspath(local), onerror=_raise):
            yield from (_described(os.path.join(folder, name)) for name in names)


def _described(path: str) -> tuple[str, int, str]:
    status = os.stat(path)
    return path, status.st_size, str(status.st_mtime_ns)


def _raise(error: OSError) -> None:
    raise error
