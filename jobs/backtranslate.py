"""Propose instructions for the passages of the snapshot: the question on the page where there is one, else k candidates of the backward
model.

spark-submit --properties-file conf/spark/local.conf jobs/backtranslate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet import passages, yields
from bubblenet.job import main_of
from bubblenet.recipe import backward_engine, draw_fingerprint, full_recipe
from bubblenet.stage import Stage, StageReport, run_stage
from bubblenet.tables import INSTRUCTIONS
from bubblenet.udfs.instructions import Backtranslate, TakeQuestion

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.context import Context
    from bubblenet.recipe import Recipe


def run(context: Context) -> list[StageReport]:
    """Bring instructions up to date with the distinct passages of the snapshot."""
    recipe = full_recipe(context.settings)
    texts = passages.representatives(context, recipe).persist()
    questions = passages.questions(context, recipe).persist()
    chosen = passages.sample(texts, context.limit)
    try:
        extraction = run_stage(_extraction(recipe, texts, questions, chosen), context)
        generation = run_stage(_generation(context, recipe, texts, questions, chosen), context)
        if generation.num_rows:  # else nothing changed, and the table need not be read for it
            yields.show_instruction_yield(context, recipe)
        return [extraction, generation]
    finally:
        texts.unpersist()
        questions.unpersist()


def _extraction(recipe: Recipe, texts: DataFrame, questions: DataFrame, chosen: DataFrame | None) -> Stage:
    requests = questions.join(texts, on="segment_id", how="inner").withColumn(
        "request_id", passages.content_id("segment_id", F.lit("extracted"), "question")
    )
    return Stage("extract", INSTRUCTIONS, recipe["extract"], requests, TakeQuestion(), colocate="segment_id", sample=chosen)


def _generation(context: Context, recipe: Recipe, texts: DataFrame, questions: DataFrame, chosen: DataFrame | None) -> Stage:
    """What has a question on its page is not asked for another one: extract before you invent.

    The key of a request holds the draw: the settings and wordings that decide, with passage and number, how the candidate is asked for.
    """
    settings, fingerprint = context.settings.backtranslation, recipe["backtranslate"]
    draw = F.lit(draw_fingerprint(context.settings).id)
    requests = (
        texts.join(questions.select("segment_id").distinct(), on="segment_id", how="left_anti")
        .withColumn("sample_index", F.explode(F.sequence(F.lit(0), F.lit(settings.candidates - 1))))
        .withColumn("request_id", passages.content_id("segment_id", draw, F.col("sample_index").cast("string")))
        .withColumn("origin", F.lit("generated"))
    )
    transform = Backtranslate(backward_engine(context.settings), settings)
    return Stage("backtranslate", INSTRUCTIONS, fingerprint, requests, transform, colocate="segment_id", sample=chosen, is_model_stage=True)


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return main_of([run], argv)


if __name__ == "__main__":
    sys.exit(main())
