"""A round on the limit of each rule, and beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bubblenet.rounds.decisions import Measured, decide
from bubblenet.settings import Rounds

RULES = Rounds(min_agreement=0.3, max_length_ratio=1.25)
BETTER = Measured(num_curated=1, gain_on_start=0.2, gain_on_parent=0.05, agreement=0.6, length_ratio=1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"agreement": 0.3},
        {"length_ratio": 1.25},
        {"length_ratio": 0.8},
        {"gain_on_start": 1e-9},
        {"gain_on_parent": 1e-9},
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
        ({"gain_on_start": 0.0}, "worse_than_start"),
        ({"gain_on_parent": 0.0}, "worse_than_parent"),
        ({"gain_on_parent": float("nan")}, "worse_than_parent"),
    ],
)
def test_a_round_beyond_the_limit_is_refused(changes: dict[str, float], reason: str) -> None:
    decision = decide(replace(BETTER, **changes), RULES, needs_curated=True)
    assert (decision.decision, decision.reason) == ("refused", reason)


def test_the_reasons_are_asked_in_their_order() -> None:
    worst = Measured(num_curated=0, gain_on_start=-1.0, gain_on_parent=-1.0, agreement=-1.0, length_ratio=9.0)
    mended = ({"num_curated": 1}, {"gain_on_start": 1.0}, {"gain_on_parent": 1.0}, {"agreement": 1.0}, {"length_ratio": 1.0})
    reasons = []
    for change in mended:
        reasons.append(decide(worst, RULES, needs_curated=True).reason)
        worst = replace(worst, **change)
    assert reasons == ["nothing_curated", "worse_than_start", "worse_than_parent", "judges_disagree", "length_drift"]
    assert decide(worst, RULES, needs_curated=True).reason is None
