"""More than one snapshot under changed rules: nothing is published that was not made under the recipe it is published under."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bubblenet import settings
from bubblenet.errors import AccountingError, InputError, StaleSnapshotError
from bubblenet.jobs import backtranslate, curate, deduplicate, ingest, pipeline, segment
from bubblenet.kernel import planning
from bubblenet.kernel.context import Context
from bubblenet.kernel.stages import run_stages
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method import curation, publishing, snapshots
from bubblenet.method.curation import NOT_IN_CORPUS
from bubblenet.tables import CURATED, DUPLICATES, INSTRUCTIONS, JUDGEMENTS, MINHASH_INDEX, PASSAGE_SCORES, SCORES, Table
from bubblenet.viewing.pending import Pending, pending_passages, pending_work
from tests.conftest import SCRIPTED
from tests.corpora import passage
from tests.spark.pipelines import run_all

pytestmark = pytest.mark.spark

COMPARED = (MINHASH_INDEX, DUPLICATES, INSTRUCTIONS, PASSAGE_SCORES, SCORES, JUDGEMENTS, CURATED)
OLD, NEW = ([passage(f"{name}{n}", "purpose") for n in range(3)] for name in ("old", "new"))


@pytest.fixture(scope="module")
def prepared(spark, empty_warehouse, tmp_path_factory) -> Path:
    """The files of an older and a newer snapshot, and a warehouse that has both; to be copied."""
    folder = tmp_path_factory.mktemp("snapshots")
    shutil.copytree(empty_warehouse, folder / "warehouse")
    for name, texts in (("old", OLD), ("new", NEW)):
        write(folder / f"{name}.jsonl", texts)
        run_all(context_of(spark, folder, name))
    return folder


def write(file: Path, texts: list[str], elsewhere: tuple[str, ...] = ()) -> None:
    """A page of one domain for each text, and of another one, first by name, for each of those elsewhere."""
    pages = [("example.org", text) for text in texts] + [("aaa.org", text) for text in elsewhere]
    lines = ({"text": text, "url": f"http://www.{domain}/{file.stem}/{n}"} for n, (domain, text) in enumerate(pages))
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))


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


def content(context: Context, table: Table) -> set[str]:
    """The rows of a table without what says when and by which run."""
    own = [name for name in table.column_names if name not in ("run_id", "unit", "path", "policy", "judgements_version")]
    rows = context.warehouse.read(table)
    if "policy" in table.column_names:
        rows = rows.where(f"policy = '{context.settings.curation.policy}'")
    return {json.dumps(row.asDict(recursive=True), default=str) for row in rows.select(*own).collect()}


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


def test_other_modes_than_those_measured_are_named(start):
    out = io.StringIO()
    context = start("new", 'scoring.modes=["reverse_gain", "contrast"]', "curation.policy=other")

    [report] = curate.run(replace(context, console=Console(file=out, width=200)))

    assert report.counts.kept == 0 < report.counts.filtered["not_measured"]
    assert "No pair was measured in contrast." in out.getvalue()
    assert """--set 'scoring.modes=["reverse_gain", "likelihood"]'""" in out.getvalue()


def test_what_others_commit_meanwhile_is_judged_by_the_next_run(start, monkeypatch):
    """The note says which versions were judged, so it must not name a later one."""
    context = start("new", "curation.policy=strict")
    real = curation.write_judgements

    def interfere(given, *rest):
        row = dict.fromkeys(INSTRUCTIONS.column_names) | {"segment_id": "s", "status": "ok", "kept": False}
        given.warehouse.append_rows(INSTRUCTIONS, [row], {"by": "another driver"})
        return real(given, *rest)

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


@pytest.mark.parametrize(
    "caps",
    [(), pytest.param(("curation.domain_rows=4", "curation.domain_share=0.0"), marks=pytest.mark.nightly)],
    ids=["uncapped", "capped"],
)
def test_a_new_snapshot_leaves_judgements_of_what_it_does_not_touch_and_gives_what_judging_all_gives(start, tmp_path, caps, monkeypatch):
    monkeypatch.setattr(planning, "MANY_ROWS", 0)  # few pairs are all judged anew
    part = ("curation.policy=part", *caps)
    curate.run(start("new", *part))
    runs = judging_runs(start("new", *part))
    write(tmp_path / "newest.jsonl", [NEW[1], OLD[0].replace("also", "often"), passage("newest", "purpose")], elsewhere=(OLD[2],))
    context = start("newest", *part)
    for step in pipeline.STEPS[:-1]:
        step(context)
    with monkeypatch.context() as patched:  # the driver dies between the two commits
        patched.setattr(publishing, "write_curated", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            curate.run(context)
    [report] = curate.run(start("newest", *part))
    whole = start("newest", "curation.policy=whole", *caps)
    curate.run(whole)

    for table in (JUDGEMENTS, CURATED):
        assert content(context, table) == content(whole, table)
    after = judging_runs(context)
    assert runs.items() <= after.items() or caps
    assert {after[name] for name in after.keys() - runs.keys()} == {context.run_id}
    assert 0 == report.num_requests < report.num_rows < report.counts.seen == len(after)
    assert ("domain_cap" in report.counts.filtered) == bool(caps)
    assert [report.num_rows for report in curate.run(start("newest", *part))] == [0]


def judging_runs(context: Context) -> dict[str, str]:
    """Instruction -> the run that wrote its judgement."""
    rows = context.warehouse.read(JUDGEMENTS).where(f"policy = '{context.settings.curation.policy}'").collect()
    return {row["instruction_id"]: row["run_id"] for row in rows}


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
    more, settled = (replace(start("new", *overrides), inputs=()) for overrides in (["backtranslation.candidates=8"], []))

    assert pending_work(more, pipeline.STAGES) == [Pending("backtranslate", "backtranslate", 3 * 4)]
    assert pending_passages(more, backtranslate.stages) == 3
    assert pending_work(settled, pipeline.STAGES) == []


def test_what_waits_is_what_the_next_run_asks(start, tmp_path):
    """Stage by stage, with work planted for each; what follows from answers that are not there yet is not known before."""
    page = f"<html><h1>How is it read?</h1><p>{passage('newest', 'purpose')}</p></html>"
    lines = ({"html": page, "url": "http://example.org/newest"}, {"text": passage("newest", "structure")})
    (tmp_path / "newest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    context = start("newest")
    for verb, stages_of in pipeline.STAGES.items():
        waits = {one.stage: one.count for one in pending_work(context, {verb: stages_of})}
        asked = {report.name: report.num_requests for report in run_stages(stages_of, context, verb=verb)}

        assert waits.items() <= asked.items()
        assert bool(waits) == any(asked.values()) == (verb not in ("rights", "paraphrase"))

    assert pending_work(start("newest"), pipeline.STAGES) == []


@pytest.mark.nightly
def test_a_large_history_is_looked_at_by_ids_first_and_gives_the_same(spark, prepared, tmp_path, monkeypatch):
    contexts = {}
    for name, many in (("small", planning.MANY_ROWS), ("large", 0)):
        shutil.copytree(prepared, tmp_path / name)
        lines = [NEW[1], OLD[0].replace("also", "often"), OLD[0] + " ", OLD[2].upper(), passage("newest", "purpose")]
        write(tmp_path / name / "newest.jsonl", lines)
        monkeypatch.setattr(planning, "MANY_ROWS", many)
        contexts[name] = context_of(spark, tmp_path / name, "newest")
        run_all(contexts[name])
    rows = {name: {table.name: content(context, table) for table in COMPARED} for name, context in contexts.items()}
    assert rows["large"] == rows["small"]
