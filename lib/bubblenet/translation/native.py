"""Instructions in a language that the backward model writes poorly: it sees a translation, and its output is translated.

The passage stays untouched; only the instruction is machine-translated. Its meaning is estimated from the round trip.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.translation.finishing import finished
from bubblenet.translation.masking import MaskingError
from bubblenet.translation.trips import Chain, travel
from bubblenet.translation.trust import judge_trips

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bubblenet.translation.calibration import TranslationCalibration
    from bubblenet.translation.protocol import Direction, Translator
    from bubblenet.translation.trips import Trip

NATIVE_VERSION = 1


@dataclass(frozen=True, slots=True)
class TranslatedInstruction:
    """An instruction in the language of its passage; text is None if there is none. Other fields as in translation.paraphrasing."""

    text: str | None = None
    meaning: float | None = None
    coverage: float | None = None
    reason: str | None = None
    detail: str | None = None


def way(source: str, target: str, directions: Iterable[Direction]) -> Chain | None:
    """The shortest chain between two languages, ties broken by name; None if there is none."""
    onward: defaultdict[str, list[str]] = defaultdict(list)
    for direction in sorted(directions, key=str):
        onward[direction.source].append(direction.target)
    start: tuple[str, ...] = (source,)
    open_, seen = deque([start]), {source}
    while open_:
        languages = open_.popleft()
        if languages[-1] == target:
            return Chain(languages) if len(languages) > 1 else None
        for language in onward[languages[-1]]:
            if language not in seen:
                seen.add(language)
                open_.append((*languages, language))
    return None


def translate_passages(translator: Translator, texts: Sequence[str], chain: Chain) -> dict[str, str | None]:
    """The translation shown to the model, by distinct text. Placeholders that the translator lost are dropped; None if it failed."""
    different = list(dict.fromkeys(texts))
    return dict(zip(different, [trip.rough for trip in travel(translator, different, chain)], strict=True))


def translate_instructions(
    translator: Translator, texts: Sequence[str], there: Chain, calibration: TranslationCalibration | None
) -> list[TranslatedInstruction]:
    """Translate into the last language of `there`, judged by the round trip to its first. Raises EnvironmentProblem if a leg is missing."""
    trips = travel(translator, texts, there.and_back)
    came_back = iter(judge_trips([trip for trip in trips if trip.result is not None], calibration))
    judged = [next(came_back) if trip.result is not None else (None, trip.reason) for trip in trips]
    return [_translated(text, trip, *verdict) for text, trip, verdict in zip(texts, trips, judged, strict=True)]


def _translated(text: str, trip: Trip, meaning: float | None, reason: str | None) -> TranslatedInstruction:
    if trip.result is None:
        return TranslatedInstruction(None, None, trip.coverage, reason, trip.detail)
    try:
        translated = finished(trip.source.restore(trip.pivot_text), text, trip.chain.there.languages[-1])
    except MaskingError as error:
        return TranslatedInstruction(None, None, trip.coverage, error.reason, str(error))
    return TranslatedInstruction(translated, meaning, trip.coverage, reason)
