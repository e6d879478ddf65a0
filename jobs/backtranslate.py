"""Propose instructions for the passages of the snapshot, the page's own question or k candidates of the backward model: instructions.

spark-submit --properties-file conf/spark/local.conf jobs/backtranslate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.app.job import job_of_steps
from bubblenet.kernel.stage import StageReport, run_stage
from bubblenet.method import passages, proposing, rights, yields
from bubblenet.method.recipe import full_recipe

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(context: Context) -> list[StageReport]:
    """Bring instructions up to date with the distinct passages of the snapshot."""
    recipe = full_recipe(context.settings)
    rights.check_read(context, recipe)
    texts = passages.representatives(context, recipe).persist()
    questions = passages.questions(context, recipe).persist()
    chosen = passages.first_by_hash(texts, context.limit)
    try:
        extraction = run_stage(proposing.extraction(recipe, texts, questions, chosen), context)
        asked = texts.join(proposing.stated(context, recipe, questions), on="segment_id", how="left_anti")
        translated = F.col("language").isin(*context.settings.translation.languages)
        generation = run_stage(proposing.generation(context, recipe, asked.where(~translated), chosen), context)
        if generation.num_rows:  # else nothing changed, and the table need not be read for it
            yields.show_instruction_yield(context, recipe)
        reports = [extraction, generation]
        if context.settings.translation.languages:
            reports.append(run_stage(proposing.translation(context, recipe, asked.where(translated), chosen), context))
            if context.settings.translation.cross_lingual:
                reports.append(run_stage(proposing.in_two_languages(context, recipe, texts, chosen), context))
        return reports
    finally:
        texts.unpersist()
        questions.unpersist()


JOB = job_of_steps("backtranslate", __doc__, [run], follows="deduplicate")


if __name__ == "__main__":
    sys.exit(JOB.main())
