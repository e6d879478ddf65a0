"""What a new snapshot costs on a small and on a large history. `make bench-history`.

A history is made of one real run: its rows are multiplied under other ids, texts and bands, over several snapshots, so that every table is
as a year of crawls leaves it. Then the same new pages come onto each history: a fifth of them are older pages with one section changed, the
others are new. Bytes read and shuffled, files opened and seconds of each stage are those of Spark's event log; the engine is the scripted
one.

    python -m tests.benchmarks.history [--history 10000,100000] [--pages 2000]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import MINHASH_INDEX, RUNS, SEGMENTS, TABLES, Table
from tests.benchmarks.fixed import run_command
from tests.corpora import page, write_pages

NUM_OLD_PAGES = 50
NUM_SNAPSHOTS = 12
MOST_GROWTH = 1.3
IDS = ("request_id", "document_id", "segment_id", "representative_id", "normalised_hash", "instruction_id", "payload_digest")
MEASURED = ("read", "shuffled", "files", "seconds")


@dataclass
class Cost:
    """What one stage took: MB read, MB shuffled, files opened, seconds of its queries."""

    read: float = 0.0
    shuffled: float = 0.0
    files: int = 0
    seconds: float = 0.0


@dataclass
class Query:
    """One query of an event log. stage: as Spark's web page shows it."""

    stage: str
    started: float
    file_counts: frozenset[int] = field(default_factory=frozenset)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--history", default="10000,100000,1000000", help="passages of each history")
    parser.add_argument("--pages", type=int, default=2000, help="new pages")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.history.split(",")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pages(folder / "old", {f"old{n}": page(f"old{n}") for n in range(NUM_OLD_PAGES)})
        write_pages(folder / "new", dict(new_pages(arguments.pages)))
        finished(run_command(folder, "old", []), folder / "first")
        costs = {size: cost_on(folder, size) for size in sizes}
    print_table(costs)


def new_pages(number: int) -> Iterator[tuple[str, str]]:
    """A fifth has a section of an older page and a new one, the rest is new."""
    for n in range(number):
        if n % 5:
            yield f"new{n}", page(f"new{n}")
        else:
            yield f"old{n % NUM_OLD_PAGES}-{n}", page(f"old{n % NUM_OLD_PAGES}", ("purpose", f"history{n}"))


def cost_on(folder: Path, size: int) -> dict[str, Cost]:
    """Run the new snapshot on a history of so many passages; what each stage took."""
    grown = folder / f"{size}"
    grown.mkdir()
    (grown / "new").symlink_to(folder / "new")
    growing = [sys.executable, "-m", "tests.benchmarks.history_of", f"{folder}/warehouse", f"{grown}/warehouse", f"{size}"]
    subprocess.run(growing, check=True)
    events = grown / "events"
    started = time.monotonic()
    finished(run_command(grown, "new", []), events)
    print(f"{size:,} passages: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    shutil.rmtree(grown / "warehouse")
    return by_stage(events)


def finished(command: list[str], events: Path) -> None:
    """Run a command with an event log. Raises SystemExit with its output if it fails."""
    events.mkdir()
    options = f"-Dspark.eventLog.enabled=true -Dspark.eventLog.dir=file://{events} -Dspark.eventLog.compress=false"
    interpreter = dict.fromkeys(("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"), sys.executable)
    done = subprocess.run(
        command, env={**os.environ, **interpreter, "SPARK_SUBMIT_OPTS": options}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"bench-history: {' '.join(command)}\n{done.stdout}{done.stderr}")


def by_stage(events: Path) -> dict[str, Cost]:
    """Costs by the stage that asked, in the order in which they began."""
    costs: dict[str, Cost] = defaultdict(Cost)
    queries: dict[int, Query] = {}
    stages: dict[int, str] = {}
    for event in read_events(events):
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerSQLExecutionStart":
            name = root_of(event, queries)
            queries[event["executionId"]] = Query(name, event["time"], frozenset(file_metrics(event["sparkPlanInfo"])))
        elif kind == "SparkListenerSQLExecutionEnd" and (query := queries.get(event["executionId"])):
            costs[query.stage].seconds += (event["time"] - query.started) / 1000
        elif kind == "SparkListenerDriverAccumUpdates" and (query := queries.get(event["executionId"])):
            costs[query.stage].files += sum(value for number, value in event["accumUpdates"] if number in query.file_counts)
        elif kind == "SparkListenerJobStart":
            name = queries[int(number)].stage if (number := event["Properties"].get("spark.sql.execution.id")) else "session"
            stages |= dict.fromkeys(event["Stage IDs"], name)
        elif kind == "SparkListenerTaskEnd" and (metrics := event.get("Task Metrics")):
            cost = costs[stages.get(event["Stage ID"], "session")]
            shuffle = metrics["Shuffle Read Metrics"]
            cost.read += metrics["Input Metrics"]["Bytes Read"] / 1e6
            cost.shuffled += (shuffle["Remote Bytes Read"] + shuffle["Local Bytes Read"]) / 1e6
    return costs


def read_events(events: Path) -> Iterator[dict[str, Any]]:
    """The events of all applications in a folder."""
    for file in sorted(file for file in events.rglob("*") if file.is_file() and not file.name.startswith((".", "appstatus"))):
        for line in file.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def root_of(event: dict[str, Any], queries: dict[int, Query]) -> str:
    """The stage of a query: what it starts belongs to it, Delta's own look at a log too."""
    root = queries.get(event.get("rootExecutionId", -1))
    return root.stage if root else event["description"].removeprefix("Delta: ").partition(":")[0]


def file_metrics(plan: dict[str, Any]) -> Iterator[int]:
    """The numbers of a plan's metrics that count opened files."""
    yield from (metric["accumulatorId"] for metric in plan["metrics"] if metric["name"] == "number of files read")
    for child in plan["children"]:
        yield from file_metrics(child)


def grow(spark: SparkSession, base: str, location: str, size: int) -> None:
    """Write a warehouse with the rows of another one, multiplied until it has so many passages."""
    source, target = Warehouse(spark, base, access="read"), Warehouse(spark, location)
    copies = -(-size // source.read(SEGMENTS).where("kept").select("segment_id").distinct().count())
    for table in TABLES:
        rows = source.read(table)
        if table is RUNS or not {"segment_id", "document_id", "path"} & set(table.column_names):
            target.append(rows, table, {"by": "bench-history"})
        else:
            target.append(multiplied(rows, table, copies), table, {"by": "bench-history"})


def multiplied(rows: DataFrame, table: Table, copies: int) -> DataFrame:
    """The rows as many times, alike in nothing but their form; the first copy is as it was."""
    copy = F.col("copy")
    many = rows.crossJoin(rows.sparkSession.range(copies).withColumnRenamed("id", "copy")).repartition("copy")
    changed = {name: other_id(F.col(name), copy) for name in IDS if name in table.column_names}
    if "snapshot" in table.column_names:
        crawl = F.concat(F.lit("crawl"), (copy % NUM_SNAPSHOTS).cast("string"))
        changed["snapshot"] = F.when(copy == 0, F.col("snapshot")).otherwise(crawl)
    if "text" in table.column_names:
        changed["text"] = F.concat("text", F.lit(" "), copy.cast("string"))
    if table is MINHASH_INDEX:
        changed["band_keys"] = F.transform("band_keys", lambda key: F.when(copy == 0, key).otherwise(F.xxhash64(key, copy)))
    return many.withColumns(changed).drop("copy")


def other_id(value: Column, copy: Column) -> Column:
    """An id that depends on the id and the copy alone, so that rows of all tables still find each other."""
    return F.when((copy == 0) | value.isNull(), value).otherwise(F.md5(F.concat_ws("/", value, copy.cast("string"))))


def print_table(costs: dict[int, dict[str, Cost]]) -> None:
    """A line a stage; for each measure its value on each history, and how much it grew from the first to the last."""
    sizes = list(costs)
    print("| stage | " + " | ".join(f"{what} {size:,}" for what in MEASURED for size in sizes) + " | read and shuffled grew |")
    print("|---|" + "---|" * (len(MEASURED) * len(sizes) + 1))
    for stage in costs[sizes[-1]]:
        found = [costs[size].get(stage, Cost()) for size in sizes]
        values = [[getattr(cost, what) for cost in found] for what in MEASURED]
        moved = [cost.read + cost.shuffled for cost in found]
        growth = f"{moved[-1] / moved[0]:.2f} (at most {MOST_GROWTH})" if moved[0] else "-"
        print(f"| {stage} | " + " | ".join(f"{value:,.1f}" for row in values for value in row) + f" | {growth} |")


if __name__ == "__main__":
    main()
