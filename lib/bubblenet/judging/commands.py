"""`bubblenet judge` and `bubblenet calibrate`: read, measure with a progress bar, write, and print a summary."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from bubblenet.engines.registry import get_engine
from bubblenet.engines.roles import forward_engine
from bubblenet.errors import InputError
from bubblenet.judging import calibration as calibrations
from bubblenet.judging.calibration import Calibration, QualityModel
from bubblenet.judging.grading import grader_of, proposer_of, selection_of
from bubblenet.judging.modes import check, modes_of
from bubblenet.judging.origins import CUT, JUDGED_AS, JudgedAs
from bubblenet.judging.pair_files import Judge, judge_file, measure_windows, read_labelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bubblenet.engines.protocol import TextEngine
    from bubblenet.settings import Settings

_BAR_CELLS = 30


def judge_pairs(settings: Settings, pairs: Path, out: Path, console: Console | None = None) -> dict[str, int]:
    """Judge the pairs of a file; return the number of rows by reason."""
    console = console or Console(stderr=True)
    _check_readable(pairs)
    spec = forward_engine(settings)
    check(spec, settings.scoring, has_tables=False)
    grader = grader_of(settings, spec.weights_digest)
    with _progress(console) as progress:
        task = progress.add_task("judging", total=pairs.stat().st_size)
        judge = Judge(get_engine(spec), settings.scoring, grader)
        counts = judge_file(judge, pairs, out, spec.rows_in_flight, lambda size: progress.advance(task, size))
    verdicts = ", ".join(f"{reason} {number:,}" for reason, number in sorted(counts.items(), key=lambda item: -item[1]))
    known = f"calibration {grader.calibration.id}" if grader.calibration else "not calibrated for this judge"
    console.print(f"{sum(counts.values()):,} rows: {verdicts or 'none'} ({known}). {out}", highlight=False, soft_wrap=True)
    return counts


def calibrate(
    settings: Settings,
    labels: Path,
    out: Path,
    names: Sequence[str],
    precision: Mapping[JudgedAs, Mapping[int, float]],
    *,
    engine: TextEngine | None = None,
    console: Console | None = None,
) -> Calibration:
    """Measure labelled pairs, fit, write the calibration, and print its accuracy. Raises InputError for an unusable line.

    names: signals to use; empty: all. precision: the wanted precision, by origin and grade.
    engine: replaces the engine of the settings; it must give the same answers.
    """
    from bubblenet.judging import extending, fitting

    console = console or Console()
    pairs, measured = read_labelled(labels), []
    fitting.check(pairs)
    _check_writable(out)
    spec = forward_engine(settings)
    check(spec, settings.scoring, has_tables=False)
    with _progress(console) as progress:
        task = progress.add_task("measuring", total=len(pairs))
        engine = engine or get_engine(spec)
        for window in measure_windows(engine, [labelled.pair for labelled in pairs], settings.scoring, spec.rows_in_flight):
            measured += window
            progress.advance(task, len(window))
    table = fitting.tabulate(pairs, measured)
    if table.num_failed:
        console.print(f"{table.num_failed} of {len(pairs)} pairs could not be measured and are left out.", style="yellow")
    chosen = table.choose(names)
    models = {origin: fitting.fit(table.of(origin), chosen, precision[origin]) for origin in JUDGED_AS if origin in table.origins}
    spared = extending.spared_sets(table, settings.scoring)
    cuts = {origin: cut for origin in models if origin in CUT and (cut := extending.first_cut(table.of(origin), spared))}
    used = {name for model in (*models.values(), *cuts.values()) for name in model.curves}
    found = Calibration(
        version=calibrations.FORMAT_VERSION,
        judge=calibrations.judge_of(spec.weights_digest, modes_of(used), settings.scoring),
        labels=hashlib.sha256(labels.read_bytes()).hexdigest(),
        models=models,
        first_cuts=cuts,
        proposer=proposer_of(settings),
        selection=selection_of(settings),
    )
    found.save(out)
    for origin, model in models.items():
        print_model(origin, model, console)
    for origin, cut in cuts.items():
        lost, aside = cut.figures["lost"], cut.figures["set_aside"]
        console.print(
            f"first cut of {origin} pairs: sets {aside:.1%} aside before a model is asked, loses {lost:.1%} of those with label 1"
        )
    console.print(f"Calibration {found.id}: {out}\nUse it with --set curation.calibration={out}", highlight=False, soft_wrap=True)
    return found


def print_model(origin: JudgedAs, model: QualityModel, console: Console) -> None:
    """Print the cross-validation figures: AUC of each signal and of the model, reliability, thresholds."""
    figures, data = model.figures, model.data
    table = Table(title=f"{data['pairs']} {origin} pairs of {data['pages']} pages, {data['accepted']} with label 1; folds by page")
    table.add_column("signal")
    table.add_column("AUC", justify="right")
    for name, value in sorted(figures["auc_of_signal"].items(), key=lambda item: -abs(item[1] - 0.5)):
        table.add_row(name, f"{value:.3f}")
    table.add_row("quality (all)", f"{figures['auc']:.3f}", style="bold")
    console.print(table)
    table = Table(title="Reliability, out of fold: the bar ends at the mark where quality is what it says")
    for column in ("quality", "label 1", "pairs", ""):
        table.add_column(column, justify="right" if column else "left")
    for row in figures["reliability"]:
        table.add_row(f"{row['quality']:.2f}", f"{row['accepted']:.2f}", f"{row['pairs']}", _bar(row["accepted"], row["quality"]))
    console.print(table)
    for grade, value in sorted(model.thresholds.items(), reverse=True):
        wanted = figures["wanted_precision"][str(grade)]
        reached = f"quality {value:.3f}" if value is not None else "never reached"
        found = figures["selected"][str(grade)]
        counts = f"{found['right']} of {found['chosen']} chosen have label 1, {found['to_find']} were to be found"
        console.print(f"grade {grade} of {origin} pairs: surely {wanted:.2f} good from {reached}; out of fold {counts}", highlight=False)


def _bar(share: float, mark: float) -> str:
    """A bar for a share, with a mark at its target."""
    cells = ["#" if place < round(_BAR_CELLS * share) else " " for place in range(_BAR_CELLS + 1)]
    cells[round(_BAR_CELLS * mark)] = "|"
    return "".join(cells)


def _progress(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _check_writable(out: Path) -> None:
    """Fail before half an hour of measuring, not after it."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=out.parent).close()
        if out.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        raise InputError("a file that can be written", f"{out}: {error.strerror}", "Give another path with --out.") from None


def _check_readable(pairs: Path) -> None:
    """Fail before a model is loaded."""
    if not pairs.is_file():
        raise InputError("a file of JSON lines", f"no file at {pairs}", "Give its path with --pairs.")
