"""The budget of a run of a model stage; checked between units, so that a stage stops cleanly with valid tables."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from bubblenet import settings


@dataclass(slots=True)
class Budget:
    """Limits and amounts spent. A limit of 0 means no limit."""

    limits: settings.Budget
    rows: int = 0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)

    def spend(self, rows: int, tokens: int) -> None:
        """Record the cost of a finished unit."""
        self.rows += rows
        self.tokens += tokens

    def exhausted(self) -> str | None:
        """The name of the first limit reached, or None."""
        spent = {"rows": self.rows, "tokens": self.tokens, "seconds": time.monotonic() - self.started}
        for name, amount in spent.items():
            limit = getattr(self.limits, name)
            if limit and amount >= limit:
                return name
        return None

    def unit_rows(self, wanted: int) -> int:
        """Cap a unit at the row budget: a stage can stop only between units."""
        return min(wanted, self.limits.rows) if self.limits.rows else wanted
