"""Small transforms for tests of the stage kernel; importable on workers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bubblenet.engines.protocol import LikelihoodRequest
from bubblenet.engines.scripted import ScriptedEngine
from bubblenet.kernel.batches import quarantined
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.stage import Stage
from bubblenet.tables import PASSAGE_SCORES


@dataclass(frozen=True)
class Thirds:
    """Filters every third passage; text tells what else happens to it. Writes one line a request to `log`."""

    log: str
    identity: tuple[str, ...] = ("segment_id",)
    window_rows: int = 16

    def __call__(self, requests: list[dict]) -> Iterator[tuple[dict, dict]]:
        with Path(self.log, f"{os.getpid()}.log").open("a") as stream:
            for request in requests:
                stream.write(request["segment_id"] + "\n")
                stream.flush()
                self._act(request["text"])
                number = int(request["segment_id"])
                yield request, {"kept": number % 3 != 0, "reason": None if number % 3 else "third", "prompt_tokens": 5, "output_tokens": 0}

    def _act(self, text: str) -> None:
        if text == "raise":
            raise ValueError("a bad row")
        if text == "kill":
            time.sleep(0.2)  # let the log reach the disk
            os._exit(9)
        while text == "wait" and not Path(self.log, "go").exists():
            time.sleep(0.05)

    def calls(self) -> list[str]:
        """All requests that were worked on, in any process, also those that were worked on again."""
        return [line for file in Path(self.log).glob("*.log") for line in file.read_text().splitlines()]


@dataclass(frozen=True)
class Forgetful(Thirds):
    """Loses one request without a word: what the accounting must notice."""

    def __call__(self, requests: list[dict]) -> Iterator[tuple[dict, dict]]:
        for request, row in super().__call__(requests):
            if request["segment_id"] != "5":
                yield request, row


@dataclass(frozen=True)
class Scripted:
    """The scripted engine's likelihoods at the pace of a model: a call costs as much as ten rows, and every row costs something."""

    row_seconds: float = 0.01
    identity: tuple[str, ...] = ("segment_id",)
    window_rows: int = 32

    def __call__(self, requests: list[dict]) -> Iterator[tuple[dict, dict]]:
        time.sleep(self.row_seconds * (10 + len(requests)))
        likelihoods = ScriptedEngine().log_likelihood(
            [LikelihoodRequest(request["request_id"], None, request["text"]) for request in requests]
        )
        for request, answer in zip(requests, likelihoods, strict=True):
            measured = {"kept": True, "log_likelihood": answer.log_probability}
            row = quarantined("engine_error", answer.error) if answer.error else measured
            yield request, row | {"prompt_tokens": 1, "output_tokens": 0}


def declare(context, transform, num: int = 30, version: int = 1, special: dict[int, str] | None = None, first: int = 0) -> Stage:
    """A model stage that asks for passages first..num-1; `special` gives some of them another text."""
    rows = [(f"r{n}", str(n), (special or {}).get(n, "text")) for n in range(first, num)]
    requests = context.spark.createDataFrame(rows, "request_id STRING, segment_id STRING, text STRING")
    return Stage("score/passage", PASSAGE_SCORES, Fingerprint({"version": version}), requests, transform, is_model_stage=True)


def rows(context, *columns: str) -> list[tuple]:
    return sorted(tuple(row) for row in context.warehouse.read(PASSAGE_SCORES).select(*columns).collect())
