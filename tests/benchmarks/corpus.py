"""Documents/s of ingest, segment and deduplicate beside datatrove, on real pages and the same cores. `make bench-corpus`.

Both sides start from the same WARC archives (raw HTML), and from the same texts, and end with distinct documents on disk: ours with Delta
tables, the peer with JSON lines. Ours works on passages under headings, datatrove on whole documents, so both are counted in documents of
the input; our passages/s stand beside them. Runs of both sides take turns, since the speed of a machine drifts: a ratio is the median
over the rounds, with the lowest and highest beside it. What differs between the two is told in tests/benchmarks/peer_datatrove.py.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.table import Table as RichTable

from tests.benchmarks import web_pages
from tests.benchmarks.processes import Run, measure

PEER_PACKAGES = ("datatrove[io,processing]==0.10.1", "spacy==3.8.18", "py3langid==0.4.0", "lxml_html_clean==0.4.6")
BARS = {"text": 1.2, "warc": 5.0}
SPEEDUP_BAR = 1.7
_FOLDER = Path(__file__).parent


@dataclass(slots=True)
class Bench:
    """Where things lie, and the runs so far by (system, kind, pages, cores)."""

    cache: Path
    log: IO[str]
    runs: dict[tuple[str, str, int, int], list[Run]] = field(default_factory=dict)

    def run(self, system: str, kind: str, num_pages: int, cores: int = 2) -> None:
        """Run one side once, on tables or files of its own, and say how long it took."""
        pages = web_pages.select(self.cache, kind, num_pages)
        with tempfile.TemporaryDirectory(dir=self.cache) as out:
            run = measure([*self._command(system, kind), str(pages), f"{out}/out", f"--cores={cores}"], _WORKERS[system], cores, self.log)
        self.runs.setdefault((system, kind, num_pages, cores), []).append(run)
        took = f"{run.seconds:.1f} s, {run.result['seconds']:.1f} s of them without start-up"
        print(f"{system} from {kind}, {num_pages:,} pages, {cores} cores: {took} {run.result.get('stages', '')}", flush=True)

    def _command(self, system: str, kind: str) -> list[str]:
        if system == "bubblenet":
            return [sys.executable, "-m", "tests.benchmarks.corpus_job"]
        return [str(self.cache / "datatrove/bin/python"), str(_FOLDER / "peer_datatrove.py"), kind]


_WORKERS = {"bubblenet": "pyspark.daemon", "datatrove": "peer_datatrove.py"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=20_000, help="pages of the comparison")
    parser.add_argument("--curve", default="1000,5000", help="further sizes, for our side alone")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench-corpus"))
    parser.add_argument("--log", type=Path, default=Path("build/bench-corpus.log"))
    arguments = parser.parse_args()
    sizes = sorted({arguments.pages, *(int(size) for size in arguments.curve.split(",") if size)})
    cache = arguments.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    with arguments.log.open("w") as log:
        shards = web_pages.build(cache, sizes[-1])
        _install_peer(cache / "datatrove", log)
        bench = Bench(cache, log)
        _describe(shards[: -(-arguments.pages // web_pages.SHARD_PAGES)])
        _run_everything(bench, arguments.pages, sizes, arguments.rounds)
    _print_comparison(bench, arguments.pages)
    _print_speedup(bench, arguments.pages)
    _print_curve(bench, sizes)


def _run_everything(bench: Bench, num_pages: int, sizes: list[int], rounds: int) -> None:
    for number in range(rounds):
        for kind in BARS:
            for system in ("bubblenet", "datatrove") if number % 2 else ("datatrove", "bubblenet"):
                bench.run(system, kind, num_pages)
        bench.run("bubblenet", "warc", num_pages, cores=1)
    for size in sizes:
        if size != num_pages:
            bench.run("bubblenet", "warc", size)


def _install_peer(folder: Path, log: IO[str]) -> None:
    """datatrove in an environment of its own; it appears complete or not at all."""
    done = folder / "complete"
    if done.is_file() and done.read_text() == str(PEER_PACKAGES):
        return
    shutil.rmtree(folder, ignore_errors=True)
    print("installing datatrove, once (about 900 MB with its requirements)", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, stdout=log, stderr=log)
    subprocess.run([str(folder / "bin/pip"), "install", "--quiet", *PEER_PACKAGES], check=True, stdout=log, stderr=log)
    done.write_text(str(PEER_PACKAGES))


def _describe(shards: list[web_pages.Shard]) -> None:
    """What the pages are."""
    for name in ("packages", "languages"):
        counts = sum((Counter(getattr(shard, name)) for shard in shards), Counter[str]())
        print(f"{counts.total():,} pages by {name}: " + ", ".join(f"{key} {count:,}" for key, count in counts.most_common()), flush=True)


def _whole(run: Run) -> float:
    return run.seconds


def _working(run: Run) -> float:
    return float(run.result["seconds"])


_CLOCKS: dict[str, Callable[[Run], float]] = {"whole process": _whole, "without start-up": _working}


def _print_comparison(bench: Bench, num_pages: int) -> None:
    table = RichTable(title=f"{num_pages:,} pages, 2 cores; documents/s, medians")
    for name in ("start", "clock", "bubblenet", "datatrove", "ratio", "lowest", "highest", "bar", "passages/s"):
        table.add_column(name, justify="left" if name in ("start", "clock") else "right")
    for kind, bar in BARS.items():
        ours, theirs = (bench.runs[system, kind, num_pages, 2] for system in ("bubblenet", "datatrove"))
        for name, clock in _CLOCKS.items():
            ratios = sorted(clock(their) / clock(our) for our, their in zip(ours, theirs, strict=True))
            speeds = [num_pages / statistics.median(map(clock, runs)) for runs in (ours, theirs)]
            passages = statistics.median(run.result["passages"] / clock(run) for run in ours)
            figures = [f"{statistics.median(ratios):.2f}", f"{ratios[0]:.2f}", f"{ratios[-1]:.2f}", f">= {bar}", f"{passages:,.0f}"]
            table.add_row(kind, name, *(f"{speed:,.0f}" for speed in speeds), *figures)
    Console(width=110).print(table)


def _print_speedup(bench: Bench, num_pages: int) -> None:
    """From one core to two: all processes of the run, the JVM too, are held to that many."""
    one, two = (bench.runs["bubblenet", "warc", num_pages, cores] for cores in (1, 2))
    for name, clock in _CLOCKS.items():
        ratios = sorted(clock(slow) / clock(fast) for slow, fast in zip(one, two, strict=True))
        spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
        print(f"1 -> 2 cores from warc, {name}: {statistics.median(ratios):.2f} ({spread}; bar >= {SPEEDUP_BAR})")


def _print_curve(bench: Bench, sizes: list[int]) -> None:
    table = RichTable(title="bubblenet from warc, 2 cores: the curve")
    for name in ("pages", "passages", "seconds", "ms/page", "ms/page, whole process", "peak MB of a worker"):
        table.add_column(name, justify="right")
    for size in sizes:
        runs = bench.runs["bubblenet", "warc", size, 2]
        working, whole = (statistics.median(map(clock, runs)) for clock in (_working, _whole))
        peak = max(run.worker_megabytes for run in runs)
        figures = (f"{1000 * working / size:.2f}", f"{1000 * whole / size:.2f}", f"{peak:,.0f}")
        table.add_row(f"{size:,}", f"{runs[0].result['passages']:,}", f"{working:.1f}", *figures)
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
