"""The pipeline in the test's own process."""

from __future__ import annotations

from bubblenet.app.job import Step
from bubblenet.jobs import pipeline
from bubblenet.kernel.context import Context
from bubblenet.kernel.stage import StageReport


def run_all(context: Context) -> dict[str, StageReport]:
    """Run all stages; return their reports by name."""
    return run_through(context, pipeline.STEPS[-1])


def run_through(context: Context, last: Step) -> dict[str, StageReport]:
    """Run the steps of the pipeline as far as this one; return the reports of their stages by name."""
    steps = pipeline.STEPS[: pipeline.STEPS.index(last) + 1]
    reports = {report.name: report for step in steps for report in step(context)}
    context.ledger.flush(context.warehouse)
    return reports
