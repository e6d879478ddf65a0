"""What came since the last curation: the passages whose pairs may be judged or published otherwise, and the snapshots that grew.

Stages only append, and a commit names its run, so what is new is found by run: no older row is compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.method import passages, rights
from bubblenet.method.capping import domains_of, may_cap
from bubblenet.method.rows import current, values
from bubblenet.tables import DOCUMENTS, DUPLICATES, FILES, INSTRUCTIONS, MINHASH_INDEX, RIGHTS, SCORES, SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame

    from bubblenet.kernel.checkpointing import Checkpoint
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe
    from bubblenet.tables import Table

INPUTS = (DOCUMENTS, RIGHTS, SEGMENTS, MINHASH_INDEX, DUPLICATES, INSTRUCTIONS, SCORES)
"""The tables that pairs are judged by."""


@dataclass(frozen=True, slots=True)
class Changes:
    """passages: segment_id, and is_moved: whether what is published of the passage may differ though its verdicts do not, as its page."""

    passages: DataFrame
    snapshots: frozenset[str]


def changes_since(context: Context, recipe: Recipe, before: Mapping[str, int], stored: DataFrame, checkpoint: Checkpoint) -> Changes | None:
    """What came after these versions of the inputs and of `files`; None if rows were deleted since, or the logs do not tell.

    stored: the judgements that were made then.
    """
    tables = (*INPUTS, FILES)
    if any(table.name not in before for table in tables):
        return None
    commits = {table.name: context.warehouse.appends(table, before[table.name], context.version(table)) for table in tables}
    notes = {name: [commit.note for commit in some] for name, some in commits.items() if some is not None}
    if len(notes) < len(tables) or any("unit" not in note for some in notes.values() for note in some):
        return None
    runs = {name: sorted({note["run_id"] for note in some}) for name, some in notes.items()}
    touched = [rows.select("segment_id", F.lit(False).alias("is_moved")) for rows in _new_rows(context, recipe, runs)]
    came = checkpoint(_new(context, SEGMENTS, runs, recipe["segment"].id).where("kept").select("segment_id", *rights.PAGE))
    touched.append(_told_otherwise(context, recipe, came, stored).withColumn("is_moved", F.lit(False)))
    touched += [rows.select("segment_id", F.lit(True).alias("is_moved")) for rows in _moved(context, recipe, runs, before, came)]
    found = reduce(lambda left, right: left.unionByName(right), touched).groupBy("segment_id").agg(F.max("is_moved").alias("is_moved"))
    return Changes(found, frozenset(note["snapshot"] for some in notes.values() for note in some))


def _new(context: Context, table: Table, runs: Mapping[str, list[str]], *fingerprints: str) -> DataFrame:
    return current(context, table, *fingerprints).where(F.col("run_id").isin(runs[table.name]))


def _new_rows(context: Context, recipe: Recipe, runs: Mapping[str, list[str]]) -> list[DataFrame]:
    """The rows about passages that came: each passage has them in its verdict."""
    scores = [recipe[f"score/{mode}"].id for mode in context.settings.scoring.modes]
    return [
        _new(context, MINHASH_INDEX, runs, recipe["minhash"].id),
        _new(context, DUPLICATES, runs, recipe["deduplicate"].id),
        _new(context, INSTRUCTIONS, runs, *recipe.instructions()),
        _new(context, SCORES, runs, *scores),
    ]


def _told_otherwise(context: Context, recipe: Recipe, came: DataFrame, stored: DataFrame) -> DataFrame:
    """Of the passages at places that came, the known ones whose verdict may follow from that: withheld until now, or under another domain.

    Most of a crawl's passages were there before. They are judged as they were, so that nothing is read about them but their ids.
    """
    was_withheld = F.col("reason").isin(*rights.REASONS)
    freed = stored.where(was_withheld).join(came, on="segment_id", how="left_semi").select("segment_id")
    if not may_cap(context):
        return freed
    now = domains_of(came, context, recipe).withColumnRenamed("registered_domain", "now")
    is_other = F.col("registered_domain").isNull() | (F.col("now") < F.col("registered_domain"))
    named = stored.select("segment_id", "registered_domain").join(now, on="segment_id", how="inner").where(is_other)
    return freed.unionByName(named.select("segment_id"))  # a page of a file has no domain, and frees all the same


def _moved(context: Context, recipe: Recipe, runs: Mapping[str, list[str]], before: Mapping[str, int], came: DataFrame) -> list[DataFrame]:
    """The passages of pages that were read again or are withheld otherwise, and those whose first place is one that came."""
    places = passages.kept(context, recipe)
    read = _new(context, DOCUMENTS, runs, *recipe.readings()).where("kept").select(*rights.PAGE)
    pages = read.join(came.select(*rights.PAGE), on=rights.PAGE, how="left_anti")
    withheld = [rights.withheld(one, recipe) for one in (context, replace(context, pins=before))]
    for these, those in (withheld, withheld[::-1]):
        if these is not None:
            other = these.select(*rights.PAGE)
            pages = pages.unionByName(other if those is None else other.join(those.select(*rights.PAGE), on=rights.PAGE, how="left_anti"))
    snapshots = values(pages, "snapshot")
    found = places.where(F.col("snapshot").isin(snapshots)).join(pages, on=rights.PAGE, how="left_semi") if snapshots else None
    known = places.select("segment_id", "run_id").join(came.select("segment_id"), on="segment_id", how="left_semi")
    first = known.groupBy("segment_id").agg(F.min("run_id").alias("first")).where(F.col("first").isin(runs[SEGMENTS.name]))
    return [first] if found is None else [first, found]
