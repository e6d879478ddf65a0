"""Propose instructions for the passages of the snapshot, the page's own question or k candidates of the backward model: instructions.

spark-submit --properties-file conf/spark/local.conf jobs/backtranslate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.app.job import job_of_steps
from bubblenet.kernel.stage import StageReport
from bubblenet.kernel.stages import Stages, run_stages
from bubblenet.method import passages, proposing, rights, yields
from bubblenet.method.recipe import corpus_recipe, full_recipe
from bubblenet.method.rows import holding
from bubblenet.tables import INSTRUCTIONS

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def stages(context: Context) -> Stages:
    """The questions on the pages, and the candidates of the model for passages without one. The ids are looked up once."""
    recipe, chosen_languages = full_recipe(context.settings), context.settings.translation.languages
    with holding(context) as hold:
        here = hold(passages.occurrences(context, recipe, hold), INSTRUCTIONS)
        wanted = here.select(F.col("representative_id").alias("segment_id")).distinct()
        questions, chosen = passages.questions(here), passages.first_by_hash(wanted, context.limit)
        yield proposing.extraction(context, recipe, questions, chosen)
        asked = wanted.join(proposing.stated(context, recipe, questions), on="segment_id", how="left_anti")
        if chosen_languages:
            asked = passages.with_texts(asked, context, recipe).drop("text")
        translated = F.col("language").isin(*chosen_languages)
        own = asked.where(~translated).select("segment_id") if chosen_languages else asked
        generation = yield proposing.generation(context, recipe, own, chosen)
        if generation and generation.num_rows:  # else nothing changed, and the table need not be read for it
            yields.show_instruction_yield(context, recipe)
        if chosen_languages:
            yield proposing.translation(context, recipe, asked.where(translated).select("segment_id"), chosen)
            if context.settings.translation.cross_lingual:
                yield proposing.in_two_languages(context, recipe, wanted, chosen)


def run(context: Context) -> list[StageReport]:
    """Bring instructions up to date with the distinct passages of the snapshot."""
    with context.described("backtranslate"):
        rights.check_read(context, corpus_recipe(context.settings))
    return run_stages(stages, context, verb="backtranslate")


JOB = job_of_steps("backtranslate", __doc__, [run], follows="deduplicate")


if __name__ == "__main__":
    sys.exit(JOB.main())
