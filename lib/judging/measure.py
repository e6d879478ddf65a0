"""What the model stages compute, as functions over an engine: candidates for passages, and the raw measurements of pairs.

No thresholds and no joining of signals here; results are the numbers themselves, with a status, so that a failed row stays a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bubblenet.engines.protocol import GenerationRequest, LabelRequest, Likelihood, LikelihoodRequest, Prompt, TextEngine
from bubblenet.judging.gates import gate
from bubblenet.judging.ratings import expected_score
from bubblenet.prompts import BacktranslationTemplate, RatingTemplate, get_backtranslation
from bubblenet.settings import Backtranslation


@dataclass(frozen=True, slots=True)
class ProposalRequest:
    """One candidate wanted for a passage. language: ISO 639-1 code, "" when unknown. seed decides the sample."""

    key: str
    passage: str
    language: str
    seed: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the model wrote, what is left after cleaning, and the gates' verdict. All texts are None when error is set."""

    key: str
    raw_output: str | None
    instruction: str | None
    kept: bool
    reason: str | None
    error: str | None
    prompt_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Pair:
    """An instruction (x) and the response (y) it might belong to."""

    key: str
    instruction: str
    response: str


@dataclass(frozen=True, slots=True)
class TextMeasurement:
    """Log-probability of one text in nats over num_tokens tokens; None when error is set."""

    key: str
    log_probability: float | None
    num_tokens: int
    prompt_tokens: int
    error: str | None


@dataclass(frozen=True, slots=True)
class ReverseMeasurement:
    """log p(x|y) and log p(x), sums in nats over num_tokens tokens of x; None when error is set."""

    key: str
    log_probability: float | None
    log_probability_alone: float | None
    num_tokens: int
    prompt_tokens: int
    error: str | None


@dataclass(frozen=True, slots=True)
class RatingMeasurement:
    """The judge's distribution over the rating labels, their mass before normalising, and the mean score; None when error is set."""

    key: str
    probabilities: tuple[float, ...] | None
    mass: float | None
    expected_score: float | None
    prompt_tokens: int
    error: str | None


def propose(engine: TextEngine, requests: Sequence[ProposalRequest], settings: Backtranslation) -> list[Proposal]:
    """Sample one instruction for each request and gate it. Requests of one passage that stand together share its reading."""
    template = get_backtranslation(settings.prompt)
    shown = _truncate(engine, [request.passage for request in requests], settings.max_passage_tokens)
    generations = engine.generate(
        [
            GenerationRequest(
                request.key,
                template.build(shown[request.passage]),
                settings.max_new_tokens,
                settings.temperature,
                settings.top_p,
                request.seed,
            )
            for request in requests
        ]
    )
    proposals = []
    for request, answer in zip(requests, generations, strict=True):
        tokens = (answer.prompt_tokens, answer.output_tokens)
        if answer.error is not None or answer.text is None:
            proposals.append(Proposal(request.key, None, None, False, None, answer.error, *tokens))
            continue
        verdict = gate(answer.text, request.passage, request.language, answer.is_finished)
        proposals.append(Proposal(request.key, answer.text, verdict.instruction, verdict.kept, verdict.reason, None, *tokens))
    return proposals


def measure_reverse(
    engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int, template: BacktranslationTemplate
) -> list[ReverseMeasurement]:
    """log p(x|y) under the backtranslation prompt, and log p(x) under the same request without any passage."""
    shown = _truncate(engine, [pair.response for pair in pairs], max_passage_tokens)
    texts = [template.as_continuation(pair.instruction) for pair in pairs]
    prompts = [template.build(shown[pair.response]) for pair in pairs]
    given = engine.log_likelihood(
        [LikelihoodRequest(pair.key, prompt, text) for pair, prompt, text in zip(pairs, prompts, texts, strict=True)]
    )
    alone = engine.log_likelihood([LikelihoodRequest(pair.key, template.blank, text) for pair, text in zip(pairs, texts, strict=True)])
    results = []
    for pair, with_y, without in zip(pairs, given, alone, strict=True):
        error = with_y.error or without.error
        numbers = (None, None, 0) if error else (with_y.log_probability, without.log_probability, with_y.num_tokens)
        results.append(ReverseMeasurement(pair.key, *numbers, _tokens(with_y) + _tokens(without), error))
    return results


def measure_forward(engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int) -> list[TextMeasurement]:
    """log p(y|x) with x as the user's turn."""
    shown = _truncate(engine, [pair.response for pair in pairs], max_passage_tokens)
    return _measure(engine, [LikelihoodRequest(pair.key, Prompt(pair.instruction), shown[pair.response]) for pair in pairs])


def measure_passage(engine: TextEngine, passages: Sequence[tuple[str, str]], max_passage_tokens: int) -> list[TextMeasurement]:
    """log p(y) of (key, passage) pairs, as an answer to an empty turn.

    The empty turn cancels what any chat turn does to the answer: with the 135M model the forward gain over it ranks true against
    shuffled questions better than the gain over the beginning-of-text token (AUC 0.84 against 0.81, 70 sections of one FAQ).
    """
    shown = _truncate(engine, [passage for _, passage in passages], max_passage_tokens)
    return _measure(engine, [LikelihoodRequest(key, Prompt(""), shown[passage]) for key, passage in passages])


def measure_rating(engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int, rubric: RatingTemplate) -> list[RatingMeasurement]:
    """The rating distribution of each pair, from one prefill."""
    shown = _truncate(engine, [pair.response for pair in pairs], max_passage_tokens)
    requests = [LabelRequest(pair.key, rubric.build(pair.instruction, shown[pair.response]), rubric.labels) for pair in pairs]
    results = []
    for answer in engine.label_distribution(requests):
        if answer.error is not None or answer.probabilities is None:
            results.append(RatingMeasurement(answer.key, None, None, None, answer.prompt_tokens, answer.error))
            continue
        mean = expected_score(answer.probabilities, rubric.values)
        results.append(RatingMeasurement(answer.key, answer.probabilities, answer.mass, mean, answer.prompt_tokens, None))
    return results


def _measure(engine: TextEngine, requests: list[LikelihoodRequest]) -> list[TextMeasurement]:
    return [
        TextMeasurement(answer.key, answer.log_probability, answer.num_tokens, _tokens(answer), answer.error)
        for answer in engine.log_likelihood(requests)
    ]


def _truncate(engine: TextEngine, texts: Sequence[str], max_tokens: int) -> dict[str, str]:
    """What the model sees of each different text."""
    return {text: engine.truncate(text, max_tokens) for text in dict.fromkeys(texts)}


def _tokens(likelihood: Likelihood) -> int:
    return likelihood.context_tokens + likelihood.num_tokens
