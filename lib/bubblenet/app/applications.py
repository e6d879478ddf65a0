"""Runs each step of the loop as an application of its own, by spark-submit, with that step's Spark configuration and engine.

So models may sit behind servers in one step while training has the GPUs in another. A step leaves its result, plain values, in a small
file beside the tables; this process has no session and holds no executor while a step runs.
"""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from bubblenet.app import session
from bubblenet.app.job import Place, Selection, options
from bubblenet.app.submitting import environment, explain_failure, log_file, submit_command
from bubblenet.errors import StepError
from bubblenet.identity import content_id
from bubblenet.kernel.scratch import Scratch
from bubblenet.settings.reference import literal
from bubblenet.settings.steps import engine_of_step

if TYPE_CHECKING:
    from bubblenet.app.job import Values
    from bubblenet.rounds.loop import Changes
    from bubblenet.settings import Settings

_FOLDER = "_rounds"
_SECTIONS = {"calibrate": "score", "compare": "assess"}
"""Steps that run where another one does."""


@dataclass(frozen=True, slots=True)
class Applications:
    """Submits jobs/iterate.py once a step. place, selected: the options of the loop's own command line."""

    place: Place
    selected: Selection
    settings: Settings

    @classmethod
    def of(cls, values: Values, settings: Settings) -> Applications:
        """From the parsed command line. Raises SettingsError for a Spark configuration or an engine that a step cannot have."""
        made = cls(options(Place, values), options(Selection, values), settings)
        for name in type(settings.steps).model_fields:
            session.conf_file(made._conf(name))
            engine_of_step(settings, name)
        session.check_java()
        return made

    def run(self, name: str, arguments: dict[str, Any], changes: Changes) -> dict[str, Any]:
        """Run a step; returns what it says. Raises StepError if its application fails."""
        asked = json.dumps({"step": name, "arguments": arguments}, sort_keys=True)
        location = self.place.warehouse
        command = submit_command("iterate", self._arguments(name, asked, changes), self._conf(name), [location])
        log = log_file(location)
        typer.echo(f"[{name}] by {self._conf(name)}; log: {log}")
        forget_result(location, asked)
        with log.open("w", encoding="utf-8") as stream:
            code = subprocess.run(command, stderr=stream, env=environment(self._conf(name)), check=False).returncode
        if code:
            explain_failure(code, log)
            todo = f"Its log is {log}. Mend what it says and start the same command again: it goes on with this step."
            raise StepError(f"step {name} to end well, as an application by {self._conf(name)}", f"exit code {code}", todo)
        return read_result(location, asked)

    def _conf(self, name: str) -> str:
        own = getattr(self.settings.steps, _SECTIONS.get(name, name), None)
        return (own.spark_conf if own else "") or self.settings.execution.spark_conf

    def _arguments(self, name: str, asked: str, changes: Changes) -> list[str]:
        section = _SECTIONS.get(name, name)
        own = getattr(self.settings.steps, section, None)
        engine = {"engine": own.engine} if own and own.engine else {}
        sets = [*(self.place.overrides or ()), *overrides_of(engine), *overrides_of(changes)]
        words = ["--warehouse", self.place.warehouse, "--snapshot", self.selected.snapshot, "--limit", str(self.selected.limit)]
        words += ["--config", str(self.place.config)] if self.place.config else []
        words += [word for path in self.selected.input or () for word in ("--input", path)]
        return [*words, *(word for override in sets for word in ("--set", override)), "--only", asked]


def write_result(location: str, asked: str, result: dict[str, Any]) -> None:
    """Leave the result of a step for the process that asked for it."""
    Scratch(f"{location}/{_FOLDER}").write_whole(_name(asked), json.dumps(result).encode())


def read_result(location: str, asked: str) -> dict[str, Any]:
    """The result of a step. Raises StepError if it left none: then it ran in another warehouse."""
    files = Scratch(f"{location}/{_FOLDER}")
    if _name(asked) not in files.names():
        raise StepError("the result of a step beside the tables", f"none in {location}/{_FOLDER}", "Give --warehouse as a whole path.")
    result: dict[str, Any] = json.loads(files.read(_name(asked)))
    return result


def forget_result(location: str, asked: str) -> None:
    """Delete the result of an earlier start, so that it is not taken for this one's."""
    files = Scratch(f"{location}/{_FOLDER}")
    if _name(asked) in files.names():
        files.delete(_name(asked))


def _name(asked: str) -> str:
    return f"{content_id(asked)}.json"


def overrides_of(changes: dict[str, Any], prefix: str = "") -> list[str]:
    """Nested keys and values as `--set` takes them: section.key=value."""
    parts: list[str] = []
    for key, value in changes.items():
        name = f"{prefix}{key}"
        parts += overrides_of(value, f"{name}.") if isinstance(value, dict) else [f"{name}={literal(value)}"]
    return parts
