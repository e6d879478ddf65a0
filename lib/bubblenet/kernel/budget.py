"""The budget of a run; checked between the units of its model stages, so that a stage stops cleanly with valid tables."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from bubblenet import settings


@dataclass(slots=True)
class Spent:
    """What the model stages of a run have spent so far, together."""

    rows: int = 0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits and amounts spent. A limit of 0 means no limit."""

    limits: settings.Budget
    spent: Spent = field(default_factory=Spent)

    def spend(self, rows: int, tokens: int) -> None:
        """Record the cost of a finished unit."""
        self.spent.rows += rows
        self.spent.tokens += tokens

    def exhausted(self) -> str | None:
        """The name of the first limit reached, or None."""
        spent = {"rows": self.spent.rows, "tokens": self.spent.tokens, "seconds": time.monotonic() - self.spent.started}
        for name, amount in spent.items():
            limit = getattr(self.limits, name)
            if limit and amount >= limit:
                return name
        return None

    def unit_rows(self, wanted: int) -> int:
        """Cap a unit at what is left of the row budget, but for a hundredth of it: a stage can stop only between units."""
        if not self.limits.rows:
            return wanted
        return min(wanted, max(self.limits.rows - self.spent.rows, math.ceil(self.limits.rows / 100)))
