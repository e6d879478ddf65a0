"""Seeds: a file becomes rows with verdicts, once, and the command says what it wants."""

from __future__ import annotations

import json

import pytest
from pyspark.sql import functions as F

from bubblenet.errors import InputError
from bubblenet.method.seeds import STARTER, SeedFile, current_seeds, import_file
from bubblenet.tables import RUNS, SEEDS

pytestmark = pytest.mark.spark


def write(path, *records) -> str:
    path.write_text("".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records))
    return str(path)


def pair(number: int, **more: object) -> dict[str, object]:
    return {"instruction": f"What is {number} times two?", "response": f"It is {number * 2}."} | more


def test_every_line_has_a_verdict_and_is_imported_once(make_context, tmp_path):
    context = make_context("seeds")
    system = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    shouted = pair(1) | {"response": "IT  IS 2."}
    path = write(tmp_path / "a.jsonl", pair(1, kind="mathematics", source="us"), pair(2), shouted, "{", {"messages": system}, pair(2))

    counts = import_file(context, SeedFile.of(path, "MIT", None)).counts

    assert (counts.seen, counts.kept) == (5, 2)  # the second line stands there twice, and is one request
    assert (counts.filtered, counts.quarantined) == ({"duplicate": 1, "system_prompt": 1}, {"bad_json": 1})
    rows = {row["line"]: row for row in context.warehouse.read(SEEDS).collect()}
    assert (rows[1]["kind"], rows[1]["source"], rows[1]["licence"], rows[1]["origin"]) == ("mathematics", "us", "MIT", "human")
    assert rows[3]["detail"] == rows[1]["seed_id"]
    assert "not JSON" in rows[4]["detail"]

    version = context.warehouse.version(SEEDS)
    assert import_file(make_context("seeds"), SeedFile.of(path, "MIT", None)).num_rows == 0
    assert context.warehouse.version(SEEDS) == version

    grown = write(tmp_path / "b.jsonl", pair(1), pair(3), pair(2, kind="sums"))
    counts = import_file(make_context("seeds"), SeedFile.of(grown, "CC0-1.0", "reviewed")).counts
    assert (counts.seen, counts.kept, counts.filtered) == (3, 1, {"duplicate": 2})
    assert current_seeds(context).count() == 3
    ledger = make_context("seeds").warehouse.read(RUNS).where("stage = 'seeds'").orderBy("run_id").collect()
    assert [row["num_requests"] for row in ledger] == [5, 3]


def test_the_starter_set_is_whole_and_can_be_split(make_context):
    context = make_context("seeds", "seeds.held_out_share=0.55")

    counts = import_file(context, SeedFile.of(STARTER, None, None)).counts

    seeds = current_seeds(context)
    assert counts.seen == counts.kept >= 500
    assert seeds.where("NOT language_agrees AND kind != 'translation'").count() <= 5  # a translation holds a text in another language
    languages = {row["language"]: row["count"] for row in seeds.groupBy("language").count().collect()}
    assert languages["es"] >= 40
    assert languages["fr"] >= 40
    kinds = {
        row["kind"]: row["num"]
        for row in seeds.groupBy("kind").agg(F.sum((F.col("split") == "held_out").cast("int")).alias("num")).collect()
    }
    assert len(kinds) >= 20
    assert all(kinds[kind] >= 50 for kind in ("question_answering", "summarization", "translation"))
    assert {row["split"]: row["count"] for row in seeds.groupBy("split").count().collect()}["train"] >= 200


@pytest.mark.parametrize(
    ("content", "licence", "words"),
    [(None, "MIT", "a file of seed pairs"), ("{}", None, "the licence"), ("\n\n", "MIT", "lines of JSON")],
    ids=["no file", "no licence", "no line"],
)
def test_what_is_wrong_with_a_file_is_named_before_any_work(tmp_path, content, licence, words):
    path = tmp_path / "seeds.jsonl"
    if content is not None:
        path.write_text(content)

    with pytest.raises(InputError, match=words):
        SeedFile.of(str(path), licence, None)
