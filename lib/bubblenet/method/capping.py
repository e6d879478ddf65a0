"""Caps against a domain that floods the selection: of each registered domain the best pairs, as many as the cap allows.

Pages of one owner cost nothing, and few are enough: Carlini et al. (arXiv:2302.10149) count 0.01 % of a data set of the web as practical to
poison. What is left depends on the pairs alone, not on the order in which snapshots arrived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.method import rights
from bubblenet.method.rows import current
from bubblenet.tables import DOCUMENTS, INSTRUCTIONS, SEGMENTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe
    from bubblenet.settings import Curation

DOMAIN_CAP = "domain_cap"
"""The reason of a pair beyond the cap of its domain."""


def capped(judged: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The judged pairs, those beyond the cap of their domain rejected; as they are where there are too few to reach a cap."""
    curation = context.settings.curation
    if context.warehouse.read(INSTRUCTIONS, context.version(INSTRUCTIONS)).count() <= curation.domain_rows:  # answered by the log
        return judged
    return cap_domains(judged, domains(context, recipe), curation)


def domains(context: Context, recipe: Recipe) -> DataFrame:
    """segment_id and the registered domain of a page that it stands on: of several the first by name. Pages of files have none."""
    pages = current(context, DOCUMENTS, *recipe.readings()).where("kept AND registered_domain IS NOT NULL")
    named = pages.groupBy(*rights.PAGE).agg(F.min("registered_domain").alias("registered_domain"))
    places = current(context, SEGMENTS, recipe["segment"].id).where("kept").select("segment_id", *rights.PAGE)
    free = rights.without_withheld(places, context, recipe)
    return free.join(named, on=rights.PAGE, how="inner").groupBy("segment_id").agg(F.min("registered_domain").alias("registered_domain"))


def cap_domains(judged: DataFrame, domains: DataFrame, curation: Curation) -> DataFrame:
    """Reject the accepted pairs of a domain beyond its cap, the best by quality left: a share of all accepted ones, or the free number.

    judged: instruction_id, segment_id, kept, quality, grade, reason. domains: segment_id, registered_domain.
    """
    accepted = judged.where("kept").select("instruction_id", "segment_id", "quality")
    total = accepted.agg(F.count("*").alias("total"))
    best = Window.partitionBy("registered_domain").orderBy(F.col("quality").desc(), "instruction_id")
    ranked = accepted.join(domains, on="segment_id", how="inner").withColumn("place", F.row_number().over(best))
    cap = F.greatest(F.lit(curation.domain_rows), F.floor(F.col("total") * curation.domain_share))
    beyond = ranked.crossJoin(F.broadcast(total)).where(F.col("place") > cap).select("instruction_id", F.lit(True).alias("is_beyond"))
    is_beyond = F.col("is_beyond").isNotNull()
    verdict = {
        "reason": F.when(is_beyond, DOMAIN_CAP).otherwise(F.col("reason")),
        "kept": F.col("kept") & ~is_beyond,
        "grade": F.when(~is_beyond, F.col("grade")),
    }
    return judged.join(beyond, on="instruction_id", how="left").withColumns(verdict).drop("is_beyond")
