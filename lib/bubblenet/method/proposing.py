"""The stages that propose instructions: extracted questions, candidates of the backward model, translations and paraphrases."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import functions as F

from bubblenet.engines.roles import backward_engine
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage
from bubblenet.method import passages
from bubblenet.method.decontamination import index_location, publish_index
from bubblenet.method.recipe import draw_fingerprint
from bubblenet.method.rows import current
from bubblenet.tables import INSTRUCTIONS
from bubblenet.translation.calibration import translation_calibration
from bubblenet.translation.registry import spec_of
from bubblenet.udfs.instructions import Backtranslate, BacktranslateInTranslation, KeepAsked, TakeQuestion
from bubblenet.udfs.paraphrases import ParaphraseInstruction

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.batches import RowTransform
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe

PARAPHRASE_TASK_ROWS = 200
"""Instructions per task: a translator takes about a second to start for each chain and leg."""


def extraction(context: Context, recipe: Recipe, questions: DataFrame, chosen: DataFrame | None) -> Stage:
    """The questions on the pages above their passages."""
    return _stage("extract", context, recipe, _asked_on_pages(questions), TakeQuestion(), only=chosen)


def generation(context: Context, recipe: Recipe, wanted: DataFrame, chosen: DataFrame | None) -> Stage:
    """Candidates of the backward model, for passages without an acceptable question on the page: extraction takes precedence."""
    requests = _candidates(context, wanted).withColumn("origin", F.lit("generated"))
    transform = Backtranslate(backward_engine(context.settings), context.settings.backtranslation)
    return _stage("backtranslate", context, recipe, requests, transform, only=chosen, is_model_stage=True)


def translation(context: Context, recipe: Recipe, wanted: DataFrame, chosen: DataFrame | None) -> Stage:
    """Candidates for passages in languages that the model writes poorly, generated from a translation into one that it writes well."""
    settings = context.settings
    transform = BacktranslateInTranslation(
        Backtranslate(backward_engine(settings), settings.backtranslation),
        spec_of(settings.translation),
        settings.translation.backward_language,
        translation_calibration(settings.translation),
    )
    requests = _candidates(context, wanted).withColumn("origin", F.lit("translated"))
    return _stage("backtranslate/translated", context, recipe, requests, transform, only=chosen, is_model_stage=True)


def in_two_languages(context: Context, recipe: Recipe, wanted: DataFrame, chosen: DataFrame | None) -> Stage:
    """Instructions for translated passages, before their own translation, whose quality does not matter here."""
    made = current(context, INSTRUCTIONS, recipe["backtranslate/translated"].id).where("asked_instruction IS NOT NULL")
    asked = made.select("segment_id", "sample_index", "style", "closing", "asked_instruction").join(wanted, on="segment_id", how="inner")
    key = content_id("segment_id", F.lit("cross_lingual"), F.col("sample_index").cast("string"), "asked_instruction")
    requests = asked.withColumn("request_id", key)  # identical candidates have a row each, as when generated
    transform = KeepAsked(context.settings.translation.backward_language)
    return _stage("backtranslate/cross_lingual", context, recipe, requests, transform, only=chosen)


def paraphrasing(context: Context, recipe: Recipe, wanted: DataFrame) -> Stage:
    """Paraphrases of the best instructions of these passages by round-trip translation."""
    settings = context.settings
    parents = passages.parents(wanted, context, recipe).withColumn("request_id", content_id("instruction_id"))

    def payload(rows: DataFrame) -> DataFrame:
        texts = passages.with_texts(rows, context, recipe).drop("language")
        return passages.with_instructions(texts, context, recipe).withColumn("parent_id", F.col("instruction_id")).drop("run_ids")

    transform = ParaphraseInstruction(
        spec_of(settings.translation),
        settings.paraphrasing,
        translation_calibration(settings.translation),
        index_location(context),
        settings.decontamination.min_share,
    )
    return Stage(
        "paraphrase",
        INSTRUCTIONS,
        recipe["paraphrase"],
        parents.select("request_id", "instruction_id", "segment_id", "run_ids"),
        transform,
        payload=payload,
        prepare=partial(publish_index, context),
        min_task_rows=PARAPHRASE_TASK_ROWS,
        is_model_stage=settings.translation.translator == "transformers",
    )


def stated(context: Context, recipe: Recipe, questions: DataFrame) -> DataFrame:
    """segment_id of the passages with a question on their page that the gates did not refuse; the model asks about all others."""
    refused = current(context, INSTRUCTIONS, recipe["extract"].id).where("NOT kept AND status = 'ok'").select("request_id")
    return _asked_on_pages(questions).join(refused, on="request_id", how="left_anti").select("segment_id").distinct()


def _asked_on_pages(questions: DataFrame) -> DataFrame:
    """A request for each question of a passage."""
    return questions.withColumn("request_id", content_id("segment_id", F.lit("extracted"), "question"))


def _candidates(context: Context, wanted: DataFrame) -> DataFrame:
    """A request for each candidate of a passage.

    Its key includes the draw: the settings and wordings that, with passage and number, determine the prompt of the candidate.
    """
    draw = F.lit(draw_fingerprint(context.settings).id)
    numbers = F.sequence(F.lit(0), F.lit(context.settings.backtranslation.candidates - 1))
    return wanted.withColumn("sample_index", F.explode(numbers)).withColumn(
        "request_id", content_id("segment_id", draw, F.col("sample_index").cast("string"))
    )


def _stage(name: str, context: Context, recipe: Recipe, requests: DataFrame, transform: RowTransform, **more: Any) -> Stage:
    """A stage that asks about passages, whose texts come with the requests that are open."""
    payload = partial(passages.with_texts, context=context, recipe=recipe)
    return Stage(name, INSTRUCTIONS, recipe[name], requests, transform, payload=payload, colocate="segment_id", **more)
