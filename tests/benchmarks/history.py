"""What a new snapshot costs on a small and on a large history. `make bench-history`.

A history is made of four real snapshots: their rows are multiplied under other ids, texts and bands within their snapshots and runs, so
that every table is as a year of crawls leaves it. Then the same new pages come onto each history. A fifth of them are older pages, of all
snapshots, with a new section; half of these have the old section changed, too, so that it is a near duplicate. The others are new. Bytes
and rows read, bytes shuffled, files opened and seconds of each stage are those of Spark's event log; the engine is the scripted one.

What the history adds: rows read for each passage more of it, and bytes for each of these rows, which is what a look-up by id costs. What is
read and shuffled beyond 40 bytes for each row more must not grow.

    python -m tests.benchmarks.history [--history 10000,100000] [--pages 2000]
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from rich.console import Console

from bubblenet import settings
from bubblenet.app import session
from bubblenet.app.job import Step
from bubblenet.jobs import curate, pipeline
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import MINHASH_INDEX, RUNS, SEGMENTS, TABLES, Table
from tests.conftest import SCRIPTED
from tests.corpora import page

NUM_SNAPSHOTS = 4
NUM_OLD_PAGES = 12 * NUM_SNAPSHOTS
NUM_SITES = 1000
OPT_OUT = '<head><meta name="robots" content="noai">'
MOST_GROWTH = 1.3
MOST_ID_BYTES = 40
IDS = ("request_id", "document_id", "segment_id", "representative_id", "normalised_hash", "instruction_id", "payload_digest")
MEASURED = ("read", "shuffled", "rows", "files", "seconds")


@dataclass
class Cost:
    """What one stage took: MB read, MB shuffled, thousands of rows read, files opened, seconds of its queries."""

    read: float = 0.0
    shuffled: float = 0.0
    rows: float = 0.0
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
        write_inputs(folder, arguments.pages)
        events = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": f"file://{folder}/events", "spark.eventLog.compress": "false"}
        events["spark.hadoop.parquet.hadoop.vectored.io.enabled"] = "false"  # other threads read there, whose bytes no task counts
        spark = session.build("bench-history", extra=events)
        for crawl in range(NUM_SNAPSHOTS):
            run_on(spark, folder, "first", f"crawl{crawl}", pipeline.STEPS)
        times = {size: cost_on(spark, folder, size) for size in sizes}
        spark.stop()
        costs = {size: by_stage(folder / "events", *times[size]) for size in sizes}
    print_table(costs)


def write_inputs(folder: Path, num_new: int) -> None:
    """The pages of each snapshot, with addresses on many sites, of which one new one of fifty opts out. And the folder for events."""
    (folder / "events").mkdir(parents=True)
    for crawl in range(NUM_SNAPSHOTS):
        write_records(folder / f"crawl{crawl}", {f"old{n}": page(f"old{n}") for n in range(crawl, NUM_OLD_PAGES, NUM_SNAPSHOTS)})
    write_records(folder / "new", dict(new_pages(num_new)))


def write_records(folder: Path, pages: dict[str, str]) -> None:
    """Write a file of JSON lines, as crawlers leave them."""
    folder.mkdir()
    with (folder / "pages.jsonl").open("w", encoding="utf-8") as file:
        for name, html in pages.items():
            number = int(name.lstrip("oldnew").partition("-")[0])
            text = html.replace("<head>", OPT_OUT) if name.startswith("new") and number % 50 == 1 else html
            url = f"https://www.site{number % NUM_SITES}.example/{name}"
            file.write(json.dumps({"url": url, "html": text, "date": "2026-11-01T00:00:00Z"}) + "\n")


def new_pages(number: int) -> Iterator[tuple[str, str]]:
    """A fifth has a section of an older page, as it was or with some words changed, and a new one; the rest is new."""
    for n in range(number):
        if n % 5:
            yield f"new{n}", page(f"new{n}")
            continue
        again = page(f"old{n % NUM_OLD_PAGES}", ("purpose", f"history{n}"))
        yield f"old{n % NUM_OLD_PAGES}-{n}", again.replace("also", f"edition{n}", 2) if n % 2 else again


def cost_on(spark: SparkSession, folder: Path, size: int) -> tuple[float, float]:
    """Run the new snapshot on a history of so many passages; when it began and ended, in milliseconds.

    The history is curated before: rows that were multiplied are not what a curation left, from which a later one could go on.
    """
    grow(spark, f"{folder}/first", f"{folder}/{size}", size)
    run_on(spark, folder, f"{size}", "crawl0", [curate.run])
    started = time.time()
    run_on(spark, folder, f"{size}", "new", pipeline.STEPS)
    ended = time.time()
    print(f"{size:,} passages: {ended - started:.0f} s", file=sys.stderr, flush=True)
    shutil.rmtree(folder / f"{size}")
    return started * 1000, ended * 1000


def run_on(spark: SparkSession, folder: Path, warehouse: str, snapshot: str, steps: Sequence[Step]) -> None:
    """Run steps on a snapshot with the scripted engine."""
    console = Console(file=sys.stderr, width=200, highlight=False)
    place = Warehouse(spark, f"{folder}/{warehouse}")
    context = Context(spark, settings.load(None, SCRIPTED), place, snapshot, console, (f"{folder}/{snapshot}",))
    for step in steps:
        step(context)
    context.ledger.flush(place)


def by_stage(events: Path, started: float, ended: float) -> dict[str, Cost]:
    """Costs by the stage that asked, of queries that began between two times, in the order in which they began."""
    costs: dict[str, Cost] = defaultdict(Cost)
    queries: dict[int, Query] = {}
    stages: dict[int, str] = {}
    for event in read_events(events):
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerSQLExecutionStart" and started <= event["time"] <= ended:
            name = root_of(event, queries)
            queries[event["executionId"]] = Query(name, event["time"], frozenset(file_metrics(event["sparkPlanInfo"])))
        elif kind == "SparkListenerSQLExecutionEnd" and (query := queries.get(event["executionId"])):
            costs[query.stage].seconds += (event["time"] - query.started) / 1000
        elif kind == "SparkListenerDriverAccumUpdates" and (query := queries.get(event["executionId"])):
            costs[query.stage].files += sum(value for number, value in event["accumUpdates"] if number in query.file_counts)
        elif kind == "SparkListenerJobStart" and (query := queries.get(int(event["Properties"].get("spark.sql.execution.id", -1)))):
            stages |= dict.fromkeys(event["Stage IDs"], query.stage)
        elif kind == "SparkListenerTaskEnd" and event["Stage ID"] in stages and (metrics := event.get("Task Metrics")):
            cost = costs[stages[event["Stage ID"]]]
            shuffle = metrics["Shuffle Read Metrics"]
            cost.read += metrics["Input Metrics"]["Bytes Read"] / 1e6
            cost.rows += metrics["Input Metrics"]["Records Read"] / 1e3
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
    """The rows as many times in their snapshots and runs, alike in nothing but their form; the first copy is as it was."""
    copy = F.col("copy")
    many = rows.crossJoin(rows.sparkSession.range(copies).withColumnRenamed("id", "copy"))
    if "run_id" in table.column_names:
        many = many.repartitionByRange(NUM_SNAPSHOTS, "run_id")
    changed = {name: other_id(F.col(name), copy) for name in IDS if name in table.column_names}
    if "url" in table.column_names:
        changed["url"] = F.when(copy == 0, F.col("url")).otherwise(F.concat("url", F.lit("?"), copy.cast("string")))
    if "registered_domain" in table.column_names:  # no domain reaches its cap
        changed["registered_domain"] = F.concat(copy.cast("string"), F.lit("-"), "registered_domain")
    if "text" in table.column_names:
        changed["text"] = F.concat("text", F.lit(" "), copy.cast("string"))
    if table is MINHASH_INDEX:
        changed["band_keys"] = F.transform("band_keys", lambda key: F.when(copy == 0, key).otherwise(F.xxhash64(key, copy)))
    return many.withColumns(changed).drop("copy")


def other_id(value: Column, copy: Column) -> Column:
    """An id that depends on the id and the copy alone, so that rows of all tables still find each other."""
    return F.when((copy == 0) | value.isNull(), value).otherwise(F.md5(F.concat_ws("/", value, copy.cast("string"))))


def print_table(costs: dict[int, dict[str, Cost]]) -> None:
    """A line a stage: each measure on each history, how much what is moved grew apart from ids, and what a passage more costs."""
    sizes = list(costs)
    ends = f"grew apart from ids (at most {MOST_GROWTH}) | rows a passage more | bytes a row more (at most {MOST_ID_BYTES})"
    print("| stage | " + " | ".join(f"{what} {size:,}" for what in MEASURED for size in sizes) + f" | {ends} |")
    print("|---|" + "---|" * (len(MEASURED) * len(sizes) + 3))
    for stage in costs[sizes[-1]]:
        found = [costs[size].get(stage, Cost()) for size in sizes]
        values = [f"{getattr(cost, what):,.1f}" for what in MEASURED for cost in found]
        print(f"| {stage} | {' | '.join((*values, *growth(found[0], found[-1], sizes[-1] - sizes[0])))} |")


def growth(first: Cost, last: Cost, passages: int) -> tuple[str, str, str]:
    """How much more is read and shuffled than on the first history, apart from ids; rows read for each passage more, and their bytes.

    Less than a megabyte, or than a row for each hundred passages more, is noise of logs and plans.
    """
    rows, moved = (last.rows - first.rows) * 1e3, (last.read - first.read + last.shuffled - first.shuffled) * 1e6
    if moved < 1e6 or rows < passages / 100:
        return f"{1 + moved / (first.read + first.shuffled) / 1e6:.2f}" if first.read else "-", "0", "-"
    beyond = max(moved - MOST_ID_BYTES * rows, 0.0)
    return f"{1 + beyond / (first.read + first.shuffled) / 1e6:.2f}", f"{rows / passages:.1f}", f"{moved / rows:,.0f}"


if __name__ == "__main__":
    main()
