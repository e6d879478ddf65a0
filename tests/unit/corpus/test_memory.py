"""What keeps the memory of a worker from growing with its task: batches of few bytes, and freed memory that goes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from bubblenet.app.session import conf_file, read_conf
from bubblenet.kernel import batches
from bubblenet.kernel.batches import BatchRunner, Row, Unit

SCHEMA = pa.schema([("request_id", pa.string()), ("kept", pa.bool_()), ("text", pa.string())])
MOST_CHARACTERS = 8 * 1024 * 1024


class Long:
    """Answers every request with a text of 100,000 characters."""

    identity = ()
    window_rows = 4

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        for request in requests:
            yield request, {"kept": True, "text": "x" * 100_000}


def answers(tmp_path: Path, num: int, *, is_costly: bool = False) -> list[pa.RecordBatch]:
    runner = BatchRunner(Long(), Unit("r", 0, "f", str(tmp_path), is_costly=is_costly), SCHEMA)
    return list(runner.map_batches(iter([pa.RecordBatch.from_pylist([{"request_id": str(number)} for number in range(num)])])))


def test_a_worker_holds_few_pages_of_its_answers_at_a_time(tmp_path: Path) -> None:
    found = answers(tmp_path, 300)

    assert sum(batch.num_rows for batch in found) == 300
    assert max(batch.nbytes for batch in found) < MOST_CHARACTERS


@pytest.mark.parametrize("name", ["local", "workstation", "cpu", "gpu"])
def test_spark_sends_a_worker_few_pages_at_a_time(name: str) -> None:
    assert int(read_conf(conf_file(name))["spark.sql.execution.arrow.maxBytesPerBatch"]) <= MOST_CHARACTERS


@pytest.mark.parametrize("is_costly", [False, True])
def test_freed_memory_goes_back_after_each_batch_but_beside_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_costly: bool
) -> None:
    given: list[None] = []
    monkeypatch.setattr(batches, "give_back", lambda: given.append(None))

    found = answers(tmp_path, 300, is_costly=is_costly)

    assert len(given) == (0 if is_costly else len(found))
