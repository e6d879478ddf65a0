"""Submit a job as a separate application: build, show and run the spark-submit line.

The standard error of Spark and its libraries goes to a log file in the warehouse; the output of the job goes to the screen.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bubblenet import settings
from bubblenet.app import session
from bubblenet.app.command_line import NAMED_ERROR
from bubblenet.app.job import Place, options
from bubblenet.errors import WarehouseError
from bubblenet.kernel.context import new_run_id
from bubblenet.stores import Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.app.job import Job, Values

_LOG_LINES = 25


def submit(script: str, job: Job, values: Values, argv: Sequence[str]) -> int:
    """Run a job by spark-submit, unless it has nothing to do, and return its exit code.

    values: argv as parsed by the job. Raises EnvironmentProblem, SettingsError or WarehouseError before anything is started.
    """
    place = options(Place, values)
    chosen = settings.load(place.config, place.overrides or ())
    if not job.makes_warehouse:
        session.check_folder(place.warehouse, chosen)
    if job.is_answered(values):
        return 0
    session.check_java()
    written = [place.warehouse, *filter(None, [values.get("out")])]  # inputs are listed and read without Spark where it cannot
    command = submit_command(script, argv, chosen.execution.spark_conf, [str(location) for location in written])
    typer.echo(f"$ {shlex.join(command)}")
    log = _log_file(place.warehouse)
    with log.open("w", encoding="utf-8") as stream:
        code = subprocess.run(command, stderr=stream, env=_environment(), check=False).returncode
    if code:
        _explain_failure(code, log)
    return code


def submit_command(script: str, argv: Sequence[str], conf: str, locations: Sequence[str] = ()) -> list[str]:
    """The spark-submit line for a script of jobs/. locations: where it writes."""
    import pyspark

    from bubblenet import jobs

    spark_submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    file = Path(jobs.__file__).resolve().parent / f"{script}.py"
    written = session.read_conf(session.conf_file(conf))
    more = [f"{key}={value}" for key, value in session.conf_for(conf, locations).items() if written.get(key) != value]
    options = [part for setting in more for part in ("--conf", setting)]
    return [_short(spark_submit), "--properties-file", _short(session.conf_file(conf)), *options, _short(file), *argv]


def _short(path: Path) -> str:
    """Paths below the working folder are shown relative to it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _environment() -> dict[str, str]:
    """Make spark-submit and its workers use this command's interpreter, and log according to conf/spark/log4j2.properties."""
    defaults = {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    return {**defaults, "SPARK_CONF_DIR": str(session.conf_file("local").parent), **os.environ}


def _log_file(warehouse: str) -> Path:
    """A new log file in the warehouse; in the working folder's .cache if the warehouse is remote."""
    folder = Path(warehouse if Store.of(warehouse).is_local else ".cache") / "_logs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError("a warehouse folder that can be written", f"{folder}: {error.strerror}", "Give another --warehouse.") from None
    return folder / f"{new_run_id()}.log"


def _explain_failure(code: int, log: Path) -> None:
    """Print the cause of a failed job. Errors of the job itself are on the screen already: spark-submit merges its two outputs."""
    if code < 0 or code > 128:
        typer.echo("bubblenet: the job was killed. Start the same command again: it goes on where it stopped.", err=True)
    elif code != NAMED_ERROR:
        text = log.read_text(encoding="utf-8", errors="replace")
        known = session.explain_launch_failure(text)
        typer.echo(f"bubblenet: {type(known).__name__}: {known}" if known else "\n".join(text.splitlines()[-_LOG_LINES:]), err=True)
    typer.echo(f"Log: {log}", err=True)
