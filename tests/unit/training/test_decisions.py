"""When a round is promoted."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bubblenet.rounds.decisions import Measured, decide
from bubblenet.settings import Rounds

BETTER = Measured(
    num_curated=10, num_left_out=0, bound_on_start=0.1, bound_on_parent=0.01, gain_on_start=0.2, gain_on_parent=0.05, num_deciding=30,
    num_reporting=30, num_tokens=1000, num_steps=20, parent_tokens=1000, agreement=0.6, length_ratio=1.1,
)  # fmt: skip


def test_a_round_that_beats_start_and_parent_is_promoted():
    assert (decide(BETTER, Rounds(), needs_curated=True).decision, decide(BETTER, Rounds(), needs_curated=True).reason) == (
        "promoted",
        None,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"num_curated": 0}, "nothing_curated"),
        ({"bound_on_start": -0.01}, "unproven_gain_on_start"),  # though it beats its parent
        ({"bound_on_start": math.nan}, "unproven_gain_on_start"),
        ({"bound_on_parent": 0.0}, "unproven_gain_on_parent"),
        ({"num_tokens": 2000}, "unequal_tokens"),
        ({"agreement": 0.1}, "judges_disagree"),
        ({"length_ratio": 1.6}, "length_drift"),
        ({"length_ratio": 0.6}, "length_drift"),
    ],
)
def test_the_first_rule_that_is_broken_refuses_it(changes, reason):
    decision = decide(replace(BETTER, **changes), Rounds(), needs_curated=True)
    assert (decision.decision, decision.reason) == ("refused", reason)


def test_the_first_model_needs_no_curated_pairs_and_has_no_judge_before_it():
    first = replace(BETTER, num_curated=0, agreement=None, parent_tokens=None)
    assert decide(first, Rounds(), needs_curated=False).decision == "promoted"
