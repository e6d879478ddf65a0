"""Versions of what is made of Spark frames against their golden inputs, and what a version of provenance redoes."""

from __future__ import annotations

import json

import pytest

from bubblenet.jobs import deduplicate, ingest, pipeline, segment
from bubblenet.method import publishing, recipe
from bubblenet.method.recipe import corpus_recipe
from bubblenet.tables import DOCUMENTS, SEGMENTS
from bubblenet.viewing.pending import pending_work
from tests.golden import Component, complaint, entry, recorded
from tests.golden.components import versions
from tests.golden.planting import planted
from tests.golden.spark import SPARK

pytestmark = pytest.mark.spark

PAGES = {
    "A": "The {} of the kettle is as it should be, and nobody asks for more.",
    "B": "A sailor who has lost his {} can buy another one in any harbour of the north.",
}
THINGS = ("lid", "spout", "handle", "base", "rim", "water")
RULES = (
    "segmentation.min_characters=100",
    "segmentation.disabled_rules=['repeated_phrase','repeated_text','repeated_sentences','exchanged_names']",
)


@pytest.mark.parametrize("one", SPARK, ids=lambda one: one.name)
def test_behaviour_and_version_change_together(spark, one: Component):
    assert complaint(one, entry(one, versions()), recorded().get(one.name)) is None


@pytest.mark.parametrize("one", SPARK, ids=lambda one: one.name)
def test_a_change_without_a_version_is_noticed_and_the_constant_is_named(spark, one: Component):
    with planted(one.plant):
        said = complaint(one, entry(one, versions()), recorded().get(one.name))

    assert said is not None
    assert f"Raise {one.constant}" in said


def licences(context) -> dict:
    """As they are published, by the snapshot of the page."""
    first = publishing._earliest_occurrences(context, corpus_recipe(context.settings), context.warehouse.read(SEGMENTS))
    found = first.select("first_snapshot", "declared_licence")
    return {row["first_snapshot"]: row["declared_licence"] for row in found.collect()}


def test_another_version_of_provenance_reads_pages_again_and_redoes_nothing_else(make_context, tmp_path, monkeypatch):
    jobs = (ingest, segment, deduplicate)
    for snapshot, sentence in PAGES.items():
        line = {"text": " ".join(map(sentence.format, THINGS)), "url": f"http://example.org/{snapshot}", "license": "CC0"}
        (tmp_path / f"{snapshot}.jsonl").write_text(json.dumps(line) + "\n")
        context = make_context(snapshot, *RULES, inputs=(str(tmp_path / f"{snapshot}.jsonl"),))
        assert [report.num_kept_rows for job in jobs for report in job.run(context)] == [1] * 5

    monkeypatch.setattr(recipe, "PROVENANCE_VERSION", recipe.PROVENANCE_VERSION + 1)
    context = make_context("B", *RULES, inputs=(str(tmp_path / "B.jsonl"),))
    waiting = {one.stage for one in pending_work(context, pipeline.STAGES)}
    reports = [report for job in jobs for report in job.run(context)]

    assert "ingest" in waiting
    assert not {"segment", "minhash", "deduplicate"} & waiting
    assert {report.name: report.num_rows for report in reports} == {"list": 0, "ingest": 1, "segment": 0, "minhash": 0, "deduplicate": 0}
    documents = context.warehouse.read(DOCUMENTS).groupBy("snapshot").count().collect()
    assert {row["snapshot"]: row["count"] for row in documents} == {"A": 1, "B": 2}
    assert context.warehouse.read(SEGMENTS).count() == 2
    assert licences(context) == {"A": "CC0", "B": "CC0"}, "pages of a snapshot that was not read again keep theirs"


def test_the_newest_reading_of_a_page_tells_its_licence(spark, make_context, monkeypatch):
    monkeypatch.setattr(recipe, "PROVENANCE_VERSION", 2)
    chosen = corpus_recipe(make_context().settings)
    new, old = chosen.readings()
    both = [("both", old, "of old"), ("both", new, "of new"), ("both", new, None)]
    frame = spark.createDataFrame(
        [*both, ("unread", old, "of old"), ("none now", old, "of old"), ("none now", new, None)],
        "page STRING, fingerprint STRING, declared_licence STRING",
    )

    found = frame.groupBy("page").agg(publishing._newest_licence(chosen).alias("licence")).collect()

    assert {row["page"]: row["licence"] for row in found} == {"both": "of new", "unread": "of old", "none now": None}
