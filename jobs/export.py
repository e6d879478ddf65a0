"""Write curated pairs and seeds out as training examples: equal files, a manifest, a dataset card.

spark-submit --properties-file conf/spark/local.conf jobs/export.py --out exports/round0 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Option

from bubblenet.app.job import Job
from bubblenet.export.writing import export
from bubblenet.viewing.exports import print_export

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(
    context: Context, out: Annotated[str, Option("--out", help="Folder or URL to write to; a new one, or one of an earlier export.")]
) -> None:
    """Bring the folder up to date, and say what is in it."""
    print_export(export(context, out), out, context.console)


JOB = Job("export", __doc__, run, follows="seeds import")


if __name__ == "__main__":
    sys.exit(JOB.main())
