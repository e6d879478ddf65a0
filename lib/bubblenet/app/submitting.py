"""The spark-submit line of a script of jobs/, its environment, its log, and what it says when it fails."""

from __future__ import annotations

import os
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bubblenet.app import session
from bubblenet.app.command_line import NAMED_ERROR
from bubblenet.errors import WarehouseError
from bubblenet.kernel.context import new_run_id
from bubblenet.stores import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

_LOG_LINES = 25


def submit_command(script: str, argv: Sequence[str], conf: str, locations: Sequence[str] = ()) -> list[str]:
    """The spark-submit line for a script of jobs/. locations: where it writes."""
    import pyspark

    spark_submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    file = Path(str(files("bubblenet.jobs"))).resolve() / f"{script}.py"
    written = session.read_conf(session.conf_file(conf))
    more = [f"{key}={value}" for key, value in session.conf_for(conf, locations).items() if written.get(key) != value]
    options = [part for setting in more for part in ("--conf", setting)]
    return [_short(spark_submit), "--properties-file", _short(session.conf_file(conf)), *options, _short(file), *argv]


def _short(path: Path) -> str:
    """Paths below the working folder are shown relative to it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def environment(conf: str) -> dict[str, str]:
    """Make spark-submit and its workers use this command's interpreter, and log according to conf/spark/log4j2.properties."""
    defaults = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    return {**defaults, **os.environ, **session.variables_for(conf)}


def log_file(warehouse: str) -> Path:
    """A new log file in the warehouse; in the working folder's .cache if the warehouse is remote."""
    folder = Path(warehouse if Store.of(warehouse).is_local else ".cache") / "_logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError("a warehouse folder that can be written", f"{folder}: {error.strerror}", "Give another --warehouse.") from None
    return folder / f"{new_run_id()}.log"


def explain_failure(code: int, log: Path) -> None:
    """Print the cause of a failed job. Errors of the job itself are on the screen already: spark-submit merges its two outputs."""
    if code < 0 or code > 128:
        typer.echo("bubblenet: the job was killed. Start the same command again: it goes on where it stopped.", err=True)
    elif code != NAMED_ERROR:
        text = log.read_text(encoding="utf-8", errors="replace")
        known = session.explain_launch_failure(text)
        typer.echo(f"bubblenet: {type(known).__name__}: {known}" if known else "\n".join(text.splitlines()[-_LOG_LINES:]), err=True)
    typer.echo(f"Log: {log}", err=True)
