"""When a round is promoted."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bubblenet.rounds.decisions import Measured, decide
from bubblenet.settings import Rounds

BETTER = Measured(num_curated=10, gain_on_start=0.2, gain_on_parent=0.05, agreement=0.6, length_ratio=1.1)


def test_a_round_that_beats_start_and_parent_is_promoted():
    assert (decide(BETTER, Rounds(), needs_curated=True).decision, decide(BETTER, Rounds(), needs_curated=True).reason) == (
        "promoted",
        None,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"num_curated": 0}, "nothing_curated"),
        ({"gain_on_start": -0.01}, "worse_than_start"),  # though it beats its parent
        ({"gain_on_start": math.nan}, "worse_than_start"),
        ({"gain_on_parent": 0.0}, "worse_than_parent"),
        ({"agreement": 0.1}, "judges_disagree"),
        ({"length_ratio": 1.6}, "length_drift"),
        ({"length_ratio": 0.6}, "length_drift"),
    ],
)
def test_the_first_rule_that_is_broken_refuses_it(changes, reason):
    decision = decide(replace(BETTER, **changes), Rounds(), needs_curated=True)
    assert (decision.decision, decision.reason) == ("refused", reason)


def test_the_first_model_needs_no_curated_pairs_and_has_no_judge_before_it():
    first = replace(BETTER, num_curated=0, agreement=None)
    assert decide(first, Rounds(), needs_curated=False).decision == "promoted"
