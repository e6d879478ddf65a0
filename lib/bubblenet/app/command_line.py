"""Shared parts of the command lines: common options and exit codes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from bubblenet.corpus.reading import formats
from bubblenet.errors import BubblenetError

_NAMED = re.compile(r"^(?:\w+Exception: )?bubblenet\.errors\.(\w+: wanted .+)$", re.MULTILINE)

NAMED_ERROR = 2
"""Exit code of a command that ended with a BubblenetError."""

ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="TOML file with settings, e.g. conf/local.toml; default: built-in defaults.")
]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Change one setting: section.key=value; may be given again.")]
WarehouseOption = Annotated[str, typer.Option("--warehouse", help="Folder of the tables.")]
SnapshotOption = Annotated[
    str, typer.Option("--snapshot", help="Name of this state of the corpus, e.g. 2026-11; all: every one that there is, without --input.")
]
InputOption = Annotated[list[str] | None, typer.Option("--input", help=f"File, folder or URL of {formats.in_words()}; may be given again.")]
LimitOption = Annotated[
    int, typer.Option("--limit", min=0, help="Let at most N passages through the models (the same ones every time); 0: all.")
]
ReportOption = Annotated[Path | None, typer.Option("--report", help="Write an HTML report to this file at the end.")]


def exit_code(work: Callable[[], object]) -> int:
    """Run the work; return 0, 2 after printing a named error, or the exit code of typer."""
    try:
        work()
    except SystemExit as done:  # typer also exits by exception on success
        return int(done.code or 0)
    except BubblenetError as error:
        typer.echo(f"bubblenet: {type(error).__name__}: {error}", err=True)
        return NAMED_ERROR
    except Exception as error:
        named = _named_on_a_worker(error)
        if not named:
            raise
        typer.echo(f"bubblenet: {named}", err=True)
        return NAMED_ERROR
    return 0


def _named_on_a_worker(error: Exception) -> str:
    """The named error that ended a worker; Spark gives it to the driver at the end of a trace of two languages. Empty if there is none."""
    found = _NAMED.findall(str(error))
    return found[-1] if found else ""
