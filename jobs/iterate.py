"""Backward model and M0 of the seeds, candidates, then rounds: judge, curate, fine-tune, assess, promote or stop: rounds.

spark-submit --properties-file conf/spark/local.conf jobs/iterate.py --rounds 2 --input pages/ --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from bubblenet.app.job import (
    ConfigOption,
    InputOption,
    LimitOption,
    ReportOption,
    RoundsOption,
    SetOption,
    SnapshotOption,
    WarehouseOption,
    exit_code,
    opened,
)
from bubblenet.assessment.assessing import pick
from bubblenet.jobs import assess, backtranslate, curate, deduplicate, ingest, paraphrase, score, segment
from bubblenet.rounds.decisions import PROMOTED
from bubblenet.rounds.loop import Round, Steps, iterate
from bubblenet.terminal import print_table
from bubblenet.viewing.report import write_report

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(add_completion=False)
STEPS = Steps(
    propose=(ingest.run, segment.run, deduplicate.run, backtranslate.run),
    judge=(score.run, paraphrase.run_and_score, curate.run),
    show=assess.show,
)
_METRICS = ("log_likelihood", "chrf", "rouge_l")


@app.command()
def run(
    snapshot: SnapshotOption,
    warehouse: WarehouseOption,
    rounds: RoundsOption = 2,
    config: ConfigOption = None,
    input: InputOption = None,
    overrides: SetOption = None,
    limit: LimitOption = 0,
    report: ReportOption = None,
) -> None:
    """Run what is missing of the rounds, and show them beside the model that nobody trained."""
    with opened(config, overrides or (), warehouse, snapshot) as context:
        context = replace(context, inputs=tuple(input or ()), limit=limit)
        finished = iterate(context, rounds, STEPS)
        show(finished, context.console)
        if report:
            last = context.settings.curation.model_copy(update={"round": finished[-1].number})
            write_report(context.settings.model_copy(update={"curation": last}), context.warehouse, report)
            context.console.print(f"Report: {report}", soft_wrap=True)
        context.console.print(f'Look: bubblenet sql "SELECT * FROM rounds" --warehouse {context.warehouse.location}', soft_wrap=True)


def show(rounds: list[Round], console: Console) -> None:
    """The starting model and each round: held-out quality with intervals, and what was decided."""
    table = Table("", "model", "curated", *_METRICS, "gain on start", "gain on parent", "decision")
    first = rounds[0]
    table.add_row("start", first.parent, "", *(_cell(first, first.parent, None, metric) for metric in _METRICS), "", "", "")
    for number, found in enumerate(rounds):
        gains = [_cell(found, found.model, baseline, _METRICS[0]) for baseline in (first.parent, found.parent)]
        verdict = found.decision.decision + (f": {found.decision.reason}" if found.decision.reason else "")
        cells = (_cell(found, found.model, None, metric) for metric in _METRICS)
        table.add_row(f"M{number}", found.model, f"{found.measured.num_curated:,}", *cells, *gains, verdict)
    print_table(console, table)
    best = next((found.model for found in reversed(rounds) if found.decision.decision == PROMOTED), first.parent)
    console.print(f"Use the best: --set models.forward={best} --set models.backward={first.backward}", soft_wrap=True)


def _cell(found: Round, model: str, baseline: str | None, metric: str) -> str:
    """A mean over all kinds of task with its interval."""
    if model == baseline:
        return "0"
    return assess.with_interval(pick(found.estimates, model, baseline, metric), digits=3)


def main(argv: list[str] | None = None) -> int:
    """Run the job; return the exit code."""
    return exit_code(lambda: app(argv))


if __name__ == "__main__":
    sys.exit(main())
