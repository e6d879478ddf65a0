"""Verdicts on round trips: their meaning, and the reason to reject or review them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bubblenet.translation.embedding import similarities
from bubblenet.translation.signals import compared, signals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.translation.calibration import TranslationCalibration
    from bubblenet.translation.trips import Trip


def judge_trips(trips: Sequence[Trip], calibration: TranslationCalibration | None) -> list[tuple[float | None, str | None]]:
    """(meaning, reason) of completed trips: None and needs_review if the chain is uncalibrated; no reason if it may pass.

    Rules first; embeddings, which cost more, are computed only for trips that could still pass with the best similarity.
    """
    if calibration is None:
        return [(None, "needs_review") for _ in trips]
    floors = [calibration.floor(trip.chain) for trip in trips]
    told = [{} if floor is None else signals(trip) for trip, floor in zip(trips, floors, strict=True)]
    open_ = [row for row, floor in enumerate(floors) if floor is not None and calibration.meaning(told[row]) >= floor]
    for row, similarity in zip(open_, similarities([compared(trips[row]) for row in open_]), strict=True):
        told[row]["similarity"] = similarity
    found: list[tuple[float | None, str | None]] = []
    for one, floor in zip(told, floors, strict=True):
        if floor is None:
            found.append((None, "needs_review"))
        else:
            meaning = calibration.meaning(one)
            found.append((meaning, None if meaning >= floor else "meaning_lost"))
    return found
