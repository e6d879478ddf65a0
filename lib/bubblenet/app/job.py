"""A job is declared once, as JOB in its script jobs/x.py.

The declaration provides `spark-submit jobs/x.py ARGS`, which runs the job, and `bubblenet VERB ARGS`, which submits that script.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand

from bubblenet import settings
from bubblenet.app import session
from bubblenet.app.command_line import (
    ConfigOption,
    InputOption,
    LimitOption,
    ReportOption,
    SetOption,
    SnapshotOption,
    WarehouseOption,
    exit_code,
)
from bubblenet.app.unchanged import Finished, RunState
from bubblenet.engines.devices import compute_on, own_dtype
from bubblenet.errors import InputError
from bubblenet.kernel import ledger
from bubblenet.kernel.budget import Spent, resumed
from bubblenet.kernel.compaction import compact
from bubblenet.kernel.context import Context, new_run_id
from bubblenet.kernel.placement import dtype_of_models
from bubblenet.kernel.stage import StageReport
from bubblenet.kernel.stages import StagesOf
from bubblenet.kernel.warehouse import Access, Warehouse
from bubblenet.method import snapshots
from bubblenet.training.registry import with_trained_models

Step = Callable[[Context], list[StageReport]]
Values = Mapping[str, Any]
"""The parsed command line, by parameter name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Options of every job: where the tables are, and the settings."""

    warehouse: WarehouseOption
    config: ConfigOption = None
    overrides: SetOption = None


@dataclass(frozen=True, slots=True)
class Selection:
    """Options of the jobs that work on a snapshot. Each accepts all of them, so that every step can be given the same command line."""

    snapshot: SnapshotOption
    input: InputOption = None
    limit: LimitOption = 0


_Options = TypeVar("_Options", Place, Selection)
_Command = TypeVar("_Command", bound=TyperCommand)


@dataclass(frozen=True, slots=True)
class Job:
    """A job and its command line.

    verb: what follows `bubblenet`; a word, or a group and a word.
    doc: the docstring of the script; its first paragraph is the help text.
    run: called with the open context. Its other parameters, annotated for typer, are the job's own options.
    follows: the verb after which this one is listed in --help.
    makes_warehouse: whether it may create the warehouse; other jobs need an existing one, so that a mistyped folder is reported.
    on_snapshot: whether it works on a snapshot; needs_input: whether it must be given --input for a new one.
    repeats: whether `--snapshot all` repeats it for each snapshot.
    check: called with the job's own arguments before anything is started; raises for invalid ones.
    answer: called with all arguments before a session is started; whether it said all there is to say.
    """

    verb: str
    doc: str | None
    run: Callable[..., None]
    follows: str = ""
    makes_warehouse: bool = False
    on_snapshot: bool = False
    needs_input: bool = False
    repeats: bool = False
    check: Callable[..., object] | None = None
    answer: Callable[[Values], bool] | None = None

    @property
    def help(self) -> str:
        """The help text, in a sentence."""
        return " ".join((self.doc or "").split("\n\n")[0].split())

    @property
    def name(self) -> str:
        """The last word of the verb."""
        return self.verb.split()[-1]

    def main(self, argv: Sequence[str] | None = None) -> int:
        """Run the job in this process; return the exit code. argv: default, that of the process."""
        return exit_code(lambda: self.command(self._work, TyperCommand)(argv))

    def command(self, act: Callable[[Values], object], cls: type[_Command]) -> _Command:
        """The command-line parser, which passes the parsed values to `act`."""

        def callback(**values: Any) -> None:
            self.check_arguments(values)
            act(values)

        callback.__signature__ = inspect.Signature(self._parameters())  # type: ignore[attr-defined]
        app = typer.Typer(add_completion=False)
        app.command(self.name, help=self.help, cls=cls)(callback)
        command = typer.main.get_command(app)
        assert isinstance(command, cls)  # with a single command, typer makes no group
        return command

    def check_arguments(self, values: Values) -> None:
        """Raise a named error for invalid arguments."""
        if self.on_snapshot:
            self._check_selection(options(Selection, values))
        if self.check:
            self.check(**self._own(values))

    def _check_selection(self, selected: Selection) -> None:
        """All snapshots are those that were listed before, so their files are known."""
        if selected.snapshot == snapshots.ALL and not self.repeats:
            raise InputError(
                f"one snapshot for {self.verb}", f"--snapshot {snapshots.ALL}", "Run `bubblenet run --snapshot all` before it."
            )
        if selected.snapshot == snapshots.ALL and selected.input:
            raise InputError("no --input with --snapshot all", ", ".join(selected.input), "New files come as a snapshot of their own.")
        if self.needs_input and not selected.input and selected.snapshot != snapshots.ALL:
            raise InputError("files of a new snapshot", "no --input", "Say where they are: --input pages/")

    def is_answered(self, values: Values) -> bool:
        """Whether the job had nothing to do, and said so, without a session."""
        return self.answer is not None and self.answer(values)

    def _parameters(self) -> list[inspect.Parameter]:
        """Required parameters first, and the job's own before the shared ones; the context is not part of the command line."""
        _, *own = inspect.signature(self.run, eval_str=True, locals={"Context": Context}).parameters.values()
        shared = [parameter for kind in self._shared() for parameter in inspect.signature(kind, eval_str=True).parameters.values()]
        ordered = sorted((*own, *shared), key=lambda parameter: parameter.default is not parameter.empty)
        return [parameter.replace(kind=parameter.KEYWORD_ONLY) for parameter in ordered]

    def _shared(self) -> list[type[Place] | type[Selection]]:
        return [Selection, Place] if self.on_snapshot else [Place]

    def _own(self, values: Values) -> dict[str, Any]:
        shared = {field.name for kind in self._shared() for field in fields(kind)}
        return {name: value for name, value in values.items() if name not in shared}

    def _work(self, values: Values) -> None:
        if self.is_answered(values):
            return
        place = options(Place, values)
        selected = options(Selection, values) if self.on_snapshot else Selection(self.verb.split()[0])
        with opened(place.config, place.overrides or (), place.warehouse, selected.snapshot, create=self.makes_warehouse) as context:
            self.run(replace(context, inputs=tuple(selected.input or ()), limit=selected.limit), **self._own(values))


def job_of_steps(
    verb: str,
    doc: str | None,
    steps: Sequence[Step],
    *,
    follows: str = "",
    makes_warehouse: bool = False,
    needs_input: bool = False,
    of_all: Collection[Step] = (),
    proposing: StagesOf | None = None,
) -> Job:
    """A job that runs steps in order; each stage prints a line when it ends.

    of_all: steps that work on all snapshots whatever they are given; the others are repeated for each with `--snapshot all`.
    proposing: stages that ask for instructions; with them a summary is printed at the end, and again without a session as long as nothing
    moves.
    """

    def run(context: Context, report: ReportOption = None) -> None:
        started = time.monotonic()
        asked = (context.settings, context.warehouse.location, context.snapshot, context.limit, context.inputs)
        state = RunState.now(*asked) if proposing else None
        reports = [done for step in steps for done in (step(context) if step in of_all else _on_each_snapshot(step, context))]
        context.ledger.flush(context.warehouse)
        if any(done.num_rows for done in reports):
            compact(context.warehouse)
        if proposing:
            from bubblenet.viewing.summary import print_summary

            num_pending = print_summary(context, reports, proposing, time.monotonic() - started, report)
            if state:
                state.remember(Finished(reports, num_pending, str(report) if report else None))

    answer = _say_that_nothing_moved if proposing else None
    return Job(
        verb,
        doc,
        run,
        follows,
        makes_warehouse=makes_warehouse,
        on_snapshot=True,
        needs_input=needs_input,
        repeats=True,
        answer=answer,
    )


def _on_each_snapshot(step: Step, context: Context) -> list[StageReport]:
    """The step on the context's snapshot, or on all in order of arrival: an older passage stays the representative of a newer one."""
    if context.snapshot != snapshots.ALL:
        return step(context)
    reports = []
    if not (names := snapshots.names(context.warehouse)):
        raise InputError("a snapshot in the warehouse", f"none at {context.warehouse.location}", "Give it a name and --input.")
    for name in names:
        context.console.print(f"[dim]{name}[/dim]")
        reports += [replace(report, name=f"{report.name} {name}") for report in step(replace(context, snapshot=name))]
    return reports


def _say_that_nothing_moved(values: Values) -> bool:
    """Print the summary of a run that would do nothing, and return True; return False if there is something to do, or to find out."""
    from rich.console import Console

    from bubblenet.viewing.summary import print_unchanged

    started = time.monotonic()
    place, selected = options(Place, values), options(Selection, values)
    chosen = settings.load(place.config, tuple(place.overrides or ()))
    state = RunState.now(chosen, place.warehouse, selected.snapshot, selected.limit, tuple(selected.input or ()))
    finished = state.recall() if state else None
    report = values.get("report")
    if state is None or finished is None or (report and not (str(report) == finished.report and Path(report).is_file())):
        return False
    shown = finished if report else replace(finished, report=None)
    print_unchanged(Console(highlight=False), state, shown, time.monotonic() - started)
    return True


def options(kind: type[_Options], values: Values) -> _Options:
    """The options of one kind among the parsed values."""
    return kind(**{field.name: values[field.name] for field in fields(kind)})


@contextmanager
def opened(config: Path | None, overrides: Sequence[str], location: str, snapshot: str, *, create: bool) -> Iterator[Context]:
    """The session, settings and warehouse of a job, with a complete ledger; the session is stopped at the end if it is ours.

    create: whether to create a missing warehouse; otherwise WarehouseError is raised, before anything is started.
    """
    from rich.console import Console

    chosen = settings.load(config, tuple(overrides))
    if not create:
        session.check_folder(location, chosen)
    with session.entered(f"bubblenet {snapshot}", chosen.execution.spark_conf, [location]) as spark:
        access: Access = "create" if create else "update"
        warehouse = Warehouse(spark, location, catalog=chosen.tables.catalog, schema=chosen.tables.schema_name, access=access)
        ledger.rebuild(warehouse)
        compute_on(lambda: dtype_of_models(spark))
        run_id = new_run_id()
        spent = resumed(warehouse, run_id, snapshot) if any(chosen.budget.model_dump().values()) else Spent()
        trained = with_trained_models(chosen, warehouse)
        context = Context(spark, trained, warehouse, snapshot, Console(highlight=False), run_id=run_id, spent=spent)
        try:
            yield context
            if spent.note:
                spent.note.end()
        finally:
            compute_on(own_dtype)
            context.ledger.flush(warehouse)
