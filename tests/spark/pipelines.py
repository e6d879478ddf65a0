"""The pipeline in the test's own process."""

from __future__ import annotations

from collections.abc import Sequence

from bubblenet.app.job import Step
from bubblenet.jobs import pipeline
from bubblenet.kernel.context import Context
from bubblenet.kernel.stage import StageReport


def run_all(context: Context) -> dict[str, StageReport]:
    """Run all stages; return their reports by name."""
    return _run(context, pipeline.STEPS)


def run_through(context: Context, last: Step) -> dict[str, StageReport]:
    """Run the steps of the pipeline as far as this one; return the reports of their stages by name."""
    return _run(context, pipeline.STEPS[: pipeline.STEPS.index(last) + 1])


def run_from(context: Context, first: Step) -> dict[str, StageReport]:
    """Run this step of the pipeline and those after it, in a warehouse that has what comes before; return the reports by name."""
    return _run(context, pipeline.STEPS[pipeline.STEPS.index(first) :])


def _run(context: Context, steps: Sequence[Step]) -> dict[str, StageReport]:
    reports = {report.name: report for step in steps for report in step(context)}
    context.ledger.flush(context.warehouse)
    return reports
