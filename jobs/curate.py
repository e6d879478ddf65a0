"""Judge every proposed pair under the current recipe and publish the accepted ones: judgements, curated, recipes.

No model is called: a new threshold or weight redoes this job alone. It sees all snapshots, computes a whole and replaces its round and
policy in one commit; when no input moved it does nothing.

spark-submit --properties-file conf/spark/local.conf jobs/curate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.errors import AccountingError
from bubblenet.kernel.stage import StageReport
from bubblenet.method import curation
from bubblenet.method.recipe import full_recipe
from bubblenet.tables import FILES

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(context: Context) -> list[StageReport]:
    """Bring judgements and curated up to date. Raises AccountingError when a pair has no verdict."""
    started = time.monotonic()
    context = context.pinned(*curation.INPUTS, FILES)  # what others commit meanwhile is judged by the next run
    recipe = full_recipe(context.settings)
    curation.write_recipe(context, recipe)
    pairs = curation.every_pair(context, recipe)
    is_judged, is_published = curation.write_judgements(context, recipe, pairs), curation.write_curated(context, recipe)
    counts = curation.count_verdicts(context, pairs)
    if not counts.is_balanced:
        raise AccountingError("one verdict for each proposed pair", str(counts), "Do not use this round; please report it.")
    num_judged, num_published = counts.seen * is_judged, counts.kept * is_published
    seconds = time.monotonic() - started
    report = StageReport("curate", counts, num_judged, num_judged + num_published, num_published, tokens=0, seconds=seconds)
    report.show(context.console)
    return [report]


JOB = job_of_steps("curate", __doc__, [run], follows="paraphrase", of_all=[run])


if __name__ == "__main__":
    sys.exit(JOB.main())
