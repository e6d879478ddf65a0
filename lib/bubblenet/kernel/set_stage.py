"""The second kind of stage: rows that follow from whole tables, as the judgements of a round and policy, or a selection among its pairs.

A row stage (kernel/stage.py) answers requests, each once, and only appends. A set stage owns a part of its table, named by values of the
columns that the table is partitioned by, and replaces the part, or in it the rows of what something touched, in one commit. Both have one
transaction story and one ledger:

1. `open` comes before the inputs are pinned: its transaction fails if another driver commits to the part meanwhile (`retried` starts anew).
2. The note of the newest commit tells what the part was made from: where nothing of that moved, nothing is computed.
3. A commit's rows are counted in the files that it added, and the ledger gets its row; the commit's note and files suffice to rebuild it.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from bubblenet.errors import ConcurrentRunError
from bubblenet.kernel import accounting, ledger, merging
from bubblenet.kernel.table_log import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.kernel.table_log import Commit
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.tables import Table

Result = TypeVar("Result")

_MOST_TRIES = 8


@dataclass(frozen=True, slots=True)
class SetStage:
    """Declaration of a set stage.

    part: values of columns by which the target is partitioned: the rows that the stage owns. key: the column that names a row in the part.
    mark: a column, and an entry of the note with the same name, that tell the rows of a commit from older ones in the same file. A run
    that updates a part twice, since another driver came between, counts what stands in the files of both twice; the rows are right.
    """

    name: str
    target: Table
    part: dict[str, Any]
    key: str = "instruction_id"
    mark: str = "run_id"

    @property
    def where(self) -> str:
        """The SQL condition for the rows of the part, by which its commits are known, too."""
        return " AND ".join(f"{column} = {value!r}" for column, value in self.part.items())

    def commits(self, warehouse: Warehouse, after: int = 0, until: int | None = None) -> list[Commit]:
        """The commits of the part after a version of the target, and up to another one; oldest first."""
        found = warehouse.commits_since(self.target, after)
        return [one for one in found if one.note.get("scope") == self.where and (until is None or one.version <= until)]

    def last_note(self, warehouse: Warehouse, until: int | None = None) -> dict[str, Any]:
        """What the part was made from last, up to a version, with the `version` as which the target holds it; empty without a commit."""
        commits = self.commits(warehouse, until=until)
        return commits[-1].note | {"version": commits[-1].version} if commits else {}

    def open(self, context: Context) -> OpenPart:
        """Begin to bring the part up to date; before its inputs are pinned."""
        return OpenPart(self, context.warehouse, self.next_transaction(context.warehouse))

    def next_transaction(self, warehouse: Warehouse) -> Transaction:
        """The one that the next commit to the part is made under."""
        lane = f"{self.name}/{self.where}"
        return Transaction(lane, warehouse.stored_transaction(self.target, lane, warehouse.version(self.target)) + 1)


@dataclass(frozen=True, slots=True)
class OpenPart:
    """A part in the hands of one driver, for one commit at most. Each way to end raises ConcurrentRunError if another was faster."""

    stage: SetStage
    warehouse: Warehouse
    transaction: Transaction
    started: float = field(default_factory=time.monotonic)

    def is_overtaken(self, *, has_committed: bool) -> bool:
        """Whether another driver has committed to the part since it was opened. has_committed: whether this one has."""
        return self.stage.next_transaction(self.warehouse).version > self.transaction.version + has_committed

    def replace(self, rows: DataFrame, context: Context, fingerprint: str, made_from: Mapping[str, Any]) -> int:
        """Put rows in place of all of the part; return the number of rows. made_from: what the note tells of the inputs."""
        note = self._note(context, fingerprint, made_from)
        version = self.warehouse.replace(rows, self.stage.target, self.stage.where, note, self.transaction)
        return self._record(context, note, version)

    def update(self, rows: DataFrame, context: Context, fingerprint: str, made_from: Mapping[str, Any]) -> int:
        """Replace, add or delete some rows by key; return the number written. rows: one or more, with column is_gone for deleted ones."""
        note = self._note(context, fingerprint, made_from)
        stage = self.stage
        version = merging.update(self.warehouse, rows, stage.target, stage.key, stage.part, note, self.transaction)
        return self._record(context, note, version)

    def confirm(self, context: Context, fingerprint: str, made_from: Mapping[str, Any]) -> int:
        """Note that the part is what would be made from the inputs of today; return 0."""
        before, note = self.warehouse.version(self.stage.target), self._note(context, fingerprint, made_from)
        self.warehouse.append_rows(self.stage.target, [], note, [self.transaction])
        version = self.warehouse.committed(self.stage.target, before, note, self.transaction)
        return self._record(context, note, version)

    def _note(self, context: Context, fingerprint: str, made_from: Mapping[str, Any]) -> dict[str, Any]:
        unit = ledger.note_of_unit(context.run_id, self.stage.name, self.transaction.version, context.snapshot, fingerprint, 0)
        return {**unit, "scope": self.stage.where, "mark": self.stage.mark, **made_from}

    def _record(self, context: Context, note: dict[str, Any], version: int) -> int:
        counts = accounting.count_part(self.warehouse, self.stage.target, version, note)
        seconds = time.monotonic() - self.started
        context.ledger.record(ledger.entry_of(self.stage.target, note, version, counts, seconds, datetime.now(UTC)), self.warehouse)
        return counts.num_rows


def retried(work: Callable[[], Result]) -> Result:
    """Do the work, again where another driver was faster: what that one committed is seen then. Raises ConcurrentRunError in the end."""
    for _ in range(_MOST_TRIES - 1):
        with suppress(ConcurrentRunError):
            return work()
    return work()
