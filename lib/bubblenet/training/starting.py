"""Entry point of TorchDistributor's processes. Pickled by value: if the package is shipped with the job, it is not importable yet."""

from __future__ import annotations

from typing import Any


def start(job: dict[str, Any]) -> None:
    """Train as described by the fields of a TrainingJob."""
    import sys
    from importlib.util import find_spec
    from pathlib import Path

    if find_spec("bubblenet") is None:  # torchrun starts a fresh interpreter, without the Python worker's --py-files on its path
        sys.path[:0] = [str(archive) for archive in Path.cwd().glob("*.zip")]
    from bubblenet.training.description import TrainingJob
    from bubblenet.training.finetuning import finetune

    finetune(TrainingJob(**job))
