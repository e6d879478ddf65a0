"""What TorchDistributor starts in each process. It is sent by value: where the package came with the job, it is not on the path yet."""

from __future__ import annotations

from typing import Any


def start(job: dict[str, Any]) -> None:
    """Train as the fields of a TrainingJob say."""
    import sys
    from importlib.util import find_spec
    from pathlib import Path

    if find_spec("bubblenet") is None:  # torchrun starts afresh, without what --py-files put on the path of the Python worker
        sys.path[:0] = [str(archive) for archive in Path.cwd().glob("*.zip")]
    from bubblenet.training.description import TrainingJob
    from bubblenet.training.finetuning import finetune

    finetune(TrainingJob(**job))
