"""Paraphrases by round-trip translation: among the results of several chains, the most different text above a floor of meaning.

After Aghazadeh et al. 2022, ParaCotta, arXiv:2205.04651, section 3, with a calibrated meaning for the floor.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bubblenet.evaluation.answering import chrf
from bubblenet.identity import folded, row_seed
from bubblenet.translation.finishing import finished
from bubblenet.translation.trips import Chain, Memory, travel
from bubblenet.translation.trust import judge_trips

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bubblenet.settings import Paraphrasing
    from bubblenet.translation.calibration import TranslationCalibration
    from bubblenet.translation.protocol import Direction, Translator
    from bubblenet.translation.trips import Trip

PARAPHRASING_VERSION = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text to paraphrase. gate: the reason to reject a paraphrase of it, None if it passes."""

    key: str
    text: str
    language: str
    gate: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Paraphrase:
    """The result of one chain, in the order tried; chain is None if no chain exists for the language.

    meaning: 0 to 1, see bubblenet.translation.calibration; None if the chain is uncalibrated or failed. difference: 1 - chrF.
    reason: why it is not used; None for the one that is.
    """

    chain: Chain | None
    text: str | None = None
    meaning: float | None = None
    difference: float | None = None
    coverage: float | None = None
    reason: str | None = None
    detail: str | None = None

    @property
    def kept(self) -> bool:
        """Whether it is used."""
        return self.chain is not None and self.reason is None


def chains_of(language: str, pivots: Iterable[str], directions: Iterable[Direction], key: str) -> list[Chain]:
    """The chains of a language that the translator supports, in an order that depends on the text, so that a corpus uses all of them."""
    known = [chain for chain in (Chain.around(language, pivot) for pivot in pivots) if chain.is_known(directions)]
    return sorted(known, key=lambda chain: row_seed(key, str(chain)))


def paraphrase(
    translator: Translator, wanted: Sequence[Wanted], settings: Paraphrasing, calibration: TranslationCalibration | None
) -> list[list[Paraphrase]]:
    """For each text, the results of `settings.chains` chains and, if none is usable, of one more."""
    memory, directions = Memory(translator), translator.directions()
    chains = [chains_of(one.language, settings.pivots, directions, one.key) for one in wanted]
    trips = _travel(memory, wanted, [known[: settings.chains] for known in chains])
    found = _judge_all(wanted, trips, settings, calibration)
    again = [[] if _has_usable(tried) else known[settings.chains :][:1] for known, tried in zip(chains, found, strict=True)]
    further = _travel(memory, wanted, again)
    found_again = _judge_all(wanted, further, settings, calibration)
    tried = [first + more for first, more in zip(found, found_again, strict=True)]
    return [_choose(one) if one else [Paraphrase(None, reason="no_translator")] for one in tried]


def _has_usable(tried: Sequence[Paraphrase]) -> bool:
    return any(one.reason is None for one in tried)


def _travel(translator: Translator, wanted: Sequence[Wanted], chains: Sequence[Sequence[Chain]]) -> list[list[Trip]]:
    """The trips of each text, computed chain by chain so that a translator starts once for many texts."""
    rows: defaultdict[Chain, list[int]] = defaultdict(list)
    for row, known in enumerate(chains):
        for chain in known:
            rows[chain].append(row)
    done = {chain: travel(translator, [wanted[row].text for row in of], chain) for chain, of in rows.items()}
    by_place = {(row, chain): trip for chain, of in rows.items() for row, trip in zip(of, done[chain], strict=True)}
    return [[by_place[row, chain] for chain in known] for row, known in enumerate(chains)]


def _judge_all(
    wanted: Sequence[Wanted], trips: Sequence[Sequence[Trip]], settings: Paraphrasing, calibration: TranslationCalibration | None
) -> list[list[Paraphrase]]:
    """Apply the cheap checks first, then estimate the meaning of those that pass."""
    judged = [[_look(one, trip, settings) for trip in tried] for one, tried in zip(wanted, trips, strict=True)]
    open_ = [(row, place) for row, found in enumerate(judged) for place, one in enumerate(found) if one.reason is None]
    verdicts = judge_trips([trips[row][place] for row, place in open_], calibration)
    for (row, place), (meaning, reason) in zip(open_, verdicts, strict=True):
        judged[row][place] = replace(judged[row][place], meaning=meaning, reason=reason)
    return judged


def _look(wanted: Wanted, trip: Trip, settings: Paraphrasing) -> Paraphrase:
    if trip.result is None:
        return Paraphrase(trip.chain, coverage=trip.coverage, reason=trip.reason, detail=trip.detail)
    text = finished(trip.result, wanted.text, wanted.language)
    difference = 1 - chrf(text, wanted.text) / 100
    found = Paraphrase(trip.chain, text, None, difference, trip.coverage)
    if folded(text) == folded(wanted.text):
        return replace(found, reason="unchanged")
    if difference < settings.min_difference:
        return replace(found, reason="too_similar")
    return replace(found, reason=wanted.gate(text))


def _choose(tried: list[Paraphrase]) -> list[Paraphrase]:
    """Choose the most different usable paraphrase; the earlier one wins a tie."""
    usable = [one for one in tried if one.reason is None]
    best = max(usable, key=lambda one: one.difference or 0.0, default=None)
    return [replace(one, reason="less_different") if one.reason is None and one is not best else one for one in tried]
