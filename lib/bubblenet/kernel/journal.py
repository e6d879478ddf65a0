"""What a task leaves on the scratch folder, so that its next attempt finds the row at fault and pays for nothing twice.

Marks are written ahead: the ids of requests that are about to be worked on. A mark goes when the worker has survived them, so one that the
next attempt finds names the requests that were in flight when the worker died. Answers are written when a set of requests is finished; the
next attempt hands them on instead of asking the model again. Spark may read a partition in another order the second time, hence ids.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from bubblenet.engines.protocol import DeadEngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bubblenet.kernel.scratch import Scratch


@dataclass(frozen=True, slots=True)
class Mark:
    """Requests that were in flight together when the worker of an attempt died."""

    attempt: int
    ids: frozenset[str]

    @property
    def is_proof(self) -> bool:
        """Whether it was one request, isolated after a first death: the machine may have taken the first worker for reasons of its own."""
        return self.attempt > 0 and len(self.ids) == 1


class Journal:
    """The marks and answers of one task. Attempts of a task share them; other tasks have folders of their own."""

    def __init__(self, scratch: Scratch, unit: int, partition: int, attempt: int) -> None:
        self._scratch, self._attempt, self._written = scratch, attempt, 0
        self._marks, self._answers = (f"{kind}-{unit}/{partition}" for kind in ("in-flight", "answers"))

    def marks(self) -> list[Mark]:
        """What earlier attempts were at when their workers died, the smallest sets first."""
        found = (content.split("\n") for content in self._scratch.read_all(self._marks))
        marks = (Mark(int(attempt), frozenset(ids)) for attempt, *ids in found if ids)
        return sorted(marks, key=lambda mark: (len(mark.ids), -mark.attempt, sorted(mark.ids)))

    @contextmanager
    def in_flight(self, ids: Iterable[str]) -> Iterator[None]:
        """Around work on requests. An error that leaves the worker alive takes the mark away; a dead engine is as good as a dead worker."""
        name = self._name(self._marks)
        self._scratch.write(name, "\n".join([f"{self._attempt}", *ids]))
        try:
            yield
        except DeadEngineError:
            raise
        except BaseException:
            self._scratch.delete(name)
            raise
        self._scratch.delete(name)

    def answers(self) -> Iterator[pa.RecordBatch]:
        """What earlier attempts finished."""
        for name in sorted(self._scratch.names(self._answers)):
            with pa.ipc.open_stream(self._scratch.read(f"{self._answers}/{name}")) as reader:
                yield from reader

    def save(self, batches: list[pa.RecordBatch], schema: pa.Schema) -> None:
        """Keep the answers to a set of requests. The file is complete or not there: a half written one would end the next attempt."""
        buffer = pa.BufferOutputStream()
        with pa.ipc.new_stream(buffer, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        self._scratch.write_whole(self._name(self._answers), buffer.getvalue().to_pybytes())

    def _name(self, folder: str) -> str:
        self._written += 1
        return f"{folder}/{self._attempt}-{self._written}"
