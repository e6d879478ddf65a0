"""Row transforms that measure pairs and passages with the forward model; each is one mode of `scores`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.engines.protocol import EngineSpec
from bubblenet.judging import likelihood, measure
from bubblenet.judging.measure import Pair
from bubblenet.prompts import get_backtranslation, get_rating
from bubblenet.settings import Scoring
from bubblenet.udfs.batches import quarantined
from bubblenet.udfs.worker import engine_of_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.udfs.batches import Row


@dataclass(frozen=True, slots=True)
class MeasurePair:
    """What the measurements of a pair share."""

    spec: EngineSpec
    scoring: Scoring
    identity: tuple[str, ...] = ("instruction_id", "segment_id", "mode")

    @property
    def window_rows(self) -> int:
        """As the engine sorts and batches them."""
        return self.spec.window_rows


@dataclass(frozen=True, slots=True)
class MeasureReverseGain(MeasurePair):
    """log p(instruction | response) - log p(instruction), for every candidate that passed the gates."""

    prompt: str = "question_v1"

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """One row for each pair."""
        template = get_backtranslation(self.prompt)
        results = measure.measure_reverse(engine_of_task(self.spec), _pairs(requests), self.scoring.max_passage_tokens, template)
        for request, result in zip(requests, results, strict=True):
            row = _measured(result.error, result.prompt_tokens) | {
                "log_likelihood": result.log_probability,
                "num_tokens": result.num_tokens,
            }
            if result.log_probability is not None and result.log_probability_alone is not None:
                row["reverse_gain"] = likelihood.reverse_gain(result.log_probability, result.log_probability_alone, result.num_tokens)
            yield request, row


@dataclass(frozen=True, slots=True)
class MeasureLikelihood(MeasurePair):
    """log p(response | instruction); with the passage's own log p(response) it gives forward gain and IFD."""

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """One row for each pair."""
        results = measure.measure_forward(engine_of_task(self.spec), _pairs(requests), self.scoring.max_passage_tokens)
        for request, result in zip(requests, results, strict=True):
            row = _measured(result.error, result.prompt_tokens) | {
                "log_likelihood": result.log_probability,
                "num_tokens": result.num_tokens,
            }
            if result.log_probability is not None:
                gain = likelihood.forward_gain(result.log_probability, request["passage_log_likelihood"], result.num_tokens)
                row |= {"forward_gain": gain, "instruction_following_difficulty": likelihood.instruction_following_difficulty(gain)}
            yield request, row


@dataclass(frozen=True, slots=True)
class RatePair(MeasurePair):
    """The rating as a distribution over the label tokens of one prefill."""

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """One row for each pair."""
        rubric = get_rating(self.scoring.rubric)
        results = measure.measure_rating(engine_of_task(self.spec), _pairs(requests), self.scoring.max_passage_tokens, rubric)
        for request, result in zip(requests, results, strict=True):
            yield (
                request,
                _measured(result.error, result.prompt_tokens)
                | {
                    "expected_score": result.expected_score,
                    "score_distribution": None if result.probabilities is None else list(result.probabilities),
                    "format_mass": result.mass,
                },
            )


@dataclass(frozen=True, slots=True)
class MeasurePassage:
    """log p(response), once a passage."""

    spec: EngineSpec
    scoring: Scoring
    identity: tuple[str, ...] = ("segment_id",)

    @property
    def window_rows(self) -> int:
        """As the engine sorts and batches them."""
        return self.spec.window_rows

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """One row for each passage."""
        passages = [(request["request_id"], request["text"]) for request in requests]
        for request, result in zip(
            requests, measure.measure_passage(engine_of_task(self.spec), passages, self.scoring.max_passage_tokens), strict=True
        ):
            row = _measured(result.error, result.prompt_tokens) | {
                "log_likelihood": result.log_probability,
                "num_tokens": result.num_tokens,
            }
            if result.log_probability is not None:
                row["perplexity"] = math.exp(-result.log_probability / result.num_tokens)
            yield request, row


def _pairs(requests: list[Row]) -> list[Pair]:
    return [Pair(key=request["request_id"], instruction=request["instruction"], response=request["text"]) for request in requests]


def _measured(error: str | None, prompt_tokens: int) -> Row:
    """The verdict of a measurement: kept unless the engine failed on it."""
    row = quarantined("engine_error", error) if error else {"kept": True, "reason": None}
    return row | {"prompt_tokens": prompt_tokens, "output_tokens": 0}
