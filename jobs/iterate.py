"""Train M0 on seeds, then let each model judge the pairs that train the next, until one is not better: models, evaluations, rounds.

spark-submit --properties-file conf/spark/local.conf jobs/iterate.py --rounds 2 --input pages/ --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Option

from bubblenet.app.command_line import ReportOption
from bubblenet.app.job import Job
from bubblenet.jobs import backtranslate, curate, deduplicate, ingest, paraphrase, rights, score, segment, selection
from bubblenet.rounds.loop import Steps, iterate
from bubblenet.viewing.decisions import print_rounds
from bubblenet.viewing.estimates import print_estimates
from bubblenet.viewing.report import write_report

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context

STEPS = Steps(
    propose=(ingest.run, rights.run, segment.run, deduplicate.run, backtranslate.run),
    judge=(score.run, paraphrase.run_and_score, curate.run, selection.run_where_named),
    show=print_estimates,
)


def run(
    context: Context,
    rounds: Annotated[int, Option("--rounds", min=0, help="Rounds after M0.")] = 2,
    report: ReportOption = None,
) -> None:
    """Run what is missing of the rounds, and show them beside the model that nobody trained."""
    finished = iterate(context, rounds, STEPS)
    print_rounds(finished, context.console)
    context.ledger.flush(context.warehouse)
    if report:
        last = context.settings.curation.model_copy(update={"round": finished[-1].number})
        write_report(context.settings.model_copy(update={"curation": last}), context.warehouse, report)
        context.console.print(f"Report: {report}", soft_wrap=True)
    context.console.print(f'Look: bubblenet sql "SELECT * FROM rounds" --warehouse {context.warehouse.location}', soft_wrap=True)


JOB = Job("iterate", __doc__, run, follows="assess", makes_warehouse=True, on_snapshot=True)


if __name__ == "__main__":
    sys.exit(JOB.main())
