"""From a distribution over rating labels to numbers, and from a written rating to its digit.

The distribution is better than one generated digit (Wang et al. 2025, arXiv:2503.03064): it breaks ties and shows uncertainty.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

_SCORE_LINE = re.compile(r"Score: ?([1-5])\.?")


def expected_score(probabilities: Sequence[float], values: Sequence[float]) -> float:
    """The mean score, sum of p_i * value_i; the probabilities sum to 1. In the unit of the values (points)."""
    return math.fsum(p * value for p, value in zip(probabilities, values, strict=True))


def entropy(probabilities: Sequence[float]) -> float:
    """The uncertainty of the judge in nats: 0 if one label has all the mass, log(n) if all n are equal."""
    return -math.fsum(p * math.log(p) for p in probabilities if p > 0)


def parse_score(rationale: str) -> int | None:
    """The digit of the last non-blank line, which must be "Score: n" and nothing else; None otherwise.

    An unparsable rating stays missing: in a public reproduction of the paper a lenient parser filled in a default for 45 % of them.
    """
    lines = [line.strip() for line in rationale.splitlines() if line.strip()]
    found = _SCORE_LINE.fullmatch(lines[-1]) if lines else None
    return int(found[1]) if found else None
