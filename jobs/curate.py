"""Judge the proposed pairs under the current recipe and publish the accepted ones: judgements, curated, recipes.

No model is called. All snapshots are seen. Pairs of passages that nothing touched since the last time keep their rows, under the same rule.

spark-submit --properties-file conf/spark/local.conf jobs/curate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.kernel.checkpointing import checkpoints_of
from bubblenet.kernel.set_stage import retried
from bubblenet.kernel.stage import StageReport
from bubblenet.method import changes, curation, publishing, verdicts
from bubblenet.method.recipe import full_recipe
from bubblenet.method.set_stages import judging
from bubblenet.tables import FILES

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(context: Context) -> list[StageReport]:
    """Bring judgements and curated up to date; again if another driver was faster. Raises AccountingError when a pair has no verdict."""
    with context.described("curate"):
        return [retried(lambda: _curate(context))]


def _curate(context: Context) -> StageReport:
    started = time.monotonic()
    judgements = judging(context.settings.curation).open(context)
    context = context.pinned(*changes.INPUTS, FILES)  # what others commit meanwhile is judged by the next run
    recipe = full_recipe(context.settings)
    curation.write_recipe(context, recipe)
    with checkpoints_of(context.warehouse.plan_location(context.run_id, "curate")) as checkpoint:
        work = curation.find_work(context, recipe, checkpoint)
        num_judged = curation.write_judgements(context, recipe, work, judgements, checkpoint)
        num_published = publishing.write_curated(context, recipe, checkpoint)
        counts = verdicts.count_own_verdicts(context, work.pairs, judgements)
    report = StageReport("curate", counts, num_judged, num_judged + num_published, num_published, 0, time.monotonic() - started)
    report.show(context.console)
    verdicts.show_modes_not_measured(context, counts)
    return report


JOB = job_of_steps("curate", __doc__, [run], follows="paraphrase", of_all=[run])


if __name__ == "__main__":
    sys.exit(JOB.main())
