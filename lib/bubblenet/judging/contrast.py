"""Does an instruction belong to this response, or to what stands beside it on the page?

An instruction that fits a page fits all of its passages a little, and no number of the pair alone tells which it was meant for. So the same
question is put to the passages beside the response, and what counts is the margin over the best of them. The pair's own numbers are not
asked for again: mode reverse_gain has measured them.
A neighbour that the engine fails on is left out: it must not cost the passages beside it their measurement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bubblenet.engines.protocol import Likelihood, LikelihoodRequest, TextEngine
from bubblenet.judging.measure import Pair, ReverseMeasurement, num_read, truncate
from bubblenet.prompts import ReverseGainTemplate


@dataclass(frozen=True, slots=True)
class ContrastMeasurement:
    """log p(x|text) - log p(x) in nats, of the response first and then of its neighbours; None when error is set.

    surprise: -log p(x), of which a gain is a part. num_tokens: of x. prompt_tokens: read for the neighbours.
    """

    key: str
    gains: tuple[float, ...] | None
    surprise: float
    num_tokens: int
    prompt_tokens: int
    error: str | None


def measure_contrast(
    engine: TextEngine,
    pairs: Sequence[Pair],
    own: Mapping[str, ReverseMeasurement],
    max_passage_tokens: int,
    template: ReverseGainTemplate,
) -> list[ContrastMeasurement]:
    """The gains of every pair's neighbours beside its own. own: what was measured of the pairs themselves, by their keys.

    Pairs of one page that stand together share the reading of its passages.
    """
    measured = [pair for pair in pairs if own[pair.key].error is None]
    answers = dict(zip((pair.key for pair in measured), _neighbour_answers(engine, measured, max_passage_tokens, template), strict=True))
    return [_contrast(own[pair.key], answers.get(pair.key, [])) for pair in pairs]


def _contrast(own: ReverseMeasurement, beside: Sequence[Likelihood]) -> ContrastMeasurement:
    size = sum(map(num_read, beside))
    if own.log_probability is None or own.log_probability_alone is None:
        return ContrastMeasurement(own.key, None, 0.0, 0, size, own.error or "no answer")
    after = [own.log_probability, *(answer.log_probability for answer in beside if answer.log_probability is not None)]
    gains = tuple(value - own.log_probability_alone for value in after)
    return ContrastMeasurement(own.key, gains, -own.log_probability_alone, own.num_tokens, size, None)


def _neighbour_answers(
    engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int, template: ReverseGainTemplate
) -> list[list[Likelihood]]:
    """For each pair: the likelihood of x after each different neighbour. Asked text by text, so that each is read once."""
    shown = truncate(engine, [text for pair in pairs for text in pair.neighbours], max_passage_tokens)
    place = {text: number for number, text in enumerate(shown)}
    asked = [(number, text) for number, pair in enumerate(pairs) for text in dict.fromkeys(pair.neighbours)]
    asked.sort(key=lambda one: place[one[1]])
    requests = [
        LikelihoodRequest(pairs[number].key, template.build(shown[text]), template.as_continuation(pairs[number].instruction))
        for number, text in asked
    ]
    answers = dict(zip(asked, engine.log_likelihood(requests), strict=True))
    return [[answers[number, text] for text in dict.fromkeys(pair.neighbours)] for number, pair in enumerate(pairs)]
