"""Mode `cycle`: the similarity of the instruction to the one that the judge would write for the response."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import TextEngine
from bubblenet.judging import written
from bubblenet.judging.declaration import Known, Measurement, Mode, Signal, failed, reverse_parts
from bubblenet.judging.gates import GATES_VERSION
from bubblenet.judging.measure import Pair
from bubblenet.judging.text_signals import TEXT_SIGNALS_VERSION
from bubblenet.prompts import get_reverse_gain

if TYPE_CHECKING:
    from bubblenet.settings import Scoring

_SIGNALS = (Signal("cycle", "rising", "mean F1 of the two instructions' content words and of their character 4-grams"),)


def _run(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    template = get_reverse_gain(scoring.reverse_gain_prompt)
    results = []
    for found in written.measure_cycle(engine, pairs, scoring.max_passage_tokens, template, scoring.cycle_tokens):
        if found.score is None:
            results.append(failed(found.error or "no answer", found.prompt_tokens))
            continue
        results.append(Measurement({"written": found.text}, {"cycle": found.score}, found.prompt_tokens, found.output_tokens))
    return results


def _parts(scoring: Scoring) -> dict[str, Any]:
    return reverse_parts(scoring) | {"max_new_tokens": scoring.cycle_tokens, "text": TEXT_SIGNALS_VERSION, "gates": GATES_VERSION}


MODES = (
    Mode(
        "cycle",
        "the judge writes its own instruction for the response; how alike are the two?",
        _SIGNALS,
        _run,
        _parts,
        asks=("generate",),
    ),
)
