"""`bubblenet iterate`: runs the loop's steps, all in this application or each in one of its own, and shows the rounds."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bubblenet import settings
from bubblenet.app.applications import Applications, write_result
from bubblenet.app.job import Place, options
from bubblenet.rounds.loop import iterate
from bubblenet.rounds.steps import changed, check_engines, check_one_application, steps_of_loop
from bubblenet.settings.steps import engine_of_step
from bubblenet.viewing.decisions import print_rounds
from bubblenet.viewing.estimates import print_estimates
from bubblenet.viewing.report import write_report

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bubblenet.app.job import Step, Values
    from bubblenet.kernel.context import Context
    from bubblenet.rounds.loop import Changes, Run
    from bubblenet.settings import Settings

    Jobs = Mapping[str, Sequence[Step]]
    """The stages behind the steps corpus, backtranslate, score, paraphrase, curate."""


def here(context: Context, jobs: Jobs) -> Run:
    """Runs every step in this application."""
    return partial(_run_step, context, jobs)


def run_one(context: Context, jobs: Jobs, asked: str) -> None:
    """Run one step, as Applications asks for it, and leave its result."""
    step = json.loads(asked)
    result = _run_step(context, jobs, step["step"], step["arguments"], {})
    context.ledger.flush(context.warehouse)
    write_result(context.warehouse.location, asked, result)


def run_all(context: Context, jobs: Jobs, num_rounds: int, report: Path | None) -> None:
    """Run the loop in this application, and show it. Raises EnvironmentProblem or SettingsError where the steps need several."""
    check_one_application(context)
    check_engines(context.settings.engine, context.settings.engine)
    _loop(here(context, jobs), context.settings, num_rounds, context.warehouse.location, report)


def by_applications(values: Values) -> bool:
    """Run the loop without a session, a step an application, if the settings want that of one step; returns whether they do."""
    place = options(Place, values)
    chosen = settings.load(place.config, tuple(place.overrides or ()))
    if values["only"] or not chosen.steps.are_applications:
        return False
    applications = Applications.of(values, chosen)
    writes, judges, answers = (engine_of_step(chosen, name) for name in ("backtranslate", "score", "assess"))
    check_engines(writes, judges)
    check_engines(answers, answers)
    _loop(applications.run, chosen, values["rounds"], place.warehouse, values["report"])
    return True


def _run_step(context: Context, jobs: Jobs, name: str, arguments: dict[str, Any], changes: Changes) -> dict[str, Any]:
    steps = steps_of_loop(jobs, print_estimates) | {"report": _report}
    return steps[name](changed(context, changes), **arguments)


def _loop(run: Run, chosen: Settings, num_rounds: int, location: str, report: Path | None) -> None:
    """Run what is missing of the rounds, and show them beside the model that nobody trained."""
    finished = iterate(run, chosen, num_rounds)
    console = Console(highlight=False)
    print_rounds(finished, console)
    if report:
        run("report", {"file": str(report)}, {"curation": {"round": finished[-1].number}})
    console.print(f'Look: bubblenet sql "SELECT * FROM rounds" --warehouse {location}', soft_wrap=True)


def _report(context: Context, file: str) -> dict[str, Any]:
    """Write the report on the tables."""
    context.ledger.flush(context.warehouse)
    write_report(context.settings, context.warehouse, Path(file))
    context.console.print(f"Report: {file}", soft_wrap=True)
    return {}
