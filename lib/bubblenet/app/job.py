"""What every job's main does: read the arguments, open session and warehouse, run the steps, print what happened.

A job script is started by spark-submit, by hand or through the `bubblenet` command; both give the same arguments to the same code.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from bubblenet import settings
from bubblenet.app import session
from bubblenet.corpus.reading import formats
from bubblenet.corpus.reading.seed_files import Origin
from bubblenet.errors import BubblenetError, InputError
from bubblenet.kernel import ledger
from bubblenet.kernel.context import Context
from bubblenet.kernel.stage import StageReport
from bubblenet.kernel.warehouse import Warehouse
from bubblenet.training.registry import with_trained_models

NAMED_ERROR = 2  # exit code of a job that ended with one of our own errors
Step = Callable[[Context], list[StageReport]]

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="TOML file with settings, e.g. conf/local.toml; default: built-in defaults.")
]
InputOption = Annotated[list[str] | None, typer.Option("--input", help=f"File, folder or URL of {formats.in_words()}; may be given again.")]
SnapshotOption = Annotated[str, typer.Option("--snapshot", help="Name of this state of the corpus, e.g. 2026-11.")]
WarehouseOption = Annotated[str, typer.Option("--warehouse", help="Folder of the tables.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Change one setting: section.key=value; may be given again.")]
LimitOption = Annotated[
    int, typer.Option("--limit", min=0, help="Let at most N passages through the models (the same ones every time); 0: all.")
]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write an HTML report to this file at the end.")]
OutOption = Annotated[str, typer.Option("--out", help="Folder or URL to write to; a new one, or one of an earlier export.")]
ExportOption = Annotated[str, typer.Option("--export", help="Folder of a finished export.")]
ModelOption = Annotated[list[str], typer.Option("--model", help="model:ID, package:NAME or a folder; may be given again.")]
AgainstOption = Annotated[list[str] | None, typer.Option("--against", help="Compare with this model; may be given again.")]
RoundsOption = Annotated[int, typer.Option("--rounds", min=0, help="Rounds after M0.")]
SeedFileArgument = Annotated[
    str, typer.Argument(help="JSON lines of pairs or conversations (docs/seeds.md); `starter`: the set that ships.")
]
LicenceOption = Annotated[str | None, typer.Option("--license", help="Licence of the pairs, e.g. CC-BY-4.0; must be said.")]
OriginOption = Annotated[Origin | None, typer.Option("--origin", help="Who wrote them; default: human.")]


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
        argv = [*_options("--config", self.config), *_options("--input", *self.inputs), "--snapshot", self.snapshot]
        argv += ["--warehouse", self.warehouse, *_options("--set", *self.overrides), *_options("--limit", self.limit or None)]
        return argv + _options("--report", self.report)


@dataclass(frozen=True, slots=True)
class OwnArguments:
    """The command line of a job that reads no snapshot. own: the arguments that it alone has."""

    own: tuple[str, ...]
    config: Path | None
    warehouse: str
    overrides: tuple[str, ...]

    @classmethod
    def of(cls, config: Path | None, warehouse: str, overrides: list[str] | None, *positional: str, **options: object) -> OwnArguments:
        """From what typer parsed. options: by name; a list is given once for each value, None not at all."""
        own = []
        for name, value in options.items():
            own += _options(f"--{name}", *(value if isinstance(value, list) else [value]))
        return cls((*positional, *own), config, warehouse, tuple(overrides or ()))

    def as_argv(self) -> list[str]:
        """The command line that gives these arguments."""
        return [*self.own, *_options("--config", self.config), "--warehouse", self.warehouse, *_options("--set", *self.overrides)]


JobArguments = Arguments | OwnArguments


def _options(name: str, *values: object) -> list[str]:
    """The option before each value that is given."""
    return [part for value in values if value is not None for part in (name, str(value))]


def main_of(steps: Sequence[Step], argv: list[str] | None = None, *, needs_input: bool = False, shows_result: bool = False) -> int:
    """Run steps with the arguments of the command line; return the exit code."""

    def work() -> None:
        arguments = parse(sys.argv[1:] if argv is None else argv)
        if needs_input and not arguments.inputs:
            raise InputError("at least one --input", "none", "Give a file or folder: --input PATH.")
        run_steps(steps, arguments, shows_result=shows_result)

    return exit_code(work)


def exit_code(work: Callable[[], object]) -> int:
    """Do the work; 0, or 2 after printing a named error, or what typer ends the process with."""
    try:
        work()
    except SystemExit as done:  # typer ends the process after success, too
        return int(done.code or 0)
    except BubblenetError as error:
        typer.echo(f"bubblenet: {type(error).__name__}: {error}", err=True)
        return NAMED_ERROR
    return 0


def run_steps(steps: Sequence[Step], arguments: Arguments, *, shows_result: bool = False) -> list[StageReport]:
    """Open everything and run the steps in order; each stage prints its line when it ends."""
    started = time.monotonic()
    reports: list[StageReport] = []
    with opened(arguments.config, arguments.overrides, arguments.warehouse, arguments.snapshot) as context:
        context = replace(context, inputs=arguments.inputs, limit=arguments.limit)
        for step in steps:
            reports += step(context)
        if shows_result:
            from bubblenet.viewing import summary

            summary.print_summary(context, reports, time.monotonic() - started, arguments.report)
    return reports


@contextmanager
def opened(config: Path | None, overrides: list[str] | tuple[str, ...], location: str, snapshot: str) -> Iterator[Context]:
    """Session, settings and warehouse of a job, with its ledger made whole; the session stops at the end."""
    from rich.console import Console

    chosen = settings.load(config, overrides)
    spark = session.build(f"bubblenet {snapshot}", chosen.execution.spark_conf)
    try:
        warehouse = Warehouse(spark, location, catalog=chosen.tables.catalog, schema=chosen.tables.schema_name)
        ledger.rebuild(warehouse)
        yield Context(spark, with_trained_models(chosen, warehouse), warehouse, snapshot, Console(highlight=False))
    finally:
        spark.stop()


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
