"""How much personal data was masked, by kind, and how many passages were left out for it: for the summary of a run and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.corpus.privacy.kinds import KINDS
from bubblenet.method.rows import current
from bubblenet.method.snapshots import ALL
from bubblenet.tables import SEGMENTS
from bubblenet.terminal import by_count, print_text
from bubblenet.viewing.charts import Bar, bars

if TYPE_CHECKING:
    from rich.console import Console

    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe


@dataclass(frozen=True, slots=True)
class PersonalData:
    """What was masked in the passages of a snapshot, or of all. left_out: those that were mostly personal data."""

    num_passages: int
    num_left_out: int
    kinds: tuple[Bar, ...]


def collect_personal_data(context: Context, recipe: Recipe) -> PersonalData | None:
    """That of the context's snapshot under the current settings, passages of every verdict; None where nothing was masked."""
    segments = current(context, SEGMENTS, recipe["segment"].id).where("personal_share IS NOT NULL")
    if context.snapshot != ALL:
        segments = segments.where(F.col("snapshot") == context.snapshot)
    row = segments.agg(
        *(F.sum(kind.column).alias(kind.column) for kind in KINDS),
        F.count_if(sum((F.col(kind.column) for kind in KINDS), F.lit(0)) > 0).alias("num_passages"),
        F.count_if(F.col("reason") == "personal_data").alias("num_left_out"),
    ).first()
    if row is None or not row["num_passages"]:
        return None
    found = sorted(((kind.plural, row[kind.column], "") for kind in KINDS if row[kind.column]), key=lambda one: -one[1])
    return PersonalData(row["num_passages"], row["num_left_out"], bars(found))


def print_personal_data(console: Console, found: PersonalData) -> None:
    """Print what was masked, and how many passages are left out."""
    masked = by_count({bar.label: bar.count for bar in found.kinds})
    left_out = f"{found.num_left_out:,} left out as mostly such data" if found.num_left_out else "none left out"
    print_text(console, f"\n[bold]Personal data[/bold] masked in {found.num_passages:,} passages, {left_out}: {masked}")
