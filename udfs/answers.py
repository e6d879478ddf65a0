"""Row transform that lets a model answer held-out seeds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from bubblenet.engines.protocol import EngineSpec, Prompt
from bubblenet.evaluation.answering import Question, answer
from bubblenet.settings import Assessment
from bubblenet.udfs.batches import quarantined
from bubblenet.udfs.worker import engine_of_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.udfs.batches import Row


@dataclass(frozen=True, slots=True)
class AnswerSeed:
    """Asks a model for the response of a seed, or for its instruction. A request has `asked`, `system` and `reference`."""

    spec: EngineSpec
    settings: Assessment
    identity: tuple[str, ...] = ("seed_id", "direction")

    @property
    def window_rows(self) -> int:
        """As the engine sorts and batches them."""
        return self.spec.window_rows

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """One row for each seed."""
        questions = [Question(row["request_id"], Prompt(row["asked"], row["system"]), row["reference"]) for row in requests]
        for request, answered in zip(requests, answer(engine_of_task(self.spec), questions, self.settings), strict=True):
            verdict = quarantined("engine_error", answered.error) if answered.error else {"kept": True, "reason": None}
            columns = {name: value for name, value in asdict(answered).items() if name not in ("key", "error")}
            yield request, verdict | columns
