"""Bring the tables of an older release up to this one, in place: missing tables and columns are added, no row is changed or asked again.

Every other job does the same on opening a warehouse; this one says what it was, and which rows the next run uses. It may be killed and
started again.

spark-submit --properties-file conf/spark/local.conf jobs/migrate.py --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bubblenet.app.job import Job
from bubblenet.viewing.migration import print_rows_in_use

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(context: Context) -> None:
    """Say what opening the tables has changed, and how many of their rows the next run uses."""
    for change in context.warehouse.changes or ("nothing was missing",):
        context.console.print(f"[bold]migrate[/bold] {change}", soft_wrap=True)
    print_rows_in_use(context)


JOB = Job("migrate", __doc__, run, follows="retry")


if __name__ == "__main__":
    sys.exit(JOB.main())
