"""Trainings that are repeated: how one is run without Spark, and what several say together.

An interval is over items and repeated trainings: the variances of both means are added, and Student's t has the degrees of freedom of Welch
and Satterthwaite (1946). The smallest effect that a comparison would have shown is t(0.975) + t(0.8) standard errors: at 5 % on both sides,
four times in five.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t

from bubblenet.training.description import TrainingResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.training.description import TrainingJob


def torchrun(job: TrainingJob, processes: int) -> TrainingResult:
    """Train by plain torchrun, in processes of its own."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", f"{processes}"]
    subprocess.run([*command, "-m", "bubblenet.training.finetuning", str(job.write())], check=True, capture_output=True)
    result = TrainingResult.of(job.folder)
    if result is None:
        raise RuntimeError(f"no result in {Path(job.folder)}")
    return result


@dataclass(frozen=True, slots=True)
class Effect:
    """A mean with its interval, and the smallest effect that would have been seen."""

    value: float
    low: float
    high: float
    detectable: float

    def __str__(self) -> str:
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def effect(differences: Sequence[np.ndarray]) -> Effect:
    """The mean over held-out seeds and repetitions; differences: an array over the same held-out seeds for each repetition."""
    table = np.stack(differences)
    of_seeds, of_repeats = table.mean(axis=0), table.mean(axis=1)
    variances = [(means.var(ddof=1) / len(means), len(means) - 1) for means in (of_seeds, of_repeats)]
    total = sum(variance for variance, _ in variances)
    freedom = total**2 / sum(variance**2 / degrees for variance, degrees in variances) if total else np.inf
    error, value = float(np.sqrt(total)), float(table.mean())
    half, power = (float(t.ppf(share, freedom)) * error for share in (0.975, 0.8))
    return Effect(value, value - half, value + half, half + power)
