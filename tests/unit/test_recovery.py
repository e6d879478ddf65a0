"""Attempts of one task after another, without Spark: workers die, rows arrive in another order, and the fatal row alone is lost."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import ClassVar

import pyarrow as pa
import pytest
from pyspark import TaskContext

from bubblenet.engines.protocol import DeadEngineError
from bubblenet.errors import ModelError
from bubblenet.kernel.batches import BatchRunner, Unit
from bubblenet.kernel.journal import Journal, Mark, proven
from bubblenet.kernel.scratch import Scratch

NAMES = ("request_id", "text", "status", "reason", "fingerprint", "run_id")
SCHEMA = pa.schema([*((name, pa.string()) for name in NAMES), ("kept", pa.bool_()), ("attempts", pa.int32()), ("unit", pa.int32())])


class Death(BaseException):
    """Stands for the end of the process: nothing is tidied up."""


@dataclass
class Fatal:
    """Dies on some texts, and counts how often each request was answered."""

    fatal: frozenset[int]
    error: type[BaseException] = Death
    window_rows: int = 32
    identity: tuple[str, ...] = ("text",)
    answered: Counter = field(default_factory=Counter)
    calls: int = 0

    def __call__(self, requests):
        self.calls += 1
        if self.fatal & {int(request["text"]) for request in requests}:
            raise self.error("dead")
        self.answered.update(request["request_id"] for request in requests)
        return [(request, {"kept": True}) for request in requests]


@pytest.fixture
def attempts(tmp_path, monkeypatch):
    """A function that runs attempts of a task until one ends, and returns its rows and how many there were."""
    monkeypatch.setattr(Journal, "in_flight", lambda self, ids, real=Journal.in_flight, **how: _WithoutTidying(real(self, ids, **how)))

    def run(transform, num=100, most=8, is_costly=True, number=lambda attempt: attempt):
        for attempt in range(most):
            _enter_task(monkeypatch, number(attempt), task=attempt)
            runner = BatchRunner(transform, Unit("run", 0, "f", str(tmp_path), is_costly), SCHEMA)
            order = random.Random(attempt).sample(range(num), num)
            batch = pa.RecordBatch.from_pylist([{"request_id": f"r{n}", "text": str(n)} for n in order])
            try:
                return [row for batch in runner.map_batches(iter([batch])) for row in batch.to_pylist()], attempt + 1
            except (Death, DeadEngineError):
                continue
        raise AssertionError(f"no attempt of {most} ended")

    return run


def _enter_task(monkeypatch, attempt: int, task: int) -> None:
    context = SimpleNamespace(attemptNumber=lambda: attempt, partitionId=lambda: 3, taskAttemptId=lambda: task)
    monkeypatch.setattr(TaskContext, "get", classmethod(lambda cls: context))


class _WithoutTidying:
    """A context manager as a process leaves it that dies inside."""

    abandoned: ClassVar[list] = []  # a generator that nobody holds is closed, and would tidy up then

    def __init__(self, manager) -> None:
        self._manager = manager
        self.abandoned.append(manager)

    def __enter__(self) -> None:
        self._manager.__enter__()

    def __exit__(self, kind, error, trace) -> bool | None:
        return False if kind is Death else self._manager.__exit__(kind, error, trace)


@pytest.mark.parametrize("error", [Death, DeadEngineError])
@pytest.mark.parametrize("window_rows", [4, 32, 100])
def test_a_fatal_row_costs_itself_and_four_attempts(attempts, window_rows, error):
    transform = Fatal(frozenset({57}), error, window_rows)

    rows, num = attempts(transform)

    assert sorted(row["request_id"] for row in rows) == sorted(f"r{n}" for n in range(100))
    assert {row["reason"]: row["text"] for row in rows if row["status"] != "ok"} == {"killed_worker": "57"}
    assert num == 5
    assert set(transform.answered.values()) == {1}  # nothing that was answered was asked again
    assert transform.calls <= 100 / window_rows + 3 * window_rows**0.5 + 6


@dataclass
class Overlapping(Fatal):
    """Called from several threads; calls of a window meet before they go on. The last window finds nobody to meet."""

    windows_at_once: int = 3
    window_rows: int = 10
    meeting: threading.Barrier = field(default_factory=lambda: threading.Barrier(3, timeout=2))
    num_met: int = 0

    def __call__(self, requests):
        with contextlib.suppress(threading.BrokenBarrierError):
            self.meeting.wait()
            self.num_met += 1
        return super().__call__(requests)


def test_windows_in_flight_together_come_back_in_order(attempts):
    transform = Overlapping(frozenset())
    rows, num = attempts(transform, num=90)
    assert (num, transform.num_met) == (1, 9)
    assert [row["request_id"] for row in rows] == [f"r{n}" for n in random.Random(0).sample(range(90), 90)]


def test_of_windows_in_flight_together_the_fatal_row_alone_is_lost(attempts):
    transform = Overlapping(frozenset({57}), meeting=threading.Barrier(1))
    rows, _ = attempts(transform)
    assert len(rows) == 100
    assert {row["reason"]: row["text"] for row in rows if row["status"] != "ok"} == {"killed_worker": "57"}
    assert max(transform.answered.values()) == 1


def test_a_row_that_was_in_flight_beside_others_is_not_proven_by_it(tmp_path):
    journal = Journal(Scratch(str(tmp_path)), 0, 0, 0, 0)
    entered = [journal.in_flight([f"{is_alone}"], is_alone=is_alone) for is_alone in (False, False, True, True)]
    for mark in entered:
        mark.__enter__()
    assert proven(journal.marks()) == {"True"}


def test_three_fatal_rows_fit_into_sixteen_attempts(attempts):
    rows, num = attempts(Fatal(frozenset({7, 57, 58})), most=16)
    assert sorted(row["text"] for row in rows if row["reason"] == "killed_worker") == ["57", "58", "7"]
    assert len(rows) == 100
    assert num <= 13


def test_without_a_model_rows_are_marked_from_the_second_attempt_on(attempts, tmp_path):
    rows, num = attempts(Fatal(frozenset({57})), is_costly=False)
    assert len(rows) == 100
    assert [row["text"] for row in rows if row["status"] != "ok"] == ["57"]
    assert num == 6
    assert not list(tmp_path.glob("answers-*"))


def test_a_single_row_that_was_in_flight_at_a_first_death_gets_another_chance(attempts):
    transform = Fatal(frozenset({0}))
    rows, num = attempts(transform, num=1)
    assert [row["reason"] for row in rows] == ["killed_worker"]
    assert (num, transform.calls) == (3, 2)


def test_an_error_of_the_settings_leaves_no_suspicion(attempts, tmp_path):
    class Refused(ModelError):
        def __init__(self, text: str) -> None:
            super().__init__("a model", text, "Name one.")

    with pytest.raises(ModelError):
        attempts(Fatal(frozenset({5}), Refused))
    assert Journal(Scratch(str(tmp_path)), 0, 3, 1, 1).marks() == []


@pytest.mark.parametrize(("error", "reason"), [(ValueError, "failed"), (MemoryError, "out_of_memory")])
def test_a_row_that_raises_is_found_in_one_attempt(attempts, error, reason):
    transform = Fatal(frozenset({57}), error)
    rows, num = attempts(transform)
    assert [(row["text"], row["reason"]) for row in rows if row["status"] != "ok"] == [("57", reason)]
    assert num == 1
    assert transform.calls < 25


def test_a_task_in_which_every_row_fails_ends_with_the_error_at_every_attempt(attempts):
    for _ in range(2):
        with pytest.raises(ValueError, match="dead"):
            attempts(Fatal(frozenset(range(100)), ValueError, 16), num=30)


def test_only_a_row_that_was_alone_at_two_deaths_is_at_fault():
    def marks(*ids: str) -> list[Mark]:
        return [Mark(attempt, frozenset(letters)) for attempt, letters in enumerate(ids)]

    assert proven(marks("a")) == proven(marks("a", "b")) == proven(marks("ab", "a", "ab")) == set()
    assert proven(marks("ab", "a", "b", "a")) == {"a"}


class Heavy(Fatal):
    """Its loading ends the worker a number of times."""

    deaths = 5

    def prepare(self) -> None:
        if self.deaths:
            self.deaths -= 1
            raise Death


@pytest.mark.parametrize("is_costly", [True, False])
def test_no_row_is_suspected_when_loading_ends_the_worker(attempts, is_costly):
    rows, num = attempts(Heavy(frozenset()), is_costly=is_costly)

    assert {row["status"] for row in rows} == {"ok"}
    assert (len(rows), num) == (100, 6)


def test_a_row_that_was_alone_at_one_death_alone_is_answered_after_all(attempts):
    class Unlucky(Fatal):
        def __call__(self, requests):
            try:
                return super().__call__(requests)
            except Death:
                if len(requests) == 1:
                    self.fatal = frozenset()  # the neighbour that took the memory is gone
                raise

    rows, _ = attempts(Unlucky(frozenset({57})))
    assert {row["status"] for row in rows} == {"ok"}


def test_answers_are_kept_where_the_numbers_of_attempts_begin_anew(attempts):
    """A stage that is submitted again, as after the loss of an executor, calls its first attempt 0 again."""
    transform = Fatal(frozenset({57}), window_rows=16)

    rows, _ = attempts(transform, number=lambda attempt: attempt % 2)

    assert [row["text"] for row in rows if row["status"] != "ok"] == ["57"]
    assert set(transform.answered.values()) == {1}


WORKER = """
import sys
import pyarrow as pa
from bubblenet.kernel.batches import BatchRunner, Unit

class Watching:
    window_rows, identity = 32, ("text",)
    def __call__(self, requests):
        return [(request, {"reason": str("pandas" in sys.modules)}) for request in requests]

with pa.ipc.open_stream(sys.argv[1]) as reader:
    batches = BatchRunner(Watching(), Unit("run", 0, "f", sys.argv[2]), reader.schema).map_batches(reader)
    print(*(row["reason"] for batch in batches for row in batch.to_pylist()))
"""


def test_what_arrow_loads_for_its_first_array_is_loaded_before_a_row_is_in_flight(tmp_path):
    request = dict.fromkeys(SCHEMA.names) | {"request_id": "r0", "text": "0"}
    with pa.ipc.new_stream(str(tmp_path / "requests"), SCHEMA) as writer:
        writer.write_batch(pa.RecordBatch.from_pylist([request], schema=SCHEMA))
    command = [sys.executable, "-c", WORKER, str(tmp_path / "requests"), str(tmp_path / "scratch")]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["True"]  # a suspect has a fraction of the idle timeout; pandas takes seconds on a busy machine
