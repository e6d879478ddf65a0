"""What pages and their sites allow: which signals are read, which pages a policy withholds, and which passages have no page left.

A signal holds for the page that it is said of, as it was fetched then or before: an opt-out that came later withdraws what was taken
earlier, and one that is gone from a later fetch frees that fetch alone. A site file holds from its fetch until the next one of its host and
kind. What has no date is taken for the stricter case. A passage is withheld when every page that it stands on, in any snapshot, is.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pyspark.sql import Window
from pyspark.sql import functions as F

from bubblenet.corpus.rights.signal import EVERY_AGENT
from bubblenet.corpus.rights.site_files import SITE_FILES
from bubblenet.errors import StaleSnapshotError
from bubblenet.kernel.keys import content_id
from bubblenet.kernel.stage import Stage
from bubblenet.method.rows import current, is_large, only
from bubblenet.tables import DOCUMENTS, RIGHTS, SEGMENTS
from bubblenet.udfs.rights import ReadRights

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe

OPTED_OUT, UNLICENSED = REASONS = ("opted_out", "unlicensed")
"""The reasons of what a policy withholds."""

PAGE = ["document_id", "snapshot"]
"""The key of a page."""

_SITE_PLACES = ("robots_txt", "well_known")
_REQUEST = ("request_id", "document_id", "snapshot", "url", "host", "fetched_at", "claims", "site_file")


def reading_stage(context: Context, recipe: Recipe) -> Stage:
    """The stage that reads the signals of the snapshot's pages, and of site files about pages of any snapshot."""
    requests, payload = _requests(context, recipe, context.snapshot), partial(_with_contents, context=context, recipe=recipe)
    return Stage("rights", RIGHTS, recipe["rights"], requests, ReadRights(agents(context)), payload=payload)


def agents(context: Context) -> tuple[str, ...]:
    """The agents whose exclusion counts."""
    return context.settings.rights.agents


def unread(context: Context, recipe: Recipe, snapshot: str | None = None) -> DataFrame:
    """request_id and snapshot of what was not read under these rules, of one snapshot or all; only ids are read."""
    asked = _requests(context, recipe, snapshot).select("request_id", "snapshot").dropDuplicates(["request_id"])
    read = current(context, RIGHTS, recipe["rights"].id).select("request_id")
    if snapshot is not None:  # of all that was read only this is looked for
        read = read.join(asked.select("request_id"), on="request_id", how="left_semi")
    return asked.join(read, on="request_id", how="left_anti")


def check_read(context: Context, recipe: Recipe) -> None:
    """Raise StaleSnapshotError if a policy would be applied to pages whose signals were not read: they might opt out."""
    if context.settings.rights.policy == "record":
        return
    number, place = unread(context, recipe, context.snapshot).count(), context.warehouse.location
    if number:
        todo = f"Read them first, with the same settings: bubblenet rights --snapshot {context.snapshot} --warehouse {place}"
        got = f"{number:,} that were not read under these rules"
        raise StaleSnapshotError(f"the rights of every page of {context.snapshot}", got, todo)


def withheld(context: Context, recipe: Recipe) -> DataFrame | None:
    """document_id, snapshot, reason of the pages that the policy withholds; None where it can be none, which takes no query."""
    policy = context.settings.rights.policy
    if policy == "record":
        return None
    refused = opted_out(context, recipe)
    out = refused.select(*PAGE).distinct().withColumn("reason", F.lit(OPTED_OUT)) if refused is not None else None
    if policy == "respect":
        return out
    pages = _pages(context, recipe).select(*PAGE).distinct()
    without = pages.join(_licensed(context, recipe), on=PAGE, how="left_anti").withColumn("reason", F.lit(UNLICENSED))
    return without if out is None else without.join(out, on=PAGE, how="left_anti").unionByName(out)


def places(context: Context, recipe: Recipe, among: DataFrame | None = None) -> DataFrame:
    """segment_id and the key of the page of every place of a kept passage; among: only of these passages."""
    return only(current(context, SEGMENTS, recipe["segment"].id).where("kept").select("segment_id", *PAGE), among)


def without_withheld(rows: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The rows of pages that the policy does not withhold; they have the key of a page."""
    pages = withheld(context, recipe)
    return rows if pages is None else rows.join(pages, on=PAGE, how="left_anti")


def barred(context: Context, recipe: Recipe, among: DataFrame | None = None) -> DataFrame | None:
    """segment_id and reason of the passages that stand on withheld pages only; None where it can be none. among: only of these."""
    pages = withheld(context, recipe)
    if pages is None:
        return None
    verdicts = places(context, recipe, among).join(pages, on=PAGE, how="left").groupBy("segment_id")
    found = verdicts.agg(F.min("reason").alias("reason"), F.max(F.col("reason").isNull()).alias("is_free"))
    return found.where(~F.col("is_free")).drop("is_free")


def opted_out(context: Context, recipe: Recipe) -> DataFrame | None:
    """document_id, snapshot, form, signal, place: the pages that opt out, once a signal; None where no row can say no."""
    version = context.version(RIGHTS)  # negative in an older warehouse that is only looked at
    if version < 0 or not context.warehouse.may_hold(RIGHTS, "says", "no", version):
        return None
    chosen = context.settings.rights
    for_us = F.col("agent").isin(EVERY_AGENT, *(agent.lower() for agent in chosen.agents))
    signals = current(context, RIGHTS, recipe["rights"].id).where((F.col("says") == "no") & F.col("signal").isin(*chosen.signals) & for_us)
    is_of_site = F.col("place").isin(*_SITE_PLACES)
    said = ("url", "form", "signal", "place")
    own = signals.where(~is_of_site).select(*said, _time("fetched_at").alias("until"))
    spans = _site_files(context, recipe).select("document_id", F.col("until").alias("next"))
    until = F.col("next") - F.expr("INTERVAL 1 MICROSECOND")
    of_site = signals.where(is_of_site).select("document_id", *said).join(spans, on="document_id", how="inner")
    opt_outs = own.unionByName(of_site.select(*said, until.alias("until")))
    pages = _pages(context, recipe).select(*PAGE, "url", "at")
    held = pages.join(opt_outs, on="url", how="inner").where(_holds("at", "until", F.col("at") <= F.col("until")))
    return held.select(*PAGE, "form", "signal", "place").distinct()


def _licensed(context: Context, recipe: Recipe) -> DataFrame:
    """The key of every page with one of the licences that count."""
    kinds = "|".join(name.replace(".", r"\.") for name in context.settings.rights.licences)
    named = current(context, RIGHTS, recipe["rights"].id).where("licence IS NOT NULL")
    return named.where(F.col("licence").rlike(rf"^(?:{kinds})(?:-[0-9.]+)?$")).select(*PAGE).distinct()


def _requests(context: Context, recipe: Recipe, snapshot: str | None) -> DataFrame:
    """What is to be read: the claims of pages, and each site file for each page that it holds for.

    snapshot: pages of this one, and pages of any for which it has site files; None: of all.
    """
    pages, files = _pages(context, recipe), _site_files(context, recipe)
    here = F.lit(True) if snapshot is None else F.col("snapshot") == snapshot
    claims = pages.where(here & (F.size("claims") > 0))
    key = content_id("document_id", "snapshot", F.to_json("claims"), "fetched_at")
    own = claims.withColumns({"request_id": key, "site_file": F.lit(None).cast("string")})
    pairs = _pairs(pages.where(here), files)
    if snapshot is not None and _has_site_files(context, recipe, snapshot):
        pairs = pairs.unionByName(_pairs(pages.where(~here), files.where(here)))
    return own.select(*_REQUEST).unionByName(_of_files(pairs).select(*_REQUEST))


def _has_site_files(context: Context, recipe: Recipe, snapshot: str) -> bool:
    """Whether pages of other snapshots have to be looked at; of a small table they always are, which costs no query more."""
    return not is_large(context, DOCUMENTS) or not _site_rows(context, recipe).where(F.col("snapshot") == snapshot).isEmpty()


def _pairs(pages: DataFrame, files: DataFrame) -> DataFrame:
    """url, host, snapshot (of the page) with document_id, site_file, fetched_at of each site file that holds for the page."""
    found = files.select("host", "document_id", "site_file", "fetched_at", "until")
    both = pages.where("host IS NOT NULL").select("url", "host", "snapshot", "at").join(found, on="host", how="inner")
    return both.where(_holds("at", "until", F.col("at") < F.col("until"))).drop("at", "until")


def _of_files(pairs: DataFrame) -> DataFrame:
    """Requests, one for each page and file, whenever either was fetched; the same file says the same of the same address."""
    each = pairs.groupBy("url", "document_id", "site_file").agg(*(F.min(name).alias(name) for name in ("host", "snapshot", "fetched_at")))
    claims = F.lit(None).cast("array<struct<place:string,name:string,value:string>>")
    return each.withColumns({"request_id": content_id("url", "document_id", "site_file"), "claims": claims})


def _with_contents(rows: DataFrame, context: Context, recipe: Recipe) -> DataFrame:
    """The requests with the content of their site file; null for claims."""
    files = _site_rows(context, recipe).select("document_id", F.lit(True).alias("is_file"), "content").dropDuplicates(["document_id"])
    asked = rows.withColumn("is_file", F.when(F.col("site_file").isNotNull(), True))
    return asked.join(files, on=["document_id", "is_file"], how="left").drop("is_file")


def _pages(context: Context, recipe: Recipe) -> DataFrame:
    """Every page: its key, url, host, claims, fetched_at, and `at`, the same as a time."""
    documents = current(context, DOCUMENTS, *recipe.readings()).where("kept")
    return documents.select(*PAGE, "url", "host", "claims", "fetched_at", _time("fetched_at").alias("at"))


def _site_rows(context: Context, recipe: Recipe) -> DataFrame:
    return current(context, DOCUMENTS, *recipe.readings()).where((F.col("status") == "ok") & F.col("reason").isin(*SITE_FILES.values()))


def _site_files(context: Context, recipe: Recipe) -> DataFrame:
    """document_id, snapshot, host, site_file, fetched_at of every fetch of a site file; `until`: when the next of its kind was fetched."""
    found = _site_rows(context, recipe).where("host IS NOT NULL")
    rows = found.select(*PAGE, "host", F.col("reason").alias("site_file"), "fetched_at", _time("fetched_at").alias("at")).distinct()
    micros = F.unix_micros("at")
    later = Window.partitionBy("host", "site_file").orderBy(micros).rangeBetween(1, Window.unboundedFollowing)
    return rows.withColumn("until", F.when(F.col("at").isNotNull(), F.min("at").over(later))).drop("at")


def _holds(at: str, until: str, is_in_time: Column) -> Column:
    """Whether a signal holds for a page; without one of the dates it does."""
    return F.col(at).isNull() | F.col(until).isNull() | is_in_time


def _time(column: str) -> Column:
    """A date of ISO 8601 as a time; null for what is none."""
    return F.try_to_timestamp(F.col(column))
