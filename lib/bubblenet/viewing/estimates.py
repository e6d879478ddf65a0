"""Measurements of models as the jobs print them: means over the held-out seeds, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from bubblenet.assessment.assessing import ALL_KINDS, CONSTRAINTS_MET, METRICS, WIN_RATES, Estimate
from bubblenet.assessment.comparing import NULL_MODEL, OTHER_REFERENCE, REFERENCE, WIN_RATE
from bubblenet.terminal import print_table

if TYPE_CHECKING:
    from rich.console import Console

_KINDS_SHOWN = 30
_CONTROLS = {
    REFERENCE: "the person's answer",
    OTHER_REFERENCE: "that to another question (control)",
    NULL_MODEL: "one constant answer (control)",
}


def print_estimates(estimates: list[Estimate], console: Console) -> None:
    """Print a table for all kinds of task together, and one for the log-likelihood of each kind."""
    table = Table("over all kinds of task", "seeds", *METRICS)
    names = list(dict.fromkeys((row.model, row.baseline) for row in estimates if row.metric == METRICS[0]))
    for name in names:
        rows = {row.metric: row for row in estimates if (row.model, row.baseline) == name and row.kind == ALL_KINDS}
        table.add_row(_title(*name), f"{rows[METRICS[0]].num_items:,}", *(with_interval(rows[metric]) for metric in METRICS))
    print_table(console, table)
    constrained = [row for row in estimates if row.metric == CONSTRAINTS_MET]
    if constrained:
        _show_by_kind("constraints met, share", constrained, names, console)
    _show_win_rates([row for row in estimates if row.metric in WIN_RATES and row.kind == ALL_KINDS], console)
    of_kinds = [row for row in estimates if row.metric == METRICS[0] and row.kind != ALL_KINDS]
    _show_by_kind("log_likelihood by kind", of_kinds, names, console)


def _show_by_kind(title: str, rows: list[Estimate], names: list[tuple[str, str | None]], console: Console) -> None:
    """One metric for each model and difference, the most common kinds first."""
    sizes = {row.kind: row.num_items for row in rows}
    found = {(row.kind, row.model, row.baseline): row for row in rows}
    table = Table(title, "seeds", *(_title(*name) for name in names))
    for kind in sorted(sizes, key=lambda kind: (-sizes[kind], kind))[:_KINDS_SHOWN]:
        cells = [found.get((kind, *name)) for name in names]
        table.add_row(kind, f"{sizes[kind]:,}", *(with_interval(cell) if cell else "-" for cell in cells))
    print_table(console, table)


def _show_win_rates(rates: list[Estimate], console: Console) -> None:
    """The judge's preferences, with its controls alongside."""
    if not rates:
        return
    table = Table("the judge prefers", "to", "seeds", *WIN_RATES)
    for model, baseline in dict.fromkeys((row.model, row.baseline) for row in rates):
        rows = {row.metric: row for row in rates if (row.model, row.baseline) == (model, baseline)}
        names = (_CONTROLS.get(name or "", name) for name in (model, baseline))
        table.add_row(*names, f"{rows[WIN_RATE].num_items:,}", *(with_interval(rows[name]) for name in WIN_RATES))
    print_table(console, table)
    for row in failed_controls(rates):
        what = f"{_CONTROLS.get(row.model, row.model)} to {_CONTROLS[row.baseline or '']}"
        console.print(
            f"[yellow]The judge was not shown to prefer {what}: {with_interval(row)}. What it says of models means little.[/yellow]"
        )


def failed_controls(rates: list[Estimate]) -> list[Estimate]:
    """The win rates of controls that are not above one half with the whole interval."""
    controls = (row for row in rates if row.metric == WIN_RATE and row.kind == ALL_KINDS and row.baseline in (OTHER_REFERENCE, NULL_MODEL))
    return [row for row in controls if row.low is None or row.low <= 0.5]


def _title(model: str, baseline: str | None) -> str:
    return f"{model} - {baseline}" if baseline else model


def with_interval(estimate: Estimate, digits: int = 2) -> str:
    """The mean, with its confidence interval in brackets."""
    interval = "" if estimate.low is None else f" [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"
    return f"{estimate.value:.{digits}f}{interval}"
