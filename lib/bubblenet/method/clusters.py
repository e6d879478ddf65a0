"""Incremental near-duplicate clustering of passages: assigns new passages to representatives, given earlier runs' assignments.

Older passages win: a published representative is never replaced. A new passage joins the cluster of any passage it is similar to; if it is
similar to passages of several old clusters, it joins the one with the smallest id, and the others are kept in its `bridged_ids`. They still
represent their members, and count as one cluster from then on. Whether two passages are similar (a common LSH band, and a
signature similarity of at least the limit) does not depend on their order of arrival, so neither do the clusters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.kernel.checkpointing import counted
from bubblenet.kernel.scans import few_rows
from bubblenet.method.components import connected_components

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint

CLUSTERS_VERSION = 1
"""Raise whenever the same passages would get different representatives."""

_OLD, _NEW = "0", "1"
"""Prefixes of node names: the smallest node of a component is an old one if there is any."""


@dataclass(frozen=True, slots=True)
class ClusterLimits:
    """min_similarity: share of equal minima. max_band_rows: passages under one band key that are compared pairwise; under a larger key,
    each new passage is compared only with the hub: the oldest passage, ties broken by id.
    """

    min_similarity: float
    max_band_rows: int


def represent(
    pending: DataFrame,
    known: DataFrame,
    signatures: DataFrame,
    near: ClusterLimits | None,
    checkpoint: Checkpoint,
    narrow: Callable[[DataFrame, DataFrame], DataFrame] = lambda rows, _: rows,
) -> DataFrame:
    """One row of `duplicates` per new passage: exact duplicates first, then near-duplicate clusters of the rest.

    pending: request_id, segment_id, normalised_hash, num_characters, new ids only. known: rows of `duplicates` from all earlier runs.
    signatures: segment_id, signature, band_keys of both. near: None restricts it to exact duplicates. narrow: of signatures and ids, leaves
    out signatures of other ids where that saves reading. Of what is known, only what meets a new passage is shuffled.
    """
    heads = known.where("method IS DISTINCT FROM 'exact' OR kept")  # the first passage of each normalised text
    first = pending.groupBy("normalised_hash").agg(F.min("segment_id").alias("head_id"))
    same = heads.join(pending.select("normalised_hash"), on="normalised_hash", how="left_semi")
    older = same.select("normalised_hash", F.col("representative_id").alias("older_id"))
    matched = checkpoint(pending.join(first, on="normalised_hash").join(older, on="normalised_hash", how="left"))
    new = matched.where("older_id IS NULL AND segment_id = head_id").select("segment_id", "num_characters")
    assigned = few_rows(new.sparkSession, (), _ASSIGNED)
    if near:
        assigned = assign(new, heads.select("segment_id", "representative_id", "bridged_ids"), signatures, near, checkpoint, narrow)
    head = assigned.withColumnsRenamed({"segment_id": "head_id", "representative_id": "cluster_id"})
    return _verdicts(matched.join(head, on="head_id", how="left"))


def _verdicts(matched: DataFrame) -> DataFrame:
    """Add the representative of each passage, and the method by which it was found."""
    representative = F.coalesce("older_id", "cluster_id", "head_id")
    is_representative = F.col("segment_id") == representative
    is_near = F.col("older_id").isNull() & (F.col("segment_id") == F.col("head_id")) & ~is_representative
    method = F.when(is_near, "near").otherwise("exact")
    reason = F.when(is_near, "near_duplicate").when(~is_representative, "exact_duplicate")
    columns = {"representative_id": representative, "method": method, "kept": is_representative, "reason": reason}
    own = {name: F.when(is_near, F.col(name)) for name in ("similarity", "bridged_ids")}
    return matched.withColumns(own | columns)


def assign(
    new: DataFrame,
    known: DataFrame,
    signatures: DataFrame,
    limits: ClusterLimits,
    checkpoint: Checkpoint,
    narrow: Callable[[DataFrame, DataFrame], DataFrame],
) -> DataFrame:
    """segment_id, representative_id, similarity, bridged_ids of every new passage, except those without a similar one.

    new: segment_id, num_characters; no two with the same normalised text. known: segment_id, representative_id, bridged_ids of earlier
    heads. signatures: segment_id, signature, band_keys of both. The longest passage represents a cluster of new ones.
    """

    def of(ids: DataFrame, column: str) -> DataFrame:
        found = narrow(signatures, ids).select("segment_id", column)
        return checkpoint(found.join(ids.select("segment_id"), on="segment_id", how="left_semi"))

    bands = checkpoint(_touched_bands(of(new, "band_keys"), known, signatures, checkpoint))
    pairs, num_pairs = counted(candidates(bands, limits, checkpoint), checkpoint)
    if not num_pairs:
        return few_rows(new.sparkSession, (), _ASSIGNED)
    older = known.select(F.col("segment_id").alias("right"), "representative_id").join(pairs.select("right"), on="right", how="left_semi")
    older = checkpoint(older)
    compared = of(_ids(pairs, "left", "right").unionByName(older.select(F.col("representative_id").alias("segment_id"))), "signature")
    similar, num_similar = counted(_with_nodes(similar_pairs(pairs, compared, limits.min_similarity), older), checkpoint)
    if not num_similar:
        return few_rows(new.sparkSession, (), _ASSIGNED)
    bridges = known.select(F.concat(F.lit(_OLD), "representative_id").alias("u"), F.explode("bridged_ids").alias("other"))
    aliases = bridges.select("u", F.concat(F.lit(_OLD), "other").alias("v"))
    components = connected_components(similar.select("u", "v").unionByName(aliases), checkpoint)
    represented = checkpoint(_representatives(components, new))
    unseen = _ids(represented, "segment_id", "representative_id").join(compared, on="segment_id", how="left_anti")
    unseen, num_unseen = counted(unseen, checkpoint)  # older clusters that a bridge leads to
    return _described(represented, similar, compared.unionByName(of(unseen, "signature")) if num_unseen else compared)


def _ids(rows: DataFrame, *columns: str) -> DataFrame:
    """segment_id: the values of some columns."""
    return rows.select(F.explode(F.array(*columns)).alias("segment_id"))


_ASSIGNED = "segment_id STRING, representative_id STRING, similarity DOUBLE, bridged_ids ARRAY<STRING>"


def _touched_bands(own: DataFrame, known: DataFrame, signatures: DataFrame, checkpoint: Checkpoint) -> DataFrame:
    """segment_id, is_new, key: band keys of new passages, and of known passages that share one. The index is scanned, never copied.

    own: the signatures of the new passages.
    """
    young, keys = (frame.select("segment_id", F.explode("band_keys").alias("key")) for frame in (own, signatures))
    met = checkpoint(keys.join(young.select("key"), on="key", how="left_semi"))
    old = met.join(known.join(met.select("segment_id"), on="segment_id", how="left_semi").select("segment_id"), on="segment_id")
    columns = ("segment_id", "is_new", "key")
    return young.withColumn("is_new", F.lit(True)).select(*columns).unionByName(old.withColumn("is_new", F.lit(False)).select(*columns))


def candidates(bands: DataFrame, limits: ClusterLimits, checkpoint: Checkpoint) -> DataFrame:
    """left (a new passage), right: distinct candidate pairs that share a band key."""
    hub = F.min(F.struct("is_new", "segment_id"))["segment_id"]
    sizes = bands.groupBy("key").agg(F.count("*").alias("rows"), hub.alias("hub")).where("rows > 1")
    shared = checkpoint(bands.join(sizes, on="key"))
    young = shared.where("is_new").select("key", F.col("segment_id").alias("left"))
    cold = shared.where(F.col("rows") <= limits.max_band_rows)
    right = cold.select("key", F.col("segment_id").alias("right"), F.col("is_new").alias("is_right_new"))
    pairs = young.join(right, on="key").where("NOT is_right_new OR left < right").select("left", "right")
    hot = shared.where(F.col("is_new") & (F.col("rows") > limits.max_band_rows))
    spokes = hot.where("segment_id != hub").select(F.col("segment_id").alias("left"), F.col("hub").alias("right"))
    return pairs.unionByName(spokes).distinct()


def similar_pairs(pairs: DataFrame, signatures: DataFrame, min_similarity: float) -> DataFrame:
    """left, right: candidates whose signature similarity reaches the minimum."""
    left, right = (
        signatures.select(F.col("segment_id").alias(side), F.col("signature").alias(f"{side}_signature")) for side in ("left", "right")
    )
    compared = pairs.join(left, on="left").join(right, on="right")
    return compared.where(_similarity("left_signature", "right_signature") >= min_similarity).select("left", "right")


def _with_nodes(similar: DataFrame, older: DataFrame) -> DataFrame:
    """left, u, v: the node of the new passage, and the node of the other: itself if it is new, too, else its cluster.

    older: right, representative_id of the others that are known.
    """
    v = F.coalesce(F.concat(F.lit(_OLD), "representative_id"), F.concat(F.lit(_NEW), "right"))
    return similar.join(older, on="right", how="left").select("left", F.concat(F.lit(_NEW), "left").alias("u"), v.alias("v")).distinct()


def _representatives(components: DataFrame, new: DataFrame) -> DataFrame:
    """segment_id, representative_id of all new passages in components: an old representative, else the longest new passage."""
    roots = components.select(F.col("smallest").alias("node"), "smallest").distinct()
    members = components.unionByName(roots).where(F.col("node").startswith(_NEW))
    lengths = members.select(F.expr("substring(node, 2)").alias("segment_id"), "smallest").join(new, on="segment_id")
    longest = F.min(F.struct((-F.col("num_characters")).alias("shortness"), "segment_id"))["segment_id"]
    chosen = lengths.groupBy("smallest").agg(longest.alias("longest"))
    is_old = F.col("smallest").startswith(_OLD)
    representative = F.when(is_old, F.expr("substring(smallest, 2)")).otherwise(F.col("longest"))
    return lengths.join(chosen, on="smallest").select("segment_id", representative.alias("representative_id"))


def _described(represented: DataFrame, similar: DataFrame, signatures: DataFrame) -> DataFrame:
    """Add the similarity to the representative, and the other old clusters that a passage is similar to."""
    is_old = F.col("v").startswith(_OLD)
    old_neighbours = similar.where(is_old).select(F.col("left").alias("segment_id"), F.expr("substring(v, 2)").alias("other"))
    bridged = old_neighbours.join(represented, on="segment_id").where("other != representative_id")
    others = bridged.groupBy("segment_id").agg(F.sort_array(F.collect_set("other")).alias("bridged_ids"))
    own = signatures.select("segment_id", "signature")
    theirs = signatures.select(F.col("segment_id").alias("representative_id"), F.col("signature").alias("their_signature"))
    pairs = represented.join(own, on="segment_id").join(theirs, on="representative_id").join(others, on="segment_id", how="left")
    return pairs.select("segment_id", "representative_id", _similarity("signature", "their_signature").alias("similarity"), "bridged_ids")


def _similarity(left: str, right: str) -> Column:
    """The share of equal minima in two signature columns: an unbiased estimate of the Jaccard similarity of their n-grams.

    Its standard error is sqrt(J * (1 - J) / permutations): 0.04 at J = 0.75 with 112.
    """
    return F.expr(f"size(filter(zip_with({left}, {right}, (a, b) -> a = b), agrees -> agrees)) / size({left})")
