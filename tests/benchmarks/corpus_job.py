"""Our side of `make bench-corpus`: ingest, segment and deduplicate in one session. Prints one JSON line with its times.

What `bubblenet run` does up to its first model stage. The clock `seconds` starts when the session and the empty tables are there.
"""

from __future__ import annotations

import argparse
import json
import time

from rich.console import Console

from bubblenet import settings
from bubblenet.app import session
from bubblenet.jobs import deduplicate, ingest, segment
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse


def main() -> None:
    """Run everything once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages")
    parser.add_argument("warehouse")
    parser.add_argument("--cores", type=int, default=2)
    arguments = parser.parse_args()
    spark = session.build("bench-corpus", extra={"spark.master": f"local[{arguments.cores},8]"})
    warehouse = Warehouse(spark, arguments.warehouse)
    context = Context(spark, settings.load(), warehouse, "bench", Console(stderr=True, width=200), (arguments.pages,))
    started = time.perf_counter()
    reports = {report.name: report for job in (ingest, segment, deduplicate) for report in job.run(context)}
    seconds = time.perf_counter() - started
    spark.stop()
    stages = {name: round(report.seconds, 2) for name, report in reports.items()}
    num_documents = reports["ingest"].num_kept_rows
    print(json.dumps({"seconds": seconds, "kept": reports["deduplicate"].num_kept_rows, "documents": num_documents,
                      "passages": reports["segment"].num_rows, "stages": stages}))  # fmt: skip


if __name__ == "__main__":
    main()
