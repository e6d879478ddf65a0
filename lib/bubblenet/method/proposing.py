"""The stages that propose instructions: extracted questions, candidates of the backward model, translations and paraphrases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.engines.roles import backward_engine
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage
from bubblenet.method import passages
from bubblenet.method.decontamination import publish_index
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


def extraction(recipe: Recipe, texts: DataFrame, questions: DataFrame, chosen: DataFrame | None) -> Stage:
    """The questions on the pages above their passages."""
    requests = _asked_on_pages(questions.join(texts, on="segment_id", how="inner"))
    return Stage("extract", INSTRUCTIONS, recipe["extract"], requests, TakeQuestion(), colocate="segment_id", only=chosen)


def generation(context: Context, recipe: Recipe, texts: DataFrame, chosen: DataFrame | None) -> Stage:
    """Candidates of the backward model, for passages without an acceptable question on the page: extraction takes precedence."""
    requests = _candidates(context, texts).withColumn("origin", F.lit("generated"))
    transform = Backtranslate(backward_engine(context.settings), context.settings.backtranslation)
    return _model_stage("backtranslate", recipe, requests, transform, chosen)


def translation(context: Context, recipe: Recipe, texts: DataFrame, chosen: DataFrame | None) -> Stage:
    """Candidates for passages in languages that the model writes poorly, generated from a translation into one that it writes well."""
    settings = context.settings
    transform = BacktranslateInTranslation(
        Backtranslate(backward_engine(settings), settings.backtranslation),
        spec_of(settings.translation),
        settings.translation.backward_language,
        translation_calibration(settings.translation),
    )
    requests = _candidates(context, texts).withColumn("origin", F.lit("translated"))
    return _model_stage("backtranslate/translated", recipe, requests, transform, chosen)


def in_two_languages(context: Context, recipe: Recipe, texts: DataFrame, chosen: DataFrame | None) -> Stage:
    """Instructions for translated passages, before their own translation, whose quality does not matter here."""
    made = current(context, INSTRUCTIONS, recipe["backtranslate/translated"].id).where("asked_instruction IS NOT NULL")
    asked = made.select("segment_id", "sample_index", "style", "closing", "asked_instruction").join(texts, on="segment_id", how="inner")
    key = content_id("segment_id", F.lit("cross_lingual"), F.col("sample_index").cast("string"), "asked_instruction")
    requests = asked.withColumn("request_id", key)  # identical candidates have a row each, as when generated
    transform = KeepAsked(context.settings.translation.backward_language)
    name = "backtranslate/cross_lingual"
    return Stage(name, INSTRUCTIONS, recipe[name], requests, transform, colocate="segment_id", only=chosen)


def paraphrasing(context: Context, recipe: Recipe) -> Stage:
    """Paraphrases of the snapshot's best instructions by round-trip translation."""
    settings = context.settings
    requests = passages.parents(context, recipe).withColumn("request_id", content_id("parent_id"))
    transform = ParaphraseInstruction(
        spec_of(settings.translation),
        settings.paraphrasing,
        translation_calibration(settings.translation),
        publish_index(context),
        settings.decontamination.min_share,
    )
    has_model = settings.translation.translator == "transformers"
    fingerprint = recipe["paraphrase"]
    return Stage("paraphrase", INSTRUCTIONS, fingerprint, requests, transform, min_task_rows=PARAPHRASE_TASK_ROWS, is_model_stage=has_model)


def stated(context: Context, recipe: Recipe, questions: DataFrame) -> DataFrame:
    """segment_id of the passages with a question on their page that the gates did not refuse; the model asks about all others."""
    refused = current(context, INSTRUCTIONS, recipe["extract"].id).where("NOT kept AND status = 'ok'").select("request_id")
    return _asked_on_pages(questions).join(refused, on="request_id", how="left_anti").select("segment_id").distinct()


def open_passages(context: Context, recipe: Recipe, wanted: DataFrame) -> DataFrame:
    """segment_id of the wanted passages for which an instruction is still to be asked for: each question on a page, or each candidate."""
    questions = passages.questions(context, recipe).join(wanted, on="segment_id", how="left_semi")
    candidates = _candidates(context, wanted.join(stated(context, recipe, questions), on="segment_id", how="left_anti"))
    requests = [frame.select("segment_id", "request_id") for frame in (_asked_on_pages(questions), candidates)]
    asked = current(context, INSTRUCTIONS, *recipe.instructions()).select("request_id")
    return requests[0].unionByName(requests[1]).join(asked, on="request_id", how="left_anti").select("segment_id").distinct()


def _asked_on_pages(questions: DataFrame) -> DataFrame:
    """A request for each question of a passage."""
    return questions.withColumn("request_id", content_id("segment_id", F.lit("extracted"), "question"))


def _candidates(context: Context, texts: DataFrame) -> DataFrame:
    """A request for each candidate of a passage.

    Its key includes the draw: the settings and wordings that, with passage and number, determine the prompt of the candidate.
    """
    draw = F.lit(draw_fingerprint(context.settings).id)
    numbers = F.sequence(F.lit(0), F.lit(context.settings.backtranslation.candidates - 1))
    return texts.withColumn("sample_index", F.explode(numbers)).withColumn(
        "request_id", content_id("segment_id", draw, F.col("sample_index").cast("string"))
    )


def _model_stage(name: str, recipe: Recipe, requests: DataFrame, transform: RowTransform, chosen: DataFrame | None) -> Stage:
    return Stage(name, INSTRUCTIONS, recipe[name], requests, transform, colocate="segment_id", only=chosen, is_model_stage=True)
