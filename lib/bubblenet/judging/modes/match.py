"""Mode `match_v1`: a trained reader says whether the instruction is what the response answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import TextEngine
from bubblenet.judging.declaration import Known, Measurement, Mode, Signal, failed, length_parts
from bubblenet.judging.measure import Pair, measure_rating
from bubblenet.judging.reading import find_reader, passage_tokens
from bubblenet.prompts import text_digest
from bubblenet.prompts.match import MATCH

if TYPE_CHECKING:
    from bubblenet.engines.protocol import EngineSpec
    from bubblenet.settings import Scoring

_SIGNALS = (
    Signal("match_v1_logit", "rising", "log p(Yes) - log p(No), that the instruction is what the response answers"),
    Signal("match_v1_probability", "rising", "p(Yes) of the two"),
)
_LEAST = 1e-12
"""Below this a probability is rounding."""


def _run(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    reader, results = find_reader(scoring.reader), []
    for found in measure_rating(engine, pairs, passage_tokens(reader, scoring.max_passage_tokens), MATCH, reader):
        if found.probabilities is None:
            results.append(failed(found.error or "no answer", found.prompt_tokens))
            continue
        yes, no = (max(value, _LEAST) for value in found.probabilities)
        signals = {"match_v1_logit": math.log(yes / no), "match_v1_probability": yes}
        results.append(Measurement({"score_distribution": [yes, no], "format_mass": found.mass}, signals, found.prompt_tokens))
    return results


def _parts(scoring: Scoring) -> dict[str, Any]:
    return length_parts(scoring) | {"prompt": text_digest(MATCH), "reader": find_reader(scoring.reader).digest}


def _check(spec: EngineSpec, scoring: Scoring) -> None:
    from bubblenet.engines.kinds import kind_of

    kind_of(spec).check_adapter(spec, find_reader(scoring.reader))


MODES = (
    Mode(
        MATCH.name,
        "is the instruction what the response answers? A trained reader's Yes or No, read off one prefill",
        _SIGNALS,
        _run,
        _parts,
        asks=("adapter",),
        without_closing=True,
        check=_check,
    ),
)
