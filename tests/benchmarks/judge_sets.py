"""The pairs of `make bench-judge` with their signals: planted ones, and the labelled ones that the embedded model generated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import track

from bubblenet.engines.roles import forward_engine
from bubblenet.judging import fitting
from bubblenet.judging.calibration import FORMAT_VERSION, Calibration, QualityModel
from bubblenet.judging.grading import Grader
from bubblenet.judging.labels.pairs import JoinedPair, join, read_labels
from bubblenet.judging.measure import Pair
from bubblenet.judging.origins import JudgedAs
from bubblenet.judging.pair_files import LabelledPair, gate_of, measure_windows
from bubblenet.settings import Curation, Settings
from tests.benchmarks.engine_cache import CachedEngine
from tests.benchmarks.planted_pairs import DEFECTS, PlantedPair, planted_pairs
from tools.label_pairs import has_package

MODES = ("text", "reverse_gain", "likelihood", "contrast")
"""Those of the calibration of the default modes."""

WANTED: dict[JudgedAs, dict[int, float]] = {"generated": {5: 0.28, 4: 0.2}, "extracted": {5: 0.8, 4: 0.7}}
"""As `make calibration` asks for it."""

KS = (1, 2, 3)
FALSE_ALARMS = 0.1
NUM_RESAMPLES = 400


def wanted_precision(origin: JudgedAs) -> dict[int, float]:
    """What the grades surely reach."""
    return WANTED[origin]


def qualities(model: QualityModel, table: fitting.SignalTable) -> np.ndarray:
    """The quality of each row."""
    return np.array([model.quality(signals) for signals in table.signals])


@dataclass(frozen=True, slots=True)
class Measured:
    """Planted pairs with their signals and the verdict of the gates."""

    pairs: Sequence[PlantedPair]
    table: fitting.SignalTable
    passed: np.ndarray

    @property
    def kinds(self) -> np.ndarray:
        """What each pair is."""
        return np.array([pair.kind for pair in self.pairs])

    def auc(self, scores: np.ndarray, against: str) -> float:
        """True pairs against those of another kind."""
        chosen = np.isin(self.kinds, ("true", against))
        return fitting.auc(scores[chosen], (self.kinds[chosen] == "true").astype(int))

    def interval(self, scores: np.ndarray, against: str) -> tuple[float, float]:
        """The 95 % interval of that AUC: pages drawn again with replacement, since pairs of a page are alike."""
        pages = np.array(self.table.pages)
        rows = [np.flatnonzero(pages == page) for page in sorted(set(pages))]
        draw, found = np.random.default_rng(0), []
        for _ in range(NUM_RESAMPLES):
            chosen = np.concatenate([rows[number] for number in draw.integers(len(rows), size=len(rows))])
            chosen = chosen[np.isin(self.kinds[chosen], ("true", against))]
            found.append(fitting.auc(scores[chosen], (self.kinds[chosen] == "true").astype(int)))
        low, high = np.quantile(found, (0.025, 0.975))
        return float(low), float(high)

    def recalls(self, quality: np.ndarray) -> dict[str, float]:
        """Share of each defect family below the quality under which one true pair in ten lies; what a gate stops lies below all."""
        verdict = np.where(self.passed, quality, -1.0)
        limit = np.quantile(verdict[self.kinds == "true"], FALSE_ALARMS)
        return {family: float(np.mean(verdict[self.kinds == family] < limit)) for family in DEFECTS if (self.kinds == family).any()}


@dataclass(frozen=True, slots=True)
class Candidates:
    """The labelled pairs by passage: the first, second and third instruction that was written for it (id: passage-number)."""

    joined: Sequence[JoinedPair]
    table: fitting.SignalTable

    @property
    def rows(self) -> dict[str, list[int]]:
        """Rows of each passage in the order of their numbers."""
        found: dict[str, list[int]] = {}
        for row, one in sorted(enumerate(self.joined), key=lambda item: item[1].id):
            found.setdefault(one.id.rsplit("-", 1)[0], []).append(row)
        return found

    @property
    def passages(self) -> list[str]:
        """Passages of which no candidate was stopped by a gate."""
        return [passage for passage, rows in self.rows.items() if len(rows) == max(KS)]

    def best_of(self, k: int) -> list[int]:
        """The row with the highest reverse gain among the first k of each such passage, which the pipeline judges further."""
        return [max(self.rows[one][:k], key=lambda row: self.table.signals[row]["reverse_gain"]) for one in self.passages]


def read_joined(packages: Path, chosen: Settings) -> list[JoinedPair]:
    """The labelled pairs with their passages; missing packages are fetched."""
    labels = read_labels()
    if lacking := [name for name in sorted({label.package for label in labels}) if not has_package(name, packages)]:
        raise SystemExit(f"bench-judge: apt-get could not fetch {', '.join(lacking)}; wanted Debian 12 and its package lists.")
    return join(labels, packages, chosen.segmentation).pairs


def measure(engine: CachedEngine, chosen: Settings, name: str, packages: Path, limit: int | None = None, every: int = 1) -> Measured:
    """All modes for the first pairs of a set, or of every second, third, ... of its sections."""
    pairs = [pair for pair in planted_pairs(name, packages)[:limit] if int(pair.id.split("-")[1]) % every == 0]
    labelled = [LabelledPair(to_pair(pair), pair.label, pair.page, "extracted") for pair in pairs]
    return Measured(pairs, tabulate(engine, chosen, labelled, name), np.array([_passes(pair) for pair in pairs]))


def measure_labelled(engine: CachedEngine, chosen: Settings, joined: Sequence[JoinedPair]) -> fitting.SignalTable:
    """All modes for the labelled generated pairs."""
    pairs = [LabelledPair(Pair(one.id, one.instruction, one.response, one.neighbours), one.label, one.page, "generated") for one in joined]
    return tabulate(engine, chosen, pairs, "labels")


def tabulate(engine: CachedEngine, chosen: Settings, pairs: Sequence[LabelledPair], name: str) -> fitting.SignalTable:
    """Signals of all modes."""
    rows, measured = forward_engine(chosen).window_rows, []
    windows = measure_windows(engine, [one.pair for one in pairs], chosen.scoring, rows)
    for window in track(windows, total=math.ceil(len(pairs) / rows), description=name, transient=True):
        measured += window
    table = fitting.tabulate(pairs, measured)
    if table.num_failed:
        raise SystemExit(f"bench-judge: the engine failed on {table.num_failed} pairs of {name}.")
    return table


def grade_out_of_fold(labelled: fitting.SignalTable) -> tuple[np.ndarray, np.ndarray]:
    """Quality and grade (0: none) of each labelled pair by a model, thresholds included, that has seen no pair of its page."""
    quality, grades = np.empty(len(labelled.labels)), np.zeros(len(labelled.labels), dtype=int)
    for train, test in fitting.folds(np.array(labelled.labels), labelled.pages):
        model = fitting.fit(labelled.take(train), labelled.choose([]), wanted_precision("generated"))
        grader = Grader(Curation(), None, Calibration(version=FORMAT_VERSION, judge={}, labels="", models={"generated": model}))
        quality[test] = qualities(model, labelled.take(test))
        grades[test] = [grader.grade(value, "generated") or 0 for value in quality[test]]
    return quality, grades


def with_modes(chosen: Settings, modes: Sequence[str]) -> Settings:
    """The settings with these modes; unchecked, since a rating may be measured without the gain that chooses candidates."""
    return chosen.model_copy(update={"scoring": chosen.scoring.model_copy(update={"modes": tuple(modes)})})


def to_pair(planted: PlantedPair) -> Pair:
    return Pair(planted.id, planted.instruction, planted.response, planted.neighbours)


def _passes(planted: PlantedPair) -> bool:
    return gate_of(to_pair(planted)) is None
