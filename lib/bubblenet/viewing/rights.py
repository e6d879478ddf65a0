"""What pages opt out of, by signal: for the summary of a run and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.method import rights
from bubblenet.method.snapshots import ALL
from bubblenet.terminal import by_count, print_text
from bubblenet.viewing.charts import Bar, bars

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from rich.console import Console

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe

_WHERE = {
    "http_header": "in headers", "html_meta": "in meta elements", "robots_txt": "in robots.txt", "well_known": "in tdmrep.json",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OptOuts:
    """Pages of a snapshot, or of all, that opt out. reasons: pages that the policy withholds. signals: one page may have several."""

    policy: str
    num_pages: int
    reasons: dict[str, int]
    signals: tuple[Bar, ...]


def collect_opt_outs(context: Context, recipe: Recipe) -> OptOuts | None:
    """Those of the context's snapshot under the current rules; None where no page opts out and none is withheld."""
    found, withheld = rights.opted_out(context, recipe), rights.withheld(context, recipe)
    rows = _here(found, context).groupBy("signal", "place").agg(_pages()).collect() if found is not None else []
    left_out = _here(withheld, context).groupBy("reason").agg(_pages()).collect() if withheld is not None else []
    if not rows and not left_out:
        return None
    number = _here(found, context).select(*rights.PAGE).distinct().count() if found is not None else 0
    ordered = sorted(rows, key=lambda row: (-row["num"], row["signal"], row["place"]))
    named = [(f"{row['signal']} {_WHERE.get(row['place'], row['place'])}", row["num"], "") for row in ordered]
    return OptOuts(context.settings.rights.policy, number, {row["reason"]: row["num"] for row in left_out}, bars(named))


def print_opt_outs(console: Console, found: OptOuts) -> None:
    """Print how many pages are left out and why, and what they say."""
    left_out = f"left out: {by_count(found.reasons)} pages" if found.reasons else "nothing is left out"
    said = by_count({bar.label: bar.count for bar in found.signals})
    told = f"; {found.num_pages:,} pages opt out ({said})" if found.signals else ""
    print_text(console, f"\n[bold]Rights[/bold] (policy {found.policy}): {left_out}{told}")


def _here(pages: DataFrame, context: Context) -> DataFrame:
    return pages if context.snapshot == ALL else pages.where(F.col("snapshot") == context.snapshot)


def _pages() -> Column:
    return F.count_distinct(*rights.PAGE).alias("num")
