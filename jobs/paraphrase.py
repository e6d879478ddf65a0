"""Send the best instructions of the snapshot through other languages and back, where settings name any: paraphrases, in table instructions.

What comes back is measured and judged like every other instruction: run score and curate again after it, as the pipeline does.

spark-submit --properties-file conf/spark/local.conf jobs/paraphrase.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.jobs import score
from bubblenet.kernel.stage import StageReport
from bubblenet.kernel.stages import Stages, run_stages
from bubblenet.method import passages, proposing, yields
from bubblenet.method.recipe import full_recipe
from bubblenet.method.rows import holding

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def stages(context: Context) -> Stages:
    """Paraphrasing; nothing without pivots."""
    if context.settings.paraphrasing.pivots:
        recipe = full_recipe(context.settings)
        with holding(context) as hold:
            report = yield proposing.paraphrasing(context, recipe, passages.represented(context, recipe, hold))
        if report and report.num_rows:
            yields.show_paraphrase_yield(context, recipe)


run = partial(run_stages, stages, verb="paraphrase")


def run_and_score(context: Context) -> list[StageReport]:
    """The same, and measure what is new; what an earlier run left unmeasured was measured before, with everything else."""
    reports = run(context)
    return reports + score.run(context) if any(report.num_kept_rows for report in reports) else reports


JOB = job_of_steps("paraphrase", __doc__, [run], follows="score")


if __name__ == "__main__":
    sys.exit(JOB.main())
