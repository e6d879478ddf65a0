"""Caps against a domain that floods the selection: of each registered domain the best pairs, as many as the cap allows.

Pages of one owner cost nothing, and few are enough: Carlini et al. (arXiv:2302.10149) count 0.01 % of a data set of the web as practical to
poison. What is left depends on the pairs alone, not on the order in which snapshots arrived.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.method import rights
from bubblenet.method.rows import current, only
from bubblenet.tables import DOCUMENTS, INSTRUCTIONS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe
    from bubblenet.settings import Curation

DOMAIN_CAP = "domain_cap"
"""The reason of a pair beyond the cap of its domain."""


def may_cap(context: Context) -> bool:
    """Whether there are enough pairs to reach a cap."""
    return context.warehouse.num_rows(INSTRUCTIONS, context.version(INSTRUCTIONS)) > context.settings.curation.domain_rows


def capped(judged: DataFrame, domains: DataFrame | None, context: Context, others: DataFrame | None = None) -> DataFrame:
    """The judged pairs with their registered_domain, those beyond its cap rejected; without one where there are too few to reach a cap.

    domains: of the passages of these pairs; None where no cap can be reached. others: the other pairs that were accepted before any cap.
    """
    if domains is None:
        return judged.withColumn("registered_domain", F.lit(None).cast("string"))
    return cap_domains(judged, domains, context.settings.curation, others)


def accepted_before(stored: DataFrame) -> DataFrame:
    """Judgements that were accepted before any cap."""
    return stored.where(F.col("kept") | (F.col("reason") == DOMAIN_CAP))


def flooded(stored: DataFrame, among: DataFrame, domains: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """segment_id, registered_domain of the accepted pairs of domains at which a cap cuts, or may when some passages are judged anew.

    stored: judgements of all passages, as they are. Pairs of a domain are ranked together, so these are judged anew, too.
    domains: of the passages that are judged anew.
    """
    curation, accepted = context.settings.curation, accepted_before(stored)
    others = accepted.join(among.select("segment_id"), on="segment_id", how="left_anti").agg(F.count("*").alias("others"))
    asked = only(current(context, INSTRUCTIONS, *recipe.instructions()).select("segment_id"), among)
    coming = asked.join(domains, on="segment_id", how="inner").groupBy("registered_domain").agg(F.count("*").alias("coming"))
    is_cut = F.max(F.col("reason").isNotNull()).alias("is_cut")
    there = accepted.groupBy("registered_domain").agg(F.count("*").alias("there"), is_cut)
    least = F.greatest(F.lit(curation.domain_rows), F.floor(F.col("others") * curation.domain_share))
    many = F.coalesce("there", F.lit(0)) + F.coalesce("coming", F.lit(0)) > least
    met = there.join(coming, on="registered_domain", how="full").crossJoin(F.broadcast(others))
    cut = met.where(F.col("registered_domain").isNotNull() & (many | F.col("is_cut"))).select("registered_domain")
    return accepted.join(F.broadcast(cut), on="registered_domain", how="left_semi").select("segment_id", "registered_domain")


def domains_of(places: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """segment_id and the registered domain of a page that it stands on: of several the first by name. Pages of files have none.

    places: as rights.places; pages that the policy withholds are left out.
    """
    pages = current(context, DOCUMENTS, *recipe.readings()).where("kept AND registered_domain IS NOT NULL")
    named = rights.without_withheld(places, context, recipe).join(pages.select(*rights.PAGE, "registered_domain"), on=rights.PAGE)
    return named.groupBy("segment_id").agg(F.min("registered_domain").alias("registered_domain"))


def cap_domains(judged: DataFrame, domains: DataFrame, curation: Curation, others: DataFrame | None = None) -> DataFrame:
    """Reject the accepted pairs of a domain beyond its cap, the best by quality left: a share of all accepted ones, or the free number.

    judged: instruction_id, segment_id, kept, quality, grade, reason. domains: segment_id, registered_domain. others: accepted pairs
    that are not among these. Returns judged with registered_domain.
    """
    named = judged.join(domains, on="segment_id", how="left")
    accepted = named.where("kept").select("instruction_id", "registered_domain", "quality")
    counted = accepted.select("instruction_id") if others is None else accepted.select("instruction_id").unionByName(others)
    total = counted.agg(F.count("*").alias("total"))
    best = Window.partitionBy("registered_domain").orderBy(F.col("quality").desc(), "instruction_id")
    ranked = accepted.where("registered_domain IS NOT NULL").withColumn("place", F.row_number().over(best))
    cap = F.greatest(F.lit(curation.domain_rows), F.floor(F.col("total") * curation.domain_share))
    beyond = ranked.crossJoin(F.broadcast(total)).where(F.col("place") > cap).select("instruction_id", F.lit(True).alias("is_beyond"))
    is_beyond = F.col("is_beyond").isNotNull()
    verdict = {
        "reason": F.when(is_beyond, DOMAIN_CAP).otherwise(F.col("reason")),
        "kept": F.col("kept") & ~is_beyond,
        "grade": F.when(~is_beyond, F.col("grade")),
    }
    return named.join(beyond, on="instruction_id", how="left").withColumns(verdict).drop("is_beyond")
