"""Say which passage stands for which, so that text is paid for once, and leave out what holds evaluation items: minhash_index, duplicates.

spark-submit --properties-file conf/spark/local.conf jobs/deduplicate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.kernel.stages import Stages, run_stages
from bubblenet.method import deduplication

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def stages(context: Context) -> Stages:
    """Signing, and the comparison of what is signed."""
    yield deduplication.signing(context)
    yield deduplication.comparing(context)


run = partial(run_stages, stages, verb="deduplicate")


JOB = job_of_steps("deduplicate", __doc__, [run], follows="segment")


if __name__ == "__main__":
    sys.exit(JOB.main())
