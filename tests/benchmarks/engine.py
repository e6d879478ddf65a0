"""What Spark costs, what sharing saves, and whether the batch changes anything. `make bench-engine`.

What Spark costs is tokens/s of the model stages inside Spark over the same work in a plain Python loop. Both sides use the same transform,
the same windows in the same order, one process and the same number of threads; the model is loaded and warm on both. The Spark side is a
unit of the stage kernel: read the plan, map, append to a Delta table. Its steady state lies between the first call of the model and the
end of the last; what a unit costs before and after is a matter of its size (execution.unit_rows), and the ratio with it stands beside.
Pairs are interleaved, since the speed of a machine drifts: the figure is the median of the pairs' ratios, with the lowest and highest.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from rich.console import Console
from rich.table import Table as RichTable

from bubblenet import settings
from bubblenet.app import session
from bubblenet.engines.language_model import LanguageModel
from bubblenet.engines.tokens import Codec
from bubblenet.engines.weights import describe
from bubblenet.jobs import backtranslate, ingest, score, segment
from bubblenet.jobs import deduplicate as deduplication
from bubblenet.judging.measure import Pair
from bubblenet.kernel import stage
from bubblenet.kernel.batches import cut
from bubblenet.kernel.context import Context
from bubblenet.kernel.stage import PlannedUnit, Stage
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.tables import SEGMENTS
from tests.benchmarks import engine_versions, prefixes, served_traffic
from tests.benchmarks.engine_in_spark import PaddingCount, Watched, compare_workers, peer_rows_per_second, run_in_spark, watch_in_spark
from tests.benchmarks.invariance import compare_sizes
from tests.corpora import page, write_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa
    from pyspark.sql import DataFrame

PARTS = ("spark", "peer", "workers", "prefixes", "rationale", "server", "invariance")
IN_SPARK = {"spark", "peer", "workers"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", default=".demo/pages", help="folder of pages; written ones when it does not exist")
    parser.add_argument("--passages", type=int, default=16)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--invariance", type=int, default=500, help="rows of the comparison of batches")
    parser.add_argument("--stages", nargs="*", default=[], help="names of model stages to measure in Spark; all when empty")
    parser.add_argument("--lengths", nargs="*", type=int, default=prefixes.LENGTHS, help="tokens of the passages of part prefixes")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS, help="what to measure")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        context = _open(arguments, Path(folder))
        texts = [row[0] for row in context.warehouse.read(SEGMENTS).select("text").orderBy("segment_id").collect()]
        if IN_SPARK & set(arguments.parts):
            _print_stages(context, arguments)
        context.spark.stop()
    torch.set_num_threads(1)  # what follows is timed by CPU time, which threads that wait for each other would distort
    if "prefixes" in arguments.parts:
        prefixes.print_prefixes(texts, arguments.lengths, arguments.pairs)
    if "rationale" in arguments.parts:
        prefixes.print_rationale(texts, arguments.pairs)
    torch.set_num_threads(arguments.threads)
    if "server" in arguments.parts:
        served_traffic.print_traffic(engine_versions.passages(8), arguments.threads)
    if "invariance" in arguments.parts:
        _print_invariance(texts, arguments.invariance)


def _print_stages(context: Context, arguments: argparse.Namespace) -> None:
    """Everything that is measured on the declared stages."""
    stages = [Measured.of(declared, context) for declared in _stages(context)]
    if "spark" in arguments.parts:
        chosen = [measured for measured in stages if measured.stage.name in arguments.stages or not arguments.stages]
        print(f"model loads so far, by process: {_loads(context)}")
        results = {}
        for measured in chosen:
            results[measured.stage.name] = pairs = _compare(measured, context, arguments.pairs)
            with PaddingCount() as padding:
                _in_a_loop(measured)
            waiting = statistics.median(watched.waiting for watched, _ in pairs)
            print(f"{measured.stage.name}: waiting for input {waiting:.1%}, padding {padding.waste:.1%} of the computed tokens", flush=True)
        _print(results, arguments)
    generation = stages[0]
    if "peer" in arguments.parts:
        source, decoding = context.settings.models.backward, context.settings.backtranslation
        peer = peer_rows_per_second(generation.requests, source, decoding, arguments.threads)
        run_in_spark(generation.stage, context, generation.requests, generation.planned, "warm")
        seconds, _ = run_in_spark(generation.stage, context, generation.requests, generation.planned, "peer")
        ours = generation.planned.num_requests / seconds
        print(f"candidates/s: {ours:.2f} in the stage, {peer:.2f} by a pipeline() a row in a UDF, ratio {ours / peer:.1f}", flush=True)
    if "workers" in arguments.parts:
        for measured in (stages[0], stages[-1]):
            print(
                compare_workers(measured.stage, context, measured.requests, measured.planned, arguments.threads, arguments.pairs),
                flush=True,
            )


def _loads(context: Context) -> dict[int, int]:
    """How often each process loaded a model."""
    lines = [line for file in Path(context.settings.engine.call_log).glob("*.jsonl") for line in file.read_text().splitlines()]
    return dict(Counter(event["pid"] for event in map(json.loads, lines) if event["op"] == "load"))


def _print_invariance(texts: Sequence[str], num_rows: int) -> None:
    """500 short pairs in float32: how far the batch moves a score, and whether it turns a decision."""
    folder = describe(prefixes.SOURCE).folder
    model, codec = LanguageModel.load(folder, "float32", "cpu"), Codec.load(folder)
    passages = [text[start : start + 200] for text in texts for start in range(0, len(text) - 200, 200)][:num_rows]
    pairs = [Pair(f"{n}", prefixes.QUESTIONS[n % len(prefixes.QUESTIONS)], passage) for n, passage in enumerate(passages)]
    for comparison in compare_sizes(model, codec, pairs):
        print(f"{len(pairs)} pairs, {comparison}", flush=True)


def _open(arguments: argparse.Namespace, folder: Path) -> Context:
    """A warehouse with passages, and a session of one task."""
    pages = Path(arguments.pages)
    if not pages.is_dir():
        pages = write_pages(folder / "pages", {f"page{n}": page(f"page{n}") for n in range(arguments.passages)})
    options = [f"engine.threads={arguments.threads}", "execution.model_tasks=1", f"engine.call_log={folder / 'calls'}"]
    chosen = settings.load(None, options)
    spark = session.build("bench-engine", extra={"spark.master": f"local[{arguments.threads},8]"})
    warehouse = Warehouse(spark, str(folder / "warehouse"))
    context = Context(spark, chosen, warehouse, "bench", Console(quiet=True), (str(pages),), arguments.passages)
    with_pairs = (backtranslate, score) if IN_SPARK & set(arguments.parts) else ()
    for job in (ingest, segment, deduplication, *with_pairs):
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


@dataclass(frozen=True, slots=True)
class Measured:
    """A declared stage with its requests in one file, so that each side reads the same ones in the same order."""

    stage: Stage
    requests: DataFrame
    planned: PlannedUnit
    batches: list[pa.RecordBatch]

    @classmethod
    def of(cls, declared: Stage, context: Context) -> Measured:
        """Write the requests of a stage down."""
        requests = declared.requests.dropDuplicates(["request_id"])
        if declared.only is not None:
            requests = requests.join(declared.only, on=declared.colocate, how="left_semi")
        folder = f"{context.warehouse.location}/bench-{declared.name.replace('/', '-')}"
        requests.coalesce(1).write.mode("overwrite").parquet(folder)
        frame = context.spark.read.parquet(folder)
        batches = frame.repartition(1, declared.colocate).toArrow().to_batches()
        return cls(declared, frame, PlannedUnit((folder,), frame.count()), batches)


def _compare(measured: Measured, context: Context, num_pairs: int) -> list[tuple[Watched, float]]:
    """Tokens/s of Spark and of the loop in interleaved pairs, after one of each that is not counted."""
    name, pairs = measured.stage.name, []
    for number in range(num_pairs + 1):
        loop = _in_a_loop(measured) if number % 2 else 0.0
        watched = watch_in_spark(measured.stage, context, measured.requests, measured.planned, f"pair-{number}")
        loop = loop or _in_a_loop(measured)
        pairs.append((watched, loop))
        speeds = f"{watched.steady:,.0f} tokens/s in Spark ({watched.whole:,.0f} with plan and commit), {loop:,.0f} in the loop"
        print(f"{name}: pair {number} of {num_pairs}: {speeds}", flush=True)
    return pairs[1:]


def _in_a_loop(measured: Measured) -> float:
    """Tokens/s of the same transform over the same windows in this process."""
    transform = measured.stage.transform
    if transform is None:
        raise TypeError(f"{measured.stage.name} has no transform")
    started = time.perf_counter()
    tokens = 0
    for window in cut((row for batch in measured.batches for row in batch.to_pylist()), transform.window_rows):
        for _, row in transform(window):
            tokens += row["prompt_tokens"] + row["output_tokens"]
    return tokens / (time.perf_counter() - started)


def _print(results: dict[str, list[tuple[Watched, float]]], arguments: argparse.Namespace) -> None:
    table = RichTable(
        title=f"{arguments.passages} passages, {arguments.threads} threads, {arguments.pairs} interleaved pairs; tokens/s, medians"
    )
    for name in ("stage", "in Spark", "plain loop", "ratio", "lowest", "highest", "a unit of", "ratio with plan and commit"):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for name, pairs in results.items():
        ratios = sorted(watched.steady / loop for watched, loop in pairs)
        speeds = [statistics.median(watched.steady for watched, _ in pairs), statistics.median(loop for _, loop in pairs)]
        whole = statistics.median(watched.whole / loop for watched, loop in pairs)
        table.add_row(
            name,
            *(f"{speed:,.0f}" for speed in speeds),
            *(f"{ratio:.3f}" for ratio in (statistics.median(ratios), ratios[0], ratios[-1])),
            f"{arguments.passages} passages",
            f"{whole:.3f}",
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
