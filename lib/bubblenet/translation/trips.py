"""Round trips: a text through one or several languages and back, with what must not change kept out of the translator's way."""

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
    """The languages that a text goes through, in order; of a round trip the last is the first."""

    languages: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Chain:
        """From `en-es-en`. Raises SettingsError where that is no chain."""
        languages = tuple(text.split("-"))
        if len(languages) < 2 or not all(code.isalpha() and code.islower() for code in languages):
            raise SettingsError("languages as `en-es-en`", repr(text), "Give ISO 639-1 codes with a hyphen between them.")
        return cls(languages)

    @classmethod
    def around(cls, language: str, pivots: str) -> Chain:
        """From a language through `es`, or `es-fr-es`, and back."""
        return cls((language, *pivots.split("-"), language))

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Its legs."""
        return tuple(itertools.starmap(Direction, itertools.pairwise(self.languages)))

    @property
    def there(self) -> Chain:
        """The first half: as far as the language in the middle."""
        return Chain(self.languages[: len(self.languages) // 2 + 1])

    @property
    def way_back(self) -> Chain:
        """The other way round."""
        return Chain(self.languages[::-1])

    @property
    def and_back(self) -> Chain:
        """To the end and back by the same way."""
        return Chain(self.languages + self.languages[-2::-1])

    def is_known(self, directions: Iterable[Direction]) -> bool:
        """Whether each leg can be translated, and into another language."""
        known = set(directions)
        return all(leg in known and leg.source != leg.target for leg in self.directions)

    def __str__(self) -> str:
        return "-".join(self.languages)


@dataclass(frozen=True, slots=True)
class Trip:
    """What became of one text along a chain. Texts of legs have placeholders in them, as the translator saw them.

    legs: one translation for each leg, as far as it came. result: the last one with all that was protected put back; where there is none,
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
        """Share of the words that the translator knew, on the way to the language in the middle: the least of all legs."""
        known = [leg.coverage for leg in self.legs[: len(self.chain.there.directions)] if leg.coverage is not None]
        return min(known) if known else None

    @property
    def pivot_text(self) -> str:
        """The text in the language in the middle, placeholders included."""
        return self.legs[len(self.chain.there.directions) - 1].text

    @property
    def rough(self) -> str | None:
        """The text at the end with what is left of the protected parts; None where the translator failed."""
        return self.source.restore_roughly(self.legs[-1].text) if self.legs[-1].error is None else None

    @property
    def back(self) -> str:
        """The text at the end of the chain, placeholders included."""
        return self.legs[-1].text


@dataclass(slots=True)
class Memory:
    """A translator that translates a text in one direction once, however many chains pass through it."""

    translator: Translator
    known: dict[tuple[Direction, str], Translation] = field(default_factory=dict)

    def directions(self) -> frozenset[Direction]:
        """What the translator can."""
        return self.translator.directions()

    def translate(self, texts: list[str], direction: Direction) -> list[Translation]:
        """As the translator."""
        new = list(dict.fromkeys(text for text in texts if (direction, text) not in self.known))
        if new:
            found = self.translator.translate(new, direction)
            self.known.update(((direction, text), one) for text, one in zip(new, found, strict=True))
        return [self.known[direction, text] for text in texts]


def travel(translator: Translator, texts: Sequence[str], chain: Chain) -> list[Trip]:
    """Send texts along a chain, leg by leg. Raises EnvironmentProblem where a leg is not installed."""
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
