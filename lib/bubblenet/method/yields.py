"""Yield of the gates by style or by chain: the lines that jobs print at their end."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from bubblenet.method.rows import current
from bubblenet.tables import INSTRUCTIONS

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context
    from bubblenet.method.recipe import Recipe

KEPT = "kept"


def show_instruction_yield(context: Context, recipe: Recipe) -> None:
    """Print one line: how many instructions of each style were kept under the current recipe, and the commonest reasons for rejection."""
    rows = current(context, INSTRUCTIONS, recipe["backtranslate"].id)
    counted = rows.groupBy(F.coalesce("style", "origin").alias("style"), F.coalesce("reason", F.lit(KEPT)).alias("reason")).count()
    styles: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in counted.collect():
        styles[row["style"]][row["reason"]] += row["count"]
    if styles:
        parts = [describe(style, styles[style]) for style in sorted(styles)]
        context.console.print(f"[dim]{'':<22} {'; '.join(parts)}[/dim]", soft_wrap=True)


def show_paraphrase_yield(context: Context, recipe: Recipe) -> None:
    """Print a line per chain, and how many of the instructions that the first chains failed on were rescued by another one."""
    rows = current(context, INSTRUCTIONS, recipe["paraphrase"].id)
    is_second_try = F.col("sample_index") >= context.settings.paraphrasing.chains
    counted = rows.groupBy(
        F.coalesce("chain", F.col("language")).alias("chain"),
        F.coalesce("reason", F.lit(KEPT)).alias("reason"),
        is_second_try.alias("is_second_try"),
    ).count()
    chains: defaultdict[str, Counter[str]] = defaultdict(Counter)
    second: Counter[str] = Counter()
    for row in counted.collect():
        chains[row["chain"]][row["reason"]] += row["count"]
        second[row["reason"]] += row["count"] * row["is_second_try"]
    for chain in sorted(chains):
        context.console.print(f"[dim]{'':<22} {describe(chain, chains[chain], num_reasons=4)}[/dim]", soft_wrap=True)
    if second.total():
        context.console.print(f"[dim]{'':<22} rescued by another chain: {second[KEPT]:,} of {second.total():,}[/dim]", soft_wrap=True)


def describe(style: str, counts: Counter[str], num_reasons: int = 2) -> str:
    """`command 12 of 15 kept (task_talk 2, unfinished 1)`."""
    faults = Counter({reason: count for reason, count in counts.items() if reason != KEPT})
    ordered = sorted(faults.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{reason} {count:,}" for reason, count in ordered[:num_reasons]] + ["..."] * (len(ordered) > num_reasons)
    text = f"{style} {counts[KEPT]:,} of {counts.total():,} {KEPT}"
    return f"{text} ({', '.join(named)})" if named else text
