"""The translator protocol: directions in, translations with coverage or an error out."""

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
    """The translation of one text. coverage: share of its words that the translator knew, 0 to 1; None if it does not report it.

    error: why there is no translation; text is empty then.
    """

    text: str
    coverage: float | None = None
    error: str | None = None


class Translator(Protocol):
    """A loaded translator. Results are in the order of the texts."""

    def directions(self) -> frozenset[Direction]:
        """The supported directions."""
        ...

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        """Translate texts. A text that fails alone carries its own error."""
        ...
