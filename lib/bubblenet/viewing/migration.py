"""Which rows of a warehouse the next run uses under the given settings, and which were made under other rules."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.method.recipe import full_recipe
from bubblenet.tables import TABLES
from bubblenet.terminal import print_table

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def print_rows_in_use(context: Context) -> None:
    """Print, for each table that stages fill, its rows and how many of them have a fingerprint of the recipe."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("table")
    for name in ("rows", "in use", "made under other rules"):
        table.add_column(name, justify="right")
    for name, rows, in_use in rows_in_use(context):
        table.add_row(name, f"{rows:,}", f"{in_use:,}", f"{rows - in_use:,}")
    print_table(context.console, table)
    context.console.print("Rows made under other rules stay; the next run makes those again whose requests it still has.", soft_wrap=True)


def rows_in_use(context: Context) -> list[tuple[str, int, int]]:
    """Name, rows, and rows of the recipe of each table with rows, in the order of the tables."""
    recipe = full_recipe(context.settings)
    ids = {fingerprint.id for fingerprint in recipe.fingerprints.values()} | set(recipe.readings())
    of_stages = [table for table in TABLES if "fingerprint" in table.column_names and "request_id" in table.column_names]
    is_in_use = F.col("fingerprint").isin(*ids).cast("int")
    counted = (
        context.warehouse.read(table)
        .agg(F.count("*").alias("rows"), F.coalesce(F.sum(is_in_use), F.lit(0)).alias("in_use"))
        .withColumn("name", F.lit(table.name))
        for table in of_stages
    )
    found = {row["name"]: row for row in reduce(lambda left, right: left.unionByName(right), counted).collect()}
    return [(table.name, found[table.name]["rows"], found[table.name]["in_use"]) for table in of_stages if found[table.name]["rows"]]
