"""Pairwise win rates by a judge: both orders of the answers, also at equal length, and two controls that a judge can fail.

A constant answer, whatever the question, must lose: a judge that prefers it is fooled by form (Zheng et al. 2024, Cheating Automatic LLM
Benchmarks, arXiv:2410.07137). A person's answer must win against a person's answer to another question of the same kind: a judge that
does not prefer it does not read the question. Order consistency is the share of pairs for which both orders name the same winner (Zheng
et al. 2023, arXiv:2306.05685, section 3.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.engines.roles import forward_engine
from bubblenet.kernel.fingerprint import Fingerprint
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage, run_stage
from bubblenet.prompts.comparison import COMPARISON_VERSION
from bubblenet.tables import COMPARISONS
from bubblenet.training.registry import with_models
from bubblenet.udfs.answers import CompareAnswers

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.context import Context

NULL_MODEL = "null"
NULL_ANSWER = "I have considered your question with care. Here is a complete, correct and well-organised answer to it, as you asked."

REFERENCE, OTHER_REFERENCE = "reference", "other_reference"
"""The person's answer, and the person's answer to another seed of the same kind, in place of a model's."""

WIN_RATE, AT_EQUAL_LENGTH, CONSISTENCY = "win_rate", "win_rate_at_equal_length", "order_consistency"


_LEAST_SPREAD = 0.25
"""Lengths are whole numbers: a smaller sum of squares is that of equal ones, by rounding."""


def compare(context: Context, seeds: DataFrame, answers: DataFrame, others: DataFrame) -> DataFrame:
    """seed_id, kind, win (0 to 1), agrees (1 where both orders name the same winner, else 0), longer (by how many characters).

    seeds: seed_id, kind, question. answers, others: seed_id, text.
    """
    pairs = seeds.join(answers, on="seed_id", how="inner").join(others.withColumnRenamed("text", "other"), on="seed_id", how="inner")
    fingerprint, both = _compared(context, pairs)
    judged = context.warehouse.read(COMPARISONS).where((F.col("fingerprint") == fingerprint) & F.col("kept"))
    wins = judged.select("request_id", "first_wins").dropDuplicates(["request_id"])
    as_first = wins.select(F.col("request_id").alias("first_id"), F.col("first_wins").alias("as_first"))
    as_second = wins.select(F.col("request_id").alias("second_id"), F.col("first_wins").alias("as_second"))
    found = both.join(as_first, on="first_id", how="inner").join(as_second, on="second_id", how="inner")
    win = (F.col("as_first") + 1 - F.col("as_second")) / 2
    agrees = ((F.col("as_first") - 0.5) * (0.5 - F.col("as_second")) > 0).cast("double")
    longer = (F.length("text") - F.length("other")).cast("double")
    return found.select("seed_id", "kind", win.alias("win"), agrees.alias("agrees"), longer.alias("longer"))


def controls(seeds: DataFrame) -> dict[str, DataFrame]:
    """What stands in for a model's answers in the controls, by name: seed_id, kind, text. seeds: seed_id, kind, reference.

    The other seed is the next one of the same kind by hash; a kind with a single seed has none.
    """
    in_turn = Window.partitionBy("kind").orderBy(content_id("seed_id", F.lit("another")))
    whole = in_turn.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    following = F.coalesce(F.lead("reference").over(in_turn), F.first("reference").over(whole))
    texts = {NULL_MODEL: F.lit(NULL_ANSWER), REFERENCE: F.col("reference"), OTHER_REFERENCE: following}
    answers = {name: seeds.select("seed_id", "kind", "reference", text.alias("text")) for name, text in texts.items()}
    return answers | {OTHER_REFERENCE: answers[OTHER_REFERENCE].where("text != reference")}


def _compared(context: Context, pairs: DataFrame) -> tuple[str, DataFrame]:
    """Judge both orders of each pair, once; returns the judge's fingerprint, and the pairs with the ids of both requests."""
    settings = with_models(context.settings, context.warehouse, {"forward": context.settings.assessment.judge})
    spec = forward_engine(settings)
    fingerprint = Fingerprint({"engine": spec.fingerprint_parts(), "code": COMPARISON_VERSION})
    both = pairs.withColumns({"first_id": content_id("seed_id", "text", "other"), "second_id": content_id("seed_id", "other", "text")})
    orders = (("first_id", "text", "other"), ("second_id", "other", "text"))
    asked = [
        both.select("seed_id", "question", F.col(name).alias("request_id"), F.col(first).alias("first"), F.col(second).alias("second"))
        for name, first, second in orders
    ]
    requests = asked[0].unionByName(asked[1])
    stage = Stage("assess/comparison", COMPARISONS, fingerprint, requests, CompareAnswers(spec), colocate="seed_id", is_model_stage=True)
    run_stage(stage, context)
    return fingerprint.id, both


def win_rates(compared: DataFrame, all_kinds: str, quantile: float) -> DataFrame:
    """metric, kind, num_items, value, low, high: the mean win, the win at equal length by linear regression, the order consistency.

    quantile: of the normal distribution, for the interval. The second is the intercept of win on the difference in length, with its
    standard error (after the length-controlled win rates of Dubois et al. 2024, arXiv:2404.04475, with a linear instead of their logistic
    model); if all differences are equal, regression is impossible and it is the mean.
    """
    each = compared.withColumn("kind", F.explode(F.array("kind", F.lit(all_kinds)))).groupBy("kind")
    num = F.count("win")
    sxx = F.when(F.regr_sxx("win", "longer") >= _LEAST_SPREAD, F.regr_sxx("win", "longer"))
    sums = each.agg(
        num.alias("num_items"),
        F.mean("win").alias("mean"),
        (F.stddev_samp("win") / F.sqrt(num)).alias("error"),
        F.mean("agrees").alias("agreement"),
        (F.stddev_samp("agrees") / F.sqrt(num)).alias("agreement_error"),
        F.when(sxx.isNotNull(), F.regr_intercept("win", "longer")).alias("intercept"),
        (F.regr_syy("win", "longer") - F.regr_sxy("win", "longer") ** 2 / sxx).alias("rest"),
        sxx.alias("sxx"),
        F.mean("longer").alias("longer"),
    )
    spread = F.sqrt(F.greatest("rest", F.lit(0.0)) / F.when(F.col("num_items") > 2, F.col("num_items") - 2))
    at_equal = spread * F.sqrt(1 / F.col("num_items") + F.col("longer") ** 2 / F.col("sxx"))
    rows = F.array(
        _row(WIN_RATE, F.col("mean"), F.col("error")),
        _row(AT_EQUAL_LENGTH, F.coalesce("intercept", "mean"), at_equal),
        _row(CONSISTENCY, F.col("agreement"), F.col("agreement_error")),
    )
    long = sums.select("kind", "num_items", F.inline(rows))
    half = F.lit(quantile) * F.col("error")
    return long.select("metric", "kind", "num_items", "value", (F.col("value") - half).alias("low"), (F.col("value") + half).alias("high"))


def _row(metric: str, value: Column, error: Column) -> Column:
    return F.struct(F.lit(metric).alias("metric"), value.alias("value"), error.alias("error"))
