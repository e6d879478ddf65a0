"""Mode `reverse_gain`: log p(instruction | response) - log p(instruction)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bubblenet.engines.protocol import TextEngine
from bubblenet.judging import likelihood, measure
from bubblenet.judging.declaration import Known, Measurement, Mode, Signal, failed, reverse_parts
from bubblenet.judging.measure import Pair, ReverseMeasurement
from bubblenet.prompts import get_reverse_gain

if TYPE_CHECKING:
    from bubblenet.settings import Scoring

_SIGNALS = (
    Signal("reverse_gain", "rising", "how much likelier the response makes the instruction, nats per token"),
    Signal("reverse_gain_root", "rising", "its sum over the square root of the number of tokens"),
    Signal("reverse_gain_share", "rising", "share of the instruction's surprise that the response explains"),
    Signal("reverse_gain_rare", "rising", "its mean over the half of the tokens that surprise most"),
    Signal("reverse_gain_best", "rising", "its mean over the three tokens that gain most"),
    Signal("instruction_surprise", "falling", "how unlikely the instruction is after the response, nats per token"),
)


def _run(engine: TextEngine, pairs: Sequence[Pair], scoring: Scoring, known: Known) -> list[Measurement]:
    template = get_reverse_gain(scoring.reverse_gain_prompt)
    results = []
    for found in measure.measure_reverse(engine, pairs, scoring.max_passage_tokens, template):
        if found.error is not None or found.log_probability is None or found.log_probability_alone is None:
            results.append(failed(found.error or "no answer", found.prompt_tokens))
            continue
        gain = likelihood.reverse_gain(found.log_probability, found.log_probability_alone, found.num_tokens)
        columns = {"log_likelihood": found.log_probability, "num_tokens": found.num_tokens, "reverse_gain": gain}
        results.append(Measurement(columns, likelihood.reverse_signals(found.tokens, found.tokens_alone), found.prompt_tokens))
    return results


def reverse_of(key: str, columns: Mapping[str, Any]) -> ReverseMeasurement:
    """The reverse measurement in columns of this mode; one with an error if there is none."""
    if columns.get("reverse_gain") is None:
        return ReverseMeasurement(key, None, None, 0, 0, "no reverse gain")
    given, num_tokens = columns["log_likelihood"], columns["num_tokens"]
    return ReverseMeasurement(key, given, given - num_tokens * columns["reverse_gain"], num_tokens, 0, None)


MODES = (
    Mode(
        "reverse_gain",
        "does the response explain the instruction? log p(x|y) - log p(x)",
        _SIGNALS,
        _run,
        reverse_parts,
        asks=("likelihood",),
        without_closing=True,
        ranks_by="reverse_gain",
    ),
)
