"""Assesses models on the held-out seeds: each answers once; absolute scores and paired differences from baselines."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from bubblenet.assessment.comparing import (
    AT_EQUAL_LENGTH,
    CONSISTENCY,
    NULL_MODEL,
    OTHER_REFERENCE,
    REFERENCE,
    WIN_RATE,
    compare,
    controls,
    win_rates,
)
from bubblenet.corpus.language import IDENTIFIER_VERSION
from bubblenet.engines.kinds import kind_of
from bubblenet.engines.roles import backward_engine, forward_engine
from bubblenet.errors import InputError, ModelError, SettingsError, check_installed
from bubblenet.evaluation.answering import ANSWERING_VERSION
from bubblenet.evaluation.constraints import CONSTRAINTS_VERSION
from bubblenet.export.examples import SEED_TAG, reversed_request
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage, StageReport, run_stage
from bubblenet.method.seeds import seeds_at
from bubblenet.tables import ANSWERS, EVALUATIONS, SEEDS
from bubblenet.training.registry import held_out_share, with_models
from bubblenet.udfs.answers import AnswerSeed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bubblenet.engines.protocol import EngineSpec
    from bubblenet.kernel.context import Context

METRICS = ("log_likelihood", "bleu", "chrf", "rouge_l", "characters")
CONSTRAINTS_MET = "constraints_met"
WIN_RATES = (WIN_RATE, AT_EQUAL_LENGTH, CONSISTENCY)
ALL_KINDS = "all"
_MOST_KINDS = 1000


@dataclass(frozen=True, slots=True)
class Assessed:
    """A model whose answers are in the table. fingerprint: of these answers. answers: seed_id, kind, text and metrics of each.

    constrained: likewise for its constrained answers: seed_id, kind of constraint, whether it was met; None if there are none.
    """

    name: str
    fingerprint: str
    answers: DataFrame
    constrained: Assessed | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The measured part of a row of `evaluations`."""

    model: str
    baseline: str | None
    metric: str
    kind: str
    num_items: int
    value: float
    low: float | None
    high: float | None


def assess(context: Context, models: Sequence[str], baselines: Sequence[str] = ()) -> list[Estimate]:
    """Measure models and their differences from baselines; existing answers are reused.

    models, baselines: names as in the settings. Rows of `evaluations` are written and returned.
    Raises InputError if no seed is held out, or a model was trained on one of them; ModelError if a model is missing or answers nothing;
    SettingsError if one server would answer for several models, or the budget is exhausted; EnvironmentProblem without scorers.
    """
    engines = _engines(context, list(dict.fromkeys([*models, *baselines])))
    version = context.warehouse.version(SEEDS)
    seeds = held_out_requests(context, version).persist()
    kept = [seeds]
    try:
        if seeds.isEmpty():
            raise InputError("seeds that are held out", "none", "bubblenet seeds import starter, or raise seeds.held_out_share.")
        assessed = {name: _answered(context, name, spec, seeds) for name, spec in engines.items()}
        kept += [part.answers.persist() for model in assessed.values() for part in (model, model.constrained) if part]
        frames = [frame for model in assessed.values() for frame in _estimates(context, model, None)]
        for name, other in itertools.product(models, baselines):
            frames += _estimates(context, assessed[name], assessed[other]) if name != other else []
        if context.settings.assessment.judge:
            frames += _comparisons(context, seeds, assessed, models, baselines)
        rows = reduce(DataFrame.unionByName, frames).withColumns(
            {"seeds_version": F.lit(version).cast("long"), "run_id": F.lit(context.run_id), "created_at": F.current_timestamp()}
        )
        kept.append(rows.persist())
        context.warehouse.append(rows.coalesce(1), EVALUATIONS, {"run": context.run_id, "models": list(assessed)})
        return [Estimate(*row) for row in rows.select(*Estimate.__slots__).collect()]  # metrics x kinds x models
    finally:
        for frame in kept:
            frame.unpersist()


def _engines(context: Context, names: Sequence[str]) -> dict[str, EngineSpec]:
    """Engines by model. Before any model runs: all exist, none was trained on seeds held out now, and a server answers for one only."""
    check_installed("train", "sacrebleu", "rouge_score")
    part, share = context.settings.assessment.direction, context.settings.seeds.held_out_share
    specs = {}
    for name in names:
        settings = with_models(context.settings, context.warehouse, {part: name})
        specs[name] = backward_engine(settings) if part == "backward" else forward_engine(settings)
        trained_with = held_out_share(context.warehouse, name)
        if trained_with is not None and share > trained_with:
            got = f"seeds.held_out_share={share}; {name} was trained with {trained_with}"
            raise InputError("seeds that the models were not trained on", got, f"Set seeds.held_out_share={trained_with} or lower.")
    fixed = [spec.kind for spec in specs.values() if not kind_of(spec).runs_any_model]
    if fixed and len(specs) > 1:
        todo = "It answers for each of them: set engine.kind=transformers."
        raise SettingsError(f"one model to assess by a {fixed[0]}", f"{len(specs)}", todo)
    return specs


def check_complete(report: StageReport) -> None:
    """Raise SettingsError if the budget stopped a stage: its results are partial."""
    if report.stopped_by:
        got = f"{report.name} stopped by budget.{report.stopped_by}"
        raise SettingsError("a budget that is enough", got, "Start the same command again: it goes on there.")


def _comparisons(
    context: Context, seeds: DataFrame, assessed: Mapping[str, Assessed], models: Sequence[str], baselines: Sequence[str]
) -> list[DataFrame]:
    """Win rates over the baselines, and two controls: each model against a constant answer, a person's against one to another question."""
    asked = seeds.withColumnRenamed("asked", "question").select("seed_id", "kind", "question")
    known = {**assessed, **{name: Assessed(name, name, answers) for name, answers in controls(seeds).items()}}
    pairs = [(name, other) for name in models for other in [*baselines, NULL_MODEL] if other != name]
    frames = []
    for name, other in dict.fromkeys([*pairs, (REFERENCE, OTHER_REFERENCE)]):
        compared = compare(context, asked, *(known[which].answers.select("seed_id", "text") for which in (name, other)))
        rates = win_rates(compared, ALL_KINDS, _normal_quantile(context))
        frames.append(_named(context, rates, known[name], known[other]))
    return frames


def held_out_requests(context: Context, version: int) -> DataFrame:
    """The held-out seeds as requests, limited to the first ones by hash."""
    settings = context.settings.assessment
    held_out = seeds_at(context, version).where("split = 'held_out'").withColumn("kind", F.coalesce("kind", F.lit("not stated")))
    chosen = _first(held_out, settings.items)
    if settings.direction == "backward":
        asked, system, reference = F.concat("response", F.lit("\n\n" + reversed_request())), F.lit(None), F.col("instruction")
    else:
        tag = SEED_TAG if context.settings.export.tags else None
        asked, system, reference = F.col("instruction"), F.lit(tag), F.col("response")
    named = {"asked": asked, "system": system.cast("string"), "reference": reference, "direction": F.lit(settings.direction)}
    return _requests(
        chosen.select("seed_id", "kind", "language", "response_language", *(column.alias(name) for name, column in named.items()))
    )


def _first(seeds: DataFrame, most: int) -> DataFrame:
    """A stable sample of `most` seeds; 0: all."""
    return seeds.orderBy(content_id("seed_id", F.lit("assessed"))).limit(most) if most else seeds


def _requests(asked: DataFrame) -> DataFrame:
    """Add request_id. Under a constraint, its hash includes the columns that the constraint is drawn by."""
    drawn_by = [F.when(F.col("reference").isNull(), F.concat_ws(" ", "kind", "language", "response_language")).otherwise("")]
    return asked.withColumn("request_id", content_id("seed_id", "direction", F.coalesce("system", F.lit("")), "asked", *drawn_by))


def _answered(context: Context, name: str, spec: EngineSpec, seeds: DataFrame) -> Assessed:
    """Bring `answers` up to date with one model."""
    settings = context.settings.assessment
    parts = {"decoding": settings.model_dump(mode="json", include={"max_new_tokens"}), "code": ANSWERING_VERSION}
    fingerprint = Fingerprint({"engine": spec.fingerprint_parts()} | parts)
    rows = _ask(context, name, Stage(f"assess/{settings.direction}", ANSWERS, fingerprint, seeds, AnswerSeed(spec, settings)))
    derived = {"log_likelihood": F.col("log_likelihood") / F.col("num_tokens"), "characters": F.length("text").cast("double")}
    answers = rows.withColumns(derived).select("seed_id", "kind", "text", *METRICS)
    if settings.direction == "backward" or not settings.constrained_items:
        return Assessed(name, fingerprint.id, answers)
    under_constraint = {"reference": F.lit(None).cast("string"), "direction": F.lit("constrained")}
    requests = _requests(_first(seeds, settings.constrained_items).withColumns(under_constraint).drop("request_id"))
    version = Fingerprint(fingerprint.parts | {"constraints": CONSTRAINTS_VERSION, "language": IDENTIFIER_VERSION})
    rows = _ask(context, name, Stage("assess/constrained", ANSWERS, version, requests, AnswerSeed(spec, settings)))
    met = rows.select("seed_id", F.col("constraint").alias("kind"), F.col("is_met").cast("double").alias(CONSTRAINTS_MET))
    return Assessed(name, fingerprint.id, answers, Assessed(name, version.id, met))


def _ask(context: Context, name: str, stage: Stage) -> DataFrame:
    """The successful answers of a model, one per request, with the kind of the seed."""
    report = run_stage(replace(stage, is_model_stage=True), context)
    check_complete(report)
    if not report.counts.kept:
        raise ModelError(f"answers of {name} to held-out seeds", f"{report.counts}", "SELECT reason, detail FROM answers")
    kept = context.warehouse.read(ANSWERS).where((F.col("fingerprint") == stage.fingerprint.id) & F.col("kept"))
    return kept.join(stage.requests.select("request_id", "kind"), on="request_id", how="inner").dropDuplicates(["request_id"])


def _estimates(context: Context, model: Assessed, baseline: Assessed | None) -> list[DataFrame]:
    """Mean and confidence interval of every metric, by kind and overall; with a baseline, of the paired differences per seed."""
    frames = [_compared(context, model, baseline, METRICS)]
    if model.constrained:
        frames.append(_compared(context, model.constrained, baseline.constrained if baseline else None, (CONSTRAINTS_MET,)))
    return frames


def _compared(context: Context, model: Assessed, baseline: Assessed | None, metrics: Sequence[str]) -> DataFrame:
    values = _differences(model.answers, baseline.answers, metrics) if baseline else model.answers
    return _named(context, _means(context, values, metrics), model, baseline)


def _differences(values: DataFrame, others: DataFrame, metrics: Sequence[str]) -> DataFrame:
    """kind and metrics, each minus the other model's value for the same seed."""
    other = others.select("seed_id", *(F.col(name).alias(f"other_{name}") for name in metrics))
    differences = ((F.col(name) - F.col(f"other_{name}")).alias(name) for name in metrics)
    return values.join(other, on="seed_id", how="inner").select("kind", *differences)


def _means(context: Context, values: DataFrame, metrics: Sequence[str]) -> DataFrame:
    """metric, kind, num_items, value, low, high."""
    kinds = F.explode(F.array("kind", F.lit(ALL_KINDS))).alias("kind")
    named = F.create_map(*(part for name in metrics for part in (F.lit(name), F.col(name)))).alias("metrics")
    long = values.select(kinds, named).select("kind", F.explode("metrics").alias("metric", "value"))
    half = F.lit(_normal_quantile(context)) * F.stddev_samp("value") / F.sqrt(F.count("value"))
    frame = long.groupBy("metric", "kind").agg(F.count("value").alias("num_items"), F.mean("value").alias("mean"), half.alias("half"))
    bounds = ((F.col("mean") - F.col("half")).alias("low"), (F.col("mean") + F.col("half")).alias("high"))
    return frame.select("metric", "kind", "num_items", F.col("mean").alias("value"), *bounds)


def _named(context: Context, frame: DataFrame, model: Assessed, baseline: Assessed | None) -> DataFrame:
    """Rows of `evaluations`, for the most frequent kinds."""
    return frame.orderBy(F.col("num_items").desc(), "kind").limit(_MOST_KINDS * len(METRICS)).select(
        F.lit(model.name).alias("model"),
        F.lit(baseline.name if baseline else None).cast("string").alias("baseline"),
        F.lit(context.settings.assessment.direction).alias("direction"),
        "metric", "kind", "num_items", "value", "low", "high",
        F.lit(model.fingerprint).alias("fingerprint"),
        F.lit(baseline.fingerprint if baseline else None).cast("string").alias("baseline_fingerprint"),
    )  # fmt: skip


def _normal_quantile(context: Context) -> float:
    """Half-width of the confidence interval in standard errors."""
    from scipy.stats import norm

    return float(norm.ppf((1 + context.settings.assessment.confidence) / 2))


def pick(estimates: Sequence[Estimate], model: str, baseline: str | None, metric: str) -> Estimate:
    """The estimate of one metric over all kinds of task."""
    wanted = (model, baseline, metric, ALL_KINDS)
    return next(row for row in estimates if (row.model, row.baseline, row.metric, row.kind) == wanted)
