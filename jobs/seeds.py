"""Import a file of seed pairs, each line with its verdict: seeds.

spark-submit --properties-file conf/spark/local.conf jobs/seeds.py pairs.jsonl --license CC-BY-4.0 --warehouse warehouse
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from bubblenet.app.job import Job
from bubblenet.corpus.reading.seed_files import Origin
from bubblenet.method.seeds import SeedFile, import_file
from bubblenet.viewing.seeds import print_seeds

if TYPE_CHECKING:
    from bubblenet.kernel.context import Context


def run(
    context: Context,
    file: Annotated[str, Argument(help="JSON lines of pairs or conversations (docs/seeds.md); `starter`: the set that ships.")],
    licence: Annotated[str | None, Option("--license", help="Licence of the pairs, e.g. CC-BY-4.0; must be said.")] = None,
    origin: Annotated[Origin | None, Option("--origin", help="Who wrote them; default: human.")] = None,
) -> None:
    """Bring `seeds` up to date with a file, and show what the warehouse has."""
    import_file(context, SeedFile.of(file, licence, origin))
    print_seeds(context)


JOB = Job("seeds import", __doc__, run, follows="curate", makes_warehouse=True, check=SeedFile.of)


if __name__ == "__main__":
    sys.exit(JOB.main())
