"""Model stages inside Spark beside a peer and beside other cuts of the machine; parts of `make bench-engine`.

The peer is what one writes first: a Python UDF that calls a transformers `pipeline()` for each row.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.weights import describe
from bubblenet.kernel import stage
from bubblenet.kernel.batches import RowTransform, Unit
from bubblenet.prompts import get_reverse_gain
from bubblenet.settings import Scoring

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from pyspark.sql import DataFrame

    from bubblenet.kernel.batches import Row
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stage import PlannedUnit, Stage
    from bubblenet.settings import Backtranslation

PEER_ROWS = 8
_pipelines: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Timed:
    """A transform that leaves a line with the beginning and end of each of its calls."""

    transform: RowTransform
    folder: str

    @property
    def identity(self) -> tuple[str, ...]:
        """As the transform's."""
        return self.transform.identity

    @property
    def window_rows(self) -> int:
        """As the transform's."""
        return self.transform.window_rows

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """As the transform."""
        started = time.monotonic()
        pairs = list(self.transform(requests))
        with Path(self.folder, f"{os.getpid()}.jsonl").open("a") as stream:
            stream.write(json.dumps([started, time.monotonic()]) + "\n")
        yield from pairs


def run_in_spark(declared: Stage, context: Context, requests: DataFrame, planned: PlannedUnit, name: str) -> tuple[float, float]:
    """(seconds, tokens) of one unit of the kernel without its ledger row."""
    scratch = f"{context.warehouse.location}/scratch/{declared.name}/{name}"
    unit = Unit(f"{declared.name}-{name}", 0, "bench", scratch, is_costly=True)
    started = time.perf_counter()
    version = context.warehouse.append(stage._map(declared, context, requests, planned, unit), declared.target, {"run": unit.run_id})
    seconds = time.perf_counter() - started
    rows = context.warehouse.read(declared.target, version).where(f"run_id = '{unit.run_id}'")
    tokens = rows.selectExpr("sum(prompt_tokens + output_tokens)").first()
    return seconds, float(tokens[0] if tokens else 0)


@dataclass(frozen=True, slots=True)
class Watched:
    """One unit as its worker saw it. whole: tokens/s from the reading of the plan to the commit; steady: from the first call of the model
    to the end of the last, whatever the worker did in between; waiting: of that time, the part between calls.
    """

    whole: float
    steady: float
    waiting: float


def watch_in_spark(declared: Stage, context: Context, requests: DataFrame, planned: PlannedUnit, name: str) -> Watched:
    """One unit of the kernel in one worker, timed from outside and inside."""
    folder = Path(context.warehouse.location, "timed", declared.name, name)
    folder.mkdir(parents=True)
    if declared.transform is None:
        raise TypeError(f"{declared.name} has no transform")
    timed = replace(declared, transform=Timed(declared.transform, str(folder)))
    seconds, tokens = run_in_spark(timed, context, requests, planned, name)
    (file,) = folder.glob("*.jsonl")
    calls = [json.loads(line) for line in file.read_text().splitlines()]
    span = calls[-1][1] - calls[0][0]
    waited = sum(following[0] - call[1] for call, following in itertools.pairwise(calls))
    return Watched(tokens / seconds, tokens / span, waited / span)


def compare_workers(declared: Stage, context: Context, requests: DataFrame, planned: PlannedUnit, cores: int, pairs: int) -> str:
    """One worker with all threads against as many workers with one thread each, in tokens/s."""
    cuts = {f"1 worker x {cores} threads": (1, cores), f"{cores} workers x 1 thread": (cores, 1)}
    speeds: dict[str, list[float]] = {name: [] for name in cuts}
    for number in range(pairs + 1):
        for name, (tasks, threads) in cuts.items():
            seconds, tokens = run_in_spark(
                _with_threads(declared, threads), _with_tasks(context, tasks), requests, planned, f"{tasks}-{number}"
            )
            if number:
                speeds[name].append(tokens / seconds)
    return f"{declared.name}: " + ", ".join(f"{name} {statistics.median(values):,.0f} tokens/s" for name, values in speeds.items())


def _with_threads(declared: Stage, threads: int) -> Stage:
    transform: Any = declared.transform
    return replace(declared, transform=replace(transform, spec=replace(transform.spec, threads=threads)))


def _with_tasks(context: Context, tasks: int) -> Context:
    execution = context.settings.execution.model_copy(update={"model_tasks": tasks})
    return replace(context, settings=context.settings.model_copy(update={"execution": execution}))


def peer_rows_per_second(requests: DataFrame, source: str, decoding: Backtranslation, threads: int) -> float:
    """Candidates/s of the row-at-a-time UDF with the model loaded, on the first PEER_ROWS requests."""
    folder = str(describe(source).folder)

    @F.udf("string")
    def backtranslate(text: str) -> str:
        return _generate_one(folder, text, decoding, threads)

    some = requests.orderBy("request_id").limit(PEER_ROWS).coalesce(1).persist()
    some.count()
    some.limit(1).select(backtranslate("text")).collect()
    started = time.perf_counter()
    some.select(backtranslate("text")).collect()
    return PEER_ROWS / (time.perf_counter() - started)


def _generate_one(folder: str, text: str, decoding: Backtranslation, threads: int) -> str:
    """What a row costs the peer: the same prompt, sampling and number format, one row a call."""
    import torch
    from transformers import pipeline

    if folder not in _pipelines:
        torch.set_num_threads(threads)
        _pipelines[folder] = pipeline("text-generation", model=folder, dtype=torch.bfloat16)
    turns = [{"role": "user", "content": get_reverse_gain(Scoring().reverse_gain_prompt).build(text[:4000]).user}]
    sampling = {"do_sample": True, "temperature": decoding.temperature, "top_p": decoding.top_p}
    answer = _pipelines[folder](turns, max_new_tokens=decoding.max_new_tokens, return_full_text=False, **sampling)
    return str(answer[0]["generated_text"])


class PaddingCount:
    """Prompt tokens that a model computed in this process, and how many of them were padding."""

    def __init__(self) -> None:
        self.real = self.computed = 0
        self._pad = LanguageModel._pad

    def __enter__(self) -> PaddingCount:
        count = self

        def pad(model: LanguageModel, rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
            ids, lengths = count._pad(model, rows)
            if ids.shape[1] > 1:  # else a step of decoding, where all rows have one token
                count.real += int(lengths.sum())
                count.computed += ids.numel()
            return ids, lengths

        LanguageModel._pad = pad  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        LanguageModel._pad = self._pad  # type: ignore[method-assign]

    @property
    def waste(self) -> float:
        """Share of the computed tokens that were padding."""
        return 1 - self.real / max(1, self.computed)
