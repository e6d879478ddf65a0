"""The snapshots of a warehouse, and what each still waits for before the models.

What is published under a recipe must have been made under it. After a change of rules or evaluation files every snapshot is brought up,
not only the one that is worked on: a passage of an older one may hold an evaluation item, or no longer be a passage.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.errors import StaleSnapshotError
from bubblenet.method import rights
from bubblenet.method.listing import file_parts
from bubblenet.method.rows import current, only
from bubblenet.tables import DOCUMENTS, DUPLICATES, FILES, MINHASH_INDEX, RUNS, SEGMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame

    from bubblenet.kernel.context import Context
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.method.recipe import Recipe
    from bubblenet.tables import Table

ALL = "all"
"""In place of a snapshot's name: all of them."""

_MOST_NAMED = 5
_RIGHTS_NOT_READ = "rights not read"


def names(warehouse: Warehouse) -> list[str]:
    """The snapshots in order of arrival. Run ids sort by time, so the ledger tells it."""
    runs = warehouse.rows_at_hand(RUNS, "run_id", "stage", "snapshot")
    return list(dict.fromkeys(run["snapshot"] for run in sorted(runs, key=lambda run: run["run_id"]) if run["stage"] == "list"))


def check_up_to_date(context: Context, recipe: Recipe, among: Sequence[str] | None = None) -> list[str]:
    """The snapshots that lack something, so that they are not published yet, of some or of all.

    Raises StaleSnapshotError if one was made under other rules and not brought up to the recipe, as far as the models.
    Pages that are the same in an older reading, but for their provenance, need not be read again. A snapshot that nobody has finished yet
    has nothing to publish: it is only named.
    """
    if among is not None and not among:
        return []
    frames = _waiting(context, recipe, among).items()
    counts = (frame.groupBy("snapshot").agg(F.count("*").alias("num")).withColumn("what", F.lit(what)) for what, frame in frames)
    found: dict[str, dict[str, int]] = {}
    for row in reduce(lambda left, right: left.unionByName(right), counts).collect():
        found.setdefault(row["snapshot"], {})[row["what"]] = row["num"]
    without_rights = [name for name, what in found.items() if _RIGHTS_NOT_READ in what]
    if stale := _made_otherwise(context, recipe, list(found), without_rights) if found else set():
        todo = (
            f"Bring all up with the same settings: bubblenet run --snapshot {ALL} --warehouse {context.warehouse.location} "
            "- or publish without their pairs: --set curation.leave_out_stale=true"
        )
        raise StaleSnapshotError("every snapshot under one recipe", _told({name: found[name] for name in stale}), todo)
    if unfinished := {name: what for name, what in found.items() if name != context.snapshot}:
        context.console.print(f"[dim]not finished, so not published yet: {_told(unfinished)}[/dim]")
    return sorted(found)


def _waiting(context: Context, recipe: Recipe, among: Sequence[str] | None) -> dict[str, DataFrame]:
    """What may wait before the models -> a row with its snapshot for each file, document or passage. Only ids are read."""
    unread = [rights.unread(context, recipe, name) for name in (among or (None,))]
    return {
        "files not read": _unread_files(context, recipe, among),
        _RIGHTS_NOT_READ: reduce(lambda left, right: left.unionByName(right), unread),
        "documents not cut": _uncut_documents(context, recipe, among),
        "passages not compared": _uncompared_passages(context, recipe, among),
    }


def _of(among: Sequence[str] | None, rows: DataFrame) -> DataFrame:
    return rows if among is None else rows.where(F.col("snapshot").isin(list(among)))


def _told(found: Mapping[str, Mapping[str, int]]) -> str:
    told = [
        f"{snapshot} ({', '.join(sorted(f'{num:,} {what}' for what, num in waits.items()))})" for snapshot, waits in sorted(found.items())
    ]
    more = f" and {len(told) - _MOST_NAMED} more" if len(told) > _MOST_NAMED else ""
    return f"{'; '.join(told[:_MOST_NAMED])}{more}"


def _made_otherwise(context: Context, recipe: Recipe, among: Sequence[str], without_rights: Sequence[str]) -> set[str]:
    """Those snapshots of which something was read, cut or compared under other rules than those of the recipe.

    without_rights: of these also the ones that have compared passages, which would be published whatever their pages say.
    """

    def rows(table: Table) -> DataFrame:
        return context.warehouse.read(table, context.version(table))

    own = F.col("fingerprint")
    read = rows(DOCUMENTS).where(~own.isin(recipe.readings())).select("snapshot")
    cut = rows(SEGMENTS).where(own != recipe["segment"].id).select("snapshot")
    otherwise = (rows(table).where(own != recipe[stage].id) for table, stage in ((DUPLICATES, "deduplicate"), (MINHASH_INDEX, "minhash")))
    compared_so = reduce(lambda left, right: left.unionByName(right), (some.select("segment_id") for some in otherwise))
    here = current(context, SEGMENTS, recipe["segment"].id).select("segment_id", "snapshot")
    made = read.unionByName(cut).unionByName(here.join(compared_so, on="segment_id", how="left_semi").select("snapshot"))
    made = made.where(F.col("snapshot").isin(list(among)))
    if without_rights:
        unread = here.where(F.col("snapshot").isin(list(without_rights)))
        made = made.unionByName(unread.join(compared(context, recipe), on="segment_id", how="left_semi").select("snapshot"))
    return {row["snapshot"] for row in made.distinct().collect()}


def _unread_files(context: Context, recipe: Recipe, among: Sequence[str] | None) -> DataFrame:
    """Pages that are the same in an older reading count as read."""
    listed = _of(among, context.warehouse.read(FILES, context.version(FILES)).where("kept"))  # by whatever version of the listing
    parts = file_parts(listed.dropDuplicates(["request_id"]), context.settings.corpus.split_bytes).select("request_id", "snapshot")
    read = _of(among, current(context, DOCUMENTS, *recipe.readings())).select("request_id")
    return parts.join(read, on="request_id", how="left_anti")


def _uncut_documents(context: Context, recipe: Recipe, among: Sequence[str] | None) -> DataFrame:
    documents = _of(among, current(context, DOCUMENTS, *recipe.readings()).where("kept")).select(*rights.PAGE).distinct()
    cut = _of(among, current(context, SEGMENTS, recipe["segment"].id)).select(*rights.PAGE)
    return documents.join(cut, on=rights.PAGE, how="left_anti")


def _uncompared_passages(context: Context, recipe: Recipe, among: Sequence[str] | None) -> DataFrame:
    kept = _of(among, current(context, SEGMENTS, recipe["segment"].id).where("kept")).select("segment_id", "snapshot").distinct()
    known = compared(context, recipe)
    return kept.join((known if among is None else only(known, kept)).select("segment_id"), on="segment_id", how="left_anti")


def compared(context: Context, recipe: Recipe) -> DataFrame:
    """segment_id, kept, reason of every passage of the current recipe: as it was compared, or why it was left out before."""
    columns = ("segment_id", "kept", "reason")
    left_out = current(context, MINHASH_INDEX, recipe["minhash"].id).where("NOT kept").select(*columns)
    return current(context, DUPLICATES, recipe["deduplicate"].id).select(*columns).unionByName(left_out)
