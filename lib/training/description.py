"""A training on paper: what is to be done, and what came of it. Plain files in the folder that all its processes share."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bubblenet.errors import InputError

DESCRIPTION, WEIGHTS, RESULT = "training.json", "weights", "result.json"
"""Names in the folder: what is to be done, the trained model, and in that folder what came of it."""

PROGRESS, VALIDATION = "progress.jsonl", "validation.jsonl"
"""How it went: a line for each step or few, and for each time that the validation examples were read."""


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """All that a process must know.

    folder: shared by all processes, for checkpoints and weights. shards: of the manifest of the export, each with its `sha256`.
    settings: section `training` of the settings.
    """

    folder: str
    model: str
    model_digest: str
    export: str
    shards: list[dict[str, Any]]
    settings: dict[str, Any]

    @classmethod
    def read(cls, file: Path) -> TrainingJob:
        """The job that a file describes. Raises InputError where there is none."""
        if not file.is_file():
            raise InputError("the description of a training", f"no file at {file}", "bubblenet finetune writes it.")
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    def write(self) -> Path:
        """Leave the description in the folder."""
        file = Path(self.folder) / DESCRIPTION
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        return file


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """What came of it. losses: (step, tokens, loss) as logged; tokens are those of all processes, padding left out."""

    num_steps: int
    num_tokens: int
    seconds: float
    num_processes: int
    num_examples: int
    num_left_out: int
    losses: list[tuple[int, int, float]]
    validation_loss_before: float | None
    validation_loss: float | None

    @classmethod
    def of(cls, folder: str) -> TrainingResult | None:
        """The result in a folder; None while there is none."""
        file = Path(folder) / WEIGHTS / RESULT
        return cls(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None
