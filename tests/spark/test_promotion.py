"""What promotes a round: halves of the held-out seeds that never change, and a bound that luck does not reach."""

from __future__ import annotations

import random

import pytest

from bubblenet.assessment.assessing import Estimate, means, pick
from bubblenet.identity import content_id
from bubblenet.kernel.context import Context
from bubblenet.method.seeds import DECIDING, REPORTING, half_of
from bubblenet.rounds import steps
from bubblenet.rounds.decisions import decide

pytestmark = pytest.mark.spark

PINNED = ["seed2", "seed4", "seed5", "seed7"]


def test_a_seed_is_in_one_half_for_ever(spark):
    ids = [f"seed{number}" for number in range(40)]
    frame = spark.createDataFrame([(name,) for name in ids], "seed_id STRING").withColumn("half", half_of("seed_id"))
    found = {row["seed_id"]: row["half"] for row in frame.collect()}

    assert found == {name: DECIDING if int(content_id(name, "half")[0], 16) < 8 else REPORTING for name in ids}
    assert [name for name in ids[:8] if found[name] == DECIDING] == PINNED  # a seed that changed sides would report on what it decided


def lucky(context: Context, spread: float) -> list[Estimate]:
    """Estimates of a round whose seeds differ from its parent's by 0.05 in the mean, up to the spread, and from the start's by 1."""
    chance = random.Random(3)
    drawn = [chance.gauss(0, spread) for _ in range(80)]
    by_parent = [0.05 + value - sum(drawn) / len(drawn) for value in drawn]
    rows = [(f"s{number}", "any", 1.0 + chance.gauss(0, 0.1), by_parent[number], 80.0) for number in range(80)]
    frame = context.spark.createDataFrame(rows, "seed_id STRING, kind STRING, start DOUBLE, parent DOUBLE, characters DOUBLE")
    found = {row: name for name in ("start", "parent", "characters") for row in means(context, frame, [name]).collect()}
    estimates = []
    for row, name in found.items():
        figures = (row["kind"], row["half"], row["num_items"], row["value"], row["low"], row["high"])
        if name == "characters":
            estimates += [Estimate(model, None, "characters", *figures) for model in ("model:child", "parent")]
            estimates.append(Estimate("model:child", None, "log_likelihood", *figures))
        else:
            estimates.append(Estimate("model:child", name, "log_likelihood", *figures))
    return estimates


def test_a_lucky_round_is_refused_and_a_sure_one_of_the_same_mean_is_promoted(make_context):
    about = {"model": "model:child", "start": "start", "parent": "parent", "num_curated": 5, "num_left_out": 0, "num_tokens": 1000}
    about |= {"num_steps": 10, "parent_tokens": 1000}
    context = make_context()
    luck, sure = (lucky(context, spread) for spread in (0.4, 0.02))
    by_luck, surely = (steps.measure(estimates, about, 0.9) for estimates in (luck, sure))

    gains = [pick(estimates, "model:child", "parent", "log_likelihood") for estimates in (luck, sure)]
    assert all(gain.value > 0.02 for gain in gains)  # a rule of means promotes both
    assert gains[0].low < 0 < gains[0].high
    refused = decide(by_luck, context.settings.rounds, needs_curated=True)
    assert (refused.decision, refused.reason) == ("refused", "unproven_gain_on_parent")
    assert decide(surely, context.settings.rounds, needs_curated=True).decision == "promoted"
    assert by_luck.num_deciding + by_luck.num_reporting == 80
    assert min(by_luck.num_deciding, by_luck.num_reporting) > 25
