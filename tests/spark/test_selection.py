"""The selection: caps and controls are kept, every accepted pair has a reason, order does not matter, exports take what is selected."""

from __future__ import annotations

import json
import math
import random
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F
from rich.console import Console

from bubblenet import settings
from bubblenet.corpus.similarity.shingles import token_hashes, tokens
from bubblenet.engines.tokens import Codec
from bubblenet.engines.weights import find_tokenizer
from bubblenet.errors import AccountingError, InputError, SettingsError
from bubblenet.export.writing import export
from bubblenet.jobs import selection as job
from bubblenet.kernel.checkpointing import checkpoint_under
from bubblenet.kernel.context import Context
from bubblenet.kernel.stage import run_stage
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method import selection
from bubblenet.method.controls import KINDS, parse, select_control
from bubblenet.method.diversity import Limits, in_order
from bubblenet.method.selection import select
from bubblenet.method.set_stages import selecting
from bubblenet.method.similar_instructions import HASHER, near_duplicates
from bubblenet.tables import CURATED, EMBEDDINGS, SELECTIONS
from tests.spark.test_export import fill

pytestmark = pytest.mark.spark

WORDS = ("selection.encoder=words", "selection.block_pairs=40")
TOPICS = ("kettle", "harbour", "violin", "glacier", "ledger", "compass", "orchard", "turbine")
OPENERS = ("How do I repair a", "Why is there a", "Explain the history of the", "List five uses of a", "Is it safe to paint a")


def pair(number: int) -> dict:
    """Most pairs are of one domain, in English, and about the first topic; every eighth instruction is that of another pair, nearly."""
    shown = number - number % 8 // 7
    rng = random.Random(shown)
    topic = TOPICS[min(rng.randrange(16), len(TOPICS) - 1)] if shown % 2 else TOPICS[0]
    words = " ".join(f"word{rng.randrange(300)}" for _ in range(6))
    asked = f"{OPENERS[shown % len(OPENERS)]} {topic} {words}" + " please" * (shown != number)
    rng = random.Random(number)
    return {
        "instruction_id": f"i{number:04}", "segment_id": f"s{number:04}", "instruction": asked,
        "response": " ".join(rng.choices([topic, *TOPICS, "wood", "iron", "water", "paper"], k=rng.randrange(20, 120))),
        "quality": rng.randrange(50, 100) / 100, "quality_bound": rng.randrange(20, 60) / 100, "grade": 5 if number % 10 else 4,
        "origin": "generated", "language": "en" if number % 4 else "gl",
        "url": f"http://www.big.example/{number}" if number % 3 else f"http://site{number}.example/", "round": 0, "policy": "default",
        "recipe_id": "r", "judgements_version": 1,
    }  # fmt: skip


WANTED = (
    *WORDS, "selection.pairs=50", "selection.min_bound=0.3", "selection.language_share=0.6", "selection.task_share=0.3",
    "selection.domain_share=0.8", "export.shards=1",
)  # fmt: skip


def filled(make_context, *overrides: str, numbers=range(200)):
    context = make_context("select", *WORDS, *overrides)
    fill(context, [pair(number) for number in numbers], CURATED)
    return context


@pytest.fixture(scope="module")
def chosen(spark, tmp_path_factory) -> Path:
    """A warehouse with 200 accepted pairs and a selection of 50, to be copied."""
    folder = tmp_path_factory.mktemp("chosen") / "warehouse"
    context = Context(
        spark, settings.load(None, ["engine.kind=scripted", *WANTED]), Warehouse(spark, str(folder)), "x", Console(quiet=True)
    )
    fill(context, [pair(number) for number in range(200)], CURATED)
    counts = select(context)
    assert counts.is_balanced
    assert (counts.seen, counts.kept) == (200, 50)
    return folder


@pytest.fixture
def again(chosen, make_context, tmp_path) -> Callable[..., Context]:
    """A function that gives a context on one copy of that warehouse."""
    folder = tmp_path / "again"
    shutil.copytree(chosen, folder)
    return lambda *overrides: make_context("select", *WANTED, *overrides, location=folder)


def rows(context, name: str = "main") -> dict[str, dict]:
    found = context.warehouse.read(SELECTIONS).where(f"selection = '{name}'").collect()
    assert len({row["instruction_id"] for row in found}) == len(found)
    return {row["instruction_id"]: row.asDict() for row in found}


def test_every_pair_has_a_row_and_reasons_are_true(again):
    found = rows(again())

    assert len(found) == 200
    taken = [row for row in found.values() if row["kept"]]
    assert len(taken) == 50
    assert sorted(row["rank"] for row in taken) == list(range(1, 51))
    assert {row["reason"] for row in taken} == {None}
    assert Counter(row["language"] for row in taken)["en"] <= 30
    assert max(Counter(row["task"] for row in taken).values()) <= 15
    assert max(Counter(row["registered_domain"] for row in taken).values()) <= 40
    assert {row["registered_domain"] for row in found.values()} > {"big.example"}
    assert {row["reason"] for row in found.values() if row["reason"]} > {"below_grade", "below_bound", "near_duplicate_instruction", "size"}
    for row in found.values():
        assert (row["reason"] == "below_grade") == (row["grade"] < 5)
        assert (row["reason"] == "below_bound") == (row["grade"] == 5 and row["quality_bound"] < 0.3)
        if row["reason"] == "near_duplicate_instruction":
            assert found[row["nearest_id"]]["quality"] >= row["quality"]
            assert found[row["nearest_id"]]["reason"] != "near_duplicate_instruction"
        elif row["nearest_id"]:
            assert found[row["nearest_id"]]["kept"]
            assert row["nearest_id"] != row["instruction_id"]
            assert 0 <= row["nearest_similarity"] <= 1


def test_the_same_pairs_in_another_order_and_partitions_give_the_same_selection(again, make_context, spark):
    numbers = list(range(200))
    random.Random(5).shuffle(numbers)
    second = make_context("select", *WANTED)
    for start in range(0, 200, 50):
        fill(second, [pair(number) for number in numbers[start : start + 50]], CURATED)
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", 3)
    try:
        select(second)
    finally:
        spark.conf.set("spark.sql.shuffle.partitions", before)

    def verdicts(context):
        return {name: {key: row[key] for key in row if key != "run_id"} for name, row in rows(context).items()}

    assert verdicts(second) == verdicts(again())


def test_when_nothing_moved_nothing_is_asked_or_written(again, monkeypatch):
    context = again()
    versions = [context.warehouse.version(table) for table in (EMBEDDINGS, SELECTIONS)]
    monkeypatch.setattr(selection, "described_pairs", lambda context: pytest.fail("described"))

    assert select(context) is None
    assert [context.warehouse.version(table) for table in (EMBEDDINGS, SELECTIONS)] == versions


def test_another_size_embeds_no_text_again_and_another_round_is_left_alone(again):
    context = again("selection.pairs=30")
    num_vectors, version = context.warehouse.read(EMBEDDINGS).count(), context.warehouse.version(EMBEDDINGS)
    fill(context, [pair(number) | {"round": 1} for number in range(30)], CURATED)

    counts = select(context)

    assert (counts.kept, num_vectors, context.warehouse.version(EMBEDDINGS)) == (30, context.warehouse.read(EMBEDDINGS).count(), version)
    assert select(again("curation.round=1", "selection.pairs=5")).seen == 30
    assert Counter(row["round"] for row in context.warehouse.read(SELECTIONS).collect()) == {0: 200, 1: 30}


def test_without_a_size_all_that_pass_the_caps_are_taken(make_context):
    context = filled(make_context, "selection.instruction_similarity=0.0", "selection.min_grade=4")

    assert select(context).kept == 200


@pytest.mark.model
def test_tokens_are_a_size(make_context):
    context = filled(make_context, "selection.tokens=3000")
    select(context)

    found = rows(context)
    source = find_tokenizer(context.settings.models.start)
    codec = Codec.load(source.folder, source.gguf)
    shown = pair(5)
    assert found["i0005"]["num_tokens"] == sum(len(codec.encode_text(shown[name])) for name in ("instruction", "response"))
    assert 2000 < sum(row["num_tokens"] for row in found.values() if row["kept"]) <= 3000


def test_a_control_has_the_size_of_the_selection(again):
    context = again()

    def taken(name: str) -> list[dict]:
        return [row for row in rows(context, name).values() if row["kept"]]

    for kind in KINDS:
        counts = select_control(context, kind, 3)
        assert counts.is_balanced
        assert (counts.seen, counts.kept) == (200, 50)
        assert all(row["grade"] == 5 for row in taken(f"{kind}_3"))
        assert select_control(context, kind, 3) is None
    left = [row["quality"] for row in rows(context, "worst_3").values() if not row["kept"] and row["grade"] == 5]
    assert max(row["quality"] for row in taken("worst_3")) <= min(left)
    assert lengths(taken("length_matched_3")) == lengths(taken("main"))
    assert lengths(taken("random_3")) != lengths(taken("main"))
    select_control(context, "random", 4)
    assert {row["instruction_id"] for row in taken("random_3")} != {row["instruction_id"] for row in taken("random_4")}


def lengths(found: list[dict]) -> Counter[int]:
    return Counter(math.floor(math.log(row["num_characters"], 1.2)) for row in found)


def test_a_control_without_a_selection_is_a_named_error(make_context):
    with pytest.raises(InputError, match="Run `bubblenet select` without --control"):
        select_control(filled(make_context), "random", 0)


def test_a_bound_without_a_calibration_is_a_named_error(make_context):
    context = make_context("select", *WORDS, "selection.min_bound=0.3")
    fill(context, [pair(number) | {"quality_bound": None} for number in range(10)], CURATED)

    with pytest.raises(SettingsError, match=r"selection\.min_bound"):
        select(context)


def test_nothing_accepted_is_nothing_selected(make_context):
    assert select(make_context("select", *WORDS)).seen == 0


def test_a_lost_row_is_noticed(again):
    context = again()
    fill(context, [pair(500)], CURATED)

    with pytest.raises(AccountingError, match="one row for each accepted pair"):
        selection.count(context, selecting(context.settings.curation, "main"), selection.Accepted.now(context))


def test_a_text_that_cannot_be_embedded_leaves_its_pair_with_a_reason(make_context, monkeypatch):
    context = filled(make_context, "selection.pairs=20")
    real = run_stage

    def lose_one(stage, context):
        report = real(replace(stage, requests=stage.requests.where(f"text <> '{pair(3)['instruction']}'")), context)
        monkeypatch.undo()
        return report

    monkeypatch.setattr(selection, "run_stage", lose_one)
    counts = select(context)

    assert counts.filtered["not_embedded"] == 1
    assert rows(context)["i0003"]["reason"] == "not_embedded"


@dataclass(frozen=True)
class Exported:
    ids: set[str]
    manifest: dict


def exported(context, out) -> Exported:
    manifest = export(context, str(out)).manifest
    found = [row["pair_id"] for file in sorted((out / "data").glob("*.parquet")) for row in pq.read_table(file).to_pylist()]
    return Exported(set(found), manifest)


def test_an_export_takes_the_selection_and_its_identity_holds_it(again, tmp_path):
    context = again()
    select_control(context, "random", 0)

    main = exported(context, tmp_path / "main")
    control = exported(again("export.selection=random_0"), tmp_path / "control")
    none = exported(again("export.selection=none"), tmp_path / "none")

    assert main.ids == {name for name, row in rows(context).items() if row["kept"]}
    assert control.ids == {name for name, row in rows(context, "random_0").items() if row["kept"]}
    assert len(none.ids) == 180
    assert "selection" not in json.dumps(none.manifest["made_from"])
    assert main.manifest["made_from"]["selection"]["name"] == "main"
    assert main.manifest["made_from"]["selection"]["id"] != control.manifest["made_from"]["selection"]["id"]
    assert not export(context, str(tmp_path / "main")).is_new
    assert "selection `main`" in (tmp_path / "main" / "README.md").read_text()


def test_an_export_of_a_selection_of_other_pairs_is_a_named_error(again, tmp_path):
    with pytest.raises(InputError, match="selection random_7 of the accepted pairs"):
        export(again("export.selection=random_7"), str(tmp_path / "missing"))
    context = again()
    fill(context, [pair(700) | {"judgements_version": 2}], CURATED)

    with pytest.raises(InputError, match="one of other pairs"):
        export(context, str(tmp_path / "out"))
    assert export(again("export.selection=none"), str(tmp_path / "out")).is_new


def test_a_named_selection_is_made_before_an_export_of_a_round(again):
    context = again("export.selection=length_matched_2")

    assert job.run_where_named(context) == []
    named = {row["selection"] for row in context.warehouse.read(SELECTIONS).select("selection").distinct().collect()}
    assert named == {"main", "length_matched_2"}


def test_a_name_of_no_selection_is_a_named_error():
    assert parse("main") is None
    assert parse("length_matched_12") == ("length_matched", 12)
    with pytest.raises(InputError, match="random_SEED"):
        parse("best_1")


def test_what_is_similar_to_nothing_that_stays_is_no_near_duplicate(spark, tmp_path):
    """A chain: each text is near its neighbours only. The best stays, its neighbour goes, the one after stays."""
    words = [f"word{number}" for number in range(60)]
    texts = [" ".join(words[start : start + 40]) for start in (0, 2, 4, 6)]
    signed = HASHER.sign_all([token_hashes(tokens(text)) for text in texts])
    listed = [(f"i{number}", 0.9 - number / 10, one.minima, one.band_keys) for number, one in enumerate(signed)]
    frame = spark.createDataFrame(listed, "instruction_id STRING, quality DOUBLE, signature ARRAY<SMALLINT>, band_keys ARRAY<BIGINT>")

    found = near_duplicates(frame, 0.86, checkpoint_under(str(tmp_path)))

    assert {tuple(row) for row in found.collect()} == {("i1", "i0"), ("i3", "i2")}


def test_ranks_follow_gains_over_many_arrow_batches(spark):
    number = F.col("id").cast("string")
    pairs = spark.range(30_000, numPartitions=7).select(
        F.sha2(number, 256).alias("instruction_id"),
        F.lit(1).cast("bigint").alias("cost"),
        F.pmod(F.xxhash64("id"), F.lit(900)).alias("gain"),
    )
    order = [F.col("gain").desc(), F.col("instruction_id")]
    ranks = in_order(pairs, order, Limits((), 25_000))
    rows = ranks.join(pairs, on="instruction_id").select("gain", "instruction_id", "kept", "rank").collect()
    wanted = sorted(rows, key=lambda row: (-row["gain"], row["instruction_id"]))
    assert [row["rank"] for row in wanted] == [*range(1, 25_001), *[None] * 5_000]
    assert [row["kept"] for row in wanted] == [True] * 25_000 + [False] * 5_000
