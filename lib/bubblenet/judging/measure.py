"""The computations of the model stages as functions over an engine: candidates for passages, and raw measurements of pairs.

No thresholds and no combination of signals here; results are plain numbers with a status, so that a failed row is kept as a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.engines.protocol import (
    GenerationRequest,
    LabelDistribution,
    LabelRequest,
    Likelihood,
    LikelihoodRequest,
    Prompt,
    TextEngine,
)
from bubblenet.judging.gates import gate
from bubblenet.judging.ratings import expected_score
from bubblenet.prompts import Choice, CriteriaTemplate, RatingTemplate, ReverseGainTemplate

if TYPE_CHECKING:
    from bubblenet.engines.adapters import Adapter
    from bubblenet.settings import Backtranslation

MEASURING_VERSION = 1
"""Raise when `propose` would make other instructions of the same answers, or `measure_passage` measure the same passage differently."""


@dataclass(frozen=True, slots=True)
class ProposalRequest:
    """A request for one candidate of a passage. language: of the passage; ISO 639-1, `und` or "" if unknown.

    choice: style and language of the request. seed determines the sample.
    """

    key: str
    passage: str
    language: str
    choice: Choice
    seed: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """The model's output, the cleaned instruction, and the gates' verdict. All texts are None if error is set."""

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
    """An instruction (x) and the response (y) it might belong to. neighbours: adjacent passages of the page."""

    key: str
    instruction: str
    response: str
    neighbours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextMeasurement:
    """Log-probability of a text in nats over num_tokens tokens, and of each of them; None if error is set.

    end_log_probability: that the model would end its answer there; None if the engine cannot tell or the text was truncated.
    """

    key: str
    log_probability: float | None
    num_tokens: int
    prompt_tokens: int
    error: str | None
    tokens: tuple[float, ...] = ()
    end_log_probability: float | None = None


@dataclass(frozen=True, slots=True)
class ReverseMeasurement:
    """log p(x|y) and log p(x), sums in nats over num_tokens tokens of x, and each of them; None if error is set."""

    key: str
    log_probability: float | None
    log_probability_alone: float | None
    num_tokens: int
    prompt_tokens: int
    error: str | None
    tokens: tuple[float, ...] = ()
    tokens_alone: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class RatingMeasurement:
    """The judge's distribution over the rating labels, their mass before normalisation, and the mean score; None if error is set."""

    key: str
    probabilities: tuple[float, ...] | None
    mass: float | None
    expected_score: float | None
    prompt_tokens: int
    error: str | None


@dataclass(frozen=True, slots=True)
class CriteriaMeasurement:
    """The probability of the point for each criterion, and the least label mass; None if error is set."""

    key: str
    points: tuple[float, ...] | None
    mass: float | None
    prompt_tokens: int
    error: str | None


def propose(engine: TextEngine, requests: Sequence[ProposalRequest], settings: Backtranslation) -> list[Proposal]:
    """Sample one instruction per request and gate it. Consecutive requests of one passage share its prefill."""
    shown = truncate(engine, [request.passage for request in requests], settings.max_passage_tokens)
    generations = engine.generate(
        [
            GenerationRequest(
                request.key,
                request.choice.build(shown[request.passage]),
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
        choice = request.choice
        written, language = choice.opening + answer.text, choice.language
        verdict = gate(written, request.passage, language, answer.is_finished, style=choice.style, opening=choice.opening)
        instruction = choice.complete(verdict.instruction)
        proposals.append(Proposal(request.key, answer.text, instruction, verdict.kept, verdict.reason, None, *tokens))
    return proposals


def measure_reverse(
    engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int, template: ReverseGainTemplate
) -> list[ReverseMeasurement]:
    """log p(x|y) after a prompt that asks for a question, and log p(x) after the same prompt without a passage."""
    shown = truncate(engine, [pair.response for pair in pairs], max_passage_tokens)
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
        terms = (with_y.token_log_probabilities, without.token_log_probabilities)
        results.append(ReverseMeasurement(pair.key, *numbers, num_read(with_y) + num_read(without), error, *terms))
    return results


def measure_forward(engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int) -> list[TextMeasurement]:
    """log p(y|x) with x as the user turn."""
    return _measure(engine, [(pair.key, Prompt(pair.instruction), pair.response) for pair in pairs], max_passage_tokens)


def measure_passage(engine: TextEngine, passages: Sequence[tuple[str, str]], max_passage_tokens: int) -> list[TextMeasurement]:
    """log p(y) of (key, passage) pairs, as an answer to an empty user turn.

    The empty turn cancels the effect of any chat turn on the answer: with the 135M model the forward gain over it separates true from
    shuffled questions better than the gain over the beginning-of-text token (AUC 0.84 against 0.81, 70 sections of one FAQ).
    """
    return _measure(engine, [(key, Prompt(""), passage) for key, passage in passages], max_passage_tokens)


def measure_rating(
    engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int, rubric: RatingTemplate, adapter: Adapter | None = None
) -> list[RatingMeasurement]:
    """The rating distribution of each pair, from one prefill; consecutive pairs of one passage share it. adapter: added to the model."""
    shown = truncate(engine, [pair.response for pair in pairs], max_passage_tokens)
    requests = [LabelRequest(pair.key, rubric.build(pair.instruction, shown[pair.response]), rubric.labels, adapter) for pair in pairs]
    results = []
    for answer in engine.label_distribution(requests):
        if answer.error is not None or answer.probabilities is None:
            results.append(RatingMeasurement(answer.key, None, None, None, answer.prompt_tokens, answer.error))
            continue
        mean = expected_score(answer.probabilities, rubric.values)
        results.append(RatingMeasurement(answer.key, answer.probabilities, answer.mass, mean, answer.prompt_tokens, None))
    return results


def measure_criteria(
    engine: TextEngine, pairs: Sequence[Pair], max_passage_tokens: int, rubric: CriteriaTemplate
) -> list[CriteriaMeasurement]:
    """The probability of each criterion's point. The prompts of a pair differ only in their last lines, so the pair is read once."""
    shown = truncate(engine, [pair.response for pair in pairs], max_passage_tokens)
    requests = [
        LabelRequest(pair.key, rubric.build(pair.instruction, shown[pair.response], question), rubric.labels)
        for pair in pairs
        for _, question in rubric.criteria
    ]
    answers = engine.label_distribution(requests)
    width = len(rubric.criteria)
    return [_criteria_of(pair.key, answers[width * row : width * (row + 1)]) for row, pair in enumerate(pairs)]


def _criteria_of(key: str, answers: Sequence[LabelDistribution]) -> CriteriaMeasurement:
    size = sum(answer.prompt_tokens for answer in answers)
    if error := next((answer.error for answer in answers if answer.error is not None), None):
        return CriteriaMeasurement(key, None, None, size, error)
    points = tuple(answer.probabilities[0] for answer in answers if answer.probabilities is not None)
    return CriteriaMeasurement(key, points, min(answer.mass for answer in answers), size, None)


def _measure(engine: TextEngine, asked: Sequence[tuple[str, Prompt, str]], max_passage_tokens: int) -> list[TextMeasurement]:
    """The likelihoods of (key, prompt, passage)."""
    shown = truncate(engine, [passage for _, _, passage in asked], max_passage_tokens)
    answers = engine.log_likelihood([LikelihoodRequest(key, prompt, shown[passage]) for key, prompt, passage in asked])
    return [
        TextMeasurement(
            answer.key,
            answer.log_probability,
            answer.num_tokens,
            num_read(answer),
            answer.error,
            answer.token_log_probabilities,
            answer.end_log_probability if shown[passage] == passage else None,
        )
        for (_, _, passage), answer in zip(asked, answers, strict=True)
    ]


def truncate(engine: TextEngine, texts: Sequence[str], max_tokens: int) -> dict[str, str]:
    """Each distinct text, truncated to what the model sees."""
    return {text: engine.truncate(text, max_tokens) for text in dict.fromkeys(texts)}


def num_read(likelihood: Likelihood) -> int:
    """The tokens that the model read for it."""
    return likelihood.context_tokens + likelihood.num_tokens
