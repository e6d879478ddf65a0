"""What the benchmarks measure on, pages that our reader gets back as they were, and how they sum up."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from bubblenet.corpus.reading.readers import read_file
from tests.benchmarks import history, rounds, web_pages

PAGE = """<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>
<h1>Gr\u00f6\u00dfe</h1><p>Ein Absatz \u00fcber die Gr\u00f6\u00dfe der Seiten, die hier gemessen werden.</p></body></html>"""


def write_shard(tmp_path: Path) -> web_pages.Shard:
    for name in ("warc", "text", "counts", "packages/some-doc/usr"):
        (tmp_path / name).mkdir(parents=True)
    page = tmp_path / "packages/some-doc/usr/index.html"
    page.write_text(PAGE, encoding="utf-8")
    web_pages._write_shard(tmp_path, 0, [("some-doc", str(page))])
    return web_pages.Shard(**json.loads((tmp_path / "counts/0000.json").read_text()))


def test_a_page_comes_back_from_its_archive_unchanged(tmp_path):
    write_shard(tmp_path)

    pages = list(read_file(str(tmp_path / "warc/0000.warc.gz"), max_document_bytes=1 << 20))

    assert [(page.url, page.content, page.reason) for page in pages] == [("https://some-doc.example/usr/index.html", PAGE, None)]


def test_the_same_pages_give_the_same_archive(tmp_path):
    write_shard(tmp_path / "a")
    write_shard(tmp_path / "b")

    assert (tmp_path / "a/warc/0000.warc.gz").read_bytes() == (tmp_path / "b/warc/0000.warc.gz").read_bytes()
    assert gzip.decompress((tmp_path / "a/warc/0000.warc.gz").read_bytes()).startswith(b"WARC/1.0\r\n")


def test_pages_are_counted_by_package_and_language(tmp_path):
    shard = write_shard(tmp_path)

    assert (shard.num_pages, shard.packages, shard.languages) == (1, {"some-doc": 1}, {"de": 1})


def test_a_selection_holds_the_first_pages_only(tmp_path):
    (tmp_path / "text").mkdir()
    for number in range(4):
        (tmp_path / f"text/{number:04}.jsonl").write_text("")

    folder = web_pages.select(tmp_path, "text", web_pages.SHARD_PAGES + 1)

    assert sorted(file.name for file in folder.iterdir()) == ["0000.jsonl", "0001.jsonl"]


def test_an_effect_counts_both_held_out_seeds_and_repetitions():
    random = np.random.default_rng(0)
    of_seed, noise = random.normal(0.5, 1.0, 400), random.normal(0.0, 0.1, (3, 400))
    alike = rounds.effect(list(of_seed + noise))
    assert alike.low < 0.5 < alike.high
    assert alike.high - alike.low == pytest.approx(2 * 1.96 * 1.0 / 20, rel=0.15)
    assert alike.detectable == pytest.approx((alike.high - alike.value) * 2.80 / 1.96, rel=0.02)
    moved = rounds.effect([of_seed + shift for shift in (-1.0, 0.0, 1.0)])
    assert moved.high - moved.low > 5 * (alike.high - alike.low)


@pytest.mark.parametrize("between_trainings", [0.0, 0.05, 0.2])
def test_nineteen_of_twenty_intervals_hold_the_truth(between_trainings):
    random = np.random.default_rng(1)
    held = 0
    for _ in range(1000):
        rows = 0.1 + random.normal(0, between_trainings, (3, 1)) + random.normal(0, 0.5, 200) + random.normal(0, 0.2, (3, 200))
        found = rounds.effect(list(rows))
        held += found.low <= 0.1 <= found.high
    assert 920 <= held <= 1000


def test_the_costs_of_a_stage_are_those_of_its_queries_within_the_time(tmp_path, capsys):
    plan = {"metrics": [{"name": "number of files read", "accumulatorId": 7}], "children": []}

    def query(number: int, time: int, **more: object) -> dict:
        kind = "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart"
        return {"Event": kind, "executionId": number, "time": time, "description": "segment", "sparkPlanInfo": plan} | more

    def task(stage: int, megabytes: int) -> list[dict]:
        shuffle = {"Remote Bytes Read": 0, "Local Bytes Read": 1_000_000}
        metrics = {"Input Metrics": {"Bytes Read": megabytes * 1_000_000, "Records Read": 20_000}, "Shuffle Read Metrics": shuffle}
        started = {"Event": "SparkListenerJobStart", "Properties": {"spark.sql.execution.id": f"{stage}"}, "Stage IDs": [stage]}
        return [started, {"Event": "SparkListenerTaskEnd", "Stage ID": stage, "Task Metrics": metrics}]

    inside = query(2, 30, description="Delta: log", rootExecutionId=1)
    updates = {"Event": "x.SparkListenerDriverAccumUpdates", "executionId": 1, "accumUpdates": [[7, 3], [8, 99]]}
    ended = {"Event": "x.SparkListenerSQLExecutionEnd", "executionId": 1, "time": 2020}
    events = [query(0, 5), query(1, 20), inside, *task(0, 9), *task(1, 4), *task(2, 1), updates, ended]
    (tmp_path / "events_1").write_text("".join(json.dumps(event) + "\n" for event in events))

    costs = history.by_stage(tmp_path, 10, 100)
    history.print_table({1000: {"segment": history.Cost(2, 3, 10)}, 31_000: costs})

    assert costs == {"segment": history.Cost(5, 2, 40, 3, 2.0)}
    # 2 MB and 30,000 rows more: a row for each passage more, of 67 bytes, of which 40 are ids
    assert "| 1.16 | 1.0 | 67 |" in capsys.readouterr().out
