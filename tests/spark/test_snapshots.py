"""More than one snapshot under changed rules: nothing is published that was not made under the recipe it is published under."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bubblenet.errors import AccountingError, InputError, StaleSnapshotError
from bubblenet.jobs import curate, pipeline
from bubblenet.method import snapshots
from bubblenet.method.curation import NOT_IN_CORPUS
from bubblenet.method.recipe import full_recipe
from bubblenet.tables import CURATED, JUDGEMENTS
from tests.corpora import passage
from tests.spark.pipelines import run_all, run_through

pytestmark = pytest.mark.spark

ALL_KEPT = "curation.grade_4=0.0"
OLD, NEW = ([passage(f"{name}{n}", "purpose") for n in range(3)] for name in ("old", "new"))


@pytest.fixture
def start(make_context, tmp_path):
    """A function that opens a run on a snapshot: old or new, with its file, or all; and these settings."""
    for name, texts in (("old", OLD), ("new", NEW)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))

    def open_run(name: str, *overrides: str):
        inputs = () if name == snapshots.ALL else (str(tmp_path / f"{name}.jsonl"),)
        return make_context(name, ALL_KEPT, *overrides, inputs=inputs)

    return open_run


@pytest.fixture
def both(start):
    """A warehouse with both snapshots."""
    for name in ("old", "new"):
        run_all(start(name))
    return start


def published(context) -> set[str]:
    return {row["response"] for row in context.warehouse.read(CURATED).collect()}


def evaluation(folder: Path, text: str) -> str:
    """The setting that names an evaluation file with an item out of a text."""
    (folder / "evaluation.jsonl").write_text(json.dumps({"prompt": " ".join(text.split()[20:40])}) + "\n")
    return f'decontamination.evaluations=["{folder / "evaluation.jsonl"}:prompt"]'


def test_snapshots_are_told_in_order_of_arrival(both):
    assert snapshots.names(both("new").warehouse) == ["old", "new"]


def test_a_contaminated_passage_of_an_older_snapshot_stops_the_newer_ones_run_until_all_are_brought_up(both, tmp_path):
    items = evaluation(tmp_path, OLD[1])
    newer = both("new", items)
    assert published(newer) == {*OLD, *NEW}

    with pytest.raises(StaleSnapshotError, match=r"got old \(3 passages not compared\)\. .*bubblenet run --snapshot all"):
        run_all(newer)

    assert published(newer) == {*OLD, *NEW}  # what was published before stands, under the recipe of then
    every = both(snapshots.ALL, items)
    pipeline.JOB.run(every)
    assert published(every) == {*OLD, *NEW} - {OLD[1]}
    assert "contaminated" in {row["reason"] for row in every.warehouse.read(JUDGEMENTS).collect()}


def test_pairs_of_passages_that_the_rules_no_longer_cut_are_told_as_such(both):
    rule = f"segmentation.max_characters={max(map(len, OLD)) - 1}"  # the longest of the older texts is cut in two
    with pytest.raises(StaleSnapshotError, match=r"old \(3 documents not cut\)"):
        run_all(both("new", rule))

    every = both(snapshots.ALL, rule)
    pipeline.JOB.run(every)

    judged = every.warehouse.read(JUDGEMENTS)
    gone = judged.where(f"reason = '{NOT_IN_CORPUS}'").select("segment_id").distinct().count()
    assert gone > 0
    assert judged.where("kept").count() == every.warehouse.read(CURATED).count()
    assert max(map(len, OLD)) > max(map(len, published(every)))


def test_a_file_of_an_older_snapshot_that_another_reader_reads_again_is_waited_for(both):
    with pytest.raises(StaleSnapshotError, match=r"old \(1 files not read\)"):
        run_all(both("new", "corpus.max_document_bytes=500000"))


def test_pairs_that_were_taken_out_by_hand_break_the_identity(both):
    context = both("new")
    context.spark.sql(f"DELETE FROM {context.warehouse.identifier(CURATED)} WHERE response = '{NEW[0]}'")

    with pytest.raises(AccountingError, match="in one of them only"):
        run_all(context)


def test_all_of_nothing_is_named(start):
    with pytest.raises(InputError, match="a snapshot"):
        pipeline.JOB.run(start(snapshots.ALL))


def test_a_job_alone_works_on_all_snapshots_and_curates_once(both):
    rule = "segmentation.min_characters=601"
    context = both(snapshots.ALL, rule)
    pipeline.segment.JOB.run(context)
    waiting = snapshots.waiting(context, full_recipe(context.settings))
    assert waiting["documents not cut"][1].count() == 0
    assert sorted({row["snapshot"] for row in waiting["passages not compared"][1].collect()}) == ["new", "old"]
    run_through(both("old", rule), pipeline.score.run)
    run_through(both("new", rule), pipeline.score.run)
    curate.JOB.run(both(snapshots.ALL, rule))
    assert published(context) == {*OLD, *NEW}
