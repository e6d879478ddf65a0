"""The `bubblenet` command.

Jobs are submitted (bubblenet.cli.submitting). The looking commands (sql, status, report) open a session of their own. `judge`,
`calibrate`, `languages` and `calibrate-translation` need no Spark.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bubblenet import __version__, settings
from bubblenet.app import session
from bubblenet.app.job import (
    AgainstOption,
    Arguments,
    ConfigOption,
    ExportOption,
    InputOption,
    LicenceOption,
    LimitOption,
    ModelOption,
    OriginOption,
    OutOption,
    OwnArguments,
    ReportOption,
    RoundsOption,
    SeedFileArgument,
    SetOption,
    SnapshotOption,
    WarehouseOption,
    exit_code,
)
from bubblenet.cli.submitting import submit

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Distributed instruction backtranslation on Spark and Delta.")
seeds = typer.Typer(no_args_is_help=True, help="Human or project-written pairs to train on.")
app.add_typer(seeds, name="seeds")

JOBS = {
    "run": "All stages, ingest to curate.",
    "ingest": "Read every page of every new input file: files, documents.",
    "segment": "Cut pages at their headings into passages: segments.",
    "deduplicate": "Say which passage stands for its near copies, set evaluation items apart: minhash_index, duplicates.",
    "backtranslate": "Propose instructions for passages: instructions.",
    "score": "Measure the proposed pairs: passage_scores, scores.",
    "paraphrase": "Send the best instructions through other languages and back, then score and curate again: instructions.",
    "curate": "Judge the pairs and publish the accepted ones: judgements, curated.",
}


def _add_job(verb: str, description: str) -> None:
    @app.command(verb, help=description)
    def job(
        snapshot: SnapshotOption,
        warehouse: WarehouseOption,
        config: ConfigOption = None,
        input: InputOption = None,
        overrides: SetOption = None,
        limit: LimitOption = 0,
        report: ReportOption = None,
    ) -> None:
        arguments = Arguments(config, tuple(input or ()), snapshot, warehouse, tuple(overrides or ()), limit, report)
        raise typer.Exit(submit(verb, arguments))


for _verb, _description in JOBS.items():
    _add_job(_verb, _description)


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="SQL over the tables and views by name.")],
    warehouse: WarehouseOption,
    config: ConfigOption = None,
    overrides: SetOption = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="Show at most this many rows.")] = 20,
) -> None:
    """Run one SQL query; backtranslate(text) and self_score(instruction, text) are functions in it."""
    from bubblenet.viewing import query as viewing

    with session.viewing(config, overrides, warehouse) as (chosen, opened):
        viewing.print_query(chosen, opened, query, rows)


@app.command()
def status(warehouse: WarehouseOption, config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Show for each stage and snapshot: rows, reasons, tokens, seconds, and what is pending."""
    from bubblenet.viewing import status as viewing

    with session.viewing(config, overrides, warehouse) as (chosen, opened):
        viewing.print_status(chosen, opened)


@app.command()
def report(
    warehouse: WarehouseOption,
    out: Annotated[Path, typer.Option("--out", help="The HTML file to write.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Write a self-contained HTML report: funnel, score histogram, sample pairs."""
    from bubblenet.viewing import report as viewing

    with session.viewing(config, overrides, warehouse) as (chosen, opened):
        viewing.write_report(chosen, opened, out)
    typer.echo(f"Report: {out}")


@app.command()
def judge(
    pairs: Annotated[Path, typer.Option("--pairs", help="JSON lines with id, instruction and response.")],
    out: Annotated[Path, typer.Option("--out", help="The file to write: a row for every line, with signals, quality and grade.")],
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Judge pairs of a file: no warehouse, no Spark, in this process."""
    from bubblenet.judging import commands

    commands.judge_pairs(settings.load(config, overrides or ()), pairs, out)


@app.command()
def calibrate(
    labels: Annotated[Path, typer.Option("--labels", help="JSON lines with id, instruction, response, label (0 or 1) and page.")],
    out: Annotated[Path, typer.Option("--out", help="The calibration to write, for curation.calibration.")],
    signals: Annotated[
        list[str] | None,
        typer.Option("--signal", help="Use only this signal; may be given again. Default: all that the modes give."),
    ] = None,
    precision: Annotated[float, typer.Option("--precision", help="Wanted of grade 4 and better.", min=0.0, max=1.0)] = 0.8,
    precision_5: Annotated[float, typer.Option("--precision-5", help="Wanted of grade 5.", min=0.0, max=1.0)] = 0.9,
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

    of_generated = {5: precision_5 if generated_5 is None else generated_5, 4: precision if generated is None else generated}
    wanted: dict[JudgedAs, dict[int, float]] = {"generated": of_generated, "extracted": {5: precision_5, 4: precision}}
    commands.calibrate(settings.load(config, overrides or ()), labels, out, signals or [], wanted)


@app.command("export")
def export_examples(out: OutOption, warehouse: WarehouseOption, config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Write training examples for fine-tuning: curated pairs and seeds in equal Parquet files."""
    raise typer.Exit(submit("export", OwnArguments.of(config, warehouse, overrides, out=out)))


@app.command("finetune")
def finetune_model(export: ExportOption, warehouse: WarehouseOption, config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Fine-tune the starting model on an export: models. Its own application, by default with the session of conf/spark/local.conf."""
    raise typer.Exit(submit("finetune", OwnArguments.of(config, warehouse, overrides, export=export)))


@app.command("assess")
def assess_models(
    model: ModelOption,
    warehouse: WarehouseOption,
    against: AgainstOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Measure models on held-out seeds, alone and against others, with intervals: answers, evaluations."""
    raise typer.Exit(submit("assess", OwnArguments.of(config, warehouse, overrides, model=model, against=against)))


@app.command("iterate")
def iterate_rounds(
    snapshot: SnapshotOption,
    warehouse: WarehouseOption,
    rounds: RoundsOption = 2,
    config: ConfigOption = None,
    input: InputOption = None,
    overrides: SetOption = None,
    limit: LimitOption = 0,
    report: ReportOption = None,
) -> None:
    """Train M0 on seeds, then let each model judge the pairs that train the next: models, evaluations, rounds."""
    own = {"rounds": rounds, "snapshot": snapshot, "input": input, "limit": limit or None, "report": report}
    raise typer.Exit(submit("iterate", OwnArguments.of(config, warehouse, overrides, **own)))


@seeds.command("import")
def import_seeds(
    file: SeedFileArgument,
    warehouse: WarehouseOption,
    licence: LicenceOption = None,
    origin: OriginOption = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """Import a file of seed pairs, each line with its verdict: seeds."""
    raise typer.Exit(submit("seeds", OwnArguments.of(config, warehouse, overrides, file, license=licence, origin=origin)))


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
    """Entry point: a named error is one line, not a trace."""
    sys.exit(exit_code(app))


if __name__ == "__main__":
    main()
