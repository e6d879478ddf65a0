"""The worker's side of the stage kernel: Arrow batches in, Arrow batches out, every request answered, every failure a row.

A RowTransform answers a window of requests. On the first attempt of a task it gets whole windows; when a window fails it is answered row
by row, so that one bad row costs itself only. When a task is tried again (its worker died), rows are worked on alone with a marker file
each: a row whose marker was left behind killed the worker before, and is quarantined unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa

from bubblenet.errors import BubblenetError
from bubblenet.progress import Scratch, WorkerProgress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]
_OUTPUT_ROWS = 512
_OUTPUT_CHARACTERS = 32 * 1024 * 1024
_HOPELESS_FAILURES = 20


class RowTransform(Protocol):
    """What a stage does with requests. Instances are pickled to the workers, so they hold settings, never a model.

    identity: columns copied from a request to each of its rows, quarantined ones too. window_rows: how many requests are answered together.
    Called with a window it yields (request, row) pairs, at least one for each request; a row without `status` is `ok`.
    """

    @property
    def identity(self) -> tuple[str, ...]:
        """Columns copied from the request."""

    @property
    def window_rows(self) -> int:
        """Requests in one window."""

    def __call__(self, requests: list[Row]) -> Iterable[tuple[Row, Row]]:
        """Answer a window."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What every row of a unit of work carries, and where its workers may leave small files."""

    run_id: str
    number: int
    fingerprint: str
    scratch: str


@dataclass(slots=True)
class BatchRunner:
    """Runs a transform over the batches of one partition; `map_batches` is the function for mapInArrow."""

    transform: RowTransform
    unit: Unit
    schema: pa.Schema
    _successes: int = field(default=0, init=False)
    _failures: int = field(default=0, init=False)

    def map_batches(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Answer every request of the partition."""
        from pyspark import TaskContext

        context = TaskContext.get()
        attempt = context.attemptNumber() if context else 0
        scratch = Scratch(self.unit.scratch)
        progress = WorkerProgress(scratch, self.unit.number, f"{context.taskAttemptId() if context else 0}")
        for window in self.windows(batches):
            pairs = self._answer(window) if attempt == 0 else self._answer_marked(window, scratch)
            answered: set[str] = set()
            for rows in _chunks(self._complete(request, row, attempt) for request, row in pairs):
                progress.add({row["request_id"] for row in rows} - answered, rows)
                answered |= {row["request_id"] for row in rows}
                yield pa.RecordBatch.from_pylist(rows, schema=self.schema)

    def windows(self, batches: Iterator[pa.RecordBatch]) -> Iterator[list[Row]]:
        """Requests in groups of the transform's window size, across the borders of batches."""
        window: list[Row] = []
        for batch in batches:
            for row in batch.to_pylist():
                window.append(row)
                if len(window) == self.transform.window_rows:
                    yield window
                    window = []
        if window:
            yield window

    def _answer(self, window: list[Row]) -> Iterator[tuple[Row, Row]]:
        if len(window) > 1:
            try:
                pairs = list(self.transform(window))
            except (BubblenetError, MemoryError):
                raise  # nothing that another row would do better
            except Exception:  # noqa: BLE001 - whatever a row does to a rule or a model, the other rows go on
                pairs = []  # answered alone below, where the row at fault gets its reason
            if pairs:
                self._successes += len(window)
                yield from pairs
                return
        for request in window:
            yield from self._answer_alone(request)

    def _answer_alone(self, request: Row) -> Iterator[tuple[Row, Row]]:
        try:
            yield from self.transform([request])
            self._successes += 1
        except (BubblenetError, MemoryError):
            raise
        except Exception as error:
            self._failures += 1
            if not self._successes and self._failures >= _HOPELESS_FAILURES:
                raise  # not one row worked: the fault is not in the rows
            yield request, quarantined("failed", f"{type(error).__name__}: {error}")

    def _answer_marked(self, window: list[Row], scratch: Scratch) -> Iterator[tuple[Row, Row]]:
        folder = f"in-flight-{self.unit.number}"
        deadly = set(scratch.names(folder))
        for request in window:
            marker = request["request_id"]
            if marker in deadly:
                yield request, quarantined("killed_worker", "the worker died or hung while this row was in flight")
                continue
            scratch.write(f"{folder}/{marker}")
            yield from self._answer_alone(request)
            scratch.delete(f"{folder}/{marker}")

    def _complete(self, request: Row, row: Row, attempt: int) -> Row:
        """Add what every row of a stage table carries."""
        copied = {name: request[name] for name in ("request_id", *self.transform.identity)}
        verdict = {"status": "ok", "kept": False, "reason": None, "attempts": attempt + 1}
        unit = {"fingerprint": self.unit.fingerprint, "run_id": self.unit.run_id, "unit": self.unit.number}
        return copied | verdict | row | unit


def quarantined(reason: str, detail: str) -> Row:
    """The row of a request that could not be worked on."""
    return {"status": "quarantined", "kept": False, "reason": reason, "detail": detail[:2000]}


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut a stream of rows into batches that stay small in rows and in characters."""
    chunk: list[Row] = []
    characters = 0
    for row in rows:
        chunk.append(row)
        characters += sum(len(value) for value in row.values() if isinstance(value, str))
        if len(chunk) == _OUTPUT_ROWS or characters > _OUTPUT_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
    if chunk:
        yield chunk
