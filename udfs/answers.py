"""Row transforms of assessment: a model answers held-out seeds, a judge compares two answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from bubblenet.engines.protocol import EngineSpec, LabelRequest, Prompt
from bubblenet.evaluation.answering import Question, answer
from bubblenet.evaluation.constraints import constraint_of
from bubblenet.kernel.batches import quarantined
from bubblenet.prompts.comparison import LABELS, comparison
from bubblenet.settings import Assessment
from bubblenet.udfs.worker import AsksEngine, engine_of_task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bubblenet.kernel.batches import Row


@dataclass(frozen=True, slots=True)
class AnswerSeed(AsksEngine):
    """Prompts a model for the response of a seed, or for its instruction. A request has `asked`, `system` and `reference`.

    Without a reference the response is constrained; `kind`, `language` and `response_language` of the seed determine how.
    """

    spec: EngineSpec
    settings: Assessment
    identity: tuple[str, ...] = ("seed_id", "direction")

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per seed."""
        questions = [_question(row) for row in requests]
        for request, answered in zip(requests, answer(engine_of_task(self.spec), questions, self.settings), strict=True):
            verdict = quarantined("engine_error", answered.error) if answered.error else {"kept": True, "reason": None}
            columns = {name: value for name, value in asdict(answered).items() if name not in ("key", "error")}
            yield request, verdict | columns


def _question(row: Row) -> Question:
    if row["reference"] is not None:
        return Question(row["request_id"], Prompt(row["asked"], row["system"]), row["reference"])
    constraint = constraint_of(row["seed_id"], row["kind"], row["language"], row["response_language"])
    return Question(row["request_id"], Prompt(f"{row['asked']}\n\n{constraint.sentence}", row["system"]), None, constraint)


@dataclass(frozen=True, slots=True)
class CompareAnswers(AsksEngine):
    """Asks a judge which of two answers is better. A request has `question`, `first` and `second`."""

    spec: EngineSpec
    identity: tuple[str, ...] = ("seed_id",)

    def __call__(self, requests: list[Row]) -> Iterator[tuple[Row, Row]]:
        """Yield one row per order of each pair."""
        asked = [LabelRequest(row["request_id"], comparison(row["question"], row["first"], row["second"]), LABELS) for row in requests]
        for request, found in zip(requests, engine_of_task(self.spec).label_distribution(asked), strict=True):
            verdict = quarantined("engine_error", found.error) if found.error else {"kept": True, "reason": None}
            wins = found.probabilities[0] if found.probabilities else None
            columns = {"first_wins": wins, "mass": found.mass, "prompt_tokens": found.prompt_tokens, "output_tokens": 0}
            yield request, verdict | columns
