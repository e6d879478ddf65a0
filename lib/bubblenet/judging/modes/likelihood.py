"""Mode `likelihood`: log p(response | instruction); with log p(response) it gives forward gain and IFD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bubblenet.engines.protocol import TextEngine
from bubblenet.judging import likelihood, measure
from bubblenet.judging.declaration import Known, Measurement, Mode, Signal, failed, length_parts
from bubblenet.judging.measure import Pair

if TYPE_CHECKING:
    from bubblenet.settings import Scoring

NAME = "likelihood"

_SIGNALS = (
    Signal("forward_gain", "rising", "how much likelier the instruction makes the response, nats per token"),
    Signal("forward_gain_root", "rising", "its sum over the square root of the number of tokens"),
    *(
        Signal(f"forward_gain_{length}", "rising", f"its mean over the first {length} tokens of the response")
        for length in likelihood.OPENING_TOKENS
    ),
    Signal("forward_gain_best", "rising", "its mean over the ten tokens that gain most"),
    Signal("response_surprise", "free", "how unlikely the response is without the instruction, nats per token"),
    Signal("end", "rising", "log p that the answer ends where the response does; 0 where that is not known"),
)


def _run(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    results = []
    for pair, found in zip(pairs, measure.measure_forward(engine, pairs, scoring.max_passage_tokens), strict=True):
        base = known.alone[pair.response]
        if found.log_probability is None or base.log_probability is None:
            results.append(failed(found.error or base.error or "no answer", found.prompt_tokens))
            continue
        gain = likelihood.forward_gain(found.log_probability, base.log_probability, found.num_tokens)
        columns = {
            "log_likelihood": found.log_probability,
            "num_tokens": found.num_tokens,
            "forward_gain": gain,
            "instruction_following_difficulty": likelihood.instruction_following_difficulty(gain),
        }
        signals = likelihood.forward_signals(found.tokens, base.tokens, found.end_log_probability)
        results.append(Measurement(columns, signals, found.prompt_tokens))
    return results


MODES = (
    Mode(
        NAME,
        "does the instruction explain the response? log p(y|x) - log p(y), IFD (arXiv:2308.12032); would the answer end there?",
        _SIGNALS,
        _run,
        length_parts,
        asks=("likelihood",),
        needs_alone=True,
    ),
)
