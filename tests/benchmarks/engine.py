"""What Spark costs: tokens/s of the model stages inside Spark over the same work in a plain Python loop. `make bench-engine`.

Both sides use the same transform, the same windows in the same order, one process and the same number of threads; the model is loaded and
warm on both. The Spark side is a unit of the stage kernel: read the plan, map, append to a Delta table. Pairs are interleaved, since the
speed of a machine drifts: the figure is the median of the pairs' ratios, with the lowest and highest beside it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table as RichTable

from bubblenet import session, settings, stage
from bubblenet.context import Context
from bubblenet.jobs import backtranslate, ingest, score, segment
from bubblenet.jobs import deduplicate as deduplication
from bubblenet.stage import PlannedUnit, Stage
from bubblenet.udfs.batches import BatchRunner, Unit
from bubblenet.warehouse import Warehouse
from tests.corpora import page, write_pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from pyspark.sql import DataFrame


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", default=".demo/pages", help="folder of pages; written ones when it does not exist")
    parser.add_argument("--passages", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        context = _open(arguments, Path(folder))
        results = {declared.name: _compare(declared, context, arguments.pairs) for declared in _stages(context)}
    _print(results, arguments)


def _open(arguments: argparse.Namespace, folder: Path) -> Context:
    """A warehouse with passages, and a session of one task."""
    pages = Path(arguments.pages)
    if not pages.is_dir():
        pages = write_pages(folder / "pages", {f"page{n}": page(f"page{n}") for n in range(arguments.passages)})
    chosen = settings.load(None, [f"engine.threads={arguments.threads}", "execution.model_tasks=1"])
    spark = session.build("bench-engine", extra={"spark.master": "local[1,4]"})
    warehouse = Warehouse(spark, str(folder / "warehouse"))
    context = Context(spark, chosen, warehouse, "bench", Console(quiet=True), (str(pages),), arguments.passages)
    for job in (ingest, segment, deduplication, backtranslate, score):
        job.run(context)
    return context


def _stages(context: Context) -> Iterator[Stage]:
    """The declarations of the model stages, as the jobs make them, caught on their way into the kernel."""
    caught: list[Stage] = []
    real = stage.run_stage

    def catch(declared: Stage, given: Context) -> stage.StageReport:
        caught.append(declared)
        return real(declared, given)

    backtranslate.run_stage = score.run_stage = catch  # type: ignore[attr-defined]
    backtranslate.run(context)
    score.run(context)
    backtranslate.run_stage = score.run_stage = real  # type: ignore[attr-defined]
    return (declared for declared in caught if declared.is_model_stage)


def _compare(declared: Stage, context: Context, num_pairs: int) -> list[tuple[float, float]]:
    """Tokens/s of (Spark, loop) in interleaved pairs, after one of each that is not counted."""
    requests = declared.requests.dropDuplicates(["request_id"])
    if declared.sample is not None:
        requests = requests.join(declared.sample, on=declared.colocate, how="left_semi")
    folder = f"{context.warehouse.location}/bench-{declared.name.replace('/', '-')}"
    requests.coalesce(1).write.mode("overwrite").parquet(folder)
    frame = context.spark.read.parquet(folder)
    planned = PlannedUnit((folder,), frame.count())
    batches = frame.repartition(1, declared.colocate).toArrow().to_batches()
    sides: tuple[Callable[[int], float], ...] = (
        lambda number: _in_spark(declared, context, frame, planned, number),
        lambda number: _in_a_loop(declared, context, batches, number),
    )
    pairs = []
    for number in range(num_pairs + 1):
        first, second = (0, 1) if number % 2 else (1, 0)
        speed = {side: sides[side](number) for side in (first, second)}
        pairs.append((speed[0], speed[1]))
        print(f"{declared.name}: pair {number} of {num_pairs}: {speed[0]:,.0f} tokens/s in Spark, {speed[1]:,.0f} in the loop", flush=True)
    return pairs[1:]


def _in_spark(declared: Stage, context: Context, requests: DataFrame, planned: PlannedUnit, number: int) -> float:
    """One unit of the kernel without its ledger row."""
    unit = Unit(f"{declared.name}-{number}", number, "bench", f"{context.warehouse.location}/scratch")
    started = time.perf_counter()
    version = context.warehouse.append(stage._map(declared, context, requests, planned, unit), declared.target, {"run": unit.run_id})
    seconds = time.perf_counter() - started
    rows = context.warehouse.read(declared.target, version).where(f"run_id = '{unit.run_id}'")
    tokens = rows.selectExpr("sum(prompt_tokens + output_tokens)").first()
    return (tokens[0] if tokens else 0) / seconds


def _in_a_loop(declared: Stage, context: Context, batches: list[pa.RecordBatch], number: int) -> float:
    """The same transform over the same windows in this process."""
    if declared.transform is None:
        raise TypeError(f"{declared.name} has no transform")
    runner = BatchRunner(declared.transform, Unit("loop", number, "bench", f"{context.warehouse.location}/scratch"), batches[0].schema)
    started = time.perf_counter()
    tokens = 0
    for window in runner.windows(iter(batches)):
        for _, row in declared.transform(window):
            tokens += row["prompt_tokens"] + row["output_tokens"]
    return tokens / (time.perf_counter() - started)


def _print(results: dict[str, list[tuple[float, float]]], arguments: argparse.Namespace) -> None:
    table = RichTable(
        title=f"{arguments.passages} passages, {arguments.threads} threads, {arguments.pairs} interleaved pairs; tokens/s, medians"
    )
    for name in ("stage", "in Spark", "plain loop", "ratio", "lowest", "highest"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for name, pairs in results.items():
        ratios = sorted(spark / loop for spark, loop in pairs)
        speeds = [f"{statistics.median(side):,.0f}" for side in zip(*pairs, strict=True)]
        table.add_row(name, *speeds, f"{statistics.median(ratios):.3f}", f"{ratios[0]:.3f}", f"{ratios[-1]:.3f}")
    Console().print(table)


if __name__ == "__main__":
    main()
