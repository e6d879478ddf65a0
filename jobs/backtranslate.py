"""Propose instructions for the passages of the snapshot: the question on the page where there is one, else k candidates of the backward
model.

spark-submit --properties-file conf/spark/local.conf jobs/backtranslate.py --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.app.job import main_of
from bubblenet.engines.roles import backward_engine
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage, StageReport, run_stage
from bubblenet.method import passages, yields
from bubblenet.method.recipe import draw_fingerprint, full_recipe
from bubblenet.tables import INSTRUCTIONS
from bubblenet.translation.calibration import translation_calibration
from bubblenet.translation.registry import spec_of
from bubblenet.udfs.instructions import Backtranslate, BacktranslateInTranslation, KeepAsked, TakeQuestion

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.batches import RowTransform
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe


def run(context: Context) -> list[StageReport]:
    """Bring instructions up to date with the distinct passages of the snapshot."""
    recipe = full_recipe(context.settings)
    texts = passages.representatives(context, recipe).persist()
    questions = passages.questions(context, recipe).persist()
    chosen = passages.first_by_hash(texts, context.limit)
    try:
        extraction = run_stage(_extraction(recipe, texts, questions, chosen), context)
        asked = texts.join(questions.select("segment_id").distinct(), on="segment_id", how="left_anti")
        translated = F.col("language").isin(*context.settings.translation.languages)
        generation = run_stage(_generation(context, recipe, asked.where(~translated), chosen), context)
        if generation.num_rows:  # else nothing changed, and the table need not be read for it
            yields.show_instruction_yield(context, recipe)
        reports = [extraction, generation]
        if context.settings.translation.languages:
            reports.append(run_stage(_translation(context, recipe, asked.where(translated), chosen), context))
            if context.settings.translation.cross_lingual:
                reports.append(run_stage(_in_two_languages(context, recipe, texts, chosen), context))
        return reports
    finally:
        texts.unpersist()
        questions.unpersist()


def _extraction(recipe: Recipe, texts: DataFrame, questions: DataFrame, chosen: DataFrame | None) -> Stage:
    requests = questions.join(texts, on="segment_id", how="inner").withColumn(
        "request_id", content_id("segment_id", F.lit("extracted"), "question")
    )
    return Stage("extract", INSTRUCTIONS, recipe["extract"], requests, TakeQuestion(), colocate="segment_id", only=chosen)


def _generation(context: Context, recipe: Recipe, texts: DataFrame, chosen: DataFrame | None) -> Stage:
    """What has a question on its page is not asked for another one: extract before you invent."""
    requests = _candidates(context, texts).withColumn("origin", F.lit("generated"))
    transform = Backtranslate(backward_engine(context.settings), context.settings.backtranslation)
    return _model_stage("backtranslate", recipe, requests, transform, chosen)


def _translation(context: Context, recipe: Recipe, texts: DataFrame, chosen: DataFrame | None) -> Stage:
    """Passages in languages that the model writes poorly are shown to it in one that it writes well."""
    settings = context.settings
    transform = BacktranslateInTranslation(
        Backtranslate(backward_engine(settings), settings.backtranslation),
        spec_of(settings.translation),
        settings.translation.backward_language,
        translation_calibration(settings.translation),
    )
    requests = _candidates(context, texts).withColumn("origin", F.lit("translated"))
    return _model_stage("backtranslate/translated", recipe, requests, transform, chosen)


def _in_two_languages(context: Context, recipe: Recipe, texts: DataFrame, chosen: DataFrame | None) -> Stage:
    """What was asked about translated passages, before it was translated itself: how well that went does not matter here."""
    made = passages.current(context, INSTRUCTIONS, recipe["backtranslate/translated"].id).where("asked_instruction IS NOT NULL")
    asked = made.select("segment_id", "sample_index", "style", "closing", "asked_instruction").join(texts, on="segment_id", how="inner")
    key = content_id("segment_id", F.lit("cross_lingual"), F.col("sample_index").cast("string"), "asked_instruction")
    requests = asked.withColumn("request_id", key)  # candidates that say the same are a row each, as when they are generated
    transform = KeepAsked(context.settings.translation.backward_language)
    name = "backtranslate/cross_lingual"
    return Stage(name, INSTRUCTIONS, recipe[name], requests, transform, colocate="segment_id", only=chosen)


def _candidates(context: Context, texts: DataFrame) -> DataFrame:
    """A request for each candidate of a passage.

    Its key holds the draw: the settings and wordings that decide, with passage and number, how the candidate is asked for.
    """
    draw = F.lit(draw_fingerprint(context.settings).id)
    numbers = F.sequence(F.lit(0), F.lit(context.settings.backtranslation.candidates - 1))
    return texts.withColumn("sample_index", F.explode(numbers)).withColumn(
        "request_id", content_id("segment_id", draw, F.col("sample_index").cast("string"))
    )


def _model_stage(name: str, recipe: Recipe, requests: DataFrame, transform: RowTransform, chosen: DataFrame | None) -> Stage:
    return Stage(name, INSTRUCTIONS, recipe[name], requests, transform, colocate="segment_id", only=chosen, is_model_stage=True)


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return main_of([run], argv)


if __name__ == "__main__":
    sys.exit(main())
