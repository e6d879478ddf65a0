"""The benchmark of rounds on a tiny model: selections of one size from the same candidates, trained and asked alike."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from pyspark.sql import functions as F
from rich.console import Console

from bubblenet.method.seeds import SeedFile, import_file
from bubblenet.tables import CURATED, JUDGEMENTS
from tests.benchmarks import rounds
from tests.benchmarks.rounds import CURATED_PAIRS, LENGTH_MATCHED, RANDOM, Arm
from tests.corpora import ten_pages
from tests.spark.pipelines import run_all
from tests.tiny_models import save_model

pytestmark = [pytest.mark.spark, pytest.mark.timeout(1200)]

TRAINING = (
    "seeds.held_out_share=0.55", "training.method=full", "training.learning_rate=0.01", "training.tokens=4000", "training.batch_examples=2",
    "training.max_tokens=2000", "training.dtype=float32", "assessment.items=20", "assessment.max_new_tokens=4",
)  # fmt: skip


@pytest.mark.nightly
def test_selections_have_one_size_and_are_trained_and_asked_alike(make_context, tmp_path, capsys):
    start = save_model(tmp_path / "start", max_position_embeddings=4096)
    context = make_context("A", *TRAINING, f"models.start={start}", inputs=(str(ten_pages(tmp_path / "pages")),))
    import_file(context, SeedFile.of("starter", None, None))
    run_all(context)
    accepted = context.warehouse.read(JUDGEMENTS).where("kept AND grade = 5").count()

    sizes = rounds.select(context, grade=5, most=0, repeats=2)

    version = context.warehouse.version(CURATED)
    assert rounds.select(context, grade=5, most=0, repeats=2) == sizes
    assert context.warehouse.version(CURATED) == version  # there already
    assert rounds.select(context, grade=5, most=2, repeats=2)[RANDOM][0] == 2
    assert rounds.select(context, grade=5, most=0, repeats=2) == sizes
    assert {name: num for name, (num, _, _) in sizes.items()} == dict.fromkeys((CURATED_PAIRS, RANDOM, LENGTH_MATCHED), accepted)
    assert sizes[LENGTH_MATCHED][1] == pytest.approx(sizes[CURATED_PAIRS][1], rel=0.2)
    rows = context.warehouse.read(CURATED).where(F.col("policy").startswith("bench_")).select("policy", "segment_id").collect()
    assert set(Counter(row["policy"] for row in rows).values()) == {accepted}
    drawn = {number: {row["segment_id"] for row in rows if row["policy"] == Arm(RANDOM, 0, number).policy} for number in (0, 1)}
    assert drawn[0] != drawn[1]

    arms = [Arm(selection, 0, number) for selection in sizes for number in (0, 1)] + [Arm(CURATED_PAIRS, 60, number) for number in (0, 1)]
    values = rounds.answered(context, rounds.trained(context, arms, at_once=1))

    assert {len(differences) for differences in values["log_likelihood"].values()} == {20}
    rounds.show(replace(context, console=Console(width=200)), values, sizes, tokens=4000)
    assert "curated - random" in capsys.readouterr().out
