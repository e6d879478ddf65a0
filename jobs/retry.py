"""Ask quarantined requests again: after a fault of the surroundings, or with a release that reads what an older one could not.

Their rows are deleted in one commit; the next run of the stage finds them unanswered.

spark-submit --properties-file conf/spark/local.conf jobs/retry.py --stage ingest --reason unreadable --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Option

from bubblenet.app.job import Job
from bubblenet.kernel.retrying import ask_again
from bubblenet.terminal import by_count

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(
    context: Context,
    stage: Annotated[str, Option("--stage", help="A stage as `bubblenet status` names it, e.g. ingest or score/likelihood.")],
    reason: Annotated[list[str] | None, Option("--reason", help="Only requests with this reason; may be given again.")] = None,
    snapshot: Annotated[str, Option("--snapshot", help="Only what was asked for this snapshot.")] = "",
) -> None:
    """Delete the rows of quarantined requests, and say how many there were."""
    found = ask_again(context.warehouse, stage, reason or (), snapshot)
    total = sum(found.values())
    todo = "The next `bubblenet run` asks them again." if total else "Nothing is quarantined there."
    context.console.print(f"[bold]{stage}[/bold] {total:,} requests will be asked again ({by_count(found)}). {todo}", soft_wrap=True)


JOB = Job("retry", __doc__, run, follows="curate")


if __name__ == "__main__":
    sys.exit(JOB.main())
