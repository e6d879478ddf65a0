"""Choose among the accepted pairs of a round the good ones that are unlike each other: embeddings, selections.

With --control, choose as many without looking, to compare with. An export takes the selection of its round where there is one.

spark-submit --properties-file conf/spark/local.conf jobs/selection.py --warehouse warehouse --set selection.pairs=1000
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Option

from bubblenet.app.job import Job
from bubblenet.kernel.compaction import compact
from bubblenet.method.controls import ControlKind, name_of, parse, select_control
from bubblenet.method.selection import MAIN, select
from bubblenet.viewing.selections import print_selection

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stage import StageReport


def run(
    context: Context,
    control: Annotated[ControlKind | None, Option("--control", help="Choose as many pairs as the selection has, without it.")] = None,
    seed: Annotated[int, Option("--seed", min=0, help="Of a control: another one, another draw.")] = 0,
) -> None:
    """Bring the selection up to date, or a control of the size that it has, and say what is in it."""
    with context.described("select"):
        name, counts = (name_of(control, seed), select_control(context, control, seed)) if control else (MAIN, select(context))
    print_selection(context, name, counts)
    if counts:
        compact(context.warehouse)


def run_where_named(context: Context) -> list[StageReport]:
    """The selection that export.selection names, for steps that go on to an export; none where it names none."""
    named = context.settings.export.selection
    if named not in ("", "none"):
        control = parse(named)
        run(context)
        if control:
            run(context, *control)
    return []


JOB = Job("select", __doc__, run, follows="curate")


if __name__ == "__main__":
    sys.exit(JOB.main())
