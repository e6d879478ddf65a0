"""More than one snapshot under changed rules: nothing is published that was not made under the recipe it is published under."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bubblenet import settings
from bubblenet.errors import AccountingError, InputError, StaleSnapshotError
from bubblenet.jobs import curate, deduplicate, ingest, pipeline, segment
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method import curation, snapshots
from bubblenet.method.curation import NOT_IN_CORPUS
from bubblenet.method.recipe import full_recipe
from bubblenet.tables import CURATED, INSTRUCTIONS, JUDGEMENTS
from bubblenet.viewing.pending import pending_passages, pending_work
from tests.conftest import SCRIPTED
from tests.corpora import passage
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

OLD, NEW = ([passage(f"{name}{n}", "purpose") for n in range(3)] for name in ("old", "new"))


@pytest.fixture(scope="module")
def prepared(spark, empty_warehouse, tmp_path_factory) -> Path:
    """The files of an older and a newer snapshot, and a warehouse that has both; to be copied."""
    folder = tmp_path_factory.mktemp("snapshots")
    shutil.copytree(empty_warehouse, folder / "warehouse")
    for name, texts in (("old", OLD), ("new", NEW)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        run_all(context_of(spark, folder, name))
    return folder


def context_of(spark, folder: Path, name: str, *overrides: str) -> Context:
    """A run on the old snapshot, the new one, or all."""
    chosen = settings.load(None, [*SCRIPTED, "curation.grade_4=0.0", *overrides])
    inputs = () if name == snapshots.ALL else (str(folder / f"{name}.jsonl"),)
    return Context(spark, chosen, Warehouse(spark, str(folder / "warehouse")), name, Console(quiet=True), inputs)


@pytest.fixture
def start(spark, prepared, tmp_path):
    """A function that opens a run on the warehouse with both: name and settings."""
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return lambda name, *overrides: context_of(spark, tmp_path, name, *overrides)


def published(context: Context) -> set[str]:
    return {row["response"] for row in context.warehouse.read(CURATED).collect()}


def evaluation(folder: Path, text: str) -> str:
    """The setting that names an evaluation file with an item out of a text."""
    (folder / "evaluation.jsonl").write_text(json.dumps({"prompt": " ".join(text.split()[20:40])}) + "\n")
    return f'decontamination.evaluations=["{folder / "evaluation.jsonl"}:prompt"]'


def test_an_evaluation_file_that_came_later_holds_for_older_snapshots(start, tmp_path):
    items = evaluation(tmp_path, OLD[1])
    newer = start("new", items)
    deduplicate.run(newer)

    with pytest.raises(StaleSnapshotError, match=r"got old \(3 passages not compared\)\. .*bubblenet run --snapshot all"):
        curate.run(newer)

    assert published(newer) == {*OLD, *NEW}  # what was published before stands, under the recipe of then
    every = start(snapshots.ALL, items)
    pipeline.JOB.run(every)
    assert published(every) == {*OLD, *NEW} - {OLD[1]}
    assert "contaminated" in {row["reason"] for row in every.warehouse.read(JUDGEMENTS).collect()}


def test_pairs_of_passages_that_the_rules_no_longer_cut_are_told_as_such(start):
    longest = max(map(len, OLD))
    every = start(snapshots.ALL, f"segmentation.max_characters={longest - 1}")  # the longest of the older texts is cut in two
    segment.run(replace(every, snapshot="new"))
    with pytest.raises(StaleSnapshotError, match=r"new \(3 passages not compared\); old \(3 documents not cut\)"):
        curate.run(every)

    segment.JOB.run(every)
    deduplicate.JOB.run(every)
    curate.run(every)

    judged = every.warehouse.read(JUDGEMENTS)
    assert {row["kept"] for row in judged.where(f"reason = '{NOT_IN_CORPUS}'").collect()} == {False}
    assert judged.where("kept").count() == every.warehouse.read(CURATED).count() > 0
    assert max(map(len, published(every))) < longest


def test_files_that_another_reader_reads_again_are_waited_for(start):
    context = start("new", "corpus.max_document_bytes=500000")
    ingest.run(context)
    with pytest.raises(StaleSnapshotError, match=r"old \(1 files not read\)"):
        curate.run(context)


def test_a_snapshot_that_cannot_be_brought_up_is_left_out(start, tmp_path):
    context = start("new", evaluation(tmp_path, OLD[1]), "curation.leave_out_stale=true")
    deduplicate.run(context)
    curate.run(context)
    assert published(context) == set(NEW)


def test_pairs_that_were_taken_out_by_hand_break_the_identity(start):
    context = start("new")
    context.spark.sql(f"DELETE FROM {context.warehouse.identifier(CURATED)} WHERE response = '{NEW[0]}'")

    with pytest.raises(AccountingError, match="in one of them only"):
        curate.run(context)


def test_what_others_commit_meanwhile_is_judged_by_the_next_run(start, monkeypatch):
    """The note says which versions were judged, so it must not name a later one."""
    context = start("new", "curation.policy=strict")
    real = curation.write_judgements

    def interfere(given, recipe, pairs, transaction):
        row = dict.fromkeys(INSTRUCTIONS.column_names) | {"segment_id": "s", "status": "ok", "kept": False}
        given.warehouse.append_rows(INSTRUCTIONS, [row], {"by": "another driver"})
        return real(given, recipe, pairs, transaction)

    monkeypatch.setattr(curation, "write_judgements", interfere)
    curate.run(context)
    monkeypatch.undo()

    (again,) = curate.run(start("new", "curation.policy=strict"))
    assert again.num_rows > 0
    (settled,) = curate.run(start("new", "curation.policy=strict"))
    assert settled.num_rows == 0


def test_when_another_driver_curates_first_what_both_made_is_judged(start, monkeypatch):
    context, other = start("new", "curation.policy=strict"), start("old", "curation.policy=strict")
    real = curation.write_judgements

    def interfere(*given):
        monkeypatch.undo()
        curate.run(other)
        return real(*given)

    monkeypatch.setattr(curation, "write_judgements", interfere)
    curate.run(context)

    strict = context.warehouse.read(JUDGEMENTS).where("policy = 'strict'")
    assert strict.count() == strict.select("instruction_id").distinct().count() > 0
    (settled,) = curate.run(start("new", "curation.policy=strict"))
    assert settled.num_rows == 0


def test_a_snapshot_that_another_driver_is_making_does_not_keep_this_one_from_being_published(start, tmp_path):
    (tmp_path / "newest.jsonl").write_text(json.dumps({"text": passage("newest", "purpose")}) + "\n")
    begun = start("newest")
    for step in (ingest.run, segment.run):
        step(begun)
    begun.ledger.flush(begun.warehouse)

    run_all(start("new"))
    assert published(begun) == {*OLD, *NEW}
    run_all(start("newest"))
    assert published(begun) == {*OLD, *NEW, passage("newest", "purpose")}


def test_snapshots_are_told_in_order_of_arrival_and_their_absence_by_name(start, make_context, tmp_path):
    assert snapshots.names(start("new").warehouse) == ["old", "new"]
    with pytest.raises(InputError, match="a snapshot in the warehouse"):
        segment.JOB.run(make_context(snapshots.ALL, location=tmp_path / "without"))


def test_more_candidates_than_before_are_waited_for(start):
    more = start("new", "backtranslation.candidates=8")
    recipe = full_recipe(more.settings)

    assert [(one.what, one.count) for one in pending_work(more, recipe)] == [("passages without all their instructions", 3)]
    assert pending_passages(more, recipe) == 3
    assert pending_work(start("new"), recipe) == []
