"""One row in a thousand that raises, kills, exhausts or hangs what works on it costs itself, with a reason, and little time."""

from __future__ import annotations

import time

import pytest

from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.stage import Stage, StageReport, run_stage
from bubblenet.tables import PASSAGE_SCORES
from tests.spark.toys import Scripted

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]

ROWS = 1000
TIMEOUT = "spark.sql.execution.pyspark.udf.idleTimeoutSeconds"
REASONS = {
    "FAIL": "engine_error",
    "RAISE": "failed",
    "EXHAUST": "out_of_memory",
    "KILL": "killed_worker",
    "SIGKILL": "killed_worker",  # what the system does to a process that takes all memory
    "HANG": "killed_worker",
}


def rate(make_context, markers: dict[int, str], version: str, num: int = ROWS) -> tuple[StageReport, float]:
    """The report and the seconds of a stage in which some rows carry a marker."""
    context = make_context()
    texts = [(f"r{n:04}", str(n), f"word {n} BUBBLENET-{markers[n]}" if n in markers else f"word {n}") for n in range(num)]
    requests = context.spark.createDataFrame(texts, "request_id STRING, segment_id STRING, text STRING")
    started = time.monotonic()
    report = run_stage(
        Stage("score/passage", PASSAGE_SCORES, Fingerprint({"run": version}), requests, Scripted(), is_model_stage=True), context
    )
    return report, time.monotonic() - started


def rows_of_late_attempts(context, version: str) -> int:
    """How many rows the third attempt of a task or a later one wrote: the first two leave the window in which the worker died."""
    rows = context.warehouse.read(PASSAGE_SCORES).where(f"fingerprint = '{Fingerprint({'run': version}).id}'")
    return rows.where("attempts > 2").count()


@pytest.fixture
def clean_seconds(make_context) -> float:
    rate(make_context, {}, "warm", 100)
    report, seconds = rate(make_context, {}, "clean")
    assert report.counts.kept == ROWS
    return seconds


@pytest.fixture
def timeout(spark) -> int:
    """Seconds after which Spark ends a silent worker; in this test few."""
    usual = spark.conf.get(TIMEOUT)
    spark.conf.set(TIMEOUT, "8")
    yield 8
    spark.conf.set(TIMEOUT, usual)


def test_a_poison_row_costs_one_quarantined_row_and_few_rows_asked_again(make_context, clean_seconds, timeout):
    for number, (marker, reason) in enumerate(REASONS.items()):
        report, seconds = rate(make_context, {137 + 150 * number: marker}, marker)

        assert (report.counts.kept, report.counts.quarantined, report.counts.pending) == (ROWS - 1, {reason: 1}, 0), marker
        assert rows_of_late_attempts(make_context(), marker) <= Scripted.window_rows, marker
        # Nothing waits for a death but where Spark must notice a silence; the factor is the noise of a busy machine.
        assert seconds <= 4 * clean_seconds + (2 * timeout if marker == "HANG" else 0), marker


def test_what_was_finished_before_a_death_is_not_asked_again(make_context, tmp_path):
    context = make_context()
    rate(make_context, {100: "KILL"}, "kept")
    rows = context.warehouse.read(PASSAGE_SCORES).groupBy("attempts").count().collect()
    counts = {row["attempts"]: row["count"] for row in rows}
    assert counts[1] > ROWS / 2  # the other task, and the windows before the fatal one
    assert sum(counts.get(number, 0) for number in (4, 5)) < 40  # what was in flight with the fatal row, and that row itself
