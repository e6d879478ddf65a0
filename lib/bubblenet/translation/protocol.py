"""What every translator does, and what it says of its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Direction:
    """From one language to another, as ISO 639-1 codes."""

    source: str
    target: str

    def __str__(self) -> str:
        return f"{self.source}-{self.target}"


@dataclass(frozen=True, slots=True)
class Translation:
    """What one text became. coverage: share of its words that the translator knew, 0 to 1; None where it does not tell.

    error: why there is no translation; text is empty then.
    """

    text: str
    coverage: float | None = None
    error: str | None = None


class Translator(Protocol):
    """A loaded translator. Results are in the order of the texts."""

    def directions(self) -> frozenset[Direction]:
        """What it can translate."""
        ...

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        """Translate some texts. A text that fails has an error of its own."""
        ...
