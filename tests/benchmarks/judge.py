"""How far the judge can be trusted, and what that costs. `make bench-judge`.

As `make calibration` does, one model is fitted on planted pairs (tests/benchmarks/planted_pairs.py), one on pairs that the embedded model
generated and a reader labelled (docs/labels.md). Every figure here is of a model that has not seen the page:

1. AUC of every signal, of the rating alone and of all together, fitted on planted pairs of some packages (`fit`) and tried on those of
   others (`bench`): true questions against those of another page and of the next section;
2. planted defects: recall of each family at 10 % false alarms, past the gates and the quality;
3. labelled pairs: precision of the best ones, and of the grades, beside the share of good pairs among all;
4. price list: AUC of growing sets of modes beside the processor seconds of a pair and of an accepted pair;
   and what the second and third candidate of a passage cost and give;
5. other languages, with the fit on English.

Answers of the model are kept in .cache/bench-judge; the seconds of the price list are measured afresh, on --timed pairs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from scipy.stats import binomtest

from bubblenet import settings
from bubblenet.engines.roles import forward_engine
from bubblenet.judging import fitting
from bubblenet.judging.calibration import QualityModel
from bubblenet.settings import Settings
from tests.benchmarks.engine_cache import CachedEngine
from tests.benchmarks.judge_prices import print_candidates, print_prices, seconds_of_candidates, seconds_of_modes, table_of
from tests.benchmarks.judge_sets import (
    FALSE_ALARMS,
    KS,
    MODES,
    Candidates,
    Measured,
    grade_out_of_fold,
    measure,
    measure_labelled,
    qualities,
    read_joined,
    wanted_precision,
    with_modes,
)
from tests.benchmarks.planted_pairs import CACHE

PARTS = ("signals", "defects", "labels", "prices", "languages")
RATING = "five_level_v1"
BEST_SHARES = (0.05, 0.1, 0.2, 0.4)
LANGUAGES = ("fr", "de", "es", "pt")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--packages", type=Path, default=CACHE, help="folder of unpacked packages; missing ones are fetched")
    parser.add_argument("--answers", type=Path, default=Path(".cache/bench-judge"), help="folder of the model's answers")
    parser.add_argument("--timed", type=int, default=16, help="passages on which seconds are measured")
    parser.add_argument("--rated", type=int, default=240, help="pairs on which the rating alone is measured")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS, help="what to measure")
    arguments = parser.parse_args()
    chosen = settings.load(None, [f"scoring.modes={list(MODES)}"])
    engine = CachedEngine(forward_engine(chosen), arguments.answers)
    console = Console()
    bench, fit = (measure(engine, chosen, name, arguments.packages) for name in ("bench", "fit"))
    joined = read_joined(arguments.packages, chosen)
    labelled = measure_labelled(engine, chosen, joined)
    model = fitting.fit(fit.table, fit.table.choose([]), wanted_precision("extracted"))

    def signals() -> None:
        rated = measure(engine, with_modes(chosen, (RATING,)), "bench", arguments.packages, arguments.rated)
        print_signals(bench, rated, model, console)

    def prices() -> None:
        torch.set_num_threads(1)  # processor time must not count threads that wait for each other
        asked = Candidates(joined, labelled)
        passages = asked.passages[: arguments.timed]
        seconds = seconds_of_modes(chosen, [joined[asked.rows[one][0]] for one in passages])
        print_prices(fit.table, bench, labelled, seconds, console)
        print_candidates(asked, {k: seconds_of_candidates(chosen, asked, passages, k) for k in KS}, seconds, console)

    parts: dict[str, Callable[[], None]] = {
        "signals": signals,
        "defects": lambda: print_defects(bench, qualities(model, bench.table), console),
        "labels": lambda: print_labelled(labelled, console),
        "prices": prices,
        "languages": lambda: print_languages(engine, chosen, arguments.packages, model, console),
    }
    for part in arguments.parts:
        parts[part]()


def print_signals(bench: Measured, rated: Measured, model: QualityModel, console: Console) -> None:
    """AUC of each signal, the rating, and all together."""
    kinds = bench.kinds
    counts = ", ".join(f"{(kinds == kind).sum()} {kind}" for kind in ("true", "other", "neighbour"))
    table = table_of(f"AUC on {len(set(bench.table.pages))} pages that no fit has seen: {counts}", "signal", "another page", "neighbour")
    names = bench.table.choose([])
    scores = {name: fitting.matrix(bench.table.signals, [name])[:, 0] for name in names}
    for name in sorted(names, key=lambda name: -bench.auc(scores[name], "neighbour")):
        table.add_row(name, f"{bench.auc(scores[name], 'other'):.3f}", f"{bench.auc(scores[name], 'neighbour'):.3f}")
    score = fitting.matrix(rated.table.signals, [f"{RATING}_score"])[:, 0]
    name = f"{RATING}_score, the rating alone ({len(score)} pairs)"
    table.add_row(name, f"{rated.auc(score, 'other'):.3f}", f"{rated.auc(score, 'neighbour'):.3f}")
    quality = qualities(model, bench.table)
    shown = []
    for against in ("other", "neighbour"):
        low, high = bench.interval(quality, against)
        shown.append(f"{bench.auc(quality, against):.3f} ({low:.3f} to {high:.3f})")
    table.add_row("quality", *shown, style="bold")
    console.print(table)


def print_defects(bench: Measured, quality: np.ndarray, console: Console) -> None:
    """Recall of each family."""
    table = table_of(
        f"Planted defects: recall at {FALSE_ALARMS:.0%} false alarms", "family", "pairs", "by gates alone", "by gates and quality"
    )
    kinds = bench.kinds
    for family, recall in bench.recalls(quality).items():
        stopped = 1 - bench.passed[kinds == family].mean()
        table.add_row(family, f"{(kinds == family).sum()}", f"{stopped:.2f}", f"{recall:.2f}")
    table.add_row("(true)", f"{(kinds == 'true').sum()}", f"{1 - bench.passed[kinds == 'true'].mean():.2f}", "")
    console.print(table)


def print_labelled(labelled: fitting.SignalTable, console: Console) -> None:
    """Precision among the best generated pairs and in each grade, out of fold by page, with 95 % intervals (Wilson)."""
    labels, base = np.array(labelled.labels), float(np.mean(labelled.labels))
    quality, grades = grade_out_of_fold(labelled)
    title = f"{len(labels)} labelled generated pairs, {base:.1%} of them good; AUC of quality {fitting.auc(quality, labels):.3f}"
    table = table_of(title, "which", "pairs", "good", "95 %", "times the share of all")
    order = np.argsort(-quality, kind="stable")
    picks = {f"best {share:.0%}": labels[order[: round(share * len(labels))]] for share in BEST_SHARES}
    picks |= {f"grade {name}": labels[grades >= grade] for name, grade in (("5", 5), ("4 and 5", 4))}
    for name, chosen in picks.items():
        if not len(chosen):
            table.add_row(name, "0")
            continue
        low, high = binomtest(int(chosen.sum()), len(chosen)).proportion_ci(method="wilson")
        times = f"{chosen.mean() / base:.1f} ({low / base:.1f} to {high / base:.1f})"
        table.add_row(name, f"{len(chosen)}", f"{chosen.mean():.1%}", f"{low:.1%} to {high:.1%}", times)
    console.print(table)


def print_languages(engine: CachedEngine, chosen: Settings, packages: Path, model: QualityModel, console: Console) -> None:
    """The English fit on questions in other languages."""
    table = table_of("Other languages, fitted on English", "language", "true pairs", "another page", "neighbour")
    for language in LANGUAGES:
        measured = measure(engine, chosen, language, packages)
        quality = qualities(model, measured.table)
        row = (f"{(measured.kinds == 'true').sum()}", f"{measured.auc(quality, 'other'):.3f}", f"{measured.auc(quality, 'neighbour'):.3f}")
        table.add_row(language, *row)
    console.print(table)


if __name__ == "__main__":
    main()
