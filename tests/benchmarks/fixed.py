"""The fixed cost of `bubblenet run`: what is paid when there is little or nothing to do. `make bench-fixed`.

A history is made first; then six new pages come as a snapshot, and the same command is given again. The engine is the scripted one, so
nothing but Spark, Delta and Python is measured. Queries, those that Delta asks of its own logs, and jobs are those of Spark's event log;
commits are those of the tables' logs, CPU time is that of all processes. A command that runs no job is no query.

    python -m tests.benchmarks.fixed [PAGES] [--history 60] [--queries]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT, SCRIPTED

NUM_NEW = 6
BARS = {"six new pages": "at most 45 queries, 15 commits, 45 s", "the same again": "at most 8 queries, 20 s; 5 s wished"}
DELTA, DELTA_INSIDE = "Delta:", "recordDeltaOperation"
"""How Delta describes its queries of logs, and where those that it does not describe are made."""

EMPTY_SESSION = "from bubblenet.app import session\nsession.build('empty').stop()\n"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one command took."""

    seconds: float
    cpu_seconds: float
    queries: Counter[str]
    num_log_queries: int
    num_jobs: int
    num_commits: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="?", type=Path, default=ROOT / ".demo" / "pages")
    parser.add_argument("--history", type=int, default=60, help="pages of the first snapshot")
    parser.add_argument("--queries", action="store_true", help="list the queries of each command")
    parser.add_argument("--set", action="append", default=[], dest="overrides", help="a setting, as of `bubblenet run`")
    arguments = parser.parse_args()
    pages = sorted(page for page in arguments.pages.rglob("*.html") if page.stat().st_size > 10_000)
    if len(pages) < arguments.history + NUM_NEW:
        raise SystemExit(
            f"bench-fixed: wanted {arguments.history + NUM_NEW} pages; got {len(pages)} below {arguments.pages}. Run make setup."
        )
    print("| command | s | CPU s | queries | of logs | jobs | commits | wanted |\n|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(pages[: arguments.history], folder / "old")
        copied(pages[arguments.history : arguments.history + NUM_NEW], folder / "new")
        old, new = (run_command(folder, snapshot, arguments.overrides) for snapshot in ("old", "new"))
        (folder / "empty.py").write_text(EMPTY_SESSION, encoding="utf-8")
        for title, command in {
            "an empty session": [str(beside("spark-submit")), "--properties-file", f"{ROOT}/conf/spark/local.conf", f"{folder}/empty.py"],
            f"{arguments.history} pages, first": old,
            "six new pages": new,
            "the same again": new,
        }.items():
            show(title, measured(command, folder), arguments.queries)


def copied(pages: list[Path], folder: Path) -> None:
    """Copy the pages into one folder, numbered: their names may repeat."""
    folder.mkdir()
    for number, page in enumerate(pages):
        shutil.copy(page, folder / f"{number}.html")


def run_command(folder: Path, snapshot: str, overrides: list[str]) -> list[str]:
    """`bubblenet run` on one snapshot, with the scripted engine."""
    changes = [part for change in (*SCRIPTED, *overrides) for part in ("--set", change)]
    return [
        str(beside("bubblenet")),
        "run",
        "--input",
        f"{folder}/{snapshot}",
        "--snapshot",
        snapshot,
        "--warehouse",
        f"{folder}/warehouse",
        *changes,
    ]


def beside(name: str) -> Path:
    """A command of this environment."""
    return Path(sys.executable).with_name(name)


def measured(command: list[str], folder: Path) -> Cost:
    """Run the command and count."""
    events = Path(tempfile.mkdtemp(dir=folder))
    options = f"-Dspark.eventLog.enabled=true -Dspark.eventLog.dir=file://{events} -Dspark.eventLog.compress=false"
    commits, cpu, started = num_commits(folder), cpu_seconds(), time.monotonic()
    interpreter = dict.fromkeys(("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"), sys.executable)
    environment = {**os.environ, **interpreter, "SPARK_SUBMIT_OPTS": options}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if done.returncode:
        raise SystemExit(f"bench-fixed: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return Cost(seconds, cpu_seconds() - cpu, *counted(events), num_commits(folder) - commits)


def cpu_seconds() -> float:
    """CPU time of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def num_commits(folder: Path) -> int:
    """Commits in the logs of all tables."""
    return len(list(folder.glob("warehouse/*/_delta_log/*.json")))


def counted(events: Path) -> tuple[Counter[str], int, int]:
    """Queries by their description, queries of logs, and jobs, of an event log.

    What a query starts belongs to it, but for Delta's own.
    """
    descriptions: dict[int, str] = {}
    asked_by_delta = set[int]()
    roots: dict[int, int] = {}
    busy, num_jobs = set[int](), 0
    for file in (file for file in events.rglob("*") if file.is_file() and not file.name.startswith(".")):
        for line in file.read_text(encoding="utf-8").splitlines():
            event = json.loads(line)
            if event["Event"].endswith("SparkListenerSQLExecutionStart"):
                number = event["executionId"]
                descriptions[number] = event["description"]
                if event["description"].startswith(DELTA) or DELTA_INSIDE in event["details"].partition("\n")[0]:
                    asked_by_delta.add(number)
                roots[number] = event.get("rootExecutionId", number)
            elif event["Event"] == "SparkListenerJobStart":
                num_jobs += 1
                if number := event["Properties"].get("spark.sql.execution.id"):
                    busy.add(int(number))
    of_logs = busy & asked_by_delta
    asked = {roots[number] for number in busy - of_logs}
    return Counter(descriptions[number] for number in asked), len(of_logs), num_jobs


def show(title: str, cost: Cost, with_queries: bool) -> None:
    """Print one line, and the queries below it when asked."""
    counts = (cost.queries.total(), cost.num_log_queries, cost.num_jobs, cost.num_commits)
    numbers = f"{cost.seconds:.1f} | {cost.cpu_seconds:.1f} | {' | '.join(map(str, counts))}"
    print(f"| {title} | {numbers} | {BARS.get(title, '')} |", flush=True)
    for query, number in cost.queries.items() if with_queries else ():
        print(f"    {number:4} {query}", flush=True)


if __name__ == "__main__":
    main()
