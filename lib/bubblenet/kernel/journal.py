"""A write-ahead journal of each task in the scratch folder: its next attempt finds the row at fault and repeats no finished work.

Marks, the ids of requests about to be processed, are written ahead and deleted once the worker survived them, so a mark found by
the next attempt names the requests in flight when the worker died. Answers are saved when a set of requests is finished; the next
attempt replays them instead of running the model again. Keyed by id, since Spark may read a partition in another order the second time.
"""

from __future__ import annotations

import itertools
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from bubblenet.engines.protocol import DeadEngineError
from bubblenet.kernel.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


_OTHERS = "*"
"""In a mark: requests of other marks of the attempt. No request has this id: ids are digests."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Requests that were in flight together when the worker of an attempt died."""

    attempt: int
    ids: frozenset[str]


def proven(marks: Iterable[Mark]) -> set[str]:
    """The requests at fault: alone in flight at two deaths. One may have been preemption, or another process that took the memory."""
    alone = Counter(next(iter(mark.ids)) for mark in marks if len(mark.ids) == 1)
    return {request_id for request_id, deaths in alone.items() if deaths > 1}


class Journal:
    """The marks and answers of one task. Attempts of a task share them; other tasks have separate folders.

    task: the attempt's own id. Numbers of attempts begin anew when a stage is submitted again, and would overwrite what is there.
    """

    def __init__(self, scratch: Scratch, unit: int, partition: int, attempt: int, task: int) -> None:
        self._scratch, self._attempt, self._task, self._numbers = scratch, attempt, task, itertools.count(1)
        self._marks, self._answers = f"in-flight-{unit}/{partition}", f"{_answers_of(unit)}/{partition}"

    def marks(self) -> list[Mark]:
        """Marks of the requests in flight when earlier attempts' workers died, smallest sets first."""
        found = (content.split("\n") for content in self._scratch.read_all(self._marks))
        marks = (Mark(int(attempt), frozenset(ids)) for attempt, *ids in found if ids)
        return sorted(marks, key=lambda mark: (len(mark.ids), -mark.attempt, sorted(mark.ids)))

    @contextmanager
    def in_flight(self, ids: Iterable[str], *, is_alone: bool = True) -> Iterator[None]:
        """Mark requests as in flight. An error that the worker survives deletes the mark; a dead engine counts as a dead worker.

        is_alone: false where others are in flight under marks of their own: a death then proves nothing against a single row.
        """
        name = self._name(self._marks)
        self._scratch.write(name, "\n".join([f"{self._attempt}", *ids, *([] if is_alone else [_OTHERS])]))
        try:
            yield
        except DeadEngineError:
            raise
        except BaseException:
            self._scratch.delete(name)
            raise
        self._scratch.delete(name)

    def answers(self) -> Iterator[pa.RecordBatch]:
        """The answers finished by earlier attempts."""
        yield from _batches(self._scratch, self._answers)

    def save(self, batches: list[pa.RecordBatch], schema: pa.Schema) -> None:
        """Save the answers to a set of requests, atomically: a partial file would fail the next attempt."""
        buffer = pa.BufferOutputStream()
        with pa.ipc.new_stream(buffer, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        self._scratch.write_whole(self._name(self._answers), buffer.getvalue().to_pybytes())

    def _name(self, folder: str) -> str:
        return f"{folder}/{self._task}-{next(self._numbers)}"


def saved_units(scratch: str) -> list[int]:
    """The numbers of the units with answers in a scratch folder."""
    prefix = _answers_of(0)[:-1]
    return sorted(int(name.removeprefix(prefix)) for name in Scratch(scratch).names() if name.startswith(prefix))


def saved_folders(scratch: str, unit: int) -> list[str]:
    """The folders with the answers of a unit's tasks, one each."""
    return [f"{_answers_of(unit)}/{partition}" for partition in sorted(Scratch(scratch).names(_answers_of(unit)))]


def saved_batches(scratch: str, folder: str) -> Iterator[pa.RecordBatch]:
    """The answers that a task saved in one of saved_folders."""
    yield from _batches(Scratch(scratch), folder)


def _answers_of(unit: int) -> str:
    return f"answers-{unit}"


def _batches(scratch: Scratch, folder: str) -> Iterator[pa.RecordBatch]:
    for name in sorted(scratch.names(folder)):
        with pa.ipc.open_stream(scratch.read(f"{folder}/{name}")) as reader:
            yield from reader
