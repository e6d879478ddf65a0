"""The whole pipeline in the test's own process."""

from __future__ import annotations

from bubblenet.context import Context
from bubblenet.jobs import pipeline
from bubblenet.stage import StageReport


def run_all(context: Context) -> dict[str, StageReport]:
    """Run all stages; return their reports by name."""
    return {report.name: report for step in pipeline.STEPS for report in step(context)}
