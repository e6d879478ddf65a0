"""Judge every proposed pair under the current recipe and publish the accepted ones: judgements, curated, recipes.

No model is called: a new threshold or weight redoes this job alone. It sees all snapshots, computes a whole and replaces its round and
policy in one commit; when no input moved it does nothing.

spark-submit --properties-file conf/spark/local.conf jobs/curate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.errors import ConcurrentRunError
from bubblenet.kernel.stage import StageReport
from bubblenet.method import curation
from bubblenet.method.recipe import full_recipe
from bubblenet.tables import FILES

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


_MOST_TRIES = 8


def run(context: Context) -> list[StageReport]:
    """Bring judgements and curated up to date; again if another driver was faster. Raises AccountingError when a pair has no verdict."""
    with context.described("curate"):
        for _ in range(_MOST_TRIES - 1):
            with suppress(ConcurrentRunError):
                return [_curate(context)]
        return [_curate(context)]


def _curate(context: Context) -> StageReport:
    started = time.monotonic()
    transaction = curation.next_transaction(context)
    context = context.pinned(*curation.INPUTS, FILES)  # what others commit meanwhile is judged by the next run
    recipe = full_recipe(context.settings)
    curation.write_recipe(context, recipe)
    pairs = curation.every_pair(context, recipe)
    is_judged, is_published = curation.write_judgements(context, recipe, pairs, transaction), curation.write_curated(context, recipe)
    counts = curation.count_own_verdicts(context, pairs, transaction, is_judged=is_judged)
    judged, published = counts.seen * is_judged, counts.kept * is_published
    report = StageReport("curate", counts, judged, judged + published, published, tokens=0, seconds=time.monotonic() - started)
    report.show(context.console)
    return report


JOB = job_of_steps("curate", __doc__, [run], follows="paraphrase", of_all=[run])


if __name__ == "__main__":
    sys.exit(JOB.main())
