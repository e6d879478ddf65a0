"""What joins a fitted calibration: a first cut by signals that cost nothing, and weights of signals that are newer than the fit."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from bubblenet.judging import fitting
from bubblenet.judging.calibration import Curve, FirstCut, QualityModel
from bubblenet.judging.declaration import Known
from bubblenet.judging.measure import Pair
from bubblenet.judging.modes import FREE, MODES, signal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bubblenet.settings import Scoring

LOST_SHARE = 0.02
"""A first cut loses at most this share of the good pairs."""

_OF_STYLE = ("asks",)


def extended(model: QualityModel, table: fitting.SignalTable, names: Sequence[str]) -> QualityModel:
    """The model with the weights of signals that are 0 or 1 and that no pair had which it was fitted on: all else of it stays as it is.

    A logistic regression with the log odds of the model's own labelled pairs as offset: how much rarer good pairs are among those with the
    fault. So no other signal of them need be known. Pairs without these signals say how rare they are, which counts as in a fit.
    """
    model = model.model_copy(update={"curves": {name: curve for name, curve in model.curves.items() if name not in names}})
    offset = logit(model.data["accepted"] / model.data["pairs"])
    values, labels = fitting.matrix(table.signals, names), np.array(table.labels)
    penalties = fitting.FAULT_PENALTY * float(model.figures["model"]["penalty"]) * values.var(axis=0)

    def loss(weights: fitting.Floats) -> tuple[float, fitting.Floats]:
        z = offset + values @ weights
        gradient = values.T @ (expit(z) - labels) + penalties * weights
        return float(np.sum(np.logaddexp(0.0, z) - labels * z) + np.sum(penalties * weights**2) / 2), gradient

    bounds = [fitting.BOUNDS[signal(name).direction] for name in names]
    weights = minimize(loss, np.zeros(len(names)), jac=True, method="L-BFGS-B", bounds=bounds).x
    added = {name: Curve(knots=(0.0, 1.0), values=(0.0, float(weight))) for name, weight in zip(names, weights, strict=True) if weight}
    counts = {
        name: {"pairs": int(column.sum()), "accepted": int(labels[column > 0].sum())} for name, column in zip(names, values.T, strict=True)
    }
    return model.model_copy(update={"curves": model.curves | added, "figures": model.figures | {"added": counts}})


def first_cut(table: fitting.SignalTable, spared: Sequence[Sequence[Mapping[str, float]]] = ()) -> FirstCut | None:
    """The cut on signals that cost nothing, of pairs of one origin; None where the table has none of them, or too few good pairs to tell,
    and where it would set nothing aside: a run would look for nothing.

    spared: signals of sets of good pairs by other writers; of each, too, it loses at most LOST_SHARE. Signals of length and style are left
    out, since they tell the writer. Threshold and figures are set on qualities of pages that the model has not seen.
    """
    free = [one for mode in FREE for one in MODES[mode].signals if one.direction != "free" and one.name not in _OF_STYLE]
    known = set(table.choose([]))
    names = [one.name for one in free if one.name in known and len({row[one.name] for row in table.signals}) > 1]
    labels = np.array(table.labels)
    if not names or LOST_SHARE * labels.sum() < 1:
        return None
    signals = fitting.matrix(table.signals, names)
    chosen = fitting.best_settings(signals, labels, table.pages, names)
    chance = fitting.out_of_fold(signals, labels, table.pages, names, *chosen)
    model = fitting.fit_model(signals, labels, names, *chosen)
    good = [chance[labels == 1], *(model.predict(fitting.matrix(rows, names)) for rows in spared if rows)]
    threshold = min(float(np.sort(of_set)[int(LOST_SHARE * len(of_set))]) for of_set in good)
    if not (chance < threshold).any():
        return None
    figures = {
        "lost": round(float((good[0] < threshold).mean()), 4),
        "lost_of_others": round(max((float((of_set < threshold).mean()) for of_set in good[1:]), default=0.0), 4),
        "set_aside": round(float((chance < threshold).mean()), 4),
        "auc": fitting.auc(chance, labels),
    }
    curves = {name: curve for name, curve in model.curves(names).items() if any(curve.values)}
    return FirstCut(intercept=model.intercept, curves=curves, threshold=threshold, figures=figures)


def spared_sets(table: fitting.SignalTable, scoring: Scoring) -> list[list[Mapping[str, float]]]:
    """Good pairs by others than the model: questions of pages among labelled pairs, and the seeds that people wrote and that ship."""
    labelled = zip(table.signals, table.labels, table.origins, strict=True)
    of_pages: list[Mapping[str, float]] = [row for row, label, origin in labelled if label and origin == "extracted"]
    lines = files("bubblenet.conf").joinpath("seeds", "starter.jsonl").read_text("utf-8").splitlines()
    pairs = [Pair(str(row), one["instruction"], one["response"]) for row, one in enumerate(map(json.loads, lines))]
    measured = [MODES[mode].measure(None, pairs, scoring, Known()) for mode in FREE]
    of_seeds = zip(*measured, strict=True)
    seeds: list[Mapping[str, float]] = [{name: value for one in found for name, value in one.signals.items()} for found in of_seeds]
    return [of_pages, seeds]
