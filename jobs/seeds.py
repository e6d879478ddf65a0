"""Import a file of seed pairs, each line with its verdict: seeds.

spark-submit --properties-file conf/spark/local.conf jobs/seeds.py pairs.jsonl --license CC-BY-4.0 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer
from pyspark.sql import functions as F
from rich.table import Table

from bubblenet.app.job import ConfigOption, LicenceOption, OriginOption, SeedFileArgument, SetOption, WarehouseOption, exit_code, opened
from bubblenet.method.seeds import SeedFile, current_seeds, import_file
from bubblenet.terminal import one_line, print_table

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context

app = typer.Typer(add_completion=False)
_KINDS_SHOWN = 40


@app.command()
def run(
    file: SeedFileArgument,
    warehouse: WarehouseOption,
    licence: LicenceOption = None,
    origin: OriginOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Bring `seeds` up to date with a file, and show what the warehouse has."""
    seed_file = SeedFile.of(file, licence, origin)
    with opened(config, overrides or (), warehouse, "seeds") as context:
        import_file(context, seed_file)
        _show(context)


def _show(context: Context) -> None:
    """How many seeds there are of each kind, to train on and held out."""
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


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return exit_code(lambda: app(argv))


if __name__ == "__main__":
    sys.exit(main())
