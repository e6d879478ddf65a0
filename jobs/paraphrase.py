"""Send the best instructions of the snapshot through other languages and back, where settings name any: paraphrases, in table instructions.

What comes back is measured and judged like every other instruction: run score and curate again after it, as the pipeline does.

spark-submit --properties-file conf/spark/local.conf jobs/paraphrase.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bubblenet.app.job import main_of
from bubblenet.jobs import score
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage, StageReport, run_stage
from bubblenet.method import passages, yields
from bubblenet.method.decontamination import publish_index
from bubblenet.method.recipe import full_recipe
from bubblenet.tables import INSTRUCTIONS
from bubblenet.translation.calibration import translation_calibration
from bubblenet.translation.registry import spec_of
from bubblenet.udfs.paraphrases import ParaphraseInstruction

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe

MIN_TASK_ROWS = 200
"""Instructions in a task: a translator takes about a second to start for each chain and leg."""


def run(context: Context) -> list[StageReport]:
    """Bring the paraphrases up to date with the instructions that went on to the judge; nothing without pivots."""
    if not context.settings.paraphrasing.pivots:
        return []
    recipe = full_recipe(context.settings)
    report = run_stage(_stage(context, recipe), context)
    if report.num_rows:
        yields.show_paraphrase_yield(context, recipe)
    return [report]


def run_and_score(context: Context) -> list[StageReport]:
    """The same, and measure what is new; what an earlier run left unmeasured was measured before, with everything else."""
    reports = run(context)
    return reports + score.run(context) if any(report.num_kept_rows for report in reports) else reports


def _stage(context: Context, recipe: Recipe) -> Stage:
    settings = context.settings
    requests = passages.parents(context, recipe).withColumn("request_id", content_id("parent_id"))
    transform = ParaphraseInstruction(
        spec_of(settings.translation),
        settings.paraphrasing,
        translation_calibration(settings.translation),
        publish_index(context),
        settings.decontamination.min_share,
    )
    has_model = settings.translation.translator == "transformers"
    fingerprint = recipe["paraphrase"]
    return Stage("paraphrase", INSTRUCTIONS, fingerprint, requests, transform, min_task_rows=MIN_TASK_ROWS, is_model_stage=has_model)


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return main_of([run], argv)


if __name__ == "__main__":
    sys.exit(main())
