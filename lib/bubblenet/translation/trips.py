"""Round trips: a text through one or several languages and back, with protected parts masked."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bubblenet.errors import SettingsError
from bubblenet.translation.masking import Masked, MaskingError, mask
from bubblenet.translation.protocol import Direction, Translation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bubblenet.translation.protocol import Translator


@dataclass(frozen=True, slots=True)
class Chain:
    """The languages that a text passes through, in order; a round trip ends in the first one."""

    languages: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Chain:
        """Parse `en-es-en`. Raises SettingsError if it is not a chain."""
        languages = tuple(text.split("-"))
        if len(languages) < 2 or not all(code.isalpha() and code.islower() for code in languages):
            raise SettingsError("languages as `en-es-en`", repr(text), "Give ISO 639-1 codes with a hyphen between them.")
        return cls(languages)

    @classmethod
    def around(cls, language: str, pivots: str) -> Chain:
        """The round trip from a language through `es`, or `es-fr-es`."""
        return cls((language, *pivots.split("-"), language))

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions of its legs."""
        return tuple(itertools.starmap(Direction, itertools.pairwise(self.languages)))

    @property
    def there(self) -> Chain:
        """The first half, up to the language in the middle."""
        return Chain(self.languages[: len(self.languages) // 2 + 1])

    @property
    def way_back(self) -> Chain:
        """The chain reversed."""
        return Chain(self.languages[::-1])

    @property
    def and_back(self) -> Chain:
        """The chain to its end and back the same way."""
        return Chain(self.languages + self.languages[-2::-1])

    def is_known(self, directions: Iterable[Direction]) -> bool:
        """Whether the translator supports each leg, and each leg changes the language."""
        known = set(directions)
        return all(leg in known and leg.source != leg.target for leg in self.directions)

    def __str__(self) -> str:
        return "-".join(self.languages)


@dataclass(frozen=True, slots=True)
class Trip:
    """One text translated along a chain. Texts of legs contain placeholders, as the translator saw them.

    legs: one translation per leg, up to the first that failed. result: the last one with all protected parts restored; if there is none,
    reason is translator_error, lost_placeholder or doubled_placeholder, and detail the message.
    """

    source: Masked
    chain: Chain
    legs: tuple[Translation, ...]
    result: str | None
    reason: str | None = None
    detail: str | None = None

    @property
    def coverage(self) -> float | None:
        """Share of the words that the translator knew, on the way to the language in the middle: the least over its legs."""
        known = [leg.coverage for leg in self.legs[: len(self.chain.there.directions)] if leg.coverage is not None]
        return min(known) if known else None

    @property
    def pivot_text(self) -> str:
        """The text in the language in the middle, placeholders included."""
        return self.legs[len(self.chain.there.directions) - 1].text

    @property
    def rough(self) -> str | None:
        """The final text with the protected parts that are left; None if the translator failed."""
        return self.source.restore_roughly(self.legs[-1].text) if self.legs[-1].error is None else None

    @property
    def back(self) -> str:
        """The final text, placeholders included."""
        return self.legs[-1].text


@dataclass(slots=True)
class Memory:
    """A caching translator: each text is translated once per direction, however many chains share the leg."""

    translator: Translator
    known: dict[tuple[Direction, str], Translation] = field(default_factory=dict)

    def directions(self) -> frozenset[Direction]:
        """The translator's directions."""
        return self.translator.directions()

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        """Translate the texts that are not cached."""
        new = list(dict.fromkeys(text for text in texts if (direction, text) not in self.known))
        if new:
            found = self.translator.translate(new, direction)
            self.known.update(((direction, text), one) for text, one in zip(new, found, strict=True))
        return [self.known[direction, text] for text in texts]


def travel(translator: Translator, texts: Sequence[str], chain: Chain) -> list[Trip]:
    """Translate texts along a chain, leg by leg. Raises EnvironmentProblem if a leg is not installed."""
    sources = [mask(text) for text in texts]
    legs: list[list[Translation]] = [[] for _ in texts]
    under_way = dict(enumerate(source.text for source in sources))
    for direction in chain.directions:
        translated = translator.translate(list(under_way.values()), direction)
        for row, one in zip(list(under_way), translated, strict=True):
            legs[row].append(one)
            if one.error is None:
                under_way[row] = one.text
            else:
                del under_way[row]
    return [_arrived(source, chain, tuple(done)) for source, done in zip(sources, legs, strict=True)]


def _arrived(source: Masked, chain: Chain, legs: tuple[Translation, ...]) -> Trip:
    if legs[-1].error is not None:
        return Trip(source, chain, legs, None, "translator_error", legs[-1].error)
    try:
        return Trip(source, chain, legs, source.restore(legs[-1].text))
    except MaskingError as error:
        return Trip(source, chain, legs, None, error.reason, str(error))
