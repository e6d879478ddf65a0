"""Run all stages as one application, ingest to curate.

spark-submit --properties-file conf/spark/local.conf jobs/pipeline.py --input pages/ --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bubblenet.app.job import job_of_steps
from bubblenet.engines.kinds import kind_of
from bubblenet.engines.roles import backward_engine
from bubblenet.jobs import backtranslate, curate, deduplicate, ingest, paraphrase, rights, score, segment
from bubblenet.method.measuring import check_judge
from bubblenet.method.recipe import full_recipe

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stage import StageReport


def check_models(context: Context) -> list[StageReport]:
    """Find the models before any work is done. Raises ModelError when one is missing, refused, or cannot do its part."""
    full_recipe(context.settings)
    backward = backward_engine(context.settings)
    kind_of(backward).check(backward, ["generate"])
    check_judge(context.settings)
    return []


STEPS = (
    check_models,
    ingest.run,
    rights.run,
    segment.run,
    deduplicate.run,
    backtranslate.run,
    score.run,
    paraphrase.run_and_score,
    curate.run,
)


STAGES = {job.JOB.verb: job.stages for job in (ingest, rights, segment, deduplicate, backtranslate, score, paraphrase)}
"""Verb -> the stages of its job: what `run` runs, and `status` counts."""


OF_ALL = (check_models, curate.run)


JOB = job_of_steps("run", __doc__, STEPS, makes_warehouse=True, needs_input=True, of_all=OF_ALL, proposing=backtranslate.stages)


if __name__ == "__main__":
    sys.exit(JOB.main())
