"""What a run of a model stage may spend; asked between units, so that a stage stops cleanly with valid tables."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from bubblenet import settings


@dataclass(slots=True)
class Budget:
    """Limits and what was spent of them. A limit of 0 means none."""

    limits: settings.Budget
    rows: int = 0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)

    def spend(self, rows: int, tokens: int) -> None:
        """Book a finished unit."""
        self.rows += rows
        self.tokens += tokens

    def exhausted(self) -> str | None:
        """The name of the first limit that is reached, or None."""
        spent = {"rows": self.rows, "tokens": self.tokens, "seconds": time.monotonic() - self.started}
        for name, amount in spent.items():
            limit = getattr(self.limits, name)
            if limit and amount >= limit:
                return name
        return None

    def unit_rows(self, wanted: int) -> int:
        """A unit is the smallest thing that can be stopped at, so it must not be larger than the row budget."""
        return min(wanted, self.limits.rows) if self.limits.rows else wanted
