"""The stage kernel on real Delta tables, with toy transforms instead of a model."""

from __future__ import annotations

import dataclasses
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import functions as F

from bubblenet.errors import AccountingError, ConcurrentRunError, WarehouseError
from bubblenet.kernel import accounting, ledger, stage
from bubblenet.kernel.salvaging import abandoned_units
from bubblenet.kernel.schemas import properties
from bubblenet.kernel.stage import Stage, run_stage
from bubblenet.kernel.table_log import Transaction
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import PASSAGE_SCORES, RUNS
from tests.spark.toys import Forgetful, Thirds, declare, rows

pytestmark = pytest.mark.spark


@pytest.fixture
def thirds(tmp_path: Path) -> Thirds:
    (tmp_path / "calls").mkdir()
    return Thirds(str(tmp_path / "calls"))


def test_every_request_is_answered_once_and_counted(make_context, thirds):
    context = make_context("A", "execution.unit_rows=10")

    report = run_stage(declare(context, thirds), context)

    assert (report.counts.seen, report.counts.kept, report.counts.filtered) == (30, 20, {"third": 10})
    assert sorted(thirds.calls(), key=int) == [str(n) for n in range(30)]
    assert report.tokens == 150


def test_a_request_that_stands_in_two_groups_is_answered_once(make_context, thirds):
    context = make_context()
    stage = declare(context, thirds)
    doubled = stage.requests.unionByName(stage.requests.withColumn("segment_id", F.concat(F.lit("1"), "segment_id")))

    report = run_stage(dataclasses.replace(stage, requests=doubled, colocate="segment_id"), context)

    assert (report.num_requests, report.num_rows, len(thirds.calls())) == (30, 30, 30)


def test_a_stage_that_starts_several_times_in_a_run_has_a_ledger_row_for_each_commit(make_context, thirds):
    context = make_context("A", "execution.unit_rows=5")
    reports = [run_stage(declare(context, thirds, num=num), context) for num in (10, 10, 15)]
    reports.append(run_stage(declare(context, thirds, num=15, version=2), context))

    assert context.warehouse.read(RUNS).count() == 0  # rows are written together
    context.ledger.flush(context.warehouse)
    entries = context.warehouse.read(RUNS).where("stage = 'score/passage'").collect()
    assert [(report.num_requests, report.tokens) for report in reports] == [(10, 50), (0, 0), (5, 25), (15, 75)]
    assert len(entries) == len({(entry["fingerprint"], entry["unit"]) for entry in entries}) == 2 + 1 + 3
    assert sum(entry["prompt_tokens"] for entry in entries) == 150
    assert ledger.rebuild(context.warehouse) == 0


def test_few_rows_are_counted_without_spark_as_spark_counts_them(make_context, tmp_path):
    context = make_context()
    draw, columns = random.Random(5), ("request_id", "status", "kept", "reason", "prompt_tokens", "output_tokens")
    verdicts = [(status, kept, reason) for status in ("ok", "quarantined") for kept in (True, False, None) for reason in ("a", "b", None)]
    answers = [(f"r{draw.randrange(60)}", *draw.choice(verdicts), number, 2) for number in range(100)]
    given = [dict.fromkeys(PASSAGE_SCORES.column_names) | dict(zip(columns, answer, strict=True)) for answer in answers]
    version = context.warehouse.append(context.spark.createDataFrame(given, PASSAGE_SCORES.ddl), PASSAGE_SCORES, {"by": "test"})
    asked = str(tmp_path / "asked.parquet")
    parquet.write_table(pa.table({"request_id": [f"r{n}" for n in range(5, 70)]}), asked)

    here = [accounting.count_unit(context.warehouse, PASSAGE_SCORES, version, files) for files in ((), (asked,))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounting, "MOST_AT_HAND", 0)
        by_spark = [accounting.count_unit(context.warehouse, PASSAGE_SCORES, version, files) for files in ((), (asked,))]

    assert here == by_spark
    assert (here[1].requests.seen, here[1].num_rows, here[1].output_tokens) == (65, 100, 200)
    assert here[1].requests.pending >= 10


def test_a_second_start_does_nothing(make_context, thirds):
    run_stage(declare(make_context(), thirds), make_context())
    context = make_context()
    version = context.warehouse.version(PASSAGE_SCORES)

    report = run_stage(declare(context, thirds), context)

    assert report.num_rows == 0
    assert len(thirds.calls()) == 30
    assert context.warehouse.version(PASSAGE_SCORES) == version


def test_only_new_requests_are_worked_on(make_context, thirds):
    context = make_context()
    run_stage(declare(context, thirds, 20), context)

    later = make_context("B")
    report = run_stage(declare(later, thirds, 30), later)

    assert report.num_requests == 10
    assert len(thirds.calls()) == 30


def test_a_new_fingerprint_redoes_the_stage_and_keeps_the_old_rows(make_context, thirds):
    context = make_context()
    run_stage(declare(context, thirds, version=1), context)
    run_stage(declare(context, thirds, version=2), make_context())

    assert len(thirds.calls()) == 60
    assert context.warehouse.read(PASSAGE_SCORES).groupBy("fingerprint").count().count() == 2


def test_budget_stops_cleanly_and_the_rest_stays_pending(make_context, thirds):
    context = make_context("A", "execution.unit_rows=10", "budget.rows=10")

    report = run_stage(declare(context, thirds), context)
    assert report.stopped_by == "rows"
    assert 10 <= report.num_requests < 30
    assert report.counts.pending == 30 - report.num_requests

    second = run_stage(declare(context, thirds, version=2), context)  # of the same run
    assert (second.num_requests, second.stopped_by) == (0, "rows")

    unbounded = make_context("A")
    assert run_stage(declare(unbounded, thirds), unbounded).counts.pending == 0
    assert len(thirds.calls()) == 30


def test_a_row_that_raises_is_quarantined_alone(make_context, thirds):
    context = make_context()

    report = run_stage(declare(context, thirds, special={7: "raise"}), context)

    assert report.counts.quarantined == {"failed": 1}
    assert report.counts.kept + sum(report.counts.filtered.values()) == 29
    detail = [row for row in rows(context, "segment_id", "detail") if row[1]]
    assert detail == [("7", "ValueError: a bad row")]


def test_a_row_that_kills_its_worker_is_quarantined_and_the_others_are_done(make_context, thirds):
    context = make_context()

    report = run_stage(declare(context, thirds, special={7: "kill"}), context)

    assert report.counts.quarantined == {"killed_worker": 1}
    assert report.counts.kept + sum(report.counts.filtered.values()) == 29


def test_a_stage_in_which_every_row_fails_is_an_error_not_a_table_of_failures(make_context, thirds):
    context = make_context("A", "execution.unit_rows=100")

    with pytest.raises(Exception, match="a bad row"):
        run_stage(declare(context, thirds, 60, special=dict.fromkeys(range(60), "raise")), context)

    assert rows(context, "segment_id") == []


def test_a_lost_row_breaks_the_accounting_identity(make_context, thirds):
    context = make_context()

    with pytest.raises(AccountingError, match=r"30 requests of a unit of score/passage; got 30 seen .* 1 pending"):
        run_stage(declare(context, Forgetful(thirds.log)), context)


def test_an_answer_to_what_was_not_asked_is_no_answer(make_context, thirds):
    """A set stage makes its own rows, so it may give them another key: as many as were asked, and one of them lost."""
    context = make_context()

    def combine(pending, _answers, _checkpoint):
        key = F.when(F.col("request_id") == "r5", "another").otherwise(F.col("request_id"))
        empty = {name: F.lit(None) for name in PASSAGE_SCORES.column_names if name not in ("request_id", "segment_id", "kept")}
        return pending.select("segment_id", key.alias("request_id"), F.lit(True).alias("kept")).withColumns(empty | {"status": F.lit("ok")})

    declared = dataclasses.replace(declare(context, None, num=10), combine=combine, is_model_stage=False)
    with pytest.raises(AccountingError, match=r"10 requests of a unit of score/passage; got 10 seen .* 1 pending"):
        run_stage(declared, context)


def test_rows_of_the_ledger_are_written_once_whoever_writes_them(make_context, thirds):
    context = make_context("A", "execution.unit_rows=10")
    run_stage(declare(context, thirds), context)
    later = make_context()  # rebuilds them while the first driver still has them
    context.ledger.flush(context.warehouse)
    context.ledger.flush(context.warehouse)

    assert later.warehouse.read(RUNS).count() == later.warehouse.read(RUNS).select("unit").distinct().count() == 3
    assert ledger.rebuild(later.warehouse) == 0


def test_rows_of_the_ledger_that_another_driver_wrote_in_part_are_completed(make_context, thirds, monkeypatch):
    context = make_context("A", "execution.unit_rows=10", "budget.rows=10")
    run_stage(declare(context, thirds), context)
    make_context()  # rebuilds the first row
    more = dataclasses.replace(context, settings=make_context("A", "execution.unit_rows=10").settings)
    run_stage(declare(more, thirds), more)

    more.ledger.flush(more.warehouse)

    units = [row["unit"] for row in more.warehouse.read(RUNS).select("unit").collect()]
    assert len(units) == len(set(units)) > 1
    assert ledger.rebuild(more.warehouse) == 0


def test_two_drivers_that_write_the_same_row_of_the_ledger_at_once_leave_one(make_context, thirds, monkeypatch):
    context, other = make_context(), make_context()
    run_stage(declare(context, thirds), context)
    real, interfered = type(context.warehouse).append_rows, []

    def interfere(warehouse, *rest):
        if not interfered:
            interfered.append(True)
            assert ledger.rebuild(other.warehouse) == 1
            raise ConcurrentRunError("to be the only writer of these rows", "another one", "Start again.")
        return real(warehouse, *rest)

    monkeypatch.setattr(type(context.warehouse), "append_rows", interfere)
    context.ledger.flush(context.warehouse)

    assert context.warehouse.read(RUNS).count() == 1


def test_doubled_rows_break_the_accounting_identity(make_context, thirds):
    context = make_context()
    run_stage(declare(context, thirds), context)
    table = context.warehouse.read(PASSAGE_SCORES)
    context.warehouse.append(table.where("segment_id = '1'").withColumn("unit", F.lit(99)), PASSAGE_SCORES, {"by": "test"})

    with pytest.raises(AccountingError, match="two units"):
        run_stage(declare(context, thirds), make_context())


def test_a_driver_that_lost_its_lane_plans_again_and_doubles_nothing(make_context, thirds, monkeypatch):
    context, other = make_context("A", "execution.unit_rows=10"), make_context("A", "execution.unit_rows=10")
    real, interfered = stage._append_unit, []

    def interfere(declared, given, *rest):
        if not interfered:  # the other driver does everything while this one is about to commit its first unit
            interfered.append(True)
            monkeypatch.setattr(stage, "_append_unit", real)
            run_stage(declare(other, thirds), other)
        return real(declared, given, *rest)

    monkeypatch.setattr(stage, "_append_unit", interfere)
    report = run_stage(declare(context, thirds), context)

    assert report.num_rows == 0
    assert report.counts.pending == 0
    assert [row[0] for row in rows(context, "segment_id")] == sorted(str(n) for n in range(30))


def test_what_was_answered_when_another_driver_won_is_kept(make_context, thirds, tmp_path):
    context, other = (make_context("A", "execution.unit_rows=10", "execution.model_tasks=1") for _ in range(2))
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(run_stage, declare(context, thirds, 20, special={3: "wait"}), context)
        while "3" not in thirds.calls():
            time.sleep(0.05)
        faster = run_stage(declare(other, thirds, 40, first=30), other)
        (tmp_path / "calls" / "go").touch()
        report = slow.result()

    assert (report.num_rows, faster.num_rows, report.counts.pending) == (20, 10, 0)
    assert sorted(thirds.calls()) == sorted(map(str, [*range(20), *range(30, 40)]))  # each once
    assert rows(context, "segment_id") == sorted((str(n),) for n in [*range(20), *range(30, 40)])
    for one in (context, other):
        one.ledger.flush(one.warehouse)
    assert context.warehouse.read(RUNS).agg(F.sum("num_rows"), F.sum("prompt_tokens")).first() == (30, 150)


def test_what_was_answered_when_the_driver_died_is_not_asked_again(make_context, thirds, monkeypatch):
    killed = make_context("A", "execution.model_tasks=1")

    def die(self, rows, *_):  # the workers have answered, the commit is not made; a kill deletes no files
        rows.count()
        raise KeyboardInterrupt

    monkeypatch.setattr(Warehouse, "append", die)
    monkeypatch.setattr(stage.Scratch, "delete_everything", lambda self: None)
    with pytest.raises(KeyboardInterrupt):
        run_stage(declare(killed, thirds, 20), killed)
    monkeypatch.undo()
    assert len(thirds.calls()) == 20

    resumed = make_context()
    report = run_stage(declare(resumed, thirds, 25), resumed)
    assert (report.num_rows, report.counts.seen, report.counts.pending) == (25, 25, 0)
    assert sorted(thirds.calls()) == sorted(map(str, range(25)))  # each once
    resumed.ledger.flush(resumed.warehouse)
    assert resumed.warehouse.read(RUNS).agg(F.sum("num_rows")).first()[0] == 25
    assert abandoned_units(resumed.warehouse, "score/passage", "another") == []

    other = make_context()
    assert run_stage(declare(other, thirds, 25), other).num_rows == 0
    assert run_stage(declare(other, thirds, 25, version=2), other).num_rows == 25  # of another fingerprint nothing is taken


def test_a_stale_transaction_writes_nothing_and_is_named(make_context, thirds):
    context = make_context()
    run_stage(declare(context, thirds, 10), context)
    table = context.warehouse.read(PASSAGE_SCORES)
    app_id = declare(context, thirds).app_id
    assert context.warehouse.stored_transaction(PASSAGE_SCORES, app_id, context.warehouse.version(PASSAGE_SCORES)) == 0

    with pytest.raises(ConcurrentRunError):
        context.warehouse.append(table, PASSAGE_SCORES, {"by": "test"}, Transaction(app_id, 0))
    assert len(rows(context, "segment_id")) == 10


def test_the_ledger_is_rebuilt_from_the_commits(make_context, thirds, monkeypatch):
    context = make_context()

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ledger.Ledger, "record", die)
    with pytest.raises(KeyboardInterrupt):
        run_stage(declare(context, thirds), context)
    assert context.warehouse.read(RUNS).count() == 0
    monkeypatch.undo()

    again = make_context()  # opening a run rebuilds
    entry = again.warehouse.read(RUNS).first()
    assert (entry["stage"], entry["num_requests"], entry["num_rows"], entry["num_kept"], entry["prompt_tokens"]) == (
        "score/passage",
        30,
        30,
        20,
        150,
    )
    assert ledger.rebuild(again.warehouse) == 0
    assert run_stage(declare(again, thirds), again).num_rows == 0


def test_a_sample_is_the_same_every_time_and_the_rest_is_pending(make_context, thirds):
    context = make_context()
    declared = declare(context, thirds)
    sampled = dataclasses.replace(declared, only=_first(declared, 8))

    assert run_stage(sampled, context).counts.pending == 22
    assert run_stage(sampled, make_context()).num_rows == 0
    assert run_stage(declared, make_context()).counts.pending == 0
    assert len(thirds.calls()) == 30


def _first(declared: Stage, num: int):
    return declared.requests.select("request_id").orderBy(F.xxhash64("request_id")).limit(num)


def test_a_warehouse_path_with_odd_letters_works(make_context, thirds, tmp_path):
    context = make_context("A", "execution.unit_rows=10", location=tmp_path / "ware house [1] \u00fc")
    assert run_stage(declare(context, thirds), context).counts.pending == 0
    context.ledger.flush(context.warehouse)
    assert context.warehouse.read(RUNS).count() == 3


def test_a_warehouse_path_with_a_percent_sign_is_refused(make_context, tmp_path):
    with pytest.raises(WarehouseError, match="percent"):
        make_context(location=tmp_path / "ware%20house")


def test_rows_in_the_first_version_of_a_table_are_seen(make_context, thirds, tmp_path):
    """A table that another tool copied begins with rows: it is not taken for an empty one."""
    run_stage(declare(make_context(), thirds, num=10), make_context())
    source, copied = (str(tmp_path / folder / PASSAGE_SCORES.name) for folder in ("warehouse", "copied"))
    context = make_context()
    stated = ", ".join(f"'{key}' = '{value}'" for key, value in properties(PASSAGE_SCORES).items())
    context.spark.sql(f"CREATE TABLE delta.`{copied}` USING delta TBLPROPERTIES ({stated}) AS SELECT * FROM delta.`{source}`")
    context = make_context(location=tmp_path / "copied")
    assert context.warehouse.version(PASSAGE_SCORES) == 0

    report = run_stage(declare(context, thirds, num=12), context)

    assert (report.counts.seen, report.num_rows) == (12, 2)
