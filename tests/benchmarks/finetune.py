"""Fine-tuning as a Spark application over the same trainer under plain torchrun: tokens a second of training, same shards, interleaved.

make bench-finetune
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bubblenet import settings
from bubblenet.app import session
from bubblenet.export.writing import export
from bubblenet.kernel.context import Context
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.method.seeds import SeedFile, import_file
from bubblenet.training.launching import train
from bubblenet.training.planning import plan_training
from tests.benchmarks.repeats import torchrun

if TYPE_CHECKING:
    from bubblenet.training.description import TrainingResult


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=3, help="interleaved runs of both")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=4000, help="of one training")
    arguments = parser.parse_args()
    spark = session.build("bench-finetune")
    with tempfile.TemporaryDirectory() as folder:
        chosen = [f"training.tokens={arguments.tokens}", f"training.processes={arguments.processes}", "training.batch_examples=4"]
        context = Context(spark, settings.load(None, chosen), Warehouse(spark, f"{folder}/warehouse"), "bench", Console(quiet=True))
        import_file(context, SeedFile.of("starter", None, None))
        export(context, f"{folder}/export")
        speeds = [(under_spark(context, folder, number), under_torchrun(context, folder, number)) for number in range(arguments.pairs)]
    spark.stop()
    show(speeds, arguments.processes)


def in_folder(context: Context, folder: str) -> Context:
    """The same training elsewhere, so that it is not found done."""
    chosen = context.settings
    return replace(context, settings=chosen.model_copy(update={"training": chosen.training.model_copy(update={"folder": folder})}))


def under_spark(context: Context, folder: str, number: int) -> float:
    """Tokens a second with TorchDistributor, as jobs/finetune.py trains."""
    return speed(train(in_folder(context, f"{folder}/spark{number}"), f"{folder}/export").result)


def under_torchrun(context: Context, folder: str, number: int) -> float:
    """The same without Spark."""
    job = plan_training(in_folder(context, f"{folder}/torchrun{number}").settings, f"{folder}/export", folder).job
    return speed(torchrun(job, context.settings.training.processes))


def speed(result: TrainingResult) -> float:
    return result.num_tokens / result.seconds


def show(speeds: list[tuple[float, float]], processes: int) -> None:
    """Each pair, and the median of the ratios."""
    table = Table("pair", "Spark, tokens/s", "torchrun, tokens/s", "ratio", title=f"{processes} processes, gloo, the embedded model, LoRA")
    for number, (spark, plain) in enumerate(speeds, start=1):
        table.add_row(f"{number}", f"{spark:,.0f}", f"{plain:,.0f}", f"{spark / plain:.2f}")
    ratios = sorted(spark / plain for spark, plain in speeds)
    medians = (statistics.median(column) for column in zip(*speeds, strict=True))
    low, high = f"{ratios[0]:.2f}", f"{ratios[-1]:.2f}"
    table.add_row("median", *(f"{value:,.0f}" for value in medians), f"{statistics.median(ratios):.2f} [{low}, {high}]", style="bold")
    Console().print(table)


if __name__ == "__main__":
    main()
