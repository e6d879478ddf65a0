"""Connected components of a graph stored as a DataFrame, with a checkpoint per round.

Source: Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii 2014 (Connected Components in MapReduce and Beyond, section 4): alternate
large-star and small-star until every node points to the smallest node of its component. Each round at least halves long paths (pointer
jumping), keeps at most one edge per node after the first round, and never gathers all neighbours of a node in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import Observation
from pyspark.sql import functions as F

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint


def connected_components(edges: DataFrame, checkpoint: Checkpoint) -> DataFrame:
    """node, smallest: every node except the smallest of its component, with that smallest node.

    edges: u, v; in any direction, repeated or not; a node without an edge to another one does not appear. checkpoint: materialises a frame
    and cuts its lineage, which would double with every round.
    """
    stars, digest = _digested(_downhill(edges.select(F.col("u").alias("node"), F.col("v").alias("smallest"))), checkpoint)
    while True:
        before = digest
        stars, digest = _digested(_small_star(_large_star(stars)), checkpoint)
        if digest == before:
            return stars


def _large_star(edges: DataFrame) -> DataFrame:
    """Point every larger neighbour of a node to the node's smallest neighbour, or to the node itself if that is smaller."""
    both = edges.unionByName(edges.select(F.col("smallest").alias("node"), F.col("node").alias("smallest")))
    smallest = both.groupBy("node").agg(F.min("smallest").alias("least")).select("node", F.least("node", "least").alias("least"))
    larger = both.where(F.col("smallest") > F.col("node")).join(smallest, on="node")
    return _downhill(larger.select(F.col("smallest").alias("node"), F.col("least").alias("smallest")))


def _small_star(edges: DataFrame) -> DataFrame:
    """Point a node and its smaller neighbours to the smallest of them."""
    smallest = edges.groupBy("node").agg(F.min("smallest").alias("least"))
    joined = edges.join(smallest, on="node")
    neighbours = joined.select(F.col("smallest").alias("node"), F.col("least").alias("smallest"))
    return _downhill(neighbours.unionByName(smallest.select("node", F.col("least").alias("smallest"))))


def _downhill(edges: DataFrame) -> DataFrame:
    """Each edge once, from the larger node to the smaller one."""
    ends = (F.greatest("node", "smallest").alias("node"), F.least("node", "smallest").alias("smallest"))
    return edges.where(F.col("node") != F.col("smallest")).select(*ends).distinct()


def _digested(edges: DataFrame, checkpoint: Checkpoint) -> tuple[DataFrame, dict[str, object]]:
    """The checkpointed edges, with their number and a sum of their hashes: equal for equal sets, whatever the order.

    Both are observed while the edges are written, which saves a job per round.
    """
    observation = Observation()
    hashed = F.sum(F.xxhash64("node", "smallest").cast("decimal(38,0)")).alias("hash")
    written = checkpoint(edges.observe(observation, F.count(F.lit(1)).alias("edges"), hashed))
    return written, observation.get
