"""Mode `page`: whether the instruction's words are of this response rather than of a neighbouring passage, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bubblenet.judging.declaration import Known, Measurement, Mode, Signal
from bubblenet.judging.measure import Pair
from bubblenet.judging.text_signals import TEXT_SIGNALS_VERSION, text_contrast

if TYPE_CHECKING:
    from bubblenet.settings import Scoring

_SIGNALS = (
    Signal("page_bm25", "rising", "Okapi BM25 of the instruction's words in the response, the page as the collection"),
    Signal("page_bm25_margin", "rising", "`page_bm25` over that of the best neighbour"),
    Signal("page_overlap_margin", "rising", "`word_overlap` over that of the best neighbour"),
    Signal("page_opening_margin", "rising", "`opening_overlap` over that of the best neighbour"),
    Signal("page_density_margin", "rising", "`term_density` over that of the best neighbour"),
)
"""What mode `contrast` has beside its likelihoods, under names of its own: alone they cost nothing."""


def _run(engine: None, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    found = (text_contrast(pair.instruction, pair.response, pair.neighbours) for pair in pairs)
    return [Measurement(signals={f"page_{name.replace('contrast', 'margin')}": value for name, value in one.items()}) for one in found]


def _parts(scoring: Scoring) -> dict[str, Any]:
    return {"text": TEXT_SIGNALS_VERSION, "neighbours": scoring.neighbours}


MODES = (
    Mode(
        "page",
        "no model: are the instruction's words those of this response, or of what stands beside it on the page?",
        _SIGNALS,
        _run,
        _parts,
        needs_neighbours=True,
        without_closing=True,
    ),
)
