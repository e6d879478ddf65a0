"""The same decision from one partition and from eight, in float32: two tables of the same pairs, one model with random weights."""

from __future__ import annotations

import statistics

import pytest

from bubblenet.engines.protocol import EngineSpec
from bubblenet.engines.weights import describe
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.stage import Stage, run_stage
from bubblenet.settings import Scoring
from bubblenet.tables import SCORES
from bubblenet.udfs.scoring import MeasurePair
from tests.benchmarks.invariance import CLOSE, compare
from tests.tiny_models import make_model, make_tokenizer
from tests.unit.engines.test_batch_invariance import make_pairs

pytestmark = [pytest.mark.spark, pytest.mark.timeout(600)]


def test_the_number_of_partitions_decides_nothing(make_context, tmp_path):
    folder = tmp_path / "tiny"
    make_model(max_position_embeddings=4096).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    spec = EngineSpec("transformers", str(folder), describe(str(folder)).digest, dtype="float32", window_rows=7)
    scores = {}
    for tasks in (1, 8):
        context = make_context("A", f"execution.model_tasks={tasks}")
        fingerprint = Fingerprint({"tasks": tasks})
        transform = MeasurePair(spec, Scoring(), "five_level_v1")
        run_stage(Stage("score/rating", SCORES, fingerprint, _requests(context), transform, is_model_stage=True), context)
        rows = context.warehouse.read(SCORES).where(f"fingerprint = '{fingerprint.id}'").collect()
        scores[tasks] = {row["request_id"]: row["expected_score"] for row in rows}

    assert len(scores[1]) == len(scores[8]) == 40
    comparison = compare("8 partitions", scores[1], scores[8], statistics.median(scores[1].values()))
    assert comparison.flipped == 0
    assert comparison.largest_difference <= CLOSE
    assert comparison.near < 10


def _requests(context):
    rows = [(pair.key, pair.key, pair.key, "rating", pair.instruction, pair.response) for pair in make_pairs(40)]
    columns = ("request_id", "instruction_id", "segment_id", "mode", "instruction", "text")
    return context.spark.createDataFrame(rows, ", ".join(f"{name} STRING" for name in columns))
