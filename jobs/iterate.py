"""Train M0 on seeds, then let each model judge the pairs that train the next, until one is not better: models, evaluations, rounds.

spark-submit --properties-file conf/spark/local.conf jobs/iterate.py --rounds 2 --input pages/ --snapshot 2026-11 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Option

from bubblenet.app.command_line import ReportOption
from bubblenet.app.job import Job, Step
from bubblenet.app.looping import by_applications, run_all, run_one
from bubblenet.jobs import backtranslate, curate, deduplicate, ingest, paraphrase, rights, score, segment, selection

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context

JOBS: dict[str, tuple[Step, ...]] = {
    "corpus": (ingest.run, rights.run, segment.run, deduplicate.run),
    "backtranslate": (backtranslate.run,),
    "score": (score.run,),
    "paraphrase": (paraphrase.run_and_score,),
    "curate": (curate.run, selection.run_where_named),
}


def run(
    context: Context,
    rounds: Annotated[int, Option("--rounds", min=0, help="Rounds after M0.")] = 2,
    report: ReportOption = None,
    only: Annotated[str, Option("--only", hidden=True, help="One step, as JSON: what a loop of applications submits.")] = "",
) -> None:
    """Run what is missing of the rounds, and show them beside the model that nobody trained; or one step of them."""
    if only:
        run_one(context, JOBS, only)
    else:
        run_all(context, JOBS, rounds, report)
        context.ledger.flush(context.warehouse)


JOB = Job("iterate", __doc__, run, follows="assess", makes_warehouse=True, on_snapshot=True, answer=by_applications)


if __name__ == "__main__":
    sys.exit(JOB.main())
