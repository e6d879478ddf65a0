"""The final output of `bubblenet seeds import`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F
from rich.table import Table

from bubblenet.method.seeds import current_seeds
from bubblenet.terminal import one_line, print_table

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context

_KINDS_SHOWN = 40


def print_seeds(context: Context) -> None:
    """Print the number of seeds of each kind, for training and held out."""
    seeds = current_seeds(context).groupBy(F.coalesce("kind", F.lit("-")).alias("kind"), "language", "split").count().collect()
    table = Table("kind of task", "languages", "train", "held out")
    kinds = sorted({row["kind"] for row in seeds}, key=lambda kind: -sum(row["count"] for row in seeds if row["kind"] == kind))
    for kind in kinds[:_KINDS_SHOWN]:
        rows = [row for row in seeds if row["kind"] == kind]
        parts = [f"{sum(row['count'] for row in rows if row['split'] == split):,}" for split in ("train", "held_out")]
        table.add_row(one_line(kind), " ".join(sorted({row["language"] for row in rows})), *parts)
    totals = [f"{sum(row['count'] for row in seeds if row['split'] == split):,}" for split in ("train", "held_out")]
    table.add_row(f"all {len(kinds)} kinds", "", *totals, style="bold")
    print_table(context.console, table)
    context.console.print(f'Look: bubblenet sql "SELECT * FROM seeds" --warehouse {context.warehouse.location}', soft_wrap=True)
