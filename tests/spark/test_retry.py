"""Quarantined requests are asked again when somebody says so, and nothing else is."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from bubblenet.errors import InputError
from bubblenet.jobs import ingest, retry
from bubblenet.kernel.retrying import ask_again
from bubblenet.kernel.stage import run_stage
from bubblenet.tables import DOCUMENTS, PASSAGE_SCORES
from tests.spark.test_stage import declare, rows
from tests.spark.toys import Thirds

pytestmark = pytest.mark.spark


@pytest.fixture
def thirds(tmp_path: Path) -> Thirds:
    (tmp_path / "calls").mkdir()
    return Thirds(str(tmp_path / "calls"))


def test_only_what_was_quarantined_is_asked_again(make_context, thirds):
    context = make_context()
    broken = declare(context, thirds, num=12, special={4: "raise", 7: "raise"})
    first = run_stage(broken, context)
    run_stage(dataclasses.replace(declare(context, thirds, num=12, version=2, special={4: "raise"})), context)
    before = rows(context, "request_id", "fingerprint", "status")
    asked = Counter(thirds.calls())
    assert first.counts.quarantined == {"failed": 2}

    assert ask_again(make_context().warehouse, "score/passage", ["failed"]) == {"failed": 3}

    assert rows(context, "request_id", "fingerprint", "status") == [row for row in before if row[2] == "ok"]
    mended = run_stage(declare(context, thirds, num=12), context)
    assert (mended.num_requests, mended.counts.quarantined, mended.counts.is_balanced) == (2, {}, True)
    assert Counter(thirds.calls()) - asked == {"4": 1, "7": 1}
    assert ask_again(make_context().warehouse, "score/passage") == {}
    assert context.warehouse.read(PASSAGE_SCORES).where(F.col("fingerprint") == broken.fingerprint.id).count() == 12


def test_what_was_never_asked_is_named(make_context, thirds):
    context = make_context("A")
    run_stage(declare(context, thirds, num=3), context)
    with pytest.raises(InputError, match=r"no run of score/pasage. Did you mean score/passage\?"):
        ask_again(make_context().warehouse, "score/pasage")
    with pytest.raises(InputError, match="no run of score/passage on snapshot B"):
        ask_again(make_context().warehouse, "score/passage", snapshot="B")
    with pytest.raises(InputError, match="got unreadable"):
        ask_again(make_context().warehouse, "score/passage", ["unreadable"])


def documents(context) -> list[tuple]:
    return sorted((tuple(row) for row in context.warehouse.read(DOCUMENTS).select("document_id", "url", "reason").collect()), key=str)


def test_a_file_is_read_again_as_a_whole(make_context, tmp_path, capsys):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "lines.jsonl").write_text("".join(json.dumps({"text": f"line {n}"}) + "\n" for n in range(5)) + '{"text": "cut')
    (folder / "page.html").write_text("<p>one page</p>")
    context = make_context("A", inputs=(str(folder),))
    ingest.run(context)
    before = documents(context)

    context = make_context("A", inputs=(str(folder),))  # opening a run completes the ledger
    retry.run(context, "ingest", ["bad_json"], "A")

    assert context.warehouse.read(DOCUMENTS).count() == 1
    again = ingest.run(make_context("A", inputs=(str(folder),)))[1]
    assert (again.num_requests, again.counts.is_balanced) == (1, True)
    assert documents(context) == before
