"""Submit a job as a separate application: show the spark-submit line and run it.

The standard error of Spark and its libraries goes to a log file in the warehouse; the output of the job goes to the screen.
"""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import typer

from bubblenet import settings
from bubblenet.app import session
from bubblenet.app.job import Place, options
from bubblenet.app.submitting import environment, explain_failure, log_file, submit_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bubblenet.app.job import Job, Values


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
    log = log_file(place.warehouse)
    with log.open("w", encoding="utf-8") as stream:
        code = subprocess.run(command, stderr=stream, env=environment(chosen.execution.spark_conf), check=False).returncode
    if code:
        explain_failure(code, log)
    return code
