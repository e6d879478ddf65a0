"""The same decision whatever the batch: signals of pairs measured in windows of several sizes and orders, in float32."""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bubblenet.engines.transformers import TransformersEngine
from bubblenet.judging.likelihood import reverse_gain
from bubblenet.judging.measure import Pair, measure_rating, measure_reverse
from bubblenet.prompts import get_rating, get_reverse_gain
from bubblenet.settings import Scoring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.engines.language_model import LanguageModel
    from bubblenet.engines.tokens import Codec

SIZES = (1, 2, 7, 32)
CLOSE = 1e-4


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one way to cut batches with another. flipped: pairs decided otherwise that are not within CLOSE of the threshold, near: those."""

    name: str
    largest_difference: float
    flipped: int
    near: int


def compare_sizes(model: LanguageModel, codec: Codec, pairs: Sequence[Pair]) -> list[Comparison]:
    """Windows of SIZES rows against one window of all; then all, shuffled. The threshold is the median, where a decision is closest."""
    reference = _score(model, codec, pairs, len(pairs))
    threshold = statistics.median(reference.values())
    runs = {f"{size} rows": _score(model, codec, pairs, size) for size in SIZES}
    runs["shuffled"] = _score(model, codec, random.Random(1).sample(pairs, len(pairs)), 32)
    return [compare(name, reference, scores, threshold) for name, scores in runs.items()]


def compare(name: str, reference: dict[str, float], scores: dict[str, float], threshold: float) -> Comparison:
    """Scores by key against those of the reference."""
    near = {key for key, score in reference.items() if abs(score - threshold) <= CLOSE}
    flipped = [key for key in reference if key not in near and (reference[key] >= threshold) != (scores[key] >= threshold)]
    return Comparison(name, max(abs(scores[key] - reference[key]) for key in reference), len(flipped), len(near))


def _score(model: LanguageModel, codec: Codec, pairs: Sequence[Pair], window_rows: int) -> dict[str, float]:
    """Expected score plus reverse gain by key, with windows of that many rows."""
    engine = TransformersEngine(model, codec, 8192, window_rows)
    limit, template = Scoring().max_passage_tokens, get_reverse_gain(Scoring().reverse_gain_prompt)
    ratings = measure_rating(engine, pairs, limit, get_rating("five_level_v1"))
    scores = {}
    for rating, reverse in zip(ratings, measure_reverse(engine, pairs, limit, template), strict=True):
        if rating.expected_score is None or reverse.log_probability is None or reverse.log_probability_alone is None:
            raise ValueError(f"{rating.key}: {rating.error or reverse.error}")
        gain = reverse_gain(reverse.log_probability, reverse.log_probability_alone, reverse.num_tokens)
        scores[rating.key] = rating.expected_score + gain
    return scores
