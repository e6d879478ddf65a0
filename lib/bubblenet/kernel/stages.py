"""The stages of a job: made once, for the run that answers their requests and for whoever only counts them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing, suppress

from bubblenet.kernel.context import Context
from bubblenet.kernel.stage import Stage, StageReport, run_stage

Stages = Generator[Stage, StageReport | None, None]
"""The stages of a job in their order, each made when those before it have ended, since its requests may follow from their answers. What is
sent for a stage is its report; None where stages are only looked at.
"""

StagesOf = Callable[[Context], Stages]
"""What makes the stages of a job for a context."""


def run_stages(stages_of: StagesOf, context: Context, *, verb: str) -> list[StageReport]:
    """Run the stages of a job in their order. verb: of the job; under it Spark shows what is asked between its stages."""
    reports: list[StageReport] = []
    with context.described(verb), suppress(StopIteration), closing(stages_of(context)) as stages:
        stage = next(stages)
        while True:
            reports.append(run_stage(stage, context))
            stage = stages.send(reports[-1])
    return reports
