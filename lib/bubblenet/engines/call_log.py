"""Log of the calls that reach a model: one JSON line per request and per load, for audits and tests of "at most once".

A server's engine adds a line per call with its prompt tokens (traffic.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from bubblenet.engines.devices import task_gpu
from bubblenet.engines.protocol import (
    Generation,
    GenerationRequest,
    LabelDistribution,
    LabelRequest,
    Likelihood,
    LikelihoodRequest,
    TextEngine,
)


class LoggedEngine:
    """Delegates to another engine and logs to <folder>/<pid>.jsonl. A request is logged before it runs."""

    def __init__(self, engine: TextEngine, folder: str) -> None:
        self._engine, self._folder = engine, folder

    def generate(self, requests: list[GenerationRequest]) -> list[Generation]:
        """Delegate; logged as `generate`."""
        self._log("generate", [request.key for request in requests])
        return self._engine.generate(requests)

    def label_distribution(self, requests: list[LabelRequest]) -> list[LabelDistribution]:
        """Delegate; logged as `label_distribution`."""
        self._log("label_distribution", [request.key for request in requests])
        return self._engine.label_distribution(requests)

    def log_likelihood(self, requests: list[LikelihoodRequest]) -> list[Likelihood]:
        """Delegate; logged as `log_likelihood`."""
        self._log("log_likelihood", [request.key for request in requests])
        return self._engine.log_likelihood(requests)

    def truncate(self, text: str, max_tokens: int) -> str:
        """Delegate; not logged, since no model runs."""
        return self._engine.truncate(text, max_tokens)

    def close(self) -> None:
        """Close the wrapped engine."""
        self._engine.close()

    def _log(self, operation: str, keys: Sequence[str]) -> None:
        append(self._folder, [{"op": operation, "key": key, "pid": os.getpid()} for key in keys])


def log_load(folder: str, model: str) -> None:
    """Log one load of weights, with the address of the GPU that Spark assigned to the task."""
    append(folder, [{"op": "load", "model": model, "pid": os.getpid(), "gpu": task_gpu()[1]}])


def append(folder: str, entries: list[dict[str, object]]) -> None:
    """Append lines to this process's file. Each process has its own file, so lines never interleave."""
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    with (path / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as stream:
        stream.writelines(f"{json.dumps(entry)}\n" for entry in entries)
