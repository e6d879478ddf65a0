"""Instructions that say nearly the same: the better pair stays, the others name it.

Two instructions are similar when their MinHash signatures over single words agree in at least a share of the minima: word order and
repetitions do not count, in texts of ten words a replaced one does not fall below 0.8. A pair goes when a better one *that stays* is
similar: no chain of small steps takes away what is unlike all that stays. That is the lexicographically first maximal independent set of
the graph of similar pairs; computed in rounds, in each of which every pair that has no better undecided neighbour stays (Blelloch,
Fineman, Shun 2012, Greedy Sequential Maximal Independent Set and Matching are Parallel on Average, arXiv:1202.3205: a number of rounds
that grows as a logarithm).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.corpus.similarity.minhash import MinHasher
from bubblenet.kernel.checkpointing import counted
from bubblenet.method.clusters import ClusterLimits, candidates, similar_pairs

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint

NEAR_DUPLICATE = "near_duplicate_instruction"
"""The reason of a pair whose instruction is nearly that of a better pair."""

HASHER = MinHasher(bands=20, rows=10, ngram=1)
"""Compares 90 % of the pairs at a Jaccard similarity of 0.8, all but one of 5,000 at 0.9, and one of 8,000 at 0.3."""

_MOST_UNDER_A_KEY = 200


def near_duplicates(pairs: DataFrame, min_similarity: float, checkpoint: Checkpoint) -> DataFrame:
    """instruction_id, nearest_id of the pairs that go: the best similar pair that stays.

    pairs: instruction_id, quality, signature and band_keys of HASHER; null where the instruction has no word.
    """
    named = pairs.where("signature IS NOT NULL").select(_node().alias("segment_id"), "signature", "band_keys")
    bands = named.select("segment_id", F.lit(True).alias("is_new"), F.explode("band_keys").alias("key"))
    compared = candidates(bands, ClusterLimits(min_similarity, _MOST_UNDER_A_KEY), checkpoint)
    edges = similar_pairs(compared, named, min_similarity).select(
        F.least("left", "right").alias("better"), F.greatest("left", "right").alias("worse")
    )
    gone = _without_better(edges.distinct(), checkpoint)
    return gone.select(_id_of("worse").alias("instruction_id"), _id_of("better").alias("nearest_id"))


def _node() -> Column:
    """A name that sorts by quality, best first, then by id."""
    return F.concat(F.format_string("%.9f ", 1 - F.col("quality")), "instruction_id")


def _id_of(node: str) -> Column:
    return F.expr(f"substring_index({node}, ' ', -1)")


def _without_better(edges: DataFrame, checkpoint: Checkpoint) -> DataFrame:
    """worse, better: the nodes that are not in the lexicographically first maximal independent set, with their smallest neighbour in it."""
    gone = edges.limit(0)
    edges, num_edges = counted(edges, checkpoint)
    while num_edges:
        stay = edges.select("better").distinct().join(edges.select(F.col("worse").alias("better")).distinct(), on="better", how="left_anti")
        going = checkpoint(edges.join(stay, on="better", how="left_semi").groupBy("worse").agg(F.min("better").alias("better")))
        gone = gone.unionByName(going)
        names = going.select("worse")
        left = edges.join(names, on="worse", how="left_anti").join(names.withColumnRenamed("worse", "better"), on="better", how="left_anti")
        edges, num_edges = counted(left, checkpoint)
    return gone
