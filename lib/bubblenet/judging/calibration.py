"""A calibration maps the signals of one judge to `quality`, the probability that a careful reader would accept the pair.

quality = 1 / (1 + exp(-z)),  z = intercept + sum over the signals of curve(signal)

An additive logistic model (Hastie and Tibshirani 1986, Generalized Additive Models) with one piecewise linear curve per signal: it can bend
and saturate, and in SQL it is a sum of CASE expressions. It is stored as a JSON file of numbers, which anyone can read and nothing can
execute. It belongs to one judge: the model weights that were scored with, and the definitions of the modes.

Generated and extracted pairs have a model each, since they fail differently: a generated instruction is nearly always about its passage,
but may presume something false; a question taken from the page is well formed, but may belong to another passage.
"""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from importlib.resources import files
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from bubblenet.errors import SettingsError, nearest
from bubblenet.judging.modes import MODES, signals
from bubblenet.judging.origins import JudgedAs

if TYPE_CHECKING:
    from pyspark.sql import Column

    from bubblenet.settings import Scoring

FORMAT_VERSION = 1
RELIABILITY_BINS = 10
"""Bins of equal width by quality in the figures of a fit."""

FIGURES_VERSION = 3
"""Version of the figures of a fit, for people and for `evaluations`; qualities do not depend on it."""


class Curve(BaseModel):
    """A piecewise linear function given by its values at the knots; constant outside them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    knots: tuple[float, ...]
    values: tuple[float, ...]

    @model_validator(mode="after")
    def _is_a_function(self) -> Curve:
        if not self.knots or len(self.knots) != len(self.values):
            raise ValueError("as many values as knots are needed, and at least one")
        if any(right <= left for left, right in zip(self.knots, self.knots[1:], strict=False)):
            raise ValueError("knots must rise")
        return self

    def __call__(self, signal: float) -> float:
        """The value at x."""
        right = bisect_right(self.knots, signal)
        if right == 0 or right == len(self.knots):
            return self.values[max(0, right - 1)]
        return self.values[right - 1] + self._slope(right) * (signal - self.knots[right - 1])

    def column(self, signal: Column) -> Column:
        """The same as a Spark expression; null for null."""
        from pyspark.sql import functions as F

        steps = F.when(signal < self.knots[0], F.lit(self.values[0]))
        for right in range(1, len(self.knots)):
            inside = self.values[right - 1] + self._slope(right) * (signal - self.knots[right - 1])
            steps = steps.when(signal < self.knots[right], inside)
        return steps.when(signal >= self.knots[-1], F.lit(self.values[-1]))

    def _slope(self, right: int) -> float:
        return (self.values[right] - self.values[right - 1]) / (self.knots[right] - self.knots[right - 1])


class AdditiveModel(BaseModel):
    """A probability: the logistic of an intercept and one curve for each signal."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    intercept: float
    curves: dict[str, Curve]

    def quality(self, signals: Mapping[str, float]) -> float | None:
        """The probability for one pair; None if a signal is missing."""
        if any(name not in signals for name in self.curves):
            return None
        return sigmoid(self.intercept + math.fsum(curve(signals[name]) for name, curve in self.curves.items()))

    def column(self, signals: Mapping[str, Column]) -> Column:
        """The same as a Spark expression over the signal columns; null if one is null."""
        from pyspark.sql import functions as F

        z = reduce(add, (curve.column(signals[name]) for name, curve in self.curves.items()), F.lit(self.intercept))
        return 1 / (1 + F.exp(-z))


class FirstCut(AdditiveModel):
    """Sets hopeless candidates aside before a model is asked: those whose probability by signals that cost nothing is below the threshold.

    figures: for people: the share of good labelled pairs that it loses, and of all that it sets aside, on unseen pages.
    """

    threshold: float
    figures: dict[str, float]


class QualityModel(AdditiveModel):
    """The quality model of one origin, with its training data and its accuracy on unseen pages.

    thresholds: grade -> lowest quality that reaches the wanted precision, None if none does. data: counts of the labels. figures:
    cross-validation results, for people.
    """

    thresholds: dict[int, float | None]
    data: dict[str, int]
    figures: dict[str, Any]

    @property
    def bounds(self) -> tuple[tuple[float, float], ...]:
        """Quality from which, and the lower bound there of the share of good pairs; empty for a model without figures of reliability.

        Of the labelled pairs on unseen pages whose quality is in the same bin: the lower end of Wilson's 95 % interval (Wilson 1927). More
        quality is never worse, so the bound of a lower bin holds for a higher one with few pairs, too.
        """
        steps, best = [], 0.0
        for found in self.figures.get("reliability", ()):
            start = min(int(found["quality"] * RELIABILITY_BINS), RELIABILITY_BINS - 1) / RELIABILITY_BINS
            best = max(best, wilson_bound(found["accepted"], found["pairs"]))
            steps.append((start, round(best, 4)))
        return tuple(steps)

    @model_validator(mode="after")
    def _is_whole(self) -> QualityModel:
        if not self.curves or set(self.thresholds) != {4, 5}:
            raise ValueError("curves, and thresholds for the grades 4 and 5, are needed")
        return self


class Calibration(BaseModel):
    """One model for each origin with labelled pairs, and the judge they belong to.

    judge: weights digest, and what each mode in use depends on. labels: SHA-256 of the file of labelled pairs.
    proposer: of the model that wrote the labelled instructions, weights digest and prompt set: how often it goes wrong is in every quality.
    selection: how its best candidates were chosen, for people. Both are empty in files of releases before 0.3.
    first_cuts: by origin, of those whose candidates may be set aside.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int
    judge: dict[str, Any]
    labels: str
    models: dict[JudgedAs, QualityModel]
    first_cuts: dict[JudgedAs, FirstCut] = {}
    proposer: dict[str, str] = {}
    selection: dict[str, Any] = {}

    @model_validator(mode="after")
    def _is_known(self) -> Calibration:
        if self.version != FORMAT_VERSION:
            raise ValueError(f"version {FORMAT_VERSION} of the format is needed")
        if not self.models:
            raise ValueError("a model of at least one origin is needed")
        for what, names, known in (("mode", self.judge.get("modes", ()), MODES), ("signal", self.signal_names, signals())):
            if unknown := [name for name in names if name not in known]:
                raise ValueError(f"no {what} is called {unknown[0]}; the nearest is {nearest(unknown[0], known)}")
        return self

    @property
    def id(self) -> str:
        """16 hexadecimal digits over everything that affects a quality."""
        models = {origin: model.model_dump(mode="json", include={"intercept", "curves"}) for origin, model in self.models.items()}
        cuts = {origin: cut.model_dump(mode="json", exclude={"figures"}) for origin, cut in self.first_cuts.items()}
        parts = [self.judge, models, *([cuts] if cuts else [])]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes whose signals are used."""
        return tuple(self.judge["modes"])

    @property
    def signal_names(self) -> list[str]:
        """The signals used by any of the models, and by the first cuts."""
        return sorted({name for model in (*self.models.values(), *self.first_cuts.values()) for name in model.curves})

    def of(self, origin: JudgedAs) -> QualityModel:
        """The model of this origin; if only the other origin had labels, the model of that one."""
        return self.models.get(origin) or next(iter(self.models.values()))

    def save(self, path: Path) -> None:
        """Write the file with sorted keys, so that equal models are equal bytes."""
        empty = {name for name in ("first_cuts", "proposer", "selection") if not getattr(self, name)}
        path.write_text(json.dumps(self.model_dump(mode="json", exclude=empty), indent=1, sort_keys=True) + "\n", encoding="utf-8")


def judge_of(weights_digest: str, modes: Sequence[str], scoring: Scoring) -> dict[str, Any]:
    """What identifies the judge. The number format is left out: bfloat16 changes a signal by less than pairs differ."""
    return {"weights": weights_digest, "modes": {name: MODES[name].parts(scoring) for name in sorted(modes)}}


def load(path: str | Path) -> Calibration:
    """Read a calibration file. Raises SettingsError if it is missing or unusable."""
    try:
        return Calibration.model_validate_json(Path(path).read_bytes())
    except OSError as error:
        raise SettingsError("a file of `bubblenet calibrate`", f"{path}: {error.strerror}", "Give its path.") from None
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise SettingsError("a calibration", f"{path}: {where}: {problem['msg']}", "Write it again with `bubblenet calibrate`.") from None


def choose(name: str, weights_digest: str, scoring: Scoring, proposer: Callable[[], dict[str, str]] | None = None) -> Calibration | None:
    """The calibration named by the setting: `none`, `default` (the one shipped for this judge and proposer, if any), or a file.

    proposer: what writes the instructions, asked for where the judge fits; None: whatever it is.
    Raises SettingsError if a named file was made for another judge or proposer, since its numbers would be meaningless.
    """
    if name == "none":
        return None
    found = shipped() if name == "default" else (load(name),)
    differences = [_differences(item, weights_digest, scoring) or _of_proposer(item, proposer) for item in found]
    matching = [item for item, odd in zip(found, differences, strict=True) if not odd]
    if not matching and name != "default":
        raise SettingsError(
            "a calibration of this judge (models.forward, scoring.*) and proposer (models.backward, backtranslation.prompt)",
            f"{name}, which was fitted with {'; '.join(differences[0])}",
            "Fit one with `bubblenet calibrate`, or set curation.calibration to none.",
        )
    return matching[0] if matching else None


@cache
def shipped() -> tuple[Calibration, ...]:
    """The calibrations shipped with the package."""
    folder = files("bubblenet.judging").joinpath("calibrations")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".json"))
    return tuple(Calibration.model_validate_json(folder.joinpath(name).read_bytes()) for name in names)


def _differences(calibration: Calibration, weights_digest: str, scoring: Scoring) -> list[str]:
    """The differences between its judge and this one, for people; empty if it can be used."""
    fitted, ours = calibration.judge, judge_of(weights_digest, calibration.modes, scoring)
    found = [f"weights {fitted['weights'][:12]}, not {weights_digest[:12]}"] if fitted["weights"] != weights_digest else []
    if missing := [name for name in calibration.modes if name not in scoring.modes]:
        found.append(f"modes that scoring.modes has not: {', '.join(missing)}")
    for mode, parts in ours["modes"].items():
        theirs, unused = fitted["modes"][mode], _unused_parts(calibration, mode)
        keys = [key for key in dict.fromkeys((*parts, *theirs)) if key not in unused]
        found += [f"{mode}.{key} {theirs.get(key)!s:.12}, not {parts.get(key)!s:.12}" for key in keys if theirs.get(key) != parts.get(key)]
    return found


def _of_proposer(calibration: Calibration, proposer: Callable[[], dict[str, str]] | None) -> list[str]:
    """The same of what writes the instructions."""
    if proposer is None or not calibration.proposer:
        return []
    ours = proposer()
    found = ((key, value, ours.get(key, "")) for key, value in calibration.proposer.items())
    return [f"proposer's {key} {theirs:.12}, not {own:.12}" for key, theirs, own in found if theirs != own]


def _unused_parts(calibration: Calibration, mode: str) -> list[str]:
    return [part for part, names in MODES[mode].parts_of.items() if names.isdisjoint(calibration.signal_names)]


def wilson_bound(share: float, count: float, deviations: float = 1.96) -> float:
    """Lower end of Wilson's interval of a share of so many, at 95 % confidence by default. Source: Wilson 1927, Probable Inference."""
    squared = deviations**2 / count
    spread = deviations * math.sqrt((share * (1 - share) + squared / 4) / count)
    return max(0.0, (share + squared / 2 - spread) / (1 + squared))


def sigmoid(z: float) -> float:
    """1 / (1 + exp(-z)) without overflow."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else 1 - 1 / (1 + math.exp(z))
