"""Ingest on real Delta tables: large files in parts, small ones packed, files inside files, and what is refused by name."""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from bubblenet.app.command_line import NAMED_ERROR, exit_code
from bubblenet.corpus.reading import formats
from bubblenet.errors import InputError
from bubblenet.jobs import ingest
from bubblenet.kernel.stage import run_stage
from bubblenet.kernel.tasks import pack_by_weight, target_weight
from bubblenet.method.listing import list_files
from bubblenet.method.recipe import corpus_recipe
from bubblenet.tables import DOCUMENTS, FILES
from bubblenet.viewing.pending import pending_work
from tests.archives import gzip_members, some_records

pytestmark = pytest.mark.spark


def write_corpus(folder: Path) -> Path:
    folder.mkdir()
    (folder / "crawl.warc.gz").write_bytes(b"".join(gzip_members(some_records(40))))
    (folder / "lines.jsonl").write_text("".join(json.dumps({"text": f"line {n} " + "x" * 100}) + "\n" for n in range(100)))
    (folder / "long.jsonl").write_text(json.dumps({"text": "y" * 9000}) + "\n")
    (folder / "page.html").write_text("<p>one page</p>")
    return folder


def documents(context) -> list[tuple]:
    """What the current rows say, without what a request's name enters."""
    rows = context.warehouse.read(DOCUMENTS).where(F.col("fingerprint") == corpus_recipe(context.settings)["ingest"].id)
    columns = ("url", "record_offset", "content", "payload_digest", "block_digest", "is_verified", "reason")
    return sorted((tuple(row) for row in rows.where("reason IS NULL OR reason <> 'no_page'").select(*columns).collect()), key=str)


def test_large_files_are_read_in_parts_that_give_the_same_documents(make_context, tmp_path):
    corpus = write_corpus(tmp_path / "corpus")
    whole = make_context("A", inputs=(str(corpus),))
    split = make_context("A", "corpus.split_bytes=2048", inputs=(str(corpus),))

    _, read_whole = ingest.run(whole)
    _, read_split = ingest.run(split)

    assert read_whole.counts.seen == 4
    assert read_split.counts.seen > 20
    assert read_split.counts.is_balanced
    assert read_split.counts.filtered["no_page"] >= 4  # the parts of long.jsonl after its one line's first byte
    assert len(documents(whole)) == 40 + 100 + 1 + 1
    assert documents(split) == documents(whole)
    assert pending_work(split, {"ingest": ingest.stages}) == []
    assert ingest.run(make_context("A", "corpus.split_bytes=2048", inputs=(str(corpus),)))[1].num_rows == 0


def test_empty_files_are_listed_whatever_their_name(spark, tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.html")).touch()
    (tmp_path / "none.html").touch()
    (tmp_path / "page.html").write_text("<p>one page</p>")

    listed = {Path(row["path"]).name: row for row in list_files(spark, (str(tmp_path),)).collect()}

    assert {name: row["size"] for name, row in listed.items()} == {"caf\ufffd.html": 0, "none.html": 0, "page.html": 15}
    assert all((datetime.now() - row["modified_at"]).total_seconds() < 600 for row in listed.values())


def test_files_inside_files_are_listed_and_read_by_url(make_context, tmp_path):
    with zipfile.ZipFile(tmp_path / "pages.zip", "w") as archive:
        for n in range(3):
            archive.writestr(f"folder/{n}.html", f"<p>page {n}</p>")
        archive.writestr("folder/style.css", "p {}")
    url = f"zip://folder/*::{tmp_path}/pages.zip"
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "3.html").write_text("<p>page 3</p>")
    context = make_context("A", inputs=(url, (tmp_path / "plain").as_uri()))

    listed, read = ingest.run(context)

    assert listed.counts.seen == 5
    assert listed.counts.filtered == {"unknown_format": 1}
    assert read.counts.kept == 4
    rows = context.warehouse.read(DOCUMENTS).select("url", "content").collect()
    assert {row["content"] for row in rows} == {f"<p>page {n}</p>" for n in range(4)}
    assert f"zip://folder/1.html::{tmp_path}/pages.zip" in {row["url"] for row in rows}
    assert ingest.run(make_context("A", inputs=context.inputs))[1].num_rows == 0


@pytest.mark.parametrize("url", ["zip://*.none::{}/pages.zip", "zip://*.html::{}/none.zip", "nothing://x/y"])
def test_a_url_with_nothing_to_list_is_named(spark, tmp_path, url):
    with zipfile.ZipFile(tmp_path / "pages.zip", "w") as archive:
        archive.writestr("page.html", "<p>")
    url = url.format(tmp_path)

    with pytest.raises(InputError) as error:
        list_files(spark, (url,))

    assert url in str(error.value)


def test_formats_that_are_not_read_are_quarantined_with_advice(make_context, tmp_path):
    (tmp_path / "corpus").mkdir()
    for name in ("old.arc.gz", "new.warc.zst", "page.html", "style.css"):
        (tmp_path / "corpus" / name).write_text("x")
    context = make_context("A", inputs=(str(tmp_path / "corpus"),))

    listed, _ = ingest.run(context)

    assert listed.counts.quarantined == {"unsupported_format": 2}
    assert listed.counts.filtered == {"unknown_format": 1}
    advice = {row["detail"] for row in context.warehouse.read(FILES).where("status = 'quarantined'").select("detail").collect()}
    assert any("warcio recompress" in line for line in advice)


def learn(monkeypatch, suffix: str) -> None:
    """As a release would that reads HTML files under one more name. Workers read a file of unknown name as HTML."""
    learned = (replace(known, suffixes=(*known.suffixes, suffix)) if known.name == "html" else known for known in formats.FORMATS)
    monkeypatch.setattr(formats, "FORMATS", tuple(learned))


def test_a_file_is_looked_at_again_when_a_format_learns_its_suffix_and_no_other_is_read_again(make_context, tmp_path, monkeypatch):
    corpus = write_corpus(tmp_path / "corpus")
    (corpus / "page.new").write_text("<p>new page</p>")
    before, read_before = ingest.run(make_context("A", inputs=(str(corpus),)))
    learn(monkeypatch, ".new")
    context = make_context("A", inputs=(str(corpus),))

    listed, read = ingest.run(context)

    assert (before.counts.seen, before.counts.filtered, read_before.num_requests) == (5, {"unknown_format": 1}, 4)
    assert (listed.num_requests, listed.counts.kept) == (5, 5)
    assert (read.num_requests, read.counts.seen, read.counts.kept) == (1, 5, 5)
    assert len(documents(context)) == 40 + 100 + 1 + 1 + 1
    assert [report.num_requests for report in ingest.run(make_context("A", inputs=(str(corpus),)))] == [0, 0]


def test_skewed_requests_are_packed_to_tasks_of_equal_weight(spark):
    sizes = [1] * 3000 + [700] * 40 + [90_000]
    requests = spark.createDataFrame([(f"r{n}", size) for n, size in enumerate(sizes)], "request_id STRING, num_bytes BIGINT")

    packed = pack_by_weight(requests, "num_bytes", slots=3)

    task = F.spark_partition_id()
    tasks = packed.groupBy(task.alias("task")).agg(F.sum("num_bytes").alias("weight"), F.count("*").alias("num")).collect()
    target = target_weight(sum(sizes), 3)
    assert packed.columns == requests.columns
    assert sum(row["num"] for row in tasks) == len(sizes)
    assert max(row["weight"] for row in tasks) <= target + max(sizes)
    assert sorted(row["weight"] for row in tasks)[-2] <= target + 700
    assert packed.rdd.getNumPartitions() <= 12


def test_a_task_of_equal_requests_holds_no_more_than_its_share(spark):
    requests = spark.range(800).select(F.col("id").cast("string").alias("request_id"), F.lit(1000).cast("bigint").alias("num_bytes"))

    tasks = pack_by_weight(requests, "num_bytes", slots=2).groupBy(F.spark_partition_id()).count().collect()

    assert [row["count"] for row in tasks] == [100] * 8


def test_storage_that_is_lost_ends_the_run_by_name_and_leaves_no_verdict(make_context, tmp_path, capsys):
    corpus = write_corpus(tmp_path / "corpus")
    context = make_context("A", inputs=(str(corpus),))
    run_stage(ingest._listing(context), context)
    corpus.rename(tmp_path / "gone")

    def read():
        run_stage(ingest._reading(context), context)

    assert exit_code(read) == NAMED_ERROR
    assert "bubblenet: StorageError: wanted to read" in capsys.readouterr().err
    assert context.warehouse.read(DOCUMENTS).count() == 0
    (tmp_path / "gone").rename(corpus)
    assert ingest.run(make_context("A", inputs=(str(corpus),)))[1].counts.quarantined == {}
    assert len(documents(context)) == 40 + 100 + 1 + 1
