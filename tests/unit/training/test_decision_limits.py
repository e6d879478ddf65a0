"""A round on the limit of each rule, and beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bubblenet.rounds.decisions import Measured, decide
from bubblenet.settings import Rounds

RULES = Rounds(min_agreement=0.3, max_length_ratio=1.25)
BETTER = Measured(
    num_curated=1, num_left_out=0, bound_on_start=0.1, bound_on_parent=0.01, gain_on_start=0.2, gain_on_parent=0.05, num_deciding=30,
    num_reporting=30, num_tokens=1000, num_steps=20, parent_tokens=1000, agreement=0.6, length_ratio=1.0,
)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"agreement": 0.3},
        {"length_ratio": 1.25},
        {"length_ratio": 0.8},
        {"bound_on_start": 1e-9},
        {"bound_on_parent": 1e-9},
        {"gain_on_start": -1.0, "gain_on_parent": -1.0},  # the half that is reported decides nothing
        {"num_tokens": 900},
        {"num_tokens": 1100},
        {"num_tokens": 800, "num_steps": 4},  # a step less
        {"num_curated": 1},
    ],
)
def test_a_round_on_the_limit_is_promoted(changes: dict[str, float]) -> None:
    assert decide(replace(BETTER, **changes), RULES, needs_curated=True).decision == "promoted"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"agreement": 0.29}, "judges_disagree"),
        ({"agreement": 0.0}, "judges_disagree"),
        ({"length_ratio": 1.26}, "length_drift"),
        ({"length_ratio": 0.79}, "length_drift"),
        ({"bound_on_start": 0.0}, "unproven_gain_on_start"),
        ({"bound_on_start": None}, "unproven_gain_on_start"),
        ({"bound_on_parent": 0.0}, "unproven_gain_on_parent"),
        ({"bound_on_parent": float("nan")}, "unproven_gain_on_parent"),
        ({"num_tokens": 899}, "unequal_tokens"),
        ({"num_tokens": 1101}, "unequal_tokens"),
    ],
)
def test_a_round_beyond_the_limit_is_refused(changes: dict[str, float], reason: str) -> None:
    decision = decide(replace(BETTER, **changes), RULES, needs_curated=True)
    assert (decision.decision, decision.reason) == ("refused", reason)


def test_the_reasons_are_asked_in_their_order() -> None:
    worst = replace(BETTER, num_curated=0, num_tokens=1, bound_on_start=-1.0, bound_on_parent=-1.0, agreement=-1.0, length_ratio=9.0)
    mended = (
        {"num_curated": 1}, {"num_tokens": 1000}, {"bound_on_start": 1.0}, {"bound_on_parent": 1.0}, {"agreement": 1.0},
        {"length_ratio": 1.0},
    )  # fmt: skip
    reasons = []
    for change in mended:
        reasons.append(decide(worst, RULES, needs_curated=True).reason)
        worst = replace(worst, **change)
    unproven = ["unproven_gain_on_start", "unproven_gain_on_parent"]
    assert reasons == ["nothing_curated", "unequal_tokens", *unproven, "judges_disagree", "length_drift"]
    assert decide(worst, RULES, needs_curated=True).reason is None
