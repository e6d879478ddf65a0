"""Description and result of a training, as plain files in the folder that all its processes share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bubblenet.errors import ConcurrentRunError, InputError

DESCRIPTION, WEIGHTS, RESULT = "training.json", "weights", "result.json"
"""File names in the folder: description, trained model, result; the result is valid once the model exists."""

PROGRESS, VALIDATION = "progress.jsonl", "validation.jsonl"
"""Logs: one line per logged step, and one per evaluation on the validation examples."""


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """Everything that a training process needs.

    folder: shared by all processes, for checkpoints and weights. shards: of the manifest of the export, each with its `sha256`.
    settings: section `training` of the settings. template_arguments: for the model's chat template.
    """

    folder: str
    model: str
    model_digest: str
    export: str
    shards: list[dict[str, Any]]
    settings: dict[str, Any]
    template_arguments: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> TrainingJob:
        """Read the job described by a file. Raises InputError if there is none."""
        if not file.is_file():
            raise InputError("the description of a training", f"no file at {file}", "bubblenet finetune writes it.")
        return cls(**json.loads(file.read_text(encoding="utf-8")))

    def write(self) -> Path:
        """Write the description to the folder."""
        file = Path(self.folder) / DESCRIPTION
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        return file


@dataclass(frozen=True, slots=True)
class TrainingResult:
    """Result of a training. losses: (step, tokens, loss) as logged; tokens are summed over all processes, without padding.

    weights_digest: of the folder at the end of the training. num_cut: None in results of before it was counted.
    """

    weights_digest: str
    num_steps: int
    num_tokens: int
    seconds: float
    num_processes: int
    num_examples: int
    num_left_out: int
    losses: list[tuple[int, int, float]]
    validation_loss_before: float | None
    validation_loss: float | None
    num_cut: int | None = None

    @classmethod
    def of(cls, folder: str) -> TrainingResult | None:
        """The result in a folder; None if there is none yet."""
        if not (Path(folder) / WEIGHTS).is_dir():
            return None
        return cls(**json.loads((Path(folder) / RESULT).read_text(encoding="utf-8")))


def read_lines(file: Path) -> list[dict[str, Any]]:
    """Lines written by this and earlier starts; a line truncated by a kill, and any text appended to it, is skipped."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else []:
        with suppress(ValueError):
            lines.append(json.loads(line))
    return lines


@contextmanager
def alone(folder: str, part: str, seconds: float = 0.0) -> Iterator[None]:
    """Hold an exclusive lock on this part (driver or processes) of the folder; on this machine, or a file system with locks.

    seconds: how long to wait for another holder. Raises ConcurrentRunError on timeout.
    """
    from filelock import FileLock, Timeout

    Path(folder).mkdir(parents=True, exist_ok=True)
    lock = FileLock(f"{folder}/{part}.lock")
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        todo = "Wait for it, then start this one again."
        raise ConcurrentRunError(f"to be the only one that trains {Path(folder).name}", f"another {part} at it", todo) from None
    try:
        yield
    finally:
        lock.release()
