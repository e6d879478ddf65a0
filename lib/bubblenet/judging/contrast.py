"""Does an instruction belong to this response, or to a neighbouring passage of the page?

An instruction about a page fits all of its passages to some degree, and no number of the pair alone shows which one it was meant for. So
the instruction is also scored against the neighbours of the response, and the signal is the margin over the best of them. The pair's own
gain is not computed again: mode reverse_gain has measured it.
If the engine fails on a neighbour, that neighbour is left out, and the others still count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bubblenet.engines.protocol import Likelihood, LikelihoodRequest, TextEngine
from bubblenet.judging.measure import Pair, ReverseMeasurement, num_read, truncate
from bubblenet.prompts import ReverseGainTemplate


@dataclass(frozen=True, slots=True)
class ContrastMeasurement:
    """log p(x|text) - log p(x) in nats, for the response first and then for its neighbours; None if error is set.

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
    """The gains of each pair's neighbours next to its own. own: the reverse measurements of the pairs, by key.

    Consecutive pairs of one page share the prefill of its passages.
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
    """For each pair, the likelihood of x after each distinct neighbour. Requests are ordered by text, so that each text is read once."""
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
