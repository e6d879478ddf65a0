"""What every job's main does: read the arguments, open session and warehouse, run the steps, print what happened.

A job script is started by spark-submit, by hand or through the `bubblenet` command; both give the same arguments to the same code.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bubblenet import ledger, session, settings
from bubblenet.context import Context
from bubblenet.errors import BubblenetError, InputError
from bubblenet.stage import StageReport
from bubblenet.warehouse import Warehouse

NAMED_ERROR = 2  # exit code of a job that ended with one of our own errors
Step = Callable[[Context], list[StageReport]]

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="TOML file with settings, e.g. conf/local.toml; default: built-in defaults.")
]
InputOption = Annotated[
    list[str] | None, typer.Option("--input", help="File, folder or URL of HTML, WARC, JSON, Parquet or text; may be given again.")
]
SnapshotOption = Annotated[str, typer.Option("--snapshot", help="Name of this state of the corpus, e.g. 2026-11.")]
WarehouseOption = Annotated[str, typer.Option("--warehouse", help="Folder of the tables.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Change one setting: section.key=value; may be given again.")]
LimitOption = Annotated[
    int, typer.Option("--limit", min=0, help="Let at most N passages through the models (the same ones every time); 0: all.")
]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write an HTML report to this file at the end.")]


@dataclass(frozen=True, slots=True)
class Arguments:
    """The command line of a job."""

    config: Path | None
    inputs: tuple[str, ...]
    snapshot: str
    warehouse: str
    overrides: tuple[str, ...]
    limit: int
    report: Path | None

    def as_argv(self) -> list[str]:
        """The command line that gives these arguments."""
        argv = ["--config", str(self.config)] if self.config else []
        for path in self.inputs:
            argv += ["--input", path]
        argv += ["--snapshot", self.snapshot, "--warehouse", self.warehouse]
        for override in self.overrides:
            argv += ["--set", override]
        argv += ["--limit", str(self.limit)] if self.limit else []
        return argv + (["--report", str(self.report)] if self.report else [])


def main_of(steps: Sequence[Step], argv: list[str] | None = None, *, needs_input: bool = False, shows_result: bool = False) -> int:
    """Run steps with the arguments of the command line; return 0, or 2 after printing a named error."""
    try:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        if needs_input and not arguments.inputs:
            raise InputError("at least one --input", "none", "Give a file or folder: --input PATH.")
        run_steps(steps, arguments, shows_result=shows_result)
    except BubblenetError as error:
        typer.echo(f"bubblenet: {type(error).__name__}: {error}", err=True)
        return NAMED_ERROR
    return 0


def run_steps(steps: Sequence[Step], arguments: Arguments, *, shows_result: bool = False) -> list[StageReport]:
    """Open everything and run the steps in order; each stage prints its line when it ends."""
    from rich.console import Console

    console = Console(highlight=False)
    chosen = settings.load(arguments.config, arguments.overrides)
    started = time.monotonic()
    spark = session.build(f"bubblenet {arguments.snapshot}", chosen.execution.spark_conf)
    warehouse = Warehouse(spark, arguments.warehouse, catalog=chosen.tables.catalog, schema=chosen.tables.schema_name)
    ledger.rebuild(warehouse)
    context = Context(spark, chosen, warehouse, arguments.snapshot, console, arguments.inputs, arguments.limit)
    reports: list[StageReport] = []
    try:
        for step in steps:
            reports += step(context)
        if shows_result:
            from bubblenet.viewing import summary

            summary.print_summary(context, reports, time.monotonic() - started, arguments.report)
    finally:
        spark.stop()
    return reports


def parse(argv: list[str]) -> Arguments:
    """Parse a job's command line; typer prints its own message and exits for a wrong one."""
    app = typer.Typer(add_completion=False)
    found: list[Arguments] = []

    @app.command()
    def job(
        snapshot: SnapshotOption,
        warehouse: WarehouseOption,
        config: ConfigOption = None,
        input: InputOption = None,
        overrides: SetOption = None,
        limit: LimitOption = 0,
        report: ReportOption = None,
    ) -> None:
        found.append(Arguments(config, tuple(input or ()), snapshot, warehouse, tuple(overrides or ()), limit, report))

    try:
        app(argv)
    except SystemExit as done:  # typer ends the process after success, too
        if done.code or not found:
            raise
    return found[0]
