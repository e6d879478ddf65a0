"""The rounds of self-alignment as printed by `bubblenet iterate`: the quality of each model, and the decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from bubblenet.assessment.assessing import pick
from bubblenet.method.seeds import REPORTING
from bubblenet.rounds.decisions import PROMOTED
from bubblenet.terminal import print_table
from bubblenet.viewing.estimates import with_interval

if TYPE_CHECKING:
    from rich.console import Console

    from bubblenet.rounds.loop import Round

_METRICS = ("log_likelihood", "chrf", "rouge_l")


def print_rounds(rounds: list[Round], console: Console) -> None:
    """Print the starting model and each round: held-out quality with intervals, the bounds that decided, gains on the half that did not."""
    table = Table("", "model", "curated", *_METRICS, "bound on start", "on parent", "gain on start", "gain on parent", "decision")
    first = rounds[0]
    table.add_row("start", first.parent, "", *(_cell(first, first.parent, None, metric) for metric in _METRICS), *[""] * 5)
    for number, found in enumerate(rounds):
        bounds = [_bound(found.measured.bound_on_start), _bound(found.measured.bound_on_parent)]
        gains = [_cell(found, found.model, baseline, _METRICS[0], REPORTING) for baseline in (first.parent, found.parent)]
        verdict = found.decision.decision + (f": {found.decision.reason}" if found.decision.reason else "")
        cells = (_cell(found, found.model, None, metric) for metric in _METRICS)
        table.add_row(f"M{number}", found.model, f"{found.measured.num_curated:,}", *cells, *bounds, *gains, verdict)
    print_table(console, table)
    halves = rounds[-1].measured
    console.print(f"Bounds on {halves.num_deciding:,} held-out seeds decide; gains are those on the other {halves.num_reporting:,}.")
    best = next((found.model for found in reversed(rounds) if found.decision.decision == PROMOTED), first.parent)
    console.print(f"Use the best: --set models.forward={best} --set models.backward={first.backward}", soft_wrap=True)


def _bound(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _cell(found: Round, model: str, baseline: str | None, metric: str, half: str | None = None) -> str:
    """A mean over all kinds of task with its interval."""
    if model == baseline:
        return "0"
    return with_interval(pick(found.estimates, model, baseline, metric, half), digits=3)
