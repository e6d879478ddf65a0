"""Row transforms that score pairs in one mode of `scores`, and passages by themselves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.engines.protocol import EngineSpec
from bubblenet.judging import measure
from bubblenet.judging.declaration import BothLikelihoods, Known
from bubblenet.judging.measure import Pair, TextMeasurement
from bubblenet.judging.modes import MODES, RANKING
from bubblenet.judging.modes.reverse_gain import reverse_of
from bubblenet.kernel.batches import quarantined
from bubblenet.settings import Scoring
from bubblenet.udfs.worker import AsksEngine, engine_of_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.engines.protocol import TextEngine
    from bubblenet.judging.declaration import Measurement, Mode
    from bubblenet.judging.measure import ReverseMeasurement
    from bubblenet.kernel.batches import Row

_UNPARSABLE = "unparsable"


@dataclass(frozen=True, slots=True)
class MeasurePair(AsksEngine):
    """Scores pairs in one mode. Its other inputs come with the request: passages.passage_likelihoods, passages.neighbours."""

    spec: EngineSpec
    scoring: Scoring
    mode: str
    identity: tuple[str, ...] = ("instruction_id", "segment_id", "mode")

    def prepare(self) -> None:
        """Load the engine."""
        self._engine()

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per pair."""
        mode = MODES[self.mode]
        pairs = [_pair(request, mode) for request in requests]
        measured = mode.measure(self._engine(), pairs, self.scoring, _known(requests, mode))
        for request, measurement in zip(requests, measured, strict=True):
            yield request, _row(measurement)

    def _engine(self) -> TextEngine | None:
        return engine_of_task(self.spec) if MODES[self.mode].asks else None


@dataclass(frozen=True, slots=True)
class MeasurePassage(AsksEngine):
    """log p(response), once per passage."""

    spec: EngineSpec
    scoring: Scoring
    identity: tuple[str, ...] = ("segment_id",)

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per passage."""
        passages = [(request["request_id"], request["text"]) for request in requests]
        for request, result in zip(
            requests, measure.measure_passage(engine_of_task(self.spec), passages, self.scoring.max_passage_tokens), strict=True
        ):
            row = _verdict("engine_error" if result.error else None, result.error) | {
                "log_likelihood": result.log_probability,
                "num_tokens": result.num_tokens,
                "prompt_tokens": result.prompt_tokens,
                "output_tokens": 0,
            }
            if result.log_probability is not None:
                row |= {
                    "perplexity": math.exp(-result.log_probability / result.num_tokens),
                    "token_log_likelihoods": list(result.tokens),
                }
            yield request, row


def _known(requests: list[Row], mode: Mode) -> Known:
    """Measurements of earlier stages that come with the requests."""
    alone = {request["text"]: _alone(request) for request in requests} if mode.needs_alone else {}
    reverse = {request["request_id"]: _reverse(request) for request in requests} if mode.needs_neighbours else {}
    both = {request["request_id"]: _both(request) for request in requests} if mode.compares else {}
    return Known(alone, reverse, both)


def _both(request: Row) -> BothLikelihoods:
    return BothLikelihoods(request["judge_log_likelihood"], request["start_log_likelihood"], request["judge_num_tokens"])


def _reverse(request: Row) -> ReverseMeasurement:
    columns = {name: request[f"ranking_{name}"] for name in ("log_likelihood", "num_tokens")}
    return reverse_of(request["request_id"], columns | {RANKING.ranks_by: request[RANKING.ranks_by]})


def _alone(request: Row) -> TextMeasurement:
    tokens = tuple(request["passage_token_log_likelihoods"])
    return TextMeasurement(request["request_id"], request["passage_log_likelihood"], len(tokens), 0, None, tokens)


def _pair(request: Row, mode: Mode) -> Pair:
    instruction: str = request["instruction"]
    if mode.without_closing:
        instruction = instruction.removesuffix(request.get("closing") or "").rstrip()
    return Pair(request["request_id"], instruction, request["text"], tuple(request.get("neighbours") or ()))


def _row(measurement: Measurement) -> Row:
    tokens = {"prompt_tokens": measurement.prompt_tokens, "output_tokens": measurement.output_tokens}
    signals = dict(measurement.signals) or None
    return _verdict(measurement.reason, measurement.detail) | dict(measurement.columns) | {"signals": signals} | tokens


def _verdict(reason: str | None, detail: str | None) -> Row:
    """Kept if there is a measurement: an engine error quarantines the row, an answer without a score filters it."""
    if reason is None:
        return {"kept": True, "reason": None}
    return {"kept": False, "reason": reason, "detail": detail} if reason == _UNPARSABLE else quarantined(reason, detail or "")
