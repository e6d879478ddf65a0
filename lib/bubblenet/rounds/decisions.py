"""Promotion of a round: the next one may build on its model only if it beats both the starting model and its parent.

The best-known public reproduction of the paper got worse at M1 and nothing stopped it. A judge whose ranking of the pairs changes randomly
between rounds, or answers that only grow longer, are signs of a degenerating feedback loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bubblenet.settings import Rounds

PROMOTED, REFUSED = "promoted", "refused"


@dataclass(frozen=True, slots=True)
class Measured:
    """Measurements of a round.

    gain_on_start, gain_on_parent: mean difference of the held-out log-likelihood per token, in nats; equal for M0, whose parent is the
    starting model. agreement: Kendall's tau between the qualities of this round and the last, over the same pairs; None for the
    first. length_ratio: ratio of the length of its answers to its parent's, in characters.
    """

    num_curated: int
    gain_on_start: float
    gain_on_parent: float
    agreement: float | None
    length_ratio: float


@dataclass(frozen=True, slots=True)
class Decision:
    """reason: the first rule that refuses the round; None if it is promoted."""

    decision: str
    reason: str | None


def decide(measured: Measured, rules: Rounds, *, needs_curated: bool) -> Decision:
    """Apply the rules in order. needs_curated: false for M0, which is trained on seeds alone."""
    ratio, most = measured.length_ratio, rules.max_length_ratio
    refusals = {
        "nothing_curated": needs_curated and not measured.num_curated,
        "worse_than_start": not measured.gain_on_start > 0,  # true for NaN as well
        "worse_than_parent": not measured.gain_on_parent > 0,
        "judges_disagree": measured.agreement is not None and measured.agreement < rules.min_agreement,
        "length_drift": not 1 / most <= ratio <= most,
    }
    reason = next((name for name, refused in refusals.items() if refused), None)
    return Decision(REFUSED if reason else PROMOTED, reason)
