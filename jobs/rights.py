"""Read what pages and their sites say about the use of their text: headers, elements, robots.txt, tdmrep.json: rights.

Pages of older snapshots are looked at again where this one brought a new file of their site. No page is read for it.

spark-submit --properties-file conf/spark/local.conf jobs/rights.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.kernel.stages import Stages, run_stages
from bubblenet.method import rights
from bubblenet.method.recipe import corpus_recipe

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def stages(context: Context) -> Stages:
    """The reading of what pages and site files say."""
    yield rights.reading_stage(context, corpus_recipe(context.settings))


run = partial(run_stages, stages, verb="rights")


JOB = job_of_steps("rights", __doc__, [run], follows="ingest")


if __name__ == "__main__":
    sys.exit(JOB.main())
