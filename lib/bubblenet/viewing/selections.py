"""What is printed of selections: at the end of `bubblenet select`, and in the summary of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.method.selection import MAIN, is_stale, last_note
from bubblenet.tables import SELECTIONS
from bubblenet.terminal import by_count

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from rich.console import Console

    from bubblenet.kernel.accounting import Counts
    from bubblenet.kernel.context import Context

_MOST_VALUES = 10
_GROUPS = ("task", "language", "registered_domain")


def print_selection(context: Context, name: str, counts: Counts | None) -> None:
    """Print the accounting of a selection, and of what kinds the pairs before and after it are. counts: None: nothing had changed."""
    console = context.console
    if counts is None:
        console.print(f"[bold]{name:<22}[/bold] Nothing to do: neither the accepted pairs nor the settings changed.", soft_wrap=True)
        return
    console.print(f"[bold]{name:<22}[/bold] {counts}", soft_wrap=True)
    curation = context.settings.curation
    rows = context.warehouse.read(SELECTIONS).where(SELECTIONS.of_round(curation.round, curation.policy)).where(F.col("selection") == name)
    for column in _GROUPS:
        _print_group(console, rows, column)
    where = f"round = {curation.round} AND policy = '{curation.policy}' AND selection = '{name}'"
    query = f"SELECT rank, gain, instruction, url FROM selected WHERE {where} ORDER BY rank"
    console.print(f'Look: bubblenet sql "{query}" --warehouse {context.warehouse.location}', soft_wrap=True)


def _print_group(console: Console, rows: DataFrame, column: str) -> None:
    """One line: the commonest values among the taken pairs."""
    kept = F.sum(F.col("kept").cast("int")).alias("kept")
    grouped = rows.where(F.col(column).isNotNull()).groupBy(column).agg(kept)
    found = grouped.orderBy(F.col("kept").desc(), column).limit(_MOST_VALUES).collect()
    if numbers := {row[column]: row["kept"] for row in found if row["kept"]}:
        console.print(f"[dim]{'':<22} {column}: {by_count(numbers)}[/dim]", soft_wrap=True)


def print_selected(context: Context) -> None:
    """Print one line of the main selection of the round and policy, if there is one: its size, and whether it is of older pairs."""
    note = last_note(context, MAIN)
    if not note:
        return
    curation = context.settings.curation
    rows = context.warehouse.read(SELECTIONS).where(SELECTIONS.of_round(curation.round, curation.policy)).where(F.col("selection") == MAIN)
    row = rows.agg(F.count("*").alias("seen"), F.count_if("kept").alias("kept")).collect()[0]
    stale = "; of older pairs: run `bubblenet select`" if is_stale(context, note) else ""
    context.console.print(
        f"\n[bold]Selected[/bold]: {row['kept']:,} of {row['seen']:,} accepted pairs (view selected){stale}", soft_wrap=True
    )
