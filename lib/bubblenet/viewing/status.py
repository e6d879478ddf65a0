"""`bubblenet status`: progress of each stage and snapshot, the verdicts, and pending work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from bubblenet.errors import ModelError
from bubblenet.terminal import by_count, print_table, print_text
from bubblenet.viewing.ledgers import StageTotal, stage_totals
from bubblenet.viewing.pending import pending_work
from bubblenet.viewing.views import register_views

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.table import Table

    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stages import StagesOf
    from bubblenet.kernel.warehouse import Warehouse
    from bubblenet.method.recipe import Recipe
    from bubblenet.settings import Settings

_SNAPSHOTS = 12
_VERDICTS = """
SELECT round, policy, coalesce(reason, concat('grade ', grade)) AS verdict, kept, count(*) AS num
FROM judgements GROUP BY ALL ORDER BY round, policy, kept DESC, num DESC
"""
_NEWEST_SNAPSHOTS = "SELECT snapshot, max(run_id) AS newest FROM files GROUP BY snapshot ORDER BY newest DESC LIMIT {limit}"


def print_status(settings: Settings, warehouse: Warehouse, jobs: Mapping[str, StagesOf], console: Console | None = None) -> None:
    """Print one row per stage and snapshot, the verdicts of each round, and the work pending under the settings. jobs: see pending."""
    from rich.console import Console

    console = console or Console(highlight=False, soft_wrap=True)
    register_views(warehouse, as_of_now=True)
    totals = stage_totals(warehouse.spark)
    console.print(f"[bold]Warehouse[/bold] {escape(warehouse.location)}")
    if not totals:
        console.print("No stage has run yet.")
        return
    print_table(console, stage_table(totals))
    _print_verdicts(console, warehouse)
    _print_pending(console, settings, warehouse, jobs)


def stage_table(totals: list[StageTotal]) -> Table:
    """One row per total; those of older settings are dim."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("stage", no_wrap=True)
    table.add_column("snapshot")
    for name in ("requests", "rows", "kept"):
        table.add_column(name, justify="right")
    table.add_column("filtered", overflow="fold")
    table.add_column("quarantined", overflow="fold")
    for name in ("tokens", "seconds", "tokens/s"):
        table.add_column(name, justify="right")
    table.add_column("last run (UTC)")
    for total in totals:
        table.add_row(*_cells(total), style=None if total.is_current else "dim")
    return table


def _cells(total: StageTotal) -> list[str]:
    speed = total.tokens_per_second
    return [
        total.stage,
        total.snapshot,
        f"{total.num_requests:,}",
        f"{total.num_rows:,}",
        f"{total.num_kept:,}",
        by_count(total.filtered),
        by_count(total.quarantined),
        f"{total.tokens:,}" if total.tokens else "-",
        "-" if total.seconds is None else f"{total.seconds:,.1f}",
        "-" if speed is None else f"{speed:,.0f}",
        f"{total.finished_at:%Y-%m-%d %H:%M:%S}" + ("" if total.is_current else " older settings"),
    ]


def _print_verdicts(console: Console, warehouse: Warehouse) -> None:
    """Print one line per round and policy."""
    verdicts: dict[tuple[int, str], dict[bool, dict[str, int]]] = {}
    for row in warehouse.spark.sql(_VERDICTS).collect():
        found = verdicts.setdefault((row["round"], row["policy"]), {True: {}, False: {}})
        found[row["kept"]][row["verdict"]] = row["num"]
    for (round_number, policy), found in verdicts.items():
        total = sum(sum(counts.values()) for counts in found.values())
        accepted = f"{sum(found[True].values()):,} accepted ({by_count(found[True])})"
        verdict = f"{total:,} pairs = {accepted} + {sum(found[False].values()):,} rejected ({by_count(found[False])})"
        print_text(console, f"\n[bold]Judged[/bold] round {round_number}, policy {policy}: {verdict}")


def _print_pending(console: Console, settings: Settings, warehouse: Warehouse, jobs: Mapping[str, StagesOf]) -> None:
    """Print pending work by snapshot, newest first; without the model's weights the settings have no fingerprint to compare."""
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import full_recipe

    try:
        recipe = full_recipe(settings)
    except ModelError as error:
        print_text(console, f"\n[bold]Pending[/bold] unknown: {escape(str(error))}")
        return
    snapshots = [row["snapshot"] for row in warehouse.spark.sql(_NEWEST_SNAPSHOTS.format(limit=_SNAPSHOTS + 1)).collect()]
    console.print(f"\n[bold]Pending[/bold] under these settings (recipe {recipe.id}{_known(warehouse, recipe)})")
    for snapshot in snapshots[:_SNAPSHOTS]:
        _print_snapshot(Context(warehouse.spark, settings, warehouse, snapshot, console), jobs)
    if len(snapshots) > _SNAPSHOTS:
        console.print(f"  older snapshots are not counted here: only the newest {_SNAPSHOTS}")


def _known(warehouse: Warehouse, recipe: Recipe) -> str:
    is_known = not warehouse.spark.table("recipes").where(f"recipe_id = '{recipe.id}'").isEmpty()
    return "" if is_known else "; no finished run used it: give --config and --set as in the run"


def _print_snapshot(context: Context, jobs: Mapping[str, StagesOf]) -> None:
    work = pending_work(context, jobs)
    if not work:
        context.console.print(f"  {context.snapshot}: nothing")
    for pending in work:
        asked = f"{pending.count:,} requests of {pending.stage}"
        context.console.print(f"  {context.snapshot}: {asked} [dim](bubblenet {pending.job})[/dim]")
