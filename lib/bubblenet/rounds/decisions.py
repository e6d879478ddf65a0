"""Promotion of a round: the next one may build on its model only if it surely beats both the starting model and its parent.

The best-known public reproduction of the paper got worse at M1 and nothing stopped it. A mean above 0 is no proof: one round in two of
models that differ in nothing has it. So the lower end of the gain's interval decides, on one half of the held-out seeds; what is
reported is measured on the other half, which decided nothing. A judge whose ranking of the pairs changes randomly between rounds, or
answers that only grow longer, are signs of a degenerating feedback loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bubblenet.settings import Rounds

PROMOTED, REFUSED = "promoted", "refused"

FEWEST_SEEDS = 8
"""Held-out seeds that each half must have: the normal interval of fewer is far too narrow (of 8 it holds 91 %, where 95 % are wanted)."""

_TOKEN_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Measured:
    """Measurements of a round. Gains are differences of the held-out log-likelihood per token, in nats.

    num_left_out: curated pairs that share text with held-out seeds, or whose page calibrates the judge. bound_on_start, bound_on_parent:
    lower end of the interval of the gain on the half that decides, None without an interval; equal for M0, whose parent is the starting
    model. gain_on_start, gain_on_parent: mean gain on the half that is reported. num_deciding, num_reporting: seeds in the halves.
    num_tokens, num_steps: of the training; parent_tokens: of its parent's, None if nobody trained that. agreement: Kendall's tau between
    the qualities of this round and the last, over the same pairs; None for the first. length_ratio: ratio of the length of its answers to
    its parent's, in characters.
    """

    num_curated: int
    num_left_out: int
    bound_on_start: float | None
    bound_on_parent: float | None
    gain_on_start: float
    gain_on_parent: float
    num_deciding: int
    num_reporting: int
    num_tokens: int
    num_steps: int
    parent_tokens: int | None
    agreement: float | None
    length_ratio: float

    @property
    def has_equal_tokens(self) -> bool:
        """Whether the model has read as much as its parent: to a step, since steps are whole, or to a tenth, whichever is more."""
        if self.parent_tokens is None:
            return True
        tolerance = max(self.num_tokens / max(self.num_steps, 1), _TOKEN_TOLERANCE * self.parent_tokens)
        return abs(self.num_tokens - self.parent_tokens) <= tolerance


@dataclass(frozen=True, slots=True)
class Decision:
    """reason: the first condition that refuses the round; None if it is promoted."""

    decision: str
    reason: str | None


def decide(measured: Measured, limits: Rounds, *, needs_curated: bool) -> Decision:
    """Check the conditions in order. needs_curated: false for M0, which is trained on seeds alone."""
    ratio, most = measured.length_ratio, limits.max_length_ratio
    refusals = {
        "nothing_curated": needs_curated and not measured.num_curated,
        "unequal_tokens": not measured.has_equal_tokens,
        "unproven_gain_on_start": not _is_above_zero(measured.bound_on_start),
        "unproven_gain_on_parent": not _is_above_zero(measured.bound_on_parent),
        "judges_disagree": measured.agreement is not None and measured.agreement < limits.min_agreement,
        "length_drift": not 1 / most <= ratio <= most,
    }
    reason = next((name for name, refused in refusals.items() if refused), None)
    return Decision(REFUSED if reason else PROMOTED, reason)


def _is_above_zero(bound: float | None) -> bool:
    """False for NaN as well."""
    return bound is not None and bound > 0
