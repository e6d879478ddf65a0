"""Mode `contrast`: whether the instruction belongs to this response rather than to a neighbouring passage of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import TextEngine
from bubblenet.judging import likelihood
from bubblenet.judging.contrast import measure_contrast
from bubblenet.judging.declaration import Known, Measurement, Mode, Signal, failed, reverse_parts
from bubblenet.judging.measure import Pair
from bubblenet.judging.text_signals import TEXT_SIGNALS_VERSION, text_contrast
from bubblenet.prompts import get_reverse_gain

if TYPE_CHECKING:
    from bubblenet.settings import Scoring

_SIGNALS = (
    Signal("contrast", "rising", "reverse gain over that of the best neighbour, or over 0, per token"),
    Signal("contrast_root", "rising", "its sum over the square root of the number of tokens"),
    Signal("contrast_share", "rising", "its sum as a share of the instruction's surprise"),
    Signal("contrast_mean", "rising", "the same as `contrast_root` over the mean of the neighbours"),
    Signal("bm25", "rising", "Okapi BM25 of the instruction's words in the response, the page as the collection"),
    Signal("bm25_contrast", "rising", "`bm25` over that of the best neighbour"),
    Signal("overlap_contrast", "rising", "`word_overlap` over that of the best neighbour"),
    Signal("opening_contrast", "rising", "`opening_overlap` over that of the best neighbour"),
    Signal("density_contrast", "rising", "`term_density` over that of the best neighbour"),
)


def _run(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    template = get_reverse_gain(scoring.reverse_gain_prompt)
    results = []
    for pair, found in zip(pairs, measure_contrast(engine, pairs, known.reverse, scoring.max_passage_tokens, template), strict=True):
        if found.gains is None:
            results.append(failed(found.error or "no answer", found.prompt_tokens))
            continue
        signals = likelihood.contrast_signals(found.gains, found.surprise, found.num_tokens)
        signals |= text_contrast(pair.instruction, pair.response, pair.neighbours)
        results.append(Measurement({"num_tokens": found.num_tokens}, signals, found.prompt_tokens))
    return results


def _parts(scoring: Scoring) -> dict[str, Any]:
    return reverse_parts(scoring) | {"neighbours": scoring.neighbours, "text": TEXT_SIGNALS_VERSION}


MODES = (
    Mode(
        "contrast",
        "does the instruction belong to this response, or to what stands beside it on the page?",
        _SIGNALS,
        _run,
        _parts,
        asks=("likelihood",),
        needs_neighbours=True,
        without_closing=True,
    ),
)
