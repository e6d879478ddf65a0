"""The worker side of the stage kernel: Arrow batches in, Arrow batches out; every request gets a row, every failure becomes one.

A RowTransform answers a window of requests. A window that fails is split into parts, and parts into rows, so that one bad row fails
alone. After a worker died, the next attempt replays finished answers (bubblenet.kernel.journal), runs the requests not yet started, and
retries those in flight last, in parts, then row by row: a row that was in flight alone at two deaths is quarantined without another try.
"""

from __future__ import annotations

import faulthandler
import math
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import pyarrow as pa

from bubblenet.engines.protocol import DeadEngineError
from bubblenet.errors import BubblenetError
from bubblenet.kernel.journal import Journal, Mark, proven
from bubblenet.kernel.memory import give_back
from bubblenet.kernel.progress import WorkerProgress
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Row = dict[str, Any]
_INPUT_ROWS = 64
_OUTPUT_ROWS = 512
_OUTPUT_CHARACTERS = 4 * 1024 * 1024
_HOPELESS_FAILURES = 20
_KILLED = "the worker died or hung while this row was in flight"


@runtime_checkable
class Prepares(Protocol):
    """A transform with something to load, which may kill the worker, too: before any request is in flight, so that none is suspected."""

    def prepare(self) -> None:
        """Load what calls need, unless this process has it."""


@runtime_checkable
class Overlaps(Protocol):
    """A transform that may be called with several windows at the same time, from threads: its engine is elsewhere and waits for answers."""

    @property
    def windows_at_once(self) -> int:
        """Windows in flight together; 1: one after another."""


class RowTransform(Protocol):
    """The work of a stage on requests. Instances are pickled to the workers, so they hold settings, never a model.

    It may also be one that Prepares, or Overlaps.
    identity: columns copied from a request to each of its rows, quarantined ones too. window_rows: number of requests answered together.
    Called with a window, it yields (request, row) pairs, at least one per request; a row without `status` is `ok`.
    """

    @property
    def identity(self) -> tuple[str, ...]:
        """Columns copied from the request."""

    @property
    def window_rows(self) -> int:
        """Requests per window."""

    def __call__(self, requests: list[Row]) -> Iterable[tuple[Row, Row]]:
        """Answer a window."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Columns common to all rows of a unit of work, and the scratch folder of its workers.

    is_costly: journal requests from the first attempt on and save answers, which a stage without a model does not need.
    suspect_seconds: time after which a worker kills itself if it hangs on requests in flight when another died; 0: never.
    """

    run_id: str
    number: int
    fingerprint: str
    scratch: str
    is_costly: bool = False
    suspect_seconds: float = 0.0


@dataclass(slots=True)
class BatchRunner:
    """Runs a transform over the batches of one partition; `map_batches` is the function for mapInArrow."""

    transform: RowTransform
    unit: Unit
    schema: pa.Schema
    _successes: int = field(default=0, init=False)
    _failures: int = field(default=0, init=False)
    _attempt: int = field(default=0, init=False)
    _is_prepared: bool = field(default=False, init=False)

    def map_batches(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Answer every request of the partition."""
        from pyspark import TaskContext

        context = TaskContext.get()
        partition, task = (context.partitionId(), context.taskAttemptId()) if context else (0, 0)
        self._attempt = context.attemptNumber() if context else 0
        scratch = Scratch(self.unit.scratch)
        journal = Journal(scratch, self.unit.number, partition, self._attempt, task)
        progress = WorkerProgress(scratch, self.unit.number, f"{task}")
        last = ""
        for batch in self._answers(batches, journal):
            ids, kept, tokens = _counts(batch)
            progress.add(len(ids - {last}), kept, tokens)
            last = batch["request_id"][-1].as_py()
            yield batch
            if not self.unit.is_costly:  # models hold their memory, and want it back at once
                give_back()

    def _answers(self, batches: Iterator[pa.RecordBatch], journal: Journal) -> Iterator[pa.RecordBatch]:
        """Answers of earlier attempts, then those of requests not under suspicion, then those of suspects."""
        done: set[str] = set()
        for saved in journal.answers():
            done |= set(saved["request_id"].to_pylist())
            yield saved
        marks = journal.marks()
        at_fault = proven(marks)
        put_off: dict[Mark, list[Row]] = {}

        def unsuspected() -> Iterator[Row]:
            for request in _requests(batches):
                if request["request_id"] in done:
                    continue
                if mark := next((mark for mark in marks if request["request_id"] in mark.ids), None):
                    put_off.setdefault(mark, []).append(request)
                else:
                    yield request

        yield from self._finish_all(cut(unsuspected(), self.transform.window_rows), journal)
        for mark in sorted(put_off, key=lambda mark: -len(mark.ids)):  # the most suspected ones last
            for part in self._parts(put_off[mark]):
                if part[0]["request_id"] in at_fault:
                    yield from self._batches((request, quarantined("killed_worker", _KILLED)) for request in part)
                else:
                    yield from self._finish(part, journal, is_suspect=True)

    def _finish_all(self, windows: Iterator[list[Row]], journal: Journal) -> Iterator[pa.RecordBatch]:
        """The answers of windows in their order. With several at once, a window that waits for its slowest row keeps none of the others."""
        at_once = self.transform.windows_at_once if isinstance(self.transform, Overlaps) else 1
        if at_once == 1:
            for window in windows:
                yield from self._finish(window, journal)
            return
        self._prepare()
        started: deque[Future[list[pa.RecordBatch]]] = deque()
        with ThreadPoolExecutor(at_once) as threads:
            for window in windows:
                started.append(threads.submit(lambda window: list(self._finish(window, journal, is_alone=False)), window))
                if len(started) == at_once:
                    yield from started.popleft().result()
            while started:
                yield from started.popleft().result()

    def _finish(
        self, requests: list[Row], journal: Journal, *, is_suspect: bool = False, is_alone: bool = True
    ) -> Iterator[pa.RecordBatch]:
        """Batches with the answers to some requests. is_suspect: they were in flight when another worker died.

        is_alone: no other requests are in flight at the same time.
        """
        self._prepare()
        ids = [request["request_id"] for request in requests]
        is_marked = self.unit.is_costly or self._attempt > 0
        with (
            journal.in_flight(ids, is_alone=is_alone) if is_marked else nullcontext(),
            _at_most(self.unit.suspect_seconds if is_suspect else 0),
        ):
            batches = self._batches(self._answer(requests))
            if not self.unit.is_costly:
                yield from batches
                return
            finished = list(batches)
            if self._successes:  # if nothing succeeded, the machine may be at fault: the next attempt retries those rows
                journal.save(finished, self.schema)
        yield from finished

    def _prepare(self) -> None:
        if self._is_prepared:
            return
        pa.RecordBatch.from_pylist([], schema=self.schema)  # loads pandas, for seconds of a busy machine that are no row's
        if isinstance(self.transform, Prepares):
            self.transform.prepare()
        self._is_prepared = True

    def _answer(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        if len(requests) == 1:
            yield from self._answer_alone(requests[0])
            return
        try:
            pairs = list(self.transform(requests))
        except (BubblenetError, DeadEngineError):
            raise  # retrying rows one by one would not help
        except Exception:  # noqa: BLE001 - whatever a row does to a rule or a model, the other rows continue
            for part in self._parts(requests):  # down to single rows, where the row at fault gets its reason
                yield from self._answer(part)
            return
        self._successes += len(requests)
        yield from pairs

    def _answer_alone(self, request: Row) -> Iterator[tuple[Row, Row]]:
        try:
            yield from self.transform([request])
            self._successes += 1
        except (BubblenetError, DeadEngineError):
            raise
        except Exception as error:
            self._failures += 1
            if not self._successes and self._failures >= _HOPELESS_FAILURES:
                raise  # not one row succeeded: the rows are not at fault
            reason = "out_of_memory" if isinstance(error, MemoryError) else "failed"
            yield request, quarantined(reason, f"{type(error).__name__}: {error}")

    def _parts(self, requests: list[Row]) -> Iterator[list[Row]]:
        """Split a window into parts of the square root of its size, and smaller sets into rows: few steps, with most rows still batched."""
        size = math.isqrt(self.transform.window_rows - 1) + 1 if self.transform.window_rows > 1 else 1
        yield from cut(requests, size if len(requests) > size else 1)

    def _batches(self, pairs: Iterable[tuple[Row, Row]]) -> Iterator[pa.RecordBatch]:
        for rows in _chunks(self._complete(request, row) for request, row in pairs):
            yield pa.RecordBatch.from_pylist(rows, schema=self.schema)

    def _complete(self, request: Row, row: Row) -> Row:
        """Add the columns common to all stage tables."""
        copied = {name: request[name] for name in ("request_id", *self.transform.identity)}
        verdict = {"status": "ok", "kept": False, "reason": None, "attempts": self._attempt + 1}
        unit = {"fingerprint": self.unit.fingerprint, "run_id": self.unit.run_id, "unit": self.unit.number}
        return copied | verdict | row | unit


def quarantined(reason: str, detail: str) -> Row:
    """The row of a request that could not be processed."""
    return {"status": "quarantined", "kept": False, "reason": reason, "detail": detail[:2000]}


def _requests(batches: Iterator[pa.RecordBatch]) -> Iterator[Row]:
    for batch in batches:
        for start in range(0, batch.num_rows, _INPUT_ROWS):  # a batch of pages takes several times its bytes as Python strings
            yield from batch.slice(start, _INPUT_ROWS).to_pylist()


def cut(requests: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Chunks of at most `size` requests, across batch boundaries."""
    iterator = iter(requests)
    while some := list(islice(iterator, size)):
        yield some


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Kill this process with a stack trace after the given time; 0: never. Works even while Python itself is stuck."""
    if not seconds:
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _counts(batch: pa.RecordBatch) -> tuple[set[str], int, int]:
    """Request ids in a batch, number of kept rows, number of tokens read and written."""
    names = set(batch.schema.names)
    kept = sum(map(bool, batch["kept"].to_pylist())) if "kept" in names else 0
    tokens = sum(value or 0 for name in ("prompt_tokens", "output_tokens") if name in names for value in batch[name].to_pylist())
    return set(batch["request_id"].to_pylist()), kept, tokens


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Chunk a stream of rows, limiting rows and characters per batch."""
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
