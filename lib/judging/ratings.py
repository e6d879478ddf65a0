"""From a distribution over rating labels to numbers. Reading the distribution beats reading one generated digit
(Wang et al. 2025, arXiv:2503.03064): ties disappear and doubt becomes visible."""

from __future__ import annotations

import math
from collections.abc import Sequence


def expected_score(probabilities: Sequence[float], values: Sequence[float]) -> float:
    """Mean score, sum of p_i * value_i; the probabilities sum to 1. In the unit of the values (points)."""
    return math.fsum(p * value for p, value in zip(probabilities, values, strict=True))


def entropy(probabilities: Sequence[float]) -> float:
    """Doubt of the judge in nats: 0 when one label has everything, log(n) when all n are equal."""
    return -math.fsum(p * math.log(p) for p in probabilities if p > 0)
