"""What the reader of mode `match_v1` and signals that cost little add to the judge. `make bench-reader`.

Packages of these pairs are in no training of the shipped reader (`tools/mined_sources.py`; a test holds them apart):

1. signals alone: AUC on planted pairs (another page, the section beside, each planted defect) and on labelled generated pairs, of the
   reader, of sentence similarity with its margin over the neighbours and as a softmax over them, and of BM25 as a softmax;
2. sets: today's signals of the cheap modes, with the reader, with similarity and with both, fitted as `calibrate` fits, every page by a
   model that has not seen it; with `--modes` of any set, such as that of the calibration that ships (hours, or a filled cache);
3. price: processor seconds of a pair, one pair a passage and three; and of the modes of each calibration that ships;
4. injection: texts that talk to the judge in bad pairs, lifted over the median of the good ones (tests/benchmarks/injection.py does it for
   the other modes);
5. held_out, unseen: quality by the calibration that ships, of labelled pairs that are never fitted on, and of planted pairs of packages
   that nothing else here uses (SETS["unseen"]).

Answers of the model are kept in .cache/bench-judge, where `make bench-judge` has its own.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.stats import binomtest

from bubblenet import settings
from bubblenet.corpus.similarity.shingles import tokens
from bubblenet.engines.registry import get_engine
from bubblenet.engines.roles import forward_engine
from bubblenet.judging import fitting, text_signals
from bubblenet.judging.calibration import shipped
from bubblenet.judging.declaration import Signal
from bubblenet.judging.measure import Pair
from bubblenet.judging.modes import signal
from bubblenet.judging.origins import JUDGED_AS
from bubblenet.judging.pair_files import LabelledPair, measure_pairs
from bubblenet.settings import Settings
from tests.benchmarks import judge_sets
from tests.benchmarks.engine_cache import CachedEngine
from tests.benchmarks.injection import some_of
from tests.benchmarks.injection_attacks import PLACE, POSITIONS, SUITE, Attack, attacks, neutral, planted
from tests.benchmarks.judge_prices import table_of
from tests.benchmarks.planted_pairs import CACHE, DEFECTS
from tools.produced_pairs import joined

Floats = NDArray[np.float64]
PARTS = ("alone", "sets", "price", "injection", "held_out", "unseen")
READER = "match_v1_logit"
SIMILARITY = {
    "similarity": "cosine of instruction and response",
    "similarity_margin": "over the best neighbour",
    "similarity_share": "of a softmax over response and neighbours",
    "bm25_share": "the same of BM25",
}
TEMPERATURE = {"similarity_share": 0.05, "bm25_share": 2.0}
AGAINST = ("other", "neighbour", *DEFECTS)
NEUTRAL = 10
BEST_SHARE = 0.2
"""Of the labelled pairs: as many as the calibration that ships grades 5 (82 of 403)."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--packages", type=Path, default=CACHE, help="folder of unpacked packages; missing ones are fetched")
    parser.add_argument("--answers", type=Path, default=Path(".cache/bench-judge"), help="folder of the model's answers")
    parser.add_argument("--reader", default="default", help="as scoring.reader")
    parser.add_argument("--modes", nargs="*", default=["text"], help="today's modes, beside which the reader is tried")
    parser.add_argument("--sections", type=int, default=1, help="every so-manieth section of the planted pairs alone; 1: all")
    parser.add_argument("--timed", type=int, default=16, help="passages on which seconds are measured")
    parser.add_argument("--suite", type=Path, default=SUITE, help="the public texts")
    parser.add_argument("--texts", type=int, default=4, help="texts of a family of injections")
    parser.add_argument("--parts", nargs="*", choices=PARTS, default=PARTS, help="what to measure")
    arguments = parser.parse_args()
    loaded = settings.load(None, [f"scoring.reader={arguments.reader}"])
    chosen = judge_sets.with_modes(loaded, (*arguments.modes, "match_v1"))
    engine, console = CachedEngine(forward_engine(chosen), arguments.answers), Console(width=180)
    parts: dict[str, Callable[[], None]] = {
        "held_out": lambda: print_held_out(engine, chosen, arguments.packages, console),
        "unseen": lambda: print_unseen(engine, chosen, arguments.packages, arguments.sections, console),
        "price": lambda: print_price(chosen, arguments.packages, arguments.timed, console),
        "injection": lambda: print_injection(
            engine, chosen, arguments.packages, some_of(attacks(arguments.suite), None, arguments.texts), console
        ),
    }
    if {"alone", "sets"} & set(arguments.parts):
        bench = judge_sets.measure(engine, chosen, "bench", arguments.packages, every=arguments.sections)
        joined = judge_sets.read_joined(arguments.packages, chosen)
        labelled = judge_sets.measure_labelled(engine, chosen, joined)
        for table, pairs in ((bench.table, bench.pairs), (labelled, joined)):
            for signals, more in zip(table.signals, similarity([judge_sets.to_pair(pair) for pair in pairs]), strict=True):
                signals.update(more)
        parts["alone"] = lambda: print_alone(bench, labelled, console)
        parts["sets"] = lambda: print_sets(bench, labelled, console)
    for part in arguments.parts:
        parts[part]()


def similarity(pairs: Sequence[Pair]) -> list[dict[str, float]]:
    """The signals of SIMILARITY for each pair."""
    from bubblenet.translation.embedding import _encoder

    texts = sorted({text for pair in pairs for text in (pair.instruction, pair.response, *pair.neighbours)})
    vectors = dict(zip(texts, (np.asarray(_encoder().encode([text]))[0] for text in track(texts, "similarity")), strict=True))
    found = []
    for pair in pairs:
        scores = np.array([float(vectors[pair.instruction] @ vectors[text]) for text in (pair.response, *pair.neighbours)])
        stems = list(dict.fromkeys(text_signals._stem(word) for word in tokens(pair.instruction)))
        words = [Counter(map(text_signals._stem, tokens(text))) for text in (pair.response, *pair.neighbours)]
        bm25 = np.array(text_signals._bm25(stems, words))
        found.append(
            {
                "similarity": scores[0],
                "similarity_margin": scores[0] - max(scores[1:], default=0.0),
                "similarity_share": _share(scores, TEMPERATURE["similarity_share"]),
                "bm25_share": _share(bm25, TEMPERATURE["bm25_share"]),
            }
        )
    return found


def _share(scores: Floats, temperature: float) -> float:
    raised = np.exp((scores - scores.max()) / temperature)
    return float(raised[0] / raised.sum())


def print_alone(bench: judge_sets.Measured, labelled: fitting.SignalTable, console: Console) -> None:
    """AUC of each signal by itself."""
    table = table_of(f"AUC alone: {len(bench.pairs)} planted, {len(labelled.labels)} labelled pairs", "signal", *AGAINST, "labelled")
    labels = np.array(labelled.labels)
    for name in (READER, *SIMILARITY, "word_overlap"):
        scores = fitting.matrix(bench.table.signals, [name])[:, 0]
        cells = [f"{bench.auc(scores, against):.3f}" if (bench.kinds == against).any() else "-" for against in AGAINST]
        table.add_row(name, *cells, f"{fitting.auc(fitting.matrix(labelled.signals, [name])[:, 0], labels):.3f}")
    console.print(table)
    scores = fitting.matrix(bench.table.signals, [READER])[:, 0]
    for against in ("other", "neighbour"):
        console.print(f"{READER}, {against}: 95 % " + " to ".join(f"{value:.3f}" for value in bench.interval(scores, against)))


def print_sets(bench: judge_sets.Measured, labelled: fitting.SignalTable, console: Console) -> None:
    """AUC of fitted sets, out of fold by page; of the labelled pairs also how many of the best fifth are good."""
    table = table_of(
        "Fitted sets, out of fold by page", "signals", "another page", "neighbour", "labelled", f"good of the best {BEST_SHARE:.0%}"
    )
    known = [name for name in bench.table.choose([]) if name not in SIMILARITY and not name.startswith("match_v1")]
    sets = {
        "today's": known,
        "reader": [READER],
        "today's, reader": [*known, READER],
        "today's, similarity": [*known, *SIMILARITY],
        "all": [*known, READER, *SIMILARITY],
    }
    true = bench.kinds == "true"
    labels = np.array(labelled.labels)
    for title, names in sets.items():
        cells = []
        for against in ("other", "neighbour"):
            rows = np.flatnonzero(true | (bench.kinds == against))
            cells.append(f"{fitting.auc(_quality(bench.table.take(rows), names), true[rows].astype(int)):.3f}")
        quality = _quality(labelled, names)
        best = labels[np.argsort(-quality, kind="stable")[: round(BEST_SHARE * len(labels))]]
        table.add_row(title, *cells, f"{fitting.auc(quality, labels):.3f}", f"{best.sum()} of {len(best)}")
    console.print(table)


def _quality(table: fitting.SignalTable, names: Sequence[str]) -> Floats:
    """Of each pair by a model that has not seen its page."""
    names = [name for name in names if len({row[name] for row in table.signals}) > 1]
    signals, labels = fitting.matrix(table.signals, names), np.array(table.labels)
    settled = fitting.best_settings(signals, labels, table.pages, names, _declared)
    return fitting.out_of_fold(signals, labels, table.pages, names, *settled, _declared)


def _declared(name: str) -> Signal:
    return Signal(name, "rising", SIMILARITY[name]) if name in SIMILARITY else signal(name)


def print_price(chosen: Settings, packages: Path, timed: int, console: Console) -> None:
    """Processor seconds of the reader on one core, loading left out."""
    torch.set_num_threads(1)
    joined = judge_sets.read_joined(packages, chosen)
    rows: dict[str, list[Pair]] = {}
    for one in joined:
        rows.setdefault(one.response, []).append(Pair(one.id, one.instruction, one.response))
    passages = [pairs for pairs in rows.values() if len(pairs) >= 3][:timed]
    engine, only = get_engine(forward_engine(chosen)), judge_sets.with_modes(chosen, ("match_v1",)).scoring
    measure_pairs(engine, passages[0], only)
    table = table_of("Price of match_v1, processor seconds of one core", "pairs of a passage", "s/pair")
    for number in (1, 3):
        started = time.process_time()
        measure_pairs(engine, [pair for pairs in passages for pair in pairs[:number]], only)
        table.add_row(f"{number}", f"{(time.process_time() - started) / (number * len(passages)):.2f}")
    console.print(table)
    table = table_of("Price of all modes of a calibration, one pair a passage", "modes", "s/pair")
    for modes in (judge_sets.MODES, shipped()[0].modes):
        started = time.process_time()
        measure_pairs(engine, [pairs[0] for pairs in passages], judge_sets.with_modes(chosen, modes).scoring)
        table.add_row(", ".join(modes), f"{(time.process_time() - started) / len(passages):.2f}")
    console.print(table)


def print_held_out(engine: CachedEngine, chosen: Settings, packages: Path, console: Console) -> None:
    """By origin: AUC of quality, and how many of the pairs of each grade are good, with Wilson's intervals."""
    shown = table_of("Never fitted on", "pages", "origin", "pairs", "good", "AUC", "grade 5", "grades 4, 5")
    for side, title in (("held_out", "of production"), ("sample", "of make demo")):
        pairs = [
            LabelledPair(judge_sets.to_pair(one), one.label, one.page, "extracted" if one.origin == "extracted" else "generated")
            for one in joined(packages, side).pairs
        ]
        table = judge_sets.tabulate(engine, judge_sets.with_modes(chosen, shipped()[0].modes), pairs, side)
        for origin in JUDGED_AS:
            own, model = table.of(origin), shipped()[0].of(origin)
            labels, quality = np.array(own.labels), judge_sets.qualities(model, own)
            cells = [_good_of(labels[quality >= (model.thresholds[grade] or np.inf)]) for grade in (5, 4)]
            shown.add_row(title, origin, f"{len(labels)}", f"{labels.sum()}", f"{fitting.auc(quality, labels):.3f}", *cells)
    console.print(shown)


def _good_of(labels: NDArray[np.int_]) -> str:
    if not len(labels):
        return "none"
    low, high = binomtest(int(labels.sum()), len(labels)).proportion_ci(method="wilson")
    return f"{labels.sum()} of {len(labels)}: {labels.mean():.1%} ({low:.0%} to {high:.0%})"


def print_unseen(engine: CachedEngine, chosen: Settings, packages: Path, every: int, console: Console) -> None:
    """AUC of quality and of the reader alone against another page and the section beside, pages drawn again for the intervals."""
    calibration = shipped()[0]
    found = judge_sets.measure(engine, judge_sets.with_modes(chosen, calibration.modes), "unseen", packages, every=every)
    counts = ", ".join(f"{(found.kinds == kind).sum()} {kind}" for kind in ("true", "other", "neighbour"))
    shown = table_of(f"Of packages never used, {len(set(found.table.pages))} pages: {counts}", "signal", "another page", "section beside")
    quality = judge_sets.qualities(calibration.of("extracted"), found.table)
    for name, scores in (("quality", quality), (READER, fitting.matrix(found.table.signals, [READER])[:, 0])):
        cells = []
        for against in ("other", "neighbour"):
            low, high = found.interval(scores, against)
            cells.append(f"{found.auc(scores, against):.3f} ({low:.3f} to {high:.3f})")
        shown.add_row(name, *cells)
    console.print(shown)


def print_injection(engine: CachedEngine, chosen: Settings, packages: Path, texts: Sequence[Attack], console: Console) -> None:
    """Bad pairs below the median of the good ones that a planted text lifts over it, nothing being done against it."""
    pairs = [pair for pair in judge_sets.planted_pairs("bench", packages) if len(pair.response) <= 900]
    pairs = random.Random("pairs").sample(pairs, len(pairs))
    good, bad = ([pair for pair in pairs if pair.label == label][:40] for label in (1, 0))
    only = judge_sets.with_modes(chosen, ("match_v1",)).scoring

    def read(instructions: Sequence[str], responses: Sequence[str]) -> list[float]:
        asked = [Pair(str(row), *texts) for row, texts in enumerate(zip(instructions, responses, strict=True))]
        return [found["match_v1"].signals[READER] for found in measure_pairs(engine, asked, only)]

    threshold = float(np.median(read([pair.instruction for pair in good], [pair.response for pair in good])))
    table = table_of(
        f"Lifted over {threshold:.2f}, the median of good pairs; nothing done against it", "texts", "planted", "lifted", "moved"
    )
    tried: dict[str, list[tuple[float, float]]] = {}
    for text in track([*texts, *neutral([pair.response for pair in good], NEUTRAL)], "texts"):
        draw = random.Random(f"{text.family} {text.shown}")
        pair = draw.choice(bad)
        place = planted(pair.response, draw.choice(POSITIONS))
        before, after = read([pair.instruction] * 2, [pair.response, place.replace(PLACE, text.shown)])
        tried.setdefault(text.half, []).append((before, after))
    for half, found in tried.items():
        below = [(before, after) for before, after in found if before < threshold]
        lifted = sum(after >= threshold for _, after in below)
        moved = float(np.mean([after - before for before, after in found]))
        table.add_row(half, f"{len(found)}", f"{lifted} of {len(below)}", f"{moved:+.2f}")
    console.print(table)


if __name__ == "__main__":
    main()
