"""Fit a calibration on labelled pairs, and estimate its accuracy on unseen pages.

Each signal becomes ramps between a few of its quantiles; a logistic regression with an L2 penalty on the standardised ramps gives the rise
of its curve over each. The direction that a mode declares for a signal is enforced: more gain is never worse, so its curve must not fall
(weights are bounded at 0). With a few hundred pairs that helps more than flexibility: an unconstrained fit plays nearly collinear signals
against each other, and fails on other pages.

Penalty and number of knots are chosen by cross-validation grouped by page: pairs of one page share passages and words, so a split through
a page would measure memorisation. Figures are computed on out-of-fold qualities.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from bubblenet.errors import InputError
from bubblenet.judging.calibration import RELIABILITY_BINS, Curve, QualityModel, wilson_bound
from bubblenet.judging.modes import signal

if TYPE_CHECKING:
    from bubblenet.judging.declaration import Direction, Measurement, Signal
    from bubblenet.judging.origins import JudgedAs
    from bubblenet.judging.pair_files import LabelledPair

Declared = Callable[[str], "Signal"]
Floats = NDArray[np.float64]
Labels = NDArray[np.int_]

BOUNDS: dict[Direction, tuple[float | None, float | None]] = {"rising": (0.0, None), "falling": (None, 0.0), "free": (None, None)}
"""Bounds on the rises of a curve."""

FAULT_PENALTY = 0.1
"""The share of the penalty that indicators of a rare fault get. No other signal overlaps with them, so there is no weight to share, and the
few pairs with the fault would not outweigh the full penalty.
"""

FOLDS = 8
KNOTS = (2, 3, 4)
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0)
OUTER_QUANTILES = (0.02, 0.98)
MIN_ACCEPTED = 10
"""A threshold must accept at least this many labelled pairs: precision over fewer is meaningless."""

MIN_PAIRS, MIN_PAGES = 40, 4


@dataclass(frozen=True, slots=True)
class SignalTable:
    """Signals of labelled pairs. num_failed: pairs left out because a mode failed."""

    signals: list[dict[str, float]]
    labels: list[int]
    pages: list[str]
    origins: list[JudgedAs]
    num_failed: int = 0

    def of(self, origin: JudgedAs) -> SignalTable:
        """The pairs of one origin."""
        return self.take([row for row, found in enumerate(self.origins) if found == origin])

    def take(self, rows: Sequence[int]) -> SignalTable:
        """These rows."""
        signals, labels = [self.signals[row] for row in rows], [self.labels[row] for row in rows]
        return replace(
            self, signals=signals, labels=labels, pages=[self.pages[row] for row in rows], origins=[self.origins[row] for row in rows]
        )

    def choose(self, names: Sequence[str]) -> list[str]:
        """The named signals; without names, all that every pair has. Raises InputError for an unknown name."""
        known = sorted(set.intersection(*map(set, self.signals))) if self.signals else []
        if unknown := [name for name in names if name not in known]:
            raise InputError("signals that the modes give for every pair", ", ".join(unknown), f"There are: {', '.join(known)}.")
        return list(names) or known


def check(pairs: Sequence[LabelledPair]) -> None:
    """Raises InputError if an origin has too few pairs to fit and test a model."""
    if not pairs:
        raise InputError("labelled pairs", "none", "Label some.")
    for origin in sorted({pair.origin for pair in pairs}):
        labels = [pair.label for pair in pairs if pair.origin == origin]
        num_pages = len({pair.page for pair in pairs if pair.origin == origin})
        if min(sum(labels), len(labels) - sum(labels)) * 2 < MIN_PAIRS or num_pages < MIN_PAGES:
            wanted = f"at least {MIN_PAIRS // 2} {origin} pairs of each label, of at least {MIN_PAGES} pages"
            got = f"{sum(labels)} of {len(labels)} with label 1, of {num_pages} pages"
            raise InputError(wanted, got, "Label more of them, of more pages; or leave these out.")


def tabulate(pairs: Sequence[LabelledPair], measured: Sequence[Mapping[str, Measurement]]) -> SignalTable:
    """The signals of all modes, joined by pair."""
    table = SignalTable([], [], [], [])
    for labelled, found in zip(pairs, measured, strict=True):
        if any(one.reason == "engine_error" for one in found.values()):
            continue
        table.signals.append({name: value for one in found.values() for name, value in one.signals.items()})
        table.labels.append(labelled.label)
        table.pages.append(labelled.page)
        table.origins.append(labelled.origin)
    return replace(table, num_failed=len(pairs) - len(table.labels))


@dataclass(frozen=True, slots=True)
class Ramps:
    """Each rises from 0 at one knot of a signal to 1 at the next: signals [rows, signals] -> ramps [rows, all ramps]."""

    knots: tuple[Floats, ...]

    @classmethod
    def of(cls, signals: Floats, num_knots: int) -> Ramps:
        """Knots at evenly spaced quantiles; fewer for a signal with few distinct values."""
        quantiles = np.linspace(*OUTER_QUANTILES, num_knots)
        return cls(tuple(_distinct(column, quantiles) for column in signals.T))

    def __call__(self, signals: Floats) -> Floats:
        """Constant outside the knots of a signal."""
        ramps = [
            np.clip((column[:, None] - knots[:-1]) / np.diff(knots), 0.0, 1.0) for column, knots in zip(signals.T, self.knots, strict=True)
        ]
        return np.concatenate(ramps, axis=1)


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model: z = intercept + weights of the ramps."""

    ramps: Ramps
    intercept: float
    weights: Floats

    def predict(self, signals: Floats) -> Floats:
        """The probability of label 1."""
        return np.asarray(expit(self.intercept + self.ramps(signals) @ self.weights))

    def curves(self, names: Sequence[str]) -> dict[str, Curve]:
        """The curve of each signal: 0 at its first knot, then the cumulative sum of the rises."""
        ends = np.cumsum([len(knots) - 1 for knots in self.ramps.knots])
        rises = np.split(self.weights, ends[:-1])
        return {
            name: Curve(knots=tuple(map(float, knots)), values=(0.0, *map(float, np.cumsum(rise))))
            for name, knots, rise in zip(names, self.ramps.knots, rises, strict=True)
        }


def fit(table: SignalTable, names: Sequence[str], precision: Mapping[int, float]) -> QualityModel:
    """The model of pairs of one origin, with figures. Signals without effect get no curve, unless no signal has any.

    precision: the wanted precision by grade.
    """
    names = [name for name in names if len({row[name] for row in table.signals}) > 1]
    signals, labels = matrix(table.signals, names), np.array(table.labels)
    num_knots, penalty = best_settings(signals, labels, table.pages, names)
    quality = out_of_fold(signals, labels, table.pages, names, num_knots, penalty)
    model = fit_model(signals, labels, names, num_knots, penalty)
    curves = model.curves(names)
    return QualityModel(
        intercept=model.intercept,
        curves={name: curve for name, curve in curves.items() if any(curve.values)} or curves,
        thresholds={grade: threshold(quality, labels, wanted) for grade, wanted in precision.items()},
        data={"pairs": len(labels), "accepted": int(labels.sum()), "pages": len(set(table.pages))},
        figures={
            "auc": auc(quality, labels),
            "auc_of_signal": {name: auc(column, labels) for name, column in zip(names, signals.T, strict=True)},
            "reliability": reliability(quality, labels),
            "selected": {str(grade): selected(quality, labels, table.pages, wanted) for grade, wanted in precision.items()},
            "wanted_precision": {str(grade): wanted for grade, wanted in precision.items()},
            "model": {"knots": num_knots, "penalty": penalty, "folds": FOLDS},
        },
    )


def out_of_fold(
    signals: Floats, labels: Labels, pages: Sequence[str], names: Sequence[str], num_knots: int, penalty: float, declared: Declared = signal
) -> Floats:
    """The quality of each pair by a model not trained on its page."""
    quality = np.empty(len(labels))
    for train, test in folds(labels, pages):
        quality[test] = fit_model(signals[train], labels[train], names, num_knots, penalty, declared).predict(signals[test])
    return quality


def fit_model(signals: Floats, labels: Labels, names: Sequence[str], num_knots: int, penalty: float, declared: Declared = signal) -> Fit:
    """One model with given settings, which minimises log loss plus penalty under the bounds.

    declared: gives the declaration of a signal by name. That of the modes raises UndeclaredSignalError for an unknown name, since the
    direction of its curve is unknown.
    """
    ramps = Ramps.of(signals, num_knots)
    values = ramps(signals)
    mean, scale = values.mean(axis=0), values.std(axis=0)
    scale[scale == 0] = 1.0
    values = (values - mean) / scale
    of_ramp = [one for one, knots in zip(map(declared, names), ramps.knots, strict=True) for _ in knots[1:]]
    penalties = penalty * np.array([FAULT_PENALTY if one.is_fault else 1.0 for one in of_ramp])

    def loss(parameters: Floats) -> tuple[float, Floats]:
        z = parameters[0] + values @ parameters[1:]
        error = expit(z) - labels
        gradient = np.concatenate([[error.sum()], values.T @ error + penalties * parameters[1:]])
        return float(np.sum(np.logaddexp(0.0, z) - labels * z) + np.sum(penalties * parameters[1:] ** 2) / 2), gradient

    bounds = [(None, None), *(BOUNDS[one.direction] for one in of_ramp)]
    found = minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 1000}).x
    weights = found[1:] / scale
    return Fit(ramps, float(found[0] - weights @ mean), weights)


def matrix(signals: Sequence[Mapping[str, float]], names: Sequence[str]) -> Floats:
    """The signals [rows, names]. Raises KeyError if a row lacks one."""
    return np.array([[row[name] for name in names] for row in signals], dtype=np.float64)


def auc(scores: Floats, labels: Labels) -> float:
    """Area under the ROC curve: how often a pair of label 1 ranks above one of label 0."""
    from sklearn.metrics import roc_auc_score

    return round(float(roc_auc_score(labels, scores)), 4)


def threshold(quality: Floats, labels: Labels, precision: float) -> float | None:
    """The lowest quality from which surely at least this share of the pairs has label 1; None if none does and accepts enough pairs.

    Surely: by the lower end of Wilson's 95 % interval. The share itself wanders, and the last place where it happens to be high enough lies
    far below the one where it really is.
    """
    return _lowest(quality, labels, lambda share, count: wilson_bound(share, count) >= precision)


def share_threshold(quality: Floats, labels: Labels, precision: float) -> float | None:
    """The same by the share itself."""
    return _lowest(quality, labels, lambda share, _: share >= precision)


def _lowest(quality: Floats, labels: Labels, reaches: Callable[[float, int], bool]) -> float | None:
    """The lowest quality whose pairs and all better ones, by share of label 1 and count, reach what is wanted."""
    order = np.argsort(-quality, kind="stable")
    counts = np.arange(1, len(order) + 1)
    shares = np.cumsum(labels[order]) / counts
    found = [row for row, (share, count) in enumerate(zip(shares.tolist(), counts.tolist(), strict=True)) if reaches(share, count)]
    return round(float(quality[order[found[-1]]]), 4) if found and found[-1] + 1 >= MIN_ACCEPTED else None


def selected(quality: Floats, labels: Labels, pages: Sequence[str], precision: float) -> dict[str, int]:
    """The number of pairs that a judge selects, of those with label 1 among them, and of all with label 1.

    The threshold for a fold is set on the other folds: on the pairs that it was set on, it would reach the precision always.
    """
    chosen = np.zeros(len(quality), dtype=bool)
    for train, test in folds(labels, pages):
        lowest = threshold(quality[train], labels[train], precision)
        chosen[test] = lowest is not None and quality[test] >= lowest
    return {"chosen": int(chosen.sum()), "right": int(labels[chosen].sum()), "to_find": int(labels.sum())}


def reliability(quality: Floats, labels: Labels) -> list[dict[str, float]]:
    """Bins of equal width: mean quality, share of label 1, number of pairs. The first two are equal if the model is calibrated."""
    bins = np.minimum((quality * RELIABILITY_BINS).astype(int), RELIABILITY_BINS - 1)
    return [
        {
            "quality": round(float(quality[bins == number].mean()), 4),
            "accepted": round(float(labels[bins == number].mean()), 4),
            "pairs": int((bins == number).sum()),
        }
        for number in range(RELIABILITY_BINS)
        if (bins == number).any()
    ]


def best_settings(
    signals: Floats, labels: Labels, pages: Sequence[str], names: Sequence[str], declared: Declared = signal
) -> tuple[int, float]:
    """The number of knots and the penalty with the least out-of-fold log loss."""
    from sklearn.metrics import log_loss

    def loss(choice: tuple[int, float]) -> float:
        return float(log_loss(labels, out_of_fold(signals, labels, pages, names, *choice, declared)))

    return min(itertools.product(KNOTS, PENALTIES), key=loss)


def folds(labels: Labels, pages: Sequence[str]) -> list[tuple[Labels, Labels]]:
    """(train, test) rows; all pairs of a page are on the same side."""
    from sklearn.model_selection import GroupKFold

    return list(GroupKFold(min(FOLDS, len(set(pages)))).split(labels, labels, pages))


def _distinct(column: Floats, quantiles: Floats) -> Floats:
    """Strictly rising knots. If quantiles coincide (a signal that is nearly always 0), the minimum and maximum."""
    knots = np.unique(np.quantile(column, quantiles))
    return knots if len(knots) > 1 else np.unique([column.min(), column.max()])
