"""Set stages on a real Delta table: one transaction story and one ledger with stages that answer requests."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pyspark.sql import functions as F

from bubblenet.errors import ConcurrentRunError, InputError
from bubblenet.kernel import accounting, ledger
from bubblenet.kernel.retrying import ask_again
from bubblenet.kernel.set_stage import SetStage, retried
from bubblenet.tables import JUDGEMENTS, RUNS

pytestmark = pytest.mark.spark

JUDGE = SetStage("curate", JUDGEMENTS, {"round": 0, "policy": "default"})


def verdicts(context, kept: str, refused: str = "", **more: Any):
    """A row for each letter. refused: those that are of low quality."""
    empty = dict.fromkeys(JUDGEMENTS.column_names)
    rows = [
        empty
        | {"instruction_id": letter, "kept": letter in kept, "reason": None if letter in kept else "low_quality"}
        | JUDGE.part
        | {"run_id": context.run_id}
        | more
        for letter in kept + refused
    ]
    return context.spark.createDataFrame(rows, JUDGEMENTS.ddl)


def changed(rows, *gone: str):
    return rows.withColumn("is_gone", F.col("instruction_id").isin(*gone) if gone else F.lit(False))


def stored(context) -> dict[str, bool]:
    rows = context.warehouse.read(JUDGEMENTS).where(JUDGE.where).collect()
    return {row["instruction_id"]: row["kept"] for row in rows}


def entries(context) -> list[dict[str, Any]]:
    columns = ("stage", "target", "unit", "target_version", "run_id", "fingerprint", "num_requests", "num_rows", "num_kept", "filtered")
    return [row.asDict() for row in context.warehouse.read(RUNS).select(*columns).orderBy("target_version").collect()]


@pytest.mark.parametrize("is_crash", [False, True])
def test_each_commit_has_a_ledger_row_of_what_it_wrote_itself_which_a_crash_cannot_lose(make_context, is_crash, monkeypatch):
    monkeypatch.setattr(ledger, "_WRITE_SECONDS", math.inf)  # nothing is written before it is asked for
    first, second = make_context(), make_context()  # a context that is made later would rebuild the ledger
    assert JUDGE.open(first).replace(verdicts(first, "ab", "cde"), first, "recipe", {"inputs": 1}) == 5
    JUDGE.open(first).confirm(first, "recipe", {"inputs": 2})
    update = changed(verdicts(second, "cx", "b"), "b")
    assert JUDGE.open(second).update(update, second, "recipe", {"inputs": 3}) == 2

    assert stored(second) == {"a": True, "c": True, "d": False, "e": False, "x": True}
    if is_crash:
        assert ledger.rebuild(second.warehouse) == 3
    for context in (first, second):  # adds nothing to what was rebuilt
        context.ledger.flush(context.warehouse)
    recorded = entries(second)
    assert [row["run_id"] for row in recorded] == [first.run_id, first.run_id, second.run_id]
    assert {row["fingerprint"] for row in recorded} == {"recipe"}
    assert [(row["stage"], row["unit"], row["num_requests"], row["num_rows"], row["num_kept"], row["filtered"]) for row in recorded] == [
        ("curate", 0, 0, 5, 2, {"low_quality": 3}),
        ("curate", 1, 0, 0, 0, {}),
        ("curate", 2, 0, 2, 2, {}),
    ]
    assert ledger.rebuild(second.warehouse) == 0


def test_many_rows_are_counted_by_spark_as_few_are_without(make_context, monkeypatch):
    context = make_context()
    part = JUDGE.open(context)
    part.replace(verdicts(context, "ab", "cde"), context, "recipe", {})
    [commit] = JUDGE.commits(context.warehouse)
    here = accounting.count_part(context.warehouse, JUDGEMENTS, commit.version, commit.note)
    monkeypatch.setattr(accounting, "MOST_AT_HAND", 1)

    assert accounting.count_part(context.warehouse, JUDGEMENTS, commit.version, commit.note) == here
    assert (here.num_rows, here.num_kept_rows, here.filtered_rows) == (5, 2, {"low_quality": 3})


@pytest.mark.parametrize("end", ["replace", "update", "confirm"])
def test_of_two_drivers_the_slower_one_writes_nothing_and_begins_anew(make_context, end):
    slow, fast = make_context(), make_context()
    JUDGE.open(slow).replace(verdicts(slow, "a"), slow, "recipe", {"inputs": 0})
    tries = []

    def work() -> None:
        part = JUDGE.open(slow)
        if not tries:
            JUDGE.open(fast).replace(verdicts(fast, "", "a"), fast, "recipe", {"inputs": 1})
        tries.append((JUDGE.last_note(slow.warehouse)["inputs"], part.is_overtaken(has_committed=False)))
        rows = () if end == "confirm" else (changed(verdicts(slow, "b")),)
        getattr(part, end)(*rows, slow, "recipe", {"inputs": 2})

    retried(work)

    assert tries == [(1, True), (1, False)]
    assert stored(slow) == {"replace": {"b": True}, "update": {"a": False, "b": True}, "confirm": {"a": False}}[end]
    assert JUDGE.last_note(slow.warehouse)["inputs"] == 2


def test_who_is_always_overtaken_says_so_in_the_end():
    tries = []

    def work() -> None:
        tries.append(1)
        raise ConcurrentRunError("first", "second", "third")

    with pytest.raises(ConcurrentRunError):
        retried(work)
    assert len(tries) == 8


def test_parts_of_one_table_do_not_know_each_other(make_context):
    context = make_context()
    other = SetStage("curate", JUDGEMENTS, {"round": 1, "policy": "default"})
    JUDGE.open(context).replace(verdicts(context, "ab"), context, "recipe", {"inputs": 0})
    other.open(context).replace(verdicts(context, "c", round=1), context, "recipe", {"inputs": 1})

    assert stored(context) == {"a": True, "b": True}
    assert [stage.last_note(context.warehouse)["inputs"] for stage in (JUDGE, other)] == [0, 1]


def test_what_a_set_stage_wrote_is_nothing_to_ask_again(make_context):
    context = make_context()
    JUDGE.open(context).replace(verdicts(context, "a"), context, "recipe", {})
    context.ledger.flush(context.warehouse)

    with pytest.raises(InputError, match="no run of curate"):
        ask_again(context.warehouse, "curate")
