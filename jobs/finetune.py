"""Fine-tune the starting model on an export, in several processes, and record the result: models.

spark-submit --properties-file conf/spark/train.conf jobs/finetune.py --export exports/round0 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Option

from bubblenet.app.job import Job
from bubblenet.training.launching import train
from bubblenet.viewing.trainings import print_training

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(context: Context, export: Annotated[str, Option("--export", help="Folder of a finished export.")]) -> None:
    """Train the model that export and settings describe, unless it is there, and say how to use it."""
    print_training(train(context, export), context.console)


JOB = Job("finetune", __doc__, run, follows="export")


if __name__ == "__main__":
    sys.exit(JOB.main())
