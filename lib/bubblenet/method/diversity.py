"""Good pairs that are unlike each other, out of any number: greedy facility location by blocks, in two rounds with a merge between.

1. Each pair goes to the neighbourhood of the likest of some pivots, and a large neighbourhood is split by hash: blocks of bounded size.
   Each block is ranked greedily by itself. The blocks share no pair, and the objective is a sum over pairs, so the blocks' orders merged
   by gain are the greedy order of the objective that counts similarity within blocks only (sparse facility location: Lindgren, Wu,
   Dimakis 2016, arXiv:1703.02690).
2. Where a size is wanted, the best of the first round (twice the size, under twice the caps) are grouped around other pivots, and ranked
   again. Each counts as often as the pairs that it stood for in the first round. They fit into one block where the size is small; then
   this is GreeDi with its single last step (Mirzasoleiman et al. 2013; with bounds in expectation for random parts: Barbosa et al. 2015,
   arXiv:1502.02606). Where they do not, no machine has to hold them (Gopal et al. 2024, GreedyML, arXiv:2403.10332; Boether et al. 2024,
   arXiv:2402.16442). Where caps leave room after the winners, the others follow in their order of the first round.

The merge is one task that reads ids, gains and groups in order and keeps counters. Ties go by id, so the result depends on the pairs alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StructField, StructType

from bubblenet.kernel.keys import content_id
from bubblenet.selection.greedy import SCALE
from bubblenet.udfs.selection import Cap, FindNeighbourhood, RankBlock, RepresentBlock, TakeInOrder

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.settings import Selection

MOST_PIVOTS = 512
"""More would make the time to find the likest one grow with the square of the pairs for longer."""

_SLACK = 2
_RANKED = ("instruction_id", "quality", "mass", "instruction_vector", "response_vector")
_VERDICT = "instruction_id STRING, kept BOOLEAN, reason STRING, rank BIGINT"
_REPRESENTED = "instruction_id STRING, mass BIGINT, stands_id STRING, nearest_id STRING, nearest_similarity DOUBLE"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be taken: caps by group, and the wanted size in what pairs cost together; None: no size."""

    caps: tuple[Cap, ...]
    most: int | None

    def looser(self, least: int) -> Limits:
        """The limits of the first round: twice as much of everything, and a size of at least so much."""
        caps = tuple(replace(cap, most=_SLACK * cap.most) for cap in self.caps if isinstance(cap.most, int))
        return Limits(caps, None if self.most is None else max(_SLACK * self.most, least))


def diverse(pairs: DataFrame, num_pairs: int, limits: Limits, chosen: Selection, checkpoint: Checkpoint) -> DataFrame:
    """instruction_id, kept, reason, rank, gain, nearest_id, nearest_similarity of every pair.

    pairs: instruction_id, quality, both vectors, cost, and the columns of the caps; materialised. num_pairs: their number.
    """
    massive = pairs.withColumn("mass", F.lit(1).cast("bigint"))
    blocks = checkpoint(in_blocks(massive, num_pairs, chosen, "first"))
    gains = checkpoint(ranked(blocks, chosen))
    has_two_rounds = limits.most is not None and num_pairs > chosen.block_pairs
    verdicts = first = checkpoint(taken(pairs, gains, limits.looser(chosen.block_pairs) if has_two_rounds else limits))
    if has_two_rounds:
        winners = first.where("kept").select("instruction_id")
        num_winners = winners.count()
        masses = represented(blocks, winners, chosen).groupBy(F.col("stands_id").alias("instruction_id")).agg(F.sum("mass").alias("mass"))
        heavy = checkpoint(pairs.join(winners, on="instruction_id", how="left_semi").join(masses, on="instruction_id", how="left"))
        heavy = heavy.fillna(0, "mass")
        again = checkpoint(ranked(checkpoint(in_blocks(heavy, num_winners, chosen, "second")), chosen))
        gains = checkpoint(gains.join(winners, on="instruction_id", how="left_anti").unionByName(again))
        both = pairs.join(gains, on="instruction_id").join(first.select("instruction_id", "kept"), on="instruction_id")
        order = [F.col("kept").desc(), F.col("gain").desc(), F.col("instruction_id")]  # the others where the winners leave room
        verdicts = checkpoint(in_order(both, order, limits))
    winners = verdicts.where("kept").select("instruction_id")
    nearest = represented(blocks, winners, chosen).drop("mass", "stands_id")
    both = verdicts.join(gains, on="instruction_id").join(nearest, on="instruction_id")
    return both.withColumn("gain", F.col("gain") / SCALE)


def in_blocks(pairs: DataFrame, num_pairs: int, chosen: Selection, name: str) -> DataFrame:
    """The pairs with block: those of one are like each other, and about as many as chosen.block_pairs at most. name: gives other pivots."""
    num_pivots = min(MOST_PIVOTS, math.ceil(num_pairs / chosen.block_pairs))
    if num_pivots <= 1:
        return pairs.withColumn("block", F.lit("0"))
    drawn = pairs.orderBy(content_id("instruction_id", F.lit(name)), "instruction_id").limit(num_pivots)
    pivots = [(bytes(row[0]), bytes(row[1])) for row in drawn.select("instruction_vector", "response_vector").collect()]
    find = FindNeighbourhood(pivots, chosen.instruction_weight)
    placed = pairs.mapInArrow(find.map_batches, StructType([*pairs.schema.fields, StructField("neighbourhood", IntegerType())]))
    sizes = placed.groupBy("neighbourhood").agg(F.ceil(F.count("*") / chosen.block_pairs).alias("parts"))
    part = F.pmod(F.xxhash64("instruction_id", F.lit(name)), F.col("parts"))
    split = placed.join(F.broadcast(sizes), on="neighbourhood")
    return split.withColumn("block", F.concat_ws("/", F.col("neighbourhood"), part)).drop("neighbourhood", "parts")


def ranked(blocks: DataFrame, chosen: Selection) -> DataFrame:
    """instruction_id, gain: of every pair in the greedy order of its block."""
    rank = RankBlock(chosen.instruction_weight, chosen.quality_weight)
    grouped = blocks.select("block", *_RANKED).groupBy("block")
    return grouped.applyInArrow(lambda table: rank(table), "instruction_id STRING, gain BIGINT")


def represented(blocks: DataFrame, winners: DataFrame, chosen: Selection) -> DataFrame:
    """instruction_id, mass, stands_id, nearest_id, nearest_similarity of every pair, among the winners of its block."""
    represent = RepresentBlock(chosen.instruction_weight, chosen.quality_weight)
    is_winner = F.coalesce("is_winner", F.lit(False)).alias("is_winner")
    marked = blocks.join(winners.withColumn("is_winner", F.lit(True)), on="instruction_id", how="left")
    grouped = marked.select("block", *_RANKED, is_winner).groupBy("block")
    return grouped.applyInArrow(lambda table: represent(table), _REPRESENTED)


def taken(pairs: DataFrame, gains: DataFrame, limits: Limits) -> DataFrame:
    """instruction_id, kept, reason, rank: the pairs by gain, as far as caps and size allow."""
    return in_order(pairs.join(gains, on="instruction_id"), [F.col("gain").desc(), F.col("instruction_id")], limits)


def in_order(pairs: DataFrame, order: list[Column], limits: Limits) -> DataFrame:
    """The same in another order, which must leave no ties. pairs: instruction_id, cost, the columns of the caps and of the order."""
    columns = dict.fromkeys(("instruction_id", "cost", *(cap.column for cap in limits.caps)))
    narrow = pairs.repartition(1).sortWithinPartitions(*order).select(*columns)
    return narrow.mapInArrow(TakeInOrder(limits.caps, limits.most).map_batches, _VERDICT)
